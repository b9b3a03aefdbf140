//! A session after a caught panic.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use peak_press::emulator::Emulator;
use peak_press::types::*;
use peak_press::{Artifact, blocks};

fn request(artifact: Artifact) -> CreateSpec {
    let body = SpecBody::workflow(
        SpecMetadata::new("forecast", "Forecasts demand"),
        NewRelease::new("1.0.0"),
        WorkflowConfig::new(),
    );
    CreateSpec::new(body).artifact(artifact)
}

#[test]
fn a_session_works_after_a_panic_in_a_callback() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.py"), "print()").unwrap();
    let emulator = Emulator::start().unwrap();
    let client = blocks::Client::new(emulator.session());
    let artifact = || Artifact::dir(folder.path());

    // The request holds a callback, so it needs an assertion; the client does not.
    let panics = AssertUnwindSafe(request(
        artifact().on_progress(|_| panic!("a test's panic")),
    ));
    assert!(catch_unwind(|| client.create_spec(&panics)).is_err());
    let created = client.create_spec(&request(artifact())).unwrap();
    assert_eq!(client.describe_spec(&created.id).unwrap().id, created.id);
}
