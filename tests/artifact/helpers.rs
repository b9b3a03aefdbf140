//! Creates folders to archive, and reads archives back with libraries that the crate does not write
//! with.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use peak_press::{Artifact, ArtifactError, ArtifactFormat, Error};
use tempfile::TempDir;

pub(crate) const FORMATS: [ArtifactFormat; 2] = [ArtifactFormat::Zip, ArtifactFormat::TarGz];

/// Creates a folder with these files.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(folder.path(), name, content);
    }
    folder
}

/// Creates a folder with these files and contents.
pub(crate) fn folder_of(files: &[(String, Vec<u8>)]) -> TempDir {
    let files: Vec<_> = files
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_slice()))
        .collect();
    folder(&files)
}

/// Writes a file, creating its folders.
pub(crate) fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The paths of the files that an artifact lists.
pub(crate) fn paths(artifact: &Artifact) -> Vec<String> {
    let files = artifact.files().unwrap();
    files.into_iter().map(|file| file.path).collect()
}

pub(crate) fn archive(artifact: &Artifact) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let size = artifact.write_to(&mut bytes)?;
    assert_eq!(size, bytes.len() as u64);
    Ok(bytes)
}

/// The errors of archiving in each format. Checks that nothing is written.
pub(crate) fn archive_errors(artifact: &Artifact) -> [ArtifactError; 2] {
    FORMATS.map(|format| {
        let mut bytes = Vec::new();
        let artifact = artifact.clone().format(format);
        let error = artifact.write_to(&mut bytes).unwrap_err();
        assert_eq!(bytes, b"", "{format:?}");
        artifact_error(error)
    })
}

pub(crate) fn list_error(artifact: &Artifact) -> ArtifactError {
    artifact_error(artifact.files().unwrap_err())
}

/// The errors of listing an artifact and of archiving it in each format.
pub(crate) fn all_errors(artifact: &Artifact) -> [ArtifactError; 3] {
    let [zip, tar] = archive_errors(artifact);
    [list_error(artifact), zip, tar]
}

pub(crate) fn artifact_error(error: Error) -> ArtifactError {
    match error {
        Error::Artifact(error) => *error,
        other => panic!("{other:?}"),
    }
}

#[cfg(unix)]
#[track_caller]
pub(crate) fn assert_unusable(
    errors: impl IntoIterator<Item = ArtifactError>,
    path_end: &str,
    reason: &str,
) {
    for error in errors {
        let ArtifactError::Unusable { path, message, .. } = &error else {
            panic!("{error:?}");
        };
        assert!(path.ends_with(path_end), "{path:?}");
        assert!(message.contains(reason), "{message}");
    }
}

#[cfg(unix)]
#[track_caller]
pub(crate) fn assert_unreadable(errors: impl IntoIterator<Item = ArtifactError>, path_end: &str) {
    for error in errors {
        assert!(error.to_string().contains(path_end), "{error}");
        let ArtifactError::Unreadable { path, .. } = &error else {
            panic!("{error:?}");
        };
        assert!(path.ends_with(path_end), "{path:?}");
    }
}

/// The content of an archive.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// The names of the entries, in order.
    pub(crate) names: Vec<String>,
    entries: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: u32,
    pub(crate) content: Vec<u8>,
}

impl Contents {
    #[track_caller]
    pub(crate) fn entry(&self, name: &str) -> &Entry {
        &self.entries[name]
    }

    #[cfg(unix)]
    pub(crate) fn modes(&self) -> Vec<u32> {
        let mode = |name| self.entry(name).mode;
        self.names.iter().map(|name| mode(name)).collect()
    }

    fn add(&mut self, name: &[u8], mode: u32, mut content: impl Read) {
        let name = String::from_utf8(name.to_vec()).unwrap();
        let mut entry = Entry {
            mode,
            content: Vec::new(),
        };
        content.read_to_end(&mut entry.content).unwrap();
        self.names.push(name.clone());
        let duplicate = self.entries.insert(name, entry);
        assert_eq!(duplicate, None);
    }
}

/// A regular file with this mode.
pub(crate) fn file_entry(mode: u32, content: &[u8]) -> Entry {
    Entry {
        mode: 0o100_000 | mode,
        content: content.to_vec(),
    }
}

pub(crate) fn read_back(artifact: &Artifact, format: ArtifactFormat) -> Contents {
    let bytes = archive(&artifact.clone().format(format)).unwrap();
    match format {
        ArtifactFormat::Zip => unzip(&bytes),
        _ => untar(&bytes),
    }
}

fn unzip(bytes: &[u8]) -> Contents {
    let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
    let mut contents = Contents::default();
    for index in 0..zip.len() {
        let entry = zip.by_index(index).unwrap();
        let name = entry.name_raw().to_vec();
        assert_eq!(entry.name().unwrap().as_bytes(), name);
        let mode = entry.unix_mode().unwrap();
        // Reading to the end checks the CRC.
        contents.add(&name, mode, entry);
    }
    contents
}

fn untar(bytes: &[u8]) -> Contents {
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
    let mut contents = Contents::default();
    for entry in tar.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 0);
        assert_eq!(header.uid().unwrap(), 0);
        assert_eq!(header.gid().unwrap(), 0);
        let file_type = match header.entry_type() {
            tar::EntryType::Directory => 0o040_000,
            tar::EntryType::Regular => 0o100_000,
            other => panic!("{other:?}"),
        };
        let mode = file_type | header.mode().unwrap();
        let name = entry.path_bytes().into_owned();
        contents.add(&name, mode, entry);
    }
    contents
}

/// Incompressible bytes.
pub(crate) fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(size).collect()
}
