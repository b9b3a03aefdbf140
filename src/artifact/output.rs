//! An archive in memory, with a size limit.

use std::io::{self, Write};

use super::DEFAULT_MAX_SIZE;
use crate::error::ArtifactError;

/// An archive in memory that does not exceed its limit.
#[derive(Debug)]
pub(super) struct Output {
    bytes: Vec<u8>,
    limit: u64,
}

impl Output {
    pub(super) fn new(limit: u64) -> Self {
        // Allocated once, so that a typical archive is not copied as it grows. Pages that are never
        // written use no memory.
        let capacity = limit.min(DEFAULT_MAX_SIZE) as usize;
        Output {
            bytes: Vec::with_capacity(capacity),
            limit,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Overwrites bytes that were written before.
    pub(super) fn replace(&mut self, offset: usize, bytes: &[u8]) {
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
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

/// Wraps an error for code that only passes on `io::Error`; [`from_io`] unwraps it.
pub(super) fn to_io(error: ArtifactError) -> io::Error {
    io::Error::other(error)
}

/// Unwraps the error of [`to_io`]. Any other error is a failed write.
pub(super) fn from_io(error: io::Error) -> ArtifactError {
    error
        .downcast()
        .unwrap_or_else(|source| ArtifactError::Write { source })
}
