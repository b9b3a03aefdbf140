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

pub use artifact::{Artifact, ArtifactFormat};
pub use error::{
    ApiError, ArtifactError, DecodeError, DocumentError, Error, Result, TransportError, WaitError,
};
pub use session::{Session, Stage};
