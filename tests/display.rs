//! One-line `Display` of what the service describes.

use std::fmt::Display;

use peak_press::types::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[track_caller]
fn assert_prints<T: DeserializeOwned + Display>(value: Value, line: &str) {
    let decoded: T = serde_json::from_value(value).unwrap();
    assert_eq!(decoded.to_string(), line);
}

#[test]
fn a_spec_prints_name_version_kind_status_and_id() {
    let spec = |kind: &str| {
        json!({
            "id": "632a", "kind": kind, "latestRelease": {"version": "1.2.0"},
            "metadata": {"name": "forecast", "status": "available"},
        })
    };
    assert_prints::<Spec>(
        spec("workflow"),
        "forecast 1.2.0 (workflow, available, id 632a)",
    );
    assert_prints::<AppSpec>(spec("app"), "forecast 1.2.0 (app, available, id 632a)");
    assert_prints::<AnySpec>(spec("app"), "forecast 1.2.0 (app, available, id 632a)");
}

#[test]
fn a_deployment_prints_name_revision_kind_status_and_id() {
    let deployment = |kind: &str| {
        json!({
            "id": "7092", "kind": kind, "latestRevision": {"revision": 2},
            "metadata": {"name": "north", "status": "platform_resource_error"},
        })
    };
    let line = |kind| format!("north revision 2 ({kind}, platform_resource_error, id 7092)");
    assert_prints::<Deployment>(deployment("service"), &line("service"));
    assert_prints::<AppDeployment>(deployment("app"), &line("app"));
    assert_prints::<AnyDeployment>(deployment("app"), &line("app"));
}

#[test]
fn a_revision_prints_number_status_and_id() {
    let revision = json!({"id": "v", "revision": 2, "status": "superseded"});
    assert_prints::<Revision>(revision.clone(), "revision 2 (superseded, id v)");
    assert_prints::<AppRevision>(revision, "revision 2 (superseded, id v)");
    assert_prints::<Revision>(json!({}), "revision");
}

#[test]
fn missing_fields_are_left_out_and_unknown_values_are_printed_unchanged() {
    assert_prints::<Spec>(json!({"id": "s"}), "id s");
    assert_prints::<Deployment>(
        json!({"id": "d", "kind": "lambda", "metadata": {"status": "updating"}}),
        "lambda, updating, id d",
    );
}

#[test]
fn a_line_is_one_line_of_bounded_length() {
    let name = format!("two\nlines \u{1b}[31m {}", "x".repeat(1000));
    let value = json!({"id": "s\r\n", "metadata": {"name": name}});
    let spec: Spec = serde_json::from_value(value).unwrap();
    let line = spec.to_string();
    assert!(
        line.starts_with("two lines [31m xxx") && line.ends_with("… (id s)"),
        "{line}"
    );
    assert!(
        line.chars().count() < 120 && !line.contains(char::is_control),
        "{line}"
    );
    let short: Spec = serde_json::from_value(json!({"id": "s"})).unwrap();
    assert_eq!(format!("{short:>6}|{short:<6}|"), "  id s|id s  |");
}

#[test]
fn statuses_print_the_word_of_the_api() {
    for word in SpecStatus::VALUES {
        assert_eq!(SpecStatus::from(*word).to_string(), *word);
    }
    for word in DeploymentStatus::VALUES {
        assert_eq!(DeploymentStatus::from(*word).to_string(), *word);
    }
    for word in RevisionStatus::VALUES {
        assert_eq!(RevisionStatus::from(*word).to_string(), *word);
    }
}
