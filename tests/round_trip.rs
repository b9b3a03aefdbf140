//! Requests written to files, and descriptions from the service turned back into requests.

use peak_press::types::*;
use peak_press::{Error, Result};
use serde_json::json;

fn text(name: &str) -> String {
    let path = format!("{}/tests/documents/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

macro_rules! reads_back {
    ($($test:ident: $type:ident from $file:literal;)*) => {$(
        #[test]
        fn $test() {
            let request = $type::from_yaml_str(&text($file)).unwrap();
            let written = request.to_yaml_string().unwrap();
            let read = $type::from_yaml_str(&written).unwrap();
            assert_eq!(read, request, "{written}");
            assert_eq!(read.to_yaml_string().unwrap(), written);
        }
    )*};
}

reads_back! {
    a_workflow_reads_back: CreateSpec from "workflow.yaml";
    a_web_app_reads_back: CreateSpec from "web-app.yaml";
    an_api_reads_back: CreateSpec from "api.yaml";
    a_release_reads_back: CreateSpecRelease from "release.yaml";
    a_deployment_reads_back: CreateDeployment from "deployment.yaml";
    a_revision_reads_back: CreateDeploymentRevision from "revision.yaml";
    spec_metadata_read_back: UpdateSpecMetadata from "spec-metadata.yaml";
    deployment_metadata_read_back: UpdateDeploymentMetadata from "deployment-metadata.yaml";
    parameters_read_back: Parameters from "parameters.yaml";
    an_app_reads_back: CreateAppSpec from "app.yaml";
    a_release_of_an_app_reads_back: CreateAppSpecRelease from "app-release.yaml";
    a_deployment_of_an_app_reads_back: CreateAppDeployment from "app-deployment.yaml";
    a_revision_of_an_app_reads_back: CreateAppDeploymentRevision from "app-revision.yaml";
    parameters_of_an_app_read_back: PatchParameters from "app-parameters.yaml";
    parameters_of_a_block_read_back: PatchParameters from "block-parameters.yaml";
}

#[test]
fn writes_set_fields_in_schema_order_and_block_style() {
    let step = StandardStep::new("python train.py")
        .image_ref("python")
        .parents(["load"]);
    let config = WorkflowConfig::new()
        .images([("python", Image::new().dockerfile("Dockerfile"))])
        .steps([
            ("train", Step::from(step)),
            ("clean", SqlStep::new().sql_query_path("clean.sql").into()),
        ]);
    let metadata =
        SpecMetadata::new("forecast", "Forecasts demand").description("# Demand\n\nHow much.\n");
    let body = SpecBody::workflow(metadata, NewRelease::new("1.10.0"), config);
    let request = CreateSpec::new(body)
        .artifact(peak_press::Artifact::dir("app"))
        .featured(true);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.yaml");
    request.to_yaml_file(&path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "\
body:
  version: 1
  kind: workflow
  metadata:
    name: forecast
    summary: Forecasts demand
    description: |
      # Demand

      How much.
  release:
    version: 1.10.0
  config:
    images:
      python:
        dockerfile: Dockerfile
    steps:
      clean:
        type: sql
        sqlQueryPath: clean.sql
      train:
        command: python train.py
        imageRef: python
        parents:
        - load
artifact:
  path: app
featured: true
"
    );
    let read = CreateSpec::from_yaml_file(&path).unwrap();
    assert_eq!(
        serde_json::to_value(read).unwrap(),
        serde_json::to_value(request).unwrap()
    );
}

#[test]
fn names_a_file_that_cannot_be_written() {
    let error = Parameters::new()
        .to_yaml_file("/nowhere/params.yaml")
        .unwrap_err();
    assert!(
        error.to_string().starts_with("/nowhere/params.yaml: "),
        "{error}"
    );
}

fn from_response<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

#[test]
fn turns_a_spec_into_the_request_that_creates_it() {
    let spec: Spec = from_response(json!({
        "id": "s", "kind": "workflow", "featured": true, "scope": "shared", "tenants": ["a"],
        "metadata": {
            "name": "forecast", "summary": "Forecasts", "status": "available",
            "createdAt": "2020-01-01T18:00:00.000Z", "tags": [{ "name": "t" }],
        },
        "latestRelease": {
            "id": "r", "version": "1.2.0", "notes": "n",
            "config": { "steps": { "a": { "command": "x" } } },
        },
        "parameters": { "run": [{ "name": "p", "type": "number", "required": false }] },
    }));
    let expected = json!({
        "body": {
            "version": 1, "kind": "workflow",
            "metadata": { "name": "forecast", "summary": "Forecasts", "tags": [{ "name": "t" }] },
            "release": { "version": "1.2.0", "notes": "n" },
            "config": { "steps": { "a": { "command": "x" } } },
        },
        "featured": true, "scope": "shared", "tenants": ["a"],
        "parameters": { "run": [{ "name": "p", "type": "number", "required": false }] },
    });
    let request = spec.to_create_spec().unwrap();
    assert_eq!(serde_json::to_value(&request).unwrap(), expected);
    assert_eq!(
        CreateSpec::from_yaml_str(&request.to_yaml_string().unwrap()).unwrap(),
        request
    );
}

#[test]
fn refuses_a_listed_spec_without_its_config() {
    let spec: Spec = from_response(json!({
        "id": "s", "kind": "workflow", "metadata": { "name": "n" }, "latestRelease": { "version": "1.0.0" },
    }));
    let error = spec.to_create_spec().unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { .. }));
    assert_eq!(
        error.to_string(),
        "latestRelease.config: is missing in what the service described"
    );
}

