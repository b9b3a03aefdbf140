//! One attempt: a request out by ureq, an answer or an [`Error`] back.

use std::io::{self, Read};
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

use ureq::http::header::{self, HeaderMap, HeaderValue};
use ureq::http::{Request, Uri};
use ureq::{Agent, SendBody, Timeout};

use super::Response;
use super::body::{Body, Reader};
use super::options::{Options, Timeouts};
use super::proxy::Route;
use super::url::{BaseUrl, without_brackets};
use crate::LOG_TARGET;
use crate::error::{ApiError, BoxError, DecodeError, Error, Result, TransportError, excerpt};
use crate::method::Method;
use crate::retry;

/// As much of the body of an answer that is an error is kept.
const MAX_ERROR_BODY: u64 = 1024 * 1024;

/// As many connections are kept open between requests.
const MAX_IDLE: usize = 16;

/// As good as for ever, and yet a point in time that can be reckoned with.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Where an answer, or a gateway before the service, may put the request's id.
const REQUEST_IDS: [&str; 5] = [
    "x-request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amzn-trace-id",
    "cf-ray",
];

/// Connections to one place, kept open between requests.
pub(crate) struct Transport {
    agent: Agent,
    base_url: BaseUrl,
    route: Option<Route>,
    timeouts: Timeouts,
    max_response_size: u64,
}

/// Why an attempt had no answer, or none that could be read to its end, on one line. For an
/// attempt's own errors alone: that of decoding, which comes later, quotes the body.
pub(crate) fn unanswered_why(error: &Error) -> Option<String> {
    match error {
        Error::Transport(error) | Error::Timeout(error) => Some(excerpt(&error.message, 500)),
        Error::Decode(error) => Some(excerpt(&error.message, 500)),
        _ => None,
    }
}

/// A request, ready to be sent as often as need be.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) token: &'a str,
    pub(crate) body: Option<&'a Body>,
}

impl Transport {
    pub(crate) fn new(base_url: BaseUrl, route: Option<Route>, options: Options) -> Result<Self> {
        Ok(Transport {
            agent: agent(&base_url, route.as_ref(), &options)?,
            base_url,
            route,
            timeouts: options.timeouts,
            max_response_size: options.max_response_size,
        })
    }

    pub(crate) fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The proxy on the way there.
    pub(crate) fn route(&self) -> Option<&Route> {
        self.route.as_ref()
    }

    /// Who should have answered, as an error names them.
    fn place(&self) -> String {
        let origin = self.base_url.as_str();
        match &self.route {
            Some(route) => format!("{origin} by way of the proxy {route}"),
            None => origin.to_owned(),
        }
    }

    /// Whose names are looked up on the way: a proxy mostly looks up the service's itself.
    fn looked_up(&self) -> String {
        let proxy = self.route.as_ref().map(Route::proxy);
        let own = proxy.is_none_or(ureq::Proxy::resolve_target);
        let hosts = [
            own.then(|| self.base_url.host()),
            proxy.map(ureq::Proxy::host),
        ];
        let is_name = |host: &&str| without_brackets(host).parse::<IpAddr>().is_err();
        let names: Vec<_> = hosts.into_iter().flatten().filter(is_name).collect();
        names.join(" or ")
    }

    /// Sends a request once. What is no success comes back as the error that it is.
    pub(crate) fn exchange(&self, outgoing: &Outgoing, attempt: u32) -> Result<Response> {
        let begun = Instant::now();
        let result = Exchange {
            transport: self,
            outgoing,
            attempt,
        }
        .run();
        let milliseconds = begun.elapsed().as_millis();
        let Outgoing { method, path, .. } = outgoing;
        let (outcome, cause) = match &result {
            Ok(response) => (response.status.to_string(), None),
            Err(error) => {
                let status = error.status().map(|status| status.to_string());
                (status.unwrap_or("failed".into()), unanswered_why(error))
            }
        };
        let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
        log::debug!(
            target: LOG_TARGET,
            "{method} {path}: {outcome} in {milliseconds} ms (attempt {attempt}){cause}"
        );
        result
    }
}

/// One attempt at one request.
struct Exchange<'a> {
    transport: &'a Transport,
    outgoing: &'a Outgoing<'a>,
    attempt: u32,
}

