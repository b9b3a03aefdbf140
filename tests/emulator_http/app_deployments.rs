//! Deployments and revisions of apps, and their parameters.

use serde_json::{Value, json};

use crate::app::{App, BLOCK_SPECS, DEPLOYMENTS, SPECS};
use crate::press::{Change, each};

#[test]
fn a_deployment_of_an_app_deploys_its_blocks() {
    let app = App::create();
    let id = app.deploy(app.deployment_body());
    let described = app.press.get(&format!("{DEPLOYMENTS}{id}")).ok();
    assert_eq!(described["kind"], "app");
    assert_eq!(described["metadata"]["status"], "deploying");
    let spec = json!({ "id": app.spec_id, "release": { "version": "1.0.0" } });
    assert_eq!(described["spec"], spec);
    let blocks = &described["latestRevision"]["blocks"];
    assert_eq!(each(blocks, "/name"), ["load", "train"]);
    assert_eq!(each(blocks, "/kind"), ["workflow", "workflow"]);
    assert_eq!(each(blocks, "/status"), ["deploying", "deploying"]);

    let deployments = app.block_deployments();
    assert_eq!(each(&deployments, "/id"), each(blocks, "/deploymentId"));
    assert_eq!(each(&deployments, "/parent/id"), [&*id, &*id]);
    assert_eq!(each(&deployments, "/spec/id"), [&*app.load, &*app.train]);

    let described = app.press.get(&format!("{DEPLOYMENTS}{id}")).ok();
    assert_eq!(described["metadata"]["status"], "deployed");
    let blocks = &described["latestRevision"]["blocks"];
    assert_eq!(each(blocks, "/status"), ["deployed", "deployed"]);
}

#[test]
fn blocks_inherit_the_values_of_their_app_unless_they_have_their_own() {
    let app = App::create();
    let mut body = app.deployment_body();
    body["parameters"]["load"] = json!({ "run": { "region": "north", "key": "secret" } });
    let id = app.deploy(body);
    let (load, train) = (app.block_id(&id, "load"), app.block_id(&id, "train"));
    let values = json!({ "horizon": 14, "region": "north", "key": "secret" });
    assert_eq!(app.run_parameters(&load), values);
    assert_eq!(
        app.run_parameters(&train),
        json!({ "horizon": 7, "region": "north" })
    );
    assert_eq!(app.run_parameters(&id), json!({ "region": "north" }));

    let described = app.press.get(&format!("{DEPLOYMENTS}{id}")).ok();
    assert_eq!(
        described["appParameters"]["run"],
        json!({ "region": "north" })
    );
    assert_eq!(described["parameters"]["load"]["run"]["key"], "********");
}

#[rustfmt::skip]
fn invalid_app_deployments(app: &App) -> Vec<Change> {
    let spec = |key: &str, block: Value| json!({ "id": app.spec_id, key: [block] });
    vec![
        Change {
            pointer: "/spec", value: json!({ "id": app.load }), status: 404,
            detail: "spec",
        },
        Change {
            pointer: "/parameters", value: json!({ "wizard": {} }), status: 422,
            detail: "body.parameters.wizard: not a block",
        },
        Change {
            pointer: "/parameters/train/run/horizon", value: json!("long"), status: 422,
            detail: "body.parameters.train.run.horizon: expected a number",
        },
        Change {
            pointer: "/appParameters/run", value: json!({}), status: 422,
            detail: "body.appParameters.run.region: required",
        },
        Change {
            pointer: "/spec", value: spec("excludes", json!({ "id": "nobody" })), status: 422,
            detail: "body.spec.excludes[0]: \"nobody\" is not a block",
        },
        Change {
            pointer: "/spec", value: spec("includes", json!({ "id": "load" })), status: 422,
            detail: "body.spec.includes[0]: \"load\" is already a block",
        },
        Change {
            pointer: "/spec", status: 422,
            value: spec("includes", json!({ "id": "extra", "releaseVersion": "9.0.0" })),
            detail: "body.spec.includes[0]: release \"9.0.0\" does not exist",
        },
    ]
}

