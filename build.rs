//! Generates the request and response types of `src/types.rs` from `schemas/*.json`.
//!
//! Four steps, one function each: [`load`] merges the files, [`lower`] checks every definition and
//! turns what typify cannot say into what it can, [`typify`] makes the structs, and [`emit`] adds
//! constructors, setters, open enums and unions. It reads only `schemas/`, writes only `OUT_DIR`,
//! and stops with the file and the JSON pointer of whatever it does not understand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value, json};
use typify::{TypeDetails, TypeSpace, TypeSpaceSettings};

type Result<T> = std::result::Result<T, String>;

/// Definitions whose Rust type is written by hand, and the function that reads an optional field of
/// it, where that is not the type's own.
const BY_HAND: [(&str, &str, Option<&str>); 5] = [
    ("AnsweredConfig", "Config", Some("answered_config")),
    (
        "AnsweredParameters",
        "SpecParameters",
        Some("answered_parameters"),
    ),
    ("Artifact", "crate::Artifact", None),
    ("ParamRef", "ParamRef", None),
    ("Timestamp", "Timestamp", None),
];

/// The definitions that are read from files, and say which of their keys are not known.
const FROM_FILES: [&str; 6] = [
    "CreateDeployment",
    "CreateDeploymentRevision",
    "CreateSpec",
    "CreateSpecRelease",
    "UpdateDeploymentMetadata",
    "UpdateSpecMetadata",
];

/// What `new` sets a required field to, instead of asking for it.
const DEFAULT: &str = "default";

/// Another name under which a property is read, as in the official client's own files.
const ALIAS: &str = "x-alias";

/// Keywords that do not change what a value may be, and may stand anywhere.
const ANNOTATIONS: [&str; 4] = ["description", "examples", DEFAULT, ALIAS];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=schemas");
    if let Ok(script) = env::current_exe() {
        // The tests of this script run it again, on schemas that are wrong.
        println!(
            "cargo::rustc-env=PEAK_PRESS_BUILD_SCRIPT={}",
            script.display()
        );
    }
    let folder = |name| env::var_os(name).ok_or(format!("{name} is not set"));
    let generated = folder("CARGO_MANIFEST_DIR")
        .and_then(|root| load(&Path::new(&root).join("schemas")))
        .and_then(lower)
        .and_then(|schemas| emit(&schemas, &typify(&schemas)?))
        .and_then(|code| {
            let out = folder("OUT_DIR")?;
            for (name, code) in [("types.rs", code.types), ("unknown.rs", code.unknown)] {
                let file = Path::new(&out).join(name);
                fs::write(&file, code).map_err(|error| format!("{}: {error}", file.display()))?;
            }
            Ok(())
        });
    if let Err(message) = generated {
        eprintln!("{message}");
        std::process::exit(1);
    }
}

/// A definition as its file has it.
struct Definition {
    file: String,
    schema: Value,
}

impl Definition {
    /// Where it stands, for an error.
    fn pointer(&self, name: &str) -> String {
        format!("schemas/{}#/definitions/{name}", self.file)
    }
}

/// Every definition of every file, by name.
fn load(folder: &Path) -> Result<BTreeMap<String, Definition>> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();

    let mut definitions = BTreeMap::<String, Definition>::new();
    for path in files {
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let at = |problem: String| format!("schemas/{file}: {problem}");
        let text = fs::read_to_string(&path).map_err(|e| at(e.to_string()))?;
        let schema: Value = serde_json::from_str(&text).map_err(|e| at(e.to_string()))?;
        let found = schema.get("definitions").and_then(Value::as_object);
        for (name, schema) in found.ok_or_else(|| at("no `definitions`".into()))? {
            let definition = Definition {
                file: file.clone(),
                schema: schema.clone(),
            };
            if let Some(first) = definitions.get(name) {
                let twin = definition.pointer(name);
                return Err(format!("{twin}: {} has this name too", first.pointer(name)));
            }
            definitions.insert(name.clone(), definition);
        }
    }
    Ok(definitions)
}

/// The definitions, sorted by what becomes of them.
#[derive(Default)]
struct Schemas {
    /// Objects with properties: typify makes a struct of each.
    structs: BTreeMap<String, Value>,
    /// Property names of a struct that `new` fills in, with the value.
    defaults: BTreeMap<(String, String), Value>,
    /// serde attributes that a field needs beyond those that typify writes.
    attributes: BTreeMap<(String, String), String>,
    /// Names that typify replaces by a Rust type.
    replacements: BTreeMap<String, String>,
    enums: Vec<OpenEnum>,
    unions: Vec<Union>,
}

impl Schemas {
    /// Whether what a name stands for is an object whose keys have a meaning.
    fn has_keys(&self, name: &str) -> bool {
        let is_union = self.union(name).is_some();
        is_union || self.structs.contains_key(name) || name == "Artifact"
    }

    fn union(&self, name: &str) -> Option<&Union> {
        self.unions.iter().find(|union| union.name == name)
    }

