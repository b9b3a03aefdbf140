//! Unknown and missing fields and values are accepted and kept, and every value that the schemas allow
//! round-trips.

mod schemas;

use std::borrow::Cow;
use std::collections::BTreeSet;

use peak_press::types::*;
use proptest::prelude::*;
use schemas::Schemas;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Deserializes a value as a type and serializes it again.
fn round_trip<T: DeserializeOwned + Serialize>(value: &Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let text = serde_json::to_string(&typed).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

type RoundTrip = fn(&Value) -> Result<Value, String>;

macro_rules! types {
    ($($name:ident)*) => { [$((stringify!($name), round_trip::<$name> as RoundTrip)),*] };
}

/// Every type of the schemas, by its name in them.
fn all_types() -> Vec<(&'static str, RoundTrip)> {
    include!(concat!(env!("OUT_DIR"), "/names.rs")).into()
}

#[test]
fn every_definition_has_a_type_tested_here() {
    // Their Rust types have other names, and are tested as fields.
    let by_hand = ["AnsweredConfig", "AnsweredParameters", "Artifact"];
    let schemas = Schemas::load();
    let tested: BTreeSet<_> = all_types()
        .iter()
        .map(|(name, _)| *name)
        .chain(by_hand)
        // Pages are private; `src/page.rs` tests them.
        .chain(schemas.names().filter(|name| schemas.is_page(name)))
        .collect();
    let defined: BTreeSet<_> = schemas.names().collect();
    assert_eq!(tested, defined);
}

#[test]
fn accepts_missing_and_null_optional_fields() {
    let schemas = Schemas::load();
    for (name, round_trip) in all_types() {
        let Some((minimal, optional)) = schemas.minimal(name) else {
            continue;
        };
        assert_eq!(round_trip(&minimal), Ok(minimal.clone()), "{name}");
        for property in optional {
            let mut with_null = minimal.clone();
            with_null[&property] = Value::Null;
            assert_eq!(
                round_trip(&with_null),
                Ok(minimal.clone()),
                "{name}.{property}"
            );
        }
    }
}

#[test]
fn keeps_and_resends_unknown_fields() {
    let schemas = Schemas::load();
    for (name, round_trip) in all_types() {
        let Some((mut value, _)) = schemas.minimal(name) else {
            continue;
        };
        value["fromTheFuture"] = json!({ "deep": [1, 1.0, null, "x"] });
        let read = round_trip(&value).unwrap();
        assert_eq!(read.to_string(), value.to_string(), "{name}");
    }
}

#[test]
fn keeps_unknown_enum_values() {
    let schemas = Schemas::load();
    let mut enums = 0;
    for (name, round_trip) in all_types() {
        let Some(values) = schemas.enum_values(name) else {
            continue;
        };
        enums += 1;
        let known_and_unknown = values
            .into_iter()
            .chain([json!("from_the_future"), json!("")]);
        for value in known_and_unknown {
            assert_eq!(round_trip(&value), Ok(value.clone()), "{name}");
        }
        assert!(round_trip(&json!(1)).is_err(), "{name} is text");
    }
    assert!(enums > 10);
    assert_eq!(SpecStatus::VALUES, ["available", "unavailable", "archived"]);
}

#[test]
fn every_kind_of_text_becomes_the_same_value() {
    let text = String::from("archived");
    for status in [
        SpecStatus::from("archived"),
        SpecStatus::from(&text),
        SpecStatus::from(Cow::from("archived")),
        text.parse::<SpecStatus>().unwrap(),
        SpecStatus::from(text),
    ] {
        assert_eq!(status, SpecStatus::Archived);
        assert_eq!(status.as_ref(), "archived");
        assert_eq!(status.to_string(), "archived");
    }
    let new: SpecStatus = "brand_new".parse().unwrap();
    assert!(matches!(&new, SpecStatus::Other(value) if value.as_str() == "brand_new"));
    assert_eq!(new.as_str(), "brand_new");
}

#[test]
fn every_kind_of_text_becomes_a_scalar_or_a_reference() {
    let text = String::from("@param:url");
    for scalar in [
        OrParam::<String>::from("@param:url"),
        OrParam::from(&text),
        OrParam::from(Cow::from("@param:url")),
    ] {
        assert_eq!(scalar, ParamRef::new("url").into());
    }
    for scalar in [
        OrParam::<HttpMethod>::from(&text),
        OrParam::from(Cow::from("@param:url")),
        OrParam::from(text),
    ] {
        assert_eq!(scalar.param(), Some(&ParamRef::new("url")));
    }
    let method = OrParam::<HttpMethod>::from("get".to_owned());
    assert_eq!(method.value(), Some(&HttpMethod::Get));
    let id = String::from("id");
    assert_eq!(
        SpecReference::from(&id),
        SpecReference::from(Cow::from("id"))
    );
    assert_eq!(AppSpecReference::from(&id).id, BlockChoice::from("id").id);
}

#[test]
fn keeps_a_response_config_of_unknown_shape() {
    for config in [
        json!([1, 2]),
        json!({ "steps": ["a"] }),
        json!("x"),
        json!({ "steps": { "a": { "type": 1 } } }),
    ] {
        let release = json!({ "id": "r", "config": config });
        let read: Release = serde_json::from_value(release.clone()).unwrap();
        assert_eq!(read.config.as_deref(), Some(&Config::Other(config)));
        assert_eq!(serde_json::to_value(read).unwrap(), release);
    }
    let read: Release = serde_json::from_value(json!({ "config": null })).unwrap();
    assert_eq!(read.config, None);
}

#[test]
fn keeps_response_parameters_of_unknown_shape() {
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
    assert_eq!(run[0].type_, "from_the_future".into());
    assert_eq!(serde_json::to_value(read).unwrap(), spec);
}

#[test]
fn a_step_keeps_fields_of_other_step_types() {
    for step in [
        json!({ "command": "x", "url": "not for this type", "type": "standard" }),
        json!({ "type": "sql", "sqlQueryPath": "a", "stepTimeout": 5, "more": [1.0] }),
        json!({ "type": "from_the_future", "command": "x", "more": 1 }),
    ] {
        assert_eq!(
            round_trip::<Step>(&step).unwrap().to_string(),
            step.to_string()
        );
    }
}

#[test]
fn keeps_the_spelling_of_numbers() {
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
    fn round_trips_any_value_of_the_schemas((name, value) in schemas::any_value()) {
        let types = all_types();
        let round_trip = types.iter().find(|(other, _)| *other == name).unwrap().1;
        let read = round_trip(&value).map_err(|error| TestCaseError::fail(format!("{name}: {error}\n{value}")))?;
        prop_assert_eq!(read.to_string(), value.to_string());
    }

    /// Any response is either decoded or refused with an error.
    #[test]
    fn decoding_never_panics(mut value in schemas::any_value().prop_map(|(_, value)| value), text in ".*") {
        for (_, round_trip) in all_types() {
            let _ = round_trip(&value);
            let _ = round_trip(&json!([value]));
        }
        // Give the first field a value of the wrong type.
        if let Some(field) = value.as_object_mut().and_then(|fields| fields.values_mut().next()) {
            *field = json!({ "x": [text] });
        }
        for (_, round_trip) in all_types() {
            let _ = round_trip(&value);
        }
    }
}
