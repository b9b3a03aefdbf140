//! Reading request files: what is kept, what is refused, and the content of errors.

use peak_press::types::*;
use peak_press::{Error, Result};
use serde_json::{Value, json};

mod columns;
mod errors;
mod keys;
mod limits;
mod lossless;
mod merges;
#[path = "../common/safe_line.rs"]
mod safe_line;
mod scalars;
mod templates;
mod unknown_keys;
mod warnings;

/// The text of a sample document.
fn text(name: &str) -> String {
    let path = format!("{}/tests/documents/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// The document as read by the YAML library alone.
fn untyped(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// Drops null entries of maps, except inside lists, as the official command line does.
fn drop_null_entries(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(drop_null_entries);
    }
}

/// The text of a sample document in which a unique part is replaced.
#[track_caller]
fn changed(name: &str, from: &str, to: &str) -> String {
    let text = text(name);
    assert_eq!(text.matches(from).count(), 1, "occurrences of {from:?}");
    text.replace(from, to)
}

/// The error for a changed workflow, without the file name at its start.
#[track_caller]
fn workflow_error(from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.yaml");
    std::fs::write(&path, changed("workflow.yaml", from, to)).unwrap();
    let error = CreateSpec::from_yaml_file(&path).unwrap_err();
    assert!(matches!(&error, Error::InvalidYaml(error) if error.file.as_ref() == Some(&path)));
    let file = format!("{}: ", path.display());
    error
        .to_string()
        .strip_prefix(&file)
        .expect("the error starts with the file name")
        .to_owned()
}

/// The line of the first occurrence of a text in the workflow.
#[track_caller]
fn workflow_line(part: &str) -> usize {
    let text = text("workflow.yaml");
    let (before, _) = text.split_once(part).expect("the workflow contains it");
    1 + before.matches('\n').count()
}

/// The error for a document of parameters.
#[track_caller]
fn parameters_error(yaml: &str) -> String {
    Parameters::from_yaml_str(yaml).unwrap_err().to_string()
}