    /// The property that tells a struct of a union from the others, and is not a field of it.
    fn tag_of(&self, name: &str) -> Option<&str> {
        self.unions.iter().find_map(|union| match &union.rule {
            Rule::Tag {
                property, variants, ..
            } if variants.values().any(|variant| variant == name) => Some(property.as_str()),
            _ => None,
        })
    }
}

/// A text of which some values are known.
struct OpenEnum {
    name: String,
    doc: String,
    /// Value and documentation.
    values: Vec<(String, String)>,
}

/// An object that is one of several structs.
struct Union {
    name: String,
    doc: String,
    rule: Rule,
}

/// How the struct of a union is told.
enum Rule {
    /// By the value of a property, which is no field of the structs.
    Tag {
        property: String,
        /// The value that is meant where the property is absent.
        default: String,
        /// The struct that each value means.
        variants: BTreeMap<String, String>,
    },
    /// By whether a property is there, which is a field of one of the structs.
    Presence {
        property: String,
        present: String,
        absent: String,
    },
}

impl Rule {
    fn structs(&self) -> Vec<&String> {
        match self {
            Rule::Tag { variants, .. } => variants.values().collect(),
            Rule::Presence {
                present, absent, ..
            } => vec![present, absent],
        }
    }
}

fn lower(definitions: BTreeMap<String, Definition>) -> Result<Schemas> {
    let mut schemas = Schemas::default();
    for (name, rust, _) in BY_HAND {
        if !definitions.contains_key(name) {
            return Err(format!(
                "build.rs: no definition {name}, which {rust} is to replace"
            ));
        }
        schemas.replacements.insert(name.into(), rust.into());
    }
    for (name, definition) in &definitions {
        if schemas.replacements.contains_key(name) {
            continue;
        }
        let lowering = Lowering {
            definitions: &definitions,
            file: &definition.file,
        };
        lowering.definition(name, definition, &mut schemas)?;
    }
    merge_unions(&definitions, &mut schemas)?;
    Ok(schemas)
}

/// The lowering of one definition: where it stands decides what a `$ref` in it means.
struct Lowering<'a> {
    definitions: &'a BTreeMap<String, Definition>,
    file: &'a str,
}

