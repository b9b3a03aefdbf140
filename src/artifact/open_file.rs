//! Reads a file and detects changes to it meanwhile.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::time::SystemTime;

use super::files::{FoundFile, unreadable, unusable};
use super::output::to_io;
use crate::error::ArtifactError;

impl FoundFile {
    /// Opens the file for reading.
    ///
    /// The entry may have been replaced since the walk. So a pipe must not block, and a link must not
    /// be followed if links are left out.
    pub(super) fn open(&self) -> Result<OpenFile<'_>, ArtifactError> {
        let failed = |error| unreadable(&self.location, error);
        let mut options = File::options();
        set_flags(options.read(true), self.follow_links);
        let file = options.open(&self.location).map_err(|error| {
            if self.is_link() {
                self.replaced()
            } else {
                failed(error)
            }
        })?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(self.replaced());
        }
        Ok(OpenFile {
            found: self,
            file,
            size: metadata.len(),
            modified: metadata.modified().ok(),
            remaining: metadata.len(),
        })
    }

    /// Whether the entry is now a link although links are left out.
    fn is_link(&self) -> bool {
        !self.follow_links && self.location.is_symlink()
    }

    fn replaced(&self) -> ArtifactError {
        let message = "no longer a file: it was replaced while the folder was archived; \
                       try again, or exclude it with an ignore file";
        unusable(&self.entry.path, message)
    }
}

#[cfg(unix)]
fn set_flags(options: &mut OpenOptions, follow_links: bool) {
    use std::os::unix::fs::OpenOptionsExt;
    let no_follow = if follow_links { 0 } else { libc::O_NOFOLLOW };
    options.custom_flags(libc::O_NONBLOCK | no_follow);
}

#[cfg(windows)]
fn set_flags(options: &mut OpenOptions, follow_links: bool) {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    if !follow_links {
        options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    }
}

#[cfg(not(any(unix, windows)))]
fn set_flags(_: &mut OpenOptions, _: bool) {}

/// An open file. Reading it returns as many bytes as it had when it was opened, or an error. To find
/// out whether they changed meanwhile, call [`check_unchanged`](OpenFile::check_unchanged).
///
/// A read fills its buffer unless the file ends first. So the compressor's input, and with it the
/// archive, does not depend on how many bytes the system returns at once.
#[derive(Debug)]
pub(super) struct OpenFile<'a> {
    found: &'a FoundFile,
    file: File,
    size: u64,
    modified: Option<SystemTime>,
    remaining: u64,
}

impl OpenFile<'_> {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Fails if the file was written to after it was opened.
    pub(super) fn check_unchanged(&self) -> Result<(), ArtifactError> {
        let metadata = self.file.metadata();
        let metadata = metadata.map_err(|error| unreadable(&self.found.location, error))?;
        if metadata.len() != self.size || metadata.modified().ok() != self.modified {
            return Err(self.changed("it was written to"));
        }
        Ok(())
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

    fn size_changed(&self) -> io::Error {
        let change = format!(
            "it had {} bytes when it was opened, but its size changed",
            self.size
        );
        to_io(self.changed(&change))
    }

    fn changed(&self, change: &str) -> ArtifactError {
        let message = format!(
            "{change} while it was read: \
             try again when nothing writes to it, or exclude it with an ignore file"
        );
        unusable(&self.found.entry.path, message)
    }
}

impl Read for OpenFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.remaining == 0 {
            return match self.fill(&mut [0])? {
                0 => Ok(0),
                _ => Err(self.size_changed()),
            };
        }
        let wanted = buffer
            .len()
            .min(usize::try_from(self.remaining).unwrap_or(usize::MAX));
        let count = self.fill(&mut buffer[..wanted])?;
        if count < wanted {
            return Err(self.size_changed());
        }
        self.remaining -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::files::Files;
    use super::*;

    /// A folder with a file `a` of five bytes, and that file as found by the walk.
    fn found_file() -> (tempfile::TempDir, FoundFile) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "12345").unwrap();
        let file = find(folder.path());
        (folder, file)
    }

    fn find(folder: &Path) -> FoundFile {
        let mut files = Files::new(folder, &[], true).unwrap();
        let file = files.next().unwrap().unwrap();
        assert!(files.next().is_none());
        file
    }

    #[cfg(unix)]
    fn found_without_links() -> (tempfile::TempDir, FoundFile) {
        let (folder, mut file) = found_file();
        file.follow_links = false;
        (folder, file)
    }

    #[track_caller]
    fn assert_unusable<T: std::fmt::Debug>(result: Result<T, ArtifactError>, reason: &str) {
        let Err(ArtifactError::Unusable { message, .. }) = &result else {
            panic!("{result:?}");
        };
        assert!(message.contains(reason), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_place_of_a_file_is_an_error_and_does_not_block() {
        let (folder, file) = found_file();
        let path = folder.path().join("a");
        fs::remove_file(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert_unusable(file.open(), "no longer a file");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_place_of_a_file_is_followed_only_if_links_are() {
        use std::os::unix::fs::symlink;
        let (folder, mut file) = found_without_links();
        let path = folder.path().join("a");
        fs::rename(&path, folder.path().join("b")).unwrap();
        symlink("b", &path).unwrap();
        assert_unusable(file.open(), "no longer a file");

        file.follow_links = true;
        assert_eq!(read(file.open().unwrap()).unwrap(), b"12345");
    }

    #[test]
    fn a_file_that_is_written_to_while_it_is_read_is_an_error() {
        let (folder, file) = found_file();
        let open = file.open().unwrap();
        open.check_unchanged().unwrap();
        let writer = fs::File::options()
            .write(true)
            .open(folder.path().join("a"));
        let later = SystemTime::now() + std::time::Duration::from_secs(10);
        writer.unwrap().set_modified(later).unwrap();
        assert_unusable(
            open.check_unchanged(),
            "it was written to while it was read",
        );
    }

    fn read(mut file: OpenFile<'_>) -> Result<Vec<u8>, ArtifactError> {
        let mut content = Vec::new();
        match file.read_to_end(&mut content) {
            Ok(_) => Ok(content),
            Err(error) => Err(error.downcast().unwrap()),
        }
    }

    #[test]
    fn a_file_whose_size_changes_while_it_is_read_is_an_error() {
        let (folder, file) = found_file();
        for (content, change) in [("123456", "grows"), ("1234", "shrinks"), ("", "is emptied")] {
            fs::write(folder.path().join("a"), "12345").unwrap();
            let open = file.open().unwrap();
            fs::write(folder.path().join("a"), content).unwrap();
            match read(open) {
                Err(ArtifactError::Unusable { path, .. }) => {
                    assert!(path.ends_with("a"), "{change}");
                }
                other => panic!("{change}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_file_is_read_as_it_is_when_it_is_opened() {
        let (folder, file) = found_file();
        fs::write(folder.path().join("a"), "another size").unwrap();
        assert_eq!(read(file.open().unwrap()).unwrap(), b"another size");
    }

    #[test]
    fn a_file_that_disappears_is_an_error() {
        let (folder, file) = found_file();
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
