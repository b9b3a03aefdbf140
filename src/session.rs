//! Sessions: the credentials, base URL and options that all clients share.

use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::calls::Call;
use crate::error::{Error, Result};
use crate::http::{
    BaseUrl, Options, Proxy, Request, Timeouts, TlsProvider, TlsRoots, Token, Transport,
};
use crate::method::Method;
use crate::retry::RetryPolicy;

/// The environment variables for the token. The first that is set wins.
const TOKEN_VARIABLES: [&str; 2] = ["PEAK_AUTH_TOKEN", "API_KEY"];
/// The environment variable for the base URL.
const BASE_URL_VARIABLE: &str = "PEAK_PRESS_BASE_URL";
/// The environment variables for the stage. The first that is set wins.
const STAGE_VARIABLES: [&str; 2] = ["PEAK__STAGE", "STAGE"];

/// A stage of the Peak platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Stage {
    /// `prod`, the default.
    #[default]
    Prod,
    /// `dev`
    Dev,
    /// `latest`, which has the same base URL as `dev`.
    Latest,
    /// `test`
    Test,
    /// `beta`
    Beta,
    /// `parvati`
    Parvati,
}

impl Stage {
    /// The stage's name, as in the environment variable.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Prod => "prod",
            Stage::Dev => "dev",
            Stage::Latest => "latest",
            Stage::Test => "test",
            Stage::Beta => "beta",
            Stage::Parvati => "parvati",
        }
    }

    /// The base URL of Press on this stage.
    ///
    /// ```
    /// use peak_press::Stage;
    ///
    /// assert_eq!(Stage::Prod.base_url(), "https://press.peak.ai");
    /// ```
    pub fn base_url(self) -> &'static str {
        match self {
            Stage::Prod => "https://press.peak.ai",
            Stage::Dev | Stage::Latest => "https://press.dev.peak.ai",
            Stage::Test => "https://press.test.peak.ai",
            Stage::Beta => "https://press.beta.peak.ai",
            Stage::Parvati => "https://press.parvati.peak.ai",
        }
    }

    /// Parses a stage's name; `origin` is the variable or argument that holds it.
    fn read(origin: &str, name: &str) -> Result<Self> {
        const ALL: [Stage; 6] = [
            Stage::Prod,
            Stage::Dev,
            Stage::Latest,
            Stage::Test,
            Stage::Beta,
            Stage::Parvati,
        ];
        let stage = ALL.into_iter().find(|stage| stage.as_str() == name.trim());
        stage.ok_or_else(|| Error::InvalidStage {
            value: name.to_owned(),
            origin: origin.to_owned(),
        })
    }
}

