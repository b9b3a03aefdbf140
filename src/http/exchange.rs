//! One attempt: a request out through ureq, a response or an [`Error`] back.

use std::io::{self, Read};
use std::net::IpAddr;
use std::time::SystemTime;

use ureq::http::header::{self, HeaderMap, HeaderValue};
use ureq::http::{self, Uri};
use ureq::{SendBody, Timeout};

use super::body::{Body, Reader};
use super::failure::{UNRESOLVED, cause, is_unresolved, is_untrusted, never_connected};
use super::options::Timeouts;
use super::proxy::Route;
use super::request::Request;
use super::response::Response;
use super::token::Token;
use super::url::without_brackets;
use crate::error::{ApiError, BoxError, DecodeError, Error, Result, TransportError};
use crate::retry;

/// How much of the body of an error response is kept.
const MAX_ERROR_BODY: u64 = 1024 * 1024;

/// Headers in which the service, or a gateway in front of it, may return the request's id.
const REQUEST_ID_HEADERS: [&str; 5] = [
    "x-request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-amzn-trace-id",
    "cf-ray",
];

/// Sends a request once. A status other than 2xx is an error.
pub(super) fn send(request: &Request, token: &Token, attempt: u32) -> Result<Response> {
    Exchange { request, attempt }.run(token)
}

struct Exchange<'a> {
    request: &'a Request,
    /// Counted from 1.
    attempt: u32,
}

impl Exchange<'_> {
    fn run(&self, token: &Token) -> Result<Response> {
        let transport = &self.request.transport;
        let mut reader = self.request.body.as_deref().map(Body::reader);
        let result = match &mut reader {
            Some(reader) => {
                let body = SendBody::from_reader(reader);
                transport.agent.run(self.http_request(token, body)?)
            }
            None => transport.agent.run(self.http_request(token, ())?),
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
        let read = body
            .into_with_config()
            .limit(limit)
            .reader()
            .read_to_end(&mut bytes);
        let status_code = status.as_u16();
        match read {
            // The status alone says enough, however much of its body arrived.
            _ if !status.is_success() => {
                Err(self.api_error(status_code, &head.headers, bytes).into())
            }
            Ok(_) => Ok(Response {
                status: status_code,
                body: bytes,
                request: self.request.label(),
            }),
            Err(error) => Err(self.incomplete(ureq::Error::from(error), status_code, bytes)),
        }
    }

    fn http_request<B>(&self, token: &Token, body: B) -> Result<http::Request<B>> {
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
            HeaderValue::from_str(token.as_str()).map_err(|error| invalid(&error))?;
        authorization.set_sensitive(true);

        let mut builder = http::Request::builder()
            .method(request.method.as_str())
            .uri(url)
            .header(header::AUTHORIZATION, authorization);
        // Without a length ureq sends chunks, even for an empty body.
        if request.method.takes_body() {
            let length = request.body.as_deref().map_or(0, Body::length);
            builder = builder.header(header::CONTENT_LENGTH, length);
        }
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, &body.content_type);
        }
        builder.body(body).map_err(|error| invalid(&error))
    }

    /// The error for a status other than 2xx.
    fn api_error(&self, status: u16, headers: &HeaderMap, body: Vec<u8>) -> ApiError {
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        ApiError {
            status,
            message: detail(&body),
            body,
            method: self.request.method.to_string(),
            path: self.request.path.clone(),
            request_id: REQUEST_ID_HEADERS.into_iter().find_map(text),
            retry_after: text("retry-after")
                .and_then(|value| retry::parse_retry_after(&value, SystemTime::now())),
            location: text("location"),
            attempts: self.attempt,
        }
    }

    /// The error for a 2xx response whose body could not be read to its end.
    fn incomplete(&self, error: ureq::Error, status: u16, body: Vec<u8>) -> Error {
        let message = match &error {
            ureq::Error::BodyExceedsLimit(limit) => {
                format!("the response is larger than max_response_size, {limit} bytes")
            }
            ureq::Error::Decompress(_, cause) if cause.kind() != io::ErrorKind::UnexpectedEof => {
                format!("the response cannot be decompressed: {cause}")
            }
            ureq::Error::Timeout(_) => {
                let read = self.request.transport.timeouts.read;
                let message = format!(
                    "the response ({status}) was not complete within {read:?} (see Timeouts::read)"
                );
                return Error::Timeout(self.transport_error(message, true, cause(error)));
            }
            _ => {
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
            body,
            source: Some(cause(error)),
        }))
    }

    /// The error for a request without a response, which may not have been sent at all.
    fn no_response(&self, error: ureq::Error, body: Option<&Reader>) -> Error {
        let peer = self.peer();
        let untrusted = is_untrusted(&error);
        let may_have_arrived =
            !untrusted && !never_connected(&error) && body.is_none_or(Reader::has_started);
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
        } = transport.timeouts;
        match phase {
            Timeout::Resolve => {
                let host = transport.base_url.host();
                format!(
                    "no connection to {peer}: cannot resolve {host} within {connect:?} \
                     (see Timeouts::connect)"
                )
            }
            Timeout::Connect => {
                format!("no connection to {peer} within {connect:?} (see Timeouts::connect)")
            }
            Timeout::PerWrite => {
                format!("{peer} accepted no data for {write:?} (see Timeouts::write)")
            }
            _ => format!("no response from {peer} within {read:?} (see Timeouts::read)"),
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
            message,
            may_have_arrived,
            attempts: self.attempt,
            permanent: false,
            source: Some(cause),
        })
    }

    /// The server and the proxy in front of it, as errors name them.
    fn peer(&self) -> String {
        let transport = &self.request.transport;
        let origin = transport.base_url.as_str();
        match &transport.route {
            Some(route) => format!("{origin} through the proxy {route}"),
            None => origin.to_owned(),
        }
    }

    /// The host names that are resolved here: most proxies resolve the service's name themselves.
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
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    match body.get("detail")? {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
