//! Responses, and their wire format.

use serde_json::{Value, json};

/// What a handler returns: the JSON of a 200 response, or an error response.
pub(super) type HandlerResult = Result<Value, ErrorResponse>;

/// An error status and the response's `detail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ErrorResponse {
    pub(super) status: u16,
    pub(super) detail: String,
}

impl ErrorResponse {
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        ErrorResponse { status, detail }
    }

    /// 400: not HTTP, not JSON, not a form, or an invalid query.
    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        ErrorResponse::new(400, detail)
    }

    /// 404.
    pub(super) fn not_found(what: &str, id: &str) -> Self {
        ErrorResponse::new(404, format!("{what} {id:?} does not exist"))
    }

    /// 409: conflicts with stored data.
    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        ErrorResponse::new(409, detail)
    }

    /// 413.
    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        ErrorResponse::new(413, detail)
    }

    /// 422: well-formed, but a field has the wrong shape or value.
    pub(super) fn unprocessable(field: &str, message: impl AsRef<str>) -> Self {
        ErrorResponse::new(422, format!("{field}: {}", message.as_ref()))
    }
}

/// A response that is ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    /// Headers besides those of every response.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Response {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
    }

    pub(super) fn error(status: u16, detail: &str) -> Self {
        Response::json(status, &json!({ "detail": detail }))
    }

    pub(super) fn to_bytes(&self, keep_alive: bool) -> Vec<u8> {
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let mut head = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {connection}\r\n",
            self.status,
            reason(self.status),
            self.content_type,
            self.body.len()
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

impl From<HandlerResult> for Response {
    fn from(result: HandlerResult) -> Self {
        match result {
            Ok(body) => Response::json(200, &body),
            Err(error) => error.into(),
        }
    }
}

impl From<ErrorResponse> for Response {
    fn from(error: ErrorResponse) -> Self {
        Response::error(error.status, &error.detail)
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        _ => crate::error::reason(status).unwrap_or_default(),
    }
}
