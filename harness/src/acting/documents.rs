//! Metadata documents of the client under test: an authorization server of ours fetches them, and each is recorded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use url::Url;

use crate::action::Chunks;
use crate::authserver::{Documents, Fetched};
use crate::scenario::CLIENT;
use crate::transcript::{End, HttpSent, Recorder, SentKind, What};
use crate::transport::{Reach, TlsRoots, fetch_by, is_loopback};

/// How documents are fetched: from this machine, and from these hosts, which the user named.
pub(super) fn documents(
    recorder: Arc<Recorder>,
    exchanges: Arc<AtomicU32>,
    hosts: &[String],
) -> Result<Documents, String> {
    let tls = TlsRoots::new(None)?;
    let hosts = hosts.to_vec();
    Ok(Arc::new(move |url: Url| {
        let named = url.scheme() == "https" && url.host_str().is_some_and(|host| hosts.iter().any(|one| one == host));
        let reach = match named {
            true => Reach::everywhere(tls.clone()),
            false => Reach::only_here(tls.clone(), BTreeMap::new()),
        };
        let (recorder, exchanges) = (recorder.clone(), exchanges.clone());
        Box::pin(async move {
            if !named && !is_loopback(&url) {
                let host = url.host_str().unwrap_or_default();
                return Err(format!("{host} is asked only if --client-document-host names it, and by https"));
            }
            fetch(&recorder, &exchanges, &reach, &url).await
        })
    }))
}

async fn fetch(recorder: &Recorder, exchanges: &AtomicU32, reach: &Reach, url: &Url) -> Result<Fetched, String> {
    let exchange = exchanges.fetch_add(1, Ordering::Relaxed) + 1;
    let stream = format!("x{exchange}");
    let note = |what| recorder.append(CLIENT, Some(&stream), what);
    let headers = vec![("accept".to_owned(), "application/json".to_owned())];
    let target = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let http = HttpSent { verb: "GET".to_owned(), target, headers: headers.clone(), party: Some(CLIENT.to_owned()) };
    note(What::Sent {
        kind: SentKind::Metadata,
        exchange: Some(exchange),
        http: Some(http),
        bytes: Bytes::new().into(),
        chunks: Chunks::default(),
        parts: Vec::new(),
        wrong: false,
    });
    match fetch_by(reach, url, "GET", &headers, &[]).await {
        Ok(got) => {
            let (status, headers) = (got.head.status, got.head.headers);
            note(What::Head { exchange, status, headers: headers.clone(), anomalies: Vec::new() });
            let (length, body) = (got.body.len() as u64, Bytes::from(got.body));
            note(What::Body { exchange, bytes: body.clone().into(), length });
            note(What::Ended { exchange, end: End::Complete });
            Ok(Fetched { status, headers, body })
        }
        Err(problem) => {
            note(What::ConnectionFailed { exchange: Some(exchange), problem: problem.clone() });
            Err(problem)
        }
    }
}
