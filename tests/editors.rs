//! Makes `schemas/files/` out of `schemas/`, and compares: for each kind of request file one schema,
//! whole in itself, with which editors complete and check such files.
//!
//! The crate's types take whatever comes; an editor is to mark what is misspelt and to offer what
//! fits. So each definition is put in the words that editors do most with, as tried with the YAML
//! and the JSON language server: objects are closed, unions are told apart by `if` (of a `oneOf` they
//! say only that nothing fits), texts are there as Markdown, too. What the API's reference asks for
//! beyond types is in `editors/rules.yaml`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

// Its maps keep their order, in which editors insert what is required.
use serde_yaml::{Mapping, Value};

const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas");

/// The kinds of files: what each holds, and the definition of its request.
const FILES: [(&str, &str, &str); 7] = [
    (
        "create_spec",
        "a new block spec, its artifact and its parameters",
        "CreateSpec",
    ),
    (
        "create_spec_release",
        "a new release of a block spec, its artifact and its parameters",
        "CreateSpecRelease",
    ),
    (
        "update_spec_metadata",
        "what is to change of a block spec",
        "UpdateSpecMetadata",
    ),
    (
        "create_deployment",
        "a new deployment of a block spec",
        "CreateDeployment",
    ),
    (
        "update_deployment_metadata",
        "what is to change of a block deployment",
        "UpdateDeploymentMetadata",
    ),
    (
        "create_deployment_revision",
        "a new revision of a block deployment",
        "CreateDeploymentRevision",
    ),
    (
        "patch_parameters",
        "new values for run parameters of a block deployment",
        "RunParameters",
    ),
];

#[test]
fn the_files_for_editors_are_those_that_the_schemas_give() {
    let schemas = Schemas::load();
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
    for (name, holds, request) in FILES {
        let path = Path::new(SCHEMAS).join(format!("files/{name}.json"));
        let schema = schemas.file(name, holds, request);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if update {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "schemas/files/{name}.json is not what schemas/ gives now. Write it anew, and commit it: \
             UPDATE_SCHEMAS=1 cargo test --test editors"
        );
    }
    let files = std::fs::read_dir(Path::new(SCHEMAS).join("files")).unwrap();
    assert_eq!(files.count(), FILES.len(), "another file in schemas/files/");
}

#[test]
fn every_rule_is_for_a_definition_that_a_file_has() {
    let schemas = Schemas::load();
    let files = FILES.map(|(name, holds, request)| schemas.file(name, holds, request));
    for rule in schemas.rules.keys() {
        let used = files
            .iter()
            .any(|file| file["definitions"].get(rule).is_some());
        assert!(used, "{rule:?}");
    }
}

struct Schemas {
    /// All definitions of `schemas/`, by name; a name is there once.
    definitions: Mapping,
    /// What is said of some of them in `editors/rules.yaml`.
    rules: Mapping,
}

