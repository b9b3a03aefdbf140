//! The JSON schemas, and values made from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use serde_json::{Map, Number, Value};

/// The definitions of all files, by name: names are unique, so the file of a reference is not
/// looked at.
#[derive(Clone)]
pub(crate) struct Schemas(Arc<BTreeMap<String, Value>>);

impl Schemas {
    pub(crate) fn load() -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas");
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut all = BTreeMap::new();
        for file in files.filter(|path| path.is_file()) {
            let mut schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let definitions = schema["definitions"].take();
            all.extend(definitions.as_object().unwrap().clone());
        }
        let concrete = all
            .iter()
            .filter(|(_, schema)| schema.get("x-abstract").is_none());
        let extended = concrete.map(|(name, schema)| (name.clone(), extended(schema, &all)));
        Self(Arc::new(extended.collect()))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// An object with its required properties alone, and the names of the others.
    pub(crate) fn least(&self, name: &str) -> Option<(Value, Vec<String>)> {
        let schema = &self.0[name];
        let properties = schema.get("properties")?.as_object()?;
        let required = required(schema);
        let mut object = Map::new();
        for name in &required {
            object.insert(name.clone(), self.example(&properties[name]));
        }
        if let Some(values) = properties.get("type").and_then(|tag| tag.get("enum")) {
            // The tag is not a field of the struct.
            if object.contains_key("type") && values.as_array().unwrap().len() == 1 {
                object.remove("type");
            }
        }
        let optional = properties
            .keys()
            .filter(|name| !required.contains(name) && *name != "type");
        Some((Value::Object(object), optional.cloned().collect()))
    }

    /// The values that an enum knows.
    pub(crate) fn values(&self, name: &str) -> Option<Vec<Value>> {
        Some(self.0[name].get("enum")?.as_array()?.clone())
    }

    /// A value that fits.
    fn example(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        let alternatives = schema
            .get("anyOf")
            .filter(|_| schema.get("properties").is_none());
        if let Some(first) = alternatives.and_then(|all| all.get(0)) {
            return self.example(first);
        }
        match schema["type"].as_str() {
            Some("string") => match schema.get("pattern") {
                Some(_) => "@param:x".into(),
                None => schema
                    .get("enum")
                    .map_or("x".into(), |values| values[0].clone()),
            },
            Some("boolean") => true.into(),
            Some("integer" | "number") => 1.into(),
            Some("array") => Value::Array(Vec::new()),
            Some("object") => {
                let mut object = Map::new();
                for name in required(schema) {
                    object.insert(name.clone(), self.example(&schema["properties"][&name]));
                }
                Value::Object(object)
            }
            _ if schema.get("x-presence").is_some() => Value::Object(Map::new()),
            _ => 1.into(),
        }
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let single = schema
            .get("allOf")
            .and_then(|all| all.get(0))
            .unwrap_or(schema);
        match single.get("$ref").and_then(Value::as_str) {
            Some(reference) => &self.0[reference.rsplit('/').next().unwrap()],
            None => schema,
        }
    }

    /// Any value that fits, nested to this depth.
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
                // Any value beside others is what is not known yet, which has a test of its own.
                let known = all.iter().filter(|schema| !is_free(schema));
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
                vec(items, 0..=length(depth)).prop_map(Value::from).boxed()
            }
            Some("object") if schema.get("properties").is_some() => self.object(schema, depth),
            Some("object") => {
                let values = &schema["additionalProperties"];
                let values = self.strategy(values, depth.saturating_sub(1));
                btree_map(".{0,6}", values, 0..=length(depth))
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
            // The tag of a union's variant is put there by the union.
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

/// A definition's name, and any value that fits it.
pub(crate) fn any_value() -> impl Strategy<Value = (String, Value)> {
    let schemas = Schemas::load();
    let skipped = ["AnsweredConfig", "AnsweredParameters", "Artifact"];
    let names: Vec<_> = schemas
        .names()
        .filter(|name| !skipped.contains(name))
        .map(str::to_owned)
        .collect();
    select(names).prop_flat_map(move |name| {
        let value = schemas.strategy(&schemas.0[&name], 4);
        (Just(name), value)
    })
}

/// A definition with the properties of those that it extends.
fn extended(schema: &Value, all: &BTreeMap<String, Value>) -> Value {
    let mut schema = schema.clone();
    if let Some(base) = schema.get("x-extends").and_then(Value::as_str) {
        let base = extended(&all[base.rsplit('/').next().unwrap()], all);
        let mut properties = base["properties"].as_object().unwrap().clone();
        properties.extend(schema["properties"].as_object().unwrap().clone());
        let required = [required(&base), required(&schema)].concat();
        schema["properties"] = Value::Object(properties);
        schema["required"] = required.into();
    }
    schema
}

fn required(schema: &Value) -> Vec<String> {
    let names = schema.get("required").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

/// Whether a schema takes any value, or any object.
fn is_free(schema: &Value) -> bool {
    let keywords = schema.as_object().unwrap();
    keywords.is_empty() || keywords.contains_key("additionalProperties")
}

fn length(depth: u32) -> usize {
    if depth == 0 { 0 } else { 2 }
}

fn text() -> impl Strategy<Value = Value> {
    ".{0,12}".prop_map(Value::from)
}

/// Any JSON, of little depth.
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
