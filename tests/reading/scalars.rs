//! Scalars: the types of unquoted values, and null in place of text.

use super::*;

#[test]
fn keeps_the_spelling_of_unquoted_text_in_yaml() {
    let yaml = "
body:
  version: 1
  kind: workflow
  metadata: { name: 1_000, summary: 2024-01-01, title: yes, description: ~x, tags: [{ name: 0x1F }] }
  release: { version: 1.10, notes: 012 }
  config:
    images: { 3.10: { version: 1.0, buildArguments: { A: on, B: 1e3 } } }
    steps:
      a:
        command: 8080
        imageRef: 3.10
        parents: [1.0, 2]
        parameters: { env: { PORT: 8080, V: 1.10, T: true }, secrets: [007] }
      b: { type: http, method: post, url: 1, payload: 1.50, headers: { absolute: { X: 1.0 } } }
      c: { type: export, schema: 1.0, table: 2.0, sortBy: 3.0 }
      d: { type: sql, repository: { branch: 1.10, url: u, filePath: 1 } }
tenants: [1.0, 0o7]
";
    let request = serde_json::to_value(CreateSpec::from_yaml_str(yaml).unwrap()).unwrap();
    let expected = json!({
        "body": {
            "version": 1,
            "kind": "workflow",
            "metadata": {
                "name": "1_000", "summary": "2024-01-01", "title": "yes", "description": "~x",
                "tags": [{ "name": "0x1F" }],
            },
            "release": { "version": "1.10", "notes": "012" },
            "config": {
                "images": { "3.10": { "version": "1.0", "buildArguments": { "A": "on", "B": "1e3" } } },
                "steps": {
                    "a": {
                        "command": "8080",
                        "imageRef": "3.10",
                        "parents": ["1.0", "2"],
                        "parameters": {
                            "env": { "PORT": "8080", "V": "1.10", "T": "true" },
                            "secrets": ["007"],
                        },
                    },
                    "b": {
                        "type": "http", "method": "post", "url": "1", "payload": "1.50",
                        "headers": { "absolute": { "X": "1.0" } },
                    },
                    "c": { "type": "export", "schema": "1.0", "table": "2.0", "sortBy": "3.0" },
                    "d": {
                        "type": "sql",
                        "repository": { "branch": "1.10", "url": "u", "filePath": "1" },
                    },
                },
            },
        },
        "tenants": ["1.0", "0o7"],
    });
    assert_eq!(request, expected);
}

#[test]
fn keeps_the_spelling_of_unquoted_text_in_json() {
    let json = r#"{"body": {"metadata": {"name": 1.10, "title": true}, "spec": {"id": 7}}}"#;
    let request = CreateDeployment::from_json_str(json).unwrap();
    assert_eq!(request.metadata.name.as_deref(), Some("1.10"));
    assert_eq!(request.metadata.title.as_deref(), Some("true"));
    assert_eq!(request.spec.id, "7");
}

const RELEASE: &str = "
body:
  release: { version: 1.0.0 }
  config: { steps: { a: { command: x, stepTimeout: 1_000, clearImageCache: yes } } }
autoRunOnDeploy: off
";

#[test]
fn reads_numbers_and_booleans_where_the_schema_has_them() {
    let release = CreateSpecRelease::from_yaml_str(RELEASE).unwrap();
    assert_eq!(release.auto_run_on_deploy, Some(false));
    let Config::Workflow(config) = &release.body.config else {
        panic!("a workflow")
    };
    let Step::Standard(step) = &config.steps.as_ref().unwrap()["a"] else {
        panic!("a standard step")
    };
    assert_eq!(step.step_timeout, Some(1000.into()));
    assert_eq!(step.clear_image_cache, Some(true.into()));
}

#[test]
fn refuses_text_that_only_resembles_a_number() {
    for number in ["012", "1:30", "_1", "2024-01-01", "1__", "0_1"] {
        let read = CreateSpecRelease::from_yaml_str(&RELEASE.replace("1_000", number));
        assert_eq!(read.is_ok(), number == "1__", "{number}");
    }
}

#[test]
fn only_true_false_and_plain_numbers_are_typed_among_parameters() {
    let yaml = "{ a: yes, b: 0123, c: 1_000, d: 1e3, e: 2024-01-01, f: 0x10, g: ~, h: 1:30, i: 10.0, j: TRUE }";
    let read = serde_json::to_value(Parameters::from_yaml_str(yaml).unwrap()).unwrap();
    let expected = json!({
        "a": "yes", "b": "0123", "c": "1_000", "d": 1000.0, "e": "2024-01-01", "f": 16,
        "h": "1:30", "i": 10.0, "j": true,
    });
    assert_eq!(read.to_string(), expected.to_string());
}

const NULLS: [&str; 3] = ["", "~", "null"];

/// The YAML library alone reads these as text if text is expected.
#[test]
fn refuses_null_for_required_text() {
    for null in NULLS {
        assert_eq!(
            workflow_error("name: demand-forecast", &format!("name: {null}")),
            "body.metadata.name: expected text, found nothing (null) (line 6)"
        );
        assert_eq!(
            workflow_error("kind: workflow", &format!("kind: {null}")),
            "body.kind: expected text, found nothing (null) (line 4)"
        );
        let release = format!(
            "{{ body: {{ release: {{ version: 1.0.0 }}, config: {{}} }}, artifact: {{ path: {null} }} }}"
        );
        let error = CreateSpecRelease::from_yaml_str(&release).unwrap_err();
        assert_eq!(
            error.to_string(),
            "artifact.path: expected text, found nothing (null) (line 1)"
        );
    }
}

#[test]
fn refuses_null_for_required_text_in_json() {
    let error = CreateDeployment::from_json_str(r#"{"metadata":{},"spec":{"id":null}}"#);
    assert_eq!(
        error.unwrap_err().to_string(),
        "spec.id: expected text, found nothing (null) (line 1)"
    );
}

#[test]
fn reads_null_as_a_missing_optional_field() {
    for null in NULLS {
        let yaml = format!("{{ metadata: {{ title: {null} }}, spec: {{ id: a }} }}");
        let deployment = CreateDeployment::from_yaml_str(&yaml).unwrap();
        assert_eq!(deployment.metadata.title, None);
    }
}

#[test]
fn reads_quoted_null_as_text() {
    let yaml = "{ metadata: {}, spec: { id: 'null' } }";
    let deployment = CreateDeployment::from_yaml_str(yaml).unwrap();
    assert_eq!(deployment.spec.id, "null");
}
