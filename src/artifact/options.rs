//! The types of an artifact's options.

use std::fmt;
use std::sync::Arc;

/// The formats an artifact can be archived in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ArtifactFormat {
    /// A zip, compressed with deflate: what the official SDK sends. The default.
    #[default]
    Zip,
    /// A tar, compressed with gzip. Whether the service accepts it is not documented.
    TarGz,
}

impl ArtifactFormat {
    pub(super) fn file_name(self) -> &'static str {
        match self {
            ArtifactFormat::Zip => "artifact.zip",
            ArtifactFormat::TarGz => "artifact.tar.gz",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            ArtifactFormat::Zip => "application/zip",
            ArtifactFormat::TarGz => "application/gzip",
        }
    }
}

/// The progress of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of bytes sent so far.
    pub sent: u64,
    /// The number of bytes to send in total.
    pub total: u64,
}

/// The caller's progress function. Two are equal if they are the same function object.
#[derive(Clone)]
pub(super) struct ProgressCallback(pub(super) Option<Arc<dyn Fn(Progress) + Send + Sync>>);

impl fmt::Debug for ProgressCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(..)" } else { "None" })
    }
}

impl PartialEq for ProgressCallback {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(this), Some(that)) => Arc::ptr_eq(this, that),
            (None, None) => true,
            _ => false,
        }
    }
}