impl Lowering<'_> {
    fn definition(&self, name: &str, definition: &Definition, out: &mut Schemas) -> Result<()> {
        let (schema, at) = (&definition.schema, definition.pointer(name));
        let keywords = object(schema, &at)?;
        let doc = required_text(keywords, "description", &at)?;
        if let Some(values) = keywords.get("enum") {
            check_keywords(keywords, &["type", "enum", "x-enum-descriptions"], &at)?;
            let values = enum_values(keywords, values, &at)?;
            out.replacements.insert(name.into(), name.into());
            out.enums.push(OpenEnum {
                name: name.into(),
                doc,
                values,
            });
        } else if keywords.contains_key("oneOf") {
            check_keywords(keywords, &["oneOf", "x-tag", "x-presence"], &at)?;
            out.replacements.insert(name.into(), name.into());
            let rule = self.union(keywords, &at)?;
            out.unions.push(Union {
                name: name.into(),
                doc,
                rule,
            });
        } else if keywords.contains_key("properties") {
            let lowered = self.structure(name, keywords, &at, out)?;
            out.structs.insert(name.into(), lowered);
        } else {
            return Err(format!("{at}: neither `properties` nor `enum` nor `oneOf`"));
        }
        Ok(())
    }

    fn structure(
        &self,
        name: &str,
        keywords: &Map<String, Value>,
        at: &str,
        out: &mut Schemas,
    ) -> Result<Value> {
        let known = [
            "type",
            "properties",
            "required",
            "additionalProperties",
            "anyOf",
        ];
        check_keywords(keywords, &known, at)?;
        if keywords.get("additionalProperties") != Some(&json!({})) {
            return Err(format!(
                "{at}: `additionalProperties` must be {{}}, so that nothing is lost"
            ));
        }
        let empty = Map::new();
        let properties = keywords
            .get("properties")
            .map_or(Ok(&empty), |all| object(all, at))?;
        let required = strings(keywords.get("required"), &format!("{at}/required"))?;
        if let Some(missing) = required
            .iter()
            .find(|name| !properties.contains_key(**name))
        {
            return Err(format!("{at}/required: there is no property {missing:?}"));
        }
        let mut lowered = Map::new();
        for (property, schema) in properties {
            let at = format!("{at}/properties/{property}");
            let optional = !required.contains(&property.as_str());
            let keywords = object(schema, &at)?;
            let doc = property_doc(keywords, &at)?;
            let mut schema = self.value(schema, optional, &at, out)?;
            schema["description"] = json!(doc_lines(&doc));
            let key = (name.to_owned(), property.clone());
            if let (Some(value), false) = (keywords.get(DEFAULT), optional) {
                out.defaults.insert(key.clone(), value.clone());
            }
            let attributes = self.attributes(keywords, optional);
            if !attributes.is_empty() {
                out.attributes.insert(key, attributes);
            }
            lowered.insert(property.clone(), schema);
        }
        Ok(json!({
            "type": "object",
            "description": doc_lines(&required_text(keywords, "description", at)?),
            "properties": lowered,
            "required": required,
            "additionalProperties": {},
        }))
    }

    /// What typify is to see in place of the schema of a value.
    fn value(&self, schema: &Value, optional: bool, at: &str, out: &mut Schemas) -> Result<Value> {
        let keywords = object(schema, at)?;
        let mut shape = keywords.clone();
        shape.retain(|keyword, _| !ANNOTATIONS.contains(&keyword.as_str()));

        if let Some(reference) = self.reference(&shape, at)? {
            return Ok(json!({ "allOf": [{ "$ref": format!("#/definitions/{reference}") }] }));
        }
        if let Some(alternatives) = shape.get("anyOf") {
            check_keywords(&shape, &["anyOf"], at)?;
            return self.or_param(alternatives, &format!("{at}/anyOf"), out);
        }
        let nullable = |kind: &str| match optional {
            true => json!([kind, "null"]),
            false => json!(kind),
        };
        match shape.get("type").and_then(Value::as_str) {
            None if shape.is_empty() => Ok(json!({})),
            Some("array") => {
                check_keywords(&shape, &["type", "items"], at)?;
                let items = shape
                    .get("items")
                    .ok_or_else(|| format!("{at}: no `items`"))?;
                let items = self.value(items, false, &format!("{at}/items"), out)?;
                Ok(json!({ "type": nullable("array"), "items": items }))
            }
            Some("object") => {
                check_keywords(&shape, &["type", "additionalProperties"], at)?;
                let pointer = format!("{at}/additionalProperties");
                let values = shape.get("additionalProperties");
                let values = values.ok_or_else(|| format!("{at}: no `additionalProperties`"))?;
                let values = self.value(values, false, &pointer, out)?;
                Ok(json!({ "type": nullable("object"), "additionalProperties": values }))
            }
            Some("number") => {
                check_keywords(&shape, &["type"], at)?;
                Ok(replaced("Number", "::serde_json::Number", out))
            }
            Some("string" | "boolean") => {
                check_keywords(&shape, &["type", "enum"], at)?;
                Ok(json!({ "type": shape["type"] }))
            }
            Some("integer") => {
                check_keywords(&shape, &["type", "minimum"], at)?;
                Ok(Value::Object(shape))
            }
            _ => Err(format!(
                "{at}: a schema of a kind that build.rs does not know"
            )),
        }
    }

    /// A scalar in whose place a parameter may be named.
    fn or_param(&self, alternatives: &Value, at: &str, out: &mut Schemas) -> Result<Value> {
        let wrong = || format!("{at}: expected a scalar and ParamRef");
        let [scalar, param] = alternatives
            .as_array()
            .map(Vec::as_slice)
            .ok_or_else(wrong)?
        else {
            return Err(wrong());
        };
        if self.reference(object(param, at)?, at)?.as_deref() != Some("ParamRef") {
            return Err(wrong());
        }
        let keywords = object(scalar, at)?;
        let rust = match (self.reference(keywords, at)?, keywords.get("type")) {
            (Some(name), _) => name,
            (None, Some(kind)) => match kind.as_str() {
                Some("string") => "String".into(),
                Some("boolean") => "bool".into(),
                Some("number" | "integer") => "::serde_json::Number".into(),
                _ => return Err(wrong()),
            },
            _ => return Err(wrong()),
        };
        let name = format!("OrParam{}", pascal(&rust.replace("::serde_json::", "")));
        Ok(replaced(&name, &format!("OrParam<{rust}>"), out))
    }

    fn union(&self, keywords: &Map<String, Value>, at: &str) -> Result<Rule> {
        let (keyword, rule) = keywords
            .iter()
            .find(|(keyword, _)| matches!(keyword.as_str(), "x-tag" | "x-presence"))
            .ok_or_else(|| format!("{at}: neither `x-tag` nor `x-presence`"))?;
        let at = format!("{at}/{keyword}");
        let rule_keywords = object(rule, &at)?;
        let text = |key: &str| required_text(rule_keywords, key, &at);
        let rule = if keyword == "x-tag" {
            let variants = object(rule.get("variants").unwrap_or(&Value::Null), &at)?;
            let variants = variants.keys().map(|tag| {
                Ok((
                    tag.clone(),
                    required_text(variants, tag, &format!("{at}/variants"))?,
                ))
            });
            Rule::Tag {
                property: text("property")?,
                default: text("default")?,
                variants: variants.collect::<Result<_>>()?,
            }
        } else {
            Rule::Presence {
                property: text("property")?,
                present: text("present")?,
                absent: text("absent")?,
            }
        };
        for name in rule.structs() {
            self.exists(name, &at)?;
        }
        Ok(rule)
    }

    /// The definition that a schema refers to and adds nothing to, where it is of that kind.
    fn reference(&self, keywords: &Map<String, Value>, at: &str) -> Result<Option<String>> {
        let target = match (
            keywords.get("$ref"),
            keywords.get("allOf").and_then(Value::as_array),
        ) {
            (Some(target), _) => target,
            (None, Some(all)) if all.len() == 1 => &all[0]["$ref"],
            _ => return Ok(None),
        };
        check_keywords(keywords, &["$ref", "allOf"], at)?;
        let wrong = || format!("{at}: {target} is not of the form `file.json#/definitions/Name`");
        let (file, name) = target
            .as_str()
            .and_then(|target| target.split_once("#/definitions/"))
            .ok_or_else(wrong)?;
        let file = if file.is_empty() { self.file } else { file };
        match self.exists(name, at)?.file == file {
            true => Ok(Some(name.into())),
            false => Err(format!("{at}: {name} is not in {file}")),
        }
    }

    fn exists(&self, name: &str, at: &str) -> Result<&Definition> {
        self.definitions
            .get(name)
            .ok_or_else(|| format!("{at}: there is no definition {name}"))
    }

    /// The serde attributes of a field that serde's own reading of it is too strict for.
    fn attributes(&self, keywords: &Map<String, Value>, optional: bool) -> String {
        let alias = keywords.get(ALIAS).and_then(Value::as_str);
        let alias = alias.map(|alias| format!("alias = {alias:?}"));
        let attributes = alias.into_iter().chain(self.reader(keywords, optional));
        attributes.collect::<Vec<_>>().join(", ")
    }

    /// The attribute that has a field read by a function of this crate.
    fn reader(&self, keywords: &Map<String, Value>, optional: bool) -> Option<String> {
        let target = keywords
            .get("allOf")
            .and_then(|all| all[0]["$ref"].as_str());
        let name = target.and_then(|target| target.rsplit('/').next());
        let by_hand = BY_HAND
            .iter()
            .find(|(definition, ..)| Some(*definition) == name);
        if let Some((_, _, Some(reader))) = by_hand {
            return Some(format!("default, deserialize_with = {reader:?}"));
        }
        match (keywords.get("type").and_then(Value::as_str), optional) {
            (Some("boolean"), true) => Some("default, deserialize_with = \"optional_flag\"".into()),
            (Some("boolean"), false) => Some("deserialize_with = \"flag\"".into()),
            (Some("string"), false) => Some("deserialize_with = \"text\"".into()),
            _ => None,
        }
    }
}

