//! What `build.rs` makes of the schemas, and what it says of schemas that are wrong.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs the build script on a copy of the schemas, one of them changed.
fn run(change: impl FnOnce(&Path)) -> (Output, TempDir) {
    let root = tempfile::tempdir().unwrap();
    let schemas = root.path().join("schemas");
    fs::create_dir(&schemas).unwrap();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, schemas.join(path.file_name().unwrap())).unwrap();
        }
    }
    change(&schemas);
    let out = root.path().join("out");
    fs::create_dir(&out).unwrap();
    let output = Command::new(env!("PEAK_PRESS_BUILD_SCRIPT"))
        .env_clear()
        .env("CARGO_MANIFEST_DIR", root.path())
        .env("OUT_DIR", &out)
        .current_dir(root.path())
        .output()
        .unwrap();
    (output, root)
}

/// The message for a schema in which `from` has become `to`.
#[track_caller]
fn wrong(file: &str, from: &str, to: &str) -> String {
    let (output, root) = run(|schemas| {
        let path = schemas.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    });
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        fs::read_dir(root.path().join("out")).unwrap().count(),
        0,
        "nothing is written"
    );
    String::from_utf8(output.stderr)
        .unwrap()
        .trim_end()
        .to_owned()
}

#[test]
fn the_same_schemas_give_the_same_code_and_nothing_else() {
    let (first, root) = run(|_| {});
    assert!(
        first.status.success(),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    let (_, again) = run(|_| {});
    let code = |root: &TempDir| fs::read(root.path().join("out/types.rs")).unwrap();
    assert_eq!(code(&root), code(&again));
    let lines = String::from_utf8(code(&root)).unwrap().lines().count();
    assert!(lines < 8000, "{lines} lines of generated code");
    assert_eq!(fs::read_dir(root.path().join("out")).unwrap().count(), 2);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
    assert_eq!(
        code(&root),
        fs::read(concat!(env!("OUT_DIR"), "/types.rs")).unwrap()
    );
}

#[test]
fn a_wrong_schema_is_named_with_its_place() {
    for (file, from, to, message) in [
        (
            "step.json",
            "\"type\": \"string\"",
            "\"type\": \"strong\"",
            "schemas/step.json#/definitions/StandardStep/properties/type: a schema of a kind that build.rs does not know",
        ),
        (
            "step.json",
            "#/definitions/Resources",
            "#/definitions/Ressources",
            "schemas/step.json#/definitions/StandardStep/properties/resources: there is no definition Ressources",
        ),
        (
            "step.json",
            "image.json#/definitions/Image\"",
            "step.json#/definitions/Image\"",
            "schemas/step.json#/definitions/StandardStep/properties/image: Image is not in step.json",
        ),
        (
            "release.json",
            "\"required\": [\"version\"]",
            "\"required\": [\"version\", \"note\"]",
            "schemas/release.json#/definitions/NewRelease/required: there is no property \"note\"",
        ),
        (
            "release.json",
            "\"type\": \"object\",",
            "\"type\": \"object\", \"minProperties\": 1,",
            "schemas/release.json#/definitions/NewRelease/minProperties: a keyword that build.rs does not know here",
        ),
        (
            "release.json",
            "\"additionalProperties\": {}",
            "\"additionalProperties\": true",
            "schemas/release.json#/definitions/NewRelease: `additionalProperties` must be {}, so that nothing is lost",
        ),
        (
            "release.json",
            "\"description\": \"The version of the release: a",
            "\"title\": \"The version of the release: a",
            "schemas/release.json#/definitions/NewRelease/properties/version: no text `description`",
        ),
        (
            "spec.json",
            "\"archived\"],",
            "\"archived\", \"lost\"],",
            "schemas/spec.json#/definitions/SpecStatus/x-enum-descriptions: no text `lost`",
        ),
        (
            "spec.json",
            "\"SpecStatus\": {",
            "\"Scope\": {",
            "schemas/spec.json#/definitions/Scope: schemas/common.json#/definitions/Scope has this name too",
        ),
        (
            "spec.json",
            "\"AnsweredConfig\": {",
            "\"AnswerConfig\": {",
            "build.rs: no definition AnsweredConfig, which Config is to replace",
        ),
        (
            "spec.json",
            "\"present\": \"ServiceConfig\"",
            "\"present\": \"ServerConfig\"",
            "schemas/spec.json#/definitions/Config/x-presence: there is no definition ServerConfig",
        ),
        (
            "spec.json",
            "\"definitions\": {",
            "\"definitions\": [",
            "schemas/spec.json: ",
        ),
    ] {
        let found = wrong(file, from, to);
        assert!(
            found.starts_with(message),
            "{found}\nin place of\n{message}"
        );
    }
}

#[test]
fn structs_of_a_union_must_agree_on_what_they_share() {
    let found = wrong(
        "step.json",
        "\"items\": {\"type\": \"string\"}",
        "\"items\": {\"type\": \"boolean\"}",
    );
    assert_eq!(
        found,
        "schemas/step.json#/definitions/StandardStep/properties/parents: \
         another struct of Step has it otherwise"
    );
}
