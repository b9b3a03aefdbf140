//! Fields of an answer that are kept as they came where this release cannot read them.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{Config, SpecParameters};

/// A config: `Config::Other` where it cannot be read.
pub(super) fn answered_config<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Config>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value.map(|value| Config::deserialize(&value).unwrap_or(Config::Other(value))))
}

/// Parameters: all of them in `extra` where they cannot be read.
pub(super) fn answered_parameters<'de, D>(
    deserializer: D,
) -> Result<Option<SpecParameters>, D::Error>
where
    D: Deserializer<'de>,
{
    let map = Option::<Map<String, Value>>::deserialize(deserializer)?;
    Ok(map.map(|map| {
        let value = Value::Object(map);
        SpecParameters::deserialize(&value).unwrap_or_else(|_| {
            let mut unread = SpecParameters::new();
            if let Value::Object(map) = value {
                unread.extra = map;
            }
            unread
        })
    }))
}
