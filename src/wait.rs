//! Waiting for a deployment.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::calls::Call;
use crate::error::{Error, Result, WaitEnd, WaitError};
use crate::http::Request;
use crate::session::Session;
use crate::types::{Deployment, DeploymentStatus, Revision};

/// The pause after the first request, unless the caller sets one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The shortest pause, and the first one against a loopback address.
const MIN_PAUSE: Duration = Duration::from_millis(10);
/// The minimum time limit of a request, so that a last one can be sent when the time is up.
const MIN_REQUEST: Duration = Duration::from_secs(1);
/// How soon a cancelled wait ends during a pause.
const CANCEL_INTERVAL: Duration = Duration::from_millis(100);

type OnStatus = Arc<dyn Fn(&DeploymentStatus) + Send + Sync>;
type OnError = Arc<dyn Fn(&Error) + Send + Sync>;
type Cancelled = Arc<dyn Fn() -> bool + Send + Sync>;

/// How `wait_for_deployment` waits.
///
/// | | default |
/// |---|---|
/// | [`timeout`](Wait::timeout) | 30 minutes |
/// | [`first_pause`](Wait::first_pause) | 2 seconds; 10 milliseconds with a loopback base URL, such as an emulator's |
/// | [`max_pause`](Wait::max_pause) | 30 seconds |
///
/// Each pause is one and a half times as long as the one before it. A response with `Retry-After`
/// extends it.
///
/// The statuses of a deployment, and their effect:
///
/// | status | effect |
/// |---|---|
/// | `deployed`, `warning` | The deployment runs: the wait ends. |
/// | `failed`, `platform_resource_error`, `rollback_complete`, `rollback_failed`, `delete_failed`, and `superseded` for a revision | It does not run: the wait ends with [`Error::DeploymentFailed`](crate::Error::DeploymentFailed). |
/// | `deploying`, `redeploying`, `rollback`, `deleting`, no status, and any that this release does not know | It is in progress: the wait continues. |
///
/// A [retryable](crate::Error::is_retryable) error, such as one during an outage of a few minutes,
/// does not end the wait; any other error does.
#[derive(Clone)]
#[must_use]
pub struct Wait {
    timeout: Duration,
    first_pause: Option<Duration>,
    max_pause: Duration,
    revision: Option<String>,
    on_status: Option<OnStatus>,
    on_error: Option<OnError>,
    cancelled: Option<Cancelled>,
}

impl Wait {
    /// Creates a wait with the default settings.
    pub fn new() -> Self {
        Self {
            timeout: Duration::from_secs(30 * 60),
            first_pause: None,
            max_pause: Duration::from_secs(30),
            revision: None,
            on_status: None,
            on_error: None,
            cancelled: None,
        }
    }

