//! A zip, its files compressed by several threads and written in order.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::mem;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use rawzip::path::{EntryPath, ZipFilePath};
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};

use super::LEVEL;
use super::files::{ArtifactFile, FOLDER_PERMISSIONS, FoundFile, new_folders};
use super::output::{Output, from_io, to_io};
use crate::error::ArtifactError;
use crate::sync::lock;

/// The time of every entry: the first that a zip can hold.
const EPOCH: UtcDateTime = UtcDateTime::from_components(1980, 1, 1, 0, 0, 0, 0).unwrap();

/// What Unix has in a mode beside the permissions.
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// How much of a file is read at once.
const CHUNK: usize = 64 * 1024;

/// How many files may wait to be compressed or written.
const FILES_AHEAD: usize = 1024;

/// How many compressed bytes may wait to be written.
const BYTES_AHEAD: usize = 4 * 1024 * 1024;

/// Archives the files as a zip.
pub(super) fn write(
    files: impl Iterator<Item = Result<FoundFile, ArtifactError>>,
    output: &mut Output,
    threads: usize,
) -> Result<(), ArtifactError> {
    let (queue, jobs) = mpsc::channel();
    let jobs = &Mutex::new(jobs);
    let gate = &Gate::default();
    thread::scope(|scope| {
        let start_worker = || {
            thread::Builder::new()
                .spawn_scoped(scope, || compress_all(jobs, gate))
                .map(drop)
        };
        let written = write_in_order(files, queue, threads, start_worker, Zip::new(output, gate));
        if written.is_err() {
            gate.give_up();
        }
        written
    })
}

/// Queues each file to be compressed, and writes what comes back in the order of the files.
///
/// The queue ends with this function, and with the queue the threads.
fn write_in_order(
    files: impl Iterator<Item = Result<FoundFile, ArtifactError>>,
    queue: Sender<Job>,
    threads: usize,
    start_worker: impl Fn() -> io::Result<()>,
    mut zip: Zip,
) -> Result<(), ArtifactError> {
    let mut pending = VecDeque::new();
    for (number, file) in files.enumerate() {
        let file = file?;
        // No more threads than files.
        if number < threads {
            start_worker().map_err(from_io)?;
        }
        if pending.len() == FILES_AHEAD
            && let Some(first) = pending.pop_front()
        {
            zip.add(first)?;
        }
        let (sender, parts) = mpsc::channel();
        pending.push_back(Pending {
            entry: file.entry.clone(),
            number,
            parts,
        });
        // It cannot fail: the receiver outlives this function.
        let _ = queue.send(Job {
            file,
            number,
            parts: sender,
        });
    }
    for file in pending {
        zip.add(file)?;
    }
    zip.finish()
}

/// A file to compress, and where to send what comes of it.
struct Job {
    file: FoundFile,
    number: usize,
    parts: Sender<Result<Part, ArtifactError>>,
}

/// A file that waits to be written, and where what it holds comes from.
struct Pending {
    entry: ArtifactFile,
    number: usize,
    parts: Receiver<Result<Part, ArtifactError>>,
}

/// What is sent of a file: compressed bytes, and then what they were.
enum Part {
    Bytes(Vec<u8>),
    End { crc: u32, size: u64 },
}

/// One thread's work: to compress files until there are none left.
fn compress_all(jobs: &Mutex<Receiver<Job>>, gate: &Gate) {
    let new_encoder = || DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    let mut encoder = new_encoder();
    let mut buffer = vec![0; CHUNK];
    let next = || lock(jobs).recv();
    while let Ok(job) = next() {
        let end = compress(&job, &mut encoder, &mut buffer, gate);
        if end.is_err() {
            // What it has of the file that failed must not become part of the next.
            encoder = new_encoder();
        }
        // Nobody waits for it where the archive was given up.
        let _ = job.parts.send(end.map_err(from_io));
    }
}

fn compress(
    job: &Job,
    encoder: &mut DeflateEncoder<Vec<u8>>,
    buffer: &mut [u8],
    gate: &Gate,
) -> io::Result<Part> {
    let mut source = job.file.open().map_err(to_io)?;
    let mut crc = Crc::new();
    loop {
        let count = source.read(buffer)?;
        if count == 0 {
            break;
        }
        crc.update(&buffer[..count]);
        encoder.write_all(&buffer[..count])?;
        send(job, mem::take(encoder.get_mut()), gate)?;
    }
    // Ends this stream and begins the next, without allocating the compressor's state again.
    send(job, encoder.reset(Vec::new())?, gate)?;
    Ok(Part::End {
        crc: crc.sum(),
        size: source.size(),
    })
}

fn send(job: &Job, bytes: Vec<u8>, gate: &Gate) -> io::Result<()> {
    gate.enter(job.number, bytes.len())?;
    // Nobody waits for it where the archive was given up.
    let _ = job.parts.send(Ok(Part::Bytes(bytes)));
    Ok(())
}

