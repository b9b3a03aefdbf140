//! Unpacks artifacts to check them and to list their entries.

use std::collections::HashSet;
use std::io::{self, Read};

use flate2::bufread::{DeflateDecoder, GzDecoder};
use rawzip::{CompressionMethod, ZipArchive};

use super::multipart::Part;
use super::response::ErrorResponse;

/// The service's limit for an archive, in bytes.
const MAX_ARTIFACT: usize = 10 * 1024 * 1024;
/// The limit for the unpacked size, in bytes; far more than an ordinary archive unpacks to.
const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;

/// An entry of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArtifactEntry {
    /// The path within the artifact. A folder's ends with `/`.
    pub path: String,
    /// The unpacked size of a file; 0 for a folder.
    pub size: u64,
}

/// The entries of an artifact, in the order of the archive.
pub(super) fn unpack(part: &Part) -> Result<Vec<ArtifactEntry>, ErrorResponse> {
    let refuse = |message: String| ErrorResponse::unprocessable("artifact", message);
    if part.body.len() > MAX_ARTIFACT {
        return Err(ErrorResponse::too_large(format!(
            "the artifact has {} bytes; the limit is {MAX_ARTIFACT}",
            part.body.len()
        )));
    }
    if part.file_name.is_none() {
        return Err(refuse("the part has no filename".into()));
    }
    let entries = match part.content_type.as_deref() {
        Some("application/zip") => unzip(&part.body),
        Some("application/gzip") => untar(&part.body),
        other => {
            return Err(refuse(format!(
                "expected the Content-Type application/zip or application/gzip, found {}",
                other.unwrap_or("none")
            )));
        }
    };
    let entries = entries.map_err(|error| refuse(format!("cannot be unpacked: {error}")))?;
    check_paths(&entries).map_err(refuse)?;
    Ok(entries)
}

fn unzip(bytes: &[u8]) -> io::Result<Vec<ArtifactEntry>> {
    let archive = ZipArchive::from_slice(bytes).map_err(io::Error::other)?;
    let mut entries = Vec::new();
    let mut left = MAX_UNPACKED;
    for record in archive.entries() {
        let record = record.map_err(io::Error::other)?;
        let entry = archive
            .get_entry(record.wayfinder())
            .map_err(io::Error::other)?;
        let data: Box<dyn Read> = match record.compression_method() {
            CompressionMethod::STORE => Box::new(entry.data()),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(entry.data())),
            other => return Err(io::Error::other(format!("unsupported compression {other}"))),
        };
        // The reader checks the size and checksum at the end.
        let size = count(&mut entry.verifying_reader(data), &mut left)?;
        let path = text(record.file_path().as_bytes())?;
        entries.push(ArtifactEntry { path, size });
    }
    if entries.len() as u64 != archive.entries_hint() {
        return Err(io::Error::other("the central directory is truncated"));
    }
    Ok(entries)
}

fn untar(bytes: &[u8]) -> io::Result<Vec<ArtifactEntry>> {
    let mut left = MAX_UNPACKED;
    // Padding between files counts toward the limit too.
    let plain = GzDecoder::new(bytes).take(MAX_UNPACKED);
    let mut archive = tar::Archive::new(plain);
    let mut entries = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let mut path = text(&entry.path_bytes())?;
        if entry.header().entry_type().is_dir() && !path.ends_with('/') {
            path.push('/');
        }
        let size = count(&mut entry, &mut left)?;
        entries.push(ArtifactEntry { path, size });
    }
    // Read to the end, where the checksum is.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok(entries)
}

/// Reads to the end and returns the size, which is subtracted from the bytes left.
fn count(reader: &mut impl Read, left: &mut u64) -> io::Result<u64> {
    let size = io::copy(&mut reader.take(*left + 1), &mut io::sink())?;
    match left.checked_sub(size) {
        Some(rest) => *left = rest,
        None => return Err(io::Error::other(format!("more than {MAX_UNPACKED} bytes"))),
    }
    Ok(size)
}

fn text(path: &[u8]) -> io::Result<String> {
    let path = String::from_utf8(path.to_vec());
    path.map_err(|_| io::Error::other("a path is not UTF-8"))
}

