//! Expressions of scenarios: the only place that knows CEL.
//!
//! An [`Expression`] is compiled once, with every name, function and arity checked, and evaluated on
//! JSON [`Variables`]. It is the Common Expression Language as the `cel` crate evaluates it, with these
//! deliberate differences:
//!
//! - `==`, `!=` and `in` between values of different JSON kinds are an error
//!   ([`ErrorKind::UnlikeTypes`]), unless one side is `null`: plain CEL would call them unequal and blame
//!   the peer for a slip of the author's. Only the outermost kinds are looked at: `[1] == ["1"]` is
//!   false. `same(a, b)` compares any two values and never complains. `in` complains when the list has
//!   elements but none is of the kind looked for.
//! - Numbers compare by value: `1 == 1.0` is true.
//! - A macro over a map (`m.all(k, ...)`) visits its keys in sorted order.
//! - Optional syntax (`a.?b`), messages (`T{...}`), durations and timestamps are left out.
//!
//! As in CEL, `||` and `&&` drop an error of one side when the other side decides, and `all` and
//! `exists` do so over their elements.
//!
//! Standard functions: `size`, `contains`, `startsWith`, `endsWith`, `matches`, `string`, `int`, `uint`,
//! `double`, `bool`, `bytes`, `type`, `dyn`; macros: `has`, `all`, `exists`, `exists_one`, `map`,
//! `filter`. Ours, always called as `f(x)`:
//!
//! | function | result |
//! |---|---|
//! | `get(value, path)` | the value at a dotted path (`"result.tools.0.name"`); `null` when anything on the way is missing; names with dots (`_meta.io.example/key`) are found too |
//! | `same(a, b)` | deep equality of any two values, numbers by value |
//! | `keys(object)`, `values(object)` | the names in sorted order; the values in that same order |
//! | `unique(list)` | no two elements are equal |
//! | `increasing(list)` | numbers, each greater than the one before |
//! | `sorted(list)` | the list (of numbers or of strings) in ascending order |
//! | `flatten(list)` | the elements of a list of lists, one level |
//! | `sum(list)` | the sum of the numbers, 0 for none |
//! | `subset(a, b)` | every element of list `a` is in list `b` |
//! | `count(list, value)` | how many elements are equal to the value |
//! | `split(string, separator)` | the parts, a list of strings; the separator may not be empty |
//! | `join(list, separator)` | the strings in one |
//! | `lower(string)`, `trim(string)` | Unicode lower case; without white space at both ends |
//! | `utf8_len(string)` | length in bytes of UTF-8 (`size` counts code points) |
//! | `json(string)` | the parsed JSON text, `null` when it does not parse |
//! | `text(value)` | compact JSON text with sorted names |
//! | `kind(value)` | `"null"`, `"boolean"`, `"number"`, `"string"`, `"array"` or `"object"` |
//! | `is_null`, `is_bool`, `is_number`, `is_string`, `is_list`, `is_object` | whether the value is of that kind |
//! | `is_int(value)` | a number without fraction; `1.0` counts, as in JSON Schema |
//! | `content_length(item)`, `content_sha256(item)` | of the bytes of an item of `contents` (text, or decoded blob): how many; their SHA-256 in hexadecimal; null where it has neither |
//! | `frontmatter(string)` | what the YAML between the lines `---` at the very beginning says; null where there is none or it cannot be read |
//! | `header_text(value)` | what a `Mcp-Name` or `Mcp-Param-*` header stands for, decoded where it is Base64; null where that fails |
//! | `hmac_sha256(key, text)` | the HMAC of a text, key and result in base64 |
//! | `base64_ok(string)` | padded standard base64 (RFC 4648, section 4) |
//! | `uri_ok(string)` | a URI with a scheme (RFC 3986, section 3) |
//! | `unix_ms(string)` | milliseconds since 1970 of a date-time of RFC 3339; null where it is none |
//! | `rfc3339_ok(string)` | a date-time of RFC 3339, section 5.6 |
//! | `schema_ok(schema)` | a JSON Schema that is valid in the dialect it names, 2020-12 if it names none; an error for one that cannot be decided here (unknown dialect, reference to elsewhere, too large) |
//! | `conforms(value, schema)` | the value satisfies the JSON Schema; an error when that cannot be used |
//! | `media_type(string)` | `type/subtype` in lower case without parameters, `null` when malformed (RFC 9110, section 8.3.1) |

mod error;
mod explain;
mod expression;
mod functions;
mod limits;
mod locate;
mod names;
mod print;
mod rewrite;
mod shared;
mod value;
mod variables;
mod view;

#[cfg(test)]
mod tests;

pub use error::{ErrorKind, ExprError};
pub use explain::Operand;
pub use expression::{Expression, Judgement};
pub use limits::{MAX_BRACKETS, MAX_DEPTH, MAX_DOTS, MAX_LENGTH, MAX_NESTED_MACROS, MAX_OPERATORS};
pub use variables::Variables;
