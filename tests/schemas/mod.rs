//! The JSON schemas, and values that match them: minimal ones here, random ones in `any_value`.

mod any_value;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

pub(crate) use any_value::any_value;

/// The definitions of all files, by name. Names are unique, so the file part of a reference is
/// ignored.
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

    /// An object with only its required properties, and the names of the optional ones.
    pub(crate) fn minimal(&self, name: &str) -> Option<(Value, Vec<String>)> {
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

    /// Whether it is a page of a list.
    pub(crate) fn is_page(&self, name: &str) -> bool {
        self.0[name].get("x-page").is_some()
    }

    /// The known values of an enum.
    pub(crate) fn enum_values(&self, name: &str) -> Option<Vec<Value>> {
        Some(self.0[name].get("enum")?.as_array()?.clone())
    }

    /// A value that matches the schema.
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
}

/// A definition with the properties that it inherits.
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
