//! The functions we add to CEL's, and the environment they live in.

mod files;
mod formats;
mod lists;
mod operators;
mod regexes;
mod schemas;
mod text;
mod values;

use std::sync::{Arc, LazyLock};

use cel::common::functions::Function;
use cel::common::types::{CelBool, DYN_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError};
use serde_json::Value;

use super::rewrite::{DIFFERS, EQUAL, MATCHES, MEMBER, ORDERED};
use super::value::{from_json, to_json};

/// A function of ours.
pub(super) struct Builtin {
    pub name: &'static str,
    /// How a call is written.
    pub form: &'static str,
    run: Function,
}

impl Builtin {
    /// The number of arguments.
    pub fn arity(&self) -> usize {
        self.form.matches(',').count() + 1
    }
}

/// A function over JSON values; its error says why, in words.
type Plain<const N: usize> = fn(&[Value; N]) -> Result<Value, String>;

/// A function that tells one kind of value from others, without a look at what is in it.
type Test = fn(&dyn Val) -> bool;

fn test<'b, 'v>(function: Test, args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [value] = exactly(args)?;
    Ok(CowVal::owned(CelBool::from(function(value.as_ref()))))
}

/// So many arguments.
fn exactly<'b, 'v, const N: usize>(args: Vec<CowVal<'b, 'v>>) -> Result<[CowVal<'b, 'v>; N], ExecutionError> {
    let given = args.len();
    args.try_into().map_err(|_| ExecutionError::invalid_argument_count(N, given))
}

fn plain<'b, 'v, const N: usize>(
    name: &str,
    function: Plain<N>,
    args: &[CowVal<'b, 'v>],
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let args: Vec<Value> = args.iter().map(|arg| to_json(arg.as_ref())).collect();
    let given = args.len();
    let args: [Value; N] = args.try_into().map_err(|_| ExecutionError::invalid_argument_count(N, given))?;
    let result = function(&args).map_err(|reason| ExecutionError::function_error(name, reason))?;
    Ok(CowVal::Owned(from_json(&result)))
}

macro_rules! builtins {
    ($($name:literal $form:literal => $function:path,)*) => {
        [$(Builtin { name: $name, form: $form, run: |args| plain($name, $function, &args) }),*]
    };
}

static PLAIN: [Builtin; 28] = builtins! {
    "base64_ok" "base64_ok(string)" => formats::base64_ok,
    "conforms" "conforms(value, schema)" => schemas::conforms,
    "content_length" "content_length(item)" => files::content_length,
    "content_sha256" "content_sha256(item)" => files::content_sha256,
    "count" "count(list, value)" => lists::count,
    "flatten" "flatten(lists)" => lists::flatten,
    "frontmatter" "frontmatter(string)" => files::frontmatter,
    "header_text" "header_text(value)" => formats::header_text,
    "hmac_sha256" "hmac_sha256(key, text)" => formats::hmac_sha256,
    "increasing" "increasing(list)" => lists::increasing,
    "join" "join(list, separator)" => text::join,
    "json" "json(string)" => text::json,
    "keys" "keys(object)" => values::keys,
    "lower" "lower(string)" => text::lower,
    "media_type" "media_type(string)" => formats::media_type,
    "rfc3339_ok" "rfc3339_ok(string)" => formats::rfc3339_ok,
    "schema_ok" "schema_ok(schema)" => schemas::schema_ok,
    "sorted" "sorted(list)" => lists::sorted,
    "split" "split(string, separator)" => text::split,
    "subset" "subset(a, b)" => lists::subset,
    "sum" "sum(list)" => lists::sum,
    "text" "text(value)" => text::text,
    "trim" "trim(string)" => text::trim,
    "unique" "unique(list)" => lists::unique,
    "unix_ms" "unix_ms(string)" => formats::unix_ms,
    "uri_ok" "uri_ok(string)" => formats::uri_ok,
    "utf8_len" "utf8_len(string)" => text::utf8_len,
    "values" "values(object)" => values::values,
};

macro_rules! tests {
    ($($name:literal $form:literal => $function:path,)*) => {
        [$(Builtin { name: $name, form: $form, run: |args| test($function, args) }),*]
    };
}

static TESTS: [Builtin; 7] = tests! {
    "is_bool" "is_bool(value)" => values::is_bool,
    "is_int" "is_int(value)" => values::is_int,
    "is_list" "is_list(value)" => values::is_list,
    "is_null" "is_null(value)" => values::is_null,
    "is_number" "is_number(value)" => values::is_number,
    "is_object" "is_object(value)" => values::is_object,
    "is_string" "is_string(value)" => values::is_string,
};

/// Work on the values where they are, and copy nothing that they do not return.
static IN_PLACE: [Builtin; 3] = [
    Builtin { name: "get", form: "get(value, path)", run: operators::get },
    Builtin { name: "kind", form: "kind(value)", run: values::kind },
    Builtin { name: "same", form: "same(a, b)", run: values::same },
];

/// The function of that name.
pub(super) fn find(name: &str) -> Option<&'static Builtin> {
    all().find(|builtin| builtin.name == name)
}

/// The names of all our functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|builtin| builtin.name)
}

fn all() -> impl Iterator<Item = &'static Builtin> {
    PLAIN.iter().chain(&TESTS).chain(&IN_PLACE)
}

static ENVIRONMENT: LazyLock<Result<Arc<Env>, String>> = LazyLock::new(|| {
    let mut environment = Env::stdlib();
    let hidden: [(&str, usize, Function); 5] = [
        (MATCHES, 2, regexes::matches),
        (EQUAL, 2, operators::equal),
        (DIFFERS, 2, operators::differs),
        (MEMBER, 2, operators::member),
        (ORDERED, 1, operators::ordered),
    ];
    let ours = all().map(|builtin| (builtin.name, builtin.arity(), builtin.run));
    for (name, arity, run) in hidden.into_iter().chain(ours) {
        environment
            .add_overload(name, name, (0..arity).map(|_| DYN_TYPE).collect(), run)
            .map_err(|error| format!("the function `{name}` cannot be added to CEL: {error}"))?;
    }
    environment
        .add_member_overload(MATCHES, "@matches_member", DYN_TYPE, vec![DYN_TYPE], regexes::matches)
        .map_err(|error| format!("the function `matches` cannot be added to CEL: {error}"))?;
    Ok(Arc::new(environment))
});

/// CEL's standard library with our functions, built once.
pub(super) fn environment() -> Result<Arc<Env>, String> {
    ENVIRONMENT.clone()
}
