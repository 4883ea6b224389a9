//! How an instance is chosen.

/// The header that names a session (Streamable HTTP, up to 2025-11-25).
pub(super) const SESSION: &str = "mcp-session-id";

/// How the router chooses an instance for a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The first.
    #[default]
    Direct,
    /// One after another on each line, the lines beginning at different ones.
    RoundRobin,
    /// Any, by the seed, the name of the line and the number of the request on it.
    Random,
    /// The one whose answer gave out the session, by `Mcp-Session-Id`; without a session one after another.
    Sticky,
    /// Always the same for the same value of this header, such as `Mcp-Name`.
    Header(String),
}

/// No policy is written like this.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is no way to route: write direct, round-robin, random, sticky or header:NAME, such as header:Mcp-Name")]
pub struct PolicyError(String);

impl std::str::FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        Ok(match text {
            "direct" => Self::Direct,
            "round-robin" => Self::RoundRobin,
            "random" => Self::Random,
            "sticky" => Self::Sticky,
            _ => match text.strip_prefix("header:") {
                Some(name) if !name.is_empty() && name.chars().all(is_token) => Self::Header(name.to_owned()),
                _ => return Err(PolicyError(text.to_owned())),
            },
        })
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Direct => f.write_str("direct"),
            Self::RoundRobin => f.write_str("round-robin"),
            Self::Random => f.write_str("random"),
            Self::Sticky => f.write_str("sticky"),
            Self::Header(name) => write!(f, "header:{name}"),
        }
    }
}

impl Policy {
    /// The header of a request that the choice depends on.
    pub(super) fn header(&self) -> Option<&str> {
        match self {
            Self::Sticky => Some(SESSION),
            Self::Header(name) => Some(name),
            Self::Direct | Self::RoundRobin | Self::Random => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn policies_are_read_and_written() {
        for text in ["direct", "round-robin", "random", "sticky", "header:Mcp-Name"] {
            assert_eq!(text.parse::<Policy>().unwrap().to_string(), text);
        }
        for text in ["", "Direct", "round_robin", "header", "header:", "header:a b"] {
            assert!(text.parse::<Policy>().is_err(), "{text}");
        }
    }
}
