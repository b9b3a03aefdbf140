//! Handles the metadata of specs and deployments: unique names, and updates.

use serde_json::{Map, Value, json};

use super::response::{ErrorResponse, HandlerResult};

/// A text field.
pub(super) fn text<'a>(metadata: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    metadata.get(name)?.as_str()
}

/// Checks that a name differs from those of all others of the same kind.
pub(super) fn check_name<'a>(
    name: &str,
    mut others: impl Iterator<Item = &'a Map<String, Value>>,
) -> Result<(), ErrorResponse> {
    if others.any(|metadata| text(metadata, "name") == Some(name)) {
        return Err(ErrorResponse::conflict(format!(
            "metadata.name: {name:?} is taken by another of its kind"
        )));
    }
    Ok(())
}

/// Sets every field that is not `null`, and returns whether any changed.
pub(super) fn merge(metadata: &mut Map<String, Value>, changes: &Map<String, Value>) -> bool {
    let mut changed = false;
    for (name, value) in changes.iter().filter(|(_, value)| !value.is_null()) {
        changed |= metadata.insert(name.clone(), value.clone()).as_ref() != Some(value);
    }
    changed
}

/// Sets a field if there is a value for it, and returns whether it changed.
pub(super) fn set<T: PartialEq>(field: &mut T, value: Option<T>) -> bool {
    value.is_some_and(|value| std::mem::replace(field, value) != *field)
}

/// The response to an update. The official client recognizes an update without effect by its message.
pub(super) fn updated(changed: bool) -> HandlerResult {
    if changed {
        Ok(json!({}))
    } else {
        Err(ErrorResponse::bad_request("No changes detected"))
    }
}
