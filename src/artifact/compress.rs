//! Compresses files on several threads, into chunks that another thread writes in order.

use std::io::{self, Read, Write};
use std::mem;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Condvar, Mutex};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::LEVEL;
use super::files::FoundFile;
use super::output::{from_io, to_io};
use crate::error::ArtifactError;
use crate::lock::{lock, unpoisoned};

/// The number of bytes of a file to read at once.
const READ_SIZE: usize = 64 * 1024;

/// The maximum number of compressed bytes that wait to be written.
const BYTES_AHEAD: usize = 4 * 1024 * 1024;

/// A file to compress, and the channel for its chunks.
pub(super) struct Job {
    pub(super) file: FoundFile,
    pub(super) number: usize,
    pub(super) chunks: Sender<Result<Chunk, ArtifactError>>,
}

/// A piece of a compressed file, or its end.
pub(super) enum Chunk {
    Bytes(Vec<u8>),
    End(Sums),
}

/// The checksum and the size of a file before compression.
pub(super) struct Sums {
    pub(super) crc: u32,
    pub(super) size: u64,
}

/// The main function of a thread: compresses files until the queue is closed.
pub(super) fn compress_all(queue: &Mutex<Receiver<Job>>, gate: &Gate) {
    let mut compressor = Compressor::default();
    let next_job = || lock(queue).recv();
    while let Ok(job) = next_job() {
        // Fails if the archive was abandoned, which dropped the receiver.
        let send = |chunk| _ = job.chunks.send(chunk);
        let sums = compressor.compress(&job.file, |bytes| {
            gate.enter(job.number, bytes.len())?;
            send(Ok(Chunk::Bytes(bytes)));
            Ok(())
        });
        send(sums.map(Chunk::End));
    }
}

/// A buffer and a compressor, reused for many files.
pub(super) struct Compressor {
    encoder: DeflateEncoder<Vec<u8>>,
    buffer: Vec<u8>,
}

impl Default for Compressor {
    fn default() -> Self {
        Compressor {
            encoder: DeflateEncoder::new(Vec::new(), Compression::new(LEVEL)),
            buffer: vec![0; READ_SIZE],
        }
    }
}

impl Compressor {
    /// Passes a file's compressed bytes to `write`.
    pub(super) fn compress(
        &mut self,
        file: &FoundFile,
        write: impl FnMut(Vec<u8>) -> io::Result<()>,
    ) -> Result<Sums, ArtifactError> {
        let sums = self.try_compress(file, write);
        if sums.is_err() {
            // The encoder's buffered bytes of the failed file must not get into the next one.
            *self = Compressor::default();
        }
        sums.map_err(from_io)
    }

    fn try_compress(
        &mut self,
        file: &FoundFile,
        mut write: impl FnMut(Vec<u8>) -> io::Result<()>,
    ) -> io::Result<Sums> {
        let mut file = file.open().map_err(to_io)?;
        let mut crc = Crc::new();
        loop {
            let count = file.read(&mut self.buffer)?;
            if count == 0 {
                break;
            }
            crc.update(&self.buffer[..count]);
            self.encoder.write_all(&self.buffer[..count])?;
            if !self.encoder.get_ref().is_empty() {
                write(mem::take(self.encoder.get_mut()))?;
            }
        }
        file.check_unchanged().map_err(to_io)?;
        // Ends this stream and starts the next one, reusing the compressor's state.
        write(self.encoder.reset(Vec::new())?)?;
        Ok(Sums {
            crc: crc.sum(),
            size: file.size(),
        })
    }
}

/// Keeps the compressing threads from getting too far ahead of the writing thread.
///
/// The file that is being written always passes; otherwise the threads could deadlock.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    /// The number of the file that is being written.
    writing: Option<usize>,
    /// The number of compressed bytes that wait to be written.
    bytes: usize,
    /// The number of threads that wait to pass.
    waiting: usize,
    abandoned: bool,
}

impl Gate {
    /// Waits until this many bytes of a file may be sent. Fails if the archive is abandoned.
    fn enter(&self, file: usize, bytes: usize) -> io::Result<()> {
        let must_wait = |state: &mut GateState| {
            let fits = state.bytes + bytes <= BYTES_AHEAD;
            !(fits || state.abandoned || state.writing == Some(file))
        };
        let mut state = lock(&self.state);
        state.waiting += 1;
        let mut state = unpoisoned(self.changed.wait_while(state, must_wait));
        state.waiting -= 1;
        if state.abandoned {
            return Err(io::Error::other("the archive was abandoned"));
        }
        state.bytes += bytes;
        Ok(())
    }

    /// Records that this many bytes were written.
    pub(super) fn leave(&self, bytes: usize) {
        self.update(|state| state.bytes -= bytes);
    }

    pub(super) fn start_writing(&self, file: usize) {
        self.update(|state| state.writing = Some(file));
    }

    fn update(&self, change: impl FnOnce(&mut GateState)) {
        let mut state = lock(&self.state);
        change(&mut state);
        // Notifying is a system call even if no thread waits.
        if state.waiting > 0 {
            self.changed.notify_all();
        }
    }
}

/// Abandons the archive when dropped, so that no thread waits for a thread that failed or panicked.
pub(super) struct AbandonOnDrop<'a>(pub(super) &'a Gate);

impl Drop for AbandonOnDrop<'_> {
    fn drop(&mut self) {
        self.0.update(|state| state.abandoned = true);
    }
}
