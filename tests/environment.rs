//! Clients that are created from the environment.

use std::process::Command;

use peak_press::{Session, apps, blocks, deployments, specs};

/// The test runs itself with these variables, because a process cannot change its own safely.
#[test]
fn every_client_is_created_from_the_environment() {
    const URL: &str = "http://127.0.0.1:9/press";
    if std::env::var("PEAK_PRESS_BASE_URL").as_deref() == Ok(URL) {
        let clients = [
            blocks::Client::from_env().unwrap().session().clone(),
            apps::Client::from_env().unwrap().session().clone(),
            specs::Client::from_env().unwrap().session().clone(),
            deployments::Client::from_env().unwrap().session().clone(),
            Session::from_env().unwrap(),
        ];
        for session in clients {
            assert_eq!(session.base_url(), URL);
        }
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "every_client_is_created_from_the_environment"])
        .env("PEAK_PRESS_BASE_URL", URL)
        .env("PEAK_AUTH_TOKEN", "token")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{output}");
    assert!(output.contains("1 passed"), "{output}");
}
