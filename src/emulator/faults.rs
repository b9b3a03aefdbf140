//! Misbehaviour on demand.

use std::time::Duration;

use serde_json::json;

use super::answer::Answer;
use super::request::Request;
use super::routes;
use super::server::{Reaction, Then};

/// Something that goes wrong: what, to which requests, how often.
///
/// Unless told otherwise it is the next request that it goes wrong with, whichever that is, and
/// that is not carried out. Of several faults that a request could meet it meets the one that was
/// [injected](super::Emulator::inject) first.
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
    /// How often it is still to come.
    times: u64,
    target: Option<(String, String)>,
    carries_out: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Answer(Answer),
    Raw(Vec<u8>),
    Cut,
    Delay(Duration),
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

    /// The service answers with this status and a `detail`.
    pub fn status(status: u16) -> Self {
        let body = json!({ "detail": "the emulator was told to misbehave" });
        Fault::new(Kind::Answer(Answer::json(status, &body)))
    }

    /// A proxy answers in the service's place, with this status and a page of HTML.
    pub fn proxy_page(status: u16) -> Self {
        let page = format!("<html><head><title>{status}</title></head><body>a proxy</body></html>");
        Fault::new(Kind::Answer(Answer {
            status,
            content_type: "text/html",
            headers: Vec::new(),
            body: page.into_bytes(),
        }))
    }

    /// These bytes come in place of an answer, status line, headers and all, and then the
    /// connection closes: for garbage, and for answers that end before they should.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Fault::new(Kind::Raw(bytes.into()))
    }

    /// The connection closes without an answer.
    pub fn cut() -> Self {
        Fault::new(Kind::Cut)
    }

    /// The request is carried out, and the answer comes so much later.
    pub fn delay(delay: Duration) -> Self {
        Fault::new(Kind::Delay(delay))
    }

    /// What the `detail` of a [`status`](Fault::status) says. Other faults have none.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        if let Kind::Answer(answer) = &mut self.kind
            && answer.content_type == "application/json"
        {
            answer.body = json!({ "detail": detail.into() }).to_string().into_bytes();
        }
        self
    }

    /// The answer's `Retry-After`, in seconds. Faults that are no answer have none.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Kind::Answer(answer) = &mut self.kind {
            answer.headers.push(("Retry-After", seconds.to_string()));
        }
        self
    }

    /// How many requests meet it. The default is one.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Every request meets it, until [`clear_faults`](super::Emulator::clear_faults).
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }

    /// Only requests of this method to this path meet it. `{}` in the path is any one segment:
    /// `/v1/blocks/specs/{}`.
    pub fn on(mut self, method: impl Into<String>, path: impl Into<String>) -> Self {
        self.target = Some((method.into(), path.into()));
        self
    }

    /// The request is carried out first, so that what goes wrong is only that the client does not
    /// get to know of it.
    pub fn after_carrying_out(mut self) -> Self {
        self.carries_out = true;
        self
    }

    fn concerns(&self, request: &Request) -> bool {
        self.target.as_ref().is_none_or(|(method, path)| {
            request.method.eq_ignore_ascii_case(method)
                && routes::ids(path, &request.path).is_some()
        })
    }

    /// What comes of a request that meets the fault.
    pub(super) fn react(self, carry_out: impl FnOnce() -> Answer) -> Reaction {
        let then = match self.kind {
            Kind::Delay(pause) => {
                let then = Then::Answer(carry_out());
                return Reaction { pause, then };
            }
            Kind::Answer(answer) => Then::Answer(answer),
            Kind::Raw(bytes) => Then::Raw(bytes),
            Kind::Cut => Then::Cut,
        };
        if self.carries_out {
            carry_out();
        }
        Reaction::now(then)
    }
}

/// The first of the faults that a request meets; it is then met once more.
pub(super) fn meet(faults: &mut Vec<Fault>, request: &Request) -> Option<Fault> {
    let met = faults.iter_mut().find(|fault| fault.concerns(request))?;
    met.times = met.times.saturating_sub(1);
    let fault = met.clone();
    faults.retain(|fault| fault.times > 0);
    Some(fault)
}

pub(super) fn add(faults: &mut Vec<Fault>, fault: Fault) {
    if fault.times > 0 {
        faults.push(fault);
    }
}
