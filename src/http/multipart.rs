//! `multipart/form-data` bodies.

use std::fmt::Write;

use serde::Serialize;

use super::body::{Body, UploadProgress};
use super::random;
use crate::error::{Error, Result};

/// A form of text parts and files, in the order in which they were added.
#[derive(Default)]
pub(crate) struct Form {
    parts: Vec<Part>,
    on_progress: Option<UploadProgress>,
}

struct Part {
    headers: String,
    content: Vec<u8>,
}

impl Form {
    pub(crate) fn new() -> Self {
        Form::default()
    }

    /// Adds a text part.
    pub(crate) fn text(self, name: &str, value: impl Into<String>) -> Self {
        let headers = format!(
            "Content-Disposition: form-data; name=\"{}\"\r\n",
            escape(name)
        );
        self.part(headers, value.into().into_bytes())
    }

    /// Adds a part with JSON text.
    pub(crate) fn json(self, name: &str, value: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_string(value)
            .map_err(|error| Error::invalid_argument(name, error.to_string()))?;
        Ok(self.text(name, text))
    }

    /// Adds a file.
    pub(crate) fn file(
        self,
        name: &str,
        file_name: &str,
        content_type: &'static str,
        content: Vec<u8>,
    ) -> Self {
        let headers = format!(
            "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
             Content-Type: {content_type}\r\n",
            escape(name),
            escape(file_name)
        );
        self.part(headers, content)
    }

    /// Sets a callback for the progress of the upload.
    pub(crate) fn on_progress(mut self, callback: UploadProgress) -> Self {
        self.on_progress = Some(callback);
        self
    }

    fn part(mut self, headers: String, content: Vec<u8>) -> Self {
        self.parts.push(Part { headers, content });
        self
    }

    /// The body of a request, with a boundary of 128 random bits, which occurs in no part.
    pub(super) fn into_body(self) -> Body {
        let (high, low) = (random::bits(), random::bits());
        let boundary = format!("peak-press-{high:016x}{low:016x}");
        let mut pieces = Vec::with_capacity(2 * self.parts.len() + 1);
        let mut separator = String::new();
        for Part { headers, content } in self.parts {
            _ = write!(separator, "--{boundary}\r\n{headers}\r\n");
            pieces.push(separator.into_bytes());
            pieces.push(content);
            separator = String::from("\r\n");
        }
        _ = write!(separator, "--{boundary}--\r\n");
        pieces.push(separator.into_bytes());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        Body::new(content_type, pieces, self.on_progress)
    }
}

#[cfg(test)]
impl Form {
    /// The form's `Content-Type` and its bytes in wire format.
    pub(crate) fn encode(self) -> (String, Vec<u8>) {
        let body = self.into_body();
        let mut bytes = Vec::new();
        std::io::copy(&mut body.reader(), &mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, body.length());
        (body.content_type.clone(), bytes)
    }
}

/// Escapes a name within quotes as browsers do, by the WHATWG's rules for form data.
fn escape(name: &str) -> String {
    name.replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace('"', "%22")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A form's boundary and bytes in wire format.
    fn encoded(form: Form) -> (String, Vec<u8>) {
        let (content_type, bytes) = form.encode();
        let (_, boundary) = content_type.split_once("boundary=").unwrap();
        (boundary.to_owned(), bytes)
    }

    #[test]
    fn encodes_parts_in_order() {
        let form = Form::new()
            .json("spec", &json!({"kind": "workflow"}))
            .unwrap()
            .text("scope", "private")
            .file(
                "artifact",
                "artifact.zip",
                "application/zip",
                b"PK\0\r\n--".to_vec(),
            );
        let (boundary, bytes) = encoded(form);
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"spec\"\r\n\r\n\
             {{\"kind\":\"workflow\"}}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"scope\"\r\n\r\n\
             private\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"artifact\"; \
             filename=\"artifact.zip\"\r\nContent-Type: application/zip\r\n\r\n\
             PK\0\r\n--\r\n\
             --{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        assert!(
            boundary.len() <= 70
                && boundary
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        );
        assert_ne!(boundary, encoded(Form::new()).0);
    }

    #[test]
    fn a_name_stays_within_its_quotes() {
        let form = Form::new().file("a\"\r\nX: y", "%22\\é\0", "application/zip", Vec::new());
        let (boundary, bytes) = encoded(form);
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"a%22%0D%0AX: y\"; \
             filename=\"%22\\é\0\"\r\nContent-Type: application/zip\r\n\r\n\r\n--{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
