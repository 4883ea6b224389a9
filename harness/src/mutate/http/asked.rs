//! Requests whose answer may come on another stream than their own.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::HeaderValue;
use indexmap::IndexMap;
use serde_json::Value;

use crate::mutate::Selection;

/// Most requests that are remembered; the oldest are forgotten.
const MAX_ASKED: usize = 4096;

/// The requests with a rule for their answer, by session and id: after a disconnection the answer comes on a `GET` stream
/// (Streamable HTTP, resumability, up to 2025-11-25).
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<IndexMap<(HeaderValue, String), Arc<Selection>>>);

impl Asked {
    pub(super) fn remember(&self, session: Option<&HeaderValue>, selection: &Arc<Selection>) {
        let (Some(session), Some(id)) = (session, selection.id()) else { return };
        if !selection.wants_response() || !(selection.changes_answer() || selection.changes_messages()) {
            return;
        }
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= MAX_ASKED {
            asked.shift_remove_index(0);
        }
        asked.insert((session.clone(), id.to_string()), Arc::clone(selection));
    }

    pub(super) fn find(&self, session: Option<&HeaderValue>, id: &Value) -> Option<Arc<Selection>> {
        let key = (session?.clone(), id.to_string());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// All of a session.
    pub(super) fn of(&self, session: Option<&HeaderValue>) -> Vec<Arc<Selection>> {
        let asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|((of, _), _)| session == Some(of)).map(|(_, selection)| Arc::clone(selection)).collect()
    }

    pub(super) fn has_any(&self, session: Option<&HeaderValue>) -> bool {
        let asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        session.is_some_and(|session| asked.keys().any(|(of, _)| of == session))
    }
}