impl Schemas {
    fn load() -> Self {
        let mut definitions = Mapping::new();
        for entry in std::fs::read_dir(SCHEMAS).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let schema = yaml(&std::fs::read_to_string(path).unwrap());
                definitions.extend(map(&schema["definitions"]).clone());
            }
        }
        // The request of `patch_parameters` is a map, and so none of the schemas' definitions.
        let run = definitions["DeploymentParameters"]["properties"]["run"].clone();
        definitions.insert("RunParameters".into(), run);
        Self {
            rules: map(&yaml(include_str!("editors/rules.yaml"))).clone(),
            definitions,
        }
    }

    /// The schema of a kind of file.
    fn file(&self, name: &str, holds: &str, request: &str) -> Value {
        let mut root = Mapping::new();
        let draft = "http://json-schema.org/draft-07/schema#";
        set(&mut root, "$schema", draft);
        set(&mut root, "title", name);
        let description = format!("A request file of `{name}`: {holds}.");
        describe(&mut root, "description", description.into());
        let schema = self.definition(request);
        let whole = match schema["properties"].get("body") {
            Some(_) => with_asides(schema),
            None => in_body(self.reference(request), schema),
        };
        root.extend(map(&whole).clone());

        let mut definitions = BTreeMap::new();
        let mut missing = references(&whole);
        while let Some(name) = missing.pop() {
            if let Entry::Vacant(place) = definitions.entry(name) {
                let definition = self.definition(place.key());
                missing.extend(references(&definition));
                place.insert(definition);
            }
        }
        let definitions = serde_yaml::to_value(definitions).unwrap();
        set(&mut root, "definitions", definitions);
        root.into()
    }

    /// A definition as editors get it. Its description is where it is referred to: of two, one server
    /// takes the nearer and another the farther.
    fn definition(&self, name: &str) -> Value {
        let mut definition = self.lower(&self.definitions[name]);
        map_mut(&mut definition).shift_remove("description");
        map_mut(&mut definition).shift_remove("markdownDescription");
        if let Some(rules) = self.rules.get(name) {
            merge(&mut definition, rules);
        }
        definition
    }

    fn reference(&self, name: &str) -> Value {
        let mut out = Mapping::new();
        self.refer(&mut out, name);
        out.into()
    }

    /// Refers to a definition, with its description unless there is one already.
    fn refer(&self, out: &mut Mapping, reference: &str) {
        let name = reference.rsplit('/').next().unwrap();
        if !out.contains_key("description") {
            let description = self.definitions[name]["description"].clone();
            describe(out, "description", description);
        }
        set(out, "$ref", format!("#/definitions/{name}"));
    }

    /// A schema as editors get it: the whole of the differences, keyword by keyword.
    fn lower(&self, schema: &Value) -> Value {
        let properties = schema.get("properties");
        let mut out = Mapping::new();
        for (key, value) in map(schema) {
            match text(key) {
                "description" => describe(&mut out, "description", value.clone()),
                "$ref" => self.refer(&mut out, text(value)),
                "allOf" => self.refer(&mut out, text(&value[0]["$ref"])),
                "properties" => self.properties(&mut out, map(value), schema.get("required")),
                "additionalProperties" if properties.is_some() => {
                    set(&mut out, "additionalProperties", false);
                }
                keyword @ ("items" | "additionalProperties") => {
                    set(&mut out, keyword, self.lower(value));
                }
                "anyOf" if properties.is_some() => exactly_one(&mut out, list(value)),
                "anyOf" => self.scalar_or_reference(&mut out, value),
                "x-tag" => self.tagged(&mut out, value),
                "x-presence" => self.told_by_presence(&mut out, value),
                "x-enum-descriptions" => {
                    let values = list(&schema["enum"]).iter();
                    let texts = values.map(|name| value[name].clone()).collect();
                    describe(&mut out, "enumDescriptions", Value::Sequence(texts));
                }
                // The union of `x-tag` or `x-presence`; the other name of a property, added to them.
                "oneOf" | "x-alias" => {}
                _ => {
                    out.insert(key.clone(), value.clone());
                }
            }
        }
        out.into()
    }

    fn properties(&self, out: &mut Mapping, properties: &Mapping, required: Option<&Value>) {
        let mut lowered = Mapping::new();
        let mut aliases = Mapping::new();
        for (name, schema) in properties {
            let is_required = required.is_some_and(|required| list(required).contains(name));
            let mut property = self.lower(schema);
            if !is_required {
                // Editors would insert it whenever they insert the object. The description tells it.
                map_mut(&mut property).shift_remove("default");
            }
            if schema.get("enum").is_some() {
                // A tag, of which the union says everything.
                property = true.into();
            }
            if let Some(alias) = schema.get("x-alias").and_then(Value::as_str) {
                // Taken, but not offered.
                aliases.insert(format!("^{alias}$").into(), property.clone());
            }
            lowered.insert(name.clone(), property);
        }
        set(out, "properties", lowered);
        if !aliases.is_empty() {
            set(out, "patternProperties", aliases);
        }
    }

    /// Text may be a reference anyway; a number or a boolean may be text that is one, in a type of its
    /// own, to which limits can be added; an enum stays beside it, for its values to be offered.
    fn scalar_or_reference(&self, out: &mut Mapping, either: &Value) {
        let scalar = &either[0];
        match scalar["type"].as_str() {
            None => {
                let either = list(either).iter().map(|schema| self.lower(schema));
                set(out, "anyOf", either.collect::<Vec<_>>());
            }
            Some("string") => set(out, "type", "string"),
            Some(kind) => {
                let article = if kind == "integer" { "an" } else { "a" };
                let message = format!("Expected {article} {kind} or \"@param:<name>\".");
                out.extend(map(scalar).clone());
                set(out, "type", vec![kind, "string"]);
                let reference = &self.definitions["ParamRef"];
                set(out, "pattern", reference["pattern"].clone());
                set(out, "patternErrorMessage", message);
            }
        }
    }

    /// A union by the value of a property. A value that is none of them is marked, and nothing else.
    fn tagged(&self, out: &mut Mapping, rule: &Value) {
        let property = text(&rule["property"]);
        let variants = map(&rule["variants"]);
        let default = text(&variants[&rule["default"]]);
        let tag = &self.definitions[default]["properties"][property]["description"];
        let descriptions = variants
            .values()
            .map(|name| &self.definitions[name]["description"]);
        let mut teller = Mapping::new();
        describe(&mut teller, "description", tag.clone());
        set(&mut teller, "type", "string");
        let values: Vec<_> = variants.keys().cloned().collect();
        set(&mut teller, "enum", values);
        let descriptions = descriptions.cloned().collect();
        describe(&mut teller, "enumDescriptions", descriptions);

        let mut branches = Vec::new();
        for (value, name) in variants {
            let value_is = object(property, object("const", value.clone()));
            let mut is_variant = map(&object("properties", value_is)).clone();
            if rule["default"] != *value {
                set(&mut is_variant, "required", vec![property]);
            }
            let mut branch = Mapping::new();
            set(&mut branch, "if", is_variant);
            set(&mut branch, "then", self.reference(text(name)));
            branches.push(Value::from(branch));
        }
        set(out, "type", "object");
        set(out, "properties", object(property, teller));
        set(out, "allOf", branches);
    }

    /// A union by whether a property is there, which is therefore offered in any case.
    fn told_by_presence(&self, out: &mut Mapping, rule: &Value) {
        let property = text(&rule["property"]);
        let (present, absent) = (text(&rule["present"]), text(&rule["absent"]));
        let teller = self.lower(&self.definitions[present]["properties"][property]);
        set(out, "type", "object");
        set(out, "properties", object(property, teller));
        set(out, "if", object("required", vec![property]));
        set(out, "then", self.reference(present));
        set(out, "else", self.reference(absent));
    }
}

