//! Sessions: the credentials, base URL and options that all clients share.

mod builder;
mod stage;

use std::fmt;
use std::sync::Arc;

pub use self::builder::SessionBuilder;
pub use self::stage::Stage;
use crate::calls::Call;
use crate::error::Result;
use crate::http::{Request, Transport};
use crate::method::Method;

/// The token, base URL, timeouts, retry policy and open connections that clients share.
///
/// A session is cheap to clone, and clones share their connections. It can be used from many threads
/// at once.
///
/// # The token
///
/// The token is sent in `Authorization` unchanged: pass a bearer token with its `Bearer ` prefix,
/// and an API key without one. Surrounding white space is ignored. The token is sent only to the
/// session's base URL: redirects are not followed, and plain HTTP is refused except on loopback.
///
/// This crate never shows the token in an error, a `Debug` output or a log line. Where a server
/// echoes it, they show `[token]`; only a token of fewer than 8 characters is not recognized. The crate
/// `ureq_proto`, which it builds on, logs whole requests at the level *trace*, including this
/// header, and this crate cannot prevent that: disable that level in production.
///
/// A session can be built without a token. Its first request then returns
/// [`Error::MissingCredentials`](crate::Error::MissingCredentials), and nothing is sent.
#[derive(Clone)]
pub struct Session {
    transport: Arc<Transport>,
}

impl Session {
    /// Creates a session with this token on this stage, and defaults for everything else.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) if the token contains
    /// a line break or another character that a header cannot hold. The error does not show it.
    pub fn new(token: impl Into<String>, stage: Stage) -> Result<Self> {
        Session::builder().auth_token(token).stage(stage).build()
    }

    /// Creates a session from the environment: see [`SessionBuilder::env`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidStage`](crate::Error::InvalidStage) or
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument), which name the variable. A missing
    /// token is not an error yet; the first request reports it.
    pub fn from_env() -> Result<Self> {
        Session::builder().env().build()
    }

    /// Starts building a session with any options.
    ///
    /// Except for the [proxy](SessionBuilder::proxy), nothing is read from the environment unless
    /// [`env`](SessionBuilder::env) is called.
    ///
    /// ```
    /// use peak_press::{RetryPolicy, Session, Timeouts};
    /// use std::time::Duration;
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let session = Session::builder()
    ///     .auth_token("token")
    ///     .timeouts(Timeouts::default().read(Duration::from_secs(120)))
    ///     .retry(RetryPolicy::default().max_retries(5))
    ///     .build()?;
    /// # let _ = session;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> SessionBuilder {
        SessionBuilder::default()
    }

    /// Starts a request to any path, for calls that the clients have no method for.
    ///
    /// It uses the session's token, timeouts and retry policy, and fails with the same errors. The
    /// path starts with `/`. A segment `{}` is filled by [`Request::segment`], which encodes the value;
    /// `?`, `#`, the segments `.` and `..`, and characters that a path cannot have are refused. An
    /// invalid method or path is reported when the request is sent.
    ///
    /// ```no_run
    /// use peak_press::Session;
    /// use serde_json::{Value, json};
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let session = Session::from_env()?;
    /// let page: Value = session.request("GET", "/v1/blocks/specs/").query("pageSize", 5).send()?;
    /// let spec: Value = session.request("GET", "/v1/blocks/specs/{}").segment("spec-id").send()?;
    /// let body = json!({ "name": "value" });
    /// let created: Value = session.request("POST", "/v1/blocks/new").json(&body).send()?;
    /// # let _ = (page, spec, created);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: impl Into<Method>, path: impl Into<String>) -> Request {
        Request::new(Arc::clone(&self.transport), method.into(), path)
    }

    /// A request for a call of the API: see [`Request::for_call`].
    pub(crate) fn call(&self, call: &Call, arguments: &[&str]) -> Request {
        Request::for_call(Arc::clone(&self.transport), call, arguments)
    }

    pub(crate) fn is_loopback(&self) -> bool {
        self.transport.base_url.is_loopback()
    }

    /// Drops the token that a source returned, so that the next request calls the source again: see
    /// [`SessionBuilder::auth_token_from`]. A token set in any other way is kept.
    pub fn forget_auth_token(&self) {
        self.transport.credentials.forget();
    }

    /// The URL that the path of each request is appended to. It has no trailing slash.
    pub fn base_url(&self) -> &str {
        self.transport.base_url.as_str()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("base_url", &self.base_url())
            .field("proxy", &self.transport.route)
            .field("token", &self.transport.credentials)
            .field("retry", &self.transport.retry)
            .finish_non_exhaustive()
    }
}
