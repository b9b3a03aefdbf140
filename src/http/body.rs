//! What is sent with a request: pieces of bytes that are read, whole, once an attempt.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

/// Called with the bytes sent so far and the bytes in all.
pub(crate) type OnProgress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// The body of a request. Its pieces are kept as they are, so that a large one is never copied.
pub(crate) struct Body {
    pub(crate) content_type: String,
    pieces: Vec<Vec<u8>>,
    length: u64,
    progress: Option<OnProgress>,
}

impl Body {
    pub(crate) fn new(
        content_type: impl Into<String>,
        pieces: Vec<Vec<u8>>,
        progress: Option<OnProgress>,
    ) -> Self {
        Body {
            content_type: content_type.into(),
            length: pieces.iter().map(|piece| piece.len() as u64).sum(),
            pieces,
            progress,
        }
    }

    /// The number of bytes in all.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Reads it from its first byte.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            body: self,
            piece: 0,
            offset: 0,
            begun: false,
            sent: 0,
        }
    }
}

/// Only the kind and the size: what a body holds is the caller's own.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("content_type", &self.content_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// One attempt's way through a [`Body`].
pub(crate) struct Reader<'a> {
    body: &'a Body,
    piece: usize,
    offset: usize,
    begun: bool,
    sent: u64,
}

impl Reader<'_> {
    /// Whether the first byte was asked for, which is after the connection was made.
    pub(crate) fn begun(&self) -> bool {
        self.begun
    }

    /// Whether every byte was handed out.
    pub(crate) fn finished(&self) -> bool {
        self.sent == self.body.length
    }

    /// How many bytes were handed out.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.begun = true;
        while let Some(piece) = self.body.pieces.get(self.piece) {
            let rest = &piece[self.offset..];
            if rest.is_empty() {
                (self.piece, self.offset) = (self.piece + 1, 0);
                continue;
            }
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.offset += count;
            self.sent += count as u64;
            if let Some(progress) = &self.body.progress {
                progress(self.sent, self.body.length);
            }
            return Ok(count);
        }
        Ok(0)
    }
}
