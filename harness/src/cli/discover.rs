//! `mcp-assay discover`.

use url::Url;

use super::Failure;
use super::args::{DiscoverArgs, DiscoverFormat};
use super::target::tls;
use crate::discover::{Wanted, discover, shown};
use crate::report::console::say;
use crate::transport::is_loopback;
use crate::verdict::Exit;

/// Look, and show what was found. Nothing declared, or something that is not true, is exit code 1.
pub async fn main(args: DiscoverArgs) -> Result<Exit, Failure> {
    let wanted = Wanted {
        url: home(&args.host)?,
        elsewhere: args.elsewhere,
        connect: args.connect,
        headers: args.header,
        within: args.within.0,
    };
    let found = discover(&wanted, &tls(args.ca_file.as_deref())?).await.map_err(Failure::usage)?;
    match args.format {
        DiscoverFormat::Text => say(shown(&found)),
        DiscoverFormat::Json => {
            let text = serde_json::to_string_pretty(&found);
            let text = text.map_err(|e| Failure::harness(format!("failed to write JSON: {e}")))?;
            say(format_args!("{text}\n"));
        }
    }
    Ok(if found.declares() && !found.contradicts_itself() { Exit::Conforms } else { Exit::DoesNotConform })
}

/// The URL that a word stands for: that URL, or the host of that name, by https unless it is this machine.
fn home(word: &str) -> Result<Url, Failure> {
    let wrong = |why: &str| {
        Failure::usage(format!(
            "failed to use '{word}' as a host: {why}; write example.com, example.com:8443 or https://example.com/mcp"
        ))
    };
    let mut url = if word.contains("://") {
        Url::parse(word).map_err(|e| wrong(&e.to_string()))?
    } else {
        let url = Url::parse(&format!("https://{word}")).map_err(|e| wrong(&e.to_string()))?;
        // A scheme of its own would change which port stands in the text.
        if is_loopback(&url) { Url::parse(&format!("http://{word}")).map_err(|e| wrong(&e.to_string()))? } else { url }
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("only http and https URLs with a host can be asked"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("what is public is asked for without user and password; --header is for connecting"));
    }
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_word_becomes_a_url() {
        for (word, url) in [
            ("example.com", "https://example.com/"),
            ("example.com:8443", "https://example.com:8443/"),
            ("localhost:3000", "http://localhost:3000/"),
            ("127.0.0.1", "http://127.0.0.1/"),
            ("https://example.com/mcp#x", "https://example.com/mcp"),
            ("http://example.com", "http://example.com/"),
        ] {
            assert_eq!(home(word).unwrap().as_str(), url, "{word}");
        }
        for word in ["", "ftp://example.com", "https://", "https://me:pw@example.com", "two words", "http://[::1"] {
            assert!(home(word).is_err(), "{word}");
        }
    }
}
