//! The client for blocks.
//!
//! Each method of [`Client`] is one call of the API, under the official client's name. A few
//! methods, such as [`find_spec`](Client::find_spec) and
//! [`wait_for_deployment`](Client::wait_for_deployment), combine several calls. Ids are the first
//! arguments, and everything optional is in one request struct of [`types`](crate::types).
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # fn main() -> peak_press::Result<()> {
//! # use peak_press::emulator::Emulator;
//! use peak_press::{blocks, types::*};
//!
//! # let emulator = Emulator::start()?;
//! # let session = emulator.session();
//! let client = blocks::Client::new(session); // or Client::from_env()?
//!
//! for spec in client.list_specs(&ListSpecs::new().status([SpecStatus::Available]).page_size(50)) {
//!     let spec = spec?;
//!     println!("{} {:?}", spec.id, spec.kind);
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "emulator"))]
//! # fn main() {}
//! ```
//!
//! # Lists
//!
//! A `list_…` method returns [`Items`](crate::Items), an iterator that starts at the query's
//! `page_number` or at page 1. It sends nothing before the first item is requested, and then one
//! request per page. The corresponding `list_…_page` method requests one page, counted from 1. Its
//! query must not set `page_number` as well: that is an
//! [`Error::InvalidArgument`](crate::Error::InvalidArgument).
//!
//! # Errors
//!
//! Every call can fail for the reasons that any request can: the connection, a timeout, a missing
//! token, an error response, a response that cannot be decoded. See [`Error`](crate::Error). The
//! methods document only the errors that are specific to them. An id that is empty, `.` or `..` is
//! refused with [`Error::InvalidArgument`](crate::Error::InvalidArgument) before anything is sent.
//!
//! A method that creates something can also fail with
//! [`Error::outcome_unknown`](crate::Error::outcome_unknown): the service may have created it all
//! the same. Such a request is not retried; check for the result before you call the method again.

mod deployment_id;
mod form;

pub use crate::deploy::{DeployChange, Deployed};
pub use crate::publish::{PublishChange, PublishOptions, Published};
pub use crate::wait::Wait;

use crate::session::Session;

/// A client for blocks. It is cheap to clone, and many threads can share it.
///
/// ```no_run
/// use peak_press::{blocks, types::*};
///
/// # fn main() -> peak_press::Result<()> {
/// let client = blocks::Client::from_env()?;
/// let spec = client.find_spec(BlockKind::Workflow, "forecast")?;
/// for release in spec.iter().flat_map(|spec| client.list_spec_releases(&spec.id, &ListSpecReleases::new())) {
///     println!("{}", release?.version.unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
///
#[doc = include_str!(concat!(env!("OUT_DIR"), "/calls_blocks.md"))]
#[derive(Clone, Debug)]
pub struct Client {
    session: Session,
}

// The documentation shows the methods in the order of these modules.
mod create;

mod specs;

mod releases;

mod deployments;

mod parameters;

mod jobs;
