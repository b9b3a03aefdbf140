//! Reads HTTP requests: the head with httparse, the body by length or chunk by chunk.

use std::io::{self, BufRead, Read};

use super::response::ErrorResponse;

const MAX_HEAD: u64 = 64 * 1024;
const MAX_HEADERS: usize = 100;
const MAX_LINE: u64 = 4096;
/// The size of the largest artifact, and room for the rest of the form.
pub(super) const MAX_BODY: u64 = 16 * 1024 * 1024;

/// A complete request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// As sent, without the query.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) keep_alive: bool,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(header, _)| header.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The values of a query field, in order.
    pub(super) fn query_values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why a request could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// The connection closed before the request was complete. No response is possible.
    Closed,
    /// The request is invalid. The rest of the connection cannot be parsed.
    Invalid(ErrorResponse),
}

impl From<io::Error> for ReadError {
    fn from(_: io::Error) -> Self {
        ReadError::Closed
    }
}

impl From<ErrorResponse> for ReadError {
    fn from(error: ErrorResponse) -> Self {
        ReadError::Invalid(error)
    }
}

/// Reads a request. `proceed` is called if the client expects `100 Continue` before the body.
pub(super) fn read(
    stream: &mut impl BufRead,
    proceed: impl FnOnce() -> io::Result<()>,
) -> Result<Request, ReadError> {
    let mut request = parse_head(&read_head(stream)?)?;
    let framing = framing(&request)?;
    if framing != Framing::Length(0) && request.header("expect").is_some() {
        proceed()?;
    }
    request.body = match framing {
        Framing::Length(length) => read_exactly(stream, length)?,
        Framing::Chunked => read_chunks(stream)?,
    };
    Ok(request)
}

/// Reads up to and including the empty line.
fn read_head(stream: &mut impl BufRead) -> Result<Vec<u8>, ReadError> {
    let mut stream = stream.take(MAX_HEAD);
    let mut head = Vec::new();
    loop {
        let start = head.len();
        stream.read_until(b'\n', &mut head)?;
        let line = &head[start..];
        if !line.ends_with(b"\n") {
            return Err(match stream.limit() {
                0 => ErrorResponse::bad_request("the head is too long").into(),
                _ => ReadError::Closed,
            });
        }
        if matches!(line, b"\r\n" | b"\n") {
            if start > 0 {
                return Ok(head);
            }
            // Some clients send an empty line after a body.
            head.clear();
        }
    }
}

fn parse_head(head: &[u8]) -> Result<Request, ErrorResponse> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(ErrorResponse::bad_request("not HTTP")),
        Err(error) => return Err(ErrorResponse::bad_request(format!("not HTTP: {error}"))),
    }
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: parse_query(query),
        headers: parsed.headers.iter().map(header).collect(),
        ..Request::default()
    };
    let connection = request.header("connection").unwrap_or_default();
    let closes = connection.eq_ignore_ascii_case("close");
    request.keep_alive = parsed.version == Some(1) && !closes;
    Ok(request)
}

fn header(header: &httparse::Header) -> (String, String) {
    let value = String::from_utf8_lossy(header.value).into_owned();
    (header.name.to_owned(), value)
}

fn parse_query(query: &str) -> Vec<(String, String)> {
    let fields = query.split('&').filter(|field| !field.is_empty());
    fields
        .map(|field| {
            let field = field.replace('+', " ");
            let (name, value) = field.split_once('=').unwrap_or((&field, ""));
            (percent_decode(name), percent_decode(value))
        })
        .collect()
}

/// Decodes percent-encoding. Invalid sequences stay as they are.
pub(super) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let encoded = match rest {
            [b'%', high, low, ..] => hex_pair(*high, *low),
            _ => None,
        };
        bytes.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// How the length of a body is determined.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    Length(u64),
    Chunked,
}

