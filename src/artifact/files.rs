//! Finds the files of a folder that the ignore files do not exclude, sorted by path.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::ignore::Rules;
use crate::error::ArtifactError;

/// The maximum number of folders reached through links. A link back to a parent folder is detected, but
/// other links can still double the number of folders at each step.
const MAX_LINKED_FOLDERS: usize = 10_000;

/// A file of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArtifactFile {
    /// Its path in the archive: relative to the artifact's folder, with `/` between folders on
    /// every system.
    pub path: String,
    /// Its size in bytes, before compression.
    pub size: u64,
    /// Whether its owner may execute it. Always false on systems without this permission.
    pub executable: bool,
}

impl ArtifactFile {
    /// Its permissions in the archive.
    pub(super) fn permissions(&self) -> u32 {
        if self.executable { 0o755 } else { 0o644 }
    }
}

/// The permissions of folders in the archive.
pub(super) const FOLDER_PERMISSIONS: u32 = 0o755;

/// A file to archive, with its location on disk.
#[derive(Debug)]
pub(super) struct FoundFile {
    pub(super) entry: ArtifactFile,
    pub(super) location: PathBuf,
    pub(super) follow_links: bool,
}

/// An iterator over the files of an artifact, in the byte order of their paths.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    rules: Rules,
    walk: walkdir::IntoIter,
    follow_links: bool,
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
            .sort_by(path_order(follow_links));
        Ok(Files {
            root: root.to_owned(),
            rules: Rules::read(root, ignore_files)?,
            walk: walk.into_iter(),
            follow_links,
            linked_folders: 0,
        })
    }

    /// The file to archive, if the entry is a file that is included.
    fn visit(&mut self, entry: &DirEntry) -> Result<Option<FoundFile>, ArtifactError> {
        let relative = self.relative(entry.path());
        let path = slashed(relative);
        if entry.file_type().is_dir() {
            if self.rules.ignores_all_below(&path) {
                self.walk.skip_current_dir();
            } else if entry.path_is_symlink() {
                self.count_linked_folder(entry)?;
            }
            return Ok(None);
        }
        // Sockets, pipes, devices and links that are not followed are left out.
        if !entry.file_type().is_file() || self.rules.ignores(&path) {
            return Ok(None);
        }
        if relative.to_str().is_none() {
            return Err(unusable(
                relative,
                "the name is not UTF-8: rename it, or exclude it with an ignore file",
            ));
        }
        let metadata = entry
            .metadata()
            .map_err(|error| unreadable(entry.path(), error.into()))?;
        Ok(Some(FoundFile {
            entry: ArtifactFile {
                path,
                size: metadata.len(),
                executable: executable(&metadata),
            },
            location: entry.path().to_owned(),
            follow_links: self.follow_links,
        }))
    }

    fn count_linked_folder(&mut self, entry: &DirEntry) -> Result<(), ArtifactError> {
        self.linked_folders += 1;
        if self.linked_folders <= MAX_LINKED_FOLDERS {
            return Ok(());
        }
        let message = format!(
            "more than {MAX_LINKED_FOLDERS} folders are reached through links: \
             exclude links with an ignore file, or do not follow links"
        );
        Err(unusable(self.relative(entry.path()), message))
    }

    /// The error for an entry that cannot be walked, unless the entry is ignored.
    fn visit_failed(&mut self, error: walkdir::Error) -> Option<ArtifactError> {
        let path = error.path().unwrap_or(&self.root).to_owned();
        let relative = self.relative(&path);
        let is_folder = error.loop_ancestor().is_some() || path.is_dir();
        let ignored = if is_folder {
            self.rules.ignores_all_below(&slashed(relative))
        } else {
            self.rules.ignores(&slashed(relative))
        };
        if ignored {
            return None;
        }
        Some(if let Some(ancestor) = error.loop_ancestor() {
            let message = format!(
                "a link back to {}, which contains it: exclude it with an ignore file, \
                 or do not follow links",
                ancestor.display()
            );
            unusable(relative, message)
        } else if is_dangling(&path) {
            unusable(
                relative,
                "the link leads nowhere: exclude it with an ignore file, or do not follow links",
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
            let visited = match self.walk.next()? {
                Ok(entry) if entry.depth() == 0 => Ok(None),
                Ok(entry) => self.visit(&entry),
                Err(error) => self.visit_failed(error).map_or(Ok(None), Err),
            };
            if let Some(file) = visited.transpose() {
                return Some(file);
            }
        }
    }
}

/// The folders, each ending in `/`, that contain `path` but not the path before it.
pub(super) fn new_folders<'a>(before: &str, path: &'a str) -> impl Iterator<Item = &'a str> {
    path.match_indices('/')
        .map(move |(slash, _)| &path[..=slash])
        .filter(move |folder| !before.starts_with(folder))
}

