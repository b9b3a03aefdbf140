//! Waits that did not end with a running deployment.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::text::{Line, excerpt};

/// A wait that did not end with a running deployment.
#[derive(Debug, Clone, PartialEq)]
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
    /// The blocks of an app that failed, by name.
    pub failed_blocks: Vec<String>,
    /// The error of the last request, if it failed.
    pub last_error: Option<String>,
    pub(crate) end: WaitEnd,
    /// The last response that could be read.
    pub(crate) response: Option<Value>,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitEnd {
    Failed,
    TimedOut,
    Cancelled,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(revision) = &self.revision {
            write!(f, "revision {} of ", Line(excerpt(revision, 100)))?;
        }
        let status = self.status.as_deref().unwrap_or("without a status");
        let id = Line(excerpt(&self.deployment_id, 100));
        let status = Line(excerpt(status, 100));
        let seconds = self.waited.as_secs_f64();
        let verb = match self.end {
            WaitEnd::Failed => "finished as",
            WaitEnd::TimedOut | WaitEnd::Cancelled => "was still",
        };
        write!(f, "deployment {id} {verb} {status} after {seconds:.1} s")?;
        if !self.failed_blocks.is_empty() {
            let blocks = Line(excerpt(&self.failed_blocks.join(", "), 500));
            write!(f, "; blocks that failed: {blocks}")?;
        }
        if let Some(error) = &self.last_error {
            write!(
                f,
                "; the last request failed: {}",
                Line(excerpt(error, 500))
            )?;
        }
        f.write_str(match self.end {
            WaitEnd::Failed => " (redeploy it, or deploy another revision)",
            WaitEnd::TimedOut => " (see Wait::timeout)",
            WaitEnd::Cancelled => " (the wait was cancelled)",
        })
    }
}

impl std::error::Error for WaitError {}
