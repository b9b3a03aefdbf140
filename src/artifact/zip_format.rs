//! Writes the zip format: headers, the central directory, and zip64 where a number needs it.
//!
//! A streaming library would take 25 bytes more per entry. The archive is in memory, so sizes are
//! filled in afterwards, and no time is stored twice.

use std::io::{self, Write};

use super::compress::Sums;
use super::files::{ArtifactFile, FOLDER_PERMISSIONS, unusable};
use super::output::{Output, from_io};
use crate::error::ArtifactError;

/// The date and time of every entry: the earliest that a zip can store, 1980-01-01.
const DATE: u16 = 0x21;
const TIME: u16 = 0;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// The flag for a name in UTF-8.
const UTF8: u16 = 0x800;

/// The file types of a Unix mode.
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// The attribute of a folder on MS-DOS.
const DOS_FOLDER: u32 = 0x10;

/// The archive was created on Unix, and so stores permissions.
const UNIX: u16 = 3 << 8;

/// The version of the format: 2.0, or 4.5 with zip64.
const VERSION: u16 = 20;
const ZIP64_VERSION: u16 = 45;

/// Stored in place of a number that is in the zip64 fields.
const MAX_16: u16 = u16::MAX;
const MAX_32: u64 = u32::MAX as u64;

/// The size from which a file gets zip64 fields, because compression may make it slightly larger.
const ZIP64_SIZE: u64 = MAX_32 - (MAX_32 >> 8);

/// A zip that is being written.
pub(super) struct ZipFormat<'a> {
    output: &'a mut Output,
    /// The central directory, which follows the entries.
    directory: Vec<u8>,
    entries: u64,
    /// The file that was started.
    current: Entry,
}

/// The description of an entry, in its local header and in the central directory.
#[derive(Default)]
struct Entry {
    path: String,
    mode: u32,
    method: u16,
    crc: u32,
    compressed: u64,
    size: u64,
    offset: usize,
    zip64: bool,
}

impl<'a> ZipFormat<'a> {
    pub(super) fn new(output: &'a mut Output) -> Self {
        ZipFormat {
            output,
            directory: Vec::new(),
            entries: 0,
            current: Entry::default(),
        }
    }

    pub(super) fn add_folder(&mut self, path: &str) -> Result<(), ArtifactError> {
        self.start(Entry {
            path: path.to_owned(),
            mode: FOLDER | FOLDER_PERMISSIONS,
            method: STORED,
            ..Entry::default()
        })?;
        self.end();
        Ok(())
    }

    /// Starts a file. Its compressed bytes follow, and then [`end_file`](Self::end_file).
    pub(super) fn start_file(&mut self, file: &ArtifactFile) -> Result<(), ArtifactError> {
        self.start(Entry {
            path: file.path.clone(),
            mode: FILE | file.permissions(),
            method: DEFLATED,
            zip64: file.size >= ZIP64_SIZE,
            ..Entry::default()
        })
    }

    pub(super) fn end_file(&mut self, sums: &Sums) -> Result<(), ArtifactError> {
        let entry = &mut self.current;
        let start = entry.offset + entry.local_header().len();
        entry.crc = sums.crc;
        entry.size = sums.size;
        entry.compressed = (self.output.len() - start) as u64;
        if !entry.zip64 && entry.size.max(entry.compressed) >= MAX_32 {
            return Err(unusable(
                &entry.path,
                "it grew to 4 GiB or more while it was archived: try again when nothing writes to it",
            ));
        }
        let header = entry.local_header();
        self.output.replace(entry.offset, &header);
        self.end();
        Ok(())
    }

    /// Writes the central directory.
    pub(super) fn finish(self) -> Result<(), ArtifactError> {
        let offset = self.output.len() as u64;
        let size = self.directory.len() as u64;
        let entries = u16::try_from(self.entries).unwrap_or(MAX_16);
        let mut end = self.directory;
        if entries == MAX_16 || offset >= MAX_32 || size >= MAX_32 {
            let zip64_offset = offset + size;
            end.extend(b"PK\x06\x06");
            put_64(&mut end, 44);
            put_16(&mut end, UNIX | ZIP64_VERSION);
            put_16(&mut end, ZIP64_VERSION);
            end.extend([0; 8]);
            for number in [self.entries, self.entries, size, offset] {
                put_64(&mut end, number);
            }
            end.extend(b"PK\x06\x07\0\0\0\0");
            put_64(&mut end, zip64_offset);
            put_32(&mut end, 1);
        }
        end.extend(b"PK\x05\x06\0\0\0\0");
        put_16(&mut end, entries);
        put_16(&mut end, entries);
        put_32(&mut end, size);
        put_32(&mut end, offset);
        put_16(&mut end, 0);
        self.output.write_all(&end).map_err(from_io)
    }

    fn start(&mut self, mut entry: Entry) -> Result<(), ArtifactError> {
        check_path(&entry.path)?;
        entry.offset = self.output.len();
        let header = entry.local_header();
        self.output.write_all(&header).map_err(from_io)?;
        self.current = entry;
        Ok(())
    }

    fn end(&mut self) {
        self.current.add_to_directory(&mut self.directory);
        self.entries += 1;
    }
}

