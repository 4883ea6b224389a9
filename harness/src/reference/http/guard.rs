//! Protection against DNS rebinding: who may ask, by `Origin` and `Host`.

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderValue, ORIGIN};

use crate::reference::{Options, Switch};

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// `Err` says which header names a host that this server is not.
pub(super) fn check(options: &Options, headers: &HeaderMap) -> Result<(), String> {
    if !options.has(Switch::OriginUnchecked) {
        for origin in headers.get_all(ORIGIN) {
            let host = origin.to_str().ok().and_then(|origin| {
                let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
                rest.map(name)
            });
            if !host.is_some_and(|host| known(options, host)) {
                return Err(refusal("Origin", origin));
            }
        }
    }
    if !options.has(Switch::HostUnchecked) {
        for host in headers.get_all(HOST) {
            if !host.to_str().is_ok_and(|host| known(options, name(host))) {
                return Err(refusal("Host", host));
            }
        }
    }
    Ok(())
}

fn refusal(header: &str, value: &HeaderValue) -> String {
    format!("{header} {value:?} is not allowed; use a loopback name or add the host to the options of the server")
}

/// The host without its port.
fn name(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn known(options: &Options, host: &str) -> bool {
    LOOPBACK.iter().any(|name| host.eq_ignore_ascii_case(name))
        || options.hosts.iter().any(|name| host.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn allowed(header: hyper::header::HeaderName, value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header, value.parse().unwrap());
        check(&Options::default(), &headers).is_ok()
    }

    #[test]
    fn only_loopback_names_pass() {
        for good in ["http://localhost", "http://127.0.0.1:3000", "https://[::1]:1", "http://LOCALHOST:80"] {
            assert!(allowed(ORIGIN, good), "{good}");
        }
        for bad in ["http://evil.example.com", "null", "http://localhost.evil.example", "file://localhost", "localhost"]
        {
            assert!(!allowed(ORIGIN, bad), "{bad}");
        }
        assert!(allowed(HOST, "[::1]:8080"));
        assert!(!allowed(HOST, "evil.example.com"));
    }
}
