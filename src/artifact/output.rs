//! The archive as it grows, up to its limit.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use super::DEFAULT_MAX_SIZE;
use crate::error::ArtifactError;

/// A number of bytes that may be used up, by several threads at once.
#[derive(Debug)]
pub(super) struct Budget {
    limit: u64,
    spent: AtomicU64,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Budget {
            limit,
            spent: AtomicU64::new(0),
        }
    }

    /// Takes so many bytes; fails where there are not as many left, and then for good.
    pub(super) fn spend(&self, bytes: u64) -> Result<(), ArtifactError> {
        let before = self.spent.fetch_add(bytes, Ordering::Relaxed);
        match before.saturating_add(bytes) {
            reached if reached <= self.limit => Ok(()),
            reached => Err(ArtifactError::TooLarge {
                limit: self.limit,
                reached,
                largest: Vec::new(),
            }),
        }
    }
}

/// An archive in memory that refuses to grow past its limit.
#[derive(Debug)]
pub(super) struct Output {
    bytes: Vec<u8>,
    budget: Budget,
}

impl Output {
    pub(super) fn new(limit: u64) -> Self {
        // Taken at once, so that the usual archive is never copied as it grows. The system does
        // not count memory that was not written to.
        let capacity = limit.min(DEFAULT_MAX_SIZE) as usize;
        Output {
            bytes: Vec::with_capacity(capacity),
            budget: Budget::new(limit),
        }
    }

    pub(super) fn limit(&self) -> u64 {
        self.budget.limit
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.budget.spend(bytes.len() as u64).map_err(to_io)?;
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
