//! Injected faults.

use std::time::Duration;

use serde_json::{Value, json};

use super::request::Request;
use super::response::Response;
use super::routed::match_path;
use super::server::{Action, Reply};

/// A fault to inject: what goes wrong, for which requests, and how often.
///
/// By default a fault affects the next request, whatever it is, and the request is not carried out. If
/// several faults match a request, the one that was [injected](super::Emulator::inject) first applies.
///
/// ```
/// use peak_press::emulator::Fault;
///
/// let busy = Fault::status(503).retry_after(0).times(2).on("POST", "/v1/blocks/specs/");
/// let lost = Fault::cut().after_carrying_out().on("POST", "/v1/blocks/deployments/");
/// # let _ = (busy, lost);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    kind: Kind,
    /// How many more requests it affects.
    times: u64,
    target: Option<(String, String)>,
    carries_out: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Respond(Response),
    Raw(Vec<u8>),
    Cut,
    Silence,
    Drip,
    Delay(Duration),
    PageNumber(u64),
}

impl Fault {
    fn new(kind: Kind) -> Self {
        Fault {
            kind,
            times: 1,
            target: None,
            carries_out: false,
        }
    }

    /// The service responds with this status and a `detail`.
    pub fn status(status: u16) -> Self {
        Fault::new(Kind::Respond(Response::error(status, "injected fault")))
    }

    /// The service responds with this status and any JSON.
    ///
    /// ```
    /// use peak_press::emulator::Fault;
    /// use serde_json::json;
    ///
    /// let endless = json!({ "specs": [], "pageCount": 4_000_000_000u64, "pageNumber": 1 });
    /// let fault = Fault::json(200, endless).on("GET", "/v1/blocks/specs/");
    /// # let _ = fault;
    /// ```
    pub fn json(status: u16, body: Value) -> Self {
        Fault::new(Kind::Respond(Response::json(status, &body)))
    }

    /// A proxy responds instead of the service, with this status and an HTML page.
    pub fn proxy_page(status: u16) -> Self {
        let page = format!("<html><head><title>{status}</title></head><body>a proxy</body></html>");
        Fault::new(Kind::Respond(Response {
            status,
            content_type: "text/html",
            headers: Vec::new(),
            body: page.into_bytes(),
        }))
    }

    /// These bytes are sent instead of the response, including the status line and headers, and the
    /// connection closes: for garbage and truncated responses.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Fault::new(Kind::Raw(bytes.into()))
    }

    /// The connection closes without a response.
    pub fn cut() -> Self {
        Fault::new(Kind::Cut)
    }

    /// No response is sent, and the connection stays open until the client closes it.
    pub fn silence() -> Self {
        Fault::new(Kind::Silence)
    }

    /// A response with status 200 trickles in, one byte at a time, and never ends.
    pub fn drip() -> Self {
        Fault::new(Kind::Drip)
    }

    /// The request is carried out, and the response is delayed.
    pub fn delay(delay: Duration) -> Self {
        Fault::new(Kind::Delay(delay))
    }

    /// The request is carried out, and the response's `pageNumber` is replaced by this one. Responses
    /// without a `pageNumber` are unchanged.
    pub fn page_number(number: u64) -> Self {
        Fault::new(Kind::PageNumber(number))
    }

    /// Sets the `detail` of a [`status`](Fault::status) fault, and replaces the body of a
    /// [`json`](Fault::json) fault. Other faults ignore it.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        if let Kind::Respond(response) = &mut self.kind
            && response.content_type == "application/json"
        {
            response.body = Response::error(response.status, &detail.into()).body;
        }
        self
    }

    /// Adds a `Retry-After` header, in seconds. Faults without a response ignore it.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Kind::Respond(response) = &mut self.kind {
            response.headers.push(("Retry-After", seconds.to_string()));
        }
        self
    }

    /// Sets how many requests the fault affects. The default is 1.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Affects every request, until [`clear_faults`](super::Emulator::clear_faults).
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    /// Affects only requests with this method and path. `{}` in the path matches any one segment:
    /// `/v1/blocks/specs/{}`.
    pub fn on(mut self, method: impl Into<String>, path: impl Into<String>) -> Self {
        self.target = Some((method.into(), path.into()));
        self
    }

    /// Carries the request out first, so that only the response is lost.
    pub fn after_carrying_out(mut self) -> Self {
        self.carries_out = true;
        self
    }

    fn matches(&self, request: &Request) -> bool {
        self.target.as_ref().is_none_or(|(method, path)| {
            request.method.eq_ignore_ascii_case(method) && match_path(path, &request.path).is_some()
        })
    }

    /// The reply to an affected request.
    pub(super) fn reply(self, carry_out: impl FnOnce() -> Response) -> Reply {
        let action = match self.kind {
            Kind::Delay(delay) => {
                let action = Action::Respond(carry_out());
                return Reply { delay, action };
            }
            Kind::PageNumber(number) => {
                let response = with_page_number(carry_out(), number);
                return Reply::now(Action::Respond(response));
            }
            Kind::Respond(response) => Action::Respond(response),
            Kind::Raw(bytes) => Action::Raw(bytes),
            Kind::Cut => Action::Close,
            Kind::Silence => Action::Silence,
            Kind::Drip => Action::Drip,
        };
        if self.carries_out {
            carry_out();
        }
        Reply::now(action)
    }
}

fn with_page_number(mut response: Response, number: u64) -> Response {
    if let Ok(mut page) = serde_json::from_slice::<Value>(&response.body)
        && let Some(page_number) = page.get_mut("pageNumber")
    {
        *page_number = json!(number);
        response.body = page.to_string().into_bytes();
    }
    response
}

/// The pending faults, in the order of injection.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn inject(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.0.push(fault);
        }
    }

    /// The first fault that affects a request. Counts the use, and drops the fault after the last one.
    pub(super) fn next_for(&mut self, request: &Request) -> Option<Fault> {
        let index = self.0.iter().position(|fault| fault.matches(request))?;
        self.0[index].times -= 1;
        if self.0[index].times == 0 {
            return Some(self.0.remove(index));
        }
        Some(self.0[index].clone())
    }

    pub(super) fn pending(&self) -> usize {
        self.0.len()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
