//! The error type of the crate: a variant for each cause that a caller can act on.

mod api;
mod artifact;
mod decode;
mod document;
#[cfg(test)]
mod safe_lines;
mod text;
mod transport;
mod wait;
pub(crate) mod wording;

use std::fmt;
use std::path::PathBuf;

pub use self::api::ApiError;
pub(crate) use self::api::reason;
pub use self::artifact::ArtifactError;
pub use self::decode::DecodeError;
pub use self::document::DocumentError;
pub(crate) use self::text::{Line, body_excerpt, excerpt};
pub(crate) use self::transport::BoxError;
pub use self::transport::TransportError;
pub(crate) use self::wait::WaitEnd;
pub use self::wait::WaitError;

use crate::retry::{self, Failure};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// [`Display`](fmt::Display) is the whole text, usually one line: the call, what went wrong, its
/// cause and, where there is one, the remedy. So [`source`](std::error::Error::source) is always
/// `None`, and reporters that print the chain, such as anyhow's `{:#}`, print the cause once. The
/// cause itself is [`TransportError::inner`], [`DecodeError::inner`] or a variant's `source` field.
/// [`Debug`] is the same text after the variant's name, because a `main` that returns an error
/// prints it; `{:#?}` adds every field. None of them contains the token.
///
/// ```
/// use peak_press::Error;
///
/// fn report(error: &Error) {
///     match error {
///         Error::Conflict(response) => eprintln!("already exists: {response}"),
///         error if error.outcome_unknown() => eprintln!("look it up by name first: {error}"),
///         error if error.is_retryable() => eprintln!("try again later: {error}"),
///         error => eprintln!("{error}"),
///     }
/// }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// 400: the request is malformed. Nothing was changed.
    #[error(transparent)]
    BadRequest(Box<ApiError>),
    /// 401: the service does not accept the token.
    #[error(transparent)]
    Unauthorized(Box<ApiError>),
    /// 403: the token is valid, but its owner is not allowed to do this.
    #[error(transparent)]
    Forbidden(Box<ApiError>),
    /// 404: no item has this id, or the token's owner is not allowed to see it.
    #[error(transparent)]
    NotFound(Box<ApiError>),
    /// 409: a conflict with what exists, such as a name or a version that is taken.
    #[error(transparent)]
    Conflict(Box<ApiError>),
    /// 413: the artifact is larger than the service accepts.
    #[error(transparent)]
    PayloadTooLarge(Box<ApiError>),
    /// 422: the request is well-formed, but its content is not valid.
    #[error(transparent)]
    UnprocessableEntity(Box<ApiError>),
    /// 429: too many requests. [`ApiError::retry_after`] is how long to wait, if the service sent
    /// it.
    #[error(transparent)]
    RateLimited(Box<ApiError>),
    /// 500: the service failed. A create may or may not have been carried out: see
    /// [`outcome_unknown`](Error::outcome_unknown).
    #[error(transparent)]
    InternalServerError(Box<ApiError>),
    /// Any other status that is not 2xx: 502, 503 or 504 from a gateway, a redirect, an undocumented
    /// status.
    #[error(transparent)]
    Status(Box<ApiError>),

    /// No response: the connection could not be made, or broke.
    #[error(transparent)]
    Transport(Box<TransportError>),
    /// No response within the limits of [`Timeouts`](crate::Timeouts).
    #[error(transparent)]
    Timeout(Box<TransportError>),
    /// A 2xx response whose body does not have the expected form.
    #[error(transparent)]
    Decode(Box<DecodeError>),

    /// An invalid argument. Nothing was sent.
    #[error("{}: {}", Line(name), Line(message))]
    #[non_exhaustive]
    InvalidArgument {
        /// The name of the argument or environment variable.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// The session has no token. Nothing was sent.
    #[error(
        "no token: set PEAK_AUTH_TOKEN or API_KEY in the environment, \
         or give one to Session::new or Session::builder"
    )]
    MissingCredentials,
    /// The source of [`SessionBuilder::auth_token_from`](crate::SessionBuilder::auth_token_from)
    /// failed, or returned a token that is blank or that a header cannot hold.
    #[error("no token: the source given to auth_token_from failed: {}", excerpt(&source.to_string(), 500))]
    #[non_exhaustive]
    TokenSource {
        /// The error of the source.
        r#source: BoxError,
        /// Whether an earlier attempt of the same call may have been carried out.
        earlier_attempt_may_have_succeeded: bool,
    },
    /// An unknown stage.
    #[error(
        "{}: {value:?} is not a stage: expected one of prod, dev, latest, test, beta, parvati",
        Line(origin)
    )]
    #[non_exhaustive]
    InvalidStage {
        /// The value that was given.
        value: String,
        /// Where it was given: the name of an environment variable, or `stage`.
        origin: String,
    },

    /// An artifact that cannot be archived. Nothing was sent.
    #[error(transparent)]
    Artifact(Box<ArtifactError>),
    /// A file that does not exist.
    #[error("{}: there is no such file", Line(path.display()))]
    #[non_exhaustive]
    FileNotFound {
        /// The file.
        path: PathBuf,
    },
    /// A file that exists but cannot be read.
    #[error("{}: {}", Line(path.display()), Line(source))]
    #[non_exhaustive]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        r#source: std::io::Error,
    },
    /// A YAML document that is malformed, or does not have the expected content.
    #[error(transparent)]
    InvalidYaml(Box<DocumentError>),
    /// A JSON document that is malformed, or does not have the expected content.
    #[error(transparent)]
    InvalidJson(Box<DocumentError>),
    /// A template that cannot be rendered. Needs the feature `templates`.
    #[error(transparent)]
    InvalidTemplate(Box<DocumentError>),

    /// A deployment reached a final state in which it does not run.
    #[error(transparent)]
    DeploymentFailed(Box<WaitError>),
    /// A deployment did not reach a final state in time.
    #[error(transparent)]
    WaitTimedOut(Box<WaitError>),
    /// A wait was cancelled: see [`Wait::cancel_when`](crate::blocks::Wait::cancel_when).
    #[error(transparent)]
    WaitCancelled(Box<WaitError>),
}

