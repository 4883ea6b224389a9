//! Ways that nobody should take to the server that nobody has a reason to send anything to: in the clear at an address
//! that others reach, and over TLS with a certificate that nobody vouches for.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::places::Places;
use super::server::ActingError;
use crate::scenario::Scenario;
use crate::transport::address_beyond_loopback;

/// By http at an address of this machine that is not a loopback address; where it has none, at one that is.
const BEYOND_LOOPBACK: &str = "elsewhere.beyond_loopback";
/// By https with a certificate that it issued to itself.
const UNTRUSTED: &str = "elsewhere.untrusted";

/// Where connections come in.
pub(super) struct Door {
    pub listener: TcpListener,
    pub tls: Option<TlsAcceptor>,
}

/// Those that the scenario names: others on the network could use the first while the case lasts.
pub(super) async fn doors(scenario: &Scenario, places: &mut Places) -> Result<Vec<Door>, ActingError> {
    let mut doors = Vec::new();
    if names(scenario, BEYOND_LOOPBACK) {
        let address = address_beyond_loopback().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let listener = TcpListener::bind((address, 0)).await?;
        places.add(BEYOND_LOOPBACK, &format!("http://{}", listener.local_addr()?));
        doors.push(Door { listener, tls: None });
    }
    if names(scenario, UNTRUSTED) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        places.add(UNTRUSTED, &format!("https://{}", listener.local_addr()?));
        let tls = untrusted().map_err(ActingError::Address)?;
        doors.push(Door { listener, tls: Some(tls) });
    }
    Ok(doors)
}

fn names(scenario: &Scenario, place: &str) -> bool {
    let place = format!("${{{place}}}");
    let written = [serde_json::to_string(&scenario.acting), serde_json::to_string(&scenario.context)];
    written.into_iter().flatten().any(|text| text.contains(&place))
}

fn untrusted() -> Result<TlsAcceptor, String> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]);
    let made = made.map_err(|e| e.to_string())?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .map_err(|e| e.to_string())?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
