//! Deployments that failed, or took too long.

use std::fmt;
use std::time::Duration;

/// A deployment that did not reach a running state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitError {
    /// The deployment's id.
    pub deployment_id: String,
    /// The revision that was waited for, where [`Wait::revision`](crate::blocks::Wait::revision)
    /// set one.
    pub revision: Option<String>,
    /// The last status seen, in the API's spelling. `None` if there was none.
    pub status: Option<String>,
    /// How long the wait took.
    pub waited: Duration,
    /// Whether the status is final.
    pub at_rest: bool,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(revision) = &self.revision {
            write!(f, "revision {revision} of ")?;
        }
        let status = self.status.as_deref().unwrap_or("without a status");
        let (id, seconds) = (&self.deployment_id, self.waited.as_secs_f64());
        if self.at_rest {
            write!(
                f,
                "deployment {id} finished as {status} after {seconds:.1} s "
            )?;
            f.write_str("(redeploy it, or deploy another revision)")
        } else {
            write!(
                f,
                "deployment {id} was still {status} after {seconds:.1} s (see Wait::timeout)"
            )
        }
    }
}

impl std::error::Error for WaitError {}
