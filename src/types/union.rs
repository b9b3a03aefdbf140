//! What generated unions share: reading and writing one of several structs.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An enum of structs. It is read through a struct that has the fields of all of them, so that the
/// tag may come anywhere and every error keeps its path.
pub(super) trait Union: Sized {
    type Wire;

    fn choose<E: serde::de::Error>(wire: Self::Wire) -> Result<Self, E>;
}

/// Chooses the variant while the map is still being read, so that an error has the path of the map.
pub(super) struct UnionVisitor<U>(PhantomData<U>);

impl<U> UnionVisitor<U> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, U: Union<Wire: Deserialize<'de>>> Visitor<'de> for UnionVisitor<U> {
    type Value = U;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<U, A::Error> {
        U::choose(U::Wire::deserialize(MapAccessDeserializer::new(map))?)
    }
}

/// A variant of a union, with its tag in front.
#[derive(Serialize)]
pub(super) struct Tagged<'a, T> {
    #[serde(flatten)]
    tag: BTreeMap<&'a str, &'a str>,
    #[serde(flatten)]
    value: &'a T,
}

impl<'a, T> Tagged<'a, T> {
    pub(super) fn new(property: &'a str, tag: &'a str, value: &'a T) -> Self {
        Self {
            tag: BTreeMap::from([(property, tag)]),
            value,
        }
    }
}

/// What remains of the struct that a union was read into, once its variant has taken its fields.
pub(super) fn remainder<E: serde::de::Error>(
    wire: impl Serialize,
) -> Result<Map<String, Value>, E> {
    match serde_json::to_value(wire) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(E::custom(error)),
    }
}

/// A field that a variant requires.
pub(super) fn required<T, E: serde::de::Error>(
    value: Option<T>,
    name: &'static str,
) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}
