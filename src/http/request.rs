//! Builds requests, which are sent in `send`.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;
use ureq::http::HeaderMap;

use super::body::Body;
use super::headers;
use super::multipart::Form;
use super::transport::Transport;
use super::url::{self, ArgumentError};
use crate::calls::Call;
use crate::error::{DecodeError, Error, Result, excerpt};
use crate::method::Method;

/// The longest path and the longest query, in bytes: servers refuse longer ones.
const MAX_URL_PART: usize = 32 * 1024;

/// A request, created by [`Session::request`](crate::Session::request) and sent by
/// [`send`](Request::send).
///
/// An invalid part is reported by `send` as
/// [`Error::InvalidArgument`](crate::Error::InvalidArgument); nothing is sent then.
#[derive(Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    pub(super) transport: Arc<Transport>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    /// The session's headers, overridden by those of the request.
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Arc<Body>>,
    /// Whether the request changes nothing.
    pub(super) read_only: bool,
    /// When the wait that sends the request ends.
    pub(super) wait_ends: Option<Instant>,
    /// The first invalid argument.
    invalid: Option<ArgumentError>,
}

impl Request {
    pub(crate) fn new(transport: Arc<Transport>, method: Method, path: impl Into<String>) -> Self {
        Request {
            headers: transport.headers.clone(),
            transport,
            read_only: method == Method::Get,
            wait_ends: None,
            method,
            path: path.into(),
            query: String::new(),
            body: None,
            invalid: None,
        }
    }

    /// A request for a call of the API, with the call's path arguments in the order of its
    /// template.
    pub(crate) fn for_call(transport: Arc<Transport>, call: &Call, arguments: &[&str]) -> Self {
        let method = call.method.clone();
        match url::path(call.path, arguments) {
            Ok(path) => Request::new(transport, method, path),
            Err(invalid) => {
                let request = Request::new(transport, method, call.path);
                request.invalid(&invalid.name, invalid.message)
            }
        }
    }

    /// Marks the request as one that changes nothing, whatever its method.
    pub(crate) fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Limits the request and its retries to a wait that ends at this time.
    pub(crate) fn until(mut self, wait_ends: Option<Instant>) -> Self {
        self.wait_ends = wait_ends;
        self
    }

    /// Fills the first `{}` of the path, or `{name}`, that is not filled yet. The value becomes one
    /// segment, whatever characters it contains. One that is empty, `.` or `..` is refused, and so
    /// is a path with more or fewer placeholders than values.
    ///
    /// ```no_run
    /// use peak_press::Session;
    /// use serde_json::Value;
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let session = Session::from_env()?;
    /// let request = session.request("GET", "/v1/blocks/specs/{}/releases/{}");
    /// let release: Value = request.segment("spec-id").segment("1.0.0").send()?;
    /// # let _ = release;
    /// # Ok(())
    /// # }
    /// ```
    pub fn segment(mut self, value: impl fmt::Display) -> Self {
        match url::fill(&mut self.path, &value.to_string()) {
            Ok(()) => self,
            Err(invalid) => self.invalid(&invalid.name, invalid.message),
        }
    }

