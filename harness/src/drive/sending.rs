//! The steps that put something on the wire.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::actor::Actor;
use super::answers;
use super::envelope::{Meta, add_meta, message, reshape};
use super::outgoing::Outgoing;
use super::run::{Run, Stop};
use crate::action::{self, Action, Follow, Respond, Retry, Send, StateUse, Until};
use crate::revision::Era;
use crate::router::Selector;
use crate::transcript::{SentKind, View};

impl Run<'_> {
    /// The JSON-RPC message that a step sends.
    pub(super) fn envelope(&self, step: &Action, send: &Send, actor: &Actor) -> Result<Value, Stop> {
        let (method, params) = match (step, self.spec.revision.era()) {
            (Action::Begin(_), Era::Handshake) => ("initialize".to_owned(), actor.initialize_params()),
            (Action::Begin(_), Era::Stateless) => ("server/discover".to_owned(), Value::Null),
            _ => self.method_and_params(step, send)?,
        };
        let params = self.resolve(&params)?;
        let capabilities = send.capabilities.clone().unwrap_or_else(|| actor.capabilities());
        let meta_extra = self.resolve_map(&send.meta)?;
        let version = actor.version();
        let meta = Meta { version: &version, capabilities: &capabilities, extra: &meta_extra };
        let params = add_meta(self.spec.revision, Some(params).filter(|p| !p.is_null()), &meta);
        let id = match (&send.id, step) {
            (Some(id), _) => Some(self.resolve(id)?),
            (None, Action::Notify(_)) => None,
            (None, _) => Some(self.stage.next_id()),
        };
        let mut envelope = message(id.as_ref(), &method, params);
        reshape(&mut envelope, &self.resolve_map(&send.set)?, &send.unset);
        Ok(envelope)
    }

    pub(super) async fn request(&mut self, step: &Action, send: &Send) -> Result<(), Stop> {
        let actor = self.actor(&send.by).await?;
        let envelope = self.envelope(step, send, &actor)?;
        self.arm(&send.by, envelope.get("id").map_or(Selector::Next, |id| Selector::Id(id.clone())), send.fault);
        let outgoing = Outgoing {
            headers: self.resolve_map(&send.headers)?,
            token: self.token(send)?,
            proof: self.proof_of(send)?,
            chunks: send.chunks.clone(),
            wrong: send.wrong,
            cut: send.cut,
            ..Outgoing::message(send.stream.clone(), SentKind::Request, envelope.clone())
        };
        self.dispatch(&actor, outgoing, Some(envelope), send.until.as_ref().unwrap_or(&Until::Answered), send.within)
            .await
    }

    /// What a verb means as a JSON-RPC request.
    fn method_and_params(&self, step: &Action, send: &Send) -> Result<(String, Value), Stop> {
        let needed = |kind: &str, name: &Option<String>| {
            let name = name.as_deref().unwrap_or_default();
            let found = self.spec.facts.pointer(&format!("/needs/{kind}/{name}")).filter(|v| !v.is_null());
            found
                .cloned()
                .ok_or_else(|| Stop::Harness(format!("the plan resolved no need {kind}.{name}; list it under `needs`")))
        };
        let with_arguments = |need: &Value| {
            let mut params = Map::new();
            params.insert("name".to_owned(), need.get("name").cloned().unwrap_or_default());
            let arguments = send.args.clone().or_else(|| need.get("arguments").cloned()).filter(|v| !v.is_null());
            if let Some(arguments) = arguments {
                params.insert("arguments".to_owned(), arguments);
            }
            Value::Object(params)
        };
        let (method, base) = match step {
            Action::Call(_) => ("tools/call", with_arguments(&needed("tools", &send.tool)?)),
            Action::Prompt(_) => ("prompts/get", with_arguments(&needed("prompts", &send.prompt)?)),
            Action::Read(_) => ("resources/read", json!({ "uri": needed("resources", &send.resource)?.get("uri") })),
            Action::Alive(_) => match self.spec.revision.era() {
                Era::Handshake => ("ping", Value::Null),
                Era::Stateless => ("server/discover", Value::Null),
            },
            _ => (send.method.as_deref().unwrap_or_default(), Value::Null),
        };
        let params = match (base, send.params.clone()) {
            (Value::Null, params) => params.unwrap_or_default(),
            (Value::Object(mut base), Some(Value::Object(more))) => {
                base.extend(more);
                Value::Object(base)
            }
            (base, _) => base,
        };
        Ok((method.to_owned(), params))
    }

    pub(super) async fn notify(&mut self, step: &Action, send: &Send) -> Result<(), Stop> {
        let actor = self.actor(&send.by).await?;
        let envelope = self.envelope(step, send, &actor)?;
        let outgoing = Outgoing {
            headers: self.resolve_map(&send.headers)?,
            token: self.token(send)?,
            chunks: send.chunks.clone(),
            wrong: send.wrong,
            ..Outgoing::message(send.stream.clone(), SentKind::Notification, envelope)
        };
        let default = if actor.is_http() && send.stream.is_some() { Until::Ended } else { Until::Sent };
        self.dispatch(&actor, outgoing, None, send.until.as_ref().unwrap_or(&default), send.within).await
    }

    pub(super) async fn raw(&mut self, step: &Action, send: &Send) -> Result<(), Stop> {
        let actor = self.actor(&send.by).await?;
        let body = match &send.body {
            Some(body) => body.make().map_err(|e| Stop::Harness(e.to_string()))?,
            None => Vec::new(),
        };
        let default_verb = if matches!(step, Action::Raw(_)) { action::Verb::Post } else { action::Verb::Get };
        let verb = send.verb.unwrap_or(default_verb).as_str();
        self.arm(&send.by, Selector::Verb(verb.to_owned()), send.fault);
        let outgoing = Outgoing {
            stream: send.stream.clone(),
            kind: SentKind::Raw,
            message: serde_json::from_slice(&body).ok().filter(Value::is_object),
            body: body.into(),
            chunks: send.chunks.clone(),
            parts: Vec::new(),
            token: self.token(send)?,
            proof: None,
            verb,
            path: send.path.clone(),
            headers: self.resolve_map(&send.headers)?,
            wrong: send.wrong,
            cut: send.cut,
        };
        let default = if actor.is_http() && send.stream.is_some() { Until::Ended } else { Until::Sent };
        self.dispatch(&actor, outgoing, None, send.until.as_ref().unwrap_or(&default), send.within).await
    }

    pub(super) async fn dispatch(
        &mut self,
        actor: &Actor,
        outgoing: Outgoing,
        request: Option<Value>,
        until: &Until,
        within: Option<action::Within>,
    ) -> Result<(), Stop> {
        let stream = outgoing.stream.clone();
        let token = actor.send(outgoing).await;
        let Some(stream) = stream else { return Ok(()) };
        self.open.insert(stream.clone(), token);
        if let Some(request) = request {
            self.sent.insert(stream.clone(), (actor.name.clone(), request));
        }
        self.wait_stream(&stream, until, within).await
    }

    pub(super) async fn respond(&mut self, respond: &Respond) -> Result<(), Stop> {
        let pattern = json!({ "method": respond.method, "id": { "$exists": true } });
        self.wait_stream(&respond.to, &Until::Message(pattern), respond.within).await?;
        let events = self.stage.recorder.events();
        let stream = View::of(&events).stream(&respond.to).unwrap_or_default();
        let asked = stream.get("requests").and_then(Value::as_array).and_then(|requests| {
            requests.iter().rev().find(|r| r.get("method").and_then(Value::as_str) == Some(&respond.method)).cloned()
        });
        let (Some(asked), Some(actor)) = (asked, stream.get("actor").and_then(Value::as_str)) else {
            return Err(Stop::Iut(format!("no {} came on {}", respond.method, respond.to)));
        };
        let actor = self.actor(respond.by.as_deref().unwrap_or(actor)).await?;
        let mut response = Map::new();
        response.insert("jsonrpc".to_owned(), json!("2.0"));
        response.insert("id".to_owned(), asked.get("id").cloned().unwrap_or_default());
        if let Some(result) = &respond.result {
            response.insert("result".to_owned(), self.resolve(result)?);
        }
        if let Some(error) = &respond.error {
            response.insert("error".to_owned(), self.resolve(error)?);
        }
        let outgoing =
            Outgoing { wrong: respond.wrong, ..Outgoing::message(None, SentKind::Response, Value::Object(response)) };
        actor.send(outgoing).await;
        Ok(())
    }

    pub(super) async fn retry(&mut self, retry: &Retry) -> Result<(), Stop> {
        let Some((name, mut envelope)) = self.sent.get(&retry.of).cloned() else {
            return Err(Stop::Iut(format!("{} was not sent, so it cannot be retried", retry.of)));
        };
        let actor = self.actor(retry.by.as_ref().unwrap_or(&name)).await?;
        let events = self.stage.recorder.events();
        let view = View::of(&events);
        let result_of = |stream: &str| view.stream(stream).and_then(|s| s.get("result").cloned()).unwrap_or_default();
        let asked = result_of(&retry.of);
        let requests = asked.get("inputRequests").cloned().unwrap_or_else(|| json!({}));
        let mut responses = answers::input_responses(&actor.config, &requests);
        for (key, response) in self.resolve_map(&retry.responses)? {
            if response.is_null() {
                responses.shift_remove(&key);
            } else {
                responses.insert(key, response);
            }
        }
        if let Some(first) = retry.first {
            responses = responses.into_iter().take(first).collect();
        }
        let state = asked.get("requestState").cloned();
        let state = match &retry.state {
            StateUse::Keep => state,
            StateUse::Drop => None,
            StateUse::Append(more) => state.map(|s| json!(s.as_str().unwrap_or_default().to_owned() + more)),
            StateUse::Of(other) => result_of(other).get("requestState").cloned(),
            StateUse::Replace(value) => Some(value.clone()),
        };
        let mut set = IndexMap::from([
            ("/id".to_owned(), self.stage.next_id()),
            ("/params/inputResponses".to_owned(), Value::Object(responses)),
        ]);
        if let Some(state) = state {
            set.insert("/params/requestState".to_owned(), state);
        } else {
            reshape(&mut envelope, &IndexMap::new(), &["/params/requestState".to_owned()]);
        }
        if let Some(capabilities) = &retry.capabilities {
            set.insert("/params/_meta/io.modelcontextprotocol~1clientCapabilities".to_owned(), capabilities.clone());
        }
        set.extend(self.resolve_map(&retry.set)?);
        reshape(&mut envelope, &set, &retry.unset);
        let outgoing = Outgoing {
            wrong: retry.wrong,
            ..Outgoing::message(Some(retry.stream.clone()), SentKind::Request, envelope.clone())
        };
        self.dispatch(&actor, outgoing, Some(envelope), retry.until.as_ref().unwrap_or(&Until::Answered), retry.within)
            .await
    }

    pub(super) async fn follow(&mut self, follow: &Follow) -> Result<(), Stop> {
        let mut params = follow.params.clone();
        for page in 1..=follow.pages {
            let stream = format!("{}_{page}", follow.stream);
            let send = Send {
                stream: Some(stream.clone()),
                by: follow.by.clone(),
                method: Some(follow.method.clone()),
                params: (!params.is_empty()).then(|| Value::Object(params.clone())),
                within: follow.within,
                ..Send::default()
            };
            self.request(&Action::Request(send.clone()), &send).await?;
            let events = self.stage.recorder.events();
            let next = View::of(&events).stream(&stream).and_then(|s| s.pointer("/result/nextCursor").cloned());
            match next {
                Some(next) if !next.is_null() => params.insert("cursor".to_owned(), next),
                _ => return Ok(()),
            };
        }
        self.note(&format!("{} went on past {} pages", follow.method, follow.pages));
        Ok(())
    }
}
