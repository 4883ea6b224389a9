//! Changes to HTTP headers that leave the others as and where they are.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use indexmap::IndexMap;

/// Sets headers, and takes away those without value. Whether anything changed.
pub(super) fn edit_headers(headers: &mut HeaderMap, edits: &IndexMap<String, Option<String>>) -> bool {
    let mut changed = false;
    for (name, value) in edits {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        match value.as_ref().map(|value| HeaderValue::from_str(value)) {
            Some(Ok(value)) => {
                changed |= !headers.get_all(&name).iter().eq([&value]);
                headers.insert(name, value);
            }
            Some(Err(_)) => {}
            None => {
                changed |= headers.contains_key(&name);
                *headers = without(headers, &name);
            }
        }
    }
    changed
}

/// The headers without one.
pub(super) fn without(headers: &HeaderMap, gone: &HeaderName) -> HeaderMap {
    filtered(headers, |name| name != gone)
}

/// Some of the headers, in the same order, which [`HeaderMap::remove`] does not keep.
pub(super) fn filtered(headers: &HeaderMap, keep: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter().filter(|(name, _)| keep(name)) {
        kept.append(name.clone(), value.clone());
    }
    kept
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn headers_are_changed_in_place() {
        let mut headers = HeaderMap::new();
        for name in ["a", "b", "c", "b"] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        let mut edit = |edits: &[(&str, Option<&str>)]| {
            let edits = edits.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect();
            let changed = edit_headers(&mut headers, &edits);
            (
                changed,
                headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect::<Vec<_>>(),
            )
        };
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(edit(&[("x", None), ("C", Some("1"))]), (false, owned(&["a=1", "b=1", "b=1", "c=1"])));
        assert_eq!(edit(&[("A", None)]), (true, owned(&["b=1", "b=1", "c=1"])));
        assert_eq!(edit(&[("b", Some("2")), ("d", Some("3"))]), (true, owned(&["b=2", "c=1", "d=3"])));
    }
}