/// Refuses duplicates and paths outside the folder that the artifact is unpacked to.
fn check_paths(entries: &[ArtifactEntry]) -> Result<(), String> {
    let mut seen = HashSet::new();
    for ArtifactEntry { path, .. } in entries {
        let bare = path.strip_suffix('/').unwrap_or(path);
        let is_name = |segment: &str| !matches!(segment, "" | "." | "..");
        if path.contains('\\') || !bare.split('/').all(is_name) {
            return Err(format!("{path:?} is not a relative path without \"..\""));
        }
        if !seen.insert(bare) {
            return Err(format!("duplicate path {path:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder};
    use proptest::prelude::*;
    use rawzip::ZipArchiveWriter;
    use rawzip::path::EntryPath;

    use super::*;

    /// A zip of empty files with these names.
    fn zip(names: &[&str]) -> Vec<u8> {
        let mut archive = ZipArchiveWriter::new(Vec::new());
        for name in names {
            let name = EntryPath::verbatim(name.as_bytes().to_vec());
            let (entry, config) = archive.new_file(name).start().unwrap();
            let (entry, descriptor) = config.wrap(entry).finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        archive.finish().unwrap()
    }

    /// A zip of one file with this content.
    fn zip_of(content: &[u8]) -> Vec<u8> {
        let mut archive = ZipArchiveWriter::new(Vec::new());
        let file = archive
            .new_file("file")
            .compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
        archive.finish().unwrap()
    }

    fn part(content_type: &str, body: impl Into<Vec<u8>>) -> Part {
        let mut part = Part::new("artifact", body);
        part.file_name = Some("artifact".into());
        part.content_type = Some(content_type.into());
        part
    }

    #[test]
    fn refuses_duplicate_paths_and_paths_outside_the_folder() {
        let unzip = |names: &[&str]| unpack(&part("application/zip", zip(names)));
        assert!(unzip(&[]).unwrap().is_empty());
        assert_eq!(unzip(&["a/", "a/b", "a b/.c"]).unwrap().len(), 3);
        for names in [
            &["../a"][..],
            &["/a"],
            &["a//b"],
            &["a/./b"],
            &["a\\b"],
            &[""],
            &["a", "a"],
            &["a", "a/"],
        ] {
            assert!(unzip(names).is_err(), "{names:?}");
        }
    }

    #[test]
    fn detects_damage() {
        let content: String = (0..500).map(|number| format!("{number}\n")).collect();
        let good = zip_of(content.as_bytes());
        assert!(unpack(&part("application/zip", &*good)).is_ok());
        // The data is after the local header and before the descriptor and the directory.
        for at in 40..good.len() - 100 {
            let mut bytes = good.clone();
            bytes[at] ^= 0x10;
            assert!(unpack(&part("application/zip", bytes)).is_err(), "{at}");
        }
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&[0; 1024]).unwrap();
        let mut tar = gzip.finish().unwrap();
        assert_eq!(unpack(&part("application/gzip", tar.clone())).unwrap(), []);
        let checksum = tar.len() - 6;
        tar[checksum] ^= 1;
        assert!(unpack(&part("application/gzip", tar)).is_err());
    }

    #[test]
    fn stops_unpacking_at_the_limit() {
        let mut left = 10;
        let mut zeros = io::repeat(0);
        assert!(count(&mut zeros, &mut left).is_err());
        let mut left = 10;
        assert_eq!(count(&mut io::repeat(0).take(10), &mut left).unwrap(), 10);
        assert!(count(&mut io::repeat(0).take(1), &mut left).is_err());
    }

    #[test]
    fn refuses_other_content_types() {
        let error = unpack(&part("text/plain", "")).unwrap_err();
        assert!(error.detail.contains("found text/plain"), "{error:?}");
    }

    proptest! {
        #[test]
        fn never_panics(
            bytes in proptest::collection::vec(any::<u8>(), 0..500),
            at in any::<proptest::sample::Index>(),
            byte: u8,
        ) {
            let _ = unpack(&part("application/zip", bytes.clone()));
            let _ = unpack(&part("application/gzip", bytes));
            let mut almost_valid = zip(&["a/", "a/b"]);
            let at = at.index(almost_valid.len());
            almost_valid[at] = byte;
            let _ = unpack(&part("application/zip", almost_valid));
        }
    }
}
