//! One item of a page that is not as documented: it is kept unchanged, and the others are typed.

mod common;

use common::{Reply, Server};
use peak_press::types::{ListSpecs, Spec};
use peak_press::{Session, Stage, blocks};
use serde_json::{Value, json};

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

/// Lists a page of a hundred specs, of which `change` changes the one at `index`.
fn list_with(index: usize, change: impl Fn(&mut Value)) -> (Vec<Value>, Vec<Spec>) {
    let mut specs: Vec<Value> = (0..100).map(spec).collect();
    change(&mut specs[index]);
    let page = json!({ "pageCount": 1, "pageNumber": 1, "pageSize": 100, "specs": specs });
    let server = Server::script([Reply::json(200, &page.to_string())]);
    let session = Session::builder().auth_token("t").stage(Stage::Prod);
    let client = blocks::Client::new(session.base_url(server.url()).build().unwrap());
    let listed = client.list_specs_page(&ListSpecs::new(), 1).unwrap();
    (specs, listed.items)
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
    let server = Server::script([Reply::json(200, &page.to_string())]);
    let session = Session::builder().auth_token("t").stage(Stage::Prod);
    let client = blocks::Client::new(session.base_url(server.url()).build().unwrap());
    let error = client.list_specs_page(&ListSpecs::new(), 1).unwrap_err();
    assert!(error.to_string().contains("specs[1].id"), "{error}");
}