#[test]
fn refuses_invalid_app_deployments() {
    let app = App::create();
    for change in invalid_app_deployments(&app) {
        let body = change.apply(&app.deployment_body());
        let response = app.press.send("POST", DEPLOYMENTS, body);
        response.assert_error(change.status, change.detail);
    }
    assert_eq!(app.press.get("/v1/deployments/").ok()["deploymentCount"], 0);
}

#[test]
fn includes_and_excludes_blocks_by_id_or_name() {
    let app = App::create();
    let mut body = app.deployment_body();
    body["spec"]["includes"] = json!([{ "id": app.extra, "releaseVersion": "1.0.0" }]);
    body["spec"]["excludes"] = json!([{ "id": "load" }]);
    let id = app.deploy(body);
    let names = || {
        let described = app.press.get(&format!("{DEPLOYMENTS}{id}")).ok();
        each(&described["latestRevision"]["blocks"], "/name")
    };
    assert_eq!(names(), ["train", "extra"]);

    // A revision includes all blocks of the release again, unless it says otherwise.
    let train = app.block_id(&id, "train");
    let revisions = format!("{DEPLOYMENTS}{id}/revisions");
    let body = json!({ "blocksConfig": { "excludes": [{ "id": app.load }] } });
    let created = app.press.send("POST", &revisions, body).ok();
    assert_eq!(created, json!({ "id": id, "revision": 2 }));
    assert_eq!(names(), ["train"]);
    assert_eq!(app.block_id(&id, "train"), train);
    assert_eq!(
        each(&app.block_deployments(), "/latestRevision/revision"),
        [2]
    );
    app.press.send("POST", &revisions, json!({})).ok();
    assert_eq!(names(), ["load", "train"]);
}

#[test]
fn revisions_of_an_app_keep_the_values_of_its_blocks() {
    let app = App::create();
    let id = app.deploy(app.deployment_body());
    let revisions = format!("{DEPLOYMENTS}{id}/revisions");
    let body = json!({
        "revision": { "notes": "Longer" },
        "parameters": { "load": { "run": { "horizon": 21 } } },
    });
    app.press.send("POST", &revisions, body).ok();
    let horizon = |block: &str| app.run_parameters(&app.block_id(&id, block))["horizon"].clone();
    assert_eq!([horizon("load"), horizon("train")], [21, 7]);

    let page = app.press.get(&revisions).ok();
    let statuses = each(&page["revisions"], "/status");
    assert_eq!(statuses[0], "superseded");
    let first = app.press.get(&format!("{revisions}/1")).ok();
    assert_eq!(first["notes"], "Go");
    assert_eq!(first["parameters"]["load"]["run"]["horizon"], 14);
    let second = app.press.get(&format!("{revisions}/2")).ok();
    assert_eq!(second["notes"], "Longer");
    assert_eq!(second["parameters"]["load"]["run"]["horizon"], 21);
    assert_eq!(second["appParameters"]["run"]["region"], "north");
}

#[test]
fn deleting_an_app_deployment_deletes_those_of_its_blocks() {
    let app = App::create();
    let id = app.deploy(app.deployment_body());
    let spec = format!("{SPECS}{}", app.spec_id);
    app.press.delete(&spec).assert_error(409, "is deployed");
    assert_eq!(
        app.press.delete(&format!("{DEPLOYMENTS}{id}")).ok(),
        json!({})
    );
    assert_eq!(app.press.get("/v1/deployments/").ok()["deploymentCount"], 0);

    let block = format!("{BLOCK_SPECS}{}", app.load);
    app.press
        .delete(&block)
        .assert_error(409, "is a block of app");
    app.press.delete(&spec).ok();
    app.press.delete(&block).ok();
}

