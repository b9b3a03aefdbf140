//! Random values that match the JSON schemas, for property tests.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use serde_json::{Number, Value};

use super::{Schemas, required};

/// A definition's name, and any value that matches it.
pub(crate) fn any_value() -> impl Strategy<Value = (String, Value)> {
    let schemas = Schemas::load();
    let skipped = ["AnsweredConfig", "AnsweredParameters", "Artifact"];
    let names: Vec<_> = schemas
        .names()
        .filter(|name| !skipped.contains(name) && !schemas.is_page(name))
        .map(str::to_owned)
        .collect();
    select(names).prop_flat_map(move |name| {
        let value = schemas.strategy(&schemas.0[&name], 4);
        (Just(name), value)
    })
}

impl Schemas {
    /// Any value that matches the schema, up to this depth.
    fn strategy(&self, schema: &Value, depth: u32) -> BoxedStrategy<Value> {
        let schema = self.resolve(schema);
        if let Some(rule) = schema.get("x-tag") {
            return self.tagged(rule, depth);
        }
        for keyword in ["oneOf", "anyOf"] {
            let alternatives = schema
                .get(keyword)
                .filter(|_| schema.get("properties").is_none());
            if let Some(all) = alternatives.and_then(Value::as_array) {
                // The alternative that allows anything is for future values, which have their own
                // tests.
                let known = all.iter().filter(|schema| !allows_anything(schema));
                return Union::new(known.map(|schema| self.strategy(schema, depth))).boxed();
            }
        }
        match schema["type"].as_str() {
            Some("string") if schema.get("pattern").is_some() => {
                "@param:[a-z_]{1,9}".prop_map(Value::from).boxed()
            }
            Some("string") => match schema.get("enum").and_then(Value::as_array) {
                Some(values) => prop_oneof![3 => select(values.clone()), 1 => text()].boxed(),
                None => text().boxed(),
            },
            Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
            Some("integer") if schema.get("minimum").is_some() => {
                any::<u64>().prop_map(Value::from).boxed()
            }
            Some("integer") => any::<i64>().prop_map(Value::from).boxed(),
            Some("number") => prop_oneof![
                any::<i64>().prop_map(Value::from),
                (-1e9..1e9).prop_map(|number| Number::from_f64(number).unwrap().into()),
            ]
            .boxed(),
            Some("array") => {
                let items = self.strategy(&schema["items"], depth.saturating_sub(1));
                vec(items, 0..=max_length(depth))
                    .prop_map(Value::from)
                    .boxed()
            }
            Some("object") if schema.get("properties").is_some() => self.object(schema, depth),
            Some("object") => {
                let values = &schema["additionalProperties"];
                let values = self.strategy(values, depth.saturating_sub(1));
                btree_map(".{0,6}", values, 0..=max_length(depth))
                    .prop_map(|map| Value::Object(map.into_iter().collect()))
                    .boxed()
            }
            _ => anything(),
        }
    }

    fn object(&self, schema: &Value, depth: u32) -> BoxedStrategy<Value> {
        let required = required(schema);
        let properties = schema["properties"].as_object().unwrap();
        let mut fields = Vec::new();
        for (name, schema) in properties {
            // The union adds the tag of its variant.
            let is_tag = name == "type" && schema["enum"].as_array().is_some_and(|v| v.len() == 1);
            if is_tag || (depth == 0 && !required.contains(name)) {
                continue;
            }
            let value = self.strategy(schema, depth.saturating_sub(1));
            // `null` is the same as absent.
            let value = value.prop_filter("null is absent", |value| !value.is_null());
            let name_and_value = {
                let name = name.clone();
                value.prop_map(move |value| Some((name.clone(), value)))
            };
            let field = match required.contains(name) {
                true => name_and_value.boxed(),
                false => prop_oneof![Just(None), name_and_value].boxed(),
            };
            fields.push(field);
        }
        let extra = proptest::option::weighted(0.3, ("x_[a-z]{1,5}", anything()));
        fields.push(extra.boxed());
        let object =
            fields.prop_map(|fields| Value::Object(fields.into_iter().flatten().collect()));
        object.boxed()
    }

    fn tagged(&self, rule: &Value, depth: u32) -> BoxedStrategy<Value> {
        let property = rule["property"].as_str().unwrap().to_owned();
        let variants = rule["variants"].as_object().unwrap().iter();
        let variants = variants.map(|(tag, name)| {
            let is_default = rule["default"] == *tag;
            let (tag, property) = (Value::from(tag.as_str()), property.clone());
            let object = self.strategy(&self.0[name.as_str().unwrap()], depth);
            (object, any::<bool>()).prop_map(move |(mut object, explicit)| {
                if explicit || !is_default {
                    object[&property] = tag.clone();
                }
                object
            })
        });
        Union::new(variants).boxed()
    }
}

/// Whether a schema allows any value, or any object.
fn allows_anything(schema: &Value) -> bool {
    let keywords = schema.as_object().unwrap();
    keywords.is_empty() || keywords.contains_key("additionalProperties")
}

fn max_length(depth: u32) -> usize {
    if depth == 0 { 0 } else { 2 }
}

fn text() -> impl Strategy<Value = Value> {
    ".{0,12}".prop_map(Value::from)
}

/// Any JSON value, at most one level deep.
fn anything() -> BoxedStrategy<Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|number| Number::from_f64(number).unwrap().into()),
        text(),
    ];
    let nested = prop_oneof![
        vec(scalar.clone(), 0..3).prop_map(Value::from),
        btree_map(".{0,6}", scalar.clone(), 0..3)
            .prop_map(|map| Value::Object(map.into_iter().collect())),
    ];
    prop_oneof![2 => scalar, 1 => nested].boxed()
}
