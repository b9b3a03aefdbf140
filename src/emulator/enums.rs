//! Values that the API's reference lists: others are refused, although the types can hold them.

use super::response::ErrorResponse;
use crate::document::{FindUnknown, Unknown};

/// Refuses a value that an enum of the document does not list. `root` is the name of the document,
/// for errors.
pub(super) fn check(root: &str, document: &impl FindUnknown) -> Result<(), ErrorResponse> {
    let mut found = Unknown::default();
    document.find_unknown(root, &mut found);
    match found.values.first() {
        Some(value) => check_value(&value.path, &value.text, &value.known),
        None => Ok(()),
    }
}

pub(super) fn check_value(field: &str, value: &str, known: &[&str]) -> Result<(), ErrorResponse> {
    if known.contains(&value) {
        return Ok(());
    }
    let known = match known {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => known.join(", "),
    };
    let message = format!("expected {known}, found {value:?}");
    Err(ErrorResponse::unprocessable(field, message))
}
