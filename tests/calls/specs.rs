//! Listing, finding, describing, updating and deleting specs.

use peak_press::types::*;
use serde_json::{Value, json};

use crate::common::{Reply, Server};
use crate::{assert_bodiless, assert_json, call, client};

#[test]
fn lists_specs_with_every_filter() {
    let query = ListSpecs::new()
        .status([SpecStatus::Available, SpecStatus::Archived])
        .featured(true)
        .name("fore cast&")
        .title("F")
        .sort(["createdAt:desc", "name:asc"])
        .scope([Scope::Private])
        .page_size(2);
    let response = r#"{"pageCount": 1, "pageNumber": 1, "pageSize": 2, "specCount": 1, "specs": [
        {"id": "a", "kind": "workflow", "featured": false, "scope": "private", "tenants": [],
         "latestRelease": {"id": "r", "version": "1.0.0", "notes": "n", "createdAt": "2020-01-01T18:00:00.000Z", "createdBy": "me"},
         "metadata": {"name": "n", "title": "t", "summary": "s", "status": "available", "tags": [{"name": "x"}], "createdAt": "2020-01-01T18:00:00.000Z", "createdBy": "me"}}]}"#;
    let (specs, sent) = call(response, |client| {
        client.list_specs(&query).collect::<Result<Vec<_>, _>>()
    });
    assert_bodiless(
        &sent,
        "GET /v1/blocks/specs/",
        &[
            "status=available",
            "status=archived",
            "featured=true",
            "name=fore%20cast%26",
            "title=F",
            "sort=createdAt%3Adesc",
            "sort=name%3Aasc",
            "scope=private",
            "pageSize=2",
            "pageNumber=1",
        ],
    );
    let specs = specs.unwrap();
    assert_eq!(specs.len(), 1);
    let spec = &specs[0];
    assert_eq!(
        (spec.id.as_str(), &spec.kind),
        ("a", &Some(BlockKind::Workflow))
    );
    assert_eq!(
        (spec.featured, &spec.scope),
        (Some(false), &Some(Scope::Private))
    );
    assert_eq!(spec.tenants.as_deref(), Some(&[][..]));
    let release = spec.latest_release.as_ref().unwrap();
    assert_eq!(release.version.as_deref(), Some("1.0.0"));
    assert!(
        release
            .created_at
            .as_ref()
            .unwrap()
            .to_system_time()
            .is_some()
    );
    let metadata = spec.metadata.as_ref().unwrap();
    assert_eq!(metadata.status, Some(SpecStatus::Available));
    assert_eq!(metadata.tags.as_ref().unwrap()[0].name, "x");
}

#[test]
fn lists_specs_without_filters() {
    let (_, sent) = call(r#"{"pageCount": 0}"#, |client| {
        client.list_specs(&ListSpecs::new()).count()
    });
    assert_bodiless(&sent, "GET /v1/blocks/specs/", &["pageNumber=1"]);
}

#[test]
fn lists_specs_from_the_given_page() {
    let (_, sent) = call(r#"{"pageCount": 0}"#, |client| {
        client
            .list_specs(&ListSpecs::new().featured(false).page_number(7))
            .count()
    });
    assert_bodiless(
        &sent,
        "GET /v1/blocks/specs/",
        &["featured=false", "pageNumber=7"],
    );
}

#[test]
fn reads_a_page_of_specs_with_either_name_of_the_total() {
    for total in ["specCount", "specsCount"] {
        let response = format!(
            r#"{{"pageCount": 9, "pageNumber": 3, "pageSize": 1, "{total}": 9, "specs": [{{"id": "c"}}], "cursor": "x"}}"#
        );
        let query = ListSpecs::new().page_size(1);
        let (page, sent) = call(&response, |client| client.list_specs_page(&query, 3));
        assert_bodiless(
            &sent,
            "GET /v1/blocks/specs/",
            &["pageSize=1", "pageNumber=3"],
        );
        let page = page.unwrap();
        assert_eq!((page.page_number, page.page_count), (3, 9));
        assert_eq!((page.page_size, page.total), (Some(1), Some(9)));
        assert_eq!(page.items[0].id, "c");
        assert_eq!(page.extra["cursor"], "x");
    }
}

#[test]
fn finds_a_spec_by_kind_and_exact_name() {
    let page = r#"{"pageCount":2,"specs":[
        {"id":"a","kind":"workflow","metadata":{"name":"forecast-2"}},
        {"id":"b","kind":"service","metadata":{"name":"forecast"}},
        {"id":"c","metadata":null}
    ]}"#;
    let last =
        r#"{"pageCount":2,"specs":[{"id":"d","kind":"workflow","metadata":{"name":"forecast"}}]}"#;
    let server = Server::script([Reply::json(200, page), Reply::json(200, last)]);
    let found = client(&server).find_spec("workflow", "forecast").unwrap();
    assert_eq!(found.unwrap().id, "d");
    let sent = server.requests();
    assert_bodiless(
        &sent[0],
        "GET /v1/blocks/specs/",
        &["name=forecast", "pageNumber=1"],
    );
    assert_bodiless(
        &sent[1],
        "GET /v1/blocks/specs/",
        &["name=forecast", "pageNumber=2"],
    );
}

#[test]
fn describes_a_spec_with_an_escaped_id() {
    let response = r#"{"id": "a", "kind": "service", "latestRelease": {"version": "1.0.0", "artifact": {"id": "f", "version": 2},
        "config": {"serviceType": "api", "minInstances": 2}}, "parameters": {"run": [{"name": "p", "type": "string", "required": true, "hideValue": true}]}}"#;
    let (spec, sent) = call(response, |client| client.describe_spec("a/b c?#%+é"));
    assert_bodiless(&sent, "GET /v1/blocks/specs/a%2Fb%20c%3F%23%25+%C3%A9", &[]);
    let spec = spec.unwrap();
    let release = spec.latest_release.unwrap();
    assert_eq!(release.artifact.unwrap().id.as_deref(), Some("f"));
    let Some(Config::Service(config)) = release.config.as_deref() else {
        panic!("a service")
    };
    assert_eq!(config.service_type, ServiceType::Api.into());
    assert_eq!(
        spec.parameters.unwrap().run.unwrap()[0].type_,
        ParameterType::String
    );
}

#[test]
fn updates_only_the_given_metadata_of_a_spec() {
    let request = UpdateSpecMetadata::new()
        .metadata(
            SpecMetadataUpdate::new()
                .status(SpecStatus::Archived)
                .tags([] as [Tag; 0]),
        )
        .featured(false)
        .tenants(["a"]);
    let response = r#"{"id": "s", "featured": false}"#;
    let (result, sent) = call(response, |client| {
        client.update_spec_metadata("s", &request)
    });
    assert_eq!(result.unwrap().extra["id"], "s");
    assert_json(
        &sent,
        "PATCH /v1/blocks/specs/s",
        json!({"metadata": {"status": "archived", "tags": []}, "featured": false, "tenants": ["a"]}),
    );
}

#[test]
fn deletes_a_spec_whatever_the_body_of_the_response() {
    for response in ["{}", "", "null", "[1]", r#"{"deleted": true}"#] {
        let (result, sent) = call(response, |client| client.delete_spec("s"));
        let fields = match response.contains("deleted") {
            true => json!({"deleted": true}),
            false => json!({}),
        };
        assert_eq!(Value::Object(result.unwrap().extra), fields, "{response}");
        assert_bodiless(&sent, "DELETE /v1/blocks/specs/s", &[]);
    }
}
