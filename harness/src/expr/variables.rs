//! What an expression is evaluated on.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use serde_json::Value;

use super::value::from_json;

/// Named JSON values, converted once and shared by every evaluation and clone.
#[derive(Clone, Default)]
pub struct Variables {
    layer: Option<Arc<Layer>>,
}

struct Layer {
    values: BTreeMap<String, Box<dyn Val>>,
    below: Variables,
}

impl Variables {
    /// Converts `(name, value)` pairs; of two pairs with one name the later counts.
    pub fn new<'v, N: Into<String>>(pairs: impl IntoIterator<Item = (N, &'v Value)>) -> Self {
        Self::default().with_all(pairs)
    }

    /// These variables and one more, which hides another of that name. Only `value` is converted.
    #[must_use]
    pub fn with(&self, name: &str, value: &Value) -> Self {
        self.with_all([(name, value)])
    }

    /// These variables and more, which hide others of their names. Only the new values are converted.
    #[must_use]
    pub fn with_all<'v, N: Into<String>>(&self, pairs: impl IntoIterator<Item = (N, &'v Value)>) -> Self {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), from_json(value))).collect();
        Self { layer: Some(Arc::new(Layer { values, below: self.clone() })) }
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        std::iter::successors(self.layer.as_deref(), |layer| layer.below.layer.as_deref())
    }

    /// The names, sorted and each once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> = self.layers().flat_map(|layer| layer.values.keys().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter()
    }
}

impl VariableResolver for Variables {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let value = self.layers().find_map(|layer| layer.values.get(variable))?;
        Some(CowVal::Borrowed(value.as_ref()))
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
