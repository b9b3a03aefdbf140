//! `multipart/form-data`, with names escaped as browsers do it.

use std::fmt::Write;

use serde::Serialize;

use super::body::{Body, OnProgress};
use crate::error::{Error, Result};

/// A form: text parts and files, sent in the order in which they were added.
#[derive(Default)]
pub(crate) struct Form {
    parts: Vec<Part>,
    on_progress: Option<OnProgress>,
}

struct Part {
    headers: String,
    content: Vec<u8>,
}

impl Form {
    pub(crate) fn new() -> Self {
        Form::default()
    }

    /// Adds a part of bare text.
    pub(crate) fn text(self, name: &str, value: impl Into<String>) -> Self {
        let headers = format!(
            "Content-Disposition: form-data; name=\"{}\"\r\n",
            escape(name)
        );
        self.part(headers, value.into().into_bytes())
    }

    /// Adds a part of JSON text.
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

    /// Calls a function as the form is sent.
    pub(crate) fn on_progress(mut self, call: OnProgress) -> Self {
        self.on_progress = Some(call);
        self
    }

    fn part(mut self, headers: String, content: Vec<u8>) -> Self {
        self.parts.push(Part { headers, content });
        self
    }

    /// The form as a request's body, with a boundary of 128 random bits that no part can hold.
    pub(crate) fn into_body(self) -> Body {
        let boundary = format!(
            "peak-press-{:016x}{:016x}",
            super::random(),
            super::random()
        );
        let mut pieces = Vec::with_capacity(2 * self.parts.len() + 1);
        let mut between = String::new();
        for Part { headers, content } in self.parts {
            _ = write!(between, "--{boundary}\r\n{headers}\r\n");
            pieces.push(between.into_bytes());
            pieces.push(content);
            between = String::from("\r\n");
        }
        _ = write!(between, "--{boundary}--\r\n");
        pieces.push(between.into_bytes());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        Body::new(content_type, pieces, self.on_progress)
    }
}

/// A name within quotes, by the WHATWG's rules for form data.
fn escape(name: &str) -> String {
    name.replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace('"', "%22")
}