/// Parses a stage's name; surrounding white space is ignored.
impl FromStr for Stage {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Stage::read("stage", name)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The token, base URL, timeouts, retry policy and open connections that clients share.
///
/// A session is cheap to clone, and clones share their connections. It can be used from many threads
/// at once.
///
/// # The token
///
/// The token is sent in `Authorization` unchanged: give a bearer token with its `Bearer ` in front,
/// and an API key without. Surrounding white space is ignored. The token is sent only to the
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
    /// path must start with `/` and be percent-encoded; `?`, `#` and the segments `.` and `..` are
    /// refused. An invalid method or path is reported when the request is sent.
    ///
    /// ```no_run
    /// use peak_press::Session;
    /// use serde_json::{Value, json};
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let session = Session::from_env()?;
    /// let page: Value = session.request("GET", "/v1/blocks/specs/").query("pageSize", 5).send()?;
    /// let body = json!({ "name": "value" });
    /// let created: Value = session.request("POST", "/v1/blocks/new").json(&body).send()?;
    /// # let _ = (page, created);
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
            .field("token", &self.transport.token)
            .field("retry", &self.transport.retry)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Session`].
///
/// Every option has a default. Invalid values are reported by [`build`](SessionBuilder::build).
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until it builds"]
pub struct SessionBuilder {
    auth_token: Option<String>,
    stage: Option<Stage>,
    base_url: Option<String>,
    env: bool,
    options: Options,
}

impl SessionBuilder {
    /// Sets the token: see [`Session`]. By default there is no token. A blank one counts as not set.
    pub fn auth_token(mut self, token: impl Into<String>) -> Self {
        self.auth_token = Some(token.into());
        self
    }

    /// Sets the stage. The default is [`Stage::Prod`].
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stage = Some(stage);
        self
    }

    /// Sets the base URL, instead of the stage's.
    ///
    /// It must use HTTPS, or plain HTTP to a loopback address (`localhost`, `127.0.0.0/8`,
    /// `[::1]`). If it has a path, the path of each call is appended to it.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Reads what no method sets from the environment. A blank variable counts as not set.
    ///
    /// | option | variables, the first that is set |
    /// |---|---|
    /// | token | `PEAK_AUTH_TOKEN`, `API_KEY` |
    /// | base URL | `PEAK_PRESS_BASE_URL`: this crate's own, for an emulator or a gateway |
    /// | stage, without a base URL | `PEAK__STAGE`, `STAGE` |
    pub fn env(mut self) -> Self {
        self.env = true;
        self
    }

    /// Sets how long to wait for the service. The default is [`Timeouts::default`].
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.options.timeouts = timeouts;
        self
    }

    /// Sets which requests are retried, and when. The default is [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }

    /// Sets the `User-Agent` header. The default is `peak-press/` and this crate's version.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.options.user_agent = name.into();
        self
    }

    /// Sets the largest response body to read, in bytes after decompression. The default is 64 MiB.
    /// A larger response is an [`Error::Decode`](crate::Error::Decode).
    pub fn max_response_size(mut self, bytes: u64) -> Self {
        self.options.max_response_size = bytes;
        self
    }

    /// Sets the proxy: a URL with `http://`, `https://` or, with the feature `socks-proxy`,
    /// `socks4://` or `socks5://`, and a user name and password if the proxy needs them. The default
    /// port is 80, 443 or 1080. Requests to loopback addresses never use a proxy.
    ///
    /// By default the proxy comes from the environment: the first of `ALL_PROXY`, `HTTPS_PROXY` and
    /// `HTTP_PROXY` that is not blank, each before its lower-case form. This differs from curl,
    /// which reads `HTTPS_PROXY` before `ALL_PROXY`, and does not use `HTTP_PROXY` for HTTPS. An
    /// invalid value is an error of `build`; it is never skipped.
    ///
    /// `NO_PROXY`, or else `no_proxy`, is a comma-separated list of hosts to reach without the
    /// proxy from the environment. `peak.ai` matches only that host, not `press.peak.ai`; use
    /// `.peak.ai`, `*.peak.ai`, the full name or `*`. Ports and address ranges are not supported.
    /// A proxy set by this method is used regardless of `NO_PROXY`.
    ///
    /// Errors and the session's `Debug` output name the proxy without its user name and password.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.options.proxy = Proxy::Url(url.into());
        self
    }

    /// Uses no proxy, regardless of the environment.
    pub fn no_proxy(mut self) -> Self {
        self.options.proxy = Proxy::None;
        self
    }

    /// Sets which certificate authorities are trusted. The default is [`TlsRoots::WebPki`].
    pub fn tls_roots(mut self, roots: TlsRoots) -> Self {
        self.options.tls_roots = roots;
        self
    }

    /// Sets the TLS library. The default is [`TlsProvider::default`].
    pub fn tls_provider(mut self, provider: TlsProvider) -> Self {
        self.options.tls_provider = provider;
        self
    }

    /// Builds the session. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) or, for a stage,
    /// [`Error::InvalidStage`](crate::Error::InvalidStage). Both name the method or the environment
    /// variable with the invalid value.
    pub fn build(self) -> Result<Session> {
        self.build_in(|name| std::env::var_os(name))
    }

    /// [`build`](SessionBuilder::build) with a lookup of environment variables.
    fn build_in(self, lookup: impl Fn(&str) -> Option<OsString>) -> Result<Session> {
        let any_variable = |names: &[&'static str]| first_set(names, &lookup);
        let variable = |names: &[&'static str]| {
            if self.env {
                any_variable(names)
            } else {
                Ok(None)
            }
        };
        let token = match &self.auth_token {
            Some(token) => Token::read("auth_token", token)?,
            None => match variable(&TOKEN_VARIABLES)? {
                Some((name, value)) => Token::read(name, &value)?,
                None => None,
            },
        };
        let base_url = match (&self.base_url, self.stage) {
            (Some(url), _) => BaseUrl::parse("base_url", url)?,
            (None, Some(stage)) => stage_url(stage)?,
            (None, None) => match (variable(&[BASE_URL_VARIABLE])?, variable(&STAGE_VARIABLES)?) {
                (Some((name, url)), _) => BaseUrl::parse(name, &url)?,
                (None, Some((name, stage))) => stage_url(Stage::read(name, &stage)?)?,
                (None, None) => stage_url(Stage::default())?,
            },
        };
        let route = self.options.proxy.route(&base_url, any_variable)?;
        Ok(Session {
            transport: Arc::new(Transport::new(base_url, route, token, self.options)?),
        })
    }
}