impl Exchange<'_> {
    fn run(&self) -> Result<Response> {
        let mut reader = self.outgoing.body.map(Body::reader);
        let agent = &self.transport.agent;
        let answer = match &mut reader {
            Some(reader) => agent.run(self.request(SendBody::from_reader(reader))?),
            None => agent.run(self.request(())?),
        };
        let answer = answer.map_err(|error| self.unanswered(error, reader.as_ref()))?;

        let status = answer.status().as_u16();
        let success = answer.status().is_success();
        let (head, body) = answer.into_parts();
        let limit = match success {
            true => self.transport.max_response_size,
            false => self.transport.max_response_size.min(MAX_ERROR_BODY),
        };
        let mut bytes = Vec::new();
        let mut body = body.into_with_config().limit(limit).reader();
        let read = body.read_to_end(&mut bytes);
        if !success {
            // Its status says enough, whatever became of its body.
            return Err(self.refused(status, &head.headers, bytes).into());
        }
        match read {
            Ok(_) => Ok(Response {
                status,
                body: bytes,
                what: self.what(),
            }),
            Err(error) => Err(self.unreadable(ureq::Error::from(error), status, bytes)),
        }
    }

    fn request<B>(&self, body: B) -> Result<Request<B>> {
        let Outgoing { method, path, .. } = self.outgoing;
        let mut url = format!("{}{path}", self.transport.base_url.as_str());
        if !self.outgoing.query.is_empty() {
            url.push('?');
            url.push_str(self.outgoing.query);
        }
        let unsendable =
            |error: &dyn std::fmt::Display| Error::invalid_argument("request", error.to_string());
        let url: Uri = url.parse().map_err(|error| unsendable(&error))?;
        let mut token =
            HeaderValue::from_str(self.outgoing.token).map_err(|error| unsendable(&error))?;
        token.set_sensitive(true);

        let mut request = Request::builder()
            .method(method.as_str())
            .uri(url)
            .header(header::AUTHORIZATION, token);
        // ureq sends whatever has no stated length in chunks, and that includes nothing at all.
        if method.takes_body() {
            let length = self.outgoing.body.map_or(0, Body::length);
            request = request.header(header::CONTENT_LENGTH, length);
        }
        if let Some(body) = self.outgoing.body {
            request = request.header(header::CONTENT_TYPE, &body.content_type);
        }
        request.body(body).map_err(|error| unsendable(&error))
    }

    /// The error of an answer that is no success.
    fn refused(&self, status: u16, headers: &HeaderMap, body: Vec<u8>) -> ApiError {
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        ApiError {
            status,
            message: detail(&body),
            body,
            method: self.outgoing.method.to_string(),
            path: self.outgoing.path.to_owned(),
            request_id: REQUEST_IDS.into_iter().find_map(text),
            retry_after: text("retry-after")
                .and_then(|value| retry::parse_retry_after(&value, SystemTime::now())),
            location: text("location"),
            attempts: self.attempt,
        }
    }

    /// The error of a success whose body could not be read to its end.
    fn unreadable(&self, error: ureq::Error, status: u16, body: Vec<u8>) -> Error {
        let message = match &error {
            ureq::Error::BodyExceedsLimit(limit) => {
                format!("the answer is larger than max_response_size, {limit} bytes")
            }
            ureq::Error::Decompress(_, cause) if cause.kind() != io::ErrorKind::UnexpectedEof => {
                format!("the answer cannot be decompressed: {cause}")
            }
            ureq::Error::Timeout(_) => {
                let Timeouts { read, .. } = self.transport.timeouts;
                let message = format!(
                    "the answer ({status}) was not whole within {read:?} (see Timeouts::read)"
                );
                return Error::Timeout(self.transport_error(message, true, cause(error)));
            }
            _ => {
                let (length, cause) = (body.len(), cause(error));
                let message =
                    format!("the answer ({status}) broke off after {length} bytes: {cause}");
                return Error::Transport(self.transport_error(message, true, cause));
            }
        };
        Error::Decode(Box::new(DecodeError {
            what: self.what(),
            status: Some(status),
            path: String::new(),
            message,
            body,
            source: Some(cause(error)),
        }))
    }

    /// The error of a request that got no answer, and perhaps never went out.
    fn unanswered(&self, error: ureq::Error, body: Option<&Reader>) -> Error {
        let place = self.transport.place();
        let untrusted = is_untrusted(&error);
        let may_have_arrived =
            !untrusted && !never_connected(&error) && body.is_none_or(Reader::begun);
        if let ureq::Error::Timeout(phase) = error {
            let message = self.timed_out(phase, &place);
            let error = self.transport_error(message, may_have_arrived, cause(error));
            return Error::Timeout(error);
        }
        let unresolved = is_unresolved(&error);
        let cause = cause(error);
        let message = match body {
            Some(body) if body.begun() && !body.finished() => format!(
                "the connection to {place} broke with {} of {} bytes sent: {cause} \
                 (is the body larger than the service takes?)",
                body.sent(),
                self.outgoing.body.map_or(0, Body::length),
            ),
            _ if unresolved => {
                let (hosts, cause) = (self.transport.looked_up(), cause.to_string());
                let cause = cause.strip_prefix(UNRESOLVED).unwrap_or(&cause);
                let cause = cause.trim_start_matches(" information: ");
                format!("no answer from {place}: the name {hosts} was not found: {cause}")
            }
            _ if untrusted => format!(
                "no answer from {place}: {cause} \
                 (an authority of your own, or of a proxy? see TlsRoots)"
            ),
            _ => format!("no answer from {place}: {cause}"),
        };
        let mut error = self.transport_error(message, may_have_arrived, cause);
        error.permanent = untrusted;
        Error::Transport(error)
    }

    fn timed_out(&self, phase: Timeout, place: &str) -> String {
        let Timeouts {
            connect,
            read,
            write,
        } = self.transport.timeouts;
        match phase {
            Timeout::Resolve => {
                let host = self.transport.base_url.host();
                format!(
                    "no connection to {place}: the name {host} was not found \
                     within {connect:?} (see Timeouts::connect)"
                )
            }
            Timeout::Connect => {
                format!("no connection to {place} within {connect:?} (see Timeouts::connect)")
            }
            Timeout::PerWrite => {
                format!("{place} took nothing of the request for {write:?} (see Timeouts::write)")
            }
            _ => format!("no answer from {place} within {read:?} (see Timeouts::read)"),
        }
    }

    fn transport_error(
        &self,
        message: String,
        may_have_arrived: bool,
        cause: BoxError,
    ) -> Box<TransportError> {
        Box::new(TransportError {
            method: self.outgoing.method.to_string(),
            path: self.outgoing.path.to_owned(),
            message,
            may_have_arrived,
            attempts: self.attempt,
            permanent: false,
            source: Some(cause),
        })
    }

    fn what(&self) -> String {
        format!("{} {}", self.outgoing.method, self.outgoing.path)
    }
}

