//! The bodies, queries and answers of the API.
//!
//! The structs and enums are generated from the JSON schemas in `schemas/`; the few types that a
//! schema cannot express stand beside them. All of them follow the same rules:
//!
//! - `new` takes what the API requires, and a setter of a field's name takes each optional field,
//!   so that a request that lacks something does not compile.
//! - An optional field is an [`Option`], lists and maps included: `None` is left out of a request,
//!   an empty list is sent as an empty list. An answer's `null` is `None`.
//! - Whatever a document holds beyond the schema is kept in the struct's `extra` map, and sent
//!   again.
//! - Enums are open: a value that this release does not know is `Other`, not an error.
//! - Inside a spec's config, a scalar may name a parameter instead: it is an [`OrParam`].
//! - What can be sent can be read from a file: see [`CreateSpec::from_yaml_file`] and its like.
//!
//! ```
//! use peak_press::types::*;
//!
//! let train = StandardStep::new("python train.py")
//!     .image_ref("python")
//!     .step_timeout(ParamRef::new("timeout"))
//!     .parents(["load"]);
//! let config = WorkflowConfig::new().steps([
//!     ("load", Step::from(StandardStep::new("python load.py").image_ref("python"))),
//!     ("train", Step::from(train)),
//! ]);
//! let body = SpecBody::workflow(
//!     SpecMetadata::new("forecast", "Forecasts next week's demand"),
//!     NewRelease::new("1.0.0").notes("The first one"),
//!     config,
//! );
//! assert_eq!(body.kind, BlockKind::Workflow);
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Number, Value};

#[macro_use]
mod open_enum;
mod lookup;
mod parameters;
mod read;
mod scalar;
mod timestamp;

pub use lookup::{GetParameters, GetRelatedBlockDetails};
pub use parameters::Parameters;
pub(crate) use read::read_yaml_file;
pub use scalar::{OrParam, ParamRef, Scalar};
use scalar::{flag, optional_flag};
pub use timestamp::Timestamp;

pub use generated::*;

/// What `build.rs` makes of `schemas/`.
// Clippy speaks of style to those who write code; and boxes in the variants of a union would be in
// the way of everyone who matches on one, to save bytes where there are few of them.
#[allow(clippy::redundant_field_names, clippy::large_enum_variant)]
mod generated {
    use super::*;

    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}

impl SpecBody {
    /// The body of a workflow's spec.
    pub fn workflow(
        metadata: impl Into<SpecMetadata>,
        release: impl Into<NewRelease>,
        config: impl Into<WorkflowConfig>,
    ) -> Self {
        Self::new(BlockKind::Workflow, metadata, release, config.into())
    }

    /// The body of a service's spec.
    pub fn service(
        metadata: impl Into<SpecMetadata>,
        release: impl Into<NewRelease>,
        config: impl Into<ServiceConfig>,
    ) -> Self {
        Self::new(BlockKind::Service, metadata, release, config.into())
    }

    /// What is wrong with it, where the config is not one of the kind.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        match (&self.kind, &self.config) {
            (BlockKind::Service, Config::Workflow(_)) => {
                Err("a service's config needs `serviceType`")
            }
            (BlockKind::Workflow, Config::Service(_)) => {
                Err("`serviceType` is of a service's config, and the kind is workflow")
            }
            _ => Ok(()),
        }
    }
}

/// An enum of structs. It is read by way of the struct that has the fields of all of them: so the
/// tag may stand anywhere, and every error keeps its place.
trait Union: Sized {
    type Wire;

    fn choose<E: serde::de::Error>(wire: Self::Wire) -> Result<Self, E>;
}

/// Chooses while the map is still being read: an error has the place of the map then.
struct UnionVisitor<U>(PhantomData<U>);

impl<U> UnionVisitor<U> {
    fn new() -> Self {
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
struct Tagged<'a, T> {
    #[serde(flatten)]
    tag: BTreeMap<&'a str, &'a str>,
    #[serde(flatten)]
    value: &'a T,
}

/// What is left of the struct that a union was read into.
fn remainder<E: serde::de::Error>(wire: impl Serialize) -> Result<Map<String, Value>, E> {
    match serde_json::to_value(wire) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(E::custom(error)),
    }
}

/// A field that the variant of a union must have.
fn required<T, E: serde::de::Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

/// The config of an answer. One that this release cannot read is kept as it came, so that it
/// spoils nothing else of the answer.
fn answered_config<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Config>, D::Error> {
    let value = Option::<Value>::deserialize(deserializer)?;
    Ok(value.map(|value| Config::deserialize(&value).unwrap_or(Config::Other(value))))
}

/// The parameters of an answer, kept in `extra` as they came where this release cannot read them.
fn answered_parameters<'de, D>(deserializer: D) -> Result<Option<SpecParameters>, D::Error>
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