/// Shows neither the token nor the password of a proxy.
impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("stage", &self.stage)
            .field("retry", &self.options.retry)
            .field("timeouts", &self.options.timeouts)
            .finish_non_exhaustive()
    }
}

fn stage_url(stage: Stage) -> Result<BaseUrl> {
    BaseUrl::parse("stage", stage.base_url())
}

/// The first of these variables that is set and not blank, with its value.
fn first_set(
    names: &[&'static str],
    lookup: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<(&'static str, String)>> {
    for &name in names {
        let Some(value) = lookup(name) else { continue };
        let Ok(value) = value.into_string() else {
            return Err(Error::invalid_argument(name, "is not valid Unicode"));
        };
        if !value.trim().is_empty() {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

#[cfg(all(test, any(feature = "rustls", feature = "native-tls")))]
mod tests {
    use super::*;

    /// Builds a session with these environment variables instead of the test's own.
    fn built(builder: SessionBuilder, variables: &[(&str, &str)]) -> Result<Session> {
        builder.build_in(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    fn token(session: &Session) -> Option<Token> {
        session.transport.token.clone()
    }

    fn some_token(text: &str) -> Option<Token> {
        Token::read("", text).unwrap()
    }

    #[test]
    fn the_first_token_variable_that_is_set_wins() {
        for (variables, expected) in [
            (&[("PEAK_AUTH_TOKEN", "a"), ("API_KEY", "b")][..], "a"),
            (&[("API_KEY", "b")], "b"),
            (&[("PEAK_AUTH_TOKEN", ""), ("API_KEY", "b")], "b"),
            (&[("PEAK_AUTH_TOKEN", " \n"), ("API_KEY", "b")], "b"),
            (
                &[("PEAK_AUTH_TOKEN", "\r\n Bearer a.b-c \n")],
                "Bearer a.b-c",
            ),
            (&[("PEAK_AUTH_TOKEN", ""), ("API_KEY", "")], ""),
            (&[], ""),
        ] {
            let session = built(Session::builder().env(), variables).unwrap();
            assert_eq!(token(&session), some_token(expected), "{variables:?}");
        }
    }

    #[test]
    fn the_first_stage_variable_that_is_set_wins() {
        for (variables, expected) in [
            (&[("PEAK__STAGE", "dev"), ("STAGE", "test")][..], Stage::Dev),
            (&[("STAGE", "test")], Stage::Test),
            (&[("PEAK__STAGE", ""), ("STAGE", " beta\n")], Stage::Beta),
            (&[("PEAK__STAGE", ""), ("STAGE", "")], Stage::Prod),
            (&[], Stage::Prod),
        ] {
            let session = built(Session::builder().env(), variables).unwrap();
            assert_eq!(session.base_url(), expected.base_url(), "{variables:?}");
        }
    }

    #[test]
    fn methods_win_over_the_environment() {
        let variables = &[("PEAK_AUTH_TOKEN", "a\nb"), ("PEAK__STAGE", "nowhere")];
        let builder = Session::builder().env().auth_token("mine");
        for (builder, url) in [
            (
                builder.clone().stage(Stage::Beta),
                "https://press.beta.peak.ai",
            ),
            (
                builder.base_url("https://my.example/p/"),
                "https://my.example/p",
            ),
        ] {
            let session = built(builder, variables).unwrap();
            assert_eq!(token(&session), some_token("mine"));
            assert_eq!(session.base_url(), url);
        }
    }

    #[test]
    fn a_builder_reads_the_environment_only_after_env() {
        let variables = &[("PEAK_AUTH_TOKEN", "a"), ("PEAK__STAGE", "nowhere")];
        let session = built(Session::builder(), variables).unwrap();
        assert_eq!(token(&session), None);
        assert_eq!(session.base_url(), "https://press.peak.ai");
    }

    #[test]
    fn a_base_url_in_the_environment_wins_over_a_stage_there() {
        let variables = &[
            ("PEAK_PRESS_BASE_URL", " http://127.0.0.1:8080/ "),
            ("STAGE", "beta"),
        ];
        let session = built(Session::builder().env(), variables).unwrap();
        assert_eq!(session.base_url(), "http://127.0.0.1:8080");
        for builder in [
            Session::builder(),
            Session::builder().env().stage(Stage::Prod),
        ] {
            let session = built(builder, variables).unwrap();
            assert_eq!(session.base_url(), "https://press.peak.ai");
        }
        let blank = &[("PEAK_PRESS_BASE_URL", " "), ("STAGE", "beta")];
        let session = built(Session::builder().env(), blank).unwrap();
        assert_eq!(session.base_url(), "https://press.beta.peak.ai");
        let invalid = &[("PEAK_PRESS_BASE_URL", "press.peak.ai")];
        let error = built(Session::builder().env(), invalid).unwrap_err();
        assert!(
            error.to_string().starts_with("PEAK_PRESS_BASE_URL: "),
            "{error}"
        );
    }

    #[test]
    fn an_invalid_value_is_reported_with_its_variable() {
        for (name, value) in [
            ("PEAK_AUTH_TOKEN", "pa55\nword"),
            ("API_KEY", "pa55\u{7f}"),
            ("API_KEY", "pa55wörd"),
        ] {
            let error = built(Session::builder().env(), &[(name, value)]).unwrap_err();
            assert!(
                matches!(&error, Error::InvalidArgument { name: n, .. } if n == name),
                "{error:?}"
            );
            assert!(!format!("{error} {error:?}").contains("pa55"));
        }
        for name in STAGE_VARIABLES {
            let error = built(Session::builder().env(), &[(name, "Prod")]).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "{name}: \"Prod\" is not a stage: \
                     expected one of prod, dev, latest, test, beta, parvati"
                )
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_unicode_is_reported_with_its_variable() {
        use std::os::unix::ffi::OsStringExt;

        let names = ["PEAK_AUTH_TOKEN", "API_KEY", "PEAK__STAGE", "STAGE"];
        for name in names.into_iter().chain(["ALL_PROXY", "http_proxy"]) {
            let builder = Session::builder().env();
            let result = builder.build_in(|variable| {
                (variable == name).then(|| OsString::from_vec(b"pa55\xff".to_vec()))
            });
            let error = result.unwrap_err();
            assert_eq!(error.to_string(), format!("{name}: is not valid Unicode"));
        }
    }

    #[test]
    fn an_invalid_proxy_in_the_environment_is_an_error_of_build() {
        let variables = &[("HTTPS_PROXY", "http://user:pr1vate@host:99999")];
        for builder in [Session::builder(), Session::builder().env()] {
            let error = built(builder, variables).unwrap_err();
            assert!(
                matches!(&error, Error::InvalidArgument { name, .. } if name == "HTTPS_PROXY"),
                "{error:?}"
            );
        }
        for builder in [
            Session::builder().no_proxy(),
            Session::builder().proxy("http://mine:1"),
            Session::builder().base_url("http://localhost:1"),
        ] {
            built(builder, variables).unwrap();
        }
    }

    #[test]
    fn a_proxy_that_fails_is_named_without_its_password() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let value = format!("http://user:pr1vate@{address}");
        let builder = Session::builder()
            .auth_token("t")
            .retry(RetryPolicy::never());
        for (name, value, shown) in [
            (
                "HTTPS_PROXY",
                &value,
                &format!("http://{address} (from HTTPS_PROXY)"),
            ),
            (
                "all_proxy",
                &address.to_string(),
                &format!("http://{address} (from all_proxy)"),
            ),
        ] {
            let session = built(builder.clone(), &[(name, value)]).unwrap();
            let debug = format!("{session:?}");
            assert!(debug.contains(&format!("proxy: Some({shown})")), "{debug}");
            let error = session.request("GET", "/x").send_raw().unwrap_err();
            let start = format!(
                "GET /x: no response from https://press.peak.ai through the proxy {shown}: "
            );
            let Error::Transport(transport) = &error else {
                panic!("{error:?}");
            };
            let cause = transport.inner().unwrap().downcast_ref::<std::io::Error>();
            assert_eq!(cause.unwrap().kind(), std::io::ErrorKind::ConnectionRefused);
            assert!(error.to_string().starts_with(&start), "{error}");
            assert!(!format!("{debug} {session:#?} {error:#?}").contains("pr1vate"));
        }
        let direct = built(builder, &[("ALL_PROXY", &value), ("no_proxy", "*.peak.ai")]);
        let debug = format!("{:?}", direct.unwrap());
        assert!(debug.contains("proxy: None"), "{debug}");
    }
}
