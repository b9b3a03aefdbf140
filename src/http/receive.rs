//! Reads the body of a response.
//!
//! It is decompressed here and not by ureq, which reports an empty body as broken and knows only one
//! of gzip's names.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ureq::Body;
use ureq::http::HeaderMap;
use ureq::http::header::CONTENT_ENCODING;

/// Why a body was not read to its end.
pub(super) enum Incomplete {
    /// It exceeds the limit.
    TooLarge,
    /// It cannot be decoded as its `Content-Encoding` says.
    Corrupt(io::Error),
    /// The connection broke, or a timeout was reached.
    Broken(ureq::Error),
}

impl From<io::Error> for Incomplete {
    fn from(error: io::Error) -> Self {
        match ureq::Error::from(error) {
            ureq::Error::BodyExceedsLimit(_) => Incomplete::TooLarge,
            // Only the decoder fails with these kinds.
            ureq::Error::Io(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
                ) =>
            {
                Incomplete::Corrupt(error)
            }
            error => Incomplete::Broken(error),
        }
    }
}

/// The largest buffer to allocate for a `Content-Length` alone.
const LARGEST_PROMISE: u64 = 8 * 1024 * 1024;

/// Appends a body, decompressed and up to a limit, to `bytes`. On an error, `bytes` has what arrived
/// before it.
pub(super) fn read_body(
    headers: &HeaderMap,
    body: Body,
    limit: u64,
    bytes: &mut Vec<u8>,
) -> Result<(), Incomplete> {
    let length = body.content_length().unwrap_or_default();
    let mut reader = BufReader::new(body.into_with_config().limit(limit).reader());
    if !is_gzip(headers) {
        let length = length.min(limit).min(LARGEST_PROMISE);
        // A failure is ignored: the body may turn out to be shorter than announced.
        let _ = bytes.try_reserve_exact(length as usize);
        reader.read_to_end(bytes)?;
        return Ok(());
    }
    if reader.fill_buf()?.is_empty() {
        return Ok(());
    }
    let decoder = MultiGzDecoder::new(reader);
    let result = decoder.take(limit.saturating_add(1)).read_to_end(bytes);
    if bytes.len() as u64 > limit {
        bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        return Err(Incomplete::TooLarge);
    }
    result?;
    Ok(())
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let encoding = headers.get(CONTENT_ENCODING);
    let encoding = encoding.and_then(|value| value.to_str().ok());
    encoding.is_some_and(|encoding| {
        let encoding = encoding.trim();
        encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip")
    })
}
