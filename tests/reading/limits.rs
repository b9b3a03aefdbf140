//! Documents that are malformed, too large or too deep are errors.

use super::*;

#[test]
fn refuses_an_empty_document() {
    assert_eq!(parameters_error(""), "the document is empty");
    assert_eq!(parameters_error("\u{feff} \n"), "the document is empty");
}

#[test]
fn refuses_a_document_that_is_not_a_map() {
    assert_eq!(
        parameters_error("- a"),
        "expected a map, found a list (line 1)"
    );
    assert_eq!(
        parameters_error("just text"),
        "expected a map, found \"just text\" (line 1)"
    );
}

#[test]
fn refuses_a_second_document() {
    for yaml in ["a: 1\n---\nb: 2", "  a: 1\nb: 2"] {
        assert_eq!(
            parameters_error(yaml),
            "a second document begins here: a file holds one, with every line indented at least \
             as far as the first (line 2)"
        );
    }
}

#[test]
fn refuses_a_tab_in_the_indentation() {
    let error = parameters_error("a:\n\t- b");
    assert!(error.contains("a tab in the indentation"), "{error}");
}

#[test]
fn an_unclosed_list_has_a_line() {
    let error = parameters_error("a: [");
    assert!(error.contains("line"), "{error}");
}

#[test]
fn refuses_a_duplicate_key() {
    assert_eq!(
        parameters_error("a:\n  b: 1\n  b: 2"),
        "a: duplicate key \"b\" (line 3)"
    );
}

#[test]
fn refuses_a_yaml_tag() {
    let error = parameters_error("a: !secret x");
    assert!(error.contains("YAML tag"), "{error}");
}

#[test]
fn refuses_infinity_and_nan() {
    for number in [".inf", "-.inf", ".nan"] {
        let error = parameters_error(&format!("b: {{ a: [{number}] }}"));
        assert!(
            error.starts_with("b.a[0]: there is no such number"),
            "{error}"
        );
    }
}

#[test]
fn refuses_more_than_128_levels() {
    let yaml = format!("a: {}1{}", "[".repeat(200), "]".repeat(200));
    let error = parameters_error(&yaml);
    assert!(error.contains("more than 128 levels"), "{error}");
}

#[test]
fn refuses_more_than_4_mib() {
    let error = parameters_error(&format!("a: {}", "x".repeat(5 << 20)));
    assert!(error.contains("larger than 4 MiB"));
}

/// Each level repeats the previous one nine times.
#[test]
fn refuses_nested_aliases_that_expand_without_bound() {
    let mut laughs = String::from("a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for n in 1..12 {
        let all = vec![format!("*a{}", n - 1); 9].join(", ");
        laughs += &format!("a{n}: &a{n} [{all}]\n");
    }
    let error = parameters_error(&laughs);
    assert!(
        error.contains("repetition limit") || error.contains("larger than 32 MiB"),
        "{error}"
    );
}

#[test]
fn refuses_aliases_that_repeat_a_large_text() {
    let aliases = vec!["*a"; 5000].join(", ");
    let error = parameters_error(&format!("a: &a {}\nb: [{aliases}]", "x".repeat(200_000)));
    assert!(error.contains("aliases make it larger than 32 MiB"));
}

const TOO_DEEP: &str = "lists and maps are nested more than 128 levels deep (line 1)";

/// Parsing stops at the limit, so each document costs no more than its own size.
#[test]
fn refuses_a_million_levels_of_yaml() {
    let mebibyte = |text: &str| text.repeat((1 << 20) / text.len());
    for yaml in [
        mebibyte("["),
        mebibyte("{a: "),
        mebibyte("- "),
        format!("a: {}", mebibyte("[")),
    ] {
        assert_eq!(parameters_error(&yaml), TOO_DEEP);
    }
}

/// The parser keeps an outermost flow collection in memory as a whole.
#[test]
fn refuses_a_flow_collection_of_too_many_parts() {
    for start in ["\n[", "\na: [[", "\n- {a: ", "\na: [{"] {
        let yaml = format!("{start}{}", "a,".repeat(300_000));
        assert_eq!(
            parameters_error(&yaml),
            "a list in `[…]` or a map in `{…}` has more than 250,000 parts: write it on lines of \
             its own, as `- item` or `key: value` (line 2)"
        );
    }
}

#[test]
fn accepts_a_flow_collection_of_100_000_items() {
    let parameters = Parameters::from_yaml_str(&format!("a: [[{}1]]", "1,".repeat(99_999)));
    let json = serde_json::to_value(parameters.unwrap()).unwrap();
    assert_eq!(json["a"][0].as_array().unwrap().len(), 100_000);
}

/// A tag includes its prefix, so each use of a tag costs the prefix's size.
#[test]
fn refuses_a_tag_of_a_key() {
    let keys = "!p!a b: c\n".repeat(100_000);
    let yaml = format!("%TAG !p! {}\n---\n{keys}", "x".repeat(1 << 20));
    assert_eq!(
        parameters_error(&yaml),
        "YAML tags such as `!secret` are not supported (line 3)"
    );
    assert!(Parameters::from_yaml_str("!!str a: b").is_ok());
}

#[test]
fn refuses_a_million_levels_of_json() {
    for level in ["{\"a\":", "["] {
        let json = level.repeat((1 << 20) / level.len());
        let error = Parameters::from_json_str(&json).unwrap_err();
        assert_eq!(error.to_string(), TOO_DEEP);
    }
}

#[test]
fn refuses_more_than_a_million_values() {
    let json = format!("[{}1]", "1,".repeat(1_100_000));
    let error = Parameters::from_json_str(&json).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the document has more than 1,000,000 values (line 1)"
    );
}

#[test]
fn refuses_merges_that_repeat_a_large_map() {
    let keys: String = (0..5000).map(|n| format!("k{n}: 1, ")).collect();
    let merges = "- <<: *a\n".repeat(50_000);
    let error = parameters_error(&format!("a: &a {{ {keys} }}\nb:\n{merges}"));
    assert!(
        error.contains("aliases make it larger than 32 MiB"),
        "{error}"
    );
}

#[test]
fn accepts_exactly_128_levels() {
    // The document itself is the first level.
    let nested = |lists: usize| format!("a: {}{}", "[".repeat(lists), "]".repeat(lists));
    assert!(Parameters::from_yaml_str(&nested(127)).is_ok());
    assert_eq!(parameters_error(&nested(128)), TOO_DEEP);
}

#[test]
fn an_alias_counts_as_deep_as_its_target() {
    let target = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let alias = format!("{}*a{}", "[".repeat(50), "]".repeat(50));
    let error = parameters_error(&format!("a: &a {target}\nb: {alias}"));
    assert!(error.contains("128 levels"), "{error}");
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn no_text_causes_a_panic(text in any::<String>()) {
            let _ = CreateSpec::from_yaml_str(&text);
            let _ = CreateSpec::from_json_str(&text);
            let _ = Parameters::from_yaml_str(&text);
        }

        #[test]
        fn no_insertion_into_a_document_causes_a_panic(at in any::<prop::sample::Index>(), with in "[-:{}\\[\\]&*!|>'\"%@`#,? \n\tax0-9]{0,4}") {
            let mut text = text("workflow.yaml");
            let at = at.index(text.len());
            if text.is_char_boundary(at) {
                text.insert_str(at, &with);
                let _ = CreateSpec::from_yaml_str(&text);
            }
        }
    }
}
