//! The bodies, queries and answers of the API.
//!
//! The structs and enums are generated from the JSON schemas in `schemas/`; the few types that a
//! schema cannot express stand beside them. All of them follow the same rules:
//!
//! - `new` takes what the API requires, and a setter of a field's name takes each optional field,
//!   so that a request that lacks something does not compile.
//! - An optional field is an [`Option`], lists and maps included: `None` is left out of a request,
//!   an empty list is sent as an empty list, or refused in a query, which cannot hold one. An
//!   answer's `null` is `None`.
//! - Whatever a document holds beyond the schema is kept in the struct's `extra` map, and sent
//!   again. [`unknown_keys`](CreateSpec::unknown_keys) lists such keys of a request.
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

mod answered;
mod artifact;
mod lines;
mod lookup;
mod open_enum;
mod parameters;
mod scalar;
mod shortcuts;
mod timestamp;
mod union;

pub(crate) use lines::Lines;
pub use lookup::{GetParameters, GetRelatedBlockDetails};
pub(crate) use open_enum::OpenEnum;
pub use parameters::Parameters;
pub use scalar::{OrParam, ParamRef, Scalar};
pub use timestamp::Timestamp;

pub use generated::*;

/// The code that `build.rs` generates from `schemas/`.
// Boxed variants would burden everyone who matches on a union, to save bytes where unions are few.
#[allow(clippy::large_enum_variant)]
mod generated {
    use std::collections::BTreeMap;
    use std::fmt;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::{Map, Number, Value};

    use super::answered::{any_or, object_or};
    use super::open_enum::OpenEnum;
    use super::scalar::{flag, optional_flag, text};
    use super::union::{Tagged, Union, UnionVisitor, remainder, required};
    use super::{Lines, OrParam, Timestamp};

    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}
