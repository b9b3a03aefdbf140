//! One request out, one answer back. This and what is below it is the only place that names ureq.

mod body;
mod locate;
mod multipart;
mod options;
mod proxy;
mod transport;
mod url;

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::multipart::Form;
pub(crate) use self::options::Options;
pub use self::options::{Timeouts, TlsProvider, TlsRoots};
pub(crate) use self::proxy::Proxy;
pub(crate) use self::transport::Transport;
pub(crate) use self::url::BaseUrl;

use self::body::Body;
use self::locate::path_of;
use self::transport::{Outgoing, unanswered_why};
use self::url::{ArgumentError, path};
use crate::LOG_TARGET;
use crate::calls::Call;
use crate::error::wording::{reword, without_position};
use crate::error::{DecodeError, Error, Result, excerpt, reason};
use crate::method::Method;
use crate::retry::RetryPolicy;
use crate::strict::strict_first;

/// The secret that goes into `Authorization`, as it is. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

impl Token {
    /// Reads a token, less the white space around it; `None` where nothing is left.
    ///
    /// `name` is what to call it in the error that refuses what no header can hold.
    pub(crate) fn read(name: &str, text: &str) -> Result<Option<Self>> {
        let text = text.trim();
        if !text.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return Err(Error::invalid_argument(
                name,
                "holds a line break or another character that no token has",
            ));
        }
        Ok((!text.is_empty()).then(|| Token(text.to_owned())))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What every request of a session needs.
pub(crate) struct Api {
    pub(crate) transport: Transport,
    pub(crate) token: Option<Token>,
    pub(crate) retry: RetryPolicy,
}

/// A request that is being put together: made by
/// [`Session::request`](crate::Session::request), sent by [`send`](Request::send).
///
/// Any of its parts may be wrong; sending it then returns
/// [`Error::InvalidArgument`](crate::Error::InvalidArgument), and nothing is sent.
#[derive(Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    api: Arc<Api>,
    method: Method,
    path: String,
    query: String,
    body: Option<Arc<Body>>,
    /// The first invalid argument, reported by [`send`](Request::send).
    invalid: Option<ArgumentError>,
}

impl Request {
    pub(crate) fn new(api: Arc<Api>, method: Method, path: impl Into<String>) -> Self {
        Request {
            api,
            method,
            path: path.into(),
            query: String::new(),
            body: None,
            invalid: None,
        }
    }

    /// A request for a call of the API, with the call's path arguments in the order of its
    /// template. An invalid one is recorded and reported by [`send`](Request::send).
    pub(crate) fn for_call(api: Arc<Api>, call: &Call, arguments: &[&str]) -> Self {
        let method = call.method.clone();
        match path(call.path, arguments) {
            Ok(path) => Request::new(api, method, path),
            Err(invalid) => {
                Request::new(api, method, call.path).invalid(&invalid.name, invalid.message)
            }
        }
    }

    /// Adds a query field. The value may be anything; a name that is given again is sent again.
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        url::add_query(&mut self.query, name, &value.to_string());
        self
    }

    /// Adds each field of a struct: a list as a repeated field, and `None` not at all.
    pub(crate) fn queries(mut self, fields: &impl Serialize) -> Self {
        match serde_json::to_value(fields) {
            Ok(Value::Object(fields)) => {
                for (name, value) in fields {
                    match value {
                        Value::Array(values) if values.is_empty() => {
                            let message = "is an empty list, which would list everything: \
                                           leave it unset for that";
                            self = self.invalid(&name, message);
                        }
                        Value::Array(values) => {
                            for value in values {
                                self = self.query_value(&name, value);
                            }
                        }
                        value => self = self.query_value(&name, value),
                    }
                }
                self
            }
            Ok(_) => self.invalid("query", "is not a struct"),
            Err(error) => self.invalid("query", error),
        }
    }

    fn query_value(self, name: &str, value: Value) -> Self {
        match value {
            Value::Null => self,
            Value::String(text) => self.query(name, text),
            Value::Bool(_) | Value::Number(_) => self.query(name, value),
            Value::Array(_) | Value::Object(_) => self.invalid(name, "does not fit into a query"),
        }
    }

    /// Sets the body, as JSON. Only `POST`, `PUT` and `PATCH` have one.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(text) => self.body(Body::new("application/json", vec![text], None)),
            Err(error) => self.invalid("json", error),
        }
    }

    /// Sets the body, as a form.
    pub(crate) fn multipart(self, form: Form) -> Self {
        self.body(form.into_body())
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

    /// Sends the request and decodes the answer.
    ///
    /// An empty answer, as to many a `DELETE`, is read as `{}`, or as `null` where `T` takes no
    /// map: so `T` may be `()`, a [`serde_json::Value`] or a struct of optional fields.
    ///
    /// # Errors
    ///
    /// Any but those of artifacts, files and waiting: see [`Error`](crate::Error).
    pub fn send<T: DeserializeOwned>(&self) -> Result<T> {
        self.send_raw()?.json()
    }

    /// Sends the request and gives the answer as it came.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Request::send), less those of decoding. A status that is no success is
    /// an error here too.
    pub fn send_raw(&self) -> Result<Response> {
        self.check()?;
        let token = self.api.token.as_ref().ok_or(Error::MissingCredentials)?;
        let outgoing = Outgoing {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            token: &token.0,
            body: self.body.as_deref(),
        };
        let pause = |error: &Error, wait: Duration, next: u32| {
            log::warn!(target: LOG_TARGET, "{}", self.again(error, wait, next));
            thread::sleep(wait);
        };
        repeat(&self.api.retry, pause, |attempt| {
            self.api.transport.exchange(&outgoing, attempt)
        })
    }

    /// What is logged of a pause: the status, or why there was none, and when it goes on.
    fn again(&self, error: &Error, wait: Duration, next: u32) -> String {
        let why = match error.status() {
            Some(status) => {
                let reason = reason(status).map_or(String::new(), |reason| format!(" {reason}"));
                format!("{status}{reason}")
            }
            None => unanswered_why(error).unwrap_or_default(),
        };
        let (method, path, seconds) = (&self.method, &self.path, wait.as_secs_f64());
        let of = self.api.retry.max_attempts();
        format!("{method} {path}: {why}; retrying in {seconds:.1} s (attempt {next} of {of})")
    }

    fn check(&self) -> Result<()> {
        if let Some(ArgumentError { name, message }) = &self.invalid {
            return Err(Error::invalid_argument(name, message));
        }
        if let Method::Unknown(name) = &self.method {
            let message = format!(
                "{:?} is none of GET, POST, PUT, PATCH, DELETE",
                excerpt(name, 40)
            );
            return Err(Error::invalid_argument("method", message));
        }
        if self.body.is_some() && !self.method.takes_body() {
            let message = format!("{} has no body", self.method);
            return Err(Error::invalid_argument("json", message));
        }
        url::check_path("path", &self.path)
    }
}