fn framing(request: &Request) -> Result<Framing, ErrorResponse> {
    let codings: Vec<_> = request.header_values("transfer-encoding").collect();
    let mut lengths: Vec<_> = request.header_values("content-length").collect();
    lengths.dedup();
    match (&codings[..], &lengths[..]) {
        ([], []) => Ok(Framing::Length(0)),
        ([], [length]) if is_number(length) => match length.parse() {
            Ok(length) if length <= MAX_BODY => Ok(Framing::Length(length)),
            _ => Err(too_large()),
        },
        ([coding], []) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        _ => Err(ErrorResponse::bad_request(
            "the length of the body is ambiguous",
        )),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn too_large() -> ErrorResponse {
    ErrorResponse::too_large(format!("the body is larger than {MAX_BODY} bytes"))
}

fn read_exactly(stream: &mut impl BufRead, length: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    stream.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(ReadError::Closed);
    }
    Ok(bytes)
}

fn read_chunks(stream: &mut impl BufRead) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    loop {
        let size = chunk_size(&read_line(stream)?)?;
        if size == 0 {
            break;
        }
        if size.saturating_add(body.len() as u64) > MAX_BODY {
            return Err(too_large().into());
        }
        body.append(&mut read_exactly(stream, size)?);
        if !read_line(stream)?.is_empty() {
            return Err(ErrorResponse::bad_request("a chunk is longer than its size").into());
        }
    }
    // The trailers.
    while !read_line(stream)?.is_empty() {}
    Ok(body)
}

/// The size in the first line of a chunk. Extensions are ignored.
fn chunk_size(line: &[u8]) -> Result<u64, ErrorResponse> {
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let text = std::str::from_utf8(size.trim_ascii()).unwrap_or_default();
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match u64::from_str_radix(text, 16) {
        Ok(size) if is_hex => Ok(size),
        // A size that overflows exceeds every limit.
        Err(_) if is_hex && !text.is_empty() => Ok(u64::MAX),
        _ => Err(ErrorResponse::bad_request("a chunk has no size")),
    }
}

/// A line without its line break.
fn read_line(stream: &mut impl BufRead) -> Result<Vec<u8>, ReadError> {
    let mut line = Vec::new();
    let mut stream = stream.take(MAX_LINE);
    stream.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        return Err(match stream.limit() {
            0 => ErrorResponse::bad_request("a line of the body is too long").into(),
            _ => ReadError::Closed,
        });
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_all(mut bytes: &[u8]) -> Vec<Result<Request, ReadError>> {
        let mut requests = Vec::new();
        loop {
            let request = read(&mut bytes, || Ok(()));
            let is_last = request.is_err();
            requests.push(request);
            if is_last {
                return requests;
            }
        }
    }

    /// Pieces of valid and invalid requests.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let texts = [
            "GET ",
            "/a%2fb?c=%20d&e",
            " HTTP/1.1",
            "\r\n",
            "\n",
            "\r\n\r\n",
            "POST / HTTP/1.1\r\n",
            "Content-Length: ",
            "5",
            "99999999999999999999",
            "Transfer-Encoding: chunked",
            ";",
            "0",
            "fffffffffffffffff",
            "Expect: 100-continue",
            "Connection: close",
            ": ",
            "\0",
        ];
        let texts =
            proptest::sample::select(texts.to_vec()).prop_map(|text| text.as_bytes().to_vec());
        prop_oneof![8 => texts, 1 => proptest::collection::vec(any::<u8>(), 0..20)]
    }

    proptest! {
        #[test]
        fn reading_any_bytes_terminates(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            read_all(&bytes);
        }

        #[test]
        fn reading_almost_valid_requests_terminates(
            pieces in proptest::collection::vec(piece(), 0..30),
        ) {
            read_all(&pieces.concat());
        }

        #[test]
        fn reads_complete_requests_only(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            sizes in proptest::collection::vec(1usize..50, 1..20),
            in_chunks: bool,
            cut in any::<proptest::sample::Index>(),
        ) {
            let mut bytes = b"PATCH /a?b=c HTTP/1.1\r\nX: y\r\n".to_vec();
            if in_chunks {
                bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
                let mut rest = &body[..];
                for size in sizes.iter().cycle() {
                    let (chunk, after) = rest.split_at((*size).min(rest.len()));
                    bytes.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                    rest = after;
                    if chunk.is_empty() {
                        break;
                    }
                }
            } else {
                bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
                bytes.extend(&body);
            }
            let requests = read_all(&bytes);
            prop_assert_eq!(requests.len(), 2);
            let request = requests[0].as_ref().unwrap();
            prop_assert_eq!(&request.body, &body);
            prop_assert_eq!(&request.query, &[("b".to_owned(), "c".to_owned())]);
            prop_assert_eq!(&requests[1], &Err(ReadError::Closed));

            let truncated = &bytes[..cut.index(bytes.len())];
            prop_assert_eq!(read_all(truncated), [Err(ReadError::Closed)]);
        }

        #[test]
        fn decodes_any_text(text: String) {
            percent_decode(&text);
            let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            prop_assert_eq!(percent_decode(&encoded), text);
        }
    }
}
