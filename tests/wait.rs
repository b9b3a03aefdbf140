//! Waiting for a deployment: the requests, and every way to end.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{End, Reply, Server};
use peak_press::blocks::{Client, Wait};
use peak_press::types::*;
use peak_press::{Error, Result, RetryPolicy, Session, Timeouts};

/// A client that sends each request once.
fn client(server: &Server) -> Client {
    let session = Session::builder()
        .auth_token("t")
        .base_url(server.url())
        .timeouts(Timeouts::default().read(Duration::from_millis(50)))
        .retry(RetryPolicy::never());
    Client::new(session.build().unwrap())
}

/// A description of a deployment or revision with this status, as JSON.
fn described(status: &str) -> Reply {
    let metadata = format!(r#"{{"status": {status}}}"#);
    let body = format!(r#"{{"id": "d", "status": {status}, "metadata": {metadata}}}"#);
    Reply::json(200, &body)
}

/// The result of a wait, and the statuses and errors that it reported.
struct Waited {
    result: Result<Deployment>,
    statuses: Vec<String>,
    errors: Vec<String>,
    server: Server,
}

/// Waits with the shortest pauses. The last reply is repeated.
fn wait_with(wait: Wait, replies: impl IntoIterator<Item = Reply>) -> Waited {
    let server = Server::script(replies);
    let (statuses, errors) = (Arc::new(Mutex::new(vec![])), Arc::new(Mutex::new(vec![])));
    let (add_status, add_error) = (Arc::clone(&statuses), Arc::clone(&errors));
    let wait = wait
        .first_pause(Duration::ZERO)
        .max_pause(Duration::ZERO)
        .on_status(move |status| add_status.lock().unwrap().push(status.to_string()))
        .on_error(move |error| add_error.lock().unwrap().push(error.to_string()));
    let result = client(&server).wait_for_deployment("d", &wait);
    let (statuses, errors) = (
        statuses.lock().unwrap().clone(),
        errors.lock().unwrap().clone(),
    );
    Waited {
        result,
        statuses,
        errors,
        server,
    }
}

fn lines(server: &Server) -> Vec<String> {
    let requests = server.requests();
    requests.iter().map(|sent| sent.line().to_owned()).collect()
}

#[test]
fn ends_when_the_deployment_is_deployed() {
    let statuses = [
        r#""deploying""#,
        r#""deploying""#,
        r#""from_the_future""#,
        "null",
        r#""deployed""#,
    ];
    let waited = wait_with(Wait::new(), statuses.map(described));
    let deployment = waited.result.unwrap();
    assert_eq!(deployment.status(), Some(&DeploymentStatus::Deployed));
    assert_eq!(
        waited.statuses,
        ["deploying", "from_the_future", "deployed"]
    );
    assert_eq!(
        lines(&waited.server),
        ["GET /v1/blocks/deployments/d HTTP/1.1"; 5]
    );
}

#[test]
fn requests_a_running_deployment_once() {
    for status in [r#""deployed""#, r#""warning""#] {
        let waited = wait_with(Wait::new(), [described(status)]);
        waited.result.unwrap();
        assert_eq!(waited.server.count(), 1);
    }
}

#[test]
fn every_final_status_of_failure_ends_it() {
    for status in [
        "failed",
        "platform_resource_error",
        "delete_failed",
        "rollback_complete",
        "rollback_failed",
    ] {
        let quoted = format!("{status:?}");
        let waited = wait_with(Wait::new(), [r#""deploying""#, &quoted].map(described));
        let error = waited.result.unwrap_err();
        let message = format!("deployment d finished as {status} after ");
        assert!(error.to_string().starts_with(&message), "{error}");
        let Error::DeploymentFailed(failure) = error else {
            panic!("{error}")
        };
        assert_eq!(
            (failure.deployment_id.as_str(), failure.at_rest),
            ("d", true)
        );
        assert_eq!(failure.status.as_deref(), Some(status));
        assert_eq!(waited.statuses, ["deploying", status]);
    }
}

#[test]
fn a_failure_has_the_last_deployment() {
    let body = r#"{"id": "d", "metadata": {"status": "failed"},
        "latestRevision": {"revision": 2, "notes": "out of memory"}}"#;
    let error = wait_with(Wait::new(), [Reply::json(200, body)])
        .result
        .unwrap_err();
    let Error::DeploymentFailed(failure) = error else {
        panic!("{error}")
    };
    let revision = failure.deployment().unwrap().latest_revision.unwrap();
    assert_eq!(revision.notes.as_deref(), Some("out of memory"));
    assert_eq!(failure.last_revision(), None);
}

#[test]
fn a_failure_names_the_blocks_that_failed() {
    let body = r#"{"id": "d", "metadata": {"status": "failed"}, "latestRevision": {"blocks": [
        {"deploymentId": "a", "name": "train", "status": "failed"},
        {"deploymentId": "b", "name": "serve", "status": "deployed"},
        {"deploymentId": "c", "status": "rollback_failed"}]}}"#;
    let error = wait_with(Wait::new(), [Reply::json(200, body)])
        .result
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("; blocks that failed: train, c ("),
        "{message}"
    );
}

