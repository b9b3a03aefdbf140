//! Artifacts that cannot be archived.

use std::io;
use std::path::PathBuf;

use super::text::Line;

/// An artifact that cannot be archived.
///
/// The text of an [`io::Error`] is part of `Display`, so `source()` is `None`; the error itself is
/// the variant's field.
// A raw name keeps thiserror from returning the field as `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The artifact's folder does not exist, or is not a folder.
    #[error("artifact {}: {}", Line(path.display()), Line(message))]
    #[non_exhaustive]
    NotAFolder {
        /// The path that was given.
        path: PathBuf,
        /// What is there instead, and what to do about it.
        message: String,
    },
    /// An ignore file that does not exist, is not a file, or is not directly in the folder.
    #[error("ignore file {}: {}", Line(path.display()), Line(message))]
    #[non_exhaustive]
    IgnoreFile {
        /// The ignore file, as it was given.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file or folder that cannot go into an archive.
    #[error("{}: {}", Line(path.display()), Line(message))]
    #[non_exhaustive]
    Unusable {
        /// The file or folder, relative to the artifact's folder.
        path: PathBuf,
        /// The reason, and what to do about it.
        message: String,
    },
    /// A file or folder that cannot be read.
    #[error("{}: {}", Line(path.display()), Line(source))]
    #[non_exhaustive]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        r#source: io::Error,
    },
    /// The archive exceeds its limit.
    #[error(
        "the artifact exceeds its limit of {limit} bytes (stopped at {reached}): exclude files with \
         an ignore file such as .dockerignore; the largest so far: {}",
        list_files(largest)
    )]
    #[non_exhaustive]
    TooLarge {
        /// The limit, in bytes of the archive.
        limit: u64,
        /// The size of the archive when archiving stopped, in bytes.
        reached: u64,
        /// The largest of the files seen until then, at most five, with their sizes in bytes
        /// before compression, largest first.
        largest: Vec<(PathBuf, u64)>,
    },
    /// The archive cannot be written to its destination.
    #[error("the archive cannot be written: {}", Line(source))]
    #[non_exhaustive]
    Write {
        /// The cause.
        r#source: io::Error,
    },
}

fn list_files(files: &[(PathBuf, u64)]) -> String {
    let files = files
        .iter()
        .map(|(path, bytes)| format!("{} ({bytes} bytes)", Line(path.display())));
    files.collect::<Vec<_>>().join(", ")
}
