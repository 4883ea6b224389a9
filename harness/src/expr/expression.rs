//! Compile once, evaluate many times.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cel::common::ast::SourceInfo;
use cel::{Context, IdedExpr, Value as CelValue};
use serde_json::Value;

use super::error::{ErrorKind, ExprError};
use super::explain::{Operand, explain};
use super::functions;
use super::limits::{self, MAX_PARSE_DEPTH};
use super::locate::{self, Fault};
use super::names::{self, Declared};
use super::print::print;
use super::rewrite;
use super::value::{kind, to_json};
use super::variables::Variables;
use super::view::Node;

/// A compiled expression; clones share it.
#[derive(Clone)]
pub struct Expression {
    compiled: Arc<Compiled>,
}

struct Compiled {
    places: SourceInfo,
    tree: IdedExpr,
    used: BTreeSet<String>,
}

/// The outcome of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Whether the expression is true.
    pub holds: bool,
    /// When it is not: the values that decided it, in the order of the source.
    pub operands: Vec<Operand>,
}

impl Expression {
    /// Compiles an expression whose variables are all `declared`.
    ///
    /// # Errors
    ///
    /// Text beyond the limits of this module, a syntax error, an unknown name or function, or a wrong
    /// number of arguments; the error has the place and, where there is one, a suggestion.
    pub fn compile(source: &str, declared: &dyn Fn(&str) -> bool) -> Result<Self, ExprError> {
        Self::checked(source, &Declared { is: declared, known: &[] })
    }

    /// Like [`Expression::compile`] with a list of the names, so that a misspelt one can be suggested.
    ///
    /// # Errors
    ///
    /// As for [`Expression::compile`].
    pub fn compile_among(source: &str, names: &[&str]) -> Result<Self, ExprError> {
        Self::checked(source, &Declared { is: &|name| names.contains(&name), known: names })
    }

    fn checked(source: &str, declared: &Declared<'_>) -> Result<Self, ExprError> {
        limits::check(source)?;
        let (mut tree, places) = parse(source)?;
        let used = names::check(&tree, declared).map_err(|mistake| {
            let offset = start(mistake.at, &places).unwrap_or(0);
            ExprError::at(mistake.kind, source, offset, mistake.message)
        })?;
        rewrite::strict(&mut tree);
        Ok(Self { compiled: Arc::new(Compiled { places, tree, used }) })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.compiled.places.source
    }

    /// The variables it uses, sorted, those bound by its own macros left out.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.compiled.used.iter().map(String::as_str)
    }

    /// Evaluates it to JSON; objects come out with sorted names.
    ///
    /// # Errors
    ///
    /// The smallest sub-expression that has no value, and why.
    pub fn evaluate(&self, variables: &Variables) -> Result<Value, ExprError> {
        let context = self.context(variables)?;
        let tree = &self.compiled.tree;
        match CelValue::resolve_val(tree, &context) {
            Ok(value) => Ok(to_json(value.as_ref())),
            Err(error) => Err(self.error(locate::fault(tree, &context, error))),
        }
    }

    /// Evaluates it as a test, and says which values made it fail.
    ///
    /// # Errors
    ///
    /// As for [`Expression::evaluate`], and [`ErrorKind::NotBool`] for any other result than true or false.
    pub fn holds(&self, variables: &Variables) -> Result<Judgement, ExprError> {
        match self.evaluate(variables)? {
            Value::Bool(true) => Ok(Judgement { holds: true, operands: Vec::new() }),
            Value::Bool(false) => {
                let context = self.context(variables)?;
                Ok(Judgement { holds: false, operands: explain(&self.compiled.tree, &context) })
            }
            other => {
                let tree = &self.compiled.tree;
                let kind = kind(super::value::from_json(&other).as_ref());
                let message = format!("`{}` is of kind {kind}: a check must be true or false", print(tree));
                Err(self.error(Fault { at: tree, kind: ErrorKind::NotBool, message }))
            }
        }
    }

    fn context<'v>(&self, variables: &'v Variables) -> Result<Context<'v, 'v>, ExprError> {
        let environment = functions::environment().map_err(|message| self.internal(message))?;
        let mut context = Context::with_env(environment);
        context.set_variable_resolver(variables);
        Ok(context)
    }

    fn internal(&self, message: String) -> ExprError {
        ExprError::at(ErrorKind::Evaluation, self.source(), 0, message)
    }

    fn error(&self, fault: Fault<'_>) -> ExprError {
        let offset = start(fault.at, &self.compiled.places).unwrap_or(0);
        ExprError::at(fault.kind, self.source(), offset, fault.message)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source()).finish()
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.source())
    }
}

fn parse(source: &str) -> Result<(IdedExpr, SourceInfo), ExprError> {
    let environment =
        functions::environment().map_err(|message| ExprError::at(ErrorKind::Syntax, source, 0, message))?;
    // The parser has panicked on odd input before: such a text is a syntax error too.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        environment
            .parser()
            .enable_optional_syntax(false)
            .max_recursion_depth(MAX_PARSE_DEPTH)
            .parse_with_source_info(source)
    }));
    let errors = match parsed {
        Ok(Ok(parsed)) => return Ok(parsed),
        Ok(Err(errors)) => errors.errors,
        Err(_) => Vec::new(),
    };
    let first = errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let message = plain_syntax_error(first.map_or("", |error| &error.msg));
    let at_least_one = |position: isize| usize::try_from(position).unwrap_or(1).max(1);
    Err(ExprError { kind: ErrorKind::Syntax, line: at_least_one(line), column: at_least_one(column), message })
}

/// The parser's words without its list of all the tokens it knows.
fn plain_syntax_error(message: &str) -> String {
    let words = message.split(" expecting ").next().unwrap_or_default();
    if words.is_empty() || words == "UNKNOWN" {
        "this is not a CEL expression".to_owned()
    } else if words.contains("'<EOF>'") {
        "the expression ends too early: something is missing after its last word".to_owned()
    } else {
        format!("this is not a CEL expression: {words}")
    }
}

/// The offset at which an expression starts: the parser places an operator at its symbol.
fn start(expr: &IdedExpr, places: &SourceInfo) -> Option<usize> {
    let own = places.offset_for(expr.id).and_then(|(start, _)| usize::try_from(start).ok());
    let node = Node::of(expr);
    let has_brackets_first = matches!(node, Node::Has { .. });
    let parts = node.parts().into_iter().filter(|_| !has_brackets_first);
    parts.filter_map(|part| start(part, places)).chain(own).min()
}
