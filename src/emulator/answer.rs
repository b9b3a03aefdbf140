//! What goes back: a JSON document and its status, or the refusal of a request.

use serde_json::{Value, json};

/// What a call comes to.
pub(super) type Answered = Result<Value, Refusal>;

/// A status that is no success, and the message that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Refusal { status, detail }
    }

    /// What is not HTTP, not JSON, no form, or no query of the list.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Refusal::new(400, detail)
    }

    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Refusal::new(404, format!("{what} {id:?} does not exist"))
    }

    /// What clashes with what is there.
    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Refusal::new(409, detail)
    }

    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        Refusal::new(413, detail)
    }

    /// What is well formed, and of the wrong shape or value at this place.
    pub(super) fn unacceptable(place: &str, message: impl AsRef<str>) -> Self {
        Refusal::new(422, format!("{place}: {}", message.as_ref()))
    }
}

/// An answer that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    /// Beyond those that every answer has.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Answer {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
    }

    /// The answer as it goes over the wire.
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

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        match answered {
            Ok(body) => Answer::json(200, &body),
            Err(refusal) => refusal.into(),
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Answer::json(refusal.status, &json!({ "detail": refusal.detail }))
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        _ => crate::error::reason(status).unwrap_or_default(),
    }
}
