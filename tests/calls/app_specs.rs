//! Specs of apps and their releases.

use peak_press::apps;
use peak_press::types::*;
use serde_json::json;

use crate::{assert_bodiless, assert_json, call_session};

fn app_body() -> AppSpecBody {
    let blocks = [AppBlock::new("block-spec", "1.0.0").auto_run_on_deploy(true)];
    AppSpecBody::new(
        SpecMetadata::new("forecast", "Forecasts"),
        NewRelease::new("1.0.0"),
        blocks,
    )
}

fn parameters() -> SpecParameters {
    SpecParameters::new().run([ParameterDefinition::new(
        "horizon",
        ParameterType::Number,
        true,
    )])
}

const SPEC: &str = r#"{"config":[{"autoRunOnDeploy":true,"id":"block-spec","release":{"version":"1.0.0"}}],"kind":"app","metadata":{"name":"forecast","summary":"Forecasts"},"release":{"version":"1.0.0"},"version":1}"#;
const PARAMETERS: &str = r#"{"run":[{"name":"horizon","required":true,"type":"number"}]}"#;

/// The body is a JSON object whose values are JSON text.
#[test]
fn creates_an_app_with_every_field_as_json_text() {
    let request = CreateAppSpec::new(app_body())
        .featured(true)
        .scope(Scope::Shared)
        .tenants(["t1", "t2"])
        .parameters(parameters());
    let (created, sent) = call_session(r#"{"id": "new"}"#, |session| {
        apps::Client::new(session).create_spec(&request)
    });
    assert_eq!(created.unwrap().id, "new");
    let body = json!({
        "featured": "true",
        "parameters": PARAMETERS,
        "scope": "shared",
        "spec": SPEC,
        "tenants": r#"["t1","t2"]"#,
    });
    assert_json(&sent, "POST /v1/apps/specs/", body);
}

#[test]
fn leaves_out_unset_and_empty_fields_of_an_app() {
    let request = CreateAppSpec::new(app_body())
        .tenants([] as [&str; 0])
        .parameters(SpecParameters::new());
    let (_, sent) = call_session(r#"{"id": "new"}"#, |session| {
        apps::Client::new(session).create_spec(&request).unwrap()
    });
    assert_json(&sent, "POST /v1/apps/specs/", json!({"spec": SPEC}));
}

#[test]
fn lists_apps_with_every_filter_as_items_and_as_a_page() {
    let query = ListSpecs::new()
        .status([SpecStatus::Available, SpecStatus::Archived])
        .featured(true)
        .name("f")
        .title("F")
        .sort(["name:asc"])
        .scope([Scope::Private])
        .page_size(2);
    let response = r#"{"pageCount": 1, "pageNumber": 1, "specCount": 1, "specs": [{"id": "a", "kind": "app",
        "latestRelease": {"id": "r", "version": "1.0.0"}, "metadata": {"name": "f", "status": "available"}, "new": 1}]}"#;
    let fields = [
        "status=available",
        "status=archived",
        "featured=true",
        "name=f",
        "title=F",
        "sort=name%3Aasc",
        "scope=private",
        "pageSize=2",
        "pageNumber=1",
    ];
    let (specs, sent) = call_session(response, |session| {
        let specs = apps::Client::new(session).list_specs(&query);
        specs.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bodiless(&sent, "GET /v1/apps/specs/", &fields);
    assert_eq!(
        (specs[0].id.as_str(), &specs[0].kind),
        ("a", &Some(SpecKind::App))
    );
    assert_eq!(specs[0].extra["new"], 1);
    let (page, sent) = call_session(response, |session| {
        apps::Client::new(session).list_specs_page(&query, 1)
    });
    assert_bodiless(&sent, "GET /v1/apps/specs/", &fields);
    assert_eq!(page.unwrap().total, Some(1));
}

#[test]
fn describes_an_app_with_its_blocks() {
    let response = r#"{"id": "a", "kind": "app", "latestRelease": {"version": "1.0.0", "config": [{"id": "b", "release": {"version": "1.2.0"}}]}}"#;
    let (spec, sent) = call_session(response, |session| {
        apps::Client::new(session).describe_spec("a/b")
    });
    assert_bodiless(&sent, "GET /v1/apps/specs/a%2Fb", &[]);
    let config = spec.unwrap().latest_release.unwrap().config.unwrap();
    assert_eq!(config[0].id.as_deref(), Some("b"));
}

#[test]
fn updates_only_the_given_metadata_of_an_app() {
    let request = UpdateSpecMetadata::new().featured(false);
    let (result, sent) = call_session("{}", |session| {
        apps::Client::new(session).update_spec_metadata("a", &request)
    });
    assert!(result.unwrap().extra.is_empty());
    assert_json(&sent, "PATCH /v1/apps/specs/a", json!({"featured": false}));
}

#[test]
fn deletes_an_app() {
    let (result, sent) = call_session("", |session| apps::Client::new(session).delete_spec("a"));
    assert!(result.unwrap().extra.is_empty());
    assert_bodiless(&sent, "DELETE /v1/apps/specs/a", &[]);
}

/// Unlike for `create_spec`, the body is plain JSON.
#[test]
fn creates_a_release_of_an_app() {
    let body = AppReleaseBody::new(NewRelease::new("2.0.0"), [AppBlock::new("b", "1.1.0")]);
    let request = CreateAppSpecRelease::new(body).parameters(parameters());
    let response = r#"{"id": "s", "release": {"version": "2.0.0"}}"#;
    let (created, sent) = call_session(response, |session| {
        apps::Client::new(session).create_spec_release("s", &request)
    });
    let version = created.unwrap().release.unwrap().version;
    assert_eq!(version.as_deref(), Some("2.0.0"));
    let body = json!({
        "config": [{"id": "b", "release": {"version": "1.1.0"}}],
        "parameters": {"run": [{"name": "horizon", "required": true, "type": "number"}]},
        "release": {"version": "2.0.0"},
    });
    assert_json(&sent, "POST /v1/apps/specs/s/releases", body);
}

#[test]
fn lists_releases_of_an_app_as_items_and_as_a_page() {
    let query = ListSpecReleases::new().sort(["createdAt:desc"]);
    let response = r#"{"pageCount": 1, "releaseCount": 3, "releases": [{"version": "1.0.0", "config": null}]}"#;
    let fields = ["sort=createdAt%3Adesc", "pageNumber=1"];
    let (releases, sent) = call_session(response, |session| {
        let releases = apps::Client::new(session).list_spec_releases("s", &query);
        releases.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bodiless(&sent, "GET /v1/apps/specs/s/releases", &fields);
    assert_eq!(releases[0].version.as_deref(), Some("1.0.0"));
    let (page, sent) = call_session(response, |session| {
        apps::Client::new(session).list_spec_releases_page("s", &query, 1)
    });
    assert_bodiless(&sent, "GET /v1/apps/specs/s/releases", &fields);
    assert_eq!(page.unwrap().total, Some(3));
}

#[test]
fn describes_a_release_of_an_app() {
    let response = r#"{"id": "r", "config": [{"id": "b", "release": {"version": "1.0.0"}}], "parameters": {"run": []}}"#;
    let (release, sent) = call_session(response, |session| {
        apps::Client::new(session).describe_spec_release("s", "1.0.0+b")
    });
    assert_bodiless(&sent, "GET /v1/apps/specs/s/releases/1.0.0+b", &[]);
    assert_eq!(release.unwrap().config.unwrap().len(), 1);
}
