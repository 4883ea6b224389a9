//! Ways that nobody should take to the server that nobody has a reason to send anything to: in the clear at an address
//! that others reach, and over TLS with a certificate that nobody vouches for.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
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

/// An address that nobody has (RFC 5737, section 3).
const NOBODY: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);

/// Which address stands for one that others reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// One of this machine's, where it has any.
    Own,
    /// One that nobody has: the client connects to what stands for it, [`super::ActingServer::stand_ins`].
    Nobodys,
}

/// Where connections come in.
pub(super) struct Door {
    pub listener: TcpListener,
    pub tls: Option<TlsAcceptor>,
}

/// What doors there are.
#[derive(Default)]
pub(super) struct Doors {
    pub all: Vec<Door>,
    /// Where a client connects in place of addresses that nobody has, by `host:port`.
    pub stand_ins: BTreeMap<String, SocketAddr>,
}

/// Those that the scenario names: others on the network could use the first while the case lasts, if it is at an address of ours.
pub(super) async fn doors(scenario: &Scenario, beyond: Beyond, places: &mut Places) -> Result<Doors, ActingError> {
    let mut doors = Doors::default();
    if names(scenario, BEYOND_LOOPBACK) {
        let own = address_beyond_loopback().filter(|_| beyond == Beyond::Own);
        let listener = TcpListener::bind((own.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), 0)).await?;
        let address = listener.local_addr()?;
        let mut shown = address.to_string();
        if beyond == Beyond::Nobodys {
            shown = SocketAddr::from((NOBODY, address.port())).to_string();
            doors.stand_ins.insert(shown.clone(), address);
        }
        places.add(BEYOND_LOOPBACK, &format!("http://{shown}"));
        doors.all.push(Door { listener, tls: None });
    }
    if names(scenario, UNTRUSTED) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        places.add(UNTRUSTED, &format!("https://{}", listener.local_addr()?));
        let tls = untrusted().map_err(ActingError::Address)?;
        doors.all.push(Door { listener, tls: Some(tls) });
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
