//! A zip, its files compressed by several threads and written in order.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::path::{EntryPath, ZipFilePath};
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, Crc32, DataDescriptorOutput, ZipArchiveWriter};

use super::LEVEL;
use super::files::{ArtifactFile, FoundFile, new_folders};
use super::output::{Budget, Output, from_io, to_io};
use crate::error::ArtifactError;

/// The time of every entry: the first that a zip can hold.
const EPOCH: UtcDateTime = UtcDateTime::from_components(1980, 1, 1, 0, 0, 0, 0).unwrap();

const FILE_MODE: u32 = 0o100_644;
const EXECUTABLE_MODE: u32 = 0o100_755;
const FOLDER_MODE: u32 = 0o040_755;

/// How many files may be compressed, or wait for it, beyond the one that is to be written next.
const WINDOW: usize = 1024;

/// How much of a file is read at once.
const CHUNK: usize = 64 * 1024;

/// A file to compress, and where to say what came of it.
struct Job {
    file: FoundFile,
    done: SyncSender<Result<Content, ArtifactError>>,
}

/// What a file holds, compressed.
struct Content {
    chunks: Vec<Vec<u8>>,
    crc: u32,
    size: u64,
}

/// What the threads share.
struct Shared {
    jobs: Mutex<Receiver<Job>>,
    /// What is compressed waits in memory for its turn to be written. All of it becomes part of
    /// the archive, so the archive's limit bounds that memory too.
    budget: Budget,
    /// Set where the archive was given up, so that nobody goes on with a large file.
    given_up: AtomicBool,
}

/// Archives the files as a zip.
pub(super) fn write(
    files: impl Iterator<Item = Result<FoundFile, ArtifactError>>,
    output: &mut Output,
    threads: usize,
) -> Result<(), ArtifactError> {
    let (queue, jobs) = mpsc::channel();
    let shared = &Shared {
        jobs: Mutex::new(jobs),
        budget: Budget::new(output.limit()),
        given_up: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        let start_worker = || {
            thread::Builder::new()
                .spawn_scoped(scope, || compress_jobs(shared))
                .map(drop)
        };
        let written = write_in_order(files, queue, threads, start_worker, Zip::new(output));
        shared.given_up.store(written.is_err(), Ordering::Relaxed);
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
    for (index, file) in files.enumerate() {
        let file = file?;
        // No more threads than files.
        if index < threads {
            start_worker().map_err(from_io)?;
        }
        if pending.len() == WINDOW {
            zip.add_first(&mut pending)?;
        }
        let (done, content) = mpsc::sync_channel(1);
        pending.push_back((file.entry.clone(), content));
        // It cannot fail: the receiver outlives this function.
        let _ = queue.send(Job { file, done });
    }
    while !pending.is_empty() {
        zip.add_first(&mut pending)?;
    }
    zip.finish()
}

/// A file that is being compressed, or was.
type Pending = (ArtifactFile, Receiver<Result<Content, ArtifactError>>);

/// The archive so far.
struct Zip<'a> {
    archive: ZipArchiveWriter<&'a mut Output>,
    last_path: String,
}

impl<'a> Zip<'a> {
    fn new(output: &'a mut Output) -> Self {
        Zip {
            archive: ZipArchiveWriter::new(output),
            last_path: String::new(),
        }
    }

    /// Waits for the first of the files, and adds it.
    fn add_first(&mut self, pending: &mut VecDeque<Pending>) -> Result<(), ArtifactError> {
        let Some((entry, content)) = pending.pop_front() else {
            return Ok(());
        };
        let content = content
            .recv()
            .map_err(|error| from_io(io::Error::other(error)))??;
        let before = mem::take(&mut self.last_path);
        for folder in new_folders(&before, &entry.path) {
            self.add_folder(folder)?;
        }
        self.add_file(&entry, content)?;
        self.last_path = entry.path;
        Ok(())
    }

    fn add_folder(&mut self, path: &str) -> Result<(), ArtifactError> {
        self.archive
            .new_dir(entry_path(path)?)
            .last_modified(EPOCH)
            .unix_permissions(FOLDER_MODE)
            .create()
            .map_err(from_rawzip)?;
        Ok(())
    }

    fn add_file(&mut self, file: &ArtifactFile, content: Content) -> Result<(), ArtifactError> {
        let mode = match file.executable {
            true => EXECUTABLE_MODE,
            false => FILE_MODE,
        };
        let (mut entry, _) = self
            .archive
            .new_file(entry_path(&file.path)?)
            .compression_method(CompressionMethod::DEFLATE)
            .last_modified(EPOCH)
            .unix_permissions(mode)
            .start()
            .map_err(from_rawzip)?;
        // Each chunk is freed as soon as it is written.
        for chunk in content.chunks {
            entry.write_all(&chunk).map_err(from_io)?;
        }
        entry
            .finish(DataDescriptorOutput::new(content.crc, content.size))
            .map_err(from_rawzip)?;
        Ok(())
    }

    fn finish(self) -> Result<(), ArtifactError> {
        self.archive.finish().map_err(from_rawzip)?;
        Ok(())
    }
}

/// One thread's work: it compresses files until there are none left.
fn compress_jobs(shared: &Shared) {
    let new_encoder = || DeflateEncoder::new(Chunks::new(&shared.budget), Compression::new(LEVEL));
    let mut encoder = new_encoder();
    let mut buffer = vec![0; CHUNK];
    while let Some(job) = next_job(shared) {
        let content = compress(&job.file, &mut encoder, &mut buffer, shared);
        if content.is_err() {
            // What it has of the file that failed must not become part of the next.
            encoder = new_encoder();
        }
        // Nobody waits for it where the archive was given up.
        let _ = job.done.send(content.map_err(from_io));
    }
}

fn next_job(shared: &Shared) -> Option<Job> {
    let jobs = shared.jobs.lock().unwrap_or_else(PoisonError::into_inner);
    jobs.recv().ok()
}

fn compress<'a>(
    file: &FoundFile,
    encoder: &mut DeflateEncoder<Chunks<'a>>,
    buffer: &mut [u8],
    shared: &'a Shared,
) -> io::Result<Content> {
    let mut source = file.open().map_err(to_io)?;
    let mut crc = Crc32::new();
    loop {
        if shared.given_up.load(Ordering::Relaxed) {
            return Err(io::Error::other("given up"));
        }
        let count = source.read(buffer)?;
        if count == 0 {
            break;
        }
        crc.update(&buffer[..count]);
        encoder.write_all(&buffer[..count])?;
    }
    // Ends the stream and begins the next, without allocating the compressor's state again.
    let compressed = encoder.reset(Chunks::new(&shared.budget))?;
    Ok(Content {
        chunks: compressed.chunks,
        crc: crc.checksum(),
        size: source.size(),
    })
}

/// Compressed bytes in pieces, as the compressor gives them, paid for from the budget.
struct Chunks<'a> {
    budget: &'a Budget,
    chunks: Vec<Vec<u8>>,
}

impl<'a> Chunks<'a> {
    fn new(budget: &'a Budget) -> Self {
        Chunks {
            budget,
            chunks: Vec::new(),
        }
    }
}

impl Write for Chunks<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.budget.spend(bytes.len() as u64).map_err(to_io)?;
        self.chunks.push(bytes.to_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
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
