//! A request has exactly the content of its file: merge keys, spellings, nulls and numbers.

use peak_press::types::*;
use peak_press::{Error, Result};
use serde_json::{Value, json};

fn yaml(text: &str) -> Result<Value> {
    Parameters::from_yaml_str(text).map(|read| serde_json::to_value(read).unwrap())
}

fn json(text: &str) -> Result<Value> {
    Parameters::from_json_str(text).map(|read| serde_json::to_value(read).unwrap())
}

/// A release with these lines below `steps:`, each indented by six spaces.
fn release(steps: &str) -> Result<Value> {
    let text = format!(
        "body:\n  release: {{ version: 1.10 }}\n  config:\n    steps:\n{}",
        steps
            .lines()
            .map(|line| format!("      {line}\n"))
            .collect::<String>()
    );
    CreateSpecRelease::from_yaml_str(&text).map(|read| serde_json::to_value(read).unwrap())
}

#[track_caller]
fn assert_error<T: std::fmt::Debug>(read: Result<T>, expected: &str) {
    assert_eq!(read.unwrap_err().to_string(), expected);
}

#[test]
fn json_has_no_merge_keys() {
    let text = r#"{"title":"a","<<":{"title":"b","summary":"injected"}}"#;
    assert_eq!(
        json(text).unwrap(),
        serde_json::from_str::<Value>(text).unwrap()
    );
    let text = r#"{"p":{"<<":{"k":1}}}"#;
    assert_eq!(json(text).unwrap(), json!({ "p": { "<<": { "k": 1 } } }));
}

#[test]
fn a_quoted_merge_key_is_a_plain_key() {
    let read = yaml("a: { '<<': { b: 1 } }").unwrap();
    assert_eq!(read, json!({ "a": { "<<": { "b": 1 } } }));
}

#[test]
fn own_keys_and_earlier_merges_take_precedence() {
    let read = yaml("x: &x { a: 1, b: 1 }\ny: &y { b: 2, c: 2 }\nz: { <<: [*x, *y], a: 0 }");
    assert_eq!(read.unwrap()["z"], json!({ "a": 0, "b": 1, "c": 2 }));
    assert_error(
        yaml("a:\n  <<: 5"),
        "a: `<<` needs a map or a list of maps (line 2)",
    );
}

#[test]
fn merge_keys_keep_the_spelling_of_text() {
    let read = release(
        "a: &a { command: 0x1F, parameters: { env: { <<: { Q: 1.0 }, V: 1.10 } } }\nb: { <<: *a, imageRef: 3.10 }",
    );
    let body = &read.unwrap()["body"];
    assert_eq!(body["release"]["version"], "1.10");
    let env = json!({ "env": { "Q": "1.0", "V": "1.10" } });
    let expected = json!({ "command": "0x1F", "imageRef": "3.10", "parameters": env });
    assert_eq!(body["config"]["steps"]["b"], expected);
}

#[test]
fn an_error_in_a_merged_map_names_the_line_of_the_value() {
    assert_error(
        release("a: &a\n  command: x\n  stepTimeout: soon\nb:\n  <<: *a"),
        "body.config.steps.a.stepTimeout: expected a number or \"@param:<name>\", found \"soon\" \
         (line 7)",
    );
}

/// A change that removes a required field of the workflow, and the start of the error.
struct Removal {
    from: &'static str,
    to: &'static str,
    error: &'static str,
}

