//! Everything that can go wrong, one variant for each cause a caller can act on.

pub(crate) mod wording;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The cause of an error, as [`std::error::Error::source`] hands it on.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why a call did not give what was asked for.
///
/// [`Display`](fmt::Display) is one line that names the call, what went wrong and, where there is
/// something to do about it, what to do. [`source`](std::error::Error::source) leads to the cause.
/// [`Debug`] is that line behind the variant's name, since it is what a `main` that returns an error
/// prints; `{:#?}` shows all that the error holds. None of them ever holds the token.
///
/// ```
/// use peak_press::Error;
///
/// fn report(error: &Error) {
///     match error {
///         Error::Conflict(answer) => eprintln!("already there: {answer}"),
///         error if error.outcome_unknown() => eprintln!("look it up by name first: {error}"),
///         error if error.is_retryable() => eprintln!("try again later: {error}"),
///         error => eprintln!("{error}"),
///     }
/// }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// 400: the service found the request malformed. Nothing was changed.
    #[error(transparent)]
    BadRequest(Box<ApiError>),
    /// 401: the service does not accept the token.
    #[error(transparent)]
    Unauthorized(Box<ApiError>),
    /// 403: the token is good, and its owner may not do this.
    #[error(transparent)]
    Forbidden(Box<ApiError>),
    /// 404: there is nothing of that id, or nothing that the token's owner may see.
    #[error(transparent)]
    NotFound(Box<ApiError>),
    /// 409: it clashes with what is there, such as a name or a version already taken.
    #[error(transparent)]
    Conflict(Box<ApiError>),
    /// 413: the artifact is larger than the service takes.
    #[error(transparent)]
    PayloadTooLarge(Box<ApiError>),
    /// 422: the request is well formed, and its content is not acceptable.
    #[error(transparent)]
    UnprocessableEntity(Box<ApiError>),
    /// 429: too many requests. [`ApiError::retry_after`] says how long to wait, if the service did.
    #[error(transparent)]
    RateLimited(Box<ApiError>),
    /// 500: the service failed. A create may or may not have been carried out:
    /// see [`outcome_unknown`](Error::outcome_unknown).
    #[error(transparent)]
    InternalServerError(Box<ApiError>),
    /// Any other status that is not a success: 502, 503 and 504 of a gateway, a redirect, a
    /// status that is not documented.
    #[error(transparent)]
    Status(Box<ApiError>),

    /// No answer came: the connection could not be made, or broke.
    #[error(transparent)]
    Transport(Box<TransportError>),
    /// No answer came in time. [`Timeouts`](crate::Timeouts) says how long that is.
    #[error(transparent)]
    Timeout(Box<TransportError>),
    /// A success came whose body is not what the API promises.
    #[error(transparent)]
    Decode(Box<DecodeError>),

    /// An argument that no request can be made of. Nothing was sent.
    #[error("{name}: {message}")]
    #[non_exhaustive]
    InvalidArgument {
        /// The argument, as it is called in the method's signature or in the environment.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// There is no token. Nothing was sent.
    #[error(
        "no token: set PEAK_AUTH_TOKEN or API_KEY in the environment, \
         or give one to Session::new or Session::builder"
    )]
    MissingCredentials,
    /// A stage that this crate does not know.
    #[error(
        "{origin}: {value:?} is not a stage: expected one of prod, dev, latest, test, beta, parvati"
    )]
    #[non_exhaustive]
    InvalidStage {
        /// What was given.
        value: String,
        /// Where it was given: the name of an environment variable, or `stage`.
        origin: String,
    },

    /// An artifact that cannot be made. Nothing was sent.
    #[error(transparent)]
    Artifact(Box<ArtifactError>),
    /// A file that is not there.
    #[error("{}: there is no such file", path.display())]
    #[non_exhaustive]
    FileNotFound {
        /// The file.
        path: PathBuf,
    },
    /// A file that is there and cannot be read.
    #[error("{}: {source}", path.display())]
    #[non_exhaustive]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A YAML document that cannot be read, or that is not what it should be.
    #[error(transparent)]
    InvalidYaml(Box<DocumentError>),
    /// A JSON document that cannot be read, or that is not what it should be.
    #[error(transparent)]
    InvalidJson(Box<DocumentError>),
    /// A template that cannot be rendered. Needs the feature `templates`.
    #[error(transparent)]
    InvalidTemplate(Box<DocumentError>),

    /// A deployment came to rest in a state in which it does not run.
    #[error(transparent)]
    DeploymentFailed(Box<WaitError>),
    /// A deployment did not come to rest within the time given.
    #[error(transparent)]
    WaitTimedOut(Box<WaitError>),
}