impl Error {
    /// The status of the response, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Error::Decode(error) => error.status,
            other => other.api_error().map(|error| error.status),
        }
    }

    /// The response that reported the failure, where there was one.
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

    /// Whether the same call may succeed later, and is safe to repeat.
    ///
    /// False for a create whose [outcome is unknown](Error::outcome_unknown): look first. Also
    /// false for a certificate that is not trusted.
    pub fn is_retryable(&self) -> bool {
        self.failure()
            .is_some_and(|(repeatable, failure)| retry::is_retryable(repeatable, failure))
    }

    /// Whether a create may or may not have been carried out.
    ///
    /// True for a `POST` that may have reached the service and got no complete response, a 2xx
    /// response that cannot be decoded, or a status that leaves the outcome open: 408, 499, 500,
    /// 502, 503 without a `Retry-After`, 504, 520 to 524. Such a request is not retried. To find
    /// out, list by name; if nothing is found, create again. Requests that only check a spec or
    /// release create nothing, so it is false for them.
    pub fn outcome_unknown(&self) -> bool {
        self.failure()
            .is_some_and(|(repeatable, failure)| retry::outcome_unknown(repeatable, failure))
    }

    /// Whether an earlier attempt of the same call may have been carried out, so that this error
    /// may be its consequence: `No changes detected` after an update whose response was lost.
    pub fn earlier_attempt_may_have_succeeded(&self) -> bool {
        match self {
            Error::Transport(error) | Error::Timeout(error) => {
                error.earlier_attempt_may_have_succeeded
            }
            Error::TokenSource {
                earlier_attempt_may_have_succeeded,
                ..
            } => *earlier_attempt_may_have_succeeded,
            other => other
                .api_error()
                .is_some_and(|error| error.earlier_attempt_may_have_succeeded),
        }
    }

    /// Whether the request is repeatable, and how it failed. `None` for errors of any other kind.
    pub(crate) fn failure(&self) -> Option<(bool, Failure)> {
        match self {
            Error::Transport(error) | Error::Timeout(error) => {
                Some((error.repeatable, error.failure()))
            }
            Error::Decode(error) => Some((!error.unrepeatable_request, Failure::Undecodable)),
            other => other
                .api_error()
                .map(|error| (error.repeatable, error.failure())),
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
        if source.kind() == std::io::ErrorKind::NotFound {
            Error::FileNotFound { path }
        } else {
            Error::File { path, source }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, payload): (_, &dyn fmt::Debug) = match self {
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
            Error::TokenSource { source, .. } => ("TokenSource", source),
            Error::InvalidStage { value, .. } => ("InvalidStage", value),
            Error::Artifact(error) => ("Artifact", error),
            Error::FileNotFound { path } => ("FileNotFound", path),
            Error::File { source, .. } => ("File", source),
            Error::InvalidYaml(error) => ("InvalidYaml", error),
            Error::InvalidJson(error) => ("InvalidJson", error),
            Error::InvalidTemplate(error) => ("InvalidTemplate", error),
            Error::DeploymentFailed(error) => ("DeploymentFailed", error),
            Error::WaitTimedOut(error) => ("WaitTimedOut", error),
            Error::WaitCancelled(error) => ("WaitCancelled", error),
        };
        write!(f, "{name}: {self}")?;
        if f.alternate() {
            write!(f, "\n{payload:#?}")?;
        }
        Ok(())
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

impl From<ArtifactError> for Error {
    fn from(error: ArtifactError) -> Self {
        Error::Artifact(Box::new(error))
    }
}

impl From<WaitError> for Error {
    fn from(error: WaitError) -> Self {
        let error = Box::new(error);
        match error.end {
            WaitEnd::Failed => Error::DeploymentFailed(error),
            WaitEnd::TimedOut => Error::WaitTimedOut(error),
            WaitEnd::Cancelled => Error::WaitCancelled(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use std::error::Error as _;
    use std::io;

    use super::*;

    fn transport() -> Box<TransportError> {
        Box::new(TransportError {
            method: "GET".into(),
            path: "/x".into(),
            message: "no response: refused".into(),
            may_have_arrived: false,
            attempts: 1,
            earlier_attempt_may_have_succeeded: false,
            repeatable: true,
            permanent: false,
            inner: Some("refused".into()),
        })
    }

    fn decode() -> Box<DecodeError> {
        Box::new(DecodeError {
            what: "GET /x".into(),
            status: Some(200),
            path: String::new(),
            message: "expected JSON (refused)".into(),
            body: Vec::new(),
            unrepeatable_request: false,
            inner: Some("refused".into()),
        })
    }

    fn document() -> Box<DocumentError> {
        Box::new(DocumentError {
            file: None,
            path: "body".into(),
            message: "expected a map".into(),
            line: None,
            column: None,
            further: vec![],
        })
    }

    fn wait(end: WaitEnd) -> WaitError {
        WaitError {
            deployment_id: "d".into(),
            revision: Some("2".into()),
            status: Some("failed".into()),
            waited: Duration::from_secs(1),
            at_rest: true,
            failed_blocks: vec![],
            last_error: Some("refused".into()),
            end,
            response: None,
        }
    }

    /// Returns an error of the next variant. A new variant does not compile until it is added here.
    fn next(error: &Error) -> Option<Error> {
        let api = |status| Some(Error::from(ApiError::new(status).message("refused")));
        let refused = || io::Error::other("refused");
        match error {
            Error::BadRequest(_) => api(401),
            Error::Unauthorized(_) => api(403),
            Error::Forbidden(_) => api(404),
            Error::NotFound(_) => api(409),
            Error::Conflict(_) => api(413),
            Error::PayloadTooLarge(_) => api(422),
            Error::UnprocessableEntity(_) => api(429),
            Error::RateLimited(_) => api(500),
            Error::InternalServerError(_) => api(502),
            Error::Status(_) => Some(Error::Transport(transport())),
            Error::Transport(_) => Some(Error::Timeout(transport())),
            Error::Timeout(_) => Some(Error::Decode(decode())),
            Error::Decode(_) => Some(Error::invalid_argument("name", "refused")),
            Error::InvalidArgument { .. } => Some(Error::MissingCredentials),
            Error::MissingCredentials => Some(Error::TokenSource {
                source: "refused".into(),
                earlier_attempt_may_have_succeeded: false,
            }),
            Error::TokenSource { .. } => "moon".parse::<crate::Stage>().err(),
            Error::InvalidStage { .. } => {
                Some(Error::from(ArtifactError::Write { source: refused() }))
            }
            Error::Artifact(_) => Some(Error::file("a", io::ErrorKind::NotFound.into())),
            Error::FileNotFound { .. } => Some(Error::file("a", refused())),
            Error::File { .. } => Some(Error::InvalidYaml(document())),
            Error::InvalidYaml(_) => Some(Error::InvalidJson(document())),
            Error::InvalidJson(_) => Some(Error::InvalidTemplate(document())),
            Error::InvalidTemplate(_) => Some(wait(WaitEnd::Failed).into()),
            Error::DeploymentFailed(_) => Some(wait(WaitEnd::TimedOut).into()),
            Error::WaitTimedOut(_) => Some(wait(WaitEnd::Cancelled).into()),
            Error::WaitCancelled(_) => None,
        }
    }

    /// The text of an error and its sources, as anyhow's and eyre's `{:#}` print it.
    fn chain(error: &dyn std::error::Error) -> String {
        let sources = std::iter::successors(Some(error), |&error| error.source());
        let texts: Vec<_> = sources.map(|error| error.to_string()).collect();
        texts.join(": ")
    }

    #[test]
    fn every_variant_prints_its_cause_once() {
        let first = Error::from(ApiError::new(400).message("refused"));
        let all: Vec<_> = std::iter::successors(Some(first), next).collect();
        assert_eq!(all.len(), 26);
        for error in all {
            let text = error.to_string();
            assert!(error.source().is_none(), "{error:?}");
            assert_eq!(chain(&error), text);
            let shows_none = matches!(
                error,
                Error::MissingCredentials
                    | Error::InvalidStage { .. }
                    | Error::FileNotFound { .. }
                    | Error::InvalidYaml(_)
                    | Error::InvalidJson(_)
                    | Error::InvalidTemplate(_)
            );
            let expected = if shows_none { 0 } else { 1 };
            assert_eq!(text.matches("refused").count(), expected, "{error:?}");
        }
    }

    #[test]
    fn every_artifact_error_prints_its_cause_once() {
        let path = PathBuf::from("a");
        let message = String::from("refused");
        let all = [
            ArtifactError::NotAFolder {
                path: path.clone(),
                message: message.clone(),
            },
            ArtifactError::IgnoreFile {
                path: path.clone(),
                message: message.clone(),
            },
            ArtifactError::Unusable {
                path: path.clone(),
                message,
            },
            ArtifactError::Unreadable {
                path,
                source: io::Error::other("refused"),
            },
            ArtifactError::TooLarge {
                limit: 1,
                reached: 2,
                largest: vec![("refused".into(), 2)],
            },
            ArtifactError::Write {
                source: io::Error::other("refused"),
            },
        ];
        for error in all {
            assert_eq!(chain(&error).matches("refused").count(), 1, "{error:?}");
        }
    }

    /// A `main` that returns an error prints it with `Debug`.
    #[test]
    fn debug_starts_with_the_display() {
        let error = Error::MissingCredentials;
        let shown = format!("{error:?}");
        assert!(
            shown.starts_with("MissingCredentials: no token: set PEAK_AUTH_TOKEN"),
            "{shown}"
        );

        let error = Error::from(WaitError {
            last_error: None,
            ..wait(WaitEnd::Failed)
        });
        let line = "DeploymentFailed: revision 2 of deployment d finished as failed after 1.0 s \
                    (redeploy it, or deploy another revision)";
        assert_eq!(format!("{error:?}"), line);
        let all = format!("{error:#?}");
        assert!(
            all.starts_with(line) && all.contains("at_rest: true"),
            "{all}"
        );
    }
}
