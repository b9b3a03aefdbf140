//! Writes a zip. Its files are compressed by several threads and written in order.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use rawzip::path::{EntryPath, ZipFilePath};
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};

use super::compress::{Chunk, Gate, Job, compress_all};
use super::files::{ArtifactFile, FOLDER_PERMISSIONS, FoundFile, new_folders, unusable};
use super::output::{Output, from_io};
use crate::error::ArtifactError;

/// The time of every entry: the earliest that a zip can store.
const EPOCH: UtcDateTime = UtcDateTime::from_components(1980, 1, 1, 0, 0, 0, 0).unwrap();

/// The file types of a Unix mode.
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// How many files may be waiting to be compressed or written.
const FILES_AHEAD: usize = 1024;

/// Archives the files as a zip.
pub(super) fn write(
    files: impl Iterator<Item = Result<FoundFile, ArtifactError>>,
    output: &mut Output,
    threads: usize,
) -> Result<(), ArtifactError> {
    let (jobs, queue) = mpsc::channel();
    let queue = &Mutex::new(queue);
    let gate = &Gate::default();
    thread::scope(|scope| {
        let start_worker = || {
            thread::Builder::new()
                .spawn_scoped(scope, || compress_all(queue, gate))
                .map(drop)
        };
        let written = write_in_order(files, jobs, threads, start_worker, Zip::new(output, gate));
        if written.is_err() {
            gate.abandon();
        }
        written
    })
}

/// Queues the files for compression, and writes the results in the order of the files.
///
/// Returning closes the queue, which ends the threads.
fn write_in_order(
    files: impl Iterator<Item = Result<FoundFile, ArtifactError>>,
    jobs: Sender<Job>,
    threads: usize,
    start_worker: impl Fn() -> io::Result<()>,
    mut zip: Zip,
) -> Result<(), ArtifactError> {
    let mut pending = VecDeque::new();
    for (number, file) in files.enumerate() {
        let file = file?;
        // There are no more threads than files.
        if number < threads {
            start_worker().map_err(from_io)?;
        }
        if pending.len() == FILES_AHEAD
            && let Some(first) = pending.pop_front()
        {
            zip.add(first)?;
        }
        let (sender, chunks) = mpsc::channel();
        pending.push_back(Pending {
            entry: file.entry.clone(),
            number,
            chunks,
        });
        // This cannot fail: the receiver outlives this function.
        let _ = jobs.send(Job {
            file,
            number,
            chunks: sender,
        });
    }
    for file in pending {
        zip.add(file)?;
    }
    zip.finish()
}

/// A file to write, and the channel for its compressed chunks.
struct Pending {
    entry: ArtifactFile,
    number: usize,
    chunks: Receiver<Result<Chunk, ArtifactError>>,
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

    /// Adds a file, after the folders in which it is the first.
    fn add(&mut self, file: Pending) -> Result<(), ArtifactError> {
        let last_path = mem::take(&mut self.last_path);
        for folder in new_folders(&last_path, &file.entry.path) {
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
            let chunk = file.chunks.recv();
            match chunk.map_err(|error| from_io(io::Error::other(error)))?? {
                Chunk::Bytes(bytes) => {
                    self.gate.leave(bytes.len());
                    entry.write_all(&bytes).map_err(from_io)?;
                }
                Chunk::End { crc, size } => {
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

/// The path of an entry. Fails if rawzip or a zip program would read it as a different path.
fn entry_path(path: &str) -> Result<EntryPath<'_>, ArtifactError> {
    let reason = if path.len() > usize::from(u16::MAX) {
        "the path is longer than the 65,535 bytes that a zip can store"
    } else if path.contains('\\') {
        "zip programs take a \\ in a name for the end of a folder's name"
    } else if ZipFilePath::from_str(path).as_str() == path {
        return Ok(EntryPath::conformant(path));
    } else if path.is_ascii() {
        // For example `12:30.log`, which rawzip would read as the path `30.log` on a drive. Raw
        // bytes are kept but not marked as UTF-8, which makes no difference for ASCII.
        return Ok(EntryPath::verbatim(path.as_bytes()));
    } else {
        "a name with a : and non-ASCII characters cannot be stored in a zip"
    };
    let message = format!("{reason}: rename it, or exclude it with an ignore file");
    Err(unusable(path, message))
}

fn from_rawzip(error: rawzip::Error) -> ArtifactError {
    from_io(match error.into_kind() {
        rawzip::ErrorKind::IO(error) => error,
        other => io::Error::other(other.to_string()),
    })
}
