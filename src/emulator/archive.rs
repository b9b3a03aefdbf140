//! Unpacks an artifact, to see that it can be, and what is in it.

use std::collections::HashSet;
use std::io::{self, Read};

use flate2::bufread::{DeflateDecoder, GzDecoder};
use rawzip::{CompressionMethod, ZipArchive};

use super::answer::Refusal;
use super::multipart::Part;

/// The most bytes of an archive that the service takes.
const MAX_ARTIFACT: usize = 10 * 1024 * 1024;
/// The most bytes that an archive may unpack to: far more than an honest one of that size does.
const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;

/// An entry of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArtifactEntry {
    /// The path within the artifact. That of a folder ends with `/`.
    pub path: String,
    /// The size of a file, unpacked.
    pub size: u64,
}

/// The entries of an artifact, in the order of the archive.
pub(super) fn unpack(part: &Part) -> Result<Vec<ArtifactEntry>, Refusal> {
    let refuse = |message: String| Refusal::unacceptable("artifact", message);
    if part.body.len() > MAX_ARTIFACT {
        return Err(Refusal::too_large(format!(
            "the artifact has {} bytes: {MAX_ARTIFACT} is the most",
            part.body.len()
        )));
    }
    if part.file_name.is_none() {
        return Err(refuse("this part has to be a file, with a filename".into()));
    }
    let entries = match part.content_type.as_deref() {
        Some("application/zip") => unzip(&part.body),
        Some("application/gzip") => untar(&part.body),
        other => {
            let found = other.unwrap_or("none");
            let message = format!(
                "expected the Content-Type application/zip or application/gzip, found {found}"
            );
            return Err(refuse(message));
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
            other => return Err(io::Error::other(format!("compressed by {other}"))),
        };
        // It compares size and checksum when it comes to the end.
        let size = count(&mut entry.verifying_reader(data), &mut left)?;
        let path = text(record.file_path().as_bytes())?;
        entries.push(ArtifactEntry { path, size });
    }
    match entries.len() as u64 == archive.entries_hint() {
        true => Ok(entries),
        false => Err(io::Error::other("its directory is cut short")),
    }
}

fn untar(bytes: &[u8]) -> io::Result<Vec<ArtifactEntry>> {
    let mut left = MAX_UNPACKED;
    // A tar is read past what lies between its files, too.
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
    // To its end, where the checksum is.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok(entries)
}

/// Reads to the end, within what is left to be unpacked.
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

/// Every path once, and none that leads out of the folder it is unpacked to.
fn check_paths(entries: &[ArtifactEntry]) -> Result<(), String> {
    let mut seen = HashSet::new();
    for ArtifactEntry { path, .. } in entries {
        let bare = path.strip_suffix('/').unwrap_or(path);
        let stays = |segment: &str| !matches!(segment, "" | "." | "..");
        if path.contains('\\') || !bare.split('/').all(stays) {
            return Err(format!("{path:?} is no path within an artifact"));
        }
        if !seen.insert(bare) {
            return Err(format!("{path:?} is in it twice"));
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

    /// A zip of empty files, their names as they are given.
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

    /// A zip of one file.
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

    fn refusal(part: &Part) -> String {
        unpack(part).unwrap_err().detail
    }

    #[test]
    fn paths_stay_within_and_are_there_once() {
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
    fn what_was_damaged_on_the_way_is_noticed() {
        let content: String = (0..500).map(|number| format!("{number}\n")).collect();
        let good = zip_of(content.as_bytes());
        assert!(unpack(&part("application/zip", &*good)).is_ok());
        // The data are between the local header and what follows them: descriptor and directory.
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
    fn a_bomb_is_given_up() {
        let mut left = 10;
        let mut zeros = io::repeat(0);
        assert!(count(&mut zeros, &mut left).is_err());
        let mut left = 10;
        assert_eq!(count(&mut io::repeat(0).take(10), &mut left).unwrap(), 10);
        assert!(count(&mut io::repeat(0).take(1), &mut left).is_err());
        let unknown = refusal(&part("text/plain", ""));
        assert!(unknown.contains("found text/plain"), "{unknown}");
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(
            bytes in proptest::collection::vec(any::<u8>(), 0..500),
            at in any::<proptest::sample::Index>(),
            byte: u8,
        ) {
            let _ = unpack(&part("application/zip", bytes.clone()));
            let _ = unpack(&part("application/gzip", bytes));
            let mut near = zip(&["a/", "a/b"]);
            let at = at.index(near.len());
            near[at] = byte;
            let _ = unpack(&part("application/zip", near));
        }
    }
}
