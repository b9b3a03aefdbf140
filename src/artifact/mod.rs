//! Artifacts: the folder that goes with a spec, as one archive.

use std::fmt;
use std::io::Write;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{ArtifactError, Result};

mod files;
mod ignore;
mod output;
mod tar_gz;
mod zip;

pub use files::ArtifactFile;
use files::Files;
use output::Output;

/// The limit on an archive where none is given: 10 MiB, the most the service takes.
const DEFAULT_MAX_SIZE: u64 = 10 * 1024 * 1024;

/// How hard to compress, of 1 to 9: what zip tools do where they are not told otherwise.
const LEVEL: u32 = 6;

/// How many of the largest files an error names.
const LARGEST: usize = 5;

/// A folder to send along with a spec or a release: its code, its `Dockerfile`, whatever a block
/// is built from.
///
/// Nothing is read before the artifact is sent, or before [`files`](Artifact::files) or
/// [`write_to`](Artifact::write_to) is called; each of them reads the folder anew.
///
/// # Look before you send
///
/// [`files`](Artifact::files) lists what would go in. It costs no more than walking the folder:
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
/// A file in that list that should not be there goes into a `.dockerignore` in the folder. To see
/// the archive itself, write it to a file and open it with any zip program:
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
/// Every file below the folder, hidden ones too, less what the ignore files leave out. These are
/// the files named with [`ignore_file`](Artifact::ignore_file), or else `.dockerignore`, where
/// there is one. They hold one pattern a line, as `.gitignore` does:
///
/// | line | leaves out |
/// |---|---|
/// | `notes.txt`, `*.log` | every file or folder of that name, at any depth |
/// | `/notes.txt`, `docs/a.txt` | that one: a `/` before or within ties the pattern to the artifact's folder |
/// | `target/` | a folder and all below it, but no file of that name |
/// | `*`, `?`, `[ab]`, `[a-z]`, `[!a]` | any characters, one, one of these, one not of these; never a `/` |
/// | `**/x`, `a/**/b`, `a/**` | `**` stands for any number of folders, or for all that is below |
/// | `!keep.log` | nothing: it brings back what a line before it left out |
/// | `\#a`, `\!a`, `\*` | `\` takes the special meaning from the next character (in `[…]` it is itself) |
/// | `# a comment` | nothing, as does an empty line |
///
/// The **last** line that matches a file decides. Unlike with git, a file below an ignored folder
/// can thus be brought back: `data/` followed by `!data/keep.txt` keeps `data/keep.txt`.
/// Upper and lower case differ. Spaces around a line do not count, save one after a `\`.
/// `{a,b}` has no special meaning. A line that can match nothing does nothing. The ignore files go
/// into the artifact themselves, unless a line leaves them out.
///
/// Links are followed, also where they lead out of the folder, and what they lead to is included
/// under the link's name; [`follow_links(false)`](Artifact::follow_links) leaves them out instead.
/// Sockets, pipes and devices are left out. A folder has an entry of its own where a file below it
/// is included, and none otherwise. A folder of no files, or of none that is not ignored, makes
/// an archive without entries.
///
/// # The same folder, the same bytes
///
/// Entries are sorted by name, `/` separates folders, times are fixed (1980 in a zip, 1970 in a
/// tar), and so are owners and modes, but for the owner's executable bit. So an archive depends on
/// the names of the files, their contents and that bit alone: not on the time, the machine or the
/// number of threads. It does depend on the compressor. This crate asks `flate2` for `zlib-rs`, but
/// a program that turns on another of `flate2`'s backends somewhere in its dependencies may get
/// that one: the bytes are the same for one build of a program, and need not be for two.
///
/// # Format
///
/// [Zip](ArtifactFormat::Zip), because the service's own SDK sends it nothing else, in every
/// release from 1.0 to 1.29.
///
/// # Size and memory
///
/// The archive may grow to [`max_size`](Artifact::max_size) bytes, 10 MiB unless set. It is made in
/// memory and checked as it grows, so a folder of any size fails once about so much was
/// compressed, before anything is sent. Memory peaks at that limit, 4 MiB for what was compressed
/// ahead of its turn, about 0.5 MiB for each [thread](Artifact::threads), and the names in the
/// folders that lead to one file: no file is held as a whole.
///
/// # In a file
///
/// An artifact reads from YAML and JSON as the official command line's files have it, with keys
/// this crate does not know kept and written again. All other settings are the defaults.
///
/// ```
/// # use peak_press::Artifact;
/// let artifact: Artifact =
///     serde_json::from_str(r#"{"path": "app", "ignore_files": [".pressignore"]}"#)?;
/// assert_eq!(artifact, Artifact::dir("app").ignore_file(".pressignore"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    #[serde(deserialize_with = "folder")]
    path: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ignore_files: Option<Vec<String>>,
    /// What a file says of the artifact beyond this.
    #[serde(flatten)]
    extra: serde_json::Map<String, serde_json::Value>,
    #[serde(skip)]
    options: Options,
}

