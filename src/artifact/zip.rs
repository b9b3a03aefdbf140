//! Writes a zip. Several threads compress its files, which are written in order.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use super::compress::{AbandonOnDrop, Chunk, Compressor, Gate, Job, compress_all};
use super::files::{ArtifactFile, FoundFile, new_folders};
use super::output::{Output, from_io};
use super::zip_format::ZipFormat;
use crate::error::ArtifactError;

/// The maximum number of files that wait to be compressed or written.
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
            let worker = || compress_all(queue, gate);
            thread::Builder::new().spawn_scoped(scope, worker).map(drop)
        };
        let _abandon = AbandonOnDrop(gate);
        write_in_order(files, jobs, threads, start_worker, Zip::new(output, gate))
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
    let mut workers = 0;
    for (number, file) in files.enumerate() {
        let file = file?;
        // At most one thread per file. A thread that cannot be started is not needed.
        if number < threads && start_worker().is_ok() {
            workers += 1;
        }
        if workers == 0 {
            zip.compress(&file)?;
            continue;
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
    zip.format.finish()
}

/// A file to write, and the channel for its compressed chunks.
struct Pending {
    entry: ArtifactFile,
    number: usize,
    chunks: Receiver<Result<Chunk, ArtifactError>>,
}

/// The archive so far.
struct Zip<'a> {
    format: ZipFormat<'a>,
    last_path: String,
    gate: &'a Gate,
    /// Used only if no thread can be started.
    compressor: Option<Compressor>,
}

impl<'a> Zip<'a> {
    fn new(output: &'a mut Output, gate: &'a Gate) -> Self {
        Zip {
            format: ZipFormat::new(output),
            last_path: String::new(),
            gate,
            compressor: None,
        }
    }

    /// Starts a file, after any folders that it is the first in.
    fn start(&mut self, file: &ArtifactFile) -> Result<(), ArtifactError> {
        let last_path = mem::replace(&mut self.last_path, file.path.clone());
        for folder in new_folders(&last_path, &file.path) {
            self.format.add_folder(folder)?;
        }
        self.format.start_file(file)
    }

    /// Adds a file that a thread compresses.
    fn add(&mut self, file: Pending) -> Result<(), ArtifactError> {
        self.start(&file.entry)?;
        self.gate.start_writing(file.number);
        loop {
            let chunk = file.chunks.recv();
            match chunk.map_err(|error| from_io(io::Error::other(error)))?? {
                Chunk::Bytes(bytes) => {
                    self.gate.leave(bytes.len());
                    self.format.write_all(&bytes).map_err(from_io)?;
                }
                Chunk::End(sums) => return self.format.end_file(&sums),
            }
        }
    }

    /// Compresses a file on this thread and adds it.
    fn compress(&mut self, file: &FoundFile) -> Result<(), ArtifactError> {
        self.start(&file.entry)?;
        let compressor = self.compressor.get_or_insert_default();
        let sums = compressor.compress(file, |bytes| self.format.write_all(&bytes))?;
        self.format.end_file(&sums)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;
    use std::{fs, iter};

    use super::super::files::Files;
    use super::*;

    /// A folder of `count` incompressible files.
    fn noise_files(count: usize, size: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut state = 1_u32;
        for index in 0..count {
            let content: Vec<u8> = iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .take(size)
            .collect();
            fs::write(folder.path().join(index.to_string()), content).unwrap();
        }
        folder
    }

    fn archive_with(
        folder: &tempfile::TempDir,
        start_worker: impl Fn(&dyn Fn() -> io::Result<()>) -> io::Result<()>,
    ) -> Vec<u8> {
        let mut output = Output::new(u64::MAX);
        let files = Files::new(folder.path(), &[], true).unwrap();
        let (jobs, queue) = mpsc::channel();
        let (queue, gate) = (&Mutex::new(queue), &Gate::default());
        thread::scope(|scope| {
            let spawn = || {
                scope.spawn(|| compress_all(queue, gate));
                Ok(())
            };
            let zip = Zip::new(&mut output, gate);
            write_in_order(files, jobs, 4, || start_worker(&spawn), zip).unwrap();
        });
        output.into_bytes()
    }

    #[test]
    fn threads_that_cannot_be_started_are_not_needed() {
        let folder = noise_files(8, 10_000);
        let expected = archive_with(&folder, |spawn| spawn());
        let no_threads = || io::Error::from(io::ErrorKind::WouldBlock);

        assert!(expected == archive_with(&folder, |_| Err(no_threads())));
        for first_that_starts in [1, 2] {
            let number = Cell::new(0);
            let archive = archive_with(&folder, |spawn| {
                number.set(number.get() + 1);
                if number.get() == first_that_starts {
                    spawn()
                } else {
                    Err(no_threads())
                }
            });
            assert!(expected == archive, "{first_that_starts}");
        }
    }

    #[test]
    fn a_panic_while_files_are_found_ends_the_threads() {
        let folder = noise_files(4, BYTES_OF_A_FILE);
        const BYTES_OF_A_FILE: usize = 3 << 20;
        let (done, is_done) = mpsc::channel();
        thread::spawn(move || {
            let files = Files::new(folder.path(), &[], true).unwrap();
            let files = files.chain(iter::from_fn(|| panic!("as intended")));
            let mut output = Output::new(u64::MAX);
            let archiving = AssertUnwindSafe(|| write(files, &mut output, 2));
            done.send(catch_unwind(archiving).is_err()).unwrap();
        });
        let panicked = is_done.recv_timeout(Duration::from_secs(60));
        assert_eq!(panicked, Ok(true));
    }
}
