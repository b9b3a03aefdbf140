//! Request bodies, queries and responses of the API.
//!
//! Most of them are generated from the JSON schemas in `schemas/`. All follow the same rules:
//!
//! - `new` takes the required fields, and each optional field has a setter of its name. A request
//!   without a required field does not compile. A [`Trigger`] or [`Watcher`], which has one of
//!   several fields, has a constructor for each of them.
//! - Optional fields are an [`Option`], lists and maps included. `None` is left out of a request, and
//!   `null` in a response is `None`. An empty list is sent as an empty list; a query refuses
//!   it: see [`Filter`].
//! - An optional field that is a struct or a union itself is boxed, so that it takes memory only
//!   where it is present. Setters box their arguments. To match on a boxed union, use `as_deref()`:
//!   `if let Some(Config::Workflow(config)) = release.config.as_deref()`.
//! - Fields that are not in the schema are kept in the struct's `extra` map, and sent back unchanged.
//!   [`unknown_keys`](CreateSpec::unknown_keys) lists those of a request.
//! - Numbers keep their value. What a [`serde_json::Value`] cannot hold becomes text in a response:
//!   the digits of an integer of more than 64 bits or of `1e400`, the escape of a lone surrogate
//!   (`\ud800`), the JSON of values nested more than 127 levels deep. If a program enables the
//!   feature `arbitrary_precision` of serde_json, every number stays a number. Without it a fraction
//!   has the precision of an `f64`.
//! - Enums are open: an unknown value is `Other` with an [`OtherValue`], not an error. Every text can be
//!   converted into one, and `as_str` gives the text back.
//! - A scalar in a spec's config may be the name of a parameter instead: see [`OrParam`].
//! - Request bodies can be read from files: see [`CreateSpec::from_yaml_file`].
//!
//! ```
//! use peak_press::types::*;
//!
//! let train = StandardStep::new("python train.py")
//!     .image_ref("python")
//!     .step_timeout(ParamRef::new("timeout"))
//!     .parents(["load"]);
//! let config = WorkflowConfig::new()
//!     .image("python", Image::new().dockerfile("Dockerfile"))
//!     .step("load", StandardStep::new("python load.py").image_ref("python"))
//!     .step("train", train)
//!     .step("notify", HttpStep::new("post", "https://example.com/done").parents(["train"]))
//!     .trigger(Trigger::cron("0 6 * * 1"));
//! let body = SpecBody::workflow(
//!     SpecMetadata::new("forecast", "Forecasts next week's demand"),
//!     NewRelease::new("1.0.0").notes("The first one"),
//!     config,
//! );
//! assert_eq!(body.kind, BlockKind::Workflow);
//! ```
#![doc = include_str!(concat!(env!("OUT_DIR"), "/types.md"))]

mod answered;
mod arguments;
mod artifact;
mod changed;
mod display;
mod filter;
mod lines;
mod lookup;
mod open_enum;
mod parameters;
mod scalar;
mod shortcuts;
mod text;
mod timestamp;
mod union;

pub use changed::{Deleted, Updated};
pub use filter::Filter;
pub(crate) use lines::{Lines, Place};
pub use lookup::{GetParameters, GetRelatedBlockDetails};
pub(crate) use open_enum::OpenEnum;
pub use open_enum::OtherValue;
pub use parameters::{Parameters, ParametersIntoIter, ParametersIter};
pub use scalar::{OrParam, ParamRef, Scalar};
pub use timestamp::Timestamp;

pub use generated::*;

/// The code that `build.rs` generates from `schemas/`.
// Boxed variants would make every match on a union harder, and save little: unions are few.
#[allow(clippy::large_enum_variant)]
mod generated {
    use std::borrow::Cow;
    use std::collections::BTreeMap;
    use std::convert::Infallible;
    use std::fmt;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::{Map, Number, Value};

    use super::answered::{any_or, object_or};
    use super::arguments::entries;
    use super::open_enum::{OpenEnum, OtherValue, from_text, open_enums, texts};
    use super::scalar::{flag, optional_flag, text};
    use super::text::{from_owned_text, text_structs};
    use super::union::{Tagged, Union, UnionVisitor, remainder, required};
    use super::{Filter, Lines, OrParam, Timestamp};

    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}
