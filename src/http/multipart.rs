//! `multipart/form-data` bodies.

use std::fmt::{self, Display, Write};

use serde::Serialize;

use super::body::{Body, UploadProgress};
use super::url::ArgumentError;
use super::{headers, random};

/// A `multipart/form-data` body of text parts and files, in the order in which they were added, for
/// [`Request::multipart`](crate::Request::multipart).
///
/// Names, texts and contents may contain any characters. An invalid part is reported when the
/// request is sent.
///
/// ```no_run
/// use peak_press::{Form, Session};
/// use serde_json::Value;
///
/// # fn main() -> peak_press::Result<()> {
/// let form = Form::new()
///     .text("type", "schema")
///     .file("artifact", "schema.json", "application/json", "{}");
/// let session = Session::from_env()?;
/// let response: Value = session.request("POST", "/v1/new/files").multipart(form).send()?;
/// # let _ = response;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use]
pub struct Form {
    parts: Vec<Part>,
    on_progress: Option<UploadProgress>,
    /// The first invalid part.
    invalid: Option<ArgumentError>,
}

struct Part {
    headers: String,
    content: Vec<u8>,
}

impl Form {
    /// Creates a form without parts.
    pub fn new() -> Self {
        Form::default()
    }

    /// Adds a text part.
    pub fn text(self, name: &str, value: impl Into<String>) -> Self {
        let headers = format!(
            "Content-Disposition: form-data; name=\"{}\"\r\n",
            escape(name)
        );
        self.part(headers, value.into().into_bytes())
    }

    /// Adds a text part with a value, encoded as JSON.
    pub fn json(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_string(value) {
            Ok(text) => self.text(name, text),
            Err(error) => self.invalid(name, error),
        }
    }

    /// Adds a file. The content type is a media type, such as `application/zip`.
    pub fn file(
        self,
        name: &str,
        file_name: &str,
        content_type: &str,
        content: impl Into<Vec<u8>>,
    ) -> Self {
        if let Err(message) = headers::check_content_type(content_type) {
            return self.invalid(name, message);
        }
        let headers = format!(
            "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
             Content-Type: {content_type}\r\n",
            escape(name),
            escape(file_name)
        );
        self.part(headers, content.into())
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

    fn invalid(mut self, name: &str, message: impl Display) -> Self {
        self.invalid
            .get_or_insert_with(|| ArgumentError::new(name, message));
        self
    }

    /// The body of a request, with a boundary of 128 random bits, so that it does not occur in any
    /// part.
    pub(super) fn into_body(self) -> Result<Body, ArgumentError> {
        if let Some(invalid) = self.invalid {
            return Err(invalid);
        }
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
        Ok(Body::new(content_type, pieces, self.on_progress))
    }
}

/// Shows only the number of parts: the content may be confidential.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Form {
    /// The form's `Content-Type` and its bytes in wire format.
    pub(crate) fn encode(self) -> (String, Vec<u8>) {
        let body = self.into_body().unwrap();
        let mut bytes = Vec::new();
        std::io::copy(&mut body.reader(), &mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, body.length());
        (body.content_type.clone(), bytes)
    }
}

/// Escapes a name within quotes as browsers do, following the WHATWG's rules for form data.
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
