//! Errors in JSON text, configs of another kind, and unreadable files. `tests/mistakes/` covers
//! mistakes on single lines.

use super::*;

#[test]
fn json_errors_name_the_path_and_line() {
    let error =
        CreateDeployment::from_json_str("{\n\t\"spec\": {\"id\": [1]},\n\t\"metadata\": {}}")
            .unwrap_err();
    assert!(matches!(error, Error::InvalidJson(_)));
    assert_eq!(
        error.to_string(),
        "spec.id: expected text, found a list (line 2)"
    );
}

#[test]
fn json_syntax_errors_name_the_column() {
    let error = CreateDeployment::from_json_str("{\n\"spec\": }").unwrap_err();
    assert_eq!(
        error.to_string(),
        "spec: expected a value, found '}', at column 9 (line 2)"
    );
}

#[test]
fn refuses_a_workflow_config_for_a_service() {
    assert_eq!(
        workflow_error("kind: workflow", "kind: service"),
        format!(
            "body.config: a service's config needs `serviceType` (line {})",
            workflow_line("  config:\n")
        )
    );
}

#[test]
fn refuses_a_service_config_for_a_workflow() {
    let service = text("api.yaml").replace("kind: service", "kind: workflow");
    let error = CreateSpec::from_yaml_str(&service).unwrap_err().to_string();
    assert!(
        error.starts_with("body.config: `serviceType` is of a service's config"),
        "{error}"
    );
}

#[test]
fn a_missing_file_is_named() {
    let error = CreateSpec::from_yaml_file("/nowhere/block.yaml").unwrap_err();
    assert!(matches!(error, Error::FileNotFound { .. }));
    assert_eq!(
        error.to_string(),
        "/nowhere/block.yaml: there is no such file"
    );
}

#[test]
fn refuses_a_folder_in_place_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        CreateSpec::from_yaml_file(folder.path()),
        Err(Error::File { .. })
    ));
}