#[test]
fn a_failing_app_fails_in_its_first_block() {
    let app = App::create();
    app.press.fail_next_deployment("failed");
    let id = app.deploy(app.deployment_body());
    let path = format!("{DEPLOYMENTS}{id}");
    app.press.get(&path).ok();
    let failed = app.press.get(&path).ok();
    assert_eq!(failed["metadata"]["status"], "failed");
    let blocks = &failed["latestRevision"]["blocks"];
    assert_eq!(each(blocks, "/status"), ["failed", "deployed"]);

    let redeploy = format!("{path}/redeploy");
    let revision_id = &failed["latestRevision"]["id"];
    let response = app.press.send("POST", &redeploy, json!({})).ok();
    assert_eq!(
        response,
        json!({ "deploymentId": id, "revision": 1, "revisionId": revision_id })
    );
    let redeploying = app.press.get(&path).ok();
    assert_eq!(redeploying["metadata"]["status"], "redeploying");
    let blocks = &redeploying["latestRevision"]["blocks"];
    assert_eq!(each(blocks, "/status"), ["redeploying", "deployed"]);
    assert_eq!(app.press.get(&path).ok()["metadata"]["status"], "deployed");
    let running = app.press.send("POST", &redeploy, json!({}));
    running.assert_error(409, "is deployed");
}

#[test]
fn executes_the_blocks_that_run_on_deployment() {
    let app = App::create();
    let id = app.deploy(app.deployment_body());
    let execute = |id: &str| {
        let target = format!("/v1/deployments/{id}/execute");
        app.press.send("POST", &target, json!({})).ok()["executeResponse"].clone()
    };
    let executed = execute(&id);
    assert!(executed[0]["executionId"].is_string());
    assert_eq!(
        executed,
        json!([{
            "blockSpecId": app.train,
            "version": "1.0.0",
            "executionId": executed[0]["executionId"],
            "status": "executed",
        }])
    );
    assert_eq!(execute(&app.block_id(&id, "train")), json!([]));
}

#[test]
fn patches_the_run_parameters_of_apps_and_blocks() {
    let app = App::create();
    let id = app.deploy(app.deployment_body());
    let load = app.block_id(&id, "load");
    let patch = |version: &str, id: &str, body: Value| {
        let target = format!("/{version}/deployments/{id}/parameters/run");
        app.press.send("PATCH", &target, body)
    };
    let body = json!({ "parameters": { "load": { "horizon": 1 } } });
    assert_eq!(
        patch("v2", &id, body).ok(),
        json!({
            "appParameters": { "region": "north" },
            "parameters": {
                "load": { "horizon": 1, "region": "north" },
                "train": { "horizon": 7, "region": "north" },
            },
        })
    );
    let patched = patch("v2", &load, json!({ "parameters": { "horizon": 2 } })).ok();
    assert_eq!(
        patched["parameters"],
        json!({ "horizon": 2, "region": "north" })
    );
    assert_eq!(
        patch("v1", &load, json!({ "horizon": 3 })).ok()["horizon"],
        3
    );
    let patched = patch("v1", &id, json!({ "region": "north" })).ok();
    assert_eq!(patched, json!({ "region": "north" }));
    assert_eq!(app.run_parameters(&load)["horizon"], 3);

    let refused = |id: &str, body: Value, detail: &str| {
        patch("v2", id, body).assert_error(422, detail);
    };
    let unknown = json!({ "parameters": { "wizard": {} } });
    refused(&id, unknown, "body.parameters.wizard: not a block");
    let text = json!({ "parameters": { "load": { "horizon": "x" } } });
    refused(&id, text, "body.parameters.load.horizon: expected a number");
    let number = json!({ "appParameters": { "region": 5 } });
    refused(&id, number, "body.appParameters.region: expected a string");
    let undeclared = json!({ "parameters": { "speed": 5 } });
    refused(&load, undeclared, "body.parameters.speed: not declared");
}