impl Error {
    /// The status of the answer, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Error::Decode(error) => error.status,
            other => other.api_error().map(|error| error.status),
        }
    }

    /// The service's own account of the error, where the service gave one.
    pub fn api_error(&self) -> Option<&ApiError> {
        match self {
            Error::BadRequest(error)
            | Error::Unauthorized(error)
            | Error::Forbidden(error)
            | Error::NotFound(error)
            | Error::Conflict(error)
            | Error::PayloadTooLarge(error)
            | Error::UnprocessableEntity(error)
            | Error::RateLimited(error)
            | Error::InternalServerError(error)
            | Error::Status(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the same call may succeed later, and does no harm if it is made again.
    ///
    /// False for a create whose [outcome is unknown](Error::outcome_unknown): look first. False
    /// for a certificate that is not trusted, too.
    pub fn is_retryable(&self) -> bool {
        let transient = match self {
            Error::Transport(error) | Error::Timeout(error) => !error.lasting,
            other => other
                .api_error()
                .is_some_and(|error| matches!(error.status, 429 | 500 | 502 | 503 | 504)),
        };
        transient && !self.outcome_unknown()
    }

    /// Whether a create may or may not have been carried out.
    ///
    /// True where a `POST` ended in a 500, 502 or 504, or without an answer once it may have
    /// reached the service. This crate does not send such a request again. List by name to find
    /// out, and create again if there is nothing.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Error::Transport(error) | Error::Timeout(error) => {
                error.method == "POST" && error.may_have_arrived
            }
            other => other.api_error().is_some_and(|error| {
                error.method == "POST" && matches!(error.status, 500 | 502 | 504)
            }),
        }
    }

    pub(crate) fn invalid_argument(name: impl Into<String>, message: impl Into<String>) -> Self {
        Error::InvalidArgument {
            name: name.into(),
            message: message.into(),
        }
    }

    /// The error of a file that could not be opened or read.
    pub(crate) fn file(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            std::io::ErrorKind::NotFound => Error::FileNotFound { path },
            _ => Error::File { path, source },
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, held): (_, &dyn fmt::Debug) = match self {
            Error::BadRequest(error) => ("BadRequest", error),
            Error::Unauthorized(error) => ("Unauthorized", error),
            Error::Forbidden(error) => ("Forbidden", error),
            Error::NotFound(error) => ("NotFound", error),
            Error::Conflict(error) => ("Conflict", error),
            Error::PayloadTooLarge(error) => ("PayloadTooLarge", error),
            Error::UnprocessableEntity(error) => ("UnprocessableEntity", error),
            Error::RateLimited(error) => ("RateLimited", error),
            Error::InternalServerError(error) => ("InternalServerError", error),
            Error::Status(error) => ("Status", error),
            Error::Transport(error) => ("Transport", error),
            Error::Timeout(error) => ("Timeout", error),
            Error::Decode(error) => ("Decode", error),
            Error::InvalidArgument { message, .. } => ("InvalidArgument", message),
            Error::MissingCredentials => ("MissingCredentials", &()),
            Error::InvalidStage { value, .. } => ("InvalidStage", value),
            Error::Artifact(error) => ("Artifact", error),
            Error::FileNotFound { path } => ("FileNotFound", path),
            Error::File { source, .. } => ("File", source),
            Error::InvalidYaml(error) => ("InvalidYaml", error),
            Error::InvalidJson(error) => ("InvalidJson", error),
            Error::InvalidTemplate(error) => ("InvalidTemplate", error),
            Error::DeploymentFailed(error) => ("DeploymentFailed", error),
            Error::WaitTimedOut(error) => ("WaitTimedOut", error),
        };
        write!(f, "{name}: {self}")?;
        match f.alternate() {
            true => write!(f, "\n{held:#?}"),
            false => Ok(()),
        }
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        let error = Box::new(error);
        match error.status {
            400 => Error::BadRequest(error),
            401 => Error::Unauthorized(error),
            403 => Error::Forbidden(error),
            404 => Error::NotFound(error),
            409 => Error::Conflict(error),
            413 => Error::PayloadTooLarge(error),
            422 => Error::UnprocessableEntity(error),
            429 => Error::RateLimited(error),
            500 => Error::InternalServerError(error),
            _ => Error::Status(error),
        }
    }
}

