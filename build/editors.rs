//! Step 9: generates a self-contained JSON schema for each kind of request file, with which editors
//! complete and check it.
//!
//! The crate's types accept unknown keys and values; an editor should mark misspellings and offer what
//! fits. So each definition is rewritten with the keywords that editors support best, as tested with
//! the YAML and the JSON language server: objects are closed, unions use `if` (for a `oneOf`, editors
//! only report that nothing matches), and texts are also given as Markdown. Rules of the API's
//! reference beyond types are in `x-editor`, a merge patch (RFC 7396) on the rewritten definition.
//! Numbers, booleans and enums may also be `"@param:…"`, so a patch must accept such text. Conditions
//! on a property belong in its `dependencies`, or editors would offer it twice.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::json::{Json, Object, object};
use crate::keywords::{ALIAS, EDITOR};
use crate::load::Definitions;
use crate::model::{File, Layout};

/// The schema of a kind of file, as text.
pub(crate) fn schema(file: &File, definitions: &Definitions) -> String {
    let schema = Json::from(Editor { definitions }.file(file));
    serde_json::to_string_pretty(&schema).expect("JSON is written as text") + "\n"
}

struct Editor<'a> {
    definitions: &'a Definitions,
}

impl Editor<'_> {
    fn file(&self, file: &File) -> Object {
        let mut root = Object::default();
        root.set("$schema", "http://json-schema.org/draft-07/schema#");
        root.set("title", file.name.as_str());
        let description = format!("A request file of `{}`: {}.", file.name, file.title);
        describe(&mut root, "description", description.into());
        let request = self.definition(&file.definition);
        let whole = match file.layout {
            Layout::Whole => with_ignored_keys(request),
            Layout::Body => body_or_top(self.reference(&file.definition), request),
            Layout::Names => body_or_names(self.reference(&file.definition)),
        };
        root.extend(&whole);

        let mut definitions = BTreeMap::new();
        let mut missing = references(&whole.into());
        while let Some(name) = missing.pop() {
            if let Entry::Vacant(place) = definitions.entry(name) {
                let definition = Json::from(self.definition(place.key()));
                missing.extend(references(&definition));
                place.insert(definition);
            }
        }
        let definitions = definitions
            .iter()
            .map(|(name, schema)| (name.as_str(), schema.clone()));
        root.set("definitions", Object::from_iter(definitions));
        root
    }

    /// A definition rewritten for editors. Its description goes next to each `$ref` instead: of two
    /// descriptions, one language server shows the inner and another the outer.
    fn definition(&self, name: &str) -> Object {
        let schema = &self.definitions[name].schema;
        let mut definition = self.lower(schema);
        definition.remove("description");
        definition.remove("markdownDescription");
        if let Some(patch) = schema.get(EDITOR).and_then(Json::as_object) {
            merge(&mut definition, patch);
        }
        definition
    }

    fn description(&self, name: &str) -> Json {
        self.definitions[name]
            .schema
            .get("description")
            .cloned()
            .unwrap_or(Json::Null)
    }

    fn property(&self, definition: &str, property: &str) -> &Object {
        let properties = self.definitions[definition].schema.get("properties");
        let property = properties.and_then(|all| all.as_object()?.get(property)?.as_object());
        property.expect("checked with the definitions")
    }

    fn reference(&self, name: &str) -> Object {
        let mut out = Object::default();
        self.refer(&mut out, name);
        out
    }

    /// Adds a reference, with the definition's description unless there is one already.
    fn refer(&self, out: &mut Object, name: &str) {
        if !out.contains("description") {
            describe(out, "description", self.description(name));
        }
        out.set("$ref", format!("#/definitions/{name}"));
    }

    /// Rewrites a schema for editors, keyword by keyword.
    fn lower(&self, schema: &Object) -> Object {
        let has_properties = schema.contains("properties");
        let mut out = Object::default();
        for (key, value) in schema.iter() {
            match (key, value) {
                ("description", _) => describe(&mut out, "description", value.clone()),
                ("$ref", Json::Text(name)) => self.refer(&mut out, name),
                ("allOf", Json::List(all)) => {
                    for name in all
                        .iter()
                        .filter_map(|one| one.as_object()?.get("$ref")?.as_text())
                    {
                        self.refer(&mut out, name);
                    }
                }
                ("properties", Json::Object(properties)) => {
                    self.properties(&mut out, properties, schema.get("required"));
                }
                ("additionalProperties", _) if has_properties => out.set(key, false),
                ("items", Json::Object(inner)) => out.set(key, self.lower(inner)),
                ("additionalProperties", Json::Object(inner)) => {
                    let mut value = self.lower(inner);
                    if value.get("type").and_then(Json::as_text) == Some("string") {
                        // Scalars are read as written, and null entries are dropped.
                        value.set("type", vec!["string", "number", "boolean", "null"]);
                    }
                    out.set(key, value);
                }
                ("anyOf", Json::List(all)) if has_properties => exactly_one(&mut out, all),
                ("anyOf", Json::List(all)) => self.scalar_or_reference(&mut out, all),
                ("x-tag", Json::Object(rule)) => self.tagged(&mut out, rule),
                ("x-presence", Json::Object(rule)) => self.told_by_presence(&mut out, rule),
                ("x-enum-descriptions", Json::Object(texts)) => {
                    let values = schema
                        .get("enum")
                        .and_then(Json::as_list)
                        .unwrap_or_default();
                    let texts = values
                        .iter()
                        .filter_map(|value| texts.get(value.as_text()?));
                    describe(
                        &mut out,
                        "enumDescriptions",
                        texts.cloned().collect::<Vec<_>>().into(),
                    );
                }
                // `x-tag` and `x-presence` replace `oneOf`; other steps handle the rest.
                ("oneOf", _) => {}
                (keyword, _) if keyword.starts_with("x-") => {}
                _ => out.set(key, value.clone()),
            }
        }
        out
    }

    fn properties(&self, out: &mut Object, properties: &Object, required: Option<&Json>) {
        let required = required.and_then(Json::as_list).unwrap_or_default();
        let mut lowered = Object::default();
        let mut aliases = Object::default();
        for (name, schema) in properties.iter() {
            let schema = schema.as_object().expect("checked with the definitions");
            let mut property = self.lower(schema);
            if !required.contains(&name.into()) {
                // Editors would insert the default whenever they insert the object. The description
                // mentions it.
                property.remove("default");
                allow_null(&mut property);
            }
            let is_tag = schema.contains("enum");
            // The union describes its tag.
            let property = if is_tag {
                Json::Bool(true)
            } else {
                property.into()
            };
            if let Some(alias) = schema.get(ALIAS).and_then(Json::as_text) {
                // Accepted, but not offered.
                aliases.set(&format!("^{alias}$"), property.clone());
            }
            lowered.set(name, property);
        }
        out.set("properties", lowered);
        if !aliases.is_empty() {
            out.set("patternProperties", aliases);
        }
    }

    /// Text already allows a reference. A number or a boolean may also be text that matches a
    /// reference's pattern, in one `type`, so that limits can be added. An enum is an alternative to
    /// the reference, so that its values are offered.
    fn scalar_or_reference(&self, out: &mut Object, alternatives: &[Json]) {
        let schemas = alternatives.iter().filter_map(Json::as_object);
        let scalar = alternatives.first().and_then(Json::as_object);
        let kind = scalar.and_then(|scalar| scalar.get("type")?.as_text());
        match (kind, scalar) {
            (Some("string"), _) => out.set("type", "string"),
            (Some(kind), Some(scalar)) => {
                let article = if kind == "integer" { "an" } else { "a" };
                let message = format!("Expected {article} {kind} or \"@param:<name>\".");
                out.extend(scalar);
                out.set("type", vec![kind, "string"]);
                if let Some(pattern) = self.definitions["ParamRef"].schema.get("pattern") {
                    out.set("pattern", pattern.clone());
                }
                out.set("patternErrorMessage", message);
            }
            _ => out.set(
                "anyOf",
                schemas.map(|schema| self.lower(schema)).collect::<Vec<_>>(),
            ),
        }
    }

    /// A union selected by the value of a property. Of an unknown value, only the value is marked.
    fn tagged(&self, out: &mut Object, rule: &Object) {
        let text = |key: &str| rule.get(key).and_then(Json::as_text).unwrap_or_default();
        let (property, default) = (text("property"), text("default"));
        let variants = rule.get("variants").and_then(Json::as_object);
        let variants = variants.into_iter().flat_map(Object::iter);
        let variants: Vec<_> = variants
            .filter_map(|(value, name)| Some((value, name.as_text()?)))
            .collect();

        let mut tag = Object::default();
        for (value, name) in &variants {
            if *value == default {
                let description = self.property(name, property).get("description");
                describe(
                    &mut tag,
                    "description",
                    description.cloned().unwrap_or(Json::Null),
                );
            }
        }
        tag.set("type", "string");
        tag.set(
            "enum",
            variants.iter().map(|(value, _)| *value).collect::<Vec<_>>(),
        );
        let descriptions = variants.iter().map(|(_, name)| self.description(name));
        describe(
            &mut tag,
            "enumDescriptions",
            descriptions.collect::<Vec<_>>().into(),
        );

        let branches = variants.iter().map(|(value, name)| {
            let is_value = object([("const", (*value).into())]);
            let properties = object([(property, is_value.into())]);
            let mut is_variant = object([("properties", properties.into())]);
            if *value != default {
                is_variant.set("required", vec![property]);
            }
            object([
                ("if", is_variant.into()),
                ("then", self.reference(name).into()),
            ])
        });
        out.set("type", "object");
        out.set("properties", object([(property, tag.into())]));
        out.set("allOf", branches.collect::<Vec<_>>());
    }

    /// A union selected by the presence of a property, which is always offered.
    fn told_by_presence(&self, out: &mut Object, rule: &Object) {
        let text = |key: &str| rule.get(key).and_then(Json::as_text).unwrap_or_default();
        let (property, present) = (text("property"), text("present"));
        let teller = self.lower(self.property(present, property));
        out.set("type", "object");
        out.set("properties", object([(property, teller.into())]));
        out.set("if", required(property));
        out.set("then", self.reference(present));
        out.set("else", self.reference(text("absent")));
    }
}