fn check_folder(root: &Path) -> Result<(), ArtifactError> {
    use io::ErrorKind::{NotADirectory, NotFound};
    if root.as_os_str().is_empty() {
        return Err(not_a_folder(
            root,
            "the path is empty; use `.` for the current directory",
        ));
    }
    match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(not_a_folder(root, "not a folder")),
        Err(error) if !matches!(error.kind(), NotFound | NotADirectory) => {
            Err(unreadable(root, error))
        }
        Err(_) => Err(match std::env::current_dir() {
            Ok(current) if root.is_relative() => not_a_folder(
                root,
                format!(
                    "no such folder in the current directory, {} (see relative_to)",
                    current.display()
                ),
            ),
            _ => not_a_folder(root, "no such folder"),
        }),
    }
}

/// Compares entries of a folder so that whole paths come out in byte order: `a.b` before the contents
/// of the folder `a`, because `.` is less than `/`.
///
/// Whether a link leads to a folder is looked up only once, because sorting may panic if the order
/// changes meanwhile.
fn path_order(follow_links: bool) -> impl FnMut(&DirEntry, &DirEntry) -> Ordering {
    let mut folder = PathBuf::new();
    let mut leads_to_folder = HashMap::new();
    let mut end = move |entry: &DirEntry| -> &'static [u8] {
        let is_folder = if entry.path_is_symlink() && follow_links {
            let parent = entry.path().parent().unwrap_or(Path::new(""));
            if parent != folder {
                folder = parent.to_owned();
                leads_to_folder.clear();
            }
            let name = entry.file_name();
            leads_to_folder.get(name).copied().unwrap_or_else(|| {
                let is_folder = entry.path().is_dir();
                leads_to_folder.insert(name.to_owned(), is_folder);
                is_folder
            })
        } else {
            entry.file_type().is_dir()
        };
        if is_folder { b"/" } else { b"" }
    };
    move |a, b| {
        let (a_end, b_end) = (end(a), end(b));
        let a = a.file_name().as_encoded_bytes().iter().chain(a_end);
        a.cmp(b.file_name().as_encoded_bytes().iter().chain(b_end))
    }
}

/// A relative path with `/` as separator, and `U+FFFD` for bytes that are not UTF-8.
fn slashed(relative: &Path) -> String {
    relative
        .iter()
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join("/")
}

fn is_dangling(path: &Path) -> bool {
    path.is_symlink() && fs::metadata(path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
}

fn not_a_folder(path: &Path, message: impl Into<String>) -> ArtifactError {
    ArtifactError::NotAFolder {
        path: path.to_owned(),
        message: message.into(),
    }
}

pub(super) fn unusable(path: impl AsRef<Path>, message: impl Into<String>) -> ArtifactError {
    ArtifactError::Unusable {
        path: path.as_ref().to_owned(),
        message: message.into(),
    }
}

pub(super) fn unreadable(path: &Path, source: io::Error) -> ArtifactError {
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_order_does_not_change_when_the_target_of_a_link_does() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("a");
        fs::create_dir(folder.path().join("target")).unwrap();
        symlink("target", &link).unwrap();
        fs::write(folder.path().join("a.b"), "").unwrap();
        let entries: Vec<_> = WalkDir::new(folder.path())
            .min_depth(1)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let entry = |name: &str| entries.iter().find(|e| e.file_name() == name).unwrap();

        let mut order = path_order(true);
        assert_eq!(order(entry("a"), entry("a.b")), Ordering::Greater);
        fs::remove_file(&link).unwrap();
        fs::write(&link, "now a file").unwrap();
        assert_eq!(order(entry("a"), entry("a.b")), Ordering::Greater);
    }
}
