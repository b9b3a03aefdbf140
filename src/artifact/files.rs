//! The files of a folder, sorted by name, less what the ignore files leave out.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::ignore::Rules;
use super::output::to_io;
use crate::error::ArtifactError;

/// How many folders may be reached through links before they count as endless. Links that lead
/// back are found by themselves; links that lead onward can still double the folders at each step.
const MAX_LINKED_FOLDERS: usize = 10_000;

/// A file that is part of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArtifactFile {
    /// Where it stands in the archive: relative to the artifact's folder, with `/` between folders
    /// on every system.
    pub path: String,
    /// Its size in bytes, before compression.
    pub size: u64,
    /// Whether its owner may execute it. False where the system has no such permission.
    pub executable: bool,
}

impl ArtifactFile {
    /// The permissions it has in an archive, whatever else they are on disk.
    pub(super) fn permissions(&self) -> u32 {
        match self.executable {
            true => 0o755,
            false => 0o644,
        }
    }
}

/// The permissions that every folder has in an archive.
pub(super) const FOLDER_PERMISSIONS: u32 = 0o755;

/// A file of an artifact, and where it is.
#[derive(Debug)]
pub(super) struct FoundFile {
    pub(super) entry: ArtifactFile,
    location: PathBuf,
}

/// An iterator over the files of an artifact, in the order of the bytes of their paths.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    rules: Rules,
    walk: walkdir::IntoIter,
    linked_folders: usize,
}

impl Files {
    pub(super) fn new(
        root: &Path,
        ignore_files: &[String],
        follow_links: bool,
    ) -> Result<Self, ArtifactError> {
        check_folder(root)?;
        let walk = WalkDir::new(root)
            .follow_links(follow_links)
            .sort_by(move |a, b| sort_key(a, follow_links).cmp(sort_key(b, follow_links)));
        Ok(Files {
            root: root.to_owned(),
            rules: Rules::read(root, ignore_files)?,
            walk: walk.into_iter(),
            linked_folders: 0,
        })
    }

    /// What there is to say of a folder, a file or anything else below the root.
    fn judge(&mut self, entry: &DirEntry) -> Result<Option<FoundFile>, ArtifactError> {
        let relative = self.relative(entry.path());
        let name = slashed(relative);
        if entry.file_type().is_dir() {
            if self.rules.ignore_all_below(&name) {
                self.walk.skip_current_dir();
            } else if entry.path_is_symlink() {
                self.count_linked_folder(entry)?;
            }
            return Ok(None);
        }
        // What is neither is a socket, a pipe, a device, or a link that is not followed.
        if !entry.file_type().is_file() || self.rules.ignore(&name) {
            return Ok(None);
        }
        if relative.to_str().is_none() {
            return Err(ArtifactError::Unusable {
                path: relative.to_owned(),
                message: "the name is not UTF-8: rename it, or leave it out with an ignore file"
                    .to_owned(),
            });
        }
        let metadata = entry
            .metadata()
            .map_err(|error| unreadable(entry.path(), error.into()))?;
        Ok(Some(FoundFile {
            entry: ArtifactFile {
                path: name,
                size: metadata.len(),
                executable: executable(&metadata),
            },
            location: entry.path().to_owned(),
        }))
    }

    fn count_linked_folder(&mut self, entry: &DirEntry) -> Result<(), ArtifactError> {
        self.linked_folders += 1;
        if self.linked_folders <= MAX_LINKED_FOLDERS {
            return Ok(());
        }
        Err(ArtifactError::Unusable {
            path: self.relative(entry.path()).to_owned(),
            message: format!(
                "{MAX_LINKED_FOLDERS} folders were reached through links, and there are more: \
                 leave links out with an ignore file, or follow none"
            ),
        })
    }

    /// The error of something that could not be walked; none if it is ignored all the same.
    fn judge_error(&self, error: walkdir::Error) -> Option<ArtifactError> {
        let path = error.path().unwrap_or(&self.root).to_owned();
        let relative = self.relative(&path);
        let name = slashed(relative);
        let ignored = match error.loop_ancestor().is_some() || path.is_dir() {
            true => self.rules.ignore_all_below(&name),
            false => self.rules.ignore(&name),
        };
        if ignored {
            return None;
        }
        let unusable = |message| ArtifactError::Unusable {
            path: relative.to_owned(),
            message,
        };
        Some(if let Some(ancestor) = error.loop_ancestor() {
            unusable(format!(
                "a link back to {}, a folder it lies in: leave it out with an ignore file, \
                 or follow no links",
                ancestor.display()
            ))
        } else if is_dangling(&path) {
            unusable(
                "a link to nothing: leave it out with an ignore file, or follow no links"
                    .to_owned(),
            )
        } else {
            unreadable(&path, error.into())
        })
    }

    fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

impl Iterator for Files {
    type Item = Result<FoundFile, ArtifactError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let judged = match self.walk.next()? {
                Ok(entry) if entry.depth() == 0 => Ok(None),
                Ok(entry) => self.judge(&entry),
                Err(error) => self.judge_error(error).map_or(Ok(None), Err),
            };
            if let Some(file) = judged.transpose() {
                return Some(file);
            }
        }
    }
}

