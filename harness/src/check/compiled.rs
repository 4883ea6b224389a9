//! The checks of a scenario, compiled.

use super::names::declared;
use crate::expr::Expression;
use crate::scenario::{Check, LoadError, Loaded, Position, Scenario};

/// A check whose expressions are compiled.
#[derive(Debug)]
pub(super) struct CompiledCheck {
    pub check: Check,
    pub position: Position,
    pub when: Option<Expression>,
    pub expect: Option<Expression>,
}

impl CompiledCheck {
    /// First names of everything the check reads.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.references().chain(self.paths())
    }

    /// Those of its expressions.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.when.iter().chain(&self.expect).flat_map(Expression::references)
    }

    /// Those of its patterns and schemas.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let paths = self.check.matches.keys().chain(self.check.schema.keys());
        paths.map(|path| path.split('.').next().unwrap_or(path))
    }
}

/// The checks of a scenario, in order.
///
/// # Errors
/// Every expression that does not compile, with its place.
pub(super) fn compile_checks(loaded: &Loaded<Scenario>) -> Result<Vec<CompiledCheck>, Vec<LoadError>> {
    let mut errors = Vec::new();
    let names = declared(&loaded.item);
    let known = |name: &str| names.iter().any(|n| n == name);
    let mut compile = |text: &Option<serde_saphyr::Spanned<String>>| {
        let text = text.as_ref()?;
        match Expression::compile(&text.value, &known) {
            Ok(expression) => Some(expression),
            Err(e) => {
                errors.push(LoadError {
                    file: loaded.file.clone(),
                    line: text.referenced.line(),
                    problem: e.to_string(),
                });
                None
            }
        }
    };
    let checks = loaded.item.checks.iter();
    let compiled = checks
        .map(|check| CompiledCheck {
            when: compile(&check.value.when),
            expect: compile(&check.value.expect),
            position: Position { file: loaded.file.clone(), line: check.referenced.line() },
            check: check.value.clone(),
        })
        .collect();
    if errors.is_empty() { Ok(compiled) } else { Err(errors) }
}
