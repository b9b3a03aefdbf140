//! The responses to updates and deletes.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The response to an update: the update was carried out.
///
/// The API's reference does not specify its content. The official SDK documents an empty object in
/// one place and the updated spec in another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct Updated {
    /// The fields of the response. Empty if it has no body, or one that is not an object.
    #[serde(deserialize_with = "fields_if_any")]
    pub extra: Map<String, Value>,
}

/// The response to a delete: the request was carried out, or the item no longer existed when a delete
/// whose response was lost was retried.
///
/// The API's reference documents an empty object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct Deleted {
    /// The fields of the response. Empty if it has no body, or one that is not an object.
    #[serde(deserialize_with = "fields_if_any")]
    pub extra: Map<String, Value>,
}

fn fields_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    })
}
