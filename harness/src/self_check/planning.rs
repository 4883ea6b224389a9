//! Which scenarios are tried on which axes of the reference server.

use std::collections::BTreeMap;

use serde_json::json;

use super::peers::{Peer, Setup, start};
use super::trials::{DEADLINE, SelfCheckError};
use crate::drive::{Patience, Spoken, probe};
use crate::plan::{Axis, DIRECT, Offer, Permissions, Plan, Selection, plan};
use crate::profile::Contract;
use crate::requirement::Role;
use crate::revision::Revision;
use crate::scenario::{Corpus, MAX_INSTANCES, Transport};

/// The cases of these scenarios, each with the reference server that it is for.
pub(super) async fn plan_for(corpus: &Corpus, names: &[String], setup: &Setup) -> Result<Plan, SelfCheckError> {
    let permissions = Permissions {
        contract: Contract::everything().map_err(|e| SelfCheckError::Peer(e.to_string()))?,
        ..Permissions::default()
    };
    let of_server = |name: &&String| corpus.scenarios.get(*name).is_some_and(|s| s.item.applies.role == Role::Server);
    let is_for_open =
        |name: &&String| corpus.scenarios.get(*name).is_some_and(|s| s.item.applies.protected == Some(false));
    let (for_open, usual): (Vec<_>, Vec<_>) = names.iter().filter(of_server).partition(is_for_open);
    let mut whole = Plan::default();
    for (names, setup) in [(usual, setup.clone()), (for_open, Setup { authority: None, ..setup.clone() })] {
        if !names.is_empty() {
            let names: Vec<String> = names.into_iter().cloned().collect();
            let part = plan(corpus, &names, &offers(&setup).await?, &Selection::default(), &permissions);
            whole.cases.extend(part.cases);
            whole.left_out.extend(part.left_out);
        }
    }
    Ok(whole)
}

/// What the reference offers on each axis.
async fn offers(setup: &Setup) -> Result<BTreeMap<Axis, Offer>, SelfCheckError> {
    let mut offers = BTreeMap::new();
    for transport in Transport::ALL {
        for revision in Revision::SUPPORTED.into_iter().filter(|revision| transport.is_in(*revision)) {
            let up = start(&Peer::Reference, transport, setup).await.map_err(SelfCheckError::Peer)?;
            let axis = Axis { revision, transport, routing: DIRECT.to_owned() };
            let probed = probe(&axis, &up.target, Patience::new(DEADLINE, None), None, None).await;
            if probed.spoken != Spoken::Yes {
                return Err(SelfCheckError::Peer(format!(
                    "the reference server does not speak {revision} over {}: {:?}",
                    transport.as_str(),
                    probed.spoken
                )));
            }
            let mut server = probed.server;
            if let (Transport::Http, Some(members)) = (transport, server.as_object_mut()) {
                // As many as a scenario asks for are started for it.
                members.insert("instances".to_owned(), json!(MAX_INSTANCES));
                members.insert("control".to_owned(), json!(true));
            }
            offers.insert(axis, Offer::Spoken(server));
        }
    }
    Ok(offers)
}
