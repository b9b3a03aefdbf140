//! Artifacts: a folder sent with a spec, as one archive.

use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use serde_json::{Map, Value};

use crate::error::{ArtifactError, Result};

mod compress;
mod encoding;
mod files;
mod ignore;
mod open_file;
mod options;
mod output;
mod tar_gz;
mod zip;
mod zip_format;

pub use files::ArtifactFile;
use files::Files;
use options::ProgressCallback;
pub use options::{ArtifactFormat, Progress};
use output::Output;

/// The default limit on an archive: 10 MiB, the most the service accepts.
const DEFAULT_MAX_SIZE: u64 = 10 * 1024 * 1024;

/// The compression level, from 1 to 9: the default of common zip tools.
const LEVEL: u32 = 6;

/// How many of the largest files an error lists.
const LARGEST: usize = 5;

/// A folder to send with a spec or a release: the code, the `Dockerfile`, and anything else
/// that a block is built from.
///
/// Nothing is read until the artifact is sent, or [`files`](Artifact::files) or
/// [`write_to`](Artifact::write_to) is called. Each of these reads the folder again.
///
/// # Look before you send
///
/// [`files`](Artifact::files) lists what the archive would contain, without reading any file:
///
/// ```
/// use peak_press::Artifact;
///
/// # fn main() -> peak_press::Result<()> {
/// let artifact = Artifact::dir("src");
/// let mut total = 0;
/// for file in artifact.files()? {
///     println!("{:>9} {}", file.size, file.path);
///     total += file.size;
/// }
/// println!("{total} bytes before compression");
/// # Ok(())
/// # }
/// ```
///
/// To leave a file out, add it to a `.dockerignore` in the folder. To inspect the archive itself,
/// write it to a file and open it with any zip program:
///
/// ```no_run
/// # use peak_press::Artifact;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let size = Artifact::dir("app").write_to(std::fs::File::create("artifact.zip")?)?;
/// println!("{size} bytes");
/// # Ok(())
/// # }
/// ```
///
/// # Which files
///
/// Every file in the folder and its subfolders, including hidden ones, except those excluded by
/// the ignore files: the ones named with [`ignore_file`](Artifact::ignore_file), or `.dockerignore`
/// if none is named and it exists. They have one pattern per line, in the syntax of `.gitignore`:
///
/// | line | excludes |
/// |---|---|
/// | `notes.txt`, `*.log` | every file or folder of that name, at any depth |
/// | `/notes.txt`, `docs/a.txt` | that one: a `/` at the start or in the middle anchors the pattern to the artifact's folder |
/// | `target/` | a folder and everything in it, but no file of that name |
/// | `*`, `?`, `[ab]`, `[a-z]`, `[!a]` | any characters, one, one of these, one other than these; never a `/` |
/// | `**/x`, `a/**/b`, `a/**` | `**` stands for any number of folders, or for everything in a folder |
/// | `!keep.log` | nothing: it includes again what an earlier line excluded |
/// | `\#a`, `\!a`, `\*` | `\` makes the next character literal (inside `[…]` it is itself literal) |
/// | `# a comment` | nothing; nor does an empty line |
///
/// The **last** line that matches a file decides. Unlike in Git, a file in an excluded folder can
/// therefore be included again: `data/` followed by `!data/keep.txt` keeps `data/keep.txt`.
/// Matching is case-sensitive. Spaces at either end of a line are ignored, except one escaped
/// with `\`. `{a,b}` has no special meaning. A line that cannot match anything is ignored. The
/// ignore files themselves are included unless a line excludes them.
///
/// Two unusual lines are read as Git reads them, which differs from the official client: `/` alone
/// matches nothing (there, every file in a subfolder), and `!#x` includes `#x` again (there, a
/// comment), as `!!x` does `!x` (there, it excludes `x`).
///
/// Links are followed, including those that lead out of the folder, and their targets are included
/// under the link's name. [`follow_links(false)`](Artifact::follow_links) leaves links out instead.
/// Sockets, pipes and devices are left out. A folder gets an entry of its own if it contains an
/// included file. A folder without included files makes an archive without entries.
///
/// # Reproducible archives
///
/// Entries are sorted by path, folders are separated by `/`, and times (1980 in a zip, 1970 in a
/// tar), owners and permissions are fixed, except for the owner's executable bit. The archive thus
/// depends on the names of the files, their contents and that bit, and not on the time, the machine
/// or the number of threads. It does depend on the compressor: this crate selects `zlib-rs` in
/// `flate2`, but another crate in the same program can select a different backend. Archives are
/// therefore identical for one build of a program, but may differ between builds.
///
/// # Format
///
/// [Zip](ArtifactFormat::Zip): the official SDK sends nothing else, in all releases from 1.0 to
/// 1.29.
///
/// # Size and memory
///
/// The archive may have at most [`max_size`](Artifact::max_size) bytes, 10 MiB by default. It is
/// built in memory and checked as it grows, so a folder that is too large fails early, before
/// anything is sent. Peak memory is that limit, 4 MiB for data compressed ahead of its turn, about
/// 0.5 MiB for each [thread](Artifact::threads), twice the path and about 100 bytes for each file,
/// from 2 kB (a plain name) to 60 kB (`[!a]`) for each line of the ignore files, and the names in
/// the folders that lead to one file. Files are never read into memory whole.
///
/// # In a document
///
/// An artifact can be read from YAML and JSON in the format of the official command line. Unknown
/// keys are kept and written back. All other settings have their defaults.
///
/// ```
/// # use peak_press::Artifact;
/// let artifact: Artifact =
///     serde_json::from_str(r#"{"path": "app", "ignore_files": [".pressignore"]}"#)?;
/// assert_eq!(artifact, Artifact::dir("app").ignore_file(".pressignore"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Artifact {
    path: PathBuf,
    ignore_files: Option<Vec<String>>,
    /// Unknown keys of the document that the artifact was read from.
    extra: Map<String, Value>,
    format: ArtifactFormat,
    max_size: u64,
    follow_links: bool,
    threads: Option<usize>,
    on_progress: ProgressCallback,
}

