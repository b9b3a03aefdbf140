//! Credentials, stage, base URL: what every client shares.

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

/// The environment variables that hold the token, the first that is set winning.
const TOKEN_VARIABLES: [&str; 2] = ["PEAK_AUTH_TOKEN", "API_KEY"];
/// The environment variables that hold the stage, the first that is set winning.
const STAGE_VARIABLES: [&str; 2] = ["PEAK__STAGE", "STAGE"];

/// Which Peak to talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Stage {
    /// `prod`, the default.
    #[default]
    Prod,
    /// `dev`
    Dev,
    /// `latest`, at the same place as `dev`.
    Latest,
    /// `test`
    Test,
    /// `beta`
    Beta,
    /// `parvati`
    Parvati,
}

impl Stage {
    /// The stage's name, as the environment has it.
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

    /// Where the stage's Press is.
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

    /// Reads a stage's name; `origin` is where it was given.
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

/// Reads a stage's name, white space around it ignored.
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

/// Who talks to which Peak, and how: the token, the address, time-outs, retries, open connections.
///
/// It is cheap to clone, and its clones share their connections; one can be used by many threads
/// at once.
///
/// # The token
///
/// It is sent in `Authorization` as it is: an API key bare, a bearer token with its own `Bearer `
/// in front. White space around it is ignored. It is sent to the session's base URL and nowhere
/// else: redirects are not followed, and plain http is refused except to this very machine.
///
/// It is in no error and no `Debug` of this crate, and in none of its `log` lines. The crate
/// `ureq_proto` below it logs whole requests at the level *trace*, this header included, and no
/// setting of ours keeps it from that: leave that level off in production.
///
/// A session without a token is a session: the first request then fails with
/// [`Error::MissingCredentials`](crate::Error::MissingCredentials), and nothing is sent.
#[derive(Clone)]
pub struct Session {
    transport: Arc<Transport>,
}

impl Session {
    /// A session with this token on this stage, everything else as by default.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for a token that cannot be sent,
    /// such as one with a line break within; the error does not repeat it.
    pub fn new(token: impl Into<String>, stage: Stage) -> Result<Self> {
        Session::builder().auth_token(token).stage(stage).build()
    }

    /// A session as the environment says: see [`SessionBuilder::env`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidStage`](crate::Error::InvalidStage) or
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument), which name the variable. That no
    /// token is set is no error before the first request.
    pub fn from_env() -> Result<Self> {
        Session::builder().env().build()
    }

    /// Sets up a session with more than a token and a stage. It does not read the environment
    /// unless [`env`](SessionBuilder::env) is called, the usual variables for proxies excepted.
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

    /// A request of any kind to any path, for what this crate has no method for.
    ///
    /// It has the token, the retries and the errors that all requests have. The path starts with
    /// `/` and is percent-encoded where it has to be; `?`, `#` and the segments `.` and `..` are
    /// refused. An error in the method or the path comes when the request is sent.
    ///
    /// ```no_run
    /// use peak_press::Session;
    /// use serde_json::{Value, json};
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let session = Session::from_env()?;
    /// let page: Value = session.request("GET", "/v1/blocks/specs/").query("pageSize", 5).send()?;
    /// let body = json!({ "name": "value" });
    /// let answer: Value = session.request("POST", "/v1/blocks/new").json(&body).send()?;
    /// # let _ = (page, answer);
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

    /// Where requests go, without a slash at its end.
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

/// Sets up a [`Session`]. Every method has a default, and none fails before
/// [`build`](SessionBuilder::build).
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
    /// The token: see [`Session`]. The default is none. A blank one is none, too.
    pub fn auth_token(mut self, token: impl Into<String>) -> Self {
        self.auth_token = Some(token.into());
        self
    }

