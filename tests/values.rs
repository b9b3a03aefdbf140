//! Small value types: parsing never panics, and values round-trip.

use std::str::FromStr;

use peak_press::types::*;
use peak_press::{ApiError, Artifact, Error, Method, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn refuses_an_unknown_stage() {
    assert_eq!(Stage::from_str(" beta\n").unwrap(), Stage::Beta);
    for name in ["", "Prod", "production", "prod/../test", "prod\0", "прод"] {
        let error = Stage::from_str(name).unwrap_err();
        assert!(matches!(error, Error::InvalidStage { .. }));
        let text = error.to_string();
        assert!(
            text.starts_with("stage: ") && text.contains("one of prod, dev"),
            "{text}"
        );
    }
}

#[test]
fn the_prefix_of_a_parameter_reference_is_optional() {
    assert_eq!(ParamRef::new("a"), ParamRef::new("@param:a"));
    assert_eq!(
        OrParam::<String>::from("@param:a").param(),
        Some(&ParamRef::new("a"))
    );
    // Without a name, it is plain text.
    assert_eq!(
        OrParam::<String>::from("@param:").value().unwrap(),
        "@param:"
    );
    for wrong in [json!("@param:"), json!("a"), json!(1), json!(null)] {
        assert!(serde_json::from_value::<ParamRef>(wrong).is_err());
    }
}

#[test]
fn parameters_are_serialized_from_a_struct_or_map() {
    #[derive(serde::Serialize)]
    struct Run {
        horizon: u32,
        regions: [&'static str; 2],
    }
    let regions = ["north", "south"];
    let run = Run {
        horizon: 14,
        regions,
    };
    let written = json!(Parameters::serialize(&run).unwrap()).to_string();
    assert_eq!(written, r#"{"horizon":14,"regions":["north","south"]}"#);
    assert_eq!(Parameters::serialize(&json!({"a": 1})).unwrap().len(), 1);
    for wrong in [json!([]), json!(1), json!(null)] {
        let error = Parameters::serialize(&wrong).unwrap_err();
        assert_eq!(error.to_string(), "values: not a struct or map");
    }
    let error = Parameters::serialize(&std::collections::BTreeMap::from([([1], 1)]));
    assert!(matches!(error, Err(Error::InvalidArgument { .. })));
}

#[test]
fn converts_requests_and_keeps_their_shared_fields() {
    let spec = CreateSpec::from_json_str(
        r#"{"body":{"version":1,"kind":"workflow","metadata":{"name":"a","summary":"b"},
            "release":{"version":"1.1.0","notes":"n"},"config":{"steps":{}},"new":1},
            "artifact":{"path":"app"},"parameters":{"run":[]},"autoRunOnDeploy":true,
            "featured":true,"scope":"private","tenants":["t"],"newer":2}"#,
    );
    let release = json!(spec.unwrap().relative_to("/blocks").to_release());
    let expected = json!({
        "body": {"release": {"version": "1.1.0", "notes": "n"}, "config": {"steps": {}}, "new": 1},
        "artifact": {"path": "/blocks/app"},
        "parameters": {"run": []},
        "autoRunOnDeploy": true,
        "newer": 2,
    });
    assert_eq!(release, expected);

    let deployment = CreateDeployment::from_json_str(
        r#"{"metadata":{"name":"a"},"spec":{"id":"s","release":{"version":"1.1.0"}},
            "parameters":{"run":{"x":1}},"revision":{"notes":"n"},"new":1}"#,
    );
    let expected = json!({
        "release": {"version": "1.1.0"},
        "parameters": {"run": {"x": 1}},
        "revision": {"notes": "n"},
        "new": 1,
    });
    assert_eq!(json!(deployment.unwrap().to_revision()), expected);
    let short = SpecReference::from("s").release("1.1.0");
    assert_eq!(
        json!(short),
        json!({"id": "s", "release": {"version": "1.1.0"}})
    );
}

#[test]
fn numbers_and_flags_are_parsed_from_yaml_spellings() {
    let number = |value: Value| serde_json::from_value::<OrParam<serde_json::Number>>(value);
    assert_eq!(number(json!(30)).unwrap(), 30.into());
    assert_eq!(number(json!("1_000")).unwrap(), 1000.into());
    assert_eq!(
        number(json!("@param:x")).unwrap(),
        ParamRef::new("x").into()
    );
    for wrong in [
        "",
        "30",
        "_1",
        "1_000_000_000_000_000_000_000",
        "0_1",
        "--1",
        "-_1",
    ] {
        let error = number(json!(wrong)).unwrap_err().to_string();
        assert!(
            error.contains("expected a number or \"@param:<name>\""),
            "{wrong}: {error}"
        );
    }
    let flag = |value: Value| serde_json::from_value::<OrParam<bool>>(value);
    assert_eq!(flag(json!("yes")).unwrap(), true.into());
    assert_eq!(flag(json!("OFF")).unwrap(), false.into());
    for wrong in [json!("y"), json!("yEs"), json!(1), json!([])] {
        assert!(flag(wrong).is_err());
    }
}