fn required(property: &str) -> Object {
    object([("required", vec![property].into())])
}

/// Lets an optional property be empty. One that refers to a definition cannot be, because keywords next
/// to `$ref` have no effect.
fn allow_null(property: &mut Object) {
    let mut types = match property.get("type") {
        Some(Json::List(all)) => all.clone(),
        Some(one) => vec![one.clone()],
        None => return,
    };
    types.push("null".into());
    property.set("type", types);
}

/// Turns `anyOf` next to properties, which lists alternative required properties, into "exactly one",
/// with a message that names them all.
fn exactly_one(out: &mut Object, alternatives: &[Json]) {
    let alternatives = alternatives.iter().filter_map(|one| {
        let names = one.as_object()?.get("required")?.as_list()?;
        Some(names.iter().filter_map(Json::as_text).collect::<Vec<_>>())
    });
    let alternatives: Vec<_> = alternatives.collect();
    let Some((last, others)) = alternatives
        .split_last()
        .filter(|(_, others)| !others.is_empty())
    else {
        return;
    };
    let named = |names: &Vec<&str>| {
        let names = names.iter().map(|name| format!("`{name}`"));
        names.collect::<Vec<_>>().join(" + ")
    };
    let others = others.iter().map(named).collect::<Vec<_>>().join(", ");
    let message = format!("Give exactly one of {others} or {}.", named(last));

    let mut at_least = Vec::new();
    let mut at_most = Object::default();
    for (index, names) in alternatives.iter().enumerate() {
        let present = names.iter().map(|name| Json::from(*name)).collect();
        at_least.push(object([
            ("required", Json::List(present)),
            ("errorMessage", message.as_str().into()),
        ]));
        let later = alternatives[index + 1..].iter().flatten();
        let absent = Object::from_iter(later.map(|name| (*name, Json::Bool(false))));
        if !absent.is_empty() {
            let alone = object([
                ("properties", absent.into()),
                ("errorMessage", message.as_str().into()),
            ]);
            at_most.set(names[0], alone);
        }
    }
    out.set("anyOf", at_least);
    out.set("dependencies", at_most);
}

