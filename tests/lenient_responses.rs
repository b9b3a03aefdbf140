//! One undocumented item does not break a page: it is kept unchanged, and the others are typed. Values
//! that serde_json cannot hold are kept as text.

mod common;

use common::{Reply, Server};
use peak_press::types::{GetParameters, ListSpecs, Spec};
use peak_press::{Session, Stage, blocks};
use serde_json::{Number, Value, json};

fn spec(number: usize) -> Value {
    json!({
        "id": format!("spec-{number}"),
        "kind": "workflow",
        "metadata": { "name": "forecast", "tags": [{ "name": "sales" }] },
        "latestRelease": {
            "version": "1.0.0",
            "config": { "steps": { "a": { "type": "standard", "command": "run", "later": 1 } } }
        },
        "parameters": { "run": [{ "name": "p", "type": "number", "required": true, "defaultValue": 14 }] }
    })
}

/// Lists a page of a hundred specs, after `change` has changed the one at `index`.
fn list_with(index: usize, change: impl Fn(&mut Value)) -> (Vec<Value>, Vec<Spec>) {
    let mut specs: Vec<Value> = (0..100).map(spec).collect();
    change(&mut specs[index]);
    let page = json!({ "pageCount": 1, "pageNumber": 1, "pageSize": 100, "specs": specs });
    let (client, _server) = client(&page.to_string());
    let listed = client.list_specs_page(&ListSpecs::new(), 1).unwrap();
    (specs, listed.items)
}

/// A client that gets this response to every call.
fn client(response: &str) -> (blocks::Client, Server) {
    let server = Server::script([Reply::json(200, response)]);
    let session = Session::builder().auth_token("t").stage(Stage::Prod);
    let session = session.base_url(server.url()).build().unwrap();
    (blocks::Client::new(session), server)
}

/// Lists nested this deep, with a text in the innermost one.
fn nested(levels: usize) -> String {
    "[".repeat(levels) + r#""deep""# + &"]".repeat(levels)
}

/// Whether serde_json's feature `arbitrary_precision` is enabled.
fn holds_any_number() -> bool {
    "1e400".parse::<Number>().is_ok()
}

/// Values that serde_json cannot hold, and the texts that are kept in their place. With serde_json's
/// feature `arbitrary_precision` it holds the numbers.
fn odd_values() -> Vec<(String, Value)> {
    let number = |text: &str| match text.parse::<Number>() {
        Ok(number) if holds_any_number() => Value::Number(number),
        _ => json!(text),
    };
    let large = "123456789012345678901234567890";
    vec![
        (large.into(), number(large)),
        (
            "-9223372036854775809".into(),
            number("-9223372036854775809"),
        ),
        ("1e400".into(), number("1e400")),
        (
            r#""half \ud83d of a pair \n""#.into(),
            json!("half \\ud83d of a pair \n"),
        ),
        (r#"{"\udc00":1}"#.into(), json!({ "\\udc00": 1 })),
    ]
}

#[track_caller]
fn assert_nothing_lost(sent: &[Value], listed: &[Spec]) {
    assert_eq!(listed.len(), sent.len());
    for (sent, listed) in sent.iter().zip(listed) {
        assert_eq!(serde_json::to_value(listed).unwrap(), *sent);
        // Decoding one item alone is always lenient.
        let alone: Spec = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(*listed, alone);
    }
}

#[test]
fn a_page_as_documented_is_typed() {
    let (sent, listed) = list_with(0, |_| ());
    assert_nothing_lost(&sent, &listed);
    let parameters = listed[99].parameters.as_ref().unwrap();
    assert_eq!(parameters.run.as_ref().unwrap()[0].name, "p");
}

#[test]
fn one_item_with_unknown_parameters_breaks_no_page() {
    for parameters in [
        json!({ "run": 7 }),
        json!({ "run": [{ "name": 1 }] }),
        json!({ "run": [{ "name": "a", "required": true }] }),
        json!({ "run": [{ "name": "a", "type": {}, "required": "yes" }], "build": {} }),
        json!({ "run": { "a": 10, "b": [1.5, null] } }),
        json!({ "entirely": ["new"] }),
        json!({}),
        Value::Null,
    ] {
        for index in [0, 57, 99] {
            let (mut sent, listed) =
                list_with(index, |spec| spec["parameters"] = parameters.clone());
            if parameters.is_null() {
                // A null field counts as absent.
                sent[index].as_object_mut().unwrap().remove("parameters");
            }
            assert_nothing_lost(&sent, &listed);
        }
    }
}

#[test]
fn one_item_with_an_unknown_config_breaks_no_page() {
    for config in [
        json!("a text"),
        json!(["a", "list"]),
        json!(12345678901234567890_u64),
        json!({ "steps": ["not", "a", "map"] }),
        json!({ "steps": { "a": { "type": "standard", "command": ["a"] } } }),
        json!({ "steps": { "a": { "type": "from_the_future", "deep": { "er": [1.25] } } } }),
        json!({ "serviceType": 5, "image": "latest" }),
    ] {
        for index in [0, 57, 99] {
            let (sent, listed) = list_with(index, |spec| {
                spec["latestRelease"]["config"] = config.clone();
            });
            assert_nothing_lost(&sent, &listed);
        }
    }
}

#[test]
fn a_required_field_of_a_wrong_type_is_still_an_error_with_its_path() {
    let page =
        json!({ "pageCount": 1, "specs": [spec(0), { "id": 5, "parameters": { "run": 7 } }] });
    let (client, _server) = client(&page.to_string());
    let error = client.list_specs_page(&ListSpecs::new(), 1).unwrap_err();
    assert!(error.to_string().contains("specs[1].id"), "{error}");
}

#[test]
fn a_value_that_cannot_be_held_is_kept_as_text_and_breaks_no_page() {
    for (odd, kept) in odd_values() {
        let page = format!(
            r#"{{ "pageCount": 1, "later": {odd}, "specs": [{}, {{
                "id": "odd", "later": {odd}, "metadata": {{ "title": null, "later": [{odd}] }},
                "latestRelease": {{ "config": {{ "steps": {{ "a": {{ "command": "x", "later": {odd} }} }} }} }},
                "parameters": {{ "run": [{{ "name": "p", "type": "object", "required": true, "defaultValue": {odd} }}] }}
            }}] }}"#,
            spec(0)
        );
        let (client, _server) = client(&page);
        let page = client.list_specs_page(&ListSpecs::new(), 1).unwrap();
        assert_eq!(page.extra["later"], kept, "{odd}");
        let expected: Spec = serde_json::from_value(spec(0)).unwrap();
        assert_eq!(page.items[0], expected);
        let item = serde_json::to_value(&page.items[1]).unwrap();
        for at in [
            "/later",
            "/metadata/later/0",
            "/latestRelease/config/steps/a/later",
            "/parameters/run/0/defaultValue",
        ] {
            assert_eq!(item.pointer(at), Some(&kept), "{odd} at {at}");
        }
        // The items are still typed.
        assert_eq!(
            page.items[1]
                .parameters
                .as_ref()
                .unwrap()
                .run
                .as_ref()
                .unwrap()[0]
                .name,
            "p"
        );
    }
}