impl Artifact {
    /// Creates an artifact from a folder.
    ///
    /// A relative path is relative to the current directory at the time the folder is read.
    pub fn dir(path: impl Into<PathBuf>) -> Self {
        Self::from_document(path, None, Map::new())
    }

    pub(crate) fn from_document(
        path: impl Into<PathBuf>,
        ignore_files: Option<Vec<String>>,
        extra: Map<String, Value>,
    ) -> Self {
        Artifact {
            path: path.into(),
            ignore_files,
            extra,
            format: ArtifactFormat::default(),
            max_size: DEFAULT_MAX_SIZE,
            follow_links: true,
            threads: None,
            on_progress: ProgressCallback(None),
        }
    }

    /// Unknown keys of the document that the artifact was read from.
    pub(crate) fn extra(&self) -> &Map<String, Value> {
        &self.extra
    }

    pub(crate) fn ignore_file_names(&self) -> Option<&[String]> {
        self.ignore_files.as_deref()
    }

    /// Adds an ignore file, by its name relative to the folder. It must lie directly in the folder.
    ///
    /// Several are read in the given order, as if they were one file. `.dockerignore` is then read
    /// only if it is one of them.
    pub fn ignore_file(self, name: impl Into<String>) -> Self {
        self.ignore_files([name])
    }