/// An answer that says no: what the service said, and to which request.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The service's message: `detail` of a JSON body. `None` where the body has none, as when a
    /// proxy answers in the service's place.
    pub message: Option<String>,
    /// The body as it came, whatever it is: its first MiB, or as much of that as arrived.
    /// [`body_text`](ApiError::body_text) reads it as text.
    pub body: Vec<u8>,
    /// The request's method, in capitals.
    pub method: String,
    /// The request's path, without its query.
    pub path: String,
    /// The id that the service, or a gateway before it, gave to the request: what its operators
    /// ask for.
    pub request_id: Option<String>,
    /// How long to wait before the next try, where the answer says so.
    pub retry_after: Option<Duration>,
    /// Where a redirect points to. This crate follows none.
    pub location: Option<String>,
    /// How often the request was sent.
    pub attempts: u32,
}

impl ApiError {
    /// The body as text; bytes that are not UTF-8 become `U+FFFD`.
    pub fn body_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.path, self.status)?;
        if let Some(reason) = reason(self.status) {
            write!(f, " {reason}")?;
        }
        match &self.message {
            Some(message) => write!(f, ": {}", excerpt(message, 500))?,
            None if !self.body.is_empty() => {
                write!(f, ": {}", excerpt(&self.body_text(), 120))?;
            }
            None => {}
        }
        if let Some(location) = &self.location {
            write!(
                f,
                " (redirects to {}: is the base URL right?)",
                excerpt(location, 200)
            )?;
        }
        if self.status == 401 {
            f.write_str(" (is the token right, and for this stage?)")?;
        }
        if let Some(wait) = self.retry_after {
            write!(f, " (retry after {} s)", wait.as_secs())?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request id {}]", excerpt(id, 100))?;
        }
        write_attempts(f, self.attempts)
    }
}

impl std::error::Error for ApiError {}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("message", &self.message)
            .field("body", &shown(&self.body))
            .field("method", &self.method)
            .field("path", &self.path)
            .field("request_id", &self.request_id)
            .field("retry_after", &self.retry_after)
            .field("location", &self.location)
            .field("attempts", &self.attempts)
            .finish()
    }
}

/// A request that got no answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct TransportError {
    /// The request's method, in capitals.
    pub method: String,
    /// The request's path, without its query.
    pub path: String,
    /// What failed, in words.
    pub message: String,
    /// Whether the request may have reached the service. False where the connection was never
    /// made.
    pub may_have_arrived: bool,
    /// How often the request was sent.
    pub attempts: u32,
    /// Whether it will fail the same way each time.
    pub(crate) lasting: bool,
    pub(crate) source: Option<BoxError>,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.path, self.message)?;
        if self.method == "POST" && self.may_have_arrived {
            f.write_str(" (it may have been carried out: look before you send it again)")?;
        }
        write_attempts(f, self.attempts)
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// An answer, or a value in it, that is not of the shape it should be.
#[non_exhaustive]
pub struct DecodeError {
    /// What was read: the request whose answer it is, or what else it comes from.
    pub what: String,
    /// The answer's HTTP status, where it is an answer.
    pub status: Option<u16>,
    /// The path within the document, like `specs[3].metadata.name`; empty at the top.
    pub path: String,
    /// What was expected there and what was found.
    pub message: String,
    /// The body as it came, or as much of it as was read.
    pub body: Vec<u8>,
    pub(crate) source: Option<BoxError>,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.what)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("what", &self.what)
            .field("status", &self.status)
            .field("path", &self.path)
            .field("message", &self.message)
            .field("body", &shown(&self.body))
            .field("source", &self.source)
            .finish()
    }
}