impl Write for ZipFormat<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Entry {
    fn local_header(&self) -> Vec<u8> {
        let mut header = Vec::new();
        let mut zip64 = Vec::new();
        if self.zip64 {
            put_64(&mut zip64, self.size);
            put_64(&mut zip64, self.compressed);
        }
        header.extend(b"PK\x03\x04");
        self.put_description(&mut header, self.zip64, zip64.len());
        header.extend(self.path.as_bytes());
        put_zip64_field(&mut header, &zip64);
        header
    }

    fn add_to_directory(&self, directory: &mut Vec<u8>) {
        let mut zip64 = Vec::new();
        if self.zip64 {
            put_64(&mut zip64, self.size);
            put_64(&mut zip64, self.compressed);
        }
        let offset = self.offset as u64;
        if offset >= MAX_32 {
            put_64(&mut zip64, offset);
        }
        let is_folder = self.method == STORED;
        directory.extend(b"PK\x01\x02");
        put_16(directory, UNIX | version(!zip64.is_empty()));
        self.put_description(directory, self.zip64, zip64.len());
        // No comment, the first disk, no internal attributes.
        directory.extend([0; 6]);
        let dos_attributes = if is_folder { DOS_FOLDER } else { 0 };
        put_32(directory, u64::from(self.mode << 16 | dos_attributes));
        put_32(directory, offset);
        directory.extend(self.path.as_bytes());
        put_zip64_field(directory, &zip64);
    }

    /// The fields that both headers share.
    fn put_description(&self, header: &mut Vec<u8>, zip64_sizes: bool, zip64_len: usize) {
        let flags = if self.path.is_ascii() { 0 } else { UTF8 };
        let (compressed, size) = if zip64_sizes {
            (MAX_32, MAX_32)
        } else {
            (self.compressed, self.size)
        };
        let extra_len = if zip64_len == 0 { 0 } else { zip64_len + 4 };
        for number in [version(zip64_len > 0), flags, self.method, TIME, DATE] {
            put_16(header, number);
        }
        put_32(header, u64::from(self.crc));
        put_32(header, compressed);
        put_32(header, size);
        // Checked by `check_path`, and at most 28.
        put_16(header, self.path.len() as u16);
        put_16(header, extra_len as u16);
    }
}

fn version(zip64: bool) -> u16 {
    if zip64 { ZIP64_VERSION } else { VERSION }
}

fn put_zip64_field(bytes: &mut Vec<u8>, zip64: &[u8]) {
    if !zip64.is_empty() {
        put_16(bytes, 1);
        put_16(bytes, zip64.len() as u16);
        bytes.extend(zip64);
    }
}

fn put_16(bytes: &mut Vec<u8>, number: u16) {
    bytes.extend(number.to_le_bytes());
}

/// Writes a 32-bit number, or the largest one if the number is larger.
fn put_32(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend((number.min(MAX_32) as u32).to_le_bytes());
}

fn put_64(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend(number.to_le_bytes());
}

/// Fails if a zip cannot store a path, or zip programs would read it as another one.
fn check_path(path: &str) -> Result<(), ArtifactError> {
    let reason = if path.len() > usize::from(u16::MAX) {
        "the path is longer than the 65,535 bytes that a zip can store"
    } else if path.contains('\\') {
        "zip programs take a \\ in a name for the end of a folder's name"
    } else {
        return Ok(());
    };
    let message = format!("{reason}: rename it, or exclude it with an ignore file");
    Err(unusable(path, message))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn file(path: &str, size: u64) -> ArtifactFile {
        ArtifactFile {
            path: path.to_owned(),
            size,
            executable: false,
        }
    }

    #[test]
    fn more_entries_than_16_bits_can_count_are_read_back() {
        let mut output = Output::new(u64::MAX);
        let mut zip = ZipFormat::new(&mut output);
        for index in 0..70_000 {
            zip.add_folder(&format!("{index}/")).unwrap();
        }
        zip.finish().unwrap();
        let archive = zip::ZipArchive::new(Cursor::new(output.into_bytes())).unwrap();
        assert_eq!(archive.len(), 70_000);
    }

    #[test]
    fn a_size_of_more_than_32_bits_is_read_back() {
        let mut output = Output::new(u64::MAX);
        let mut zip = ZipFormat::new(&mut output);
        let size = 5 << 30;
        zip.start_file(&file("large", size)).unwrap();
        zip.write_all(b"compressed").unwrap();
        zip.end_file(&Sums { crc: 1, size }).unwrap();
        zip.finish().unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(output.into_bytes())).unwrap();
        let entry = archive.by_index_raw(0).unwrap();
        assert_eq!(entry.size(), size);
        assert_eq!(entry.compressed_size(), 10);
        assert_eq!(entry.crc32(), 1);
    }

    #[test]
    fn a_file_that_grows_past_32_bits_is_an_error() {
        let mut output = Output::new(u64::MAX);
        let mut zip = ZipFormat::new(&mut output);
        zip.start_file(&file("small", 1)).unwrap();
        let grown = Sums {
            crc: 1,
            size: 5 << 30,
        };
        assert!(zip.end_file(&grown).is_err());
    }
}
