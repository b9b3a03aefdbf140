//! State that a request shares with its connection. ureq cannot pass it on, but a whole attempt runs
//! on the thread that sends it, so it is kept in a thread-local variable.

use std::cell::Cell;
use std::time::Instant;

#[derive(Clone, Copy)]
struct State {
    ends: Option<Instant>,
    upload_stopped: bool,
}

thread_local! {
    static CURRENT: Cell<State> = const { Cell::new(State { ends: None, upload_stopped: false }) };
}

/// The current attempt of this thread. Dropping it restores the previous one, because an upload's
/// callback may send requests of its own.
pub(super) struct Current {
    before: State,
}

impl Current {
    /// Begins an attempt that must end by `ends`.
    pub(super) fn begin(ends: Instant) -> Self {
        let state = State {
            ends: Some(ends),
            upload_stopped: false,
        };
        Current {
            before: CURRENT.replace(state),
        }
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        CURRENT.set(self.before);
    }
}

/// When the current attempt must end.
pub(super) fn ends() -> Option<Instant> {
    CURRENT.get().ends
}

/// Records that the server no longer accepts the request: what ureq still reads of its body is not
/// sent.
pub(super) fn stop_upload() {
    let mut state = CURRENT.get();
    state.upload_stopped = true;
    CURRENT.set(state);
}

pub(super) fn upload_is_stopped() -> bool {
    CURRENT.get().upload_stopped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_within_another_does_not_change_it() {
        let now = Instant::now();
        let outer = Current::begin(now);
        stop_upload();
        let inner = Current::begin(now);
        assert!(!upload_is_stopped());
        drop(inner);
        assert!(upload_is_stopped());
        assert_eq!(ends(), Some(now));
        drop(outer);
        assert_eq!((ends(), upload_is_stopped()), (None, false));
    }
}
