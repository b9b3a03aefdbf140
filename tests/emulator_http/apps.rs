//! App specs and releases, metadata of apps, and the calls across blocks and apps.

use serde_json::json;

use crate::app::{
    App, BLOCK_DEPLOYMENTS, BLOCK_SPECS, DEPLOYMENTS, SPECS, app_body, app_config, app_parameters,
    create_app_spec,
};
use crate::press::{Change, each};

#[test]
fn describes_an_app_spec_as_in_the_reference() {
    let app = App::create();
    let described = app.press.get(&format!("{SPECS}{}", app.spec_id)).ok();
    let latest = &described["latestRelease"];
    assert_eq!(
        described,
        json!({
            "id": app.spec_id,
            "kind": "app",
            "featured": false,
            "scope": "private",
            "tenants": [],
            "latestRelease": {
                "id": latest["id"],
                "version": "1.0.0",
                "notes": "The first",
                "createdAt": latest["createdAt"],
                "createdBy": "someone@example.com",
                "config": app_config(&app.load, &app.train),
            },
            "metadata": {
                "name": "demand",
                "summary": "Demand, end to end",
                "status": "available",
                "createdAt": described["metadata"]["createdAt"],
                "createdBy": "someone@example.com",
            },
            "parameters": app_parameters(),
        })
    );
}

#[test]
fn creates_releases_of_an_app() {
    let app = App::create();
    let releases = format!("{SPECS}{}/releases", app.spec_id);
    let config = json!([{ "id": app.load, "release": { "version": "1.0.0" } }]);
    let body = json!({ "release": { "version": "1.1.0" }, "config": config, "parameters": null });
    let created = app.press.send("POST", &releases, body.clone()).ok();
    let version = json!({ "version": "1.1.0" });
    assert_eq!(created, json!({ "id": app.spec_id, "release": version }));
    let described = app.press.get(&format!("{releases}/1.1.0")).ok();
    assert_eq!(described["config"], config);
    assert_eq!(described.get("artifact"), None);
    assert_eq!(app.press.get(&releases).ok()["releaseCount"], 2);
    let duplicate = app.press.send("POST", &releases, body);
    duplicate.assert_error(409, "body.release.version: 1.1.0 is not greater");
}

#[test]
fn the_calls_of_blocks_and_apps_do_not_see_each_other() {
    let app = App::create();
    let deployment = app.deploy(app.deployment_body());
    let block = app.block_id(&deployment, "load");
    for path in [
        format!("{BLOCK_SPECS}{}", app.spec_id),
        format!("{BLOCK_SPECS}{}/releases", app.spec_id),
        format!("{SPECS}{}", app.load),
        format!("{SPECS}{}/releases/1.0.0", app.load),
        format!("{BLOCK_DEPLOYMENTS}{deployment}"),
        format!("{BLOCK_DEPLOYMENTS}{deployment}/revisions"),
        format!("{DEPLOYMENTS}{block}"),
        format!("{DEPLOYMENTS}{block}/revisions/1"),
    ] {
        app.press.get(&path).assert_error(404, "does not exist");
    }
    assert_eq!(app.press.get(BLOCK_SPECS).ok()["specCount"], 3);
    assert_eq!(app.press.get(SPECS).ok()["specCount"], 1);
    assert_eq!(app.press.get(BLOCK_DEPLOYMENTS).ok()["deploymentCount"], 2);
    assert_eq!(app.press.get(DEPLOYMENTS).ok()["deploymentCount"], 1);
}

#[test]
fn lists_specs_of_any_kind() {
    let app = App::create();
    let names = |query: &str| {
        let page = app.press.get(&format!("/v1/specs/?{query}")).ok();
        each(&page["specs"], "/metadata/name")
    };
    assert_eq!(names(""), ["load", "train", "extra", "demand"]);
    assert_eq!(names("kind=app"), ["demand"]);
    assert_eq!(names("kind=app&kind=workflow&pageSize=1"), ["load"]);
    assert_eq!(names("term=end+to"), ["demand"]);
    assert_eq!(names("term=trai"), ["train"]);
    assert_eq!(
        names("name=ignored&sort=name:desc&pageSize=2"),
        ["train", "load"]
    );
    let unknown = app.press.get("/v1/specs/?kind=wizard");
    unknown.assert_error(400, "query: kind: ");
}

