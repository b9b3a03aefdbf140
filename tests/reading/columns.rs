//! The columns of errors and problems, in characters and counted from 1.

use std::fs;

use peak_press::DocumentError;

use super::*;

struct Case {
    text: &'static str,
    /// Path, line and column of each error.
    errors: &'static [(&'static str, usize, usize)],
}

#[track_caller]
fn check(cases: &[Case], read: fn(&str) -> Result<CreateDeployment>) {
    for case in cases {
        let (Error::InvalidYaml(error) | Error::InvalidJson(error)) = read(case.text).unwrap_err()
        else {
            panic!("no error of the document: {}", case.text);
        };
        let place = |error: &DocumentError| {
            let (line, column) = (error.line.unwrap(), error.column.unwrap());
            (error.path.clone(), line, column)
        };
        let mut found = vec![place(&error)];
        found.extend(error.further.iter().map(place));
        let expected = case.errors.iter();
        let expected: Vec<_> = expected
            .map(|(at, l, c)| (at.to_string(), *l, *c))
            .collect();
        assert_eq!(found, expected, "{}\n{error}", case.text);
    }
}

#[test]
fn yaml_errors_have_a_column() {
    let cases = [
        // Block style: a value stands at itself, on a line of its own too.
        Case {
            text: "spec:\n  id: [1]\nmetadata: {}",
            errors: &[("spec.id", 2, 7)],
        },
        Case {
            text: "spec: { id: a }\nmetadata:\n  title:\n    !secret x",
            errors: &[("metadata.title", 4, 5)],
        },
        // A list or map that starts below its key stands at the key.
        Case {
            text: "spec:\n  id:\n    - 1\nmetadata: {}",
            errors: &[("spec.id", 2, 3)],
        },
        Case {
            text: "- a",
            errors: &[("", 1, 1)],
        },
        // Flow style, nested.
        Case {
            text: "{ spec: { id: [1] }, metadata: { title: { a: b } } }",
            errors: &[("spec.id", 1, 15), ("metadata.title", 1, 41)],
        },
        // Two bytes and four bytes are one character each.
        Case {
            text: "{ metadata: { summary: 'é😀' , title: [] }, spec: { id: a } }",
            errors: &[("metadata.title", 1, 38)],
        },
        // After a byte-order mark.
        Case {
            text: "\u{feff}{ spec: { id: [1] }, metadata: {} }",
            errors: &[("spec.id", 1, 15)],
        },
        // Merged and aliased values stand where they are written, anchors included.
        Case {
            text: "x-a: &a { id: [1] }\nspec:\n  <<: *a\nmetadata: {}",
            errors: &[("spec.id", 1, 15)],
        },
        Case {
            text: "x-a: [ &a [1] ]\nspec: { id: *a }\nmetadata: {}",
            errors: &[("spec.id", 1, 8)],
        },
        Case {
            text: "x-a: &a b\nspec: *a\nmetadata: {}",
            errors: &[("spec", 1, 6)],
        },
        // A repeated key stands at itself, a missing one where it is missing.
        Case {
            text: "spec: { id: a, id: b }\nmetadata: {}",
            errors: &[("spec", 1, 16)],
        },
        Case {
            text: "metadata: {}\nspec: {}",
            errors: &[("spec", 2, 7)],
        },
        // An absent value stands at its key's colon.
        Case {
            text: "spec:\n  id:\nmetadata: {}",
            errors: &[("spec.id", 2, 5)],
        },
        Case {
            text: "spec: { id: }\nmetadata: {}",
            errors: &[("spec.id", 1, 11)],
        },
        // Text that is not well-formed.
        Case {
            text: "spec: { id: @a }",
            errors: &[("", 1, 13)],
        },
        Case {
            text: "spec:\n  x: y\n  id a\nmetadata: {}",
            errors: &[("", 3, 3)],
        },
        Case {
            text: "spec:\n\tid: a",
            errors: &[("", 2, 2)],
        },
        Case {
            text: "spec:\n  id: a\n\tmetadata: {}",
            errors: &[("", 3, 2)],
        },
    ];
    check(&cases, CreateDeployment::from_yaml_str);
}

#[test]
fn json_errors_have_a_column() {
    let cases = [
        Case {
            text: r#"{"metadata":{"title":[],"summary":{}},"spec":{"id":1e5}}"#,
            errors: &[("metadata.title", 1, 22), ("metadata.summary", 1, 35)],
        },
        Case {
            text: r#"{"metadata":{"summary":"é😀","title":[]},"spec":{"id":[1]}}"#,
            errors: &[("metadata.title", 1, 37), ("spec.id", 1, 54)],
        },
        Case {
            text: "{\"metadata\": {},\n \"spec\":\n  {\"id\":\n\t[1]}}",
            errors: &[("spec.id", 3, 4)],
        },
        Case {
            text: "{\"metadata\": {},\r\n \"spec\": {\"id\": \"a\", \"id\": \"b\"}}",
            errors: &[("spec", 2, 22)],
        },
        Case {
            text: "{\n \"spec\": \"é\" ?}",
            errors: &[("", 2, 14)],
        },
    ];
    check(&cases, CreateDeployment::from_json_str);
}

#[test]
fn problems_have_a_column() {
    let yaml = "spec: { id: a }\nmetadata: { titel: b }";
    let problem = CreateDeployment::from_yaml_str(yaml)
        .unwrap()
        .problems()
        .remove(0);
    assert_eq!((problem.line, problem.column), (Some(2), Some(20)));
}

#[test]
fn text_that_is_not_utf_8_has_a_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.yaml");
    fs::write(&path, b"spec:\n  \xC3\xA9: \xFF").unwrap();
    let Error::InvalidYaml(error) = CreateDeployment::from_yaml_file(&path).unwrap_err() else {
        panic!("not an error of the document");
    };
    assert_eq!((error.line, error.column), (Some(2), Some(6)));
}

#[cfg(feature = "templates")]
#[test]
fn templates_have_lines_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.yaml");
    fs::write(&path, "metadata: {}\nspec: { id: [{{ 1 }}] }").unwrap();
    let vars = peak_press::template::Vars::new();
    let Error::InvalidYaml(error) = CreateDeployment::from_template_file(&path, &vars).unwrap_err()
    else {
        panic!("not an error of the document");
    };
    assert_eq!((error.line, error.column), (Some(2), None));
}
