//! Optional fields of a response that are kept as they came if this version cannot decode them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Decodes any value, or makes a `T` of what cannot be decoded.
pub(super) fn any_or<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
    other: impl FnOnce(Value) -> T,
) -> Result<Option<T>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value.map(|value| T::deserialize(&value).unwrap_or_else(|_| other(value))))
}

/// Decodes an object, or makes a `T` of what cannot be decoded.
pub(super) fn object_or<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
    other: impl FnOnce(Map<String, Value>) -> T,
) -> Result<Option<T>, D::Error> {
    let object = Option::<Map<String, Value>>::deserialize(deserializer)?;
    Ok(object.map(|object| T::deserialize(&object).unwrap_or_else(|_| other(object))))
}
