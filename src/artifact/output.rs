//! The archive as it grows, up to its limit.

use std::io::{self, Write};

use super::DEFAULT_MAX_SIZE;
use crate::error::ArtifactError;

/// An archive in memory that refuses to grow past its limit.
#[derive(Debug)]
pub(super) struct Output {
    bytes: Vec<u8>,
    limit: u64,
}

impl Output {
    pub(super) fn new(limit: u64) -> Self {
        // Taken at once, so that the usual archive is never copied as it grows. The system does
        // not count memory that was not written to.
        let capacity = limit.min(DEFAULT_MAX_SIZE) as usize;
        Output {
            bytes: Vec::with_capacity(capacity),
            limit,
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let reached = (self.bytes.len() + bytes.len()) as u64;
        if reached > self.limit {
            return Err(to_io(ArtifactError::TooLarge {
                limit: self.limit,
                reached,
                largest: Vec::new(),
            }));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hands an error through code that knows `io::Error` only; [`from_io`] takes it out again.
pub(super) fn to_io(error: ArtifactError) -> io::Error {
    io::Error::other(error)
}

/// The error that went in by [`to_io`], or else a failure to write.
pub(super) fn from_io(error: io::Error) -> ArtifactError {
    error
        .downcast()
        .unwrap_or_else(|source| ArtifactError::Write { source })
}