/// Keeps the threads that compress from getting too far ahead of the one that writes.
///
/// The file that is being written may always go on, or all could wait for each other.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    /// The number of the file that is being written.
    writing: Option<usize>,
    /// The compressed bytes that wait to be written.
    waiting: usize,
    given_up: bool,
}

impl Gate {
    /// Waits until so many bytes of a file may be sent. An error if there is no use to it any more.
    fn enter(&self, file: usize, bytes: usize) -> io::Result<()> {
        let must_wait = |state: &mut GateState| {
            let free = state.waiting + bytes <= BYTES_AHEAD;
            !(free || state.given_up || state.writing == Some(file))
        };
        let mut state = (self.changed)
            .wait_while(lock(&self.state), must_wait)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting += bytes;
        match state.given_up {
            true => Err(io::Error::other("the archive was given up")),
            false => Ok(()),
        }
    }

    /// Says that so many bytes wait no more.
    fn leave(&self, bytes: usize) {
        lock(&self.state).waiting -= bytes;
        self.changed.notify_all();
    }

    fn start_writing(&self, file: usize) {
        lock(&self.state).writing = Some(file);
        self.changed.notify_all();
    }

    fn give_up(&self) {
        lock(&self.state).given_up = true;
        self.changed.notify_all();
    }
}

/// The archive so far.
struct Zip<'a> {
    archive: ZipArchiveWriter<&'a mut Output>,
    last_path: String,
    gate: &'a Gate,
}

impl<'a> Zip<'a> {
    fn new(output: &'a mut Output, gate: &'a Gate) -> Self {
        Zip {
            archive: ZipArchiveWriter::new(output),
            last_path: String::new(),
            gate,
        }
    }

    /// Adds a file, and before it the folders that it is the first in.
    fn add(&mut self, file: Pending) -> Result<(), ArtifactError> {
        let before = mem::take(&mut self.last_path);
        for folder in new_folders(&before, &file.entry.path) {
            self.add_folder(folder)?;
        }
        self.gate.start_writing(file.number);
        self.add_file(&file)?;
        self.last_path = file.entry.path;
        Ok(())
    }

    fn add_folder(&mut self, path: &str) -> Result<(), ArtifactError> {
        self.archive
            .new_dir(entry_path(path)?)
            .last_modified(EPOCH)
            .unix_permissions(FOLDER | FOLDER_PERMISSIONS)
            .create()
            .map_err(from_rawzip)?;
        Ok(())
    }

    fn add_file(&mut self, file: &Pending) -> Result<(), ArtifactError> {
        let (mut entry, _) = self
            .archive
            .new_file(entry_path(&file.entry.path)?)
            .compression_method(CompressionMethod::DEFLATE)
            .last_modified(EPOCH)
            .unix_permissions(FILE | file.entry.permissions())
            .start()
            .map_err(from_rawzip)?;
        loop {
            let part = file.parts.recv();
            match part.map_err(|error| from_io(io::Error::other(error)))?? {
                Part::Bytes(bytes) => {
                    self.gate.leave(bytes.len());
                    entry.write_all(&bytes).map_err(from_io)?;
                }
                Part::End { crc, size } => {
                    entry
                        .finish(DataDescriptorOutput::new(crc, size))
                        .map_err(from_rawzip)?;
                    return Ok(());
                }
            }
        }
    }

    fn finish(self) -> Result<(), ArtifactError> {
        self.archive.finish().map_err(from_rawzip)?;
        Ok(())
    }
}

/// The path of an entry, unless rawzip or a reader would make another of it.
fn entry_path(path: &str) -> Result<EntryPath<'_>, ArtifactError> {
    let message = if path.len() > usize::from(u16::MAX) {
        "the path is longer than the 65,535 bytes that a zip can hold"
    } else if path.contains('\\') {
        "programs that read a zip take a \\ in a name for a folder's end"
    } else if ZipFilePath::from_str(path).as_str() == path {
        return Ok(EntryPath::conformant(path));
    } else if path.is_ascii() {
        // Such as `12:30.log`, which rawzip would take for the path `30.log` on a drive. Given as
        // bytes it stays what it is, but is not marked as UTF-8: no matter where all is ASCII.
        return Ok(EntryPath::verbatim(path.as_bytes()));
    } else {
        "a : cannot stand beside characters that are not ASCII in the zips made here"
    };
    Err(ArtifactError::Unusable {
        path: path.into(),
        message: format!("{message}: rename it, or leave it out with an ignore file"),
    })
}

fn from_rawzip(error: rawzip::Error) -> ArtifactError {
    from_io(match error.into_kind() {
        rawzip::ErrorKind::IO(error) => error,
        other => io::Error::other(other.to_string()),
    })
}