#[test]
fn names_a_missing_field_of_any_type() {
    let workflow = include_str!("documents/workflow.yaml");
    for removal in [
        Removal {
            from: "  kind: workflow\n",
            to: "",
            error: r#"body: the field "kind" is missing"#,
        },
        Removal {
            from: "      type: number\n      required: true\n      title",
            to: "      required: true\n      title",
            error: r#"parameters.build[1]: the field "type" is missing"#,
        },
        Removal {
            from: "type: oauth, ",
            to: "",
            error: r#"body.config.steps.notify.auth: the field "type" is missing"#,
        },
        Removal {
            from: "{ branch: main, url: \"https://example.com/load.git\"",
            to: "{ url: \"https://example.com/load.git\"",
            error: r#"body.config.steps.load.repository: the field "branch" is missing"#,
        },
        Removal {
            from: "name: ops, ",
            to: "",
            error: r#"body.config.watchers[1].webhook: the field "name" is missing"#,
        },
        Removal {
            from: "condition: not-equals, ",
            to: "",
            error: r#"body.config.steps.train.executionParameters.conditional[0]: the field "condition" is missing"#,
        },
        Removal {
            from: "condition: all-of, ",
            to: "",
            error: r#"body.config.steps.train.executionParameters.parentStatus[0]: the field "condition" is missing"#,
        },
    ] {
        let count = workflow.matches(removal.from).count();
        assert_eq!(count, 1, "occurrences of {:?}", removal.from);
        let changed = workflow.replace(removal.from, removal.to);
        let error = CreateSpec::from_yaml_str(&changed).unwrap_err();
        assert!(error.to_string().starts_with(removal.error), "{error}");
    }
}