#[test]
fn parameters_keep_every_digit() {
    for (odd, kept) in odd_values() {
        let (client, _server) = client(&format!(r#"{{"a": {odd}, "b": 18446744073709551615}}"#));
        let parameters = client
            .get_parameters(&GetParameters::new().deployment_id("d"))
            .unwrap();
        assert_eq!(parameters.get("a"), Some(&kept));
        assert_eq!(parameters.get("b"), Some(&json!(18446744073709551615_u64)));
    }
}

#[test]
fn values_nested_too_deep_are_kept_as_json_text() {
    for levels in [130, 100_000] {
        let page = format!(
            r#"{{"pageCount":1,"specs":[{},{{"id":"a","later":{}}}]}}"#,
            spec(0),
            nested(levels)
        );
        let (client, _server) = client(&page);
        let page = client.list_specs_page(&ListSpecs::new(), 1).unwrap();
        assert_eq!(page.items[0].id, "spec-0");
        let mut value = &page.items[1].extra["later"];
        let mut above = 0;
        while let Value::Array(items) = value {
            (value, above) = (&items[0], above + 1);
        }
        // The page, its list and the spec count as levels.
        assert_eq!(above, 127 - 3);
        assert_eq!(value.as_str(), Some(nested(levels - above).as_str()));
    }
}

#[test]
fn a_value_that_cannot_be_held_is_an_error_where_it_is_used() {
    for odd in ["123456789012345678901234567890", "1e400"] {
        let (client, _server) = client(&format!(r#"{{"specs":[],"pageCount":{odd}}}"#));
        let error = client
            .list_specs_page(&ListSpecs::new(), 1)
            .unwrap_err()
            .to_string();
        let message =
            format!("GET /v1/blocks/specs/: pageCount: expected a whole number, found {odd:?}");
        // serde_json words the error of a number that it holds.
        assert!(error == message || holds_any_number(), "{error}");
    }
    let (client, _server) = client(r#"{"specs":[{"later":"\ud800"}],"pageCount":1}"#);
    let error = client.list_specs_page(&ListSpecs::new(), 1).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with(r#"specs[0]: the field "id" is missing"#),
        "{error}"
    );
}