/// With and without `serde_json/arbitrary_precision`, which the gate enables in one run.
#[test]
fn reads_numbers_of_any_spelling_everywhere() {
    for number in ["30.5", "1e3", "18446744073709551615", "-1", "0.1"] {
        let expected: f64 = number.parse().unwrap();
        let timeout = |config: &Config| {
            let Config::Workflow(config) = config else {
                panic!("a workflow: {config:?}")
            };
            let Step::Standard(step) = &config.steps.as_ref().unwrap()["a"] else {
                panic!("a standard step: {config:?}")
            };
            assert_eq!(step.extra["new"].as_f64(), Some(expected));
            step.step_timeout
                .as_ref()
                .unwrap()
                .value()
                .unwrap()
                .as_f64()
        };
        let config = format!(
            r#"{{"steps": {{"a": {{"command": "x", "stepTimeout": {number}, "new": {number}}}}}}}"#
        );
        let release: Release = serde_json::from_str(&format!(r#"{{"config": {config}}}"#)).unwrap();
        assert_eq!(timeout(&release.config.unwrap()), Some(expected));

        let file = format!(r#"{{"release": {{"version": "1.0.0"}}, "config": {config}}}"#);
        let from_yaml = CreateSpecRelease::from_yaml_str(&format!("body: {file}")).unwrap();
        let from_json = CreateSpecRelease::from_json_str(&format!("{{\"body\": {file}}}")).unwrap();
        for request in [from_yaml, from_json] {
            assert_eq!(timeout(&request.body.config), Some(expected));
        }

        let parameters = Parameters::from_json_str(&format!(r#"{{"a": {number}}}"#)).unwrap();
        let typed: std::collections::BTreeMap<String, f64> = parameters.deserialize().unwrap();
        assert_eq!(typed["a"], expected);
    }
    let map = serde_json::from_str::<StandardStep>(r#"{"command": "x", "stepTimeout": {"a": 1}}"#);
    let error = map.unwrap_err().to_string();
    assert!(
        error.starts_with("invalid type: map, expected a number or \"@param:<name>\""),
        "{error}"
    );
}

/// Such numbers exist only with `serde_json/arbitrary_precision`; JSON has none without it.
#[test]
fn a_number_that_yaml_cannot_hold_is_not_written_as_another() {
    for number in ["1e400", "18446744073709551616", "-9223372036854775809"] {
        let text = format!(r#"{{"a": [{number}]}}"#);
        let Ok(parameters) = serde_json::from_str::<Parameters>(&text) else {
            assert_eq!(number, "1e400");
            continue;
        };
        match parameters.to_yaml_string() {
            Ok(yaml) => assert_eq!(Parameters::from_yaml_str(&yaml).unwrap(), parameters),
            Err(error) => assert!(
                error.to_string().ends_with("is too large a number"),
                "{error}"
            ),
        }
    }
}

#[test]
fn arguments_have_one_type_where_nothing_else_converts_into_it() {
    let metadata = serde_json::from_value(json!({ "name": "a", "summary": "b" })).unwrap();
    let body = SpecBody::workflow(metadata, "1.0.0", Default::default());
    let parameters = serde_json::from_value(json!({ "run": [] })).unwrap();
    let request = CreateSpec::new(body).parameters(parameters);
    assert_eq!(request.parameters.unwrap().run, Some(Vec::new()));
    assert_eq!(ListSpecs::new().status([]).status, Some(Vec::new()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn round_trips_any_text(text in any::<String>()) {
        prop_assert_eq!(Timestamp::from(text.as_str()).to_string(), text.clone());
        let _ = Timestamp::from(text.as_str()).to_system_time();
        prop_assert_eq!(SpecStatus::from(text.as_str()).to_string(), text.clone());
        let written = serde_json::to_value(OrParam::<String>::from(text.as_str())).unwrap();
        prop_assert_eq!(written, Value::from(text.as_str()));
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&text.to_ascii_uppercase().as_str());
        prop_assert_eq!(matches!(Method::from(text.as_str()), Method::Unknown(_)), !known);
        let parameters = Parameters::new().set(text.as_str(), text.as_str());
        prop_assert_eq!(parameters.get(&text), Some(&Value::from(text.as_str())));
        let _ = Stage::from_str(&text);
    }

    #[test]
    fn round_trips_a_parameter_reference(name in any::<String>().prop_filter("not empty", |name| !name.is_empty())) {
        let reference = ParamRef::new(name);
        let read: ParamRef = serde_json::from_value(json!(reference)).unwrap();
        prop_assert_eq!(read, reference);
    }

    #[test]
    fn a_missing_folder_of_any_name_is_an_artifact_error(name in any::<String>(), ignore in any::<String>()) {
        let folder = tempfile::tempdir().unwrap();
        let artifact = Artifact::dir(name).relative_to(folder.path().join("none")).ignore_file(ignore);
        if !artifact.path().is_absolute() || artifact.path().starts_with(folder.path()) {
            prop_assert!(matches!(artifact.files(), Err(Error::Artifact(_))));
        }
    }
}

#[test]
fn parameters_are_iterated_over_in_the_order_of_their_names() {
    let parameters = Parameters::new().set("b", 2).set("c", 3).set("a", 1);
    let names: Vec<_> = parameters.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let (mut borrowed, mut owned) = (parameters.iter(), parameters.clone().into_iter());
    assert_eq!((borrowed.len(), owned.len()), (3, 3));
    assert_eq!(borrowed.next_back(), Some(("c", &json!(3))));
    assert_eq!(owned.next_back(), Some(("c".to_owned(), json!(3))));
    assert_eq!((borrowed.count(), owned.count()), (2, 2));
    assert_eq!(
        Value::Object(parameters.into_inner()),
        json!({"a": 1, "b": 2, "c": 3})
    );
}

#[test]
fn a_deployment_has_its_status_and_its_times_as_the_service_wrote_them() {
    let deployment = json!({
        "id": "d", "metadata": {"status": "updating"},
        "latestRevision": {"createdAt": "2020-01-01T18:00:00.000Z"},
    });
    let deployment: Deployment = serde_json::from_value(deployment).unwrap();
    assert_eq!(deployment.status().unwrap().as_str(), "updating");
    let created = deployment.latest_revision.unwrap().created_at.unwrap();
    assert_eq!(created.as_str(), "2020-01-01T18:00:00.000Z");
}

#[test]
fn an_error_for_tests_is_that_of_its_status_and_method() {
    for (status, method, unknown, retryable) in [
        (409, "POST", false, false),
        (502, "POST", true, false),
        (502, "GET", false, true),
        (418, "delete", false, false),
    ] {
        let error = Error::from(ApiError::new(status).request(method, "/x").message("m"));
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.outcome_unknown(), unknown, "{error}");
        assert_eq!(error.is_retryable(), retryable, "{error}");
        assert!(error.to_string().contains(" /x: "), "{error}");
    }
}

#[test]
fn a_trigger_or_watcher_is_created_by_the_name_of_its_field() {
    let events = || WatcherEvents::new().fail(true);
    let config = WorkflowConfig::new()
        .trigger(Trigger::cron("0 6 * * 1"))
        .trigger(Trigger::webhook())
        .trigger(Trigger::webhook_id(ParamRef::new("hook")))
        .trigger(Trigger::webhook_policy("preserve"))
        .watcher(Watcher::user("ops@example.com", events()))
        .watcher(Watcher::webhook(
            WatcherWebhook::new("ops", "https://example.com", "{}"),
            events(),
        ))
        .watcher(Watcher::email(
            WatcherEmail::new("team", EmailRecipients::new(["ops@example.com"])),
            events(),
        ));
    let webhook = json!({ "name": "ops", "url": "https://example.com", "payload": "{}" });
    let email = json!({ "name": "team", "recipients": { "to": ["ops@example.com"] } });
    let events = json!({ "fail": true });
    let expected = json!({
        "triggers": [
            { "cron": "0 6 * * 1" },
            { "webhook": true },
            { "webhookId": "@param:hook" },
            { "webhookPolicy": "preserve" },
        ],
        "watchers": [
            { "user": "ops@example.com", "events": events },
            { "webhook": webhook, "events": events },
            { "email": email, "events": events },
        ],
    });
    assert_eq!(json!(config), expected);
}

#[test]
fn steps_of_different_types_are_added_without_conversions() {
    let config = WorkflowConfig::new()
        .image("python", Image::new())
        .step(
            "load",
            StandardStep::new("python load.py").image_ref("python"),
        )
        .step("notify", HttpStep::new("post", "https://example.com"))
        .step("publish", ExportStep::new("stage", "sales", "day"))
        .step("clean", SqlStep::new().sql_query_path("clean.sql"));
    let types: Vec<_> = config
        .steps
        .unwrap()
        .into_values()
        .map(|step| json!(step)["type"].clone())
        .collect();
    assert_eq!(json!(types), json!(["sql", null, "http", "export"]));
}
