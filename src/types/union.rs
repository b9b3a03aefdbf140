//! What the generated unions share: how one of several structs is read and written.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An enum of structs. It is read by way of the struct that has the fields of all of them: so the
/// tag may stand anywhere, and every error keeps its place.
pub(super) trait Union: Sized {
    type Wire;

    fn choose<E: serde::de::Error>(wire: Self::Wire) -> Result<Self, E>;
}

/// Chooses while the map is still being read: an error has the place of the map then.
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
    pub(super) tag: BTreeMap<&'a str, &'a str>,
    #[serde(flatten)]
    pub(super) value: &'a T,
}

/// What is left of the struct that a union was read into.
pub(super) fn remainder<E: serde::de::Error>(
    wire: impl Serialize,
) -> Result<Map<String, Value>, E> {
    match serde_json::to_value(wire) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(E::custom(error)),
    }
}

/// A field that the variant of a union must have.
pub(super) fn required<T, E: serde::de::Error>(
    value: Option<T>,
    name: &'static str,
) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}
