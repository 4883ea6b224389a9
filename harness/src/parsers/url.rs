//! The URL of a target and the headers that go with it.

use std::sync::LazyLock;

use crate::transport::{HttpTarget, TlsRoots};

static TLS: LazyLock<TlsRoots> = LazyLock::new(|| TlsRoots::new(None).expect("the built-in roots"));

/// The first line of the input is a URL, the others are headers.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (url, headers) = text.split_once('\n').unwrap_or((&text, ""));
    let headers: Vec<String> = headers.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let target = match HttpTarget::new(url, &headers, TLS.clone()) {
        Ok(target) => target,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let is_visible = |text: &str| text.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
    let (authority, path) = (target.authority(), target.request_target());
    assert!(
        !authority.is_empty() && is_visible(&authority) && !authority.contains(['/', '@', '?', '#']),
        "{authority:?}"
    );
    assert!(path.starts_with('/') && is_visible(&path) && !path.contains('#'), "{path:?}");
    for (name, value) in &target.headers {
        assert!(!name.is_empty() && is_visible(name) && !name.contains(':'), "{name:?}");
        assert!(!value.contains(['\r', '\n', '\0']), "{value:?}");
    }
    assert!(target.is_at(&target.url), "it is not at its own URL");
    let through = target.through(([127, 0, 0, 1], 9).into(), vec![target.url.origin()]);
    assert!(through.is_some_and(|through| through.authority() == "127.0.0.1:9" && through.is_at(&target.url)));
    let resource = target.resource();
    assert!(!resource.contains(['#', '?', '@']) || target.url.path().contains('@'), "{resource:?}");
    assert_eq!(again(&resource).resource(), resource, "the resource of a resource is another");
    let shown = target.shown();
    assert_eq!(again(&shown).shown(), shown, "what is shown of what is shown is another");
    assert!(target.url.password().is_none() || again(&shown).url.password().is_none(), "{shown:?} shows a password");
    let values = again(&shown).url.query_pairs().all(|(_, value)| value == "...");
    assert!(values, "{shown:?} shows a value");
}

fn again(url: &str) -> HttpTarget {
    HttpTarget::new(url, &[], TLS.clone()).unwrap_or_else(|error| panic!("{error}"))
}
