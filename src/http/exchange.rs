//! One attempt: sends a request through ureq, and returns a response or an [`Error`].

use std::net::IpAddr;
use std::time::{Instant, SystemTime};

use ureq::http::header::{self, HeaderMap, HeaderValue};
use ureq::http::{self, Uri};
use ureq::{SendBody, Timeout};

use super::body::{Body, Reader};
use super::current::Current;
use super::failure::{NotConnected, UNRESOLVED, cause, is_unresolved, is_untrusted};
use super::options::Timeouts;
use super::proxy::Route;
use super::receive::{Incomplete, read_body};
use super::request::Request;
use super::response::{Response, request_id};
use super::token::Token;
use super::url::without_brackets;
use crate::error::{ApiError, BoxError, DecodeError, Error, Result, TransportError};
use crate::method::Method;
use crate::retry;
use crate::strict;

/// How much of the body of an error response is kept.
const MAX_ERROR_BODY: u64 = 1024 * 1024;

/// One attempt of a request.
#[derive(Clone, Copy)]
pub(super) struct Exchange<'a> {
    pub(super) request: &'a Request,
    pub(super) token: &'a Token,
    /// Counted from 1.
    pub(super) attempt: u32,
    /// When the call as a whole must end.
    pub(super) deadline: Instant,
    /// Whether an earlier attempt may have been carried out.
    pub(super) may_repeat: bool,
}

