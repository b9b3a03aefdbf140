//! The schemas for editors in `schemas/files/` are the ones that the build script generates from
//! `schemas/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

const SCHEMAS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas");
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/files");
const GENERATED: &str = concat!(env!("OUT_DIR"), "/files");

/// The texts of a folder's files, by name.
fn read(folder: impl AsRef<Path>) -> BTreeMap<String, String> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.is_file()).map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(&path).unwrap())
    });
    files.collect()
}

#[test]
fn committed_schemas_for_editors_are_current() {
    let generated = read(GENERATED);
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        for name in read(COMMITTED).keys() {
            fs::remove_file(Path::new(COMMITTED).join(name)).unwrap();
        }
        for (name, schema) in &generated {
            fs::write(Path::new(COMMITTED).join(name), schema).unwrap();
        }
    }
    let committed = read(COMMITTED);
    let names: BTreeSet<_> = committed.keys().chain(generated.keys()).collect();
    let outdated: Vec<_> = names
        .iter()
        .filter(|name| committed.get(**name) != generated.get(**name))
        .collect();
    assert!(
        outdated.is_empty(),
        "not current in schemas/files/: {outdated:?}; to update them, run \
         UPDATE_SCHEMAS=1 cargo test --test editors"
    );
}

#[test]
fn every_kind_of_file_has_a_document_and_is_documented() {
    let root = env!("CARGO_MANIFEST_DIR");
    let documents: String = read(format!("{root}/tests/documents"))
        .into_values()
        .collect();
    let documentation = fs::read_to_string(format!("{root}/src/files.md")).unwrap();
    for name in read(COMMITTED).keys() {
        let modeline = format!("# yaml-language-server: $schema=../../schemas/files/{name}\n");
        assert!(documents.contains(&modeline), "no document names {name}");
        assert!(documentation.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn every_rule_for_editors_is_in_a_file() {
    let files: Vec<Value> = read(GENERATED)
        .values()
        .map(|schema| serde_json::from_str(schema).unwrap())
        .collect();
    for (file, schema) in read(SCHEMAS) {
        let schema: Value = serde_json::from_str(&schema).unwrap();
        for (name, definition) in schema["definitions"].as_object().unwrap() {
            // A request is the top level of its own schema.
            let is_used = definition.get("x-file").is_some()
                || files
                    .iter()
                    .any(|file| file["definitions"].get(name).is_some());
            assert!(
                definition.get("x-editor").is_none() || is_used,
                "{file}: no file refers to {name}, whose `x-editor` is therefore without effect"
            );
        }
    }
}