/// A YAML or JSON document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentError {
    /// The file, where the document came from one.
    pub file: Option<PathBuf>,
    /// The path within the document, like `body.config.steps.train.stepTimeout`; empty at the top
    /// or where the text is not even well formed.
    pub path: String,
    /// What was expected there and what was found.
    pub message: String,
    /// The line, counted from 1, where the reader knows it.
    pub line: Option<usize>,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match self.line {
            Some(line) => write!(f, " (line {line})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DocumentError {}

/// An artifact that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The artifact's folder is not there, or is not a folder.
    #[error("artifact {}: {message}", path.display())]
    #[non_exhaustive]
    NotAFolder {
        /// What was given.
        path: PathBuf,
        /// What is there instead, and what to do about it.
        message: String,
    },
    /// An ignore file that is missing, is not a file, or does not lie directly in the folder.
    #[error("ignore file {}: {message}", path.display())]
    #[non_exhaustive]
    IgnoreFile {
        /// The ignore file as it was named.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A file or folder that cannot go into an archive.
    #[error("{}: {message}", path.display())]
    #[non_exhaustive]
    Unusable {
        /// The file or folder, relative to the artifact's folder.
        path: PathBuf,
        /// Why not, and what to do about it.
        message: String,
    },
    /// A file or folder that cannot be read.
    #[error("{}: {source}", path.display())]
    #[non_exhaustive]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The archive grew past its limit.
    #[error(
        "the artifact is larger than {limit} bytes, which is its limit: it was given up at {reached}; \
         leave files out with an ignore file such as .dockerignore; the largest so far: {}",
        largest.iter().map(|(path, bytes)| format!("{} ({bytes} bytes)", path.display()))
            .collect::<Vec<_>>().join(", ")
    )]
    #[non_exhaustive]
    TooLarge {
        /// The limit, in bytes of the archive.
        limit: u64,
        /// The bytes of the archive when it was given up.
        reached: u64,
        /// The largest of the files seen up to then, at most five, with their sizes in bytes before
        /// compression, largest first.
        largest: Vec<(PathBuf, u64)>,
    },
    /// The archive cannot be written to where it should go.
    #[error("the archive cannot be written: {source}")]
    #[non_exhaustive]
    Write {
        /// Why not.
        source: std::io::Error,
    },
}

impl From<ArtifactError> for Error {
    fn from(error: ArtifactError) -> Self {
        Error::Artifact(Box::new(error))
    }
}

/// A deployment that did not come to run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitError {
    /// The deployment's id.
    pub deployment_id: String,
    /// The revision that was waited for, where it was one.
    pub revision: Option<String>,
    /// The status it was last seen in, in the API's word. `None` if it never had one.
    pub status: Option<String>,
    /// How long was waited.
    pub waited: Duration,
    /// Whether the status is a final one.
    pub at_rest: bool,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.as_deref().unwrap_or("without a status");
        if let Some(revision) = &self.revision {
            write!(f, "revision {revision} of ")?;
        }
        write!(f, "deployment {}", self.deployment_id)?;
        let waited = self.waited.as_secs_f64();
        match self.at_rest {
            true => write!(
                f,
                " came to rest {status}, not deployed, after {waited:.1} s \
                 (deploy it again, or another revision)"
            ),
            false => write!(
                f,
                " was still {status} after {waited:.1} s (see Wait::timeout)"
            ),
        }
    }
}

impl std::error::Error for WaitError {}

/// The start of a body, on one line: what `Debug` shows of it.
pub(crate) fn shown(body: &[u8]) -> String {
    let start = &body[..body.len().min(4096)];
    excerpt(&String::from_utf8_lossy(start), 200)
}

/// At most `limit` characters of a text, on one line.
pub(crate) fn excerpt(text: &str, limit: usize) -> String {
    let mut words = String::new();
    let mut length = 0;
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
    {
        if length > 0 {
            words.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length >= limit {
                words.push('…');
                return words;
            }
            words.push(c);
            length += 1;
        }
    }
    words
}

fn write_attempts(f: &mut fmt::Formatter<'_>, attempts: u32) -> fmt::Result {
    match attempts {
        0 | 1 => Ok(()),
        n => write!(f, " (tried {n} times)"),
    }
}

pub(crate) fn reason(status: u16) -> Option<&'static str> {
    Some(match status {
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It is what a `main` that returns the error prints.
    #[test]
    fn debug_is_for_people_first() {
        let error = Error::MissingCredentials;
        let shown = format!("{error:?}");
        assert!(
            shown.starts_with("MissingCredentials: no token: set PEAK_AUTH_TOKEN"),
            "{shown}"
        );

        let error = Error::DeploymentFailed(Box::new(WaitError {
            deployment_id: "d".into(),
            revision: Some("2".into()),
            status: Some("failed".into()),
            waited: Duration::from_secs(1),
            at_rest: true,
        }));
        let line = "DeploymentFailed: revision 2 of deployment d came to rest failed, not deployed, \
                    after 1.0 s (deploy it again, or another revision)";
        assert_eq!(format!("{error:?}"), line);
        let all = format!("{error:#?}");
        assert!(
            all.starts_with(line) && all.contains("at_rest: true"),
            "{all}"
        );
    }
}