#[test]
fn drops_null_entries_of_maps_except_within_lists() {
    let read = yaml("a:\nb: ~\nc: { d: null, e: { f: } }\ng: [{ h: }, null]").unwrap();
    assert_eq!(
        read,
        json!({ "c": { "e": {} }, "g": [{ "h": null }, null] })
    );
    assert_eq!(
        json(r#"{"a":null,"b":{"c":null}}"#).unwrap(),
        json!({ "b": {} })
    );

    let read =
        release("a:\n  command: x\n  parents:\n  parameters: { env: { A: , B: 1 } }").unwrap();
    let expected = json!({ "command": "x", "parameters": { "env": { "B": "1" } } });
    assert_eq!(read["body"]["config"]["steps"]["a"], expected);
}

#[test]
fn refuses_null_in_a_list_of_text() {
    let text = "body: { release: { version: 1.0.0 }, config: {} }\nartifact:\n  path: .\n  ignore_files:\n    - null\n";
    assert_error(
        CreateSpecRelease::from_yaml_str(text),
        "artifact.ignore_files[0]: expected text, found nothing (null) (line 5)",
    );
}

#[test]
fn refuses_a_document_without_content() {
    assert_error(
        UpdateSpecMetadata::from_yaml_str("---\n"),
        "the document is empty",
    );
    assert_error(
        UpdateDeploymentMetadata::from_yaml_str("body:\n"),
        "body: expected a map, found nothing (null) (line 1)",
    );
    assert_error(
        CreateDeploymentRevision::from_yaml_str("# nothing\n"),
        "the document is empty",
    );
}

#[test]
fn reads_json_with_tabs_long_keys_and_surrogate_pairs() {
    let key = "k".repeat(3000);
    let read = json(&format!(
        "{{\n \"a\"\n\t:\n 1,\n \"{key}\": \"\\ud83d\\ude00\" }}"
    ))
    .unwrap();
    assert_eq!(read["a"], 1);
    assert_eq!(read[key], "😀");
}

#[test]
fn json_syntax_errors_name_the_column() {
    for (text, message) in [
        (
            "{\"a\": 01}",
            "a: expected a value, found '0', at column 7 (line 1)",
        ),
        (
            "{\"a\": 1e400}",
            "a: there is no such number in JSON: in quotes it is text (line 1)",
        ),
        (
            "{\"a\": \"\\ud800\"}",
            "a: the text is not valid JSON: unexpected end of hex escape, at column 7 (line 1)",
        ),
        (
            "{\"a\": \"x",
            "a: the quote is not closed, at column 7 (line 1)",
        ),
        (
            "{\"a\": 1,}",
            "expected a key in quotes, found '}', at column 9 (line 1)",
        ),
        (
            "{\"a\": 1} x",
            "expected the end of the document, found 'x', at column 10 (line 1)",
        ),
        ("{\"a\": 1,\n\"a\": 2}", "duplicate key \"a\" (line 2)"),
        (
            "{'a': 1}",
            "expected a key in quotes, found '\\'', at column 2 (line 1)",
        ),
        (
            "[",
            "[0]: expected a value, found the end of the document, at column 2 (line 1)",
        ),
    ] {
        assert_error(json(text), message);
    }
}

#[test]
fn integers_keep_their_digits_or_are_refused() {
    let large = "123456789012345678901234567890";
    for number in ["18446744073709551615", "-9223372036854775808", "0", "-1"] {
        let text = format!("{{\"a\":{number}}}");
        assert_eq!(yaml(&text).unwrap().to_string(), text);
        assert_eq!(json(&text).unwrap().to_string(), text);
    }
    let (in_yaml, in_json) = (format!("a: {large}"), format!("{{\"a\":{large}}}"));
    if large.parse::<serde_json::Number>().unwrap().to_string() == large {
        // serde_json's feature `arbitrary_precision` is enabled.
        assert_eq!(yaml(&in_yaml).unwrap().to_string(), in_json);
        assert_eq!(json(&in_json).unwrap().to_string(), in_json);
        return;
    }
    let message = "a: the integer has more than 64 bits and would lose digits: in quotes it is text, \
                   and with serde_json's feature `arbitrary_precision` it is kept (line 1)";
    assert_error(yaml(&in_yaml), message);
    assert_error(json(&in_json), message);
}

#[test]
fn a_large_integer_is_kept_where_text_is_expected() {
    let large = "123456789012345678901234567890";
    let deployment = format!("{{ metadata: {{ name: {large} }}, spec: {{ id: {large} }} }}");
    let read = CreateDeployment::from_yaml_str(&deployment).unwrap();
    assert_eq!(
        (read.spec.id.as_str(), read.metadata.name.as_deref()),
        (large, Some(large))
    );
}

#[test]
fn refuses_yaml_tags_except_str() {
    assert_eq!(yaml("a: !!str 1.10").unwrap(), json!({ "a": "1.10" }));
    for tagged in ["!!binary aGk=", "!!int 5", "!secret x"] {
        assert_error(
            yaml(&format!("a: {tagged}")),
            "a: YAML tags such as `!secret` are not supported (line 1)",
        );
    }
}

#[test]
fn refuses_a_field_in_both_spellings() {
    let text = "body: { release: { version: 1.0.0 }, config: {} }\nautoRunOnDeploy: true\nauto_run_on_deploy: false\n";
    assert_error(
        CreateSpecRelease::from_yaml_str(text),
        "auto_run_on_deploy: duplicate field \"autoRunOnDeploy\" (line 3)",
    );
}

#[test]
fn reports_every_error_of_a_document() {
    let text = "
body:
  version: 1
  kind: [workflow]
  metadata: { summary: x, tags: [{ name: a }, b] }
  release: { version: 1.0.0 }
  config:
    steps:
      a: { type: http, url: x }
      b: { command: x, stepTimeout: soon }
      b: { command: y }
      c: { type: sql, repository: { branch: [main] } }
";
    let error = CreateSpec::from_yaml_str(text).unwrap_err();
    let Error::InvalidYaml(first) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(first.line, Some(4));
    assert_eq!(first.further.len(), 7);
    assert_eq!(
        error.to_string(),
        r#"body.kind: expected text, found a list (line 4)
body.metadata.tags[1]: expected a map, found "b" (line 5)
body.metadata: the field "name" is missing (line 5)
body.config.steps.a: the field "method" is missing (line 9)
body.config.steps.b.stepTimeout: expected a number or "@param:<name>", found "soon" (line 10)
body.config.steps: duplicate key "b" (line 11)
body.config.steps.c.repository.branch: expected text or "@param:<name>", found a list (line 12)
body.config.steps.c.repository: the field "url" is missing (line 12)"#
    );
}

#[test]
fn reports_at_most_twenty_errors() {
    let steps: String = (0..100)
        .map(|n| format!("a{n}: {{ command: [{n}] }}\n"))
        .collect();
    let Err(Error::InvalidYaml(error)) = release(&steps) else {
        panic!("the commands are lists")
    };
    assert_eq!(error.further.len(), 19);
}

#[test]
fn a_fallback_file_may_contain_braces() {
    use peak_press::{Session, blocks};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("params.yaml");
    std::fs::write(&path, "greeting: \"Hello {{name}}\"\n").unwrap();
    let session = Session::builder().base_url("http://127.0.0.1:1").build();
    let client = blocks::Client::new(session.unwrap());
    let request = GetParameters::new().fallback_params_file(&path);
    let read = client.get_parameters(&request).unwrap();
    assert_eq!(read.get("greeting"), Some(&json!("Hello {{name}}")));
}

#[test]
fn syntax_errors_say_how_to_fix_the_file() {
    for (text, message) in [
        (
            "notes: Fix: it\n",
            "a colon followed by a space inside unquoted text: quote the value (line 1)",
        ),
        (
            "a: @x\n",
            "unquoted text cannot start with \"@\": quote the value (line 1)",
        ),
        (
            "a: *.py\n",
            "there is no anchor of this name: quote text that starts with `*` (line 1)",
        ),
        (
            "a: * * *\n",
            "`*` and `&` refer to other values in YAML: quote text that starts with them (line 1)",
        ),
        (
            "a:\n\tb: 1\n",
            "a tab in the indentation: YAML needs spaces (line 2)",
        ),
        ("a: \"x\nb: 1\n", "a quote is not closed (line 1)"),
        (
            "a: [1, 2\n",
            "expected `,` or `]`: a `[` may not be closed (line 2)",
        ),
        (
            "a: 'it's'\n",
            "text follows the closing quote: inside single quotes write a quote as `''`, inside double quotes as `\\\"` (line 1)",
        ),
        (
            "a:\n    b: 1\n  c: 2\n",
            "the indentation does not match the lines above (line 3)",
        ),
        (
            "a: 1\nb\nc: 2\n",
            "a key without a colon and a space after it (line 2)",
        ),
        ("a: 1\na: 2\n", "duplicate key \"a\" (line 2)"),
        (
            "a: &a [*a]\n",
            "a[0]: the alias refers to a value that contains it (line 1)",
        ),
        (
            "? [a]\n: b\n",
            "a list or a map where a key is expected (line 1)",
        ),
    ] {
        assert_error(yaml(text), message);
    }
}

#[test]
fn recognizes_a_release_or_deployment_read_as_a_spec() {
    for (text, kind) in [
        (include_str!("documents/release.yaml"), "a release"),
        (include_str!("documents/deployment.yaml"), "a deployment"),
    ] {
        let error = CreateSpec::from_yaml_str(text).unwrap_err().to_string();
        let hint = format!("; this looks like the file of {kind} (line ");
        assert!(error.contains(&hint), "{error}");
    }
}

#[test]
fn recognizes_a_spec_read_as_a_deployment() {
    let spec = include_str!("documents/workflow.yaml");
    let error = CreateDeployment::from_yaml_str(spec).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("this looks like the file of a spec"),
        "{error}"
    );
}

#[test]
fn a_spec_without_its_wrapper_is_to_be_indented() {
    assert_error(
        CreateSpec::from_yaml_str("kind: workflow\nconfig: {}\n"),
        "the field \"body\" is missing; indent `config` and what belongs to it below `body:` (line 1)",
    );
}

#[test]
fn a_spec_with_one_mistake_is_not_taken_for_another_kind() {
    let spec = include_str!("documents/workflow.yaml");
    let changed = spec.replace("featured: true", "featured: 5");
    let error = CreateSpec::from_yaml_str(&changed).unwrap_err();
    assert!(!error.to_string().contains("looks like"), "{error}");
}
