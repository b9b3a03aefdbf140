//! Waiting for a deployment: what is asked, and how each way it can end looks.

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Reply, Server};
use peak_press::blocks::{Client, Wait};
use peak_press::types::*;
use peak_press::{Error, Result, RetryPolicy, Session};

/// Answers with these statuses, the last for ever, and waits.
fn wait(statuses: &[&str], wait: Wait) -> (Result<Deployment>, Vec<String>, Server) {
    let deployment = |status: &&str| {
        let body =
            format!(r#"{{"id": "d", "status": {status}, "metadata": {{"status": {status}}}}}"#);
        Reply::json(200, &body)
    };
    let server = Server::script(statuses.iter().map(deployment));
    let session = Session::builder()
        .auth_token("t")
        .base_url(server.url())
        .retry(RetryPolicy::never());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    let wait = wait.on_status(move |status| record.lock().unwrap().push(status.to_owned()));
    let result = Client::new(session.build().unwrap()).wait_for_deployment("d", &wait);
    let seen = seen.lock().unwrap().clone();
    (result, seen, server)
}

fn quick() -> Wait {
    let tick = Duration::from_millis(1);
    Wait::new().first_pause(tick).max_pause(tick)
}

#[test]
fn it_waits_until_the_deployment_is_deployed() {
    let statuses = [
        r#""deploying""#,
        r#""deploying""#,
        r#""from_the_future""#,
        "null",
        r#""deployed""#,
    ];
    let (deployment, seen, server) = wait(&statuses, quick());
    let metadata = deployment.unwrap().metadata.unwrap();
    assert_eq!(metadata.status, Some(DeploymentStatus::Deployed));
    assert_eq!(seen, ["deploying", "from_the_future", "deployed"]);
    assert_eq!(server.count(), 5);
    assert!(
        server
            .requests()
            .iter()
            .all(|sent| sent.line() == "GET /v1/blocks/deployments/d HTTP/1.1")
    );
}

#[test]
fn a_deployment_that_runs_already_is_asked_for_once() {
    for status in [r#""deployed""#, r#""warning""#] {
        let (deployment, _, server) = wait(&[status], quick());
        deployment.unwrap();
        assert_eq!(server.count(), 1);
    }
}

#[test]
fn each_state_of_failure_ends_it() {
    for status in [
        "failed",
        "platform_resource_error",
        "delete_failed",
        "rollback_complete",
        "rollback_failed",
    ] {
        let quoted = format!("{status:?}");
        let (result, seen, _) = wait(&[r#""deploying""#, &quoted], quick());
        let error = result.unwrap_err();
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
        assert_eq!(seen, ["deploying", status]);
    }
}

#[test]
fn the_time_is_up_with_the_last_state_seen() {
    for (status, shown) in [(r#""rollback""#, "rollback"), ("null", "without a status")] {
        let (result, _, server) = wait(&[status], quick().timeout(Duration::from_millis(20)));
        let error = result.unwrap_err();
        let message = format!("deployment d was still {shown} after ");
        assert!(error.to_string().starts_with(&message), "{error}");
        assert!(matches!(error, Error::WaitTimedOut(_)));
        assert!(server.count() > 1, "it looked again");
    }
    let (result, _, server) = wait(&[r#""deploying""#], quick().timeout(Duration::ZERO));
    assert!(matches!(result, Err(Error::WaitTimedOut(_))));
    assert_eq!(server.count(), 1);
}

#[test]
fn an_error_of_the_call_ends_it() {
    let server = Server::script([
        Reply::json(200, r#"{"id": "d", "metadata": {"status": "deleting"}}"#),
        Reply::json(404, r#"{"detail": "gone"}"#),
    ]);
    let session = Session::builder()
        .auth_token("t")
        .base_url(server.url())
        .build()
        .unwrap();
    let error = Client::new(session)
        .wait_for_deployment("d", &quick())
        .unwrap_err();
    assert!(matches!(error, Error::NotFound(_)));
    assert_eq!(server.count(), 2);
}

#[test]
fn a_revision_is_watched_by_its_number() {
    let (deployment, _, server) = wait(&[r#""deploying""#, r#""deployed""#], quick().revision(7));
    assert_eq!(deployment.unwrap().id, "d");
    let lines: Vec<_> = server
        .requests()
        .iter()
        .map(|sent| sent.line().to_owned())
        .collect();
    let revision = "GET /v1/blocks/deployments/d/revisions/7 HTTP/1.1";
    assert_eq!(
        lines,
        [revision, revision, "GET /v1/blocks/deployments/d HTTP/1.1"]
    );

    let (result, _, _) = wait(&[r#""superseded""#], quick().revision("7"));
    let error = result.unwrap_err();
    assert!(
        error.to_string().contains("finished as superseded"),
        "{error}"
    );
}