impl FoundFile {
    /// Opens the file for reading.
    pub(super) fn open(&self) -> Result<Source<'_>, ArtifactError> {
        let failed = |error| unreadable(&self.location, error);
        let file = File::open(&self.location).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Source {
            found: self,
            file,
            size,
            left: size,
        })
    }
}

/// A file that is being read: all the bytes it had when it was opened, or an error.
///
/// A read fills its buffer, unless the file ends first. What the compressor is given, and so what
/// it makes of it, then does not depend on how much the system hands out at once.
#[derive(Debug)]
pub(super) struct Source<'a> {
    found: &'a FoundFile,
    file: File,
    size: u64,
    left: u64,
}

impl Source<'_> {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(to_io(unreadable(&self.found.location, error))),
            }
        }
        Ok(filled)
    }

    fn changed(&self) -> io::Error {
        to_io(ArtifactError::Unusable {
            path: PathBuf::from(&self.found.entry.path),
            message: format!(
                "it had {} bytes when it was opened, and other than that while it was read: \
                 try again when nothing writes to it, or leave it out with an ignore file",
                self.size
            ),
        })
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return match self.fill(&mut [0])? {
                0 => Ok(0),
                _ => Err(self.changed()),
            };
        }
        let wanted = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.fill(&mut buffer[..wanted])?;
        if count < wanted {
            return Err(self.changed());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// The folders, each ending in `/`, that hold `path` and did not hold the path before it.
pub(super) fn new_folders<'a>(before: &str, path: &'a str) -> impl Iterator<Item = &'a str> {
    path.match_indices('/')
        .map(move |(slash, _)| &path[..=slash])
        .filter(move |folder| !before.starts_with(folder))
}

fn check_folder(root: &Path) -> Result<(), ArtifactError> {
    use io::ErrorKind::{NotADirectory, NotFound};
    let no_folder = |message: String| {
        Err(ArtifactError::NotAFolder {
            path: root.to_owned(),
            message,
        })
    };
    if root.as_os_str().is_empty() {
        return no_folder("the path is empty; `.` is the current directory".into());
    }
    match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => no_folder("an artifact is made of a folder, and this is none".into()),
        Err(error) if !matches!(error.kind(), NotFound | NotADirectory) => {
            Err(unreadable(root, error))
        }
        Err(_) => no_folder(match std::env::current_dir() {
            Ok(here) if root.is_relative() => format!(
                "there is no such folder in the current directory, {} (see relative_to)",
                here.display()
            ),
            _ => "there is no such folder".into(),
        }),
    }
}

/// What the entries of one folder are sorted by, so that whole paths come out in the order of
/// their bytes: `a.b` before the files of the folder `a`, because `.` is before `/`.
fn sort_key(entry: &DirEntry, follow_links: bool) -> impl Iterator<Item = &u8> {
    let linked_folder = || follow_links && entry.path_is_symlink() && entry.path().is_dir();
    let end: &[u8] = match entry.file_type().is_dir() || linked_folder() {
        true => b"/",
        false => b"",
    };
    entry.file_name().as_encoded_bytes().iter().chain(end)
}

/// A relative path with `/` between folders, and `U+FFFD` for what is not UTF-8.
fn slashed(relative: &Path) -> String {
    relative
        .iter()
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join("/")
}

fn is_dangling(path: &Path) -> bool {
    let not_found = |result: io::Result<_>| {
        result.is_err_and(|e: io::Error| e.kind() == io::ErrorKind::NotFound)
    };
    path.is_symlink() && not_found(fs::metadata(path))
}

fn unreadable(path: &Path, source: io::Error) -> ArtifactError {
    ArtifactError::Unreadable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(unix)]
fn executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn executable(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with one file of five bytes, and that file as it is found.
    fn found() -> (tempfile::TempDir, FoundFile) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "12345").unwrap();
        let mut files = Files::new(folder.path(), &[], true).unwrap();
        let file = files.next().unwrap().unwrap();
        assert!(files.next().is_none());
        (folder, file)
    }

    fn read(mut source: Source<'_>) -> Result<Vec<u8>, ArtifactError> {
        let mut content = Vec::new();
        match source.read_to_end(&mut content) {
            Ok(_) => Ok(content),
            Err(error) => Err(error.downcast().unwrap()),
        }
    }

    #[test]
    fn a_file_that_changes_its_size_while_it_is_read_is_an_error() {
        let (folder, file) = found();
        for (content, why) in [("123456", "grows"), ("1234", "shrinks"), ("", "is emptied")] {
            fs::write(folder.path().join("a"), "12345").unwrap();
            let source = file.open().unwrap();
            fs::write(folder.path().join("a"), content).unwrap();
            match read(source) {
                Err(ArtifactError::Unusable { path, .. }) => assert!(path.ends_with("a"), "{why}"),
                other => panic!("{why}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_file_is_read_as_it_is_when_it_is_opened() {
        let (folder, file) = found();
        fs::write(folder.path().join("a"), "another size").unwrap();
        assert_eq!(read(file.open().unwrap()).unwrap(), b"another size");
    }

    #[test]
    fn a_file_that_goes_is_an_error() {
        let (folder, file) = found();
        fs::remove_file(folder.path().join("a")).unwrap();
        match file.open() {
            Err(ArtifactError::Unreadable { path, source }) => {
                assert!(path.ends_with("a"));
                assert_eq!(source.kind(), io::ErrorKind::NotFound);
            }
            other => panic!("{other:?}"),
        }
    }
}
