//! `matches`, which compiles each regular expression once: checks apply the same few to every message.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cel::ExecutionError;
use cel::common::types::{CelBool, CelString};
use cel::common::value::CowVal;
use regex::Regex;

/// Most regular expressions that are kept. Those of the corpus are far fewer; more would come from what peers sent.
const MAX_KEPT: usize = 256;

static KEPT: Mutex<Option<HashMap<String, Regex>>> = Mutex::new(None);

/// `text.matches(pattern)`: whether the pattern is found in the text.
pub(super) fn matches<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let text = |at: usize| args.get(at).and_then(|arg| arg.downcast_ref::<CelString>()).map(CelString::inner);
    let (Some(text), Some(pattern)) = (text(0), text(1)) else {
        return Err(ExecutionError::function_error("matches", "both the text and the pattern have to be strings"));
    };
    Ok(CowVal::owned(CelBool::from(compiled(pattern)?.is_match(text))))
}

fn compiled(pattern: &str) -> Result<Regex, ExecutionError> {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(regex) = kept.get(pattern) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(pattern)
        .map_err(|error| ExecutionError::function_error("matches", format!("the pattern is not valid: {error}")))?;
    if kept.len() < MAX_KEPT {
        kept.insert(pattern.to_owned(), regex.clone());
    }
    Ok(regex)
}
