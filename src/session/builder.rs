//! The options of a session, and where they come from.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use super::{Session, Stage};
use crate::error::{Error, Result};
use crate::http::{
    Attempt, BaseUrl, Credentials, Options, Proxy, Timeouts, TlsProvider, TlsRoots, Token,
    TokenSource, Transport,
};
use crate::retry::RetryPolicy;

/// The environment variables for the token. The first that is set wins.
const TOKEN_VARIABLES: [&str; 2] = ["PEAK_AUTH_TOKEN", "API_KEY"];
/// The environment variable for the base URL.
const BASE_URL_VARIABLE: &str = "PEAK_PRESS_BASE_URL";
/// The environment variables for the stage. The first that is set wins.
const STAGE_VARIABLES: [&str; 2] = ["PEAK__STAGE", "STAGE"];

/// Builds a [`Session`].
///
/// Every option has a default. Invalid values are reported by [`build`](SessionBuilder::build).
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until it builds"]
pub struct SessionBuilder {
    token: Option<TokenOption>,
    stage: Option<Stage>,
    base_url: Option<String>,
    env: bool,
    options: Options,
}

#[derive(Clone)]
enum TokenOption {
    Fixed(String),
    Source(TokenSource),
}

impl SessionBuilder {
    /// Sets the token: see [`Session`]. By default there is no token. A blank one counts as not set.
    pub fn auth_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(TokenOption::Fixed(token.into()));
        self
    }

    /// Sets a source of tokens, for tokens that change: a file that is replaced, a command, another
    /// service. It replaces [`auth_token`](SessionBuilder::auth_token), and the environment is not
    /// read for a token.
    ///
    /// The first request calls the source, and the session keeps the token. After a 401, or after
    /// [`Session::forget_auth_token`], the source is called again. A request that got a 401 is retried
    /// once with the new token, whatever the [`RetryPolicy`], unless the token is the same. If several
    /// threads need a token at once, one calls the source and the others wait for it. The source must
    /// not use the session, and has no time limit.
    ///
    /// If it fails, or returns a blank or invalid token, the request returns
    /// [`Error::TokenSource`](crate::Error::TokenSource).
    ///
    /// ```
    /// use peak_press::Session;
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let session = Session::builder()
    ///     .auth_token_from(|| std::fs::read_to_string("/run/secrets/peak-token"))
    ///     .build()?;
    /// # let _ = session;
    /// # Ok(())
    /// # }
    /// ```
    pub fn auth_token_from<E>(
        mut self,
        source: impl Fn() -> std::result::Result<String, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let source: TokenSource = Arc::new(move || source().map_err(Into::into));
        self.token = Some(TokenOption::Source(source));
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

    /// Reads the options that no method sets from the environment. A blank variable counts as not
    /// set.
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

    /// Calls a function after each attempt of each request, before the pause if there is one: for
    /// metrics and tracing. It runs on the thread that sends the request, which waits for it. Only
    /// the function that was set last is called.
    ///
    /// ```
    /// use peak_press::Session;
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let session = Session::builder()
    ///     .auth_token("token")
    ///     .on_attempt(|attempt| {
    ///         let outcome = attempt.status.map_or("no response".into(), |status| status.to_string());
    ///         eprintln!("{} {}: {outcome}", attempt.method, attempt.path);
    ///     })
    ///     .build()?;
    /// # let _ = session;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_attempt(mut self, callback: impl Fn(&Attempt) + Send + Sync + 'static) -> Self {
        self.options.on_attempt = Some(Arc::new(callback));
        self
    }

    /// Sets a header for every request, and replaces an earlier one of the same name. The rules are
    /// those of [`Request::header`](crate::Request::header).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the `User-Agent` header. The default is `peak-press/` and this crate's version.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.options.user_agent = name.into();
        self
    }

    /// Sets the largest response body to read, in bytes after decompression. The default is 8 MiB: a
    /// page of 100 specs is about 0.1 MiB. A larger response is an
    /// [`Error::Decode`](crate::Error::Decode).
    ///
    /// This also bounds memory: the typed values of a usual response take about 3 times its size,
    /// those of one that consists only of empty objects up to 200 times.
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
        let credentials = match &self.token {
            Some(TokenOption::Source(source)) => Credentials::of_source(Arc::clone(source)),
            Some(TokenOption::Fixed(token)) => {
                Credentials::Fixed(Token::read("auth_token", token)?)
            }
            None => Credentials::Fixed(match variable(&TOKEN_VARIABLES)? {
                Some((name, value)) => Token::read(name, &value)?,
                None => None,
            }),
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
            transport: Arc::new(Transport::new(base_url, route, credentials, self.options)?),
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
        match &session.transport.credentials {
            Credentials::Fixed(token) => token.clone(),
            Credentials::Source { .. } => panic!("a source"),
        }
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
        for (name, value) in [("HTTPS_PROXY", &value), ("all_proxy", &address.to_string())] {
            let shown = format!("http://{address} (from {name})");
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
