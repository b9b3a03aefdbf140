//! Templates of the official command line are refused unless they are rendered first.

use super::*;

const WHY: &str = "`{{ … }}` and `{% … %}` make this a template: read it with \
                   `from_template_file`, of the feature `templates`, or set the field in code";

/// Sent unrendered, it would create a block named `{{ name }}`.
#[test]
fn refuses_a_placeholder_in_text() {
    assert_eq!(
        workflow_error("title: Demand forecast", "title: \"{{ name }}\""),
        format!("body.metadata.title: found \"{{{{ name }}}}\": {WHY} (line 7)")
    );
}

#[test]
fn refuses_an_unquoted_placeholder() {
    assert_eq!(
        parameters_error("a:\n  b: {{ b }}"),
        format!("a.b: a list or a map where a key is expected; {WHY} (line 2)")
    );
}

#[test]
fn refuses_a_template_statement() {
    let error = parameters_error("a: 1\n{% include 'b.yaml' %}");
    assert!(error.ends_with(&format!("; {WHY} (line 2)")), "{error}");
}

#[test]
fn accepts_braces_that_are_not_a_template() {
    let json = r#"{ "a": "docker ps --format {{.Names}}" }"#;
    assert!(Parameters::from_json_str(json).is_ok());
    assert!(Parameters::from_yaml_str("a: '}} {{ x'").is_ok());
}
