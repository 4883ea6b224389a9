//! Resources of `file://`: a made-up file system, of which one folder is served (server/resources).

use super::Switch;
use super::core::Server;

/// The file that is listed.
pub(super) const README: &str = "file:///reference/readme.txt";
/// The folder that is served.
const FOLDER: &str = "/reference/";
/// Everything there is. What is outside the folder is nobody's business.
const FILES: [(&str, &str); 2] =
    [("/reference/readme.txt", "This is a file."), ("/etc/passwd", "root:x:0:0:made up:/root:/bin/sh\n")];

/// The content of a file in the folder.
pub(super) fn read(server: &Server, uri: &str) -> Option<&'static str> {
    let written = uri.strip_prefix("file://")?;
    let path = resolved(&decoded(written)?);
    let inside = if server.has(Switch::LeavesFolder) { written.starts_with(FOLDER) } else { path.starts_with(FOLDER) };
    FILES.iter().find(|(name, _)| inside && *name == path).map(|(_, content)| *content)
}

/// The path with its percent escapes decoded (RFC 3986, 2.1); none where an escape is broken.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// The path without `.` and `..`, as a file system takes it.
fn resolved(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_dots_are_resolved() {
        let path = |written: &str| decoded(written).map(|path| resolved(&path));
        assert_eq!(path("/reference/./a%20b").as_deref(), Some("/reference/a b"));
        assert_eq!(path("/reference/..%2f%2e%2e/../etc").as_deref(), Some("/etc"));
        assert_eq!(path("/%2"), None);
        assert_eq!(path("/%ff"), None);
    }
}