fn folder<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    crate::types::text::<String, D>(deserializer).map(PathBuf::from)
}

/// What is not part of the official client's files.
#[derive(Clone, Debug, PartialEq)]
struct Options {
    format: ArtifactFormat,
    max_size: u64,
    follow_links: bool,
    threads: Option<usize>,
    on_progress: OnProgress,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            format: ArtifactFormat::default(),
            max_size: DEFAULT_MAX_SIZE,
            follow_links: true,
            threads: None,
            on_progress: OnProgress(None),
        }
    }
}

impl Artifact {
    /// The artifact of a folder.
    ///
    /// A relative path is relative to the current directory at the time the folder is read.
    pub fn dir(path: impl Into<PathBuf>) -> Self {
        Artifact {
            path: path.into(),
            ignore_files: None,
            extra: serde_json::Map::new(),
            options: Options::default(),
        }
    }

    /// What a file says of the artifact that this release does not know.
    pub(crate) fn extra(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.extra
    }

    /// Adds an ignore file, by its name relative to the folder. It must lie directly in it.
    ///
    /// Several are read in the order given, as if they were one file. `.dockerignore` is then read
    /// only if it is one of them.
    #[must_use]
    pub fn ignore_file(self, name: impl Into<String>) -> Self {
        self.ignore_files([name])
    }

