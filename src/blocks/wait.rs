//! Waiting for a deployment to come to rest.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::blocks::Client;
use crate::error::{Error, Result, WaitError};
use crate::types::{Deployment, DeploymentStatus, RevisionStatus};

/// Called with each new status.
type OnStatus = Arc<dyn Fn(&str) + Send + Sync>;

/// How [`Client::wait_for_deployment`] waits.
///
/// | | default |
/// |---|---|
/// | [`timeout`](Wait::timeout) | 30 minutes |
/// | [`first_pause`](Wait::first_pause) | 2 seconds; each pause is half as long again as the one before |
/// | [`max_pause`](Wait::max_pause) | 30 seconds |
///
/// The statuses of a deployment, and what each means here:
///
/// | status | |
/// |---|---|
/// | `deployed`, `warning` | it runs: the wait ends |
/// | `failed`, `platform_resource_error`, `rollback_complete`, `rollback_failed`, `delete_failed`, and, of a revision, `superseded` | it does not: [`Error::DeploymentFailed`](crate::Error::DeploymentFailed) |
/// | `deploying`, `redeploying`, `rollback`, `deleting`, none, and those that this release does not know | it is under way: the wait goes on |
#[derive(Clone)]
#[must_use]
pub struct Wait {
    timeout: Duration,
    first_pause: Duration,
    max_pause: Duration,
    revision: Option<String>,
    on_status: Option<OnStatus>,
}

impl Wait {
    /// Waits as the defaults say.
    pub fn new() -> Self {
        Self {
            timeout: Duration::from_secs(30 * 60),
            first_pause: Duration::from_secs(2),
            max_pause: Duration::from_secs(30),
            revision: None,
            on_status: None,
        }
    }

    /// How long to wait in all. The last look is taken when the time is up.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The pause after the first look.
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// The longest pause.
    pub fn max_pause(mut self, pause: Duration) -> Self {
        self.max_pause = pause;
        self
    }

    /// Watches this revision, by its number, rather than the deployment as a whole: what
    /// [`create_deployment_revision`](Client::create_deployment_revision) answered.
    pub fn revision(mut self, revision: impl fmt::Display) -> Self {
        self.revision = Some(revision.to_string());
        self
    }

    /// Called with each status seen, in the API's word, when it is another than the one before.
    pub fn on_status(mut self, callback: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_status = Some(Arc::new(callback));
        self
    }

    fn pause_after(&self, pause: Duration, left: Duration) -> Duration {
        pause.min(self.max_pause).min(left)
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

/// What a status says of a deployment's end.
#[derive(Debug, PartialEq)]
enum Outcome {
    UnderWay,
    Deployed,
    Failed,
}

fn outcome(status: &DeploymentStatus) -> Outcome {
    use DeploymentStatus::*;
    match status {
        Deployed | Warning => Outcome::Deployed,
        DeleteFailed | Failed | PlatformResourceError | RollbackComplete | RollbackFailed => {
            Outcome::Failed
        }
        // A status of which nothing is known may be on its way to one that is.
        Deploying | Deleting | Redeploying | Rollback | Other(_) => Outcome::UnderWay,
    }
}

fn revision_outcome(status: &RevisionStatus) -> Outcome {
    match status {
        RevisionStatus::Superseded => Outcome::Failed,
        other => outcome(&DeploymentStatus::from(other.as_str())),
    }
}

pub(crate) fn run(client: &Client, deployment_id: &str, wait: &Wait) -> Result<Deployment> {
    let begun = Instant::now();
    let mut pause = wait.first_pause;
    let mut last: Option<String> = None;
    loop {
        let (status, outcome, deployment) = look(client, deployment_id, wait)?;
        if let (Some(status), Some(callback)) = (&status, &wait.on_status)
            && last.as_ref() != Some(status)
        {
            callback(status);
        }
        last = status.or(last);
        let waited = begun.elapsed();
        let ended = |at_rest| {
            Box::new(WaitError {
                deployment_id: deployment_id.to_owned(),
                revision: wait.revision.clone(),
                status: last.clone(),
                waited,
                at_rest,
            })
        };
        match outcome {
            Outcome::Deployed => {
                return deployment.map_or_else(|| client.describe_deployment(deployment_id), Ok);
            }
            Outcome::Failed => return Err(Error::DeploymentFailed(ended(true))),
            Outcome::UnderWay if waited >= wait.timeout => {
                return Err(Error::WaitTimedOut(ended(false)));
            }
            Outcome::UnderWay => {}
        }
        thread::sleep(wait.pause_after(pause, wait.timeout - waited));
        pause = pause.saturating_mul(3) / 2;
    }
}

/// The status as it is now, what it says, and the deployment where that was what was looked at.
fn look(
    client: &Client,
    deployment_id: &str,
    wait: &Wait,
) -> Result<(Option<String>, Outcome, Option<Deployment>)> {
    if let Some(revision) = &wait.revision {
        let status = client
            .describe_deployment_revision(deployment_id, revision)?
            .status;
        let outcome = status.as_ref().map_or(Outcome::UnderWay, revision_outcome);
        return Ok((status.map(|status| status.to_string()), outcome, None));
    }
    let deployment = client.describe_deployment(deployment_id)?;
    let status = deployment.status();
    let outcome = status.map_or(Outcome::UnderWay, outcome);
    Ok((
        status.map(|status| status.to_string()),
        outcome,
        Some(deployment),
    ))
}
