//! Reading logs a warning for each unknown key, without its value.

use std::cell::RefCell;
use std::sync::Once;

use proptest::prelude::*;

use super::safe_line::{hostile, is_safe_line};
use super::*;

const SENT: &str = "not known to this release; it is sent as it is";

/// Records the warnings of each thread separately, because tests run in parallel.
struct Recorder;

thread_local! {
    static WARNINGS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        assert_eq!(
            (record.level(), record.target()),
            (log::Level::Warn, "peak_press")
        );
        WARNINGS.with_borrow_mut(|warnings| warnings.push(record.args().to_string()));
    }

    fn flush(&self) {}
}

/// The warnings that `read` logs.
fn warnings(read: impl FnOnce()) -> Vec<String> {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        log::set_logger(&Recorder).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
    WARNINGS.take();
    read();
    WARNINGS.take()
}

#[test]
fn logs_unknown_keys_without_their_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.yaml");
    let spec = text("workflow.yaml")
        .replace("    steps:", "    step:")
        .replace("ignore_files:", "ignoreFiles:");
    std::fs::write(
        &path,
        format!("x-mine: 1\n$schema: x\n{spec}token: s3cr3t\n"),
    )
    .unwrap();
    let warnings = warnings(|| {
        CreateSpec::from_yaml_file(&path).unwrap();
    });
    let file = path.display();
    // Two lines precede the document.
    let line = |part: &str| 2 + workflow_line(part);
    let last = 3 + text("workflow.yaml").lines().count();
    let steps = line("    steps:");
    let ignore_files = line("ignore_files");
    assert_eq!(
        warnings,
        [
            format!("{file}: token: {SENT} (line {last})"),
            format!(
                "{file}: artifact.ignoreFiles: not known to this release; it is not sent; did you \
                 mean \"ignore_files\"? (line {ignore_files})"
            ),
            format!("{file}: body.config.step: {SENT}; did you mean \"steps\"? (line {steps})"),
        ]
    );
}

const MISSPELT: &str = r#"{ "metadata": {}, "spec": { "id": "a", "relase": "s3cr3t" } }"#;

#[test]
fn the_path_in_a_warning_lacks_a_body_that_the_document_lacks() {
    let warnings = warnings(|| {
        CreateDeployment::from_json_str(MISSPELT).unwrap();
    });
    let expected = format!("spec.relase: {SENT}; did you mean \"release\"? (line 1)");
    assert_eq!(warnings, [expected]);
}

#[test]
fn the_path_in_a_warning_starts_at_the_body_wrapper() {
    let wrapped = format!(r#"{{ "$schema": "x", "body": {MISSPELT} }}"#);
    let warnings = warnings(|| {
        CreateDeployment::from_yaml_str(&wrapped).unwrap();
    });
    let expected = format!("body.spec.relase: {SENT}; did you mean \"release\"? (line 1)");
    assert_eq!(warnings, [expected]);
}

#[test]
fn logs_nothing_for_parameters() {
    let warnings = warnings(|| {
        Parameters::from_yaml_str("{ anything: 1, x-a: 2 }").unwrap();
    });
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn logs_nothing_for_a_refused_document() {
    let warnings = warnings(|| {
        CreateDeployment::from_yaml_str("{ metadta: {}, spec: { id: a } }").unwrap_err();
    });
    assert!(warnings.is_empty(), "{warnings:?}");
}

proptest! {
    #[test]
    fn every_problem_and_log_line_is_one_safe_line(hostile in hostile()) {
        let step = json!({ "command": "a", "parents": [hostile], &hostile: 1, "imageRef": hostile });
        let mut spec = json!({
            "body": {
                "version": 1,
                "kind": hostile,
                "metadata": { "name": hostile, "summary": "s", "tags": [{ "name": hostile, &hostile: 1 }] },
                "release": { "version": hostile },
                "config": { "steps": { &hostile: step }, "triggers": [{ "cron": hostile }] },
            },
            "scope": hostile,
        });
        let logged = warnings(|| {
            let request = CreateSpec::from_json_str(&spec.to_string()).unwrap();
            for problem in request.problems() {
                assert!(is_safe_line(&problem.to_string()), "{problem:?}");
            }
        });
        prop_assert!(logged.len() > 5, "{:?}", logged);
        for line in logged {
            prop_assert!(is_safe_line(&line), "{}", line.escape_debug());
        }
        spec["body"]["config"]["steps"][&hostile]["stepTimeout"] = json!(hostile);
        let error = CreateSpec::from_json_str(&spec.to_string()).unwrap_err().to_string();
        prop_assert!(error.contains(".stepTimeout: expected a number"), "{}", error.escape_debug());
        prop_assert!(is_safe_line(&error), "{}", error.escape_debug());
    }
}
