//! Request bodies. Each attempt reads the body from the start.

use std::fmt;
use std::io::{self, Read};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::current;

/// Called with the number of bytes sent so far and the total.
pub(crate) type UploadProgress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// The body of a request, in pieces, so that a large one is never copied.
pub(crate) struct Body {
    pub(super) content_type: String,
    pieces: Vec<Vec<u8>>,
    length: u64,
    progress: Option<UploadProgress>,
}

// A body never changes, even if a callback panics.
impl UnwindSafe for Body {}
impl RefUnwindSafe for Body {}

impl Body {
    pub(super) fn new(
        content_type: impl Into<String>,
        pieces: Vec<Vec<u8>>,
        progress: Option<UploadProgress>,
    ) -> Self {
        Body {
            content_type: content_type.into(),
            length: pieces.iter().map(|piece| piece.len() as u64).sum(),
            pieces,
            progress,
        }
    }

    /// The total number of bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader {
            body: self,
            piece: 0,
            offset: 0,
            started: false,
            sent: 0,
        }
    }
}

/// Reads a [`Body`] for one attempt.
pub(super) struct Reader<'a> {
    body: &'a Body,
    piece: usize,
    offset: usize,
    started: bool,
    sent: u64,
}

impl Reader<'_> {
    /// Whether reading has started, which happens only once there is a connection.
    pub(super) fn has_started(&self) -> bool {
        self.started
    }

    pub(super) fn is_complete(&self) -> bool {
        self.sent == self.body.length
    }

    /// How many bytes were read before the server stopped accepting them.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    pub(super) fn total(&self) -> u64 {
        self.body.length
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.started = true;
        while let Some(piece) = self.body.pieces.get(self.piece) {
            let rest = &piece[self.offset..];
            if rest.is_empty() {
                (self.piece, self.offset) = (self.piece + 1, 0);
                continue;
            }
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.offset += count;
            if current::upload_is_stopped() {
                return Ok(count);
            }
            self.sent += count as u64;
            if let Some(progress) = &self.body.progress {
                progress(self.sent, self.body.length);
            }
            return Ok(count);
        }
        Ok(0)
    }
}

/// Shows only the type and the size: the content may be confidential.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("content_type", &self.content_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Instant;

    use super::super::current::Current;
    use super::*;

    #[test]
    fn what_the_connection_does_not_take_is_not_counted_as_sent() {
        let reported = Arc::new(Mutex::new(Vec::new()));
        let report = Arc::clone(&reported);
        let progress: UploadProgress = Arc::new(move |sent, _| report.lock().unwrap().push(sent));
        let pieces = vec![b"ab".to_vec(), b"cdef".to_vec()];
        let body = Body::new("text/plain", pieces, Some(progress));

        let _current = Current::begin(Instant::now());
        let mut reader = body.reader();
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), 2);
        current::stop_upload();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();

        assert_eq!(rest, b"cdef");
        assert_eq!((reader.sent(), reader.is_complete()), (2, false));
        assert_eq!(*reported.lock().unwrap(), [2]);
    }
}
