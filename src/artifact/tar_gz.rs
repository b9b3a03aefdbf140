//! Writes a gzip-compressed tar.

use std::io;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use super::LEVEL;
use super::files::{FOLDER_PERMISSIONS, FoundFile, new_folders};
use super::output::{Output, from_io};
use crate::error::ArtifactError;

/// Archives the files as a tar.gz. All times and owners are 0.
pub(super) fn write(
    files: impl Iterator<Item = Result<FoundFile, ArtifactError>>,
    output: &mut Output,
) -> Result<(), ArtifactError> {
    let gzip = GzBuilder::new()
        .mtime(0)
        .write(output, Compression::new(LEVEL));
    let mut archive = Builder::new(gzip);
    let mut last_path = String::new();
    for file in files {
        let file = file?;
        for folder in new_folders(&last_path, &file.entry.path) {
            let mut header = header(EntryType::Directory, FOLDER_PERMISSIONS, 0);
            archive
                .append_data(&mut header, folder, io::empty())
                .map_err(from_io)?;
        }
        let mut content = file.open()?;
        let mut header = header(EntryType::Regular, file.entry.permissions(), content.size());
        archive
            .append_data(&mut header, &file.entry.path, &mut content)
            .map_err(from_io)?;
        content.check_unchanged()?;
        last_path = file.entry.path;
    }
    let gzip = archive.into_inner().map_err(from_io)?;
    gzip.finish().map_err(from_io)?;
    Ok(())
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}
