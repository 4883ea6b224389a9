//! Messages of every method of a revision, from the schemas of its messages.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::mutation::{self, Mutated, Mutation};
use super::value::Maker;
use super::{Choices, Expected, Hints, Unsatisfied};
use crate::drive::envelope::{client_info, default_capabilities};
use crate::revision::{Era, Revision};
use crate::schema::{Schemas, Sender, Subject};

/// Bytes are no JSON (JSON-RPC 2.0, section 5.1).
const PARSE_ERROR: i64 = -32700;
/// No valid request object.
const INVALID_REQUEST: i64 = -32600;
/// No such method.
const METHOD_NOT_FOUND: i64 = -32601;
/// Parameters that the method cannot take.
const INVALID_PARAMS: i64 = -32602;
/// No such resource (2025-11-25 and before, server/resources).
const RESOURCE_NOT_FOUND: i64 = -32002;
/// A header and the body disagree (2026-07-28, basic/transports).
const HEADER_MISMATCH: i64 = -32020;
/// The request needs a capability that it does not declare (2026-07-28, basic).
const MISSING_CAPABILITY: i64 = -32021;
/// The server does not speak the revision (2026-07-28, basic).
const UNSUPPORTED_VERSION: i64 = -32022;

/// The member of `_meta` that names the revision of one request (2026-07-28, basic).
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The member of `_meta` that declares the capabilities of the client.
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// The member of `_meta` that says who the client is.
const META_CLIENT: &str = "io.modelcontextprotocol/clientInfo";

/// What kind of message a method names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodKind {
    /// A request, which is answered.
    Request,
    /// A notification, which never is.
    Notification,
    /// The answer with a result to a request of the other side.
    Result,
}

/// A method that one side sends, or answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Method {
    /// As in `method`.
    pub name: String,
    /// What kind of message.
    pub kind: MethodKind,
    /// The name of the definition of the message.
    pub definition: String,
}

/// The messages that one side sends in a revision.
#[derive(Debug, Clone)]
pub struct Messages {
    revision: Revision,
    from: Sender,
    methods: Vec<Method>,
}

impl Messages {
    /// The messages of a side: its requests and notifications, and its results for the requests of the other side.
    #[must_use]
    pub fn new(revision: Revision, from: Sender) -> Self {
        let listed = |side: Sender, kind: &str| {
            let side = if side == Sender::Client { "client" } else { "server" };
            let all = Schemas::embedded().whole(revision).pointer(&format!("/x-methods/{side}/{kind}"));
            all.and_then(Value::as_object).into_iter().flatten()
        };
        let method = |name: &String, kind: MethodKind, definition: Option<&Value>| {
            Some(Method { name: name.clone(), kind, definition: definition?.as_str()?.to_owned() })
        };
        let requests =
            listed(from, "requests").filter_map(|(name, both)| method(name, MethodKind::Request, both.get("request")));
        let notifications = listed(from, "notifications")
            .filter_map(|(name, definition)| method(name, MethodKind::Notification, Some(definition)));
        let results = listed(from.other(), "requests")
            .filter_map(|(name, both)| method(name, MethodKind::Result, both.get("response")));
        Self { revision, from, methods: requests.chain(notifications).chain(results).collect() }
    }

