//! Deployments, revisions and run parameters.

use serde_json::{Value, json};

use crate::press::{Press, deployment_body, each};

const DEPLOYMENTS: &str = "/v1/blocks/deployments/";

/// The deployment's status in consecutive descriptions.
fn statuses<const N: usize>(press: &Press, path: &str) -> [Value; N] {
    std::array::from_fn(|_| press.get(path).ok()["metadata"]["status"].clone())
}

/// The numbers and statuses of all revisions.
fn revisions(press: &Press, target: &str) -> Vec<(Value, Value)> {
    let page = press.get(target).ok();
    let numbers = each(&page["revisions"], "/revision");
    numbers
        .into_iter()
        .zip(each(&page["revisions"], "/status"))
        .collect()
}

#[test]
fn describes_a_deployment_as_in_the_reference() {
    let press = Press::start();
    let deployed = press.deploy();
    let described = press.get(&deployed.deployment).ok();
    let revision = &described["latestRevision"];
    assert_eq!(
        described,
        json!({
            "id": deployed.deployment_id,
            "kind": "workflow",
            "metadata": {
                "name": "forecast-north",
                "summary": "For the north",
                "status": "deploying",
                "createdAt": described["metadata"]["createdAt"],
                "createdBy": "someone@example.com",
            },
            "spec": { "id": deployed.spec_id, "release": { "version": "1.0.0" } },
            "latestRevision": {
                "id": revision["id"],
                "revision": 1,
                "status": "deploying",
                "notes": "Go",
                "createdAt": revision["createdAt"],
                "createdBy": "someone@example.com",
                "resources": [],
            },
            "parameters": {
                "build": { "slim": true },
                "run": { "horizon": 14, "region": "north", "key": "********" },
            },
        })
    );
}

#[test]
fn lists_deployments_by_status() {
    let press = Press::start();
    let deployed = press.deploy();
    assert_eq!(
        statuses(&press, &deployed.deployment),
        ["deploying", "deployed"]
    );
    let described = press.get(&deployed.deployment).ok();
    let page = press.get(&format!("{DEPLOYMENTS}?status=deployed&status=failed"));
    let page = page.ok();
    assert_eq!(page["deployments"], json!([described]));
    assert_eq!(page["deploymentCount"], 1);
    let page = press.get(&format!("{DEPLOYMENTS}?status=failed")).ok();
    assert_eq!(page["deployments"], json!([]));
    assert_eq!([&page["deploymentCount"], &page["pageCount"]], [0, 0]);
}

#[test]
fn a_new_revision_supersedes_the_previous_one() {
    let press = Press::start();
    let deployed = press.deploy();
    let path = format!("{}/revisions", deployed.deployment);
    let body =
        json!({ "revision": { "notes": "Further" }, "parameters": { "run": { "horizon": 7 } } });
    let created = press.send("POST", &path, body).ok();
    let id = &deployed.deployment_id;
    assert_eq!(created, json!({ "id": id, "revision": 2 }));

    let (first, second) = (json!(1), json!(2));
    assert_eq!(
        revisions(&press, &path),
        [
            (first.clone(), json!("superseded")),
            (second, json!("deploying"))
        ]
    );
    assert_eq!(press.get(&path).ok()["revisionCount"], 2);
    let superseded = revisions(&press, &format!("{path}?status=superseded"));
    assert_eq!(superseded, [(first, json!("superseded"))]);
}

#[test]
fn describes_a_revision_by_number_and_by_id() {
    let press = Press::start();
    let deployed = press.deploy();
    let path = format!("{}/revisions", deployed.deployment);
    let body =
        json!({ "revision": { "notes": "Further" }, "parameters": { "run": { "horizon": 7 } } });
    press.send("POST", &path, body).ok();

    let revision = press.get(&format!("{path}/2")).ok();
    assert_eq!(revision["status"], "deploying");
    assert_eq!(revision["notes"], "Further");
    let spec = json!({ "id": deployed.spec_id, "release": { "version": "1.0.0" } });
    assert_eq!(revision["spec"], spec);
    let run = json!({ "horizon": 7, "region": "north", "key": "********" });
    assert_eq!(revision["parameters"]["run"], run);
    let by_id = press.get(&format!("{path}/{}", revision["id"].as_str().unwrap()));
    assert_eq!(by_id.ok()["status"], "deployed");
}

#[test]
fn redeploys_the_latest_revision() {
    let press = Press::start();
    let deployed = press.deploy();
    let (path, id) = (&deployed.deployment, &deployed.deployment_id);
    press
        .send("POST", &format!("{path}/revisions"), json!({}))
        .ok();
    let revision_id = press.get(&format!("{path}/revisions/2")).ok()["id"].clone();
    let response = press.send("POST", &format!("{path}/redeploy"), json!({}));
    assert_eq!(
        response.ok(),
        json!({ "deploymentId": id, "revision": 2, "revisionId": revision_id })
    );
    assert_eq!(statuses(&press, path), ["redeploying", "deployed"]);
}

#[test]
fn reads_and_patches_run_parameters() {
    let press = Press::start();
    let path = format!(
        "/v1/deployments/{}/parameters/run",
        press.deploy().deployment_id
    );
    let run = json!({ "horizon": 14, "region": "north", "key": "secret" });
    assert_eq!(press.get(&path).ok(), run);
    let patched = json!({ "horizon": 2.5, "region": "north", "key": "secret" });
    let response = press.send("PATCH", &path, json!({ "horizon": 2.5 }));
    assert_eq!(response.ok(), patched);
    assert_eq!(press.get(&path).ok(), patched);
}

