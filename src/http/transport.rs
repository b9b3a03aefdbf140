//! What the requests of a session share: connections, credentials, limits.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

use ureq::Agent;
use ureq::http::{HeaderMap, HeaderValue};

use super::attempt::OnAttempt;
use super::connector;
use super::credentials::Credentials;
use super::headers;
use super::options::{LONGEST, Options, Timeouts};
use super::proxy::Route;
use super::url::BaseUrl;
use crate::error::{Error, Result};
use crate::retry::RetryPolicy;

/// How many connections are kept open between requests.
const MAX_IDLE: usize = 16;

/// The longest `User-Agent`, in bytes.
const MAX_USER_AGENT: usize = 16 * 1024;

pub(crate) struct Transport {
    pub(super) agent: Agent,
    pub(crate) base_url: BaseUrl,
    /// The proxy on the way there.
    pub(crate) route: Option<Route>,
    pub(crate) credentials: Credentials,
    pub(super) on_attempt: Option<OnAttempt>,
    /// Headers of every request.
    pub(super) headers: HeaderMap,
    pub(crate) retry: RetryPolicy,
    pub(super) timeouts: Timeouts,
    pub(super) max_response_size: u64,
}

// After a panic nothing is left half changed: what changes is the connections, behind ureq's own locks,
// and callbacks run outside of these.
impl UnwindSafe for Transport {}
impl RefUnwindSafe for Transport {}

impl Transport {
    pub(crate) fn new(
        base_url: BaseUrl,
        route: Option<Route>,
        credentials: Credentials,
        options: Options,
    ) -> Result<Self> {
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        if base_url.as_str().starts_with("https:") {
            return Err(Error::invalid_argument(
                "base_url",
                "https needs the feature \"rustls\" or \"native-tls\" of peak-press",
            ));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &options.headers {
            headers::set(&mut headers, name, value)
                .map_err(|message| Error::invalid_argument("header", message))?;
        }
        Ok(Transport {
            agent: agent(route.as_ref(), &options)?,
            base_url,
            route,
            credentials,
            on_attempt: options.on_attempt,
            headers,
            retry: options.retry,
            timeouts: options.timeouts,
            max_response_size: options.max_response_size,
        })
    }
}

fn agent(route: Option<&Route>, options: &Options) -> Result<Agent> {
    if options.user_agent.len() > MAX_USER_AGENT {
        let message = format!("is longer than {MAX_USER_AGENT} bytes");
        return Err(Error::invalid_argument("user_agent", message));
    }
    if HeaderValue::from_str(&options.user_agent).is_err() {
        let message = "contains characters that a header cannot hold";
        return Err(Error::invalid_argument("user_agent", message));
    }
    let limit = |limit: Duration| Some(limit.min(LONGEST));
    let Timeouts {
        connect,
        read,
        write,
        ..
    } = options.timeouts;
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    let tls = super::tls::config(options)?;
    let configure = |proxy: Option<ureq::Proxy>| {
        let config = Agent::config_builder()
            // The body of an error response says what is wrong.
            .http_status_as_error(false)
            // A redirect would take the token to another host.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(MAX_IDLE)
            .max_idle_connections_per_host(MAX_IDLE)
            .user_agent(&options.user_agent)
            .accept("application/json")
            .accept_encoding("gzip")
            .timeout_connect(limit(connect))
            .timeout_per_write(limit(write))
            .timeout_recv_response(limit(read))
            .timeout_recv_body(limit(read))
            .proxy(proxy);
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        let config = config.tls_config(tls.clone());
        config.build()
    };
    let proxy = route.map(|route| route.proxy().clone());
    Ok(connector::agent(configure(proxy), configure(None)))
}
