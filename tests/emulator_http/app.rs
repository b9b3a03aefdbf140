//! An app of two blocks, for the tests of apps.

use serde_json::{Value, json};

use crate::press::{Part, Press, Response, parameters, spec_body, text};

pub(crate) const BLOCK_SPECS: &str = "/v1/blocks/specs/";
pub(crate) const SPECS: &str = "/v1/apps/specs/";
pub(crate) const BLOCK_DEPLOYMENTS: &str = "/v1/blocks/deployments/";
pub(crate) const DEPLOYMENTS: &str = "/v1/apps/deployments/";

/// Creates a block spec with the `horizon` and `region` parameters, and returns its id.
pub(crate) fn create_block(press: &Press, name: &str) -> String {
    let parts = [
        Part::json("spec", &spec_body(name)),
        Part::json("parameters", &parameters()),
    ];
    text(&press.submit(BLOCK_SPECS, &parts).ok()["id"])
}

/// Two blocks, an app of them, and a third block.
pub(crate) struct App {
    pub(crate) press: Press,
    pub(crate) load: String,
    pub(crate) train: String,
    pub(crate) extra: String,
    pub(crate) spec_id: String,
}

pub(crate) fn app_config(load: &str, train: &str) -> Value {
    json!([
        { "id": load, "release": { "version": "1.0.0" } },
        { "id": train, "release": { "version": "1.0.0" }, "autoRunOnDeploy": true },
    ])
}

pub(crate) fn app_body(name: &str, config: Value) -> Value {
    json!({
        "version": 1,
        "kind": "app",
        "metadata": { "name": name, "summary": "Demand, end to end" },
        "release": { "version": "1.0.0", "notes": "The first" },
        "config": config,
    })
}

/// The parameter of the app that both blocks inherit.
pub(crate) fn app_parameters() -> Value {
    json!({ "run": [{ "name": "region", "type": "string", "required": true }] })
}

pub(crate) fn create_app_spec(press: &Press, body: &Value, parameters: &Value) -> Response {
    let body = json!({
        "spec": body.to_string(),
        "featured": "null",
        "scope": null,
        "parameters": parameters.to_string(),
    });
    press.send("POST", SPECS, body)
}

impl App {
    pub(crate) fn create() -> Self {
        let press = Press::start();
        let load = create_block(&press, "load");
        let train = create_block(&press, "train");
        let extra = create_block(&press, "extra");
        let body = app_body("demand", app_config(&load, &train));
        let spec_id = text(&create_app_spec(&press, &body, &app_parameters()).ok()["id"]);
        App {
            press,
            load,
            train,
            extra,
            spec_id,
        }
    }

    /// A deployment whose blocks inherit `region`, and whose block `train` has its own `horizon`.
    pub(crate) fn deployment_body(&self) -> Value {
        json!({
            "metadata": { "name": "demand-north", "summary": "The north" },
            "spec": { "id": self.spec_id },
            "revision": { "notes": "Go" },
            "appParameters": { "run": { "region": "north" } },
            "parameters": { "train": { "run": { "horizon": 7 } } },
        })
    }

    /// Deploys, and returns the id.
    #[track_caller]
    pub(crate) fn deploy(&self, body: Value) -> String {
        text(&self.press.send("POST", DEPLOYMENTS, body).ok()["id"])
    }

    /// The blocks of an app deployment, read without counting a description.
    pub(crate) fn block_deployments(&self) -> Value {
        self.press.get(BLOCK_DEPLOYMENTS).ok()["deployments"].clone()
    }

    pub(crate) fn run_parameters(&self, deployment_id: &str) -> Value {
        let path = format!("/v1/deployments/{deployment_id}/parameters/run");
        self.press.get(&path).ok()
    }

    /// The deployment of a block, by block name.
    pub(crate) fn block_id(&self, app: &str, name: &str) -> String {
        let app = self.press.get(&format!("{DEPLOYMENTS}{app}")).ok();
        let blocks = app["latestRevision"]["blocks"].as_array().unwrap();
        let block = blocks.iter().find(|block| block["name"] == name);
        text(&block.expect(name)["deploymentId"])
    }
}