/// The schema of a file that has its request in `body`, as the official command line requires, or at
/// the top, which only this crate reads. An empty file is therefore offered only `body`.
fn body_or_top(body: Object, request: Object) -> Object {
    let properties = request.get("properties").and_then(Json::as_object);
    let keys = properties.into_iter().flat_map(Object::keys);
    let any_key = keys.map(required).collect::<Vec<_>>();
    let mut without_body = object([("not", required("body").into())]);
    without_body.set("anyOf", any_key);
    let mut file = file_with_body(body);
    file.set("if", without_body);
    file.set("then", with_ignored_keys(request));
    file.set("else", only_body());
    file
}

/// Like [`body_or_top`], for requests whose keys are names that the user chooses.
fn body_or_names(body: Object) -> Object {
    let mut file = file_with_body(body);
    file.set("if", required("body"));
    file.set("then", only_body());
    file
}

fn file_with_body(body: Object) -> Object {
    let properties = object([("body", body.into())]);
    object([("type", "object".into()), ("properties", properties.into())])
}

fn only_body() -> Object {
    with_ignored_keys(object([
        ("properties", object([("body", true.into())]).into()),
        ("required", vec!["body"].into()),
        ("additionalProperties", false.into()),
    ]))
}

/// Allows top-level keys that are not sent: `$schema` for editors, and `x-…` for YAML anchors.
fn with_ignored_keys(mut file: Object) -> Object {
    file.object_mut("patternProperties")
        .set(r"^(\$schema$|x-)", Object::default());
    file
}

/// Sets a text, or a list of texts, twice: plain, and as Markdown. Editors show backticks in plain text
/// literally.
fn describe(out: &mut Object, keyword: &str, text: Json) {
    let (first, rest) = keyword.split_at(1);
    let markdown = format!("markdown{}{rest}", first.to_uppercase());
    out.set(keyword, text.clone());
    out.set(&markdown, text);
}

/// The names of the definitions that a schema refers to.
fn references(schema: &Json) -> Vec<String> {
    match schema {
        Json::Object(keywords) => {
            let here = keywords.get("$ref").and_then(Json::as_text);
            let here = here.map(|reference| reference.replace("#/definitions/", ""));
            here.into_iter()
                .chain(keywords.values().flat_map(references))
                .collect()
        }
        Json::List(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Applies a merge patch (RFC 7396), where a reference is the name of a definition.
fn merge(target: &mut Object, patch: &Object) {
    for (key, change) in patch.iter() {
        match (key, change) {
            (_, Json::Null) => drop(target.remove(key)),
            (_, Json::Object(change)) => merge(target.object_mut(key), change),
            ("$ref", Json::Text(name)) => target.set(key, format!("#/definitions/{name}")),
            _ => target.set(key, change.clone()),
        }
    }
}
