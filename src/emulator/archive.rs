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
