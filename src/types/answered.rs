//! Decodes optional fields of a response, which are kept unchanged if this version cannot decode
//! them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::strict::is_strict;

/// Decodes any value. One that cannot be decoded is converted by `other`.
pub(super) fn any_or<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
    other: impl FnOnce(Value) -> T,
) -> Result<Option<Box<T>>, D::Error> {
    if is_strict() {
        return Option::deserialize(deserializer);
    }
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value.map(|value| from_text(&value).unwrap_or_else(|_| Box::new(other(value)))))
}

/// Decodes an object. One that cannot be decoded is converted by `other`.
pub(super) fn object_or<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
    other: impl FnOnce(Map<String, Value>) -> T,
) -> Result<Option<Box<T>>, D::Error> {
    if is_strict() {
        return Option::deserialize(deserializer);
    }
    let object = Option::<Map<String, Value>>::deserialize(deserializer)?;
    Ok(object.map(|object| from_text(&object).unwrap_or_else(|_| Box::new(other(object)))))
}

/// Decodes from text, because that decoder is compiled anyway. Decoding from a value would need a
/// second one.
fn from_text<T: DeserializeOwned>(value: &impl Serialize) -> serde_json::Result<Box<T>> {
    serde_json::from_str(&serde_json::to_string(value)?)
}