    /// Adds ignore files, like [`ignore_file`](Artifact::ignore_file). An empty list changes
    /// nothing.
    pub fn ignore_files<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        for name in names {
            self.ignore_files.get_or_insert_default().push(name.into());
        }
        self
    }

    /// Sets the archive's format. The default is zip, for the reason given [above](Artifact#format).
    pub fn format(mut self, format: ArtifactFormat) -> Self {
        self.format = format;
        self
    }

    /// Sets the largest size of the archive, in bytes after compression. The default is 10 MiB
    /// (10,485,760 bytes).
    ///
    /// A higher limit here does not make the service accept more.
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = bytes;
        self
    }

    /// Whether to include the targets of links (the default), or to leave links out.
    ///
    /// The folder itself may be a link in either case.
    pub fn follow_links(mut self, follow: bool) -> Self {
        self.follow_links = follow;
        self
    }

    /// Sets the number of threads that compress a zip. The default is the number of cores; zero
    /// counts as one. The archive does not depend on it. A tar is compressed by one thread.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Sets a function that is called during the upload, with the number of bytes sent so far and
    /// in total.
    ///
    /// It is called on the sending thread, which waits for it. If the request is retried, the count
    /// starts again at zero.
    pub fn on_progress(mut self, call: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = ProgressCallback(Some(Arc::new(call)));
        self
    }

    /// Makes a relative path relative to `base` instead of the current directory, for example to
    /// the folder of the file that it was read from. An absolute path is left as it is.
    pub fn relative_to(mut self, base: impl AsRef<Path>) -> Self {
        self.path = base.as_ref().join(&self.path);
        self
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lists the files that the archive would contain, sorted by [path](ArtifactFile::path).
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`](crate::Error::Artifact), if
    /// - the folder does not exist or is not a folder;
    /// - an ignore file does not exist, is not a file, is not UTF-8, or does not lie directly in the
    ///   folder;
    /// - a folder that may contain included files cannot be read;
    /// - a link leads nowhere, or back to a folder that contains it, or more than 10,000 folders are
    ///   reached through links;
    /// - a file name is not UTF-8.
    ///
    /// The last two are not errors if the ignore files exclude the link or the file. A folder is not
    /// read at all if it is excluded and no later line can include any of its contents again.
    pub fn files(&self) -> Result<Vec<ArtifactFile>> {
        let files: Result<_, ArtifactError> = self.walk()?.map(|file| Ok(file?.entry)).collect();
        Ok(files?)
    }

    /// Writes the archive and returns its size in bytes.
    ///
    /// The archive is built in memory first: if that fails, nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`](crate::Error::Artifact), if [`files`](Artifact::files) would fail, or
    /// - the archive is larger than [`max_size`](Artifact::max_size);
    /// - a file cannot be read, is written to while it is read, or is replaced by a pipe or a folder,
    ///   or by a link where links are left out;
    /// - a name cannot be stored in the archive: in a zip a `\` or more than 65,535 bytes;
    /// - `writer` fails.
    pub fn write_to(&self, mut writer: impl Write) -> Result<u64> {
        let archive = self.build()?;
        writer
            .write_all(&archive.bytes)
            .and_then(|()| writer.flush())
            .map_err(|source| ArtifactError::Write { source })?;
        Ok(archive.bytes.len() as u64)
    }

    /// Builds the archive in memory.
    pub(crate) fn build(&self) -> Result<Archive> {
        let mut output = Output::new(self.max_size);
        let mut largest = Vec::new();
        let files = self.walk()?.inspect(|file| {
            if let Ok(file) = file {
                add_if_large(&mut largest, &file.entry);
            }
        });
        let mut written = match self.format {
            ArtifactFormat::Zip => zip::write(files, &mut output, self.thread_count()),
            ArtifactFormat::TarGz => tar_gz::write(files, &mut output),
        };
        if let Err(ArtifactError::TooLarge { largest: list, .. }) = &mut written {
            *list = largest;
        }
        written?;
        Ok(Archive {
            bytes: output.into_bytes(),
            file_name: self.format.file_name(),
            content_type: self.format.content_type(),
        })
    }

    pub(crate) fn progress(&self) -> Option<&Arc<dyn Fn(Progress) + Send + Sync>> {
        self.on_progress.0.as_ref()
    }

    fn walk(&self) -> Result<Files, ArtifactError> {
        let ignore_files = self.ignore_files.as_deref().unwrap_or_default();
        Files::new(&self.path, ignore_files, self.follow_links)
    }

    fn thread_count(&self) -> usize {
        self.threads
            .unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get))
            .max(1)
    }
}

/// A complete archive, with the file name and content type for its form part.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) bytes: Vec<u8>,
    pub(crate) file_name: &'static str,
    pub(crate) content_type: &'static str,
}

/// Adds a file to the list of the largest, which is sorted from the largest to the smallest.
fn add_if_large(largest: &mut Vec<(PathBuf, u64)>, file: &ArtifactFile) {
    let index = largest.partition_point(|(_, size)| *size >= file.size);
    if index < LARGEST {
        largest.insert(index, (PathBuf::from(&file.path), file.size));
        largest.truncate(LARGEST);
    }
}
