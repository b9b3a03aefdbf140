//! Reading a file that must not change meanwhile.

use std::fs::File;
use std::io::{self, Read};

use super::files::{FoundFile, unreadable, unusable};
use super::output::to_io;
use crate::error::ArtifactError;

impl FoundFile {
    /// Opens the file for reading.
    pub(super) fn open(&self) -> Result<OpenFile<'_>, ArtifactError> {
        let failed = |error| unreadable(&self.location, error);
        let file = File::open(&self.location).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(OpenFile {
            found: self,
            file,
            size,
            remaining: size,
        })
    }
}

/// An open file. Reading it gives as many bytes as it had when it was opened, or an error.
///
/// A read fills its buffer unless the file ends first. The compressor's input, and with it the
/// archive, then does not depend on how many bytes the system returns at once.
#[derive(Debug)]
pub(super) struct OpenFile<'a> {
    found: &'a FoundFile,
    file: File,
    size: u64,
    remaining: u64,
}

impl OpenFile<'_> {
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
        let message = format!(
            "it had {} bytes when it was opened, but its size changed while it was read: \
             try again when nothing writes to it, or exclude it with an ignore file",
            self.size
        );
        to_io(unusable(&self.found.entry.path, message))
    }
}

impl Read for OpenFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.remaining == 0 {
            return match self.fill(&mut [0])? {
                0 => Ok(0),
                _ => Err(self.changed()),
            };
        }
        let wanted = buffer
            .len()
            .min(usize::try_from(self.remaining).unwrap_or(usize::MAX));
        let count = self.fill(&mut buffer[..wanted])?;
        if count < wanted {
            return Err(self.changed());
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

    /// A folder with the file `a` of five bytes, and that file as the walk finds it.
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
