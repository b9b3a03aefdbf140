//! Finds the path of a decoding error in JSON text, from the line and column that serde_json
//! reports. Doing this afterwards costs nothing for responses that decode.

use std::fmt::Write;

use crate::json_text::string_length;

/// A position in an open map or list.
enum Step<'a> {
    /// Before a key of a map, or between a key and its value.
    Map,
    /// At the value of this key, or just after it.
    Key(&'a [u8]),
    /// At this item of a list, or just after it.
    Item(usize),
}

/// The path of the value that serde_json refused: `specs[2].metadata.name`. It is the value at
/// which, or right after which, the parser stopped.
pub(super) fn path_of(error: &serde_json::Error, text: &[u8]) -> String {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let before = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len);
    let stopped = before.sum::<usize>() + error.column();
    let mut read = &text[..text.len().min(stopped)];
    // A wrong `null` is reported only when the parser is past it, and may have left its map.
    if error.to_string().starts_with("invalid type: null") {
        let null = read.windows(4).rposition(|word| word == b"null");
        read = &read[..null.map_or(read.len(), |null| null + 4)];
    }
    let mut rest = read;

    let mut steps = Vec::new();
    let mut string = rest;
    while let Some((byte, after)) = rest.split_first() {
        rest = match (byte, steps.last_mut()) {
            (b'"', _) => {
                let (this, after) = rest.split_at(string_length(rest).unwrap_or(rest.len()));
                string = this;
                after
            }
            (b'{', _) => {
                steps.push(Step::Map);
                after
            }
            (b'[', _) => {
                steps.push(Step::Item(0));
                after
            }
            (b'}' | b']', _) => {
                steps.pop();
                after
            }
            (b':', Some(step)) => {
                *step = Step::Key(string);
                after
            }
            (b',', Some(Step::Item(index))) => {
                *index += 1;
                after
            }
            (b',', Some(step)) => {
                *step = Step::Map;
                after
            }
            _ => after,
        };
    }
    // A list in the wrong place is refused at its opening bracket. If another bracket follows, the
    // refused list is assumed to be the inner one.
    let found_list = error.to_string().starts_with("invalid type: sequence");
    let opened = read.trim_ascii_end().ends_with(b"[");
    if found_list && opened && !text[read.len()..].trim_ascii_start().starts_with(b"[") {
        steps.pop();
    }
    written(&steps)
}

fn written(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Map => {}
            Step::Key(quoted) => {
                let key: String = serde_json::from_slice(quoted).unwrap_or_default();
                let dot = if path.is_empty() { "" } else { "." };
                _ = write!(path, "{dot}{key}");
            }
            Step::Item(index) => _ = write!(path, "[{index}]"),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::types::{Spec, SpecPage};

    /// The path of the decoding error in a text, according to serde_path_to_error and to this
    /// module.
    fn paths<T: DeserializeOwned>(text: &str) -> Option<(String, String)> {
        let mut json = serde_json::Deserializer::from_str(text);
        let error = serde_path_to_error::deserialize::<_, T>(&mut json).err()?;
        let path = error.path().to_string();
        let ours = path_of(error.inner(), text.as_bytes());
        Some((path.trim_start_matches('.').to_owned(), ours))
    }

    fn assert_path<T: DeserializeOwned>(text: &str, expected: &str) {
        let both = (expected.to_owned(), expected.to_owned());
        assert_eq!(paths::<T>(text), Some(both), "{text}");
    }

    #[test]
    fn locates_the_value_that_is_wrong() {
        assert_path::<u64>(r#" "text" "#, "");
        assert_path::<Spec>("{}", "");
        assert_path::<Spec>("[]", "");
        assert_path::<Spec>(r#"{"id": 5}"#, "id");
        assert_path::<Spec>(r#"{"id":{"a":[1,2]}}"#, "id");
        assert_path::<Spec>(r#"{"kind": "x", "id": null }"#, "id");
        assert_path::<Spec>(
            r#"{"a":[{},[1,"}"]],"tenants":["a","b",["c"]]}"#,
            "tenants[2]",
        );
        assert_path::<Spec>(r#"{"tenants":[{}]}"#, "tenants[0]");
        assert_path::<Spec>(
            r#"{"metadata":{"tags":[{"name":"a"},{}]}}"#,
            "metadata.tags[1]",
        );
        assert_path::<Spec>(
            "{\"id\":\"a\",\r\n\n \"metadata\":\n{\"name\" : 5.5}}",
            "metadata.name",
        );
        assert_path::<Spec>(r#"{"x":"\"]","y":"\\","featured":"often"}"#, "featured");
        assert_path::<Spec>(r#"{"id":"a", "id":"b"}"#, "");
        assert_path::<SpecPage>(
            r#"{"pageCount":1,"specs":[{"id":"é"},{"id":1}]}"#,
            "specs[1].id",
        );
        assert_path::<SpecPage>(r#"{"pageCount":1,"specs":[{"id":"é"},{}]}"#, "specs[1]");
        assert_path::<SpecPage>(r#"{"page\u0043ount":-1}"#, "pageCount");
        assert_path::<Vec<Vec<u8>>>("[[1],[],[1,2,256]]", "[2][2]");
    }

    /// Replaces each value of a document in turn with one of another kind.
    #[test]
    fn agrees_with_serde_path_to_error() {
        let document = json!({
            "pageCount": 1,
            "pageSize": 1,
            "new": { "a": [1, { "b": null }] },
            "specs": [{
                "id": "1",
                "kind": "workflow",
                "featured": false,
                "tenants": ["a", "b"],
                "metadata": { "name": "n\"}", "tags": [{ "name": "t" }, { "name": "u" }] },
                "latestRelease": { "id": "2", "version": "1.0.0", "config": { "steps": {} } },
                "parameters": { "run": [
                    { "name": "p", "type": "number", "required": true, "options": [
                        { "title": "t", "value": 1 },
                    ] },
                ] },
            }],
        });
        let mut pointers = vec![String::new()];
        let mut checked = 0;
        while let Some(pointer) = pointers.pop() {
            match document.pointer(&pointer) {
                Some(Value::Object(map)) => {
                    pointers.extend(map.keys().map(|key| format!("{pointer}/{key}")));
                }
                Some(Value::Array(list)) => {
                    pointers.extend((0..list.len()).map(|index| format!("{pointer}/{index}")));
                }
                _ => {}
            }
            for wrong in [
                json!(5.5),
                json!("text"),
                json!([]),
                json!([1]),
                json!([{}]),
                json!({}),
                json!(null),
            ] {
                let mut document = document.clone();
                *document.pointer_mut(&pointer).expect("it is there") = wrong;
                for text in [document.to_string(), format!("{document:#}")] {
                    if let Some((theirs, ours)) = paths::<SpecPage>(&text) {
                        assert_eq!(theirs, ours, "{text}");
                        checked += 1;
                    }
                }
            }
        }
        assert!(checked > 100, "{checked}");
    }
}
