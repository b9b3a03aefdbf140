//! Reads bodies and forms into the crate's own types, and says where they do not fit.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::Refusal;
use super::multipart::{self, Part};
use super::request::Request;
use crate::error::wording::{document_path, reword};

/// A document as it was sent, which is what it is answered with, and as a type, to look into it.
pub(super) struct Checked<T> {
    pub(super) sent: Value,
    pub(super) typed: T,
}

impl<T> Checked<T> {
    /// A field of the document as it was sent.
    pub(super) fn field(&self, name: &str) -> Value {
        self.sent.get(name).cloned().unwrap_or_default()
    }
}

/// The body of a request.
pub(super) fn body<T: DeserializeOwned>(request: &Request) -> Result<Checked<T>, Refusal> {
    document("body", &request.body)
}

/// A JSON document: 400 where it is none, 422 where it is not of this type.
fn document<T: DeserializeOwned>(name: &str, text: &[u8]) -> Result<Checked<T>, Refusal> {
    let sent: Value = serde_json::from_slice(text)
        .map_err(|error| Refusal::malformed(format!("{name}: this is not JSON: {error}")))?;
    let typed = serde_path_to_error::deserialize(&sent).map_err(|error| {
        let place = match document_path(error.path()) {
            path if path.is_empty() => name.to_owned(),
            path if path.starts_with('[') => format!("{name}{path}"),
            path => format!("{name}.{path}"),
        };
        Refusal::unacceptable(&place, reword(&error.inner().to_string()))
    })?;
    Ok(Checked { sent, typed })
}

/// The parts of a form, each name once.
pub(super) struct Form {
    parts: Vec<Part>,
}

impl Form {
    pub(super) fn read(request: &Request) -> Result<Self, Refusal> {
        let content_type = request.header("content-type").unwrap_or_default();
        let parts = multipart::parse(content_type, &request.body)?;
        for (index, part) in parts.iter().enumerate() {
            if parts[..index].iter().any(|other| other.name == part.name) {
                let message = format!("form: the part {:?} is there twice", part.name);
                return Err(Refusal::malformed(message));
            }
        }
        Ok(Form { parts })
    }

    /// A form of one JSON document.
    pub(super) fn of(name: &str, document: &Value) -> Self {
        Form {
            parts: vec![Part::new(name, document.to_string())],
        }
    }

    pub(super) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// A part of bare text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.part(name).map(|part| part.text().into_owned())
    }

    /// A part of JSON text.
    pub(super) fn json<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<Checked<T>>, Refusal> {
        let part = self.part(name);
        part.map(|part| document(name, &part.body)).transpose()
    }
}
