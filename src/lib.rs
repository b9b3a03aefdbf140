//! A blocking client for Peak's Press Blocks API.

mod artifact;
pub mod blocks;
#[cfg(feature = "emulator")]
pub mod emulator;
mod error;
mod http;
mod pages;
mod retry;
mod session;
pub mod types;

pub use artifact::{Artifact, ArtifactFile, ArtifactFormat, Progress};
pub use error::{
    ApiError, ArtifactError, DecodeError, DocumentError, Error, Result, TransportError, WaitError,
};
pub use http::{Method, Request, Response, Timeouts, TlsProvider, TlsRoots};
pub use pages::{Items, Page, Pages};
pub use retry::RetryPolicy;
pub use session::{Session, SessionBuilder, Stage};