/// The service's message in the body of an error.
fn detail(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    match body.get("detail")? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Whether an error tells by itself that there was no connection, and so no request.
fn never_connected(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::TlsRequired
        | ureq::Error::Tls(_)
        | ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => true,
        ureq::Error::Io(cause) => {
            cause.kind() == io::ErrorKind::ConnectionRefused || is_unresolved(error)
        }
        _ => false,
    }
}

/// How the standard library's error of a name that is not resolved begins.
const UNRESOLVED: &str = "failed to lookup address";

/// Whether an error is that of a name that was looked up in vain.
fn is_unresolved(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound => true,
        // The standard library has no kind for it. Windows has numbers, from WSAHOST_NOT_FOUND to
        // WSANO_DATA.
        ureq::Error::Io(error) => {
            error.to_string().starts_with(UNRESOLVED)
                || (cfg!(windows) && matches!(error.raw_os_error(), Some(11001..=11004)))
        }
        _ => false,
    }
}

/// Whether an error is that of a certificate that is not trusted, whatever for: its authority, its
/// time, its names. Nothing was sent then, and nothing will be until something is set right.
///
/// It is told by its text, since ureq hands on the types of rustls and native-tls without their
/// names.
fn is_untrusted(error: &ureq::Error) -> bool {
    match error {
        // ureq has rustls shake hands as if it read and wrote, so that its errors come in one of io.
        ureq::Error::Io(error) => error
            .get_ref()
            .is_some_and(|error| is_untrusted_by_rustls(&error.to_string())),
        #[cfg(feature = "rustls")]
        ureq::Error::Rustls(error) => is_untrusted_by_rustls(&error.to_string()),
        // OpenSSL's "certificate verify failed", or what Windows and macOS say. An alert is what
        // the other side says: that it does not like ours.
        #[cfg(feature = "native-tls")]
        ureq::Error::NativeTls(error) => {
            let text = error.to_string();
            text.contains("certificate") && !text.contains("alert")
        }
        _ => false,
    }
}

fn is_untrusted_by_rustls(text: &str) -> bool {
    text.starts_with("invalid peer certificate") || text == "peer sent no certificates"
}

/// The cause within an error of ureq's, which does not hand it on itself.
fn cause(error: ureq::Error) -> BoxError {
    match error {
        ureq::Error::Io(cause) | ureq::Error::Decompress(_, cause) => Box::new(cause),
        ureq::Error::Protocol(cause) => Box::new(cause),
        ureq::Error::Http(cause) => Box::new(cause),
        #[cfg(feature = "rustls")]
        ureq::Error::Rustls(cause) => Box::new(cause),
        #[cfg(feature = "native-tls")]
        ureq::Error::NativeTls(cause) => Box::new(cause),
        ureq::Error::Other(cause) => cause,
        other => Box::new(other),
    }
}