/// Makes of `anyOf` beside properties, which names those of which one has to be there, that exactly
/// one has to be, with a message that names them all.
fn exactly_one(out: &mut Mapping, alternatives: &[Value]) {
    let alternatives = alternatives.iter().filter_map(|one| one.get("required"));
    let alternatives: Vec<_> = alternatives.map(list).collect();
    let Some((last, others)) = alternatives
        .split_last()
        .filter(|(_, others)| !others.is_empty())
    else {
        return;
    };
    let named = |names: &[Value]| {
        let names = names.iter().map(|name| format!("`{}`", text(name)));
        names.collect::<Vec<_>>().join(" + ")
    };
    let others: Vec<_> = others.iter().map(|names| named(names)).collect();
    let (others, last) = (others.join(", "), named(last));
    let message = format!("Give exactly one of {others} or {last}.");

    let mut at_least = Vec::new();
    let mut at_most = Mapping::new();
    for (index, names) in alternatives.iter().enumerate() {
        let mut one = Mapping::new();
        set(&mut one, "required", names.to_vec());
        set(&mut one, "errorMessage", message.clone());
        at_least.push(one.into());
        let later = alternatives[index + 1..].iter().copied().flatten();
        let later: Mapping = later.map(|name| (name.clone(), false.into())).collect();
        if !later.is_empty() {
            let mut none = Mapping::new();
            set(&mut none, "properties", later);
            set(&mut none, "errorMessage", message.clone());
            at_most.insert(names[0].clone(), none.into());
        }
    }
    set(out, "anyOf", Value::Sequence(at_least));
    set(out, "dependencies", at_most);
}

/// The schema of a file that has its request in `body`, as the official command-line client's files,
/// or at its top, as only this crate reads them: so `body` alone is offered where there is nothing.
fn in_body(body: Value, request: Value) -> Value {
    let mut file = yaml("type: object");
    file["properties"]["body"] = body;
    let only_body = with_asides(yaml(
        "{ properties: { body: true }, required: [body], additionalProperties: false }",
    ));
    match request.get("properties") {
        Some(properties) => {
            let keys = map(properties).keys();
            let keys = keys.map(|key| object("required", vec![key.clone()]));
            file["if"] = yaml("not: { required: [body] }");
            file["if"]["anyOf"] = keys.collect();
            file["then"] = with_asides(request);
            file["else"] = only_body;
        }
        // Any name may be a parameter's.
        None => {
            file["if"] = yaml("required: [body]");
            file["then"] = only_body;
        }
    }
    file
}

/// Lets a file have at its top what is not for the service: `$schema`, which is for editors, and
/// `x-…`, for what YAML's aliases repeat.
fn with_asides(mut file: Value) -> Value {
    file["patternProperties"][r"^(\$schema$|x-)"] = Mapping::new().into();
    file
}

/// Sets a text, or a list of texts: plain, and as the Markdown that it is, of which editors would
/// otherwise show the backticks.
fn describe(out: &mut Mapping, keyword: &str, text: Value) {
    let (first, rest) = keyword.split_at(1);
    let markdown = format!("markdown{}{rest}", first.to_uppercase());
    set(out, keyword, text.clone());
    set(out, &markdown, text);
}

/// The names of the definitions that a schema refers to.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Mapping(keywords) => {
            let here = keywords.get("$ref").and_then(Value::as_str);
            let here = here.map(|reference| reference.replace("#/definitions/", ""));
            let below = keywords.values().flat_map(references);
            here.into_iter().chain(below).collect()
        }
        Value::Sequence(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Some(changes) = patch.as_mapping() else {
        *target = patch.clone();
        return;
    };
    if !target.is_mapping() {
        *target = Mapping::new().into();
    }
    for (key, change) in changes {
        match change.is_null() {
            true => drop(map_mut(target).shift_remove(key)),
            false => merge(
                map_mut(target).entry(key.clone()).or_insert(Value::Null),
                change,
            ),
        }
    }
}

fn yaml(text: &str) -> Value {
    let mut value: Value = serde_yaml::from_str(text).unwrap();
    value.apply_merge().unwrap();
    value
}

fn map(value: &Value) -> &Mapping {
    value.as_mapping().unwrap()
}

fn map_mut(value: &mut Value) -> &mut Mapping {
    value.as_mapping_mut().unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_sequence().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// An object of one property.
fn object(key: &str, value: impl Into<Value>) -> Value {
    Mapping::from_iter([(key.into(), value.into())]).into()
}

fn set(out: &mut Mapping, key: &str, value: impl Into<Value>) {
    out.insert(key.into(), value.into());
}