    /// How long to wait in total. At least one request is sent, and a last one when the time is up.
    /// A request and its retries get the time that is left, but at least one second: whatever the
    /// server does, the wait ends at most one second late.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The pause after the first request, at least 10 milliseconds.
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = Some(pause);
        self
    }

    /// The longest pause, at least 10 milliseconds.
    pub fn max_pause(mut self, pause: Duration) -> Self {
        self.max_pause = pause;
        self
    }

    /// Waits for this revision, by its number, instead of the deployment as a whole: the number
    /// that `create_deployment_revision` returned.
    pub fn revision(mut self, revision: impl fmt::Display) -> Self {
        self.revision = Some(revision.to_string());
        self
    }

    /// Calls a function with each status that differs from the one before it. A revision's
    /// `superseded` is [`DeploymentStatus::Other`].
    pub fn on_status(
        mut self,
        callback: impl Fn(&DeploymentStatus) + Send + Sync + 'static,
    ) -> Self {
        self.on_status = Some(Arc::new(callback));
        self
    }

    /// Calls a function with each error that does not end the wait.
    pub fn on_error(mut self, callback: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.on_error = Some(Arc::new(callback));
        self
    }

    /// Ends the wait with [`Error::WaitCancelled`](crate::Error::WaitCancelled) once this function
    /// returns true. It is called before each request, and ten times a second during a pause; a
    /// request that is in progress is not interrupted.
    ///
    /// ```
    /// use peak_press::blocks::Wait;
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// let stop = Arc::new(AtomicBool::new(false)); // set by a signal handler, for example
    /// let wait = Wait::new().cancel_when(move || stop.load(Ordering::Relaxed));
    /// # let _ = wait;
    /// ```
    pub fn cancel_when(mut self, cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.cancelled = Some(Arc::new(cancelled));
        self
    }

    /// Waits for a deployment, given the calls that describe it and one of its revisions.
    pub(crate) fn run<D: DeserializeOwned>(
        &self,
        session: &Session,
        describe: &Call,
        describe_revision: &Call,
        deployment_id: &str,
    ) -> Result<D> {
        let deployment = session.call(describe, &[deployment_id]);
        let revision = self
            .revision
            .as_ref()
            .map(|revision| session.call(describe_revision, &[deployment_id, revision]));
        let started = Instant::now();
        let mut seen = Seen::default();
        let mut pause = self.first_pause.unwrap_or(if session.is_loopback() {
            MIN_PAUSE
        } else {
            FIRST_PAUSE
        });
        let end = loop {
            if self.is_cancelled() {
                break WaitEnd::Cancelled;
            }
            let mut retry_after = Duration::ZERO;
            let left = self.timeout.saturating_sub(started.elapsed());
            let end = Instant::now().checked_add(left.max(MIN_REQUEST));
            let revision = revision.clone().map(|request| request.until(end));
            match self.look(&deployment.clone().until(end), revision, &mut seen) {
                Ok(Look::Deployed(deployment)) => return Ok(deployment),
                Ok(Look::Failed) => break WaitEnd::Failed,
                Ok(Look::InProgress) => seen.error = None,
                Err(error) if error.is_retryable() => {
                    if let Some(callback) = &self.on_error {
                        callback(&error);
                    }
                    let response = error.api_error();
                    retry_after = response.and_then(|r| r.retry_after).unwrap_or_default();
                    seen.error = Some(error.to_string());
                }
                Err(error) => return Err(error),
            }
            let left = self.timeout.saturating_sub(started.elapsed());
            if left.is_zero() {
                break WaitEnd::TimedOut;
            }
            pause = pause.min(self.max_pause).max(MIN_PAUSE);
            self.sleep(pause.max(retry_after).min(left));
            pause = pause.saturating_mul(3) / 2;
        };
        Err(Error::from(WaitError {
            deployment_id: deployment_id.to_owned(),
            revision: self.revision.clone(),
            status: seen.status.map(|status| status.to_string()),
            waited: started.elapsed(),
            at_rest: end == WaitEnd::Failed,
            failed_blocks: failed_blocks(seen.response.as_ref()),
            last_error: seen.error,
            end,
            response: seen.response,
        }))
    }

    /// Requests the status once, and the deployment if its revision is deployed.
    fn look<D: DeserializeOwned>(
        &self,
        deployment: &Request,
        revision: Option<Request>,
        seen: &mut Seen,
    ) -> Result<Look<D>> {
        let response = revision.as_ref().unwrap_or(deployment).send_raw()?;
        match self.observe(seen, response.json()?) {
            Progress::Pending => Ok(Look::InProgress),
            Progress::Failed => Ok(Look::Failed),
            Progress::Deployed if revision.is_some() => deployment.send().map(Look::Deployed),
            Progress::Deployed => response.json().map(Look::Deployed),
        }
    }

    /// Records a response, and reports its status if that is new.
    fn observe(&self, seen: &mut Seen, response: Value) -> Progress {
        let pointer = match self.revision {
            Some(_) => "/status",
            None => "/metadata/status",
        };
        let status = status_at(&response, pointer);
        seen.response = Some(response);
        let Some(status) = status else {
            return Progress::Pending;
        };
        let progress = progress(&status);
        if seen.status.as_ref() != Some(&status) {
            if let Some(callback) = &self.on_status {
                callback(&status);
            }
            seen.status = Some(status);
        }
        progress
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.as_ref().is_some_and(|cancelled| cancelled())
    }

    /// Sleeps, in steps if the wait can be cancelled.
    fn sleep(&self, mut pause: Duration) {
        while !pause.is_zero() && !self.is_cancelled() {
            let step = match self.cancelled {
                Some(_) => pause.min(CANCEL_INTERVAL),
                None => pause,
            };
            thread::sleep(step);
            pause -= step;
        }
    }
}

impl Default for Wait {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("timeout", &self.timeout)
            .field("first_pause", &self.first_pause)
            .field("max_pause", &self.max_pause)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// What a wait has seen so far.
#[derive(Default)]
struct Seen {
    status: Option<DeploymentStatus>,
    /// The last response that could be read.
    response: Option<Value>,
    /// The error of the last request, if it failed.
    error: Option<String>,
}

/// The result of one request.
enum Look<D> {
    InProgress,
    Failed,
    Deployed(D),
}

#[derive(PartialEq)]
enum Progress {
    Pending,
    Deployed,
    Failed,
}

fn progress(status: &DeploymentStatus) -> Progress {
    use DeploymentStatus::*;
    match status {
        Deployed | Warning => Progress::Deployed,
        DeleteFailed | Failed | PlatformResourceError | RollbackComplete | RollbackFailed => {
            Progress::Failed
        }
        Other(status) if status.as_str() == "superseded" => Progress::Failed,
        Deploying | Deleting | Redeploying | Rollback | Other(_) => Progress::Pending,
    }
}

/// Whether a status is final, and the deployment does not run.
pub(crate) fn has_failed(status: &DeploymentStatus) -> bool {
    progress(status) == Progress::Failed
}

fn status_at(response: &Value, pointer: &str) -> Option<DeploymentStatus> {
    let status = response.pointer(pointer)?.as_str()?;
    Some(DeploymentStatus::from(status))
}

/// The names of an app's blocks that failed.
fn failed_blocks(response: Option<&Value>) -> Vec<String> {
    let blocks =
        response.and_then(|response| response.pointer("/latestRevision/blocks")?.as_array());
    let failed =
        |block: &&Value| status_at(block, "/status").is_some_and(|status| has_failed(&status));
    let name = |block: &Value| {
        let name = block.get("name").or_else(|| block.get("deploymentId"))?;
        name.as_str().map(str::to_owned)
    };
    let blocks = blocks.into_iter().flatten();
    blocks.filter(failed).filter_map(name).collect()
}

/// Access to the last response of the wait.
impl WaitError {
    /// The last response, as a block's deployment. `None` if there was none, or if the wait was for
    /// a revision.
    pub fn deployment(&self) -> Option<Deployment> {
        match self.revision {
            Some(_) => None,
            None => self.last_response(),
        }
    }

    /// The last response of a wait for a revision, as a block's revision.
    pub fn last_revision(&self) -> Option<Revision> {
        self.revision.as_ref().and_then(|_| self.last_response())
    }

    fn last_response<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(self.response.as_ref()?).ok()
    }
}