    /// Adds ignore files, as [`ignore_file`](Artifact::ignore_file) does. Adding none changes
    /// nothing.
    #[must_use]
    pub fn ignore_files<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        for name in names {
            self.ignore_files.get_or_insert_default().push(name.into());
        }
        self
    }

    /// The archive's format. Zip unless set, for [a reason](Artifact#format).
    #[must_use]
    pub fn format(mut self, format: ArtifactFormat) -> Self {
        self.options.format = format;
        self
    }

    /// The most bytes that the archive may have, compressed. 10 MiB (10,485,760 bytes) unless set.
    ///
    /// Setting more here does not make the service take more.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.options.max_size = bytes;
        self
    }

    /// Whether to include what links lead to (the default), or to leave links out.
    ///
    /// The folder itself may be a link either way.
    #[must_use]
    pub fn follow_links(mut self, follow: bool) -> Self {
        self.options.follow_links = follow;
        self
    }

    /// How many threads compress a zip: as many as the machine has cores unless set, and at least
    /// one. The archive is the same for any number. A tar is compressed by one.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// Calls a function as the archive is sent, with the bytes sent and the bytes there are.
    ///
    /// It is called on the thread that sends, which waits for it. Where a request is sent again,
    /// the count starts again.
    #[must_use]
    pub fn on_progress(mut self, call: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.options.on_progress = OnProgress(Some(Arc::new(call)));
        self
    }

    /// Makes a relative path relative to a folder other than the current directory, such as the
    /// folder of the file that the path was read from. An absolute path stays what it is.
    #[must_use]
    pub fn relative_to(mut self, base: impl AsRef<Path>) -> Self {
        self.path = base.as_ref().join(&self.path);
        self
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lists the files that would go in, sorted by [path](ArtifactFile::path), without archiving
    /// them.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`](crate::Error::Artifact), where
    /// - the folder is not there or is not a folder;
    /// - an ignore file is not there, is not a file, is not UTF-8, or is not directly in the folder;
    /// - a folder that may hold included files cannot be read;
    /// - a link leads to nothing, or back to a folder it lies in, or links lead to each other so
    ///   often that no end is in sight;
    /// - a name is not UTF-8.
    ///
    /// The last two are no error where the ignore files leave the link or the file out. A folder
    /// is not read at all if all of it is ignored and no later line can bring a part of it back.
    pub fn files(&self) -> Result<Vec<ArtifactFile>> {
        let files: std::result::Result<_, ArtifactError> =
            self.walk()?.map(|file| Ok(file?.entry)).collect();
        Ok(files?)
    }

    /// Writes the archive, and returns its size in bytes.
    ///
    /// Nothing is written unless the whole archive could be made, in memory first.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`](crate::Error::Artifact), where [`files`](Artifact::files) gives one, and
    /// where
    /// - the archive is larger than [`max_size`](Artifact::max_size);
    /// - a file cannot be read, or changes its size while it is read;
    /// - a name cannot stand in the archive: in a zip a `\`, more than 65,535 bytes, or a `:`
    ///   beside characters that are not ASCII;
    /// - `writer` fails.
    pub fn write_to(&self, mut writer: impl Write) -> Result<u64> {
        let archive = self.build()?;
        writer
            .write_all(&archive.bytes)
            .and_then(|()| writer.flush())
            .map_err(|source| ArtifactError::Write { source })?;
        Ok(archive.bytes.len() as u64)
    }

    /// The archive, and how it is called in the form it is sent in.
    pub(crate) fn build(&self) -> Result<Archive> {
        let mut output = Output::new(self.options.max_size);
        let mut largest = Largest::default();
        let files = self.walk()?.inspect(|file| {
            if let Ok(file) = file {
                largest.add(&file.entry);
            }
        });
        let written = match self.options.format {
            ArtifactFormat::Zip => zip::write(files, &mut output, self.thread_count()),
            ArtifactFormat::TarGz => tar_gz::write(files, &mut output),
        };
        match written {
            Ok(()) => Ok(Archive {
                bytes: output.into_bytes(),
                file_name: self.options.format.file_name(),
                content_type: self.options.format.content_type(),
            }),
            Err(ArtifactError::TooLarge { limit, reached, .. }) => Err(ArtifactError::TooLarge {
                limit,
                reached,
                largest: largest.files,
            }
            .into()),
            Err(error) => Err(error.into()),
        }
    }

    /// What to call as the archive is sent.
    pub(crate) fn progress(&self) -> Option<&Arc<dyn Fn(Progress) + Send + Sync>> {
        self.options.on_progress.0.as_ref()
    }

    fn walk(&self) -> Result<Files, ArtifactError> {
        let names = self.ignore_files.as_deref().unwrap_or_default();
        Files::new(&self.path, names, self.options.follow_links)
    }

    fn thread_count(&self) -> usize {
        self.options
            .threads
            .unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get))
            .max(1)
    }
}

/// The formats an artifact can be archived in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ArtifactFormat {
    /// A zip, compressed with deflate: what the service's own SDK sends. The default.
    #[default]
    Zip,
    /// A tar, compressed with gzip. That the service takes it is not documented.
    TarGz,
}

impl ArtifactFormat {
    fn file_name(self) -> &'static str {
        match self {
            ArtifactFormat::Zip => "artifact.zip",
            ArtifactFormat::TarGz => "artifact.tar.gz",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            ArtifactFormat::Zip => "application/zip",
            ArtifactFormat::TarGz => "application/gzip",
        }
    }
}

/// How far an upload has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes sent so far.
    pub sent: u64,
    /// The bytes there are to send.
    pub total: u64,
}

/// An artifact as it is sent.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) bytes: Vec<u8>,
    pub(crate) file_name: &'static str,
    pub(crate) content_type: &'static str,
}

/// The caller's function, which can be neither shown nor compared but by its identity.
#[derive(Clone)]
struct OnProgress(Option<Arc<dyn Fn(Progress) + Send + Sync>>);

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "Some(..)",
            None => "None",
        })
    }
}

impl PartialEq for OnProgress {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(this), Some(that)) => Arc::ptr_eq(this, that),
            (None, None) => true,
            _ => false,
        }
    }
}

/// The largest files seen so far, largest first.
#[derive(Default)]
struct Largest {
    files: Vec<(PathBuf, u64)>,
}

impl Largest {
    fn add(&mut self, file: &ArtifactFile) {
        let place = self.files.partition_point(|(_, size)| *size >= file.size);
        if place < LARGEST {
            self.files
                .insert(place, (PathBuf::from(&file.path), file.size));
            self.files.truncate(LARGEST);
        }
    }
}