#[test]
fn turns_a_release_into_a_release_request() {
    let release: Release = from_response(json!({
        "id": "r", "version": "1.2.0", "autoRunOnDeploy": true, "config": { "steps": {} },
    }));
    let expected = json!({
        "autoRunOnDeploy": true,
        "body": { "release": { "version": "1.2.0" }, "config": { "steps": {} } },
    });
    let request = release.to_release_request().unwrap();
    assert_eq!(serde_json::to_value(request).unwrap(), expected);
}

#[test]
fn omits_and_reports_masked_values_of_a_deployment() {
    let deployment: Deployment = from_response(json!({
        "id": "d", "metadata": { "name": "n", "status": "deployed" },
        "spec": { "id": "s", "release": { "version": "1.0.0" } },
        "latestRevision": { "notes": "second", "revision": 2 },
        "parameters": { "build": { "token": "********" }, "run": { "horizon": 14, "stars": "a*" } },
    }));
    let (request, left_out) = deployment.to_create_deployment().unwrap();
    let expected = json!({
        "metadata": { "name": "n" },
        "spec": { "id": "s", "release": { "version": "1.0.0" } },
        "revision": { "notes": "second" },
        "parameters": { "build": {}, "run": { "horizon": 14, "stars": "a*" } },
    });
    assert_eq!(serde_json::to_value(request).unwrap(), expected);
    let left_out: Vec<_> = left_out.iter().map(ToString::to_string).collect();
    assert_eq!(
        left_out,
        ["parameters.build.token: the value is masked, and left out"]
    );
}

mod properties {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use serde_json::Value;

    fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            ".{0,12}",
            "[-:{}\\[\\]&*!|>'\"%@`#,? \n\tax0-9_.~]{0,8}",
            Just("<<".to_owned()),
        ];
        let scalar = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>()
                .prop_filter("JSON has it", |f| f.is_finite())
                .prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        scalar.prop_recursive(3, 20, 4, move |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                btree_map(text.clone(), inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    fn read(text: &str) -> Result<Parameters> {
        Parameters::from_yaml_str(text)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_value_reads_back(value in any_value()) {
            let request = Parameters::new().set("value", value);
            let written = request.to_yaml_string().unwrap();
            prop_assume!(!written.contains("{{") && !written.contains("{%"));
            let read = read(&written);
            prop_assert!(read.is_ok(), "{}\n{}", read.unwrap_err(), written);
            prop_assert_eq!(read.unwrap(), request, "{}", written);
        }
    }
}
