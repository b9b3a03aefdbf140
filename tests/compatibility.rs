//! What is new or missing on the wire breaks nothing and is not lost; and every value that the
//! schemas allow survives.

mod schemas;

use std::collections::BTreeSet;

use peak_press::types::*;
use proptest::prelude::*;
use schemas::Schemas;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Reads a value as a type and writes it again.
fn round<T: DeserializeOwned + Serialize>(value: &Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let text = serde_json::to_string(&typed).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

type Round = fn(&Value) -> Result<Value, String>;

macro_rules! types {
    ($($name:ident)*) => { [$((stringify!($name), round::<$name> as Round)),*] };
}

/// Every type of the schemas, by its name there.
fn all_types() -> Vec<(&'static str, Round)> {
    include!(concat!(env!("OUT_DIR"), "/names.rs")).into()
}

#[test]
fn every_definition_is_a_type_that_is_tried_here() {
    // These are types of another name, and are tried as fields.
    let by_hand = ["AnsweredConfig", "AnsweredParameters", "Artifact"];
    let tried: BTreeSet<_> = all_types()
        .iter()
        .map(|(name, _)| *name)
        .chain(by_hand)
        .collect();
    let schemas = Schemas::load();
    let defined: BTreeSet<_> = schemas.names().collect();
    assert_eq!(tried, defined);
}

#[test]
fn optional_fields_may_be_missing_or_null() {
    let schemas = Schemas::load();
    for (name, round) in all_types() {
        let Some((least, optional)) = schemas.least(name) else {
            continue;
        };
        assert_eq!(round(&least), Ok(least.clone()), "{name}");
        for property in optional {
            let mut with_null = least.clone();
            with_null[&property] = Value::Null;
            assert_eq!(round(&with_null), Ok(least.clone()), "{name}.{property}");
        }
    }
}

#[test]
fn keeps_and_resends_unknown_fields() {
    let schemas = Schemas::load();
    for (name, round) in all_types() {
        let Some((mut value, _)) = schemas.least(name) else {
            continue;
        };
        value["fromTheFuture"] = json!({ "deep": [1, 1.0, null, "x"] });
        let read = round(&value).unwrap();
        assert_eq!(read.to_string(), value.to_string(), "{name}");
    }
}

#[test]
fn unknown_values_of_an_enum_are_kept() {
    let schemas = Schemas::load();
    let mut enums = 0;
    for (name, round) in all_types() {
        let Some(values) = schemas.values(name) else {
            continue;
        };
        enums += 1;
        let known = values
            .into_iter()
            .chain([json!("from_the_future"), json!("")]);
        for value in known {
            assert_eq!(round(&value), Ok(value.clone()), "{name}");
        }
        assert!(round(&json!(1)).is_err(), "{name} is text");
    }
    assert!(enums > 10);
    assert_eq!(
        SpecStatus::from("brand_new"),
        SpecStatus::Other("brand_new".into())
    );
    assert_eq!(SpecStatus::from("archived").to_string(), "archived");
    assert_eq!(SpecStatus::VALUES, ["available", "unavailable", "archived"]);
    assert_eq!(
        SpecStatus::from(String::from("archived")),
        SpecStatus::Archived
    );
}

#[test]
fn an_answered_config_of_a_shape_that_is_not_known_is_kept() {
    for config in [
        json!([1, 2]),
        json!({ "steps": ["a"] }),
        json!("x"),
        json!({ "steps": { "a": { "type": 1 } } }),
    ] {
        let release = json!({ "id": "r", "config": config });
        let read: Release = serde_json::from_value(release.clone()).unwrap();
        assert_eq!(read.config, Some(Config::Other(config)));
        assert_eq!(serde_json::to_value(read).unwrap(), release);
    }
    let read: Release = serde_json::from_value(json!({ "config": null })).unwrap();
    assert_eq!(read.config, None);
}

#[test]
fn answered_parameters_of_a_shape_that_is_not_known_are_kept() {
    for parameters in [
        json!({ "run": [{ "name": "a", "type": "string" }] }),
        json!({ "run": { "a": 1.0 }, "build": null }),
    ] {
        let spec = json!({ "id": "s", "parameters": parameters });
        let read: Spec = serde_json::from_value(spec.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), spec);
    }
    let spec = json!({ "id": "s", "parameters": { "run": [{ "name": "a", "type": "from_the_future", "required": true }] } });
    let read: Spec = serde_json::from_value(spec.clone()).unwrap();
    let run = read.parameters.as_ref().unwrap().run.as_ref().unwrap();
    assert_eq!(run[0].type_, ParameterType::Other("from_the_future".into()));
    assert_eq!(serde_json::to_value(read).unwrap(), spec);
}

#[test]
fn a_step_keeps_what_belongs_to_another_kind() {
    for step in [
        json!({ "command": "x", "url": "not for me", "type": "standard" }),
        json!({ "type": "sql", "sqlQueryPath": "a", "stepTimeout": 5, "more": [1.0] }),
        json!({ "type": "from_the_future", "command": "x", "more": 1 }),
    ] {
        assert_eq!(round::<Step>(&step).unwrap().to_string(), step.to_string());
    }
}

#[test]
fn a_number_stays_the_number_that_it_was() {
    let parameters = r#"{"run":{"a":10,"b":10.0,"c":1e-7,"d":18446744073709551615,"e":-1}}"#;
    let typed: DeploymentParameters = serde_json::from_str(parameters).unwrap();
    assert_eq!(serde_json::to_string(&typed).unwrap(), parameters);
    let step = r#"{"command":"x","stepTimeout":30.0}"#;
    let typed: StandardStep = serde_json::from_str(step).unwrap();
    assert_eq!(serde_json::to_string(&typed).unwrap(), step);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_value_of_the_schemas_survives((name, value) in schemas::any_value()) {
        let types = all_types();
        let round = types.iter().find(|(other, _)| *other == name).unwrap().1;
        let read = round(&value).map_err(|error| TestCaseError::fail(format!("{name}: {error}\n{value}")))?;
        prop_assert_eq!(read.to_string(), value.to_string());
    }

    /// Whatever a server sends is read or refused.
    #[test]
    fn no_json_makes_a_decoder_panic(mut value in schemas::any_value().prop_map(|(_, value)| value), text in ".*") {
        for (_, round) in all_types() {
            let _ = round(&value);
            let _ = round(&json!([value]));
        }
        // One scalar of it is of another type.
        if let Some(field) = value.as_object_mut().and_then(|fields| fields.values_mut().next()) {
            *field = json!({ "x": [text] });
        }
        for (_, round) in all_types() {
            let _ = round(&value);
        }
    }
}
