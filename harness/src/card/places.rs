//! Where catalogues and cards are.

use url::Url;

/// The well-known URI of the AI Catalog of a domain.
pub const CATALOGUE: &str = "/.well-known/ai-catalog.json";
/// What is put behind the URL of an MCP end point for the place that is reserved for its card.
pub const SUFFIX: &str = "/server-card";
/// Where earlier texts had cards or catalogues of servers, the newest first.
pub const SUPERSEDED: [&str; 4] = [
    "/.well-known/mcp/catalog.json",
    "/.well-known/mcp/server-card.json",
    "/.well-known/mcp-server-card",
    "/.well-known/mcp.json",
];

/// The path that is reserved for the card of the server with this URL. Its query says nothing about the card, and one
/// slash at its end is not doubled.
pub fn reserved(endpoint: &Url) -> String {
    let path = endpoint.path();
    format!("{}{SUFFIX}", path.strip_suffix('/').unwrap_or(path))
}

/// Path and query of a URL, as they stand in a request line.
pub fn path_and_query(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_suffix_goes_behind_the_path() {
        for (endpoint, path) in [
            ("https://host.example/mcp", "/mcp/server-card"),
            ("https://host.example/mcp/?tenant=1#x", "/mcp/server-card"),
            ("https://host.example/", "/server-card"),
            ("https://host.example/a/b", "/a/b/server-card"),
        ] {
            assert_eq!(reserved(&Url::parse(endpoint).unwrap()), path, "{endpoint}");
        }
    }
}
