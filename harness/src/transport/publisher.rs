//! Documents that the harness publishes for the IUT to fetch: what clients say of themselves (Client ID Metadata Documents), and
//! issuers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use url::Url;

use super::address_beyond_loopback;
use super::door::Door;
use super::passing::{BoxError, PassedBody};
use super::visit::{Visit, nobody};
use crate::transcript::Recorder;

/// Most documents at a time; those of cases that are over go first, and then the oldest.
const MOST: usize = 1000;
/// Numbers of these exchanges lie beyond those of the harness's own.
const NUMBERS_AFTER: u32 = 1_000_000;

/// Serves documents until dropped.
#[derive(Debug)]
pub struct Publisher {
    door: Door,
    clear: OnceCell<Door>,
    shelf: Arc<Shelf>,
}

/// What is published, by the segment of its path that is its own. What stands before or after that (`/.well-known/...`) leads to it too.
#[derive(Debug, Default)]
struct Shelf {
    pages: Mutex<BTreeMap<String, Page>>,
    exchanges: AtomicU32,
    published: AtomicU32,
}

/// A document of a case.
#[derive(Debug)]
pub struct Page {
    /// Of the case; once that is over the document is gone.
    pub recorder: Weak<Recorder>,
    /// Whose it is.
    pub actor: String,
    /// Whom it is about, as exchanges name it.
    pub party: &'static str,
    /// The stream of the first time that it is fetched.
    pub stream: String,
    /// Response headers besides the type, or in its place.
    pub headers: Vec<(String, String)>,
    /// The document.
    pub body: Bytes,
}

impl Publisher {
    /// Publish at this listener, which others reach by `base` where that is another URL.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(listener: TcpListener, base: Option<Url>) -> std::io::Result<Arc<Self>> {
        let shelf = Arc::new(Shelf::default());
        Ok(Arc::new(Self { door: open(listener, base, &shelf)?, clear: OnceCell::new(), shelf }))
    }

    /// Below which URL documents are.
    pub fn base(&self) -> &Url {
        self.door.base()
    }

    /// Put a document up, at all URLs of which this name is a segment.
    pub fn publish(&self, name: &str, page: Page) {
        let mut pages = self.shelf.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.retain(|_, page| page.recorder.strong_count() > 0);
        if pages.len() >= MOST {
            pages.pop_first();
        }
        pages.insert(name.to_owned(), page);
    }

    /// A name for a document that is after those of earlier ones, and the URL where it will be.
    pub fn place(&self, unguessable: &str) -> (String, Url) {
        self.place_at(&self.door, unguessable)
    }

    /// The same in the clear at an address of this machine that others reach, for documents that nobody should take from there.
    ///
    /// # Errors
    /// In words, where this machine has no such address.
    pub async fn place_in_clear(&self, unguessable: &str) -> Result<(String, Url), String> {
        let door = self.clear.get_or_try_init(|| async {
            let address = address_beyond_loopback().ok_or("this machine has no address beyond loopback")?;
            let failed = |e: std::io::Error| format!("failed to listen on {address}: {e}");
            let listener = TcpListener::bind((address, 0)).await.map_err(failed)?;
            open(listener, None, &self.shelf).map_err(failed)
        });
        Ok(self.place_at(door.await?, unguessable))
    }

    fn place_at(&self, door: &Door, unguessable: &str) -> (String, Url) {
        let number = self.shelf.published.fetch_add(1, Ordering::Relaxed);
        let name = format!("{number:08}-{unguessable}.json");
        let url = door.below(&name);
        (name, url)
    }
}

/// A door to what is on the shelf.
fn open(listener: TcpListener, base: Option<Url>, shelf: &Arc<Shelf>) -> std::io::Result<Door> {
    let shelf = shelf.clone();
    Door::open(listener, base, move |request| {
        let shelf = shelf.clone();
        async move { shelf.answer(&request) }
    })
}

impl Shelf {
    fn answer(&self, request: &Request<Incoming>) -> Result<Response<PassedBody>, BoxError> {
        let path = request.uri().path();
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let name = path.split('/').find(|segment| pages.contains_key(*segment));
        let page = name.and_then(|name| pages.get_mut(name)).and_then(|page| Some((page.recorder.upgrade()?, page)));
        let Some((recorder, page)) = page else {
            return nobody();
        };
        // Checks find the first by its name, and all of them among the exchanges.
        let stream = Some(std::mem::take(&mut page.stream)).filter(|stream| !stream.is_empty());
        let exchange = NUMBERS_AFTER + self.exchanges.fetch_add(1, Ordering::Relaxed);
        let visit = Visit { recorder: &recorder, actor: &page.actor, stream: stream.as_deref(), exchange };
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        for (name, value) in &page.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.to_lowercase(), value.clone()));
        }
        visit.asked(page.party, (request.method(), request.uri(), request.headers()), Bytes::new());
        visit.answer(200, headers, page.body.clone())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::transcript::View;
    use crate::transport::{TlsRoots, fetch};

    #[tokio::test]
    async fn a_document_is_there_as_long_as_its_case_and_each_fetch_is_recorded() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let publisher = Publisher::start(listener, None).unwrap();
        let recorder = Arc::new(Recorder::unkept());
        let (name, url) = publisher.place("x");
        let headers = vec![("Cache-Control".to_owned(), "no-store".to_owned())];
        publisher.publish(
            &name,
            Page {
                recorder: Arc::downgrade(&recorder),
                actor: "main".to_owned(),
                party: "client",
                stream: "app".to_owned(),
                headers,
                body: Bytes::from_static(b"{\"client_name\":\"a\"}"),
            },
        );
        let tls = TlsRoots::new(None).unwrap();
        let below = Url::parse(&format!("{url}/.well-known/openid-configuration")).unwrap();
        for url in [&url, &below] {
            let got = fetch(url, &tls, "GET", &[], &[]).await.unwrap();
            assert_eq!((got.head.status, got.body.as_slice()), (200, b"{\"client_name\":\"a\"}".as_slice()));
            assert_eq!(got.head.header("cache-control"), Some("no-store"));
        }
        let events = recorder.finish(None);
        let view = View::of(&events);
        let first = view.stream("app").unwrap();
        assert_eq!(first["document"]["client_name"], "a");
        let parties: Vec<_> = view.auth().iter().map(|exchange| exchange["party"].clone()).collect();
        assert_eq!(parties, ["client", "client"]);
        drop(recorder);
        assert_eq!(fetch(&url, &tls, "GET", &[], &[]).await.unwrap().head.status, 404);
    }
}