    /// Every method, in the order of the schema: requests, notifications, results.
    #[must_use]
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The method of that name and kind.
    #[must_use]
    pub fn method(&self, name: &str, kind: MethodKind) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name && method.kind == kind)
    }

    /// A valid message. `id` stands in requests and results. What a client says about itself in every message
    /// (the revision, its capabilities, who it is) is not made up: it is that of the harness.
    ///
    /// # Errors
    /// None was found.
    pub fn generate(
        &self,
        method: &Method,
        id: &Value,
        hints: &Hints,
        choices: &mut Choices,
    ) -> Result<Value, Unsatisfied> {
        let root = Schemas::embedded().whole(self.revision);
        let definition = definition(root, method).ok_or(Unsatisfied)?;
        let maker = Maker { root, hints };
        let is_valid = |message: &Value| {
            let mut message = message.clone();
            self.complete(method, id, &mut message);
            self.is_valid(method, &message)
        };
        let mut message = maker.valid(definition, &is_valid, choices)?;
        self.complete(method, id, &mut message);
        Ok(message)
    }

    /// Whether a message is valid as one of this method.
    #[must_use]
    pub fn is_valid(&self, method: &Method, message: &Value) -> bool {
        Schemas::embedded().conforms(self.revision, self.subject(method), message)
    }

    /// What a message of this method is validated as.
    #[must_use]
    pub fn subject<'a>(&self, method: &'a Method) -> Subject<'a> {
        let (from, name) = (self.from, method.name.as_str());
        match method.kind {
            MethodKind::Request => Subject::Request { from, method: name },
            MethodKind::Notification => Subject::Notification { from, method: name },
            MethodKind::Result => Subject::Result { from, of_method: name },
        }
    }

    /// Every step from a valid message to one that is broken, or at an edge, in one place.
    #[must_use]
    pub fn mutations(&self, method: &Method, message: &Value, choices: &mut Choices) -> Vec<Mutated> {
        let root = Schemas::embedded().whole(self.revision);
        let Some(definition) = definition(root, method) else { return Vec::new() };
        let is_valid = |value: &Value| self.is_valid(method, value);
        let mut all = mutation::all(root, definition, message, &is_valid, choices);
        all.iter_mut().for_each(soften);
        all
    }

    /// One of these, each as likely.
    #[must_use]
    pub fn mutate(&self, method: &Method, message: &Value, choices: &mut Choices) -> Option<Mutated> {
        let root = Schemas::embedded().whole(self.revision);
        let is_valid = |value: &Value| self.is_valid(method, value);
        let mut one = mutation::one(root, definition(root, method)?, message, &is_valid, choices)?;
        soften(&mut one);
        Some(one)
    }

    /// The codes with which a request that was broken so may be refused, and no others; none where it must be accepted.
    /// Only for requests: no error is due to a notification, and whoever gets a broken result may do as it likes.
    #[must_use]
    pub fn refusals(&self, mutated: &Mutated) -> Vec<i64> {
        let at = mutated.at.as_str();
        if mutated.expected == Expected::MustAccept {
            return Vec::new();
        }
        let mut codes = match at {
            "/method" => vec![METHOD_NOT_FOUND, INVALID_REQUEST],
            _ if at.starts_with("/params") => vec![INVALID_PARAMS],
            _ => vec![INVALID_REQUEST],
        };
        // Whether these are JSON at all is a question of the reader, and so is which of two members counts.
        if matches!(mutated.mutation, Mutation::LoneSurrogate | Mutation::DuplicateMember | Mutation::HugeNumber) {
            codes.extend([PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS]);
        }
        // Whoever reads the whole as one shape calls parameters that are no object an invalid request, and cannot tell a
        // name that is wrong from parameters that are.
        if at == "/params" || at == "/method" || at.is_empty() {
            codes.extend([INVALID_REQUEST, INVALID_PARAMS]);
        }
        if mutated.mutation == Mutation::DeepNesting || mutated.mutation == Mutation::LongString {
            codes.extend([PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS]);
        }
        if self.revision.era() == Era::Stateless {
            // A header that mirrors a member does not fit any more, nor does any for a server that cannot read the members as one shape.
            codes.push(HEADER_MISMATCH);
            if at.is_empty() || "/params/_meta".starts_with(at) || at.starts_with("/params/_meta") {
                codes.extend([MISSING_CAPABILITY, UNSUPPORTED_VERSION]);
            }
        } else if at == "/params/uri" {
            codes.push(RESOURCE_NOT_FOUND);
        }
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// The id, and what a client says about itself.
    fn complete(&self, method: &Method, id: &Value, message: &mut Value) {
        let Value::Object(members) = message else { return };
        if method.kind == MethodKind::Notification {
            members.shift_remove("id");
        } else {
            members.insert("id".to_owned(), id.clone());
        }
        if self.from == Sender::Server || method.kind != MethodKind::Request {
            return;
        }
        let version = self.revision.published().as_str();
        let params = members.entry("params").or_insert_with(|| Value::Object(Map::new()));
        if self.revision.era() == Era::Stateless {
            let Value::Object(params) = params else { return };
            let meta = params.entry("_meta").or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(meta) = meta else { return };
            meta.insert(META_VERSION.to_owned(), json!(version));
            meta.insert(META_CAPABILITIES.to_owned(), default_capabilities(self.revision));
            meta.insert(META_CLIENT.to_owned(), client_info());
        } else if method.name == "initialize" {
            params["protocolVersion"] = json!(version);
        } else if params.as_object().is_some_and(Map::is_empty) {
            members.shift_remove("params");
        }
    }
}

fn definition<'a>(root: &'a Value, method: &Method) -> Option<&'a Value> {
    root.get("$defs")?.get(&method.definition)
}

/// What the schema accepts may still be refused for what it means: a name that is not there, a capability not declared.
/// Only members that nobody knows have to be overlooked, and those outside of `params` have no rule.
fn soften(mutated: &mut Mutated) {
    let overlooked =
        mutated.mutation == Mutation::ExtraMember && ["/params", "/params/_meta"].contains(&mutated.at.as_str());
    if mutated.expected == Expected::MustAccept && !overlooked {
        mutated.expected = Expected::MayReject;
    }
}