impl Exchange<'_> {
    /// Sends the request once. A status other than 2xx is an error.
    pub(super) fn send(&self) -> Result<Response> {
        match self.run() {
            // An earlier attempt may have deleted it.
            Err(Error::NotFound(_)) if self.may_repeat && self.request.method == Method::Delete => {
                Ok(self.response(204, HeaderMap::new(), Vec::new()))
            }
            result => result,
        }
    }

    fn response(&self, status: u16, headers: HeaderMap, body: Vec<u8>) -> Response {
        Response {
            status,
            body,
            headers,
            request: self.request.label(),
            repeatable: self.request.is_repeatable(),
            token: self.token.clone(),
        }
    }

    fn run(&self) -> Result<Response> {
        let transport = &self.request.transport;
        let _current = Current::begin(self.deadline);
        let mut reader = self.request.body.as_deref().map(Body::reader);
        let result = match &mut reader {
            Some(reader) => {
                let body = SendBody::from_reader(reader);
                transport.agent.run(self.http_request(body)?)
            }
            None => transport.agent.run(self.http_request(())?),
        };
        let response = result.map_err(|error| self.no_response(error, reader.as_ref()))?;

        let status = response.status();
        let (head, body) = response.into_parts();
        let limit = if status.is_success() {
            transport.max_response_size
        } else {
            transport.max_response_size.min(MAX_ERROR_BODY)
        };
        let mut bytes = Vec::new();
        let read = read_body(&head.headers, body, limit, &mut bytes);
        let status_code = status.as_u16();
        match read {
            // The status is enough, even if its body is incomplete.
            _ if !status.is_success() => {
                Err(self.api_error(status_code, &head.headers, bytes).into())
            }
            Ok(()) => Ok(self.response(status_code, head.headers, bytes)),
            Err(error) => Err(self.incomplete(error, status_code, bytes)),
        }
    }

    fn http_request<B>(&self, body: B) -> Result<http::Request<B>> {
        let request = self.request;
        let invalid =
            |error: &dyn std::fmt::Display| Error::invalid_argument("request", error.to_string());
        let mut url = format!("{}{}", request.transport.base_url.as_str(), request.path);
        if !request.query.is_empty() {
            url.push('?');
            url.push_str(&request.query);
        }
        let url: Uri = url.parse().map_err(|error| invalid(&error))?;
        let mut authorization =
            HeaderValue::from_str(self.token.as_str()).map_err(|error| invalid(&error))?;
        authorization.set_sensitive(true);

        let mut builder = http::Request::builder()
            .method(request.method.as_str())
            .uri(url)
            .header(header::AUTHORIZATION, authorization);
        // Without a length ureq uses chunked encoding, even for an empty body.
        if request.method.takes_body() {
            let length = request.body.as_deref().map_or(0, Body::length);
            builder = builder.header(header::CONTENT_LENGTH, length);
        }
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, &body.content_type);
        }
        if let Some(headers) = builder.headers_mut() {
            headers.extend(request.headers.clone());
        }
        builder.body(body).map_err(|error| invalid(&error))
    }

    /// The error for a status other than 2xx.
    fn api_error(&self, status: u16, headers: &HeaderMap, body: Vec<u8>) -> ApiError {
        let text = |name: &str| Some(self.token.redact(headers.get(name)?.to_str().ok()?));
        let body = self.token.redact_bytes(body);
        ApiError {
            status,
            message: detail(&body),
            body,
            method: self.request.method.to_string(),
            path: self.request.path.clone(),
            request_id: request_id(headers).map(|id| self.token.redact(id)),
            retry_after: text("retry-after")
                .and_then(|value| retry::parse_retry_after(&value, SystemTime::now())),
            location: text("location"),
            attempts: self.attempt,
            earlier_attempt_may_have_succeeded: self.may_repeat,
            repeatable: self.request.is_repeatable(),
        }
    }

    /// The error for a 2xx response whose body could not be read to its end.
    fn incomplete(&self, error: Incomplete, status: u16, body: Vec<u8>) -> Error {
        let transport = &self.request.transport;
        let (message, source): (_, Option<BoxError>) = match error {
            Incomplete::TooLarge => {
                let limit = transport.max_response_size;
                let message =
                    format!("the response is larger than max_response_size, {limit} bytes");
                (message, None)
            }
            Incomplete::Corrupt(cause) => {
                let message = format!("the response cannot be decompressed: {cause}");
                (message, Some(cause.into()))
            }
            Incomplete::Broken(error @ ureq::Error::Timeout(phase)) => {
                let limit = match phase {
                    Timeout::Global => self.whole_limit(),
                    _ => format!("within {:?} (see Timeouts::read)", transport.timeouts.read),
                };
                let message = format!("the response ({status}) was not complete {limit}");
                return Error::Timeout(self.transport_error(message, true, cause(error)));
            }
            Incomplete::Broken(error) => {
                let (length, cause) = (body.len(), cause(error));
                let message =
                    format!("the response ({status}) ended early, after {length} bytes: {cause}");
                return Error::Transport(self.transport_error(message, true, cause));
            }
        };
        Error::Decode(Box::new(DecodeError {
            what: self.request.label(),
            status: Some(status),
            path: String::new(),
            message,
            body: self.token.redact_bytes(body),
            unrepeatable_request: !self.request.is_repeatable(),
            inner: source.map(|source| self.token.redact_source(source)),
        }))
    }

    /// The error for a request without a response, which may not have been sent at all.
    fn no_response(&self, error: ureq::Error, body: Option<&Reader>) -> Error {
        let peer = self.peer();
        let (error, not_connected) = NotConnected::unwrap(error);
        let untrusted = not_connected && is_untrusted(&error);
        let may_have_arrived = !not_connected && body.is_none_or(Reader::has_started);
        if let ureq::Error::Timeout(phase) = error {
            let message = self.timed_out(phase, &peer);
            let error = self.transport_error(message, may_have_arrived, cause(error));
            return Error::Timeout(error);
        }
        let unresolved = is_unresolved(&error);
        let cause = cause(error);
        let message = match body {
            Some(body) if body.has_started() && !body.is_complete() => format!(
                "the connection to {peer} broke with {} of {} bytes sent: {cause} \
                 (is the body larger than the service accepts?)",
                body.sent(),
                body.total(),
            ),
            _ if unresolved => {
                let (hosts, cause) = (self.resolved_hosts(), cause.to_string());
                let cause = cause.strip_prefix(UNRESOLVED).unwrap_or(&cause);
                let cause = cause.trim_start_matches(" information: ");
                format!("no response from {peer}: cannot resolve {hosts}: {cause}")
            }
            _ if untrusted => format!(
                "no response from {peer}: {cause} \
                 (a private certificate authority? see TlsRoots)"
            ),
            _ => format!("no response from {peer}: {cause}"),
        };
        let mut error = self.transport_error(message, may_have_arrived, cause);
        error.permanent = untrusted;
        Error::Transport(error)
    }

    fn timed_out(&self, phase: Timeout, peer: &str) -> String {
        let transport = &self.request.transport;
        let Timeouts {
            connect,
            read,
            write,
            ..
        } = transport.timeouts;
        match phase {
            Timeout::Resolve => {
                let hosts = self.resolved_hosts();
                format!(
                    "no connection to {peer}: cannot resolve {hosts} within {connect:?} \
                     (see Timeouts::connect)"
                )
            }
            Timeout::Connect => {
                format!("no connection to {peer} within {connect:?} (see Timeouts::connect)")
            }
            Timeout::Global => format!("no response from {peer} {}", self.whole_limit()),
            Timeout::PerWrite => {
                format!("{peer} accepted too little data in {write:?} (see Timeouts::write)")
            }
            _ => format!("no response from {peer} within {read:?} (see Timeouts::read)"),
        }
    }

    /// The limit of the call as a whole, as it appears in errors.
    fn whole_limit(&self) -> String {
        match self.request.wait_ends {
            Some(end) if end <= self.deadline => {
                "in the time left of the wait (see Wait::timeout)".into()
            }
            _ => {
                let call = self.request.transport.timeouts.call;
                format!("within {call:?} in all (see Timeouts::call)")
            }
        }
    }

    fn transport_error(
        &self,
        message: String,
        may_have_arrived: bool,
        cause: BoxError,
    ) -> Box<TransportError> {
        Box::new(TransportError {
            method: self.request.method.to_string(),
            path: self.request.path.clone(),
            message: self.token.redact(&message),
            may_have_arrived,
            attempts: self.attempt,
            earlier_attempt_may_have_succeeded: self.may_repeat,
            repeatable: self.request.is_repeatable(),
            permanent: false,
            inner: Some(self.token.redact_source(cause)),
        })
    }

    /// The server, and the proxy in front of it if there is one, as they appear in errors.
    fn peer(&self) -> String {
        let transport = &self.request.transport;
        let origin = transport.base_url.as_str();
        match &transport.route {
            Some(route) => format!("{origin} through the proxy {route}"),
            None => origin.to_owned(),
        }
    }

    /// The host names that are resolved locally: most proxies resolve the service's name themselves.
    fn resolved_hosts(&self) -> String {
        let transport = &self.request.transport;
        let proxy = transport.route.as_ref().map(Route::proxy);
        let service = proxy.is_none_or(ureq::Proxy::resolve_target);
        let hosts = [
            service.then(|| transport.base_url.host()),
            proxy.map(ureq::Proxy::host),
        ];
        let is_name = |host: &&str| without_brackets(host).parse::<IpAddr>().is_err();
        let names: Vec<_> = hosts.into_iter().flatten().filter(is_name).collect();
        names.join(" or ")
    }
}

/// The service's message in the body of an error response.
fn detail(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = strict::decode(std::str::from_utf8(body).ok()?).ok()?;
    match body.get("detail")? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
