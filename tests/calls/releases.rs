//! Releases of a spec.

use peak_press::types::*;

use crate::multipart::Part;
use crate::{assert_bodiless, assert_form, assert_request, call};

fn release_body() -> ReleaseBody {
    ReleaseBody::new(
        NewRelease::new("2.0.0"),
        WorkflowConfig::new().step("a", SqlStep::new().sql_query_path("a.sql")),
    )
}

const RELEASE_PART: &str = r#"{"config":{"steps":{"a":{"sqlQueryPath":"a.sql","type":"sql"}}},"release":{"version":"2.0.0"}}"#;

#[test]
fn creates_a_release() {
    let request = CreateSpecRelease::new(release_body()).auto_run_on_deploy(false);
    let response = r#"{"id": "s", "release": {"version": "2.0.0"}}"#;
    let (created, sent) = call(response, |client| client.create_spec_release("s", &request));
    assert_request(&sent, "POST /v1/blocks/specs/s/releases", &[]);
    assert_form(
        &sent,
        RELEASE_PART,
        &[Part::text("autoRunOnDeploy", "false")],
    );
    let created = created.unwrap();
    assert_eq!(created.id, "s");
    assert_eq!(created.release.unwrap().version.as_deref(), Some("2.0.0"));
}

#[test]
fn validates_a_release_with_the_form_of_create_spec_release() {
    let request = CreateSpecRelease::new(release_body()).auto_run_on_deploy(false);
    let response = r#"{"success": false, "message": "no"}"#;
    let (validation, sent) = call(response, |client| {
        client.validate_spec_release("s", &request)
    });
    assert_request(
        &sent,
        "POST /v1/blocks/specs/s/releases",
        &["validate=true"],
    );
    assert_form(
        &sent,
        RELEASE_PART,
        &[Part::text("autoRunOnDeploy", "false")],
    );
    assert_eq!(validation.unwrap().success, Some(false));
}

#[test]
fn lists_releases_as_items_and_as_a_page() {
    let query = ListSpecReleases::new().sort(["createdBy:asc"]).page_size(5);
    let response = r#"{"pageCount": 1, "releaseCount": 1, "releases": [{"version": "1.0.0", "artifact": {"id": "f", "version": 1}, "autoRunOnDeploy": null}]}"#;
    let (releases, sent) = call(response, |client| {
        client
            .list_spec_releases("s", &query)
            .collect::<Result<Vec<_>, _>>()
    });
    let fields = ["sort=createdBy%3Aasc", "pageSize=5", "pageNumber=1"];
    assert_bodiless(&sent, "GET /v1/blocks/specs/s/releases", &fields);
    assert_eq!(releases.unwrap()[0].version.as_deref(), Some("1.0.0"));
    let (page, sent) = call(response, |client| {
        client.list_spec_releases_page("s", &query, 1)
    });
    assert_bodiless(&sent, "GET /v1/blocks/specs/s/releases", &fields);
    assert_eq!(page.unwrap().total, Some(1));
}

#[test]
fn describes_a_release_with_a_prerelease_version() {
    let response = r#"{"id": "r", "version": "1.0.0-rc.1+b", "notes": "n", "config": {"steps": {"a": {"command": "x"}}}, "parameters": {"build": []}, "autoRunOnDeploy": true}"#;
    let (release, sent) = call(response, |client| {
        client.describe_spec_release("s", "1.0.0-rc.1+b")
    });
    assert_bodiless(&sent, "GET /v1/blocks/specs/s/releases/1.0.0-rc.1+b", &[]);
    let release = release.unwrap();
    assert_eq!(
        (release.id.as_deref(), release.auto_run_on_deploy),
        (Some("r"), Some(true))
    );
    assert!(matches!(
        release.config.as_deref(),
        Some(Config::Workflow(_))
    ));
}
