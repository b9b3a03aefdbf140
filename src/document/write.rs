//! Writes requests as YAML files.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use serde::Serialize;
use serde_json::{Number, Value};

use super::{Document, Layout};
use crate::error::{Error, Result};

include!(concat!(env!("OUT_DIR"), "/key_order.rs"));

/// The text of a request's file.
pub(super) fn to_yaml<T: Document + Serialize>(request: &T) -> Result<String> {
    let value = serde_json::to_value(request).map_err(|error| unwritable(&error))?;
    value_to_yaml(value, T::LAYOUT)
}

fn unwritable(error: &dyn std::fmt::Display) -> Error {
    Error::invalid_argument("request", format!("cannot be written as YAML: {error}"))
}

fn value_to_yaml(value: Value, layout: Layout) -> Result<String> {
    if let Some(number) = too_large(&value) {
        return Err(unwritable(&format!("{number} is too large a number")));
    }
    let text = value.to_string();
    // The writer does not quote `<<`, which would make it a merge key.
    let placeholders = (0..).map(|number| format!("merge{number}"));
    let merge_key = { placeholders }.find(|placeholder| !text.contains(placeholder));
    let merge_key = merge_key.unwrap_or_default();
    let mut document = ordered(value, &merge_key, false);
    if layout != Layout::Whole {
        let entries = [(serde_yaml::Value::from("body"), document)];
        document = serde_yaml::Mapping::from_iter(entries).into();
    }
    let written = serde_yaml::to_string(&document).map_err(|error| unwritable(&error))?;
    Ok(written.replace(&merge_key, "\"<<\""))
}

pub(super) fn write(text: &str, path: &Path) -> Result<()> {
    std::fs::write(path, text).map_err(|error| Error::file(path, error))
}

/// The first number that a file cannot hold. Such numbers exist only with
/// `serde_json/arbitrary_precision`.
fn too_large(value: &Value) -> Option<&Number> {
    match value {
        Value::Number(number) => {
            let is_integer = !number.to_string().contains(['.', 'e', 'E']);
            let is_held = match is_integer {
                true => number.is_u64() || number.is_i64(),
                false => number.as_f64().is_some(),
            };
            (!is_held).then_some(number)
        }
        Value::Array(items) => items.iter().find_map(too_large),
        Value::Object(entries) => entries.values().find_map(too_large),
        _ => None,
    }
}

/// Sorts keys: those of the API in the order of its reference, then others alphabetically. A key `<<`
/// becomes `merge_key`. Null entries are dropped, as when reading.
fn ordered(value: Value, merge_key: &str, is_in_list: bool) -> serde_yaml::Value {
    match value {
        Value::Null => serde_yaml::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => number.into(),
            (None, Some(number), _) => number.into(),
            (None, None, Some(number)) => number.into(),
            (None, None, None) => serde_yaml::Value::Null,
        },
        Value::String(text) => text.into(),
        Value::Array(items) => {
            let items = items.into_iter().map(|item| ordered(item, merge_key, true));
            serde_yaml::Value::Sequence(items.collect())
        }
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries
                .into_iter()
                .filter(|(_, value)| is_in_list || !value.is_null())
                .collect();
            entries.sort_by_cached_key(|(key, _)| rank(key));
            let entries = entries.into_iter().map(|(key, value)| {
                let key = if key == "<<" {
                    merge_key.to_owned()
                } else {
                    key
                };
                (key.into(), ordered(value, merge_key, is_in_list))
            });
            serde_yaml::Mapping::from_iter(entries).into()
        }
    }
}

fn rank(key: &str) -> usize {
    static RANKS: OnceLock<HashMap<&str, usize>> = OnceLock::new();
    let ranks = RANKS.get_or_init(|| {
        let keys = KEY_ORDER.split(' ').enumerate();
        keys.map(|(rank, key)| (key, rank)).collect()
    });
    ranks.get(key).copied().unwrap_or(usize::MAX)
}