    /// Adds a query field. It may hold any characters, and a name may be added more than once.
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        url::add_query(&mut self.query, name, &value.to_string());
        self
    }

    /// Adds every field of a struct: a list as a repeated field; `None` is left out.
    pub(crate) fn queries(mut self, fields: &impl Serialize) -> Self {
        let fields = match serde_json::to_value(fields) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) => return self.invalid("query", "is not a struct"),
            Err(error) => return self.invalid("query", error),
        };
        for (name, value) in fields {
            self = match value {
                Value::Array(values) if values.is_empty() => {
                    let message = "is an empty list, which would list everything: \
                                   leave it unset for that";
                    self.invalid(&name, message)
                }
                Value::Array(values) => values
                    .into_iter()
                    .fold(self, |request, value| request.query_value(&name, value)),
                value => self.query_value(&name, value),
            };
        }
        self
    }

    fn query_value(self, name: &str, value: Value) -> Self {
        match value {
            Value::Null => self,
            Value::String(text) => self.query(name, text),
            Value::Bool(_) | Value::Number(_) => self.query(name, value),
            Value::Array(_) | Value::Object(_) => {
                self.invalid(name, "is a list or map, which a query cannot hold")
            }
        }
    }

    /// Sets a header. It replaces an earlier one of the same name, including the session's.
    ///
    /// Headers that this crate sets are refused: `Authorization`, `Host`, `Content-Type`, and those
    /// that control the connection, or the framing or encoding of the message. So are values that a
    /// header cannot hold, such as a line break, and names and values of more than 16 KiB.
    pub fn header(mut self, name: &str, value: impl fmt::Display) -> Self {
        match headers::set(&mut self.headers, name, &value.to_string()) {
            Ok(()) => self,
            Err(message) => self.invalid("header", message),
        }
    }

    /// Sets the body, as JSON. Only `POST`, `PUT` and `PATCH` have one; the body that is set last is
    /// sent.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(text) => self.body(Body::new("application/json", vec![text], None)),
            Err(error) => self.invalid("json", error),
        }
    }

    /// Sets the body, as bytes of a content type such as `text/csv`.
    pub fn bytes(self, content_type: &str, content: impl Into<Vec<u8>>) -> Self {
        match headers::check_content_type(content_type) {
            Ok(()) => self.body(Body::new(content_type, vec![content.into()], None)),
            Err(message) => self.invalid("content_type", message),
        }
    }

    /// Sets the body, as a form.
    pub fn multipart(self, form: Form) -> Self {
        match form.into_body() {
            Ok(body) => self.body(body),
            Err(invalid) => self.invalid(&invalid.name, invalid.message),
        }
    }

    fn body(mut self, body: Body) -> Self {
        self.body = Some(Arc::new(body));
        self
    }

    fn invalid(mut self, name: &str, message: impl fmt::Display) -> Self {
        self.invalid
            .get_or_insert_with(|| ArgumentError::new(name, message));
        self
    }

    /// Whether carrying the request out twice has the same effect as once.
    pub(super) fn is_repeatable(&self) -> bool {
        self.read_only || self.method.is_idempotent()
    }

    /// The method and path, for errors and logs.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The error for several responses that are inconsistent with each other.
    pub(crate) fn invalid_responses(&self, message: String) -> Error {
        Error::Decode(Box::new(DecodeError {
            what: self.label(),
            status: None,
            path: String::new(),
            message,
            body: Vec::new(),
            unrepeatable_request: !self.is_repeatable(),
            inner: None,
        }))
    }

    /// Reports the first invalid part.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(ArgumentError { name, message }) = &self.invalid {
            return Err(Error::invalid_argument(name, message));
        }
        if let Method::Unknown(name) = &self.method {
            let name = excerpt(name, 40);
            let message = format!("{name:?} is not one of GET, POST, PUT, PATCH, DELETE");
            return Err(Error::invalid_argument("method", message));
        }
        if self.body.is_some() && !self.method.takes_body() {
            let message = format!("a {} request has no body", self.method);
            return Err(Error::invalid_argument("body", message));
        }
        if url::placeholder(&self.path).is_some() {
            let message = format!(
                "{:?} has a placeholder without a value: see Request::segment",
                excerpt(&self.path, 100)
            );
            return Err(Error::invalid_argument("path", message));
        }
        url::check_path("path", &self.path)?;
        for (name, text) in [("path", &self.path), ("query", &self.query)] {
            if text.len() > MAX_URL_PART {
                let message = format!("is longer than {MAX_URL_PART} bytes");
                return Err(Error::invalid_argument(name, message));
            }
        }
        Ok(())
    }
}

/// Shows neither the query's values nor the headers nor the body.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::session::Session;

    fn request() -> Request {
        let session = Session::builder().base_url("http://127.0.0.1:1").build();
        session.unwrap().request("GET", "/x")
    }

    #[test]
    fn a_struct_becomes_query_fields() {
        let fields = json!({
            "status": ["available", "a&b"], "featured": false, "name": "x y", "pageSize": 25,
            "title": null, "sort": [null],
        });
        let query = request().queries(&fields).query;
        let mut fields: Vec<_> = query.split('&').collect();
        fields.sort();
        assert_eq!(
            fields,
            [
                "featured=false",
                "name=x%20y",
                "pageSize=25",
                "status=a%26b",
                "status=available"
            ]
        );
    }

    #[test]
    fn nested_values_are_refused_as_query_fields() {
        for fields in [json!(1), json!({"a": {"b": 1}}), json!({"a": [[1]]})] {
            let error = request().queries(&fields).check().unwrap_err();
            assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        }
    }
}
