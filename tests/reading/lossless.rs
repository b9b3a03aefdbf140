//! Reading a document keeps all of its content.

use super::*;

#[track_caller]
fn assert_lossless<T: serde::Serialize>(
    name: &str,
    read: fn(&str) -> Result<T>,
    json: fn(&str) -> Result<T>,
) {
    let text = text(name);
    let mut document = untyped(&text);
    drop_null_entries(&mut document);
    let typed = serde_json::to_value(read(&text).unwrap()).unwrap();
    if typed.get("body").is_none() {
        document = document["body"].take();
    }
    // Compared as text, where 10 and 10.0 differ.
    assert_eq!(typed.to_string(), document.to_string(), "{name}");

    let as_json = serde_json::to_string_pretty(&untyped(&text))
        .unwrap()
        .replace("  ", "\t");
    let typed = serde_json::to_value(json(&as_json).unwrap()).unwrap();
    assert_eq!(typed.to_string(), document.to_string(), "{name} as JSON");
}

macro_rules! lossless {
    ($($test:ident: $type:ident from $file:literal;)*) => {$(
        #[test]
        fn $test() {
            assert_lossless($file, $type::from_yaml_str, $type::from_json_str);
        }
    )*};
}

lossless! {
    reads_a_workflow_without_loss: CreateSpec from "workflow.yaml";
    reads_a_web_app_without_loss: CreateSpec from "web-app.yaml";
    reads_an_api_without_loss: CreateSpec from "api.yaml";
    reads_a_release_without_loss: CreateSpecRelease from "release.yaml";
    reads_a_deployment_without_loss: CreateDeployment from "deployment.yaml";
    reads_a_revision_without_loss: CreateDeploymentRevision from "revision.yaml";
    reads_spec_metadata_without_loss: UpdateSpecMetadata from "spec-metadata.yaml";
    reads_deployment_metadata_without_loss: UpdateDeploymentMetadata from "deployment-metadata.yaml";
    reads_parameters_without_loss: Parameters from "parameters.yaml";
}

#[test]
fn reads_each_kind_of_step_as_its_type() {
    let request = CreateSpec::from_yaml_str(&text("workflow.yaml")).unwrap();
    let Config::Workflow(config) = request.body.config else {
        panic!("a workflow")
    };
    let steps = config.steps.unwrap();
    let Step::Standard(load) = &steps["load"] else {
        panic!("a step without a type is a standard step")
    };
    assert_eq!(load.step_timeout, Some(30.into()));
    let Step::Standard(train) = &steps["train"] else {
        panic!("a standard step")
    };
    assert_eq!(train.step_timeout, Some(ParamRef::new("timeout").into()));
    assert!(matches!(&steps["notify"], Step::Http(step) if step.method == HttpMethod::Post.into()));
    assert!(matches!(&steps["publish"], Step::Export(step) if step.table == "forecast".into()));
    assert!(matches!(&steps["clean"], Step::Sql(step) if step.repository.is_none()));
}

#[test]
fn reads_a_service_config_as_its_type() {
    let request = CreateSpec::from_yaml_str(&text("web-app.yaml")).unwrap();
    assert!(matches!(request.body.config, Config::Service(config)
        if config.scale_to_zero == Some(ParamRef::new("scale_to_zero").into())));
}

#[test]
fn keeps_a_step_of_an_unknown_type() {
    let request = CreateSpecRelease::from_yaml_str(&text("release.yaml")).unwrap();
    let Config::Workflow(config) = request.body.config else {
        panic!("a workflow")
    };
    let quantum = Step::Other(json!({ "type": "quantum", "qubits": 10, "depth": 1.0 }));
    assert_eq!(config.steps.unwrap()["later"], quantum);
}

mod properties {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>()
                .prop_filter("JSON has it", |f| f.is_finite())
                .prop_map(Value::from),
            ".*".prop_map(Value::from),
            any::<Vec<char>>().prop_map(|chars| Value::from(chars.into_iter().collect::<String>())),
        ];
        scalar.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..6).prop_map(Value::from),
                btree_map(".{0,8}", inner, 0..6).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn reads_any_json_without_loss(value in any_json(), pretty in any::<bool>()) {
            // A single key `body` would be the wrapper.
            let mut document = json!({ "value": value, "second": 1 });
            let text = match pretty {
                true => serde_json::to_string_pretty(&document).unwrap(),
                false => document.to_string(),
            };
            drop_null_entries(&mut document);
            let read = Parameters::from_json_str(&text).unwrap();
            prop_assert_eq!(serde_json::to_value(read).unwrap().to_string(), document.to_string());
        }
    }
}
