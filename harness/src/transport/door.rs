//! Places where the harness is visited: a listener, and the URL by which others reach it.

use hyper::body::Incoming;
use hyper::{Request, Response};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use url::Url;

use super::passing::{BoxError, PassedBody, take_requests};

/// Answers requests until dropped.
#[derive(Debug)]
pub(super) struct Door {
    base: Url,
    serving: AbortHandle,
}

impl Door {
    /// Answer the requests at this listener, which others reach by `base` where that is another URL.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn open<A, F>(listener: TcpListener, base: Option<Url>, answer: A) -> std::io::Result<Self>
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response<PassedBody>, BoxError>> + Send + 'static,
    {
        let own = format!("http://{}/", listener.local_addr()?);
        let base = base.map_or_else(|| Url::parse(&own).map_err(std::io::Error::other), Ok)?;
        Ok(Self { base, serving: tokio::spawn(take_requests(listener, None, answer)).abort_handle() })
    }

    /// The URL of the place.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The URL of something there, by its path from the place.
    pub fn below(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
