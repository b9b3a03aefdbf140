//! Compresses files on several threads, each into chunks that another thread reads in order.

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

/// How many bytes of a file are read at once.
const READ_SIZE: usize = 64 * 1024;

/// How many compressed bytes may be waiting to be written.
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
    End { crc: u32, size: u64 },
}

/// The work of one thread: compresses files until the queue is closed.
pub(super) fn compress_all(queue: &Mutex<Receiver<Job>>, gate: &Gate) {
    let new_encoder = || DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    let mut encoder = new_encoder();
    let mut buffer = vec![0; READ_SIZE];
    let next_job = || lock(queue).recv();
    while let Ok(job) = next_job() {
        let end = compress(&job, &mut encoder, &mut buffer, gate);
        if end.is_err() {
            // What the encoder has buffered of the failed file must not get into the next one.
            encoder = new_encoder();
        }
        // The receiver is gone if the archive was abandoned.
        let _ = job.chunks.send(end.map_err(from_io));
    }
}

fn compress(
    job: &Job,
    encoder: &mut DeflateEncoder<Vec<u8>>,
    buffer: &mut [u8],
    gate: &Gate,
) -> io::Result<Chunk> {
    let mut file = job.file.open().map_err(to_io)?;
    let mut crc = Crc::new();
    loop {
        let count = file.read(buffer)?;
        if count == 0 {
            break;
        }
        crc.update(&buffer[..count]);
        encoder.write_all(&buffer[..count])?;
        send(job, mem::take(encoder.get_mut()), gate)?;
    }
    // Ends this stream and starts the next one without allocating the compressor's state again.
    send(job, encoder.reset(Vec::new())?, gate)?;
    Ok(Chunk::End {
        crc: crc.sum(),
        size: file.size(),
    })
}

fn send(job: &Job, bytes: Vec<u8>, gate: &Gate) -> io::Result<()> {
    gate.enter(job.number, bytes.len())?;
    // The receiver is gone if the archive was abandoned.
    let _ = job.chunks.send(Ok(Chunk::Bytes(bytes)));
    Ok(())
}

/// Keeps the compressing threads from getting too far ahead of the writing one.
///
/// The file that is being written always passes, or all threads could wait for each other.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    /// The number of the file that is being written.
    writing: Option<usize>,
    /// How many compressed bytes are waiting to be written.
    waiting: usize,
    abandoned: bool,
}

impl Gate {
    /// Waits until this many bytes of a file may be sent. Fails if the archive is abandoned.
    fn enter(&self, file: usize, bytes: usize) -> io::Result<()> {
        let must_wait = |state: &mut GateState| {
            let fits = state.waiting + bytes <= BYTES_AHEAD;
            !(fits || state.abandoned || state.writing == Some(file))
        };
        let mut state = unpoisoned(self.changed.wait_while(lock(&self.state), must_wait));
        if state.abandoned {
            return Err(io::Error::other("the archive was abandoned"));
        }
        state.waiting += bytes;
        Ok(())
    }

    /// Records that this many bytes were written.
    pub(super) fn leave(&self, bytes: usize) {
        lock(&self.state).waiting -= bytes;
        self.changed.notify_all();
    }

    pub(super) fn start_writing(&self, file: usize) {
        lock(&self.state).writing = Some(file);
        self.changed.notify_all();
    }

    pub(super) fn abandon(&self) {
        lock(&self.state).abandoned = true;
        self.changed.notify_all();
    }
}