/// Takes the tags out of the structs of each union, and adds the struct that can hold any of them:
/// what is read first, so that the tag may stand anywhere and every error keeps its place.
fn merge_unions(definitions: &BTreeMap<String, Definition>, schemas: &mut Schemas) -> Result<()> {
    for union in &schemas.unions {
        let mut merged = Map::new();
        for name in union.rule.structs() {
            let at = definitions[name].pointer(name);
            let schema = schemas.structs.get_mut(name);
            let schema = schema.ok_or_else(|| format!("{at}: is no object"))?;
            if let Rule::Tag { property, .. } = &union.rule {
                take_tag(schema, property).ok_or_else(|| format!("{at}: has no {property:?}"))?;
            }
            for (property, schema) in schema["properties"].as_object().expect("lowered") {
                let schema = nullable(schema);
                if merged
                    .get(property)
                    .is_some_and(|first| shape(first) != shape(&schema))
                {
                    let other = format!("another struct of {} has it otherwise", union.name);
                    return Err(format!("{at}/properties/{property}: {other}"));
                }
                merged.insert(property.clone(), schema);
            }
        }
        if let Rule::Tag { property, .. } = &union.rule {
            merged.insert(property.clone(), json!({ "type": "string" }));
        }
        let any = json!({ "type": "object", "properties": merged, "additionalProperties": {} });
        schemas.structs.insert(wire(&union.name), any);
    }
    Ok(())
}

/// Takes a property out of a lowered struct, where it has it.
fn take_tag(schema: &mut Value, property: &str) -> Option<()> {
    schema["properties"].as_object_mut()?.remove(property)?;
    schema["required"]
        .as_array_mut()?
        .retain(|name| name != property);
    Some(())
}

/// The name of the struct that a union is read into.
fn wire(union: &str) -> String {
    format!("{union}Wire")
}

/// A lowered schema that takes `null`, as every optional property does.
fn nullable(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(kind @ ("array" | "object")) = schema["type"].as_str() {
        schema["type"] = json!([kind, "null"]);
    }
    schema
}

/// A lowered schema without its documentation.
fn shape(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(keywords) = schema.as_object_mut() {
        keywords.remove("description");
    }
    schema
}

fn typify(schemas: &Schemas) -> Result<TypeSpace> {
    let mut settings = TypeSpaceSettings::default();
    settings
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq".into())
        .with_attr("#[non_exhaustive]".into());
    let mut definitions = schemas.structs.clone();
    for (name, rust) in &schemas.replacements {
        settings.with_replacement(name, rust, [].into_iter());
        definitions.insert(name.clone(), json!({ "type": "string" }));
    }
    let root = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": definitions,
    });
    let root = serde_json::from_value(root).map_err(|error| format!("schemas: {error}"))?;
    let mut types = TypeSpace::new(&settings);
    types
        .add_root_schema(root)
        .map_err(|error| format!("schemas: {error}"))?;
    Ok(types)
}

/// A field of a generated struct, as typify describes it.
struct Field {
    /// The property in the schema.
    property: String,
    ident: proc_macro2::Ident,
    /// Its place among the required ones: the order of the arguments of `new`.
    required: Option<usize>,
    /// The type of what is given for it, to `new` by the field's name and to a setter as `value`,
    /// and the expression that makes the field of that.
    argument: TokenStream,
    conversion: TokenStream,
}

