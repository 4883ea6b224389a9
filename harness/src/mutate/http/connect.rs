//! The way to the server: one connection for each exchange, so that its end is the end of the exchange.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use url::{Host, Url};

use super::body::BoxError;
use super::serve::MAX_HEADERS;

/// How long the connection to the server may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// The server.
pub(super) struct Upstream {
    host: String,
    port: u16,
    /// As in a `Host` header.
    pub(super) authority: String,
    /// As in an `Origin` header.
    pub(super) origin: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// Ends the connection to the server when dropped.
pub(super) type Connection = AbortOnDropHandle<()>;

impl Upstream {
    /// The server of a URL, of which only scheme, host and port count.
    ///
    /// # Errors
    /// Text for a URL that is not `http:` or `https:`, or has no host.
    pub(super) fn new(url: &Url) -> Result<Self, String> {
        let (Some(host), Some(port), "http" | "https") = (url.host(), url.port_or_known_default(), url.scheme()) else {
            return Err(format!(
                "`{url}` is no URL of an HTTP server: write http://HOST:PORT/PATH or https://HOST/PATH"
            ));
        };
        let host = match host {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let tls = if url.scheme() == "https" { Some((connector()?, server_name(&host)?)) } else { None };
        Ok(Self {
            host,
            port,
            authority: url.authority().rsplit('@').next().unwrap_or_default().to_owned(),
            origin: url.origin().ascii_serialization(),
            tls,
        })
    }

    /// Sends a request on a new connection and waits for the head of the response: for as long as the client does.
    pub(super) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Connection), BoxError> {
        let connected = tokio::time::timeout(CONNECT, self.connect()).await;
        let io =
            connected.map_err(|_| format!("no connection to {} within {}s", self.authority, CONNECT.as_secs()))??;
        let builder = {
            let mut builder = http1::Builder::new();
            builder.preserve_header_case(true).max_headers(MAX_HEADERS);
            builder
        };
        let (mut sender, connection) = builder.handshake(TokioIo::new(io)).await?;
        let connection = AbortOnDropHandle::new(tokio::spawn(async move {
            // What ends the connection early shows in the response.
            let _ = connection.await;
        }));
        Ok((sender.send_request(request).await?, connection))
    }

    async fn connect(&self) -> Result<Box<dyn Io>, BoxError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some((connector, name)) => Ok(Box::new(connector.connect(name.clone(), stream).await?)),
        }
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

fn server_name(host: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(host.to_owned()).map_err(|e| format!("`{host}` cannot be the name of a TLS server: {e}"))
}

fn connector() -> Result<TlsConnector, String> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("TLS cannot be set up: {e}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
