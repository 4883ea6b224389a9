//! An authorization server, as its metadata has it (RFC 8414, section 2).

use serde_json::{Value, json};
use url::Url;

use super::stop::{Stop, stop};

/// An authorization server.
#[derive(Clone, Debug)]
pub(super) struct Issuer {
    /// Its identifier, exactly as it was looked up.
    pub id: String,
    /// Its metadata.
    pub metadata: Value,
}

impl Issuer {
    /// One that publishes nothing and has the default endpoints at an origin (2025-03-26, authorization).
    pub fn at_defaults(origin: &str) -> Self {
        let at = |path: &str| format!("{origin}/{path}");
        let metadata = json!({
            "issuer": origin,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "registration_endpoint": at("register"),
            // What a server takes that does not say so: public clients, as the flow of that revision has them.
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
        });
        Self { id: origin.to_owned(), metadata }
    }

    /// The URL of an endpoint.
    pub fn endpoint(&self, name: &str) -> Result<Url, Stop> {
        let text = self.metadata.get(name).and_then(Value::as_str);
        let Some(text) = text else { return stop(format!("{} has no {name}", self.id)) };
        Url::parse(text).map_err(|_| Stop(format!("{name} of {} is no URL", self.id)))
    }

    /// Whether it has a member that is an endpoint.
    pub fn has(&self, name: &str) -> bool {
        self.metadata.get(name).is_some_and(Value::is_string)
    }

    /// Whether a member is `true`.
    pub fn says(&self, name: &str) -> bool {
        self.metadata.get(name).and_then(Value::as_bool) == Some(true)
    }

    /// The texts of a list; none where there is no such list.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        let list = self.metadata.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    /// Whether a list has this text.
    pub fn lists(&self, name: &str, text: &str) -> bool {
        self.list(name).is_some_and(|list| list.contains(&text))
    }

    /// Ways of authentication that its token endpoint takes (RFC 8414: by HTTP Basic where it does not say).
    pub fn methods(&self) -> Vec<&str> {
        self.list("token_endpoint_auth_methods_supported").unwrap_or_else(|| vec!["client_secret_basic"])
    }
}