fn agent(base_url: &BaseUrl, route: Option<&Route>, options: &Options) -> Result<Agent> {
    let limit = |limit: Duration| Some(limit.min(LONGEST));
    let Timeouts {
        connect,
        read,
        write,
    } = options.timeouts;
    if HeaderValue::from_str(&options.user_agent).is_err() {
        return Err(Error::invalid_argument(
            "user_agent",
            "holds what cannot be sent in a header",
        ));
    }
    let config = Agent::config_builder()
        // An answer that says no is an answer, and its body says why.
        .http_status_as_error(false)
        // A redirect would take the token to where it was not meant to go.
        .max_redirects(0)
        .max_redirects_will_error(false)
        // All connections are to one place; a few threads' worth of them are kept.
        .max_idle_connections(MAX_IDLE)
        .max_idle_connections_per_host(MAX_IDLE)
        .user_agent(&options.user_agent)
        .accept("application/json")
        // ureq minds this limit by a thread a request; loopback names need no name server.
        .timeout_resolve(limit(connect).filter(|_| !base_url.is_loopback()))
        .timeout_connect(limit(connect))
        .timeout_per_write(limit(write))
        .timeout_recv_response(limit(read))
        .timeout_recv_body(limit(read))
        .proxy(route.map(|route| route.proxy().clone()));
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    let config = config.tls_config(tls::config(options)?);
    #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
    if base_url.as_str().starts_with("https:") {
        return Err(Error::invalid_argument(
            "base_url",
            "https needs the feature \"rustls\" or \"native-tls\" of peak-press",
        ));
    }
    Ok(config.build().new_agent())
}

/// ureq panics where a feature is missing, so this checks first.
#[cfg(any(feature = "rustls", feature = "native-tls"))]
mod tls {
    use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

    use crate::error::{Error, Result};
    use crate::http::options::{self, Options, TlsRoots};

    pub(super) fn config(options: &Options) -> Result<TlsConfig> {
        let (provider, present, feature) = match options.tls_provider {
            options::TlsProvider::Rustls => {
                (TlsProvider::Rustls, cfg!(feature = "rustls"), "rustls")
            }
            options::TlsProvider::NativeTls => (
                TlsProvider::NativeTls,
                cfg!(feature = "native-tls"),
                "native-tls",
            ),
        };
        if !present {
            return Err(missing("tls_provider", feature));
        }
        let roots = match &options.tls_roots {
            TlsRoots::WebPki => RootCerts::WebPki,
            TlsRoots::Pem(text) => RootCerts::new_with_certs(&certificates(text)?),
            TlsRoots::Platform
                if provider == TlsProvider::Rustls && !cfg!(feature = "platform-verifier") =>
            {
                return Err(missing("tls_roots", "platform-verifier"));
            }
            TlsRoots::Platform => RootCerts::PlatformVerifier,
        };
        Ok(TlsConfig::builder()
            .provider(provider)
            .root_certs(roots)
            .build())
    }

    fn certificates(pem: &[u8]) -> Result<Vec<ureq::tls::Certificate<'static>>> {
        let mut certificates = Vec::new();
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => {
                    if !looks_like_a_certificate(certificate.der()) {
                        let number = certificates.len() + 1;
                        let message = format!("certificate {number} in the PEM text is none");
                        return Err(Error::invalid_argument("tls_roots", message));
                    }
                    certificates.push(certificate);
                }
                Ok(_) => {}
                Err(error) => return Err(Error::invalid_argument("tls_roots", error.to_string())),
            }
        }
        if certificates.is_empty() {
            let message = "there is no certificate in the PEM text";
            return Err(Error::invalid_argument("tls_roots", message));
        }
        Ok(certificates)
    }

    /// Whether this is the outer form of a certificate in DER: a sequence of what is certified (a
    /// sequence), the algorithm (a sequence) and the signature (a string of bits), and no more.
    ///
    /// ureq passes over what is none, and would then trust nobody.
    fn looks_like_a_certificate(der: &[u8]) -> bool {
        const SEQUENCE: u8 = 0x30;
        const BIT_STRING: u8 = 0x03;
        let parts = || {
            let (certificate, after) = element(SEQUENCE, der)?;
            let (_certified, rest) = element(SEQUENCE, certificate)?;
            let (_algorithm, rest) = element(SEQUENCE, rest)?;
            let (_signature, rest) = element(BIT_STRING, rest)?;
            Some(rest.is_empty() && after.is_empty())
        };
        parts().unwrap_or(false)
    }

    /// What is in the element of this tag that DER starts with, and what comes after the element.
    fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
        let (&[found, length], rest) = der.split_first_chunk()?;
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            // So many bytes of length follow.
            0x81..=0x84 => {
                let (length, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
                let number = length.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
                (usize::try_from(number).ok()?, rest)
            }
            _ => return None,
        };
        (found == tag).then(|| rest.split_at_checked(length))?
    }

    fn missing(argument: &str, feature: &str) -> Error {
        let message = format!("needs the feature \"{feature}\" of peak-press");
        Error::invalid_argument(argument, message)
    }
}
