//! TCP, and TLS over it.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme, WantsVerifier};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use super::CONNECT_TIMEOUT;
use super::prompt::Prompt;

/// The certificate authorities that an https target is checked against.
#[derive(Clone)]
pub struct TlsRoots(Arc<ClientConfig>);

impl std::fmt::Debug for TlsRoots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsRoots")
    }
}

impl TlsRoots {
    /// The public authorities, and those in `extra` (PEM), such as a company's own.
    ///
    /// # Errors
    /// When `extra` holds no certificate or a broken one.
    pub fn new(extra: Option<&[u8]>) -> Result<Self, String> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(pem) = extra {
            use rustls::pki_types::pem::PemObject as _;
            let mut count = 0;
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|e| format!("not a PEM certificate: {e}"))?;
                roots.add(certificate).map_err(|e| format!("not a usable certificate: {e}"))?;
                count += 1;
            }
            if count == 0 {
                return Err("no certificate in it".to_owned());
            }
        }
        Ok(Self(Arc::new(Self::builder()?.with_root_certificates(roots).with_no_client_auth())))
    }

    /// Whoever: for a client that is careless on purpose.
    ///
    /// # Errors
    /// When TLS cannot be had.
    pub fn anybody() -> Result<Self, String> {
        let config = Self::builder()?.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider())));
        Ok(Self(Arc::new(config.with_no_client_auth())))
    }

    fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
        let builder = ClientConfig::builder_with_provider(provider());
        builder.with_safe_default_protocol_versions().map_err(|e| e.to_string())
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Takes every certificate.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Anything that carries bytes both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Connect to the host of a URL, or in its place to an address that stands for it. `from` is told our own address before anything is sent.
///
/// # Errors
/// In words, for the transcript.
pub async fn connect(
    url: &Url,
    tls: &TlsRoots,
    instead: Option<SocketAddr>,
    from: impl FnOnce(SocketAddr),
) -> Result<Box<dyn Duplex>, String> {
    let host = url.host_str().ok_or_else(|| "the URL has no host".to_owned())?;
    let port = url.port_or_known_default().ok_or_else(|| "the URL has no port".to_owned())?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let work = async {
        let stream = match instead {
            Some(address) => TcpStream::connect(address).await,
            None => TcpStream::connect((bare, port)).await,
        };
        let stream = stream.map_err(|e| format!("cannot connect to {host}:{port}: {e}"))?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        from(stream.local_addr().map_err(|e| e.to_string())?);
        let stream = Prompt(stream);
        if url.scheme() != "https" {
            return Ok(Box::new(stream) as Box<dyn Duplex>);
        }
        let name = ServerName::try_from(bare.to_owned()).map_err(|e| format!("{host} is no name for TLS: {e}"))?;
        let connector = TlsConnector::from(tls.0.clone());
        let stream =
            connector.connect(name, stream).await.map_err(|e| format!("TLS with {host}:{port} failed: {e}"))?;
        Ok(Box::new(stream) as Box<dyn Duplex>)
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, work).await {
        Ok(result) => result,
        Err(_) => Err(format!("no connection to {host}:{port} within {CONNECT_TIMEOUT:?}")),
    }
}