#[test]
fn times_out_with_the_last_status() {
    for (status, shown) in [(r#""rollback""#, "rollback"), ("null", "without a status")] {
        let wait = Wait::new().timeout(Duration::from_millis(250));
        let waited = wait_with(wait, [described(status)]);
        let error = waited.result.unwrap_err();
        let message = format!("deployment d was still {shown} after ");
        assert!(error.to_string().starts_with(&message), "{error}");
        assert!(
            error.to_string().ends_with(" (see Wait::timeout)"),
            "{error}"
        );
        assert!(matches!(error, Error::WaitTimedOut(_)));
        assert!(waited.server.count() > 1, "it requested the status again");
    }
}

#[test]
fn a_timeout_of_zero_is_one_request() {
    let wait = Wait::new().timeout(Duration::ZERO);
    let waited = wait_with(wait, [described(r#""deploying""#)]);
    assert!(matches!(waited.result, Err(Error::WaitTimedOut(_))));
    assert_eq!(waited.server.count(), 1);
}

/// Without pauses, a wait would flood the service.
#[test]
fn pauses_have_a_minimum() {
    let wait = Wait::new().timeout(Duration::from_millis(100));
    let waited = wait_with(wait, [described(r#""deploying""#)]);
    assert!(waited.server.count() <= 11, "{}", waited.server.count());
}

#[test]
fn an_error_that_is_not_retryable_ends_it() {
    let replies = [
        described(r#""deleting""#),
        Reply::json(404, r#"{"detail": "gone"}"#),
    ];
    let waited = wait_with(Wait::new(), replies);
    assert!(matches!(waited.result, Err(Error::NotFound(_))));
    assert_eq!(waited.server.count(), 2);
    assert!(waited.errors.is_empty(), "{:?}", waited.errors);
}

#[test]
fn continues_through_an_outage() {
    let busy = Reply::with_headers(503, "Retry-After: 0\r\n", "");
    let replies = [
        described(r#""deploying""#),
        busy,
        Reply::json(500, "{}"),
        Reply::nothing(End::Reset),
        Reply::nothing(End::Silence),
        described(r#""deploying""#),
        described(r#""deployed""#),
    ];
    let waited = wait_with(Wait::new(), replies);
    waited.result.unwrap();
    assert_eq!(waited.statuses, ["deploying", "deployed"]);
    assert_eq!(waited.errors.len(), 4, "{:#?}", waited.errors);
    assert_eq!(waited.server.count(), 7);
}

#[test]
fn an_outage_that_lasts_is_a_timeout_with_the_last_status_and_error() {
    let wait = Wait::new().timeout(Duration::from_millis(250));
    let replies = [described(r#""deploying""#), Reply::json(502, "{}")];
    let error = wait_with(wait, replies).result.unwrap_err();
    let Error::WaitTimedOut(timed_out) = &error else {
        panic!("{error}")
    };
    assert_eq!(timed_out.status.as_deref(), Some("deploying"));
    let last_error = timed_out.last_error.as_deref().unwrap();
    assert!(last_error.contains("502"), "{last_error}");
    assert!(
        error
            .to_string()
            .contains("; the last request failed: GET "),
        "{error}"
    );
}

/// The pause ends when the time is up. One last request follows.
#[test]
fn a_long_retry_after_does_not_outlast_a_wait() {
    let wait = Wait::new().timeout(Duration::from_millis(250));
    let busy = Reply::with_headers(503, "Retry-After: 3600\r\n", "");
    let waited = wait_with(wait, [busy, described(r#""deployed""#)]);
    assert!(waited.errors[0].contains("503"), "{:#?}", waited.errors);
    assert_eq!(waited.server.count(), 2);
}

/// A session's own timeouts may be much longer than the rest of the wait.
#[test]
fn a_silent_server_does_not_prolong_a_wait() {
    let server = Server::script([described(r#""deploying""#), Reply::nothing(End::Silence)]);
    let hour = Duration::from_secs(3600);
    let session = Session::builder()
        .auth_token("t")
        .base_url(server.url())
        .timeouts(Timeouts::default().read(hour))
        .build()
        .unwrap();
    let wait = Wait::new().timeout(Duration::from_secs(2));
    let error = Client::new(session)
        .wait_for_deployment("d", &wait)
        .unwrap_err();
    let Error::WaitTimedOut(timed_out) = &error else {
        panic!("{error}")
    };
    assert_eq!(timed_out.status.as_deref(), Some("deploying"));
    assert!(timed_out.waited < hour, "{error}");
    let last_error = timed_out.last_error.as_deref().unwrap();
    assert!(
        last_error.contains("in the time left of the wait"),
        "{last_error}"
    );
}

#[test]
fn can_be_cancelled() {
    let server = Server::script([described(r#""deploying""#)]);
    let seen = Arc::new(AtomicUsize::new(0));
    let (count, stop) = (Arc::clone(&seen), Arc::clone(&seen));
    let wait = Wait::new()
        .first_pause(Duration::from_secs(3600))
        .max_pause(Duration::from_secs(3600))
        .timeout(Duration::from_secs(7200))
        .on_status(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .cancel_when(move || stop.load(Ordering::Relaxed) > 0);
    let error = client(&server).wait_for_deployment("d", &wait).unwrap_err();
    assert!(matches!(error, Error::WaitCancelled(_)), "{error}");
    assert!(
        error.to_string().ends_with(" (the wait was cancelled)"),
        "{error}"
    );
    assert_eq!(server.count(), 1);
}

#[test]
fn a_cancelled_wait_sends_nothing() {
    let server = Server::script([described(r#""deployed""#)]);
    let wait = Wait::new().cancel_when(|| true);
    let result = client(&server).wait_for_deployment("d", &wait);
    assert!(matches!(result, Err(Error::WaitCancelled(_))));
    assert_eq!(server.count(), 0);
}

#[test]
fn watches_a_revision_by_its_number() {
    let statuses = [r#""deploying""#, r#""deployed""#, r#""deployed""#];
    let waited = wait_with(Wait::new().revision(7), statuses.map(described));
    assert_eq!(waited.result.unwrap().id, "d");
    let revision = "GET /v1/blocks/deployments/d/revisions/7 HTTP/1.1";
    let deployment = "GET /v1/blocks/deployments/d HTTP/1.1";
    assert_eq!(lines(&waited.server), [revision, revision, deployment]);
}

#[test]
fn a_superseded_revision_has_failed() {
    let waited = wait_with(Wait::new().revision("7"), [described(r#""superseded""#)]);
    let error = waited.result.unwrap_err();
    let message = "revision 7 of deployment d finished as superseded after ";
    assert!(error.to_string().starts_with(message), "{error}");
    let Error::DeploymentFailed(failure) = error else {
        panic!("{error}")
    };
    let revision = failure.last_revision().unwrap();
    assert_eq!(revision.status, Some(RevisionStatus::Superseded));
    assert_eq!(failure.deployment(), None);
}
