//! The optional `body` wrapper, keys for editors and anchors, and a key with two spellings.

use super::*;

#[test]
fn the_body_wrapper_is_optional() {
    let bare = CreateDeployment::from_yaml_str("metadata: {}\nspec: { id: a }").unwrap();
    let wrapped =
        CreateDeployment::from_yaml_str("body: { metadata: {}, spec: { id: a } }").unwrap();
    assert_eq!(bare, wrapped);
}

#[test]
fn refuses_other_keys_beside_a_body_that_has_no_siblings() {
    let error = UpdateSpecMetadata::from_yaml_str("body: {}\nartifact: { path: . }").unwrap_err();
    assert_eq!(
        error.to_string(),
        "artifact: there is nothing beside `body` in a document of this kind (line 2)"
    );
}

#[test]
fn a_spec_needs_its_body_wrapper() {
    let error = CreateSpec::from_yaml_str("metadata: {}").unwrap_err();
    assert!(
        error.to_string().contains(r#"the field "body" is missing"#),
        "{error}"
    );
}

#[test]
fn ignores_schema_and_x_keys_of_a_spec() {
    let spec = text("workflow.yaml");
    let extended = format!("x-base: &base {{ a: 1 }}\n$schema: https://example.com\n{spec}");
    let plain = CreateSpec::from_yaml_str(&spec).unwrap();
    assert_eq!(CreateSpec::from_yaml_str(&extended).unwrap(), plain);
}

#[test]
fn ignores_schema_and_x_keys_of_a_deployment() {
    for document in [
        r#"{ "$schema": "x", "x-a": 1, "metadata": {}, "spec": { "id": "a" } }"#,
        r#"{ "$schema": "x", "x-a": 1, "body": { "metadata": {}, "spec": { "id": "a" } } }"#,
    ] {
        let read = CreateDeployment::from_json_str(document).unwrap();
        assert!(read.extra.is_empty(), "{:?}", read.extra);
    }
}

#[test]
fn a_parameter_may_be_named_like_an_x_key() {
    let read = Parameters::from_json_str(r#"{ "$schema": "x", "x-a": 1 }"#).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"x-a":1}"#);
    let read =
        Parameters::from_json_str(r#"{ "x-b": 1, "body": { "$schema": "x", "x-a": 1 } }"#).unwrap();
    assert_eq!(read.len(), 2);
}

#[test]
fn reads_auto_run_on_deploy_in_snake_case() {
    let yaml = "{ body: { release: { version: 1.0.0 }, config: {} }, auto_run_on_deploy: yes }";
    let release = CreateSpecRelease::from_yaml_str(yaml).unwrap();
    assert_eq!(release.auto_run_on_deploy, Some(true));
    assert!(release.extra.is_empty());
    let spec = text("workflow.yaml").replace("autoRunOnDeploy:", "auto_run_on_deploy:");
    let camel = CreateSpec::from_yaml_str(&text("workflow.yaml")).unwrap();
    assert!(camel.auto_run_on_deploy.is_some());
    assert_eq!(CreateSpec::from_yaml_str(&spec).unwrap(), camel);
}