/// Neither the query's values nor the body: they are the caller's own.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Makes attempts, counted from 1, until one succeeds or the policy gives up. `pause` is given what
/// went wrong, how long to wait, and the number of the attempt after that.
fn repeat<T>(
    policy: &RetryPolicy,
    mut wait_for: impl FnMut(&Error, Duration, u32),
    mut attempt: impl FnMut(u32) -> Result<T>,
) -> Result<T> {
    let mut number = 1;
    loop {
        let error = match attempt(number) {
            Ok(success) => return Ok(success),
            Err(error) => error,
        };
        let pause = error
            .failure()
            .and_then(|(method, failure)| policy.pause(&method, number, failure, fraction()));
        let Some(pause) = pause else {
            return Err(error);
        };
        number = number.saturating_add(1);
        wait_for(&error, pause, number);
    }
}

/// Random bits, as the standard library seeds its hash maps: not for secrets.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A random number from 0 up to 1.
fn fraction() -> f64 {
    (random() >> 11) as f64 / (1u64 << 53) as f64
}

/// A success, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status: 200 to 299.
    pub status: u16,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The request that it answers.
    what: String,
}

impl Response {
    /// Decodes the body as JSON, an empty one as [`Request::send`] says.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), with the path within the document.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if self.body.trim_ascii().is_empty() {
            let empty = decode(b"{}").or_else(|_| decode(b"null"));
            return empty.map_err(|_| {
                let message = "expected JSON, found an empty answer".to_owned();
                self.undecodable(String::new(), message, None)
            });
        }
        decode(&self.body).map_err(|error| self.unreadable(error))
    }

    fn unreadable(&self, error: serde_json::Error) -> Error {
        let (path, message) = match error.classify() {
            serde_json::error::Category::Data => {
                let message = error.to_string();
                let message = without_position(&message, error.line(), error.column());
                (path_of(&error, &self.body), reword(message))
            }
            _ => {
                let start = &self.body[..self.body.len().min(512)];
                let found = excerpt(&String::from_utf8_lossy(start), 120);
                let message = format!("expected JSON, found {found:?} ({error})");
                (String::new(), message)
            }
        };
        self.undecodable(path, message, Some(error))
    }

    fn undecodable(
        &self,
        path: String,
        message: String,
        source: Option<serde_json::Error>,
    ) -> Error {
        Error::Decode(Box::new(DecodeError {
            what: self.what.clone(),
            status: Some(self.status),
            path,
            message,
            body: self.body.clone(),
            source: source.map(|error| error.into()),
        }))
    }
}

/// As text, which is checked in one go, it is read faster than as bytes.
fn decode<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(body) {
        Ok(text) => strict_first(|| serde_json::from_str(text)),
        Err(error) => Err(match serde_json::from_slice::<Value>(body) {
            Err(error) => error,
            Ok(_) => serde::de::Error::custom(error),
        }),
    }
}

/// For this crate's own tests, the server that its integration tests have.
#[cfg(test)]
#[path = "../tests/common/mod.rs"]
pub(crate) mod raw_server;

#[cfg(test)]
mod tests;
