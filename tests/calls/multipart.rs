//! A parser for the forms that the client sends.

use crate::common::Recorded;

/// One part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) headers: Vec<String>,
    pub(crate) content: Vec<u8>,
}

impl Part {
    /// The expected form of a text part.
    pub(crate) fn text(name: &str, content: &str) -> Self {
        let disposition = format!("Content-Disposition: form-data; name=\"{name}\"");
        Part {
            headers: vec![disposition],
            content: content.as_bytes().to_vec(),
        }
    }

    fn parse(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\r\n").unwrap();
        let end = find(bytes, b"\r\n\r\n").expect("an empty line after the part's headers");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        Part {
            headers: head.lines().map(str::to_owned).collect(),
            content: bytes[end + 4..].to_vec(),
        }
    }
}

/// The parts of a request's form, in order.
#[track_caller]
pub(crate) fn parts(sent: &Recorded) -> Vec<Part> {
    let content_type = sent.header("content-type").unwrap();
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let body = [b"\r\n", sent.body()].concat();
    let mut pieces = Vec::new();
    let mut rest = body.as_slice();
    while let Some(at) = find(rest, &delimiter) {
        pieces.push(&rest[..at]);
        rest = &rest[at + delimiter.len()..];
    }
    assert_eq!(rest, b"--\r\n", "the form ends with its closing delimiter");
    assert_eq!(pieces.remove(0), b"", "the form starts with its delimiter");
    pieces.into_iter().map(Part::parse).collect()
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes
        .windows(pattern.len())
        .position(|window| window == pattern)
}