/// The generated code, a file each.
struct Code {
    /// The types themselves, for `src/types.rs`.
    types: String,
    /// How unknown keys are found in them, for `src/document/unknown.rs`.
    unknown: String,
}

fn emit(schemas: &Schemas, types: &TypeSpace) -> Result<Code> {
    let structs = structs(types)?;
    let mut fields = BTreeMap::new();
    for ty in types.iter_types() {
        if let Some(structure) = structs.get(&ty.name()) {
            fields.insert(ty.name(), fields_of(schemas, types, &ty, structure));
        }
    }
    if let Some(lost) = schemas
        .structs
        .keys()
        .find(|name| !fields.contains_key(*name))
    {
        return Err(format!("typify made no struct {lost}"));
    }

    let mut code = TokenStream::new();
    for (name, structure) in structs {
        code.extend(finished(schemas, structure, &fields[&name])?);
    }
    let wires: BTreeSet<_> = schemas
        .unions
        .iter()
        .map(|union| wire(&union.name))
        .collect();
    for (name, fields) in fields.iter().filter(|(name, _)| !wires.contains(*name)) {
        code.extend(constructor(schemas, name, fields));
    }
    code.extend(schemas.enums.iter().map(open_enum));
    code.extend(
        schemas
            .unions
            .iter()
            .map(|union| union_enum(union, &fields)),
    );

    // typify names everything in full; the module has these names anyway.
    let mut code = code.to_string();
    for (full, short) in [
        (":: std :: option :: Option", "Option"),
        (":: std :: vec :: Vec", "Vec"),
        (":: std :: string :: String", "String"),
        (":: std :: boxed :: Box", "Box"),
        (":: std :: collections :: BTreeMap", "BTreeMap"),
        (":: serde_json :: Map", "Map"),
        (":: serde_json :: Value", "Value"),
        (":: serde_json :: Number", "Number"),
        (":: serde :: Deserialize", "Deserialize"),
        (":: serde :: Serialize", "Serialize"),
    ] {
        code = code.replace(full, short);
    }
    let code = code.replace("\"::std::option::Option::is_none\"", "\"Option::is_none\"");
    Ok(Code {
        types: pretty(&code)?,
        unknown: pretty(&find_unknown(schemas, &fields).to_string())?,
    })
}

fn pretty(code: &str) -> Result<String> {
    let file = syn::parse_file(code).map_err(|error| format!("the generated code: {error}"))?;
    Ok(prettyplease::unparse(&file))
}

/// The structs of typify, without the conversions and modules beside them that nobody needs.
fn structs(types: &TypeSpace) -> Result<BTreeMap<String, syn::ItemStruct>> {
    let file: syn::File = syn::parse2(types.to_stream()).map_err(|error| error.to_string())?;
    let structs = file.items.into_iter().filter_map(|item| match item {
        syn::Item::Struct(item) => Some((item.ident.to_string(), item)),
        _ => None,
    });
    Ok(structs.collect())
}

