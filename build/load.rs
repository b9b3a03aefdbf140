//! Step 1: loads the definitions of all files in `schemas/`, by name.
//!
//! Names are unique across files, so references are checked here, and later steps need no file names.
//! Inherited properties (`x-extends`) are copied into each definition.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::Result;
use crate::json::{Json, Object};

/// Inherits the properties of another definition, and which of them are required.
const EXTENDS: &str = "x-extends";

/// Marks a definition that only serves to be extended and is not a type.
const ABSTRACT: &str = "x-abstract";

/// A definition of a schema.
#[derive(Clone)]
pub(crate) struct Definition {
    pub(crate) schema: Object,
    /// Its location, for errors: `schemas/spec.json#/definitions/Spec`.
    pub(crate) at: String,
}

pub(crate) type Definitions = BTreeMap<String, Definition>;

/// A file of `schemas/`, as a chapter of the documentation.
pub(crate) struct Chapter {
    /// The subject of its definitions.
    pub(crate) about: String,
    /// The names of its definitions, in file order.
    pub(crate) definitions: Vec<String>,
}

/// A file of `schemas/`.
struct File {
    name: String,
    about: String,
    definitions: Object,
}

pub(crate) fn load(folder: &Path) -> Result<(Definitions, Vec<Chapter>)> {
    let files = read(folder)?;
    let mut file_of = BTreeMap::new();
    for file in &files {
        for name in file.definitions.keys() {
            if let Some(first) = file_of.insert(name.to_owned(), file.name.clone()) {
                let (at, first) = (pointer(&file.name, name), pointer(&first, name));
                return Err(format!("{at}: {first} has the same name"));
            }
        }
    }
    let chapters = files.iter().map(|file| Chapter {
        about: file.about.clone(),
        definitions: file.definitions.keys().map(Into::into).collect(),
    });
    let chapters = chapters.collect();
    let mut definitions = Definitions::new();
    for file in files {
        for (name, schema) in file.definitions.iter() {
            let at = pointer(&file.name, name);
            let mut schema = schema.clone();
            resolve(&mut schema, &file.name, &file_of, &at)?;
            let schema = schema.object(&at)?.clone();
            definitions.insert(name.to_owned(), Definition { schema, at });
        }
    }
    Ok((extend(&definitions)?, chapters))
}

fn pointer(file: &str, name: &str) -> String {
    format!("schemas/{file}#/definitions/{name}")
}

/// The files of the folder, sorted by name.
fn read(folder: &Path) -> Result<Vec<File>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    let files = paths.iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let at = |problem: String| format!("schemas/{name}: {problem}");
        let text = fs::read_to_string(path).map_err(|error| at(error.to_string()))?;
        let schema: Json = serde_json::from_str(&text).map_err(|error| at(error.to_string()))?;
        let value = |key| schema.as_object().and_then(|file| file.get(key));
        let definitions = value("definitions").and_then(Json::as_object);
        let about = value("description").and_then(Json::as_text);
        Ok(File {
            name: name.to_string(),
            about: about
                .ok_or_else(|| at("no `description`".into()))?
                .to_owned(),
            definitions: definitions
                .ok_or_else(|| at("no `definitions`".into()))?
                .clone(),
        })
    });
    files.collect()
}

/// Checks every reference in a schema, and replaces it by the name of its definition.
fn resolve(
    schema: &mut Json,
    file: &str,
    file_of: &BTreeMap<String, String>,
    at: &str,
) -> Result<()> {
    match schema {
        Json::Object(keywords) => {
            for (key, value) in keywords.iter_mut() {
                let at = format!("{at}/{key}");
                match (key, &*value) {
                    ("$ref" | EXTENDS, Json::Text(target)) => {
                        *value = definition_name(target, file, file_of, &at)?.into();
                    }
                    _ => resolve(value, file, file_of, &at)?,
                }
            }
        }
        Json::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                resolve(item, file, file_of, &format!("{at}/{index}"))?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn definition_name(
    target: &str,
    file: &str,
    file_of: &BTreeMap<String, String>,
    at: &str,
) -> Result<String> {
    let wrong = || format!("{at}: {target:?} is not of the form \"file.json#/definitions/Name\"");
    let (target_file, name) = target.split_once("#/definitions/").ok_or_else(wrong)?;
    let target_file = if target_file.is_empty() {
        file
    } else {
        target_file
    };
    match file_of.get(name) {
        None => Err(format!("{at}: there is no definition {name}")),
        Some(file) if file != target_file => {
            Err(format!("{at}: {name} is in {file}, not in {target_file}"))
        }
        Some(_) => Ok(name.to_owned()),
    }
}

/// The definitions that are types, with their inherited properties.
fn extend(definitions: &Definitions) -> Result<Definitions> {
    let mut extended = Definitions::new();
    for (name, definition) in definitions {
        if !definition.schema.contains(ABSTRACT) {
            let schema = with_bases(definition, definitions, &mut vec![name.as_str()])?;
            let at = definition.at.clone();
            extended.insert(name.clone(), Definition { schema, at });
        }
    }
    Ok(extended)
}

fn with_bases<'a>(
    definition: &'a Definition,
    definitions: &'a Definitions,
    path: &mut Vec<&'a str>,
) -> Result<Object> {
    let mut schema = definition.schema.clone();
    let Some(Json::Text(base)) = definition.schema.get(EXTENDS) else {
        return Ok(schema);
    };
    let at = &definition.at;
    if path.contains(&base.as_str()) {
        return Err(format!("{at}/{EXTENDS}: {base} extends itself"));
    }
    path.push(base);
    let base = with_bases(&definitions[base], definitions, path)?;
    schema.remove(EXTENDS);
    for keyword in ["properties", "required"] {
        let merged = match (base.get(keyword), schema.get(keyword)) {
            (Some(Json::Object(inherited)), Some(Json::Object(own))) => {
                // Properties shared by several definitions, such as `pageSize`, come last.
                let (first, last) = if base.contains(ABSTRACT) {
                    (own, inherited)
                } else {
                    (inherited, own)
                };
                let mut merged = first.clone();
                merged.extend(last);
                merged.extend(own);
                merged.into()
            }
            (Some(Json::List(inherited)), Some(Json::List(own))) => inherited
                .iter()
                .chain(own)
                .cloned()
                .collect::<Vec<_>>()
                .into(),
            (Some(inherited), None) => inherited.clone(),
            (None, _) => continue,
            _ => return Err(format!("{at}/{keyword}: not of the kind that it extends")),
        };
        schema.set(keyword, merged);
    }
    Ok(schema)
}
