//! JSON Schemas of others: compiled, used, and values made of them.

use crate::generate::{Choices, Expected, Hints, SchemaValues};
use crate::schema::compile_user_schema;

/// The input is a JSON Schema, or is not.
pub fn check(data: &[u8]) {
    let Ok(schema) = serde_json::from_slice(data) else { return };
    let values = match SchemaValues::new(&schema) {
        Ok(values) => values,
        Err(problem) => return assert!(!problem.to_string().is_empty()),
    };
    // A schema is a value too.
    let complaints = compile_user_schema(&schema).map(|compiled| compiled.validate(&schema));
    assert_eq!(
        complaints.is_ok_and(|complaints| complaints.is_empty()),
        values.accepts(&schema),
        "two validations differ"
    );
    let mut choices = Choices::of_bytes(data);
    let Ok(value) = values.generate(&Hints::new(), &mut choices) else { return };
    assert!(values.accepts(&value), "made {value}, which is not valid");
    let again = values.generate(&Hints::new(), &mut Choices::of_bytes(data));
    assert_eq!(again.as_ref(), Ok(&value), "the same choices, another value");
    let Some(mutated) = values.mutate(&value, &mut choices) else { return };
    let accepted = mutated.value().is_some_and(|value| values.accepts(&value));
    match mutated.expected {
        Expected::MustAccept => assert!(accepted, "{mutated:?} is refused"),
        Expected::MustReject => assert!(!accepted, "{mutated:?} is accepted"),
        Expected::MayReject => {}
    }
}