/// A struct of typify, with the attributes and documentation that it cannot know of.
fn finished(
    schemas: &Schemas,
    mut structure: syn::ItemStruct,
    fields: &[Field],
) -> Result<TokenStream> {
    let name = structure.ident.to_string();
    for field in structure.fields.iter_mut() {
        let Some(known) = fields
            .iter()
            .find(|known| field.ident.as_ref() == Some(&known.ident))
        else {
            let doc = doc("Whatever else the object holds: kept, and sent again.");
            field.attrs.insert(0, syn::parse_quote!(#doc));
            continue;
        };
        // `new` fills defaults in; a document that lacks a required field is still refused.
        field
            .attrs
            .retain(|attribute| serde_text(attribute, "default").is_none());
        if let Some(text) = schemas
            .attributes
            .get(&(name.clone(), known.property.clone()))
        {
            let attribute: TokenStream = text.parse().map_err(|error| format!("{error}"))?;
            field.attrs.push(syn::parse_quote!(#[serde(#attribute)]));
        }
    }
    if schemas.unions.iter().any(|union| wire(&union.name) == name) {
        structure.vis = syn::parse_quote!(pub(super));
        structure
            .attrs
            .retain(|attribute| !attribute.path().is_ident("doc"));
    }
    Ok(quote!(#structure))
}

/// The text that a serde attribute has for a key.
fn serde_text(attribute: &syn::Attribute, key: &str) -> Option<String> {
    let mut found = None;
    if attribute.path().is_ident("serde") {
        let _ = attribute.parse_nested_meta(|meta| {
            let text: syn::LitStr = meta.value()?.parse()?;
            if meta.path.is_ident(key) {
                found = Some(text.value());
            }
            Ok(())
        });
    }
    found
}

fn fields_of(
    schemas: &Schemas,
    types: &TypeSpace,
    ty: &typify::Type<'_>,
    structure: &syn::ItemStruct,
) -> Vec<Field> {
    let TypeDetails::Struct(details) = ty.details() else {
        return Vec::new();
    };
    let required = schemas.structs[&ty.name()]["required"].as_array();
    let place = |name: &str| required?.iter().position(|required| required == name);
    let property_of = |ident: &proc_macro2::Ident| {
        let field = structure
            .fields
            .iter()
            .find(|field| field.ident.as_ref() == Some(ident));
        let rename = field?
            .attrs
            .iter()
            .find_map(|attribute| serde_text(attribute, "rename"));
        Some(rename.unwrap_or(ident.to_string()))
    };
    let properties = details
        .properties_info()
        .filter(|property| property.name != "extra");
    let fields = properties.filter_map(|info| {
        let ident = format_ident!("{}", info.name);
        let property = property_of(&ident)?;
        let required = place(&property);
        let given = match required {
            Some(_) => ident.clone(),
            None => format_ident!("value"),
        };
        let (argument, conversion) = setter(types, &info.type_id, &given);
        Some(Field {
            property,
            ident,
            required,
            argument,
            conversion,
        })
    });
    fields.collect()
}

/// The type of what is given for a field of a type, and how the field is made of it.
fn setter(
    types: &TypeSpace,
    id: &typify::TypeId,
    given: &proc_macro2::Ident,
) -> (TokenStream, TokenStream) {
    let ty = types.get_type(id).expect("typify knows its own types");
    let ident = ty.ident();
    // Conversions into a number are no help: a literal would not know which one to start from.
    let is_plain = |ty: &typify::Type<'_>| {
        matches!(ty.details(), TypeDetails::Builtin("bool" | "u64" | "i64"))
    };
    let into = |id: &typify::TypeId| {
        let ty = types.get_type(id).expect("typify knows its own types");
        let ident = ty.ident();
        match is_plain(&ty) {
            true => quote!(#ident),
            false => quote!(impl Into<#ident>),
        }
    };
    match ty.details() {
        TypeDetails::Option(inner) => {
            let (argument, conversion) = setter(types, &inner, given);
            (argument, quote!(Some(#conversion)))
        }
        TypeDetails::Box(inner) => {
            let (argument, conversion) = setter(types, &inner, given);
            (argument, quote!(Box::new(#conversion)))
        }
        TypeDetails::Vec(item) => {
            let item = into(&item);
            (
                quote!(impl IntoIterator<Item = #item>),
                quote!(#given.into_iter().map(Into::into).collect()),
            )
        }
        TypeDetails::Map(_, item) => {
            let item = into(&item);
            (
                quote!(impl IntoIterator<Item = (impl Into<String>, #item)>),
                quote!(
                    #given
                        .into_iter()
                        .map(|(name, value)| (name.into(), value.into()))
                        .collect()
                ),
            )
        }
        _ if is_plain(&ty) => (quote!(#ident), quote!(#given)),
        _ => (quote!(impl Into<#ident>), quote!(#given.into())),
    }
}

/// `new` with the required fields, and a setter for each optional one.
fn constructor(schemas: &Schemas, name: &str, fields: &[Field]) -> TokenStream {
    let ident = format_ident!("{name}");
    let (mut arguments, mut initials, mut setters) = (Vec::new(), Vec::new(), Vec::new());
    for field in fields {
        let Field {
            ident,
            argument,
            conversion,
            ..
        } = field;
        match schemas
            .defaults
            .get(&(name.to_owned(), field.property.clone()))
        {
            Some(value) => {
                let value = value.to_string();
                let value = value
                    .parse::<TokenStream>()
                    .expect("a JSON scalar is a Rust literal");
                initials.push(quote!(#ident: #value.into()));
            }
            None if field.required.is_some() => {
                arguments.push((field.required, quote!(#ident: #argument)));
                initials.push(quote!(#ident: #conversion));
            }
            None => initials.push(quote!(#ident: None)),
        }
        if field.required.is_none() {
            let doc = doc(&format!("Sets [`{ident}`](Self#structfield.{ident})."));
            setters.push(quote! {
                #doc
                #[must_use]
                pub fn #ident(mut self, value: #argument) -> Self {
                    self.#ident = #conversion;
                    self
                }
            });
        }
    }
    arguments.sort_by_key(|(place, _)| *place);
    let arguments: Vec<_> = arguments
        .into_iter()
        .map(|(_, argument)| argument)
        .collect();
    let new = match arguments.is_empty() {
        true => "Makes one with nothing set: every field has a setter.",
        false => "Makes one of the required fields: each optional one has a setter.",
    };
    let new = doc(new);
    let default = arguments
        .is_empty()
        .then(|| quote!(impl Default for #ident { fn default() -> Self { Self::new() } }));
    quote! {
        impl #ident {
            #new
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#initials,)* extra: Map::new() }
            }
            #(#setters)*
        }
        #default
    }
}

/// The code of an open enum is the same for all, and stands in `src/types/open_enum.rs`.
fn open_enum(open: &OpenEnum) -> TokenStream {
    let (name, doc_) = (format_ident!("{}", open.name), doc(&open.doc));
    let values = open.values.iter().map(|(value, text)| {
        let (variant, doc) = (format_ident!("{}", pascal(value)), doc(text));
        quote!(#doc #variant = #value,)
    });
    quote!(open_enum! { #doc_ pub enum #name { #(#values)* } })
}

/// A union: the enum, how it is read by way of the struct that holds any of its variants, and how
/// it is written.
fn union_enum(union: &Union, fields: &BTreeMap<String, Vec<Field>>) -> TokenStream {
    let (name, wire) = (
        format_ident!("{}", union.name),
        format_ident!("{}", wire(&union.name)),
    );
    let variant = |name: &String| format_ident!("{}", variant_name(name, &union.name));
    let structs = union.rule.structs();
    let (mut variants, mut conversions) = (Vec::new(), Vec::new());
    for structure in &structs {
        let (ident, variant) = (format_ident!("{structure}"), variant(structure));
        let doc = doc(&format!("See [`{structure}`]."));
        variants.push(quote!(#doc #variant(#ident),));
        conversions.push(quote! {
            impl From<#ident> for #name {
                fn from(value: #ident) -> Self { Self::#variant(value) }
            }
        });
    }
    // What the struct of the variant has no field for is kept in its `extra`.
    let take = |structure: &String| {
        let (ident, variant) = (format_ident!("{structure}"), variant(structure));
        let fields = fields[structure].iter().map(|field| {
            let (ident, property) = (&field.ident, &field.property);
            match field.required.is_some() {
                true => quote!(#ident: required(wire.#ident.take(), #property)?),
                false => quote!(#ident: wire.#ident.take()),
            }
        });
        quote!(Self::#variant(#ident { #(#fields,)* extra: remainder(wire)? }))
    };
    let (read, write);
    match &union.rule {
        Rule::Tag {
            property,
            default,
            variants: tags,
        } => {
            let field = format_ident!("{}_", property);
            let others = tags.iter().filter(|(tag, _)| *tag != default);
            let reads = others.clone().map(|(tag, structure)| {
                let take = take(structure);
                quote!(Some(#tag) => { wire.#field = None; #take })
            });
            let writes = others.map(|(tag, structure)| {
                let variant = variant(structure);
                quote!(Self::#variant(value) => Tagged { tag: BTreeMap::from([(#property, #tag)]), value }.serialize(serializer))
            });
            let (standard, take) = (variant(&tags[default]), take(&tags[default]));
            read = quote! {
                Ok(match wire.#field.as_deref() {
                    None | Some(#default) => #take,
                    #(#reads)*
                    Some(_) => Self::Other(Value::Object(remainder(wire)?)),
                })
            };
            write = quote! {
                Self::#standard(value) => value.serialize(serializer),
                #(#writes,)*
            };
        }
        Rule::Presence {
            property,
            present,
            absent,
        } => {
            let field = &fields[present]
                .iter()
                .find(|field| field.property == *property);
            let field = &field.expect("checked with the schemas").ident;
            let (present, absent) = (take(present), take(absent));
            read = quote! {
                Ok(match wire.#field { Some(_) => #present, None => #absent })
            };
            let variants = structs.iter().map(|name| variant(name));
            write = quote!(#(Self::#variants(value) => value.serialize(serializer),)*);
        }
    }
    let (doc_, other) = (
        doc(&union.doc),
        doc("Of a kind that this release does not know: as it came."),
    );
    quote! {
        #doc_
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum #name { #(#variants)* #other Other(Value) }

        #(#conversions)*

        impl<'de> Deserialize<'de> for #name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(UnionVisitor::new())
            }
        }

        impl Union for #name {
            type Wire = #wire;

            fn choose<E: serde::de::Error>(mut wire: #wire) -> Result<Self, E> { #read }
        }

        impl Serialize for #name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { #write Self::Other(value) => value.serialize(serializer) }
            }
        }
    }
}

/// `FindUnknown`, which finds unknown keys, for every struct and union that a request file may hold.
fn find_unknown(schemas: &Schemas, fields: &BTreeMap<String, Vec<Field>>) -> TokenStream {
    let mut implemented = BTreeMap::new();
    let mut next: Vec<&str> = FROM_FILES.into();
    while let Some(name) = next.pop() {
        let (body, below) = if let Some(union) = schemas.union(name) {
            find_in_union(union)
        } else if let Some(schema) = schemas.structs.get(name) {
            find_in_struct(schemas, name, schema, &fields[name])
        } else {
            continue;
        };
        let ident = format_ident!("{name}");
        let code = quote! {
            impl FindUnknown for #ident {
                fn find_unknown(&self, at: &str, found: &mut Unknown) { #body }
            }
        };
        if implemented.insert(name, code).is_none() {
            next.extend(below);
        }
    }
    implemented.into_values().collect()
}

/// How a union is searched, and the structs that it may be.
fn find_in_union(union: &Union) -> (TokenStream, Vec<&str>) {
    let structs = union.rule.structs();
    let variants = structs
        .iter()
        .map(|structure| format_ident!("{}", variant_name(structure, &union.name)));
    let body = quote! {
        match self {
            #(Self::#variants(value) => value.find_unknown(at, found),)*
            // Of an unknown kind, so no key is known or unknown.
            Self::Other(_) => {}
        }
    };
    (body, structs.into_iter().map(String::as_str).collect())
}

/// How a struct is searched, and the structs and unions that its fields hold.
fn find_in_struct<'a>(
    schemas: &'a Schemas,
    name: &str,
    schema: &'a Value,
    fields: &[Field],
) -> (TokenStream, Vec<&'a str>) {
    let properties = fields.iter().map(|field| field.property.as_str());
    let known: Vec<_> = properties.chain(schemas.tag_of(name)).collect();
    let (mut calls, mut below) = (Vec::new(), Vec::new());
    for field in fields {
        let (ident, property) = (&field.ident, &field.property);
        let Some(held) = held(&schema["properties"][property]) else {
            continue;
        };
        if schemas.has_keys(held) {
            calls.push(quote!(self.#ident.find_unknown(&join(at, #property), found);));
            below.push(held);
        }
    }
    let body = quote! {
        found.keys(at, &self.extra, &[#(#known),*]);
        #(#calls)*
    };
    (body, below)
}

/// The definition that a lowered schema refers to, itself or by way of a list or a map.
fn held(schema: &Value) -> Option<&str> {
    let inner = schema
        .get("items")
        .or_else(|| schema.get("additionalProperties"));
    match (inner, schema.get("$ref")) {
        (Some(inner), _) => held(inner),
        (None, Some(target)) => target.as_str()?.rsplit('/').next(),
        (None, None) => held(schema.get("allOf")?.get(0)?),
    }
}

/// `StandardStep` of `Step` is `Step::Standard`.
fn variant_name<'a>(structure: &'a str, union: &str) -> &'a str {
    structure.strip_suffix(union).unwrap_or(structure)
}

fn doc(text: &str) -> TokenStream {
    let text = doc_lines(text);
    quote!(#[doc = #text])
}

/// Each line a space away from the slashes, as one writes it by hand.
fn doc_lines(text: &str) -> String {
    text.lines()
        .map(|line| format!(" {line}").trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A property's description, with what else its schema tells a reader.
fn property_doc(keywords: &Map<String, Value>, at: &str) -> Result<String> {
    let mut doc = required_text(keywords, "description", at)?;
    if let Some(value) = keywords.get(DEFAULT) {
        doc += &format!("\n\nDefault: `{value}`.");
    }
    if let Some(example) = keywords
        .get("examples")
        .and_then(|examples| examples.get(0))
    {
        doc += &format!("\n\nExample: `{example}`.");
    }
    Ok(doc)
}

fn enum_values(
    keywords: &Map<String, Value>,
    values: &Value,
    at: &str,
) -> Result<Vec<(String, String)>> {
    let descriptions = keywords.get("x-enum-descriptions").unwrap_or(&Value::Null);
    let descriptions = object(descriptions, &format!("{at}/x-enum-descriptions"))?;
    let values = strings(Some(values), &format!("{at}/enum"))?;
    if let Some(unknown) = descriptions
        .keys()
        .find(|value| !values.contains(&value.as_str()))
    {
        return Err(format!(
            "{at}/x-enum-descriptions: {unknown:?} is not one of the values"
        ));
    }
    let at = format!("{at}/x-enum-descriptions");
    values
        .into_iter()
        .map(|value| Ok((value.to_owned(), required_text(descriptions, value, &at)?)))
        .collect()
}

/// A reference to a name that typify replaces.
fn replaced(name: &str, rust: &str, out: &mut Schemas) -> Value {
    out.replacements.insert(name.into(), rust.into());
    json!({ "allOf": [{ "$ref": format!("#/definitions/{name}") }] })
}

/// `not-equals`, `text/plain` and `delete_failed` as Rust names a variant.
fn pascal(value: &str) -> String {
    let words = value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let words = words.map(|word| {
        let shouted = word.chars().all(|c| c.is_ascii_uppercase());
        let (first, rest) = word.split_at(1);
        first.to_uppercase()
            + &if shouted {
                rest.to_lowercase()
            } else {
                rest.to_owned()
            }
    });
    words.collect()
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>> {
    value
        .as_object()
        .ok_or_else(|| format!("{at}: expected an object"))
}

fn required_text(keywords: &Map<String, Value>, key: &str, at: &str) -> Result<String> {
    match keywords.get(key).and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(format!("{at}: no text `{key}`")),
    }
}

fn strings<'a>(value: Option<&'a Value>, at: &str) -> Result<Vec<&'a str>> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let values = value
        .as_array()
        .ok_or_else(|| format!("{at}: expected a list"))?;
    let values = values
        .iter()
        .map(|value| value.as_str().ok_or(format!("{at}: expected texts")));
    values.collect()
}

/// Refuses what typify would pass over in silence.
fn check_keywords(keywords: &Map<String, Value>, known: &[&str], at: &str) -> Result<()> {
    let unknown = keywords.keys().map(String::as_str);
    match { unknown }.find(|word| !known.contains(word) && !ANNOTATIONS.contains(word)) {
        Some(word) => Err(format!(
            "{at}/{word}: a keyword that build.rs does not know here"
        )),
        None => Ok(()),
    }
}
