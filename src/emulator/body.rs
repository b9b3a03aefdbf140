//! Decodes JSON bodies and forms into the crate's own types. Errors name the field.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::multipart::{self, Part};
use super::request::Request;
use super::response::ErrorResponse;
use crate::document;
use crate::error::wording::{document_path, reword};

/// A decoded JSON document, with the original, which responses return.
pub(super) struct Document<T> {
    pub(super) json: Value,
    pub(super) typed: T,
}

impl<T> Document<T> {
    /// The fields of an object in the document as it was sent.
    pub(super) fn object(&self, name: &str) -> Map<String, Value> {
        self.json[name].as_object().cloned().unwrap_or_default()
    }
}

/// Decodes a JSON body.
pub(super) fn json<T: DeserializeOwned>(request: &Request) -> Result<Document<T>, ErrorResponse> {
    decode("body", &request.body)
}

/// Decodes a JSON body into a request, and refuses it if it has a problem.
pub(super) fn checked<T: document::Document>(
    request: &Request,
) -> Result<Document<T>, ErrorResponse> {
    let body: Document<T> = json(request)?;
    check(&body.typed, |path| format!("body.{path}"))?;
    Ok(body)
}

/// Refuses a request that has a problem. `field` maps a path of the request to a field of the HTTP
/// request.
pub(super) fn check(
    request: &impl document::Document,
    field: impl Fn(&str) -> String,
) -> Result<(), ErrorResponse> {
    match document::refusal(request) {
        Some(problem) => Err(ErrorResponse::unprocessable(
            &field(&problem.path),
            problem.text(),
        )),
        None => Ok(()),
    }
}

/// The form field for a path in a request. The request's `body` is the part `spec`.
pub(super) fn form_field(path: &str) -> String {
    match path.strip_prefix("body") {
        Some(rest) => format!("spec{rest}"),
        None => path.to_owned(),
    }
}

/// Returns 400 unless the text is JSON, 422 unless the JSON fits the type.
fn decode<T: DeserializeOwned>(name: &str, text: &[u8]) -> Result<Document<T>, ErrorResponse> {
    let json: Value = serde_json::from_slice(text)
        .map_err(|error| ErrorResponse::bad_request(format!("{name}: not JSON: {error}")))?;
    let typed = serde_path_to_error::deserialize(&json).map_err(|error| {
        let field = match document_path(error.path()) {
            path if path.is_empty() => name.to_owned(),
            path if path.starts_with('[') => format!("{name}{path}"),
            path => format!("{name}.{path}"),
        };
        ErrorResponse::unprocessable(&field, reword(&error.inner().to_string()))
    })?;
    Ok(Document { json, typed })
}

/// A form with distinct part names.
pub(super) struct Form {
    parts: Vec<Part>,
}

impl Form {
    pub(super) fn read(request: &Request) -> Result<Self, ErrorResponse> {
        let content_type = request.header("content-type").unwrap_or_default();
        let parts = multipart::parse(content_type, &request.body)?;
        for (index, part) in parts.iter().enumerate() {
            if parts[..index].iter().any(|other| other.name == part.name) {
                let message = format!("form: duplicate part {:?}", part.name);
                return Err(ErrorResponse::bad_request(message));
            }
        }
        Ok(Form { parts })
    }

    /// Reads a JSON object whose values are the parts' contents, as a spec of an app is sent.
    pub(super) fn read_json(request: &Request) -> Result<Self, ErrorResponse> {
        let body: Document<BTreeMap<String, Option<String>>> = json(request)?;
        let parts = body.typed.into_iter();
        let parts = parts.filter_map(|(name, text)| Some(Part::new(&name, text?)));
        Ok(Form {
            parts: parts.collect(),
        })
    }

    /// A form with these JSON parts.
    pub(super) fn of<const N: usize>(parts: [(&str, &Value); N]) -> Self {
        let parts = parts.map(|(name, document)| Part::new(name, document.to_string()));
        Form {
            parts: parts.into(),
        }
    }

    pub(super) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// A part of plain text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.part(name).map(|part| part.text().into_owned())
    }

    /// A part of JSON text; `null` counts as a missing part.
    pub(super) fn json<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<Document<T>>, ErrorResponse> {
        self.part(name)
            .filter(|part| part.body.trim_ascii() != b"null")
            .map(|part| decode(name, &part.body))
            .transpose()
    }

    /// A part of JSON text, decoded.
    pub(super) fn typed<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, ErrorResponse> {
        Ok(self.json(name)?.map(|part: Document<T>| part.typed))
    }

    /// A required part of JSON text.
    pub(super) fn required_json<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Document<T>, ErrorResponse> {
        let message = format!("part {name:?} is missing");
        self.json(name)?
            .ok_or_else(|| ErrorResponse::unprocessable("form", message))
    }
}