#[test]
fn lists_deployments_of_any_kind_and_of_a_spec() {
    let app = App::create();
    app.deploy(app.deployment_body());
    let names = |target: &str| {
        let page = app.press.get(target).ok();
        each(&page["deployments"], "/metadata/name")
    };
    assert_eq!(names("/v1/deployments/?kind=app"), ["demand-north"]);
    assert_eq!(names("/v1/deployments/").len(), 3);
    assert_eq!(names("/v1/deployments/?term=north"), ["demand-north"]);
    let of_app = format!("/v1/specs/{}/releases/deployments", app.spec_id);
    assert_eq!(names(&of_app), ["demand-north"]);
    assert_eq!(
        names(&format!("{of_app}?version=1.0.0&name=dem")),
        ["demand-north"]
    );
    assert_eq!(names(&format!("{of_app}?version=2.0.0")), [""; 0]);
    let of_block = format!("/v1/specs/{}/releases/deployments", app.extra);
    assert_eq!(names(&of_block), [""; 0]);
    let unknown = app.press.get("/v1/specs/nobody/releases/deployments");
    unknown.assert_error(404, "does not exist");
}

#[rustfmt::skip]
fn invalid_app_specs(app: &App) -> Vec<Change> {
    vec![
        Change {
            pointer: "/kind", value: json!("workflow"), status: 422,
            detail: "spec.kind: expected app",
        },
        Change {
            pointer: "/config/0/id", value: json!("nobody"), status: 422,
            detail: "spec.config[0]: spec \"nobody\" does not exist",
        },
        Change {
            pointer: "/config/0/id", value: json!(app.spec_id), status: 422,
            detail: "does not exist",
        },
        Change {
            pointer: "/config/1/id", value: json!(app.load), status: 422,
            detail: "spec.config[1].id: ",
        },
        Change {
            pointer: "/config/0/release/version", value: json!("2.0.0"), status: 422,
            detail: "spec.config[0]: release \"2.0.0\"",
        },
        Change {
            pointer: "/metadata/name", value: json!(""), status: 422,
            detail: "spec.metadata.name: the name is blank",
        },
    ]
}

#[test]
fn refuses_invalid_app_specs() {
    let app = App::create();
    let config = app_config(&app.load, &app.train);
    for change in invalid_app_specs(&app) {
        let body = change.apply(&app_body("another", config.clone()));
        let response = create_app_spec(&app.press, &body, &json!(null));
        response.assert_error(change.status, change.detail);
    }
    let body = app_body("another", config);
    let undeclared = json!({ "run": [{ "name": "speed", "type": "number", "required": false }] });
    let response = create_app_spec(&app.press, &body, &undeclared);
    response.assert_error(
        422,
        "parameters.run[0].name: \"speed\" is not declared by any block",
    );
    let plain = app.press.send("POST", SPECS, json!({ "spec": body }));
    plain.assert_error(422, "body.spec: expected text, found a map");
    assert_eq!(app.press.get(SPECS).ok()["specCount"], 1);
}

#[test]
fn updates_the_metadata_of_apps() {
    let app = App::create();
    let id = app.deploy(app.deployment_body());
    let spec = format!("{SPECS}{}", app.spec_id);
    let update = json!({ "metadata": { "status": "archived" }, "featured": true });
    app.press.send("PATCH", &spec, update).ok();
    let featured = app.press.get(&format!("{SPECS}?featured=True")).ok();
    assert_eq!(featured["specs"][0]["metadata"]["status"], "archived");
    let deployment = format!("{DEPLOYMENTS}{id}");
    app.press
        .send("PATCH", &deployment, json!({ "title": "North" }))
        .ok();
    assert_eq!(
        app.press.get(&deployment).ok()["metadata"]["title"],
        "North"
    );
}
