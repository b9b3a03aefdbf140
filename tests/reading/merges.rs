//! Anchors, aliases and merge keys.

use super::*;

#[test]
fn reads_aliases_and_merge_keys_after_a_byte_order_mark() {
    let yaml = "\u{feff}base: &base { a: 1, b: [x] }\nother: { <<: *base, a: 2 }\nsame: *base";
    let read = serde_json::to_value(Parameters::from_yaml_str(yaml).unwrap()).unwrap();
    let base = json!({ "a": 1, "b": ["x"] });
    assert_eq!(
        read,
        json!({ "base": base, "other": { "a": 2, "b": ["x"] }, "same": base })
    );
}

#[test]
fn refuses_an_anchor_under_a_key_that_does_not_start_with_x() {
    let yaml = "
x: &env { PORT: 8080 }
body:
  metadata: {}
  spec: { id: a }
";
    let error = CreateDeployment::from_yaml_str(yaml).unwrap_err();
    assert!(error.to_string().starts_with("x: "), "{error}");
}

#[test]
fn merges_keys_into_a_typed_step() {
    let steps = "
body:
  release: { version: 1.0.0 }
  config:
    steps:
      a: &a { command: x, stepTimeout: 5, parameters: { env: { PORT: 8080 } } }
      b: { <<: *a, command: y }
";
    let release = serde_json::to_value(CreateSpecRelease::from_yaml_str(steps).unwrap()).unwrap();
    let b =
        json!({ "command": "y", "stepTimeout": 5, "parameters": { "env": { "PORT": "8080" } } });
    assert_eq!(release["body"]["config"]["steps"]["b"], b);
}
