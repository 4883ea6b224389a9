//! Several instances of the reference server that share a store, each behind the same mutator, where one is wanted.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::null;
use super::peers::{Peer, Setup, Up, options};
use crate::deployment::{Deployment, Served, Within, listen};
use crate::drive::Target;
use crate::mutate::Mutator;
use crate::mutate::http::serve_until;
use crate::reference::{SCOPE, Store, serve_http};
use crate::transport::{HttpTarget, Source, Wallet};

/// Longest time for all to start.
const START_WITHIN: Duration = Duration::from_secs(10);

/// A place to listen at, again and again. The first time nobody else can have taken it.
struct Place {
    address: std::net::SocketAddr,
    first: Mutex<Option<TcpListener>>,
}

impl Place {
    async fn find() -> Result<Arc<Self>, String> {
        let listener = listen().await.map_err(|e| format!("failed to listen: {e}"))?;
        let address = listener.local_addr().map_err(|e| e.to_string())?;
        Ok(Arc::new(Self { address, first: Mutex::new(Some(listener)) }))
    }

    async fn listen(&self) -> Result<TcpListener, String> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        match first {
            Some(listener) => Ok(listener),
            None => TcpListener::bind(self.address).await.map_err(|e| format!("failed to listen again: {e}")),
        }
    }
}

/// Start them.
pub(super) async fn start_several(peer: &Peer, mutator: Option<Arc<Mutator>>, setup: &Setup) -> Result<Up, String> {
    let store = Store::default();
    let (mut instances, mut public) = (Vec::new(), None);
    for _ in 0..setup.instances {
        let place = Place::find().await?;
        let front = if mutator.is_some() { Place::find().await? } else { place.clone() };
        let url = format!("http://{}/mcp", front.address);
        // Clients know them all as one, by the URL of the first; tokens are for that.
        let resource = public.get_or_insert_with(|| url.clone()).clone();
        let (peer, setup, mutator, store) = (peer.clone(), setup.clone(), mutator.clone(), store.clone());
        let within = Within::new(move || {
            let (peer, setup, resource) = (peer.clone(), setup.clone(), resource.clone());
            let (place, front, mutator, store) = (place.clone(), front.clone(), mutator.clone(), store.clone());
            async move { serve(&peer, &setup, &resource, (&place, &front), mutator, store).await }
        });
        instances.push((url, within));
    }
    let deployment = Deployment::within(instances, START_WITHIN).await.map_err(|e| e.to_string())?;
    let mut http = Vec::new();
    for url in deployment.urls() {
        let target = HttpTarget::new(&url, &[], setup.tls.clone()).map_err(|e| e.to_string())?;
        http.push(match &setup.authority {
            Some(authority) => {
                let resource = public.as_deref().unwrap_or(&url);
                target.with_wallet(Arc::new(Wallet::new(Source::Own(authority.clone()), resource, SCOPE)))
            }
            None => target,
        });
    }
    let target = Target { http, deployment: Some(Arc::new(deployment)), ..Target::default() };
    Ok(Up { target, mutator, serving: Vec::new() })
}

/// One of them, which ends as a whole.
async fn serve(
    peer: &Peer,
    setup: &Setup,
    resource: &str,
    (place, front): (&Arc<Place>, &Arc<Place>),
    mutator: Option<Arc<Mutator>>,
    store: Store,
) -> Result<Served, String> {
    let listener = place.listen().await?;
    let shutdown = CancellationToken::new();
    if let Peer::Null(null) = peer {
        let serving = null::serve_http(listener, *null);
        let ended = shutdown.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            tokio::select! { () = serving => {}, () = ended => {} }
        });
        return Ok(Served { task, shutdown });
    }
    let mut options = options(peer, setup, resource);
    (options.store, options.shutdown) = (store, shutdown.clone());
    let serving = serve_http(listener, options);
    let Some(mutator) = mutator else {
        // A failure shows as an unreachable peer.
        let task = tokio::spawn(async move { drop(serving.await) });
        return Ok(Served { task, shutdown });
    };
    let upstream = Url::parse(&format!("http://{}/mcp", place.address)).map_err(|e| e.to_string())?;
    let before = front.listen().await?;
    let task = tokio::spawn(async move {
        let ended = CancellationToken::new();
        let mut mutating = pin!(serve_until(before, upstream, mutator, ended.clone()));
        tokio::select! {
            _ = serving => {
                // What it has answered is still on its way.
                ended.cancel();
                let _ = mutating.await;
            }
            _ = mutating.as_mut() => {}
        }
    });
    Ok(Served { task, shutdown })
}
