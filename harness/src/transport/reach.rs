//! Where connections are really made.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use url::{Host, Url};

use super::TlsRoots;
use super::socket::{Duplex, connect};

/// An address on another network than any machine is on (RFC 5737, section 3).
const SOMEBODY: (&str, u16) = ("203.0.113.1", 9);

/// How the hosts of URLs are reached.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Authorities for https.
    pub tls: TlsRoots,
    /// Addresses that stand for origins, by `host:port` as they are in the URL, the port always written out. URLs and
    /// `Host` stay as they are.
    pub connect_to: BTreeMap<String, SocketAddr>,
    /// Whether nothing else than these and this machine is reached.
    pub only_here: bool,
}

impl Reach {
    /// Every host under its own name.
    pub fn everywhere(tls: TlsRoots) -> Self {
        Self { tls, connect_to: BTreeMap::new(), only_here: false }
    }

    /// Nothing but this machine, and what these addresses stand for.
    pub fn only_here(tls: TlsRoots, connect_to: BTreeMap<String, SocketAddr>) -> Self {
        Self { tls, connect_to, only_here: true }
    }

    /// Connect to the host of a URL.
    ///
    /// # Errors
    /// In words.
    pub(super) async fn connect(&self, url: &Url) -> Result<Box<dyn Duplex>, String> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let instead = self.connect_to.get(&format!("{host}:{port}")).copied();
        if self.only_here && instead.is_none() && !is_loopback(url) && !is_own(url) {
            return Err(format!("{host} is not on this machine, and nothing else is asked here"));
        }
        connect(url, &self.tls, instead, |_| {}).await
    }
}

/// Whether a URL leads to this machine by its name alone.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether the host of a URL is an address of this machine: only these can be bound.
fn is_own(url: &Url) -> bool {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address),
        Some(Host::Ipv6(address)) => IpAddr::from(address),
        _ => return false,
    };
    UdpSocket::bind((address, 0)).is_ok()
}

/// An address of this machine by which others reach it, where it has one. Nothing is sent to find that out: a datagram
/// socket that is connected knows only which of them it would send from.
pub fn address_beyond_loopback() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    socket.connect(SOMEBODY).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn loopback_is_told_by_name_and_address() {
        for (url, here) in [
            ("http://localhost:1/", true),
            ("http://127.9.0.1/", true),
            ("http://[::1]:1/", true),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), here, "{url}");
        }
    }

    #[tokio::test]
    async fn what_is_elsewhere_is_not_asked() {
        let reach = Reach::only_here(TlsRoots::new(None).unwrap(), BTreeMap::new());
        let problem = reach.connect(&Url::parse("http://203.0.113.1/").unwrap()).await.err().unwrap();
        assert!(problem.contains("not on this machine"), "{problem}");
    }

    #[test]
    fn an_address_beyond_loopback_is_one_of_this_machine() {
        if let Some(address) = address_beyond_loopback() {
            let url = Url::parse(&format!("http://{}/", SocketAddr::new(address, 1))).unwrap();
            assert!(is_own(&url) && !is_loopback(&url), "{url}");
        }
        assert!(!is_own(&Url::parse("http://203.0.113.1/").unwrap()));
    }
}