    /// The stage. The default is [`Stage::Prod`].
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stage = Some(stage);
        self
    }

    /// Where requests go, in place of the stage's own address.
    ///
    /// It is https, or plain http to this very machine (`localhost`, `127.0.0.0/8`, `[::1]`). It
    /// may have a path, which then comes before that of each call.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Takes from the environment what no method sets: the token from `PEAK_AUTH_TOKEN`, else
    /// from `API_KEY`; the stage from `PEAK__STAGE`, else from `STAGE`. A blank variable counts as
    /// one that is not set.
    pub fn env(mut self) -> Self {
        self.env = true;
        self
    }

    /// How long to wait for the service. The default is [`Timeouts::default`].
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.options.timeouts = timeouts;
        self
    }

    /// What to send again, and when. The default is [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }

    /// What to send as `User-Agent`. The default is `peak-press/` and this crate's version.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.options.user_agent = name.into();
        self
    }

    /// The largest answer, in bytes after decompression, that is read into memory. The default is
    /// 64 MiB. A larger one is an [`Error::Decode`](crate::Error::Decode).
    pub fn max_response_size(mut self, bytes: u64) -> Self {
        self.options.max_response_size = bytes;
        self
    }

    /// The proxy to go through: `http://`, `https://`, or, with the feature `socks-proxy`,
    /// `socks4://` and `socks5://`, with a user name and password where it needs them. Without a
    /// port it is 80, 443 or 1080. Requests to this very machine never go through a proxy.
    ///
    /// By default it is what the environment says: the first of `ALL_PROXY`, `HTTPS_PROXY` and
    /// `HTTP_PROXY` that is set and not blank, each before the same in lower case. That is not
    /// quite the way of curl, for which `HTTPS_PROXY` comes before `ALL_PROXY`, and `HTTP_PROXY`
    /// has no say about https. What that variable holds is used or refused, and never passed over.
    ///
    /// The environment's `NO_PROXY`, else `no_proxy`, lists hosts that are reached without it,
    /// parted by commas. `peak.ai` there is that host alone and not `press.peak.ai`; for this,
    /// `.peak.ai`, `*.peak.ai`, the whole name and `*` will do. Ports and ranges of addresses are
    /// not understood. A proxy that is given here is used whatever `NO_PROXY` says.
    ///
    /// Errors and the session's `Debug` name the proxy, without user name and password.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.options.proxy = Proxy::Url(url.into());
        self
    }

    /// Goes through no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.options.proxy = Proxy::None;
        self
    }

    /// Which certificate authorities are trusted. The default is [`TlsRoots::WebPki`].
    pub fn tls_roots(mut self, roots: TlsRoots) -> Self {
        self.options.tls_roots = roots;
        self
    }

    /// Which library does TLS. The default is [`TlsProvider::default`].
    pub fn tls_provider(mut self, provider: TlsProvider) -> Self {
        self.options.tls_provider = provider;
        self
    }

    /// Makes the session. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) names the method, or the
    /// environment variable, whose value cannot be used;
    /// [`Error::InvalidStage`](crate::Error::InvalidStage) is that of a stage.
    pub fn build(self) -> Result<Session> {
        self.build_in(|name| std::env::var_os(name))
    }

    /// [`build`](SessionBuilder::build) in an environment of the caller's.
    fn build_in(self, lookup: impl Fn(&str) -> Option<OsString>) -> Result<Session> {
        let any_variable = |names: &[&'static str]| first_set(names, &lookup);
        let variable = |names: &[&'static str]| match self.env {
            true => any_variable(names),
            false => Ok(None),
        };
        let token = match &self.auth_token {
            Some(token) => Token::read("auth_token", token)?,
            None => match variable(&TOKEN_VARIABLES)? {
                Some((name, value)) => Token::read(name, &value)?,
                None => None,
            },
        };
        let base_url = match (&self.base_url, self.stage) {
            (Some(url), _) => BaseUrl::parse(url)?,
            (None, Some(stage)) => BaseUrl::parse(stage.base_url())?,
            (None, None) => match variable(&STAGE_VARIABLES)? {
                Some((name, value)) => BaseUrl::parse(Stage::read(name, &value)?.base_url())?,
                None => BaseUrl::parse(Stage::default().base_url())?,
            },
        };
        let route = self.options.proxy.route(&base_url, any_variable)?;
        Ok(Session {
            transport: Arc::new(Transport::new(base_url, route, token, self.options)?),
        })
    }
}

/// Neither the token nor a proxy's password.
impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("stage", &self.stage)
            .field("retry", &self.options.retry)
            .field("timeouts", &self.options.timeouts)
            .finish_non_exhaustive()
    }
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

    /// A session in an environment of these variables, and not in the test's own.
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
    fn the_token_is_the_first_that_is_set() {
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
    fn the_stage_is_the_first_that_is_set() {
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
    fn what_is_set_by_a_method_is_not_read() {
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
    fn a_builder_reads_no_environment_unless_told_to() {
        let variables = &[("PEAK_AUTH_TOKEN", "a"), ("PEAK__STAGE", "nowhere")];
        let session = built(Session::builder(), variables).unwrap();
        assert_eq!(token(&session), None);
        assert_eq!(session.base_url(), "https://press.peak.ai");
    }

    #[test]
    fn a_bad_value_is_named_by_its_variable() {
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
    fn a_value_that_is_no_text_is_named_by_its_variable() {
        use std::os::unix::ffi::OsStringExt;

        let names = ["PEAK_AUTH_TOKEN", "API_KEY", "PEAK__STAGE", "STAGE"];
        for name in names.into_iter().chain(["ALL_PROXY", "http_proxy"]) {
            let builder = Session::builder().env();
            let result = builder.build_in(|asked| {
                (asked == name).then(|| OsString::from_vec(b"pa55\xff".to_vec()))
            });
            let error = result.unwrap_err();
            assert_eq!(error.to_string(), format!("{name}: is not valid Unicode"));
        }
    }

    #[test]
    fn a_broken_proxy_in_the_environment_is_an_error_of_build() {
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
                "GET /x: no response from https://press.peak.ai through the proxy {shown}: \
                 Connection refused"
            );
            assert!(error.to_string().starts_with(&start), "{error}");
            assert!(!format!("{debug} {session:#?} {error:#?}").contains("pr1vate"));
        }
        let direct = built(builder, &[("ALL_PROXY", &value), ("no_proxy", "*.peak.ai")]);
        let debug = format!("{:?}", direct.unwrap());
        assert!(debug.contains("proxy: None"), "{debug}");
    }
}