#[test]
fn an_app_lists_its_blocks_and_a_block_its_app() {
    let press = Press::start();
    let deployed = press.deploy();
    let id = &deployed.deployment_id;
    let app = press.add_app([id]).unwrap();
    let block = press.get(&deployed.deployment).ok();
    assert_eq!(block["parent"], json!({ "id": app }));
    let path = format!("/v1/apps/deployments/{app}");
    let blocks = json!([{
        "deploymentId": id, "platformId": null, "kind": "workflow", "name": "forecast-north",
        "status": "deploying",
    }]);
    let described = press.get(&path).ok();
    assert_eq!(described["id"], json!(app));
    assert_eq!(described["latestRevision"]["blocks"], blocks);
    assert!(press.add_app(["nobody"]).is_err());
}

#[test]
fn a_block_belongs_to_one_app_until_it_is_deleted() {
    let press = Press::start();
    let deployed = press.deploy();
    let blocks = |app: &str| {
        let app = press.get(&format!("/v1/apps/deployments/{app}")).ok();
        app["latestRevision"]["blocks"].clone()
    };
    let first = press.add_app([&deployed.deployment_id]).unwrap();
    let second = press.add_app([&deployed.deployment_id]).unwrap();
    assert_ne!(first, second);
    assert_eq!(blocks(&first), json!([]));
    assert_eq!(
        each(&blocks(&second), "/deploymentId"),
        [&*deployed.deployment_id]
    );
    press.delete(&deployed.deployment).ok();
    assert_eq!(blocks(&second), json!([]));
}

#[test]
fn updates_a_deployment() {
    let press = Press::start();
    let path = press.deploy().deployment;
    let update = json!({ "title": "North" });
    assert_eq!(press.send("PATCH", &path, update.clone()).ok(), json!({}));
    assert_eq!(press.get(&path).ok()["metadata"]["title"], "North");
    let unchanged = press.send("PATCH", &path, update);
    assert_eq!(unchanged.status, 400);
    assert_eq!(unchanged.body, json!({ "detail": "No changes detected" }));
}

#[test]
fn deletes_a_deployment_with_its_revisions() {
    let press = Press::start();
    let path = press.deploy().deployment;
    assert_eq!(press.delete(&path).ok(), json!({}));
    assert_eq!(press.get(&format!("{path}/revisions")).status, 404);
}

/// Deploys with this name, and returns the deployment's path.
fn deploy(press: &Press, spec_id: &str, name: &str) -> String {
    let mut body = deployment_body(spec_id);
    body["metadata"]["name"] = json!(name);
    format!("{DEPLOYMENTS}{}", press.create_deployment(body))
}

#[test]
fn fails_the_next_deployment_only() {
    let press = Press::start();
    let spec_id = press.create_spec();
    press.fail_next_deployment("failed");
    let failing = deploy(&press, &spec_id, "failing");
    assert_eq!(statuses(&press, &failing), ["deploying", "failed"]);
    press
        .send("POST", &format!("{failing}/redeploy"), json!({}))
        .ok();
    assert_eq!(statuses(&press, &failing), ["redeploying", "deployed"]);
}

#[test]
fn deploys_after_the_chosen_number_of_descriptions() {
    let press = Press::start();
    let spec_id = press.create_spec();
    press.deploys_after(3);
    let slow = deploy(&press, &spec_id, "slow");
    assert_eq!(
        statuses(&press, &slow),
        ["deploying", "deploying", "deploying", "deployed"]
    );

    press.deploys_after(0);
    press.fail_next_deployment("warning");
    let warned = deploy(&press, &spec_id, "warned");
    let page = press.get(&format!("{DEPLOYMENTS}?name=warned")).ok();
    let listed = &page["deployments"][0];
    assert_eq!(listed["metadata"]["status"], "warning");
    assert_eq!(listed["latestRevision"]["status"], "deployed");
    assert_eq!(statuses(&press, &warned), ["warning"]);
}

#[test]
fn seeded_deployments_are_deployed() {
    let press = Press::start();
    press.fail_next_deployment("failed");
    let ids = press.seed_deployments(3);
    let page = press.get(DEPLOYMENTS).ok();
    assert_eq!(each(&page["deployments"], "/id"), ids);
    let names = each(&page["deployments"], "/metadata/name");
    assert_eq!(names, ["seeded-1", "seeded-2", "seeded-3"]);
    let statuses = each(&page["deployments"], "/metadata/status");
    assert_eq!(statuses, ["failed", "deployed", "deployed"]);
    assert!(press.requests().len() == 1, "seeding sends no requests");
}

#[test]
fn names_a_deployment_after_its_spec() {
    let press = Press::start();
    let spec_id = &press.seed_specs(1)[0];
    let body = json!({ "metadata": {}, "spec": { "id": spec_id } });
    press.create_deployment(body.clone());
    press.create_deployment(body);
    let names = each(
        &press.get(DEPLOYMENTS).ok()["deployments"],
        "/metadata/name",
    );
    let [first, second] = &names[..] else {
        panic!("{names:?}");
    };
    assert_ne!(first, second);
    for name in names {
        assert!(name.as_str().unwrap().starts_with("seeded-1-"), "{name}");
    }
}
