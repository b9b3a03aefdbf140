//! Handles the calls on deployments of apps. An app's deployment has a deployment for each of its
//! blocks.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::app_plan::{Changes, Plan, PlannedBlock};
use super::body::{self, Document};
use super::deployments::{self, NewDeployment};
use super::lists::ListItem;
use super::parameters::Sources;
use super::response::{ErrorResponse, HandlerResult};
use super::revisions::{self, RevisionOf, ValidRevision, notes, release_of};
use super::routed::Routed;
use super::specs;
use super::store::{DeployedBlock, Deployment, Family, Revision, Store};
use crate::types::{CreateAppDeployment, CreateAppDeploymentRevision};

pub(super) fn create(store: &mut Store, routed: &Routed) -> HandlerResult {
    let body: Document<CreateAppDeployment> = body::checked(routed.request)?;
    let request = &body.typed;
    let spec = store.spec(Some(Family::Apps), &request.spec.id)?;
    let release = release_of(spec, request.spec.release.as_deref())?;
    let changes = Changes {
        app_parameters: request.app_parameters.as_deref(),
        parameters: request.parameters.as_ref(),
        choices_field: "body.spec",
        includes: request.spec.includes.as_deref().unwrap_or_default(),
        excludes: request.spec.excludes.as_deref().unwrap_or_default(),
    };
    let plan = Plan::new(store, release, &changes, None)?;
    let deployment = NewDeployment::of(store, spec, request.metadata.name.as_deref())?;
    let rollout = store.start_rollout("deploying");
    let failure = rollout.failure();
    let metadata = body.object("metadata");
    let id = deployment.save(store, &metadata, plan.app, notes(&body.json), rollout);
    deploy_blocks(store, &id, plan.blocks, failure)?;
    Ok(json!({ "id": id }))
}

pub(super) fn create_revision(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    let app = store.deployment(Some(Family::Apps), id)?;
    let body: Document<CreateAppDeploymentRevision> = body::checked(routed.request)?;
    let request = &body.typed;
    let spec = store.spec(None, &app.spec_id)?;
    let release = release_of(spec, request.release.as_deref())?;
    let config = request.blocks_config.as_ref();
    let changes = Changes {
        app_parameters: request.app_parameters.as_deref(),
        parameters: request.parameters.as_ref(),
        choices_field: "body.blocksConfig",
        includes: config
            .and_then(|it| it.includes.as_deref())
            .unwrap_or_default(),
        excludes: config
            .and_then(|it| it.excludes.as_deref())
            .unwrap_or_default(),
    };
    let plan = Plan::new(store, release, &changes, Some(app))?;
    let kept: HashSet<_> = plan
        .blocks
        .iter()
        .filter_map(|block| block.existing.clone())
        .collect();
    let dropped: Vec<_> = store
        .blocks_of(app)
        .map(|(_, deployment)| deployment.id.clone())
        .filter(|id| !kept.contains(id))
        .collect();
    let number = revisions::add(store, id, plan.app, notes(&body.json))?;
    for block in dropped {
        deployments::remove(store, &block);
    }
    let rollout = store.start_rollout("deploying");
    let failure = rollout.failure();
    store.deployment_mut(None, id)?.rollout = rollout;
    deploy_blocks(store, id, plan.blocks, failure)?;
    Ok(json!({ "id": id, "revision": number }))
}

pub(super) fn describe(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    count_description(store, id)?;
    let app = store.deployment(Some(Family::Apps), id)?;
    let mut described = app.to_json();
    described["latestRevision"]["blocks"] = store.blocks_of(app).map(block_json).collect();
    described["parameters"] = block_parameters(store, app.latest(), true);
    Ok(described)
}

pub(super) fn describe_revision(store: &mut Store, routed: &Routed) -> HandlerResult {
    let app = store.deployment(Some(Family::Apps), routed.deployment_id())?;
    let revision = revisions::find(app, routed.revision())?;
    let (number, is_latest) = (revision.number, revision.id == app.latest().id);
    if is_latest {
        count_description(store, routed.deployment_id())?;
    }
    let app = store.deployment(Some(Family::Apps), routed.deployment_id())?;
    let revision = revisions::find(app, &number.to_string())?;
    let mut described = RevisionOf {
        deployment: app,
        revision,
    }
    .describe_json();
    described["parameters"] = block_parameters(store, revision, is_latest);
    Ok(described)
}

/// Counts a description of an app, and of its blocks while they are rolled out with it.
fn count_description(store: &mut Store, app_id: &str) -> Result<(), ErrorResponse> {
    let app = store.deployment_mut(Some(Family::Apps), app_id)?;
    if app.rollout.is_finished() {
        return Ok(());
    }
    app.rollout.describe();
    let blocks = app.latest().blocks.iter();
    let blocks: Vec<_> = blocks.map(|block| block.deployment_id.clone()).collect();
    for block in blocks {
        store.deployment_mut(None, &block)?.rollout.describe();
    }
    Ok(())
}

/// A block in the description of its app.
fn block_json((block, deployment): (&DeployedBlock, &Deployment)) -> Value {
    json!({
        "deploymentId": deployment.id,
        "platformId": null,
        "kind": deployment.kind,
        "name": block.name,
        "status": deployment.rollout.status,
    })
}

/// The masked values of each block, by name: from the block's revision that belongs to the app's, or
/// from its latest one.
fn block_parameters(store: &Store, revision: &Revision, is_latest: bool) -> Value {
    let mut parameters = Map::new();
    for block in &revision.blocks {
        let deployment = store.deployments.get(&block.deployment_id);
        let mut revisions = deployment
            .into_iter()
            .flat_map(|it| it.revisions.iter().rev());
        let found = revisions.find(|it| is_latest || it.number == block.revision);
        if let Some(found) = found {
            parameters.insert(block.name.clone(), found.masked.clone());
        }
    }
    Value::Object(parameters)
}

/// Rolls out a failed app again, with its failed blocks.
pub(super) fn redeploy(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    let app = store.deployment(Some(Family::Apps), id)?;
    let _: Document<Map<String, Value>> = body::json(routed.request)?;
    if !app.rollout.has_failed() {
        let message = format!(
            "app deployment {id:?} is {}: it cannot be redeployed",
            app.rollout.status
        );
        return Err(ErrorResponse::conflict(message));
    }
    let failed = store
        .blocks_of(app)
        .filter(|(_, block)| block.rollout.has_failed());
    let failed: Vec<_> = failed.map(|(_, block)| block.id.clone()).collect();
    let rollout = store.start_rollout("redeploying");
    store.next_final_status = rollout.failure();
    store.deployment_mut(None, id)?.rollout = rollout;
    for block in failed {
        let rollout = store.start_rollout("redeploying");
        store.deployment_mut(None, &block)?.rollout = rollout;
    }
    store.next_final_status = None;
    Ok(store.deployment(None, id)?.redeployed_json())
}

/// Executes a block that runs on deployment, or all such blocks of an app.
pub(super) fn execute(store: &mut Store, routed: &Routed) -> HandlerResult {
    let deployment = store.deployment(None, routed.deployment_id())?;
    let _: Document<Map<String, Value>> = body::json(routed.request)?;
    let resource = |it: &Deployment| (it.spec_id.clone(), it.latest().version.clone());
    let resources: Vec<_> = match deployment.family {
        Family::Apps => {
            let blocks = store.blocks_of(deployment);
            blocks
                .filter(|(block, _)| block.auto_run)
                .map(|(_, it)| resource(it))
                .collect()
        }
        Family::Blocks if store.deployed_release(deployment)?.auto_run => {
            vec![resource(deployment)]
        }
        Family::Blocks => Vec::new(),
    };
    let executed = resources.into_iter().map(|(spec_id, version)| {
        json!({
            "blockSpecId": spec_id,
            "version": version,
            "executionId": store.next_id(),
            "status": "executed",
        })
    });
    Ok(json!({ "executeResponse": executed.collect::<Value>() }))
}

/// Deploys the blocks of an app's latest revision. If the app is to fail, its first block fails.
fn deploy_blocks(
    store: &mut Store,
    app_id: &str,
    blocks: Vec<PlannedBlock>,
    failure: Option<String>,
) -> Result<(), ErrorResponse> {
    store.next_final_status = failure;
    let mut deployed = Vec::new();
    for block in blocks {
        let rollout = store.start_rollout("deploying");
        let (id, number) = match block.existing {
            Some(id) => {
                let number = revisions::add(store, &id, block.revision, Value::Null)?;
                store.deployment_mut(None, &id)?.rollout = rollout;
                (id, number)
            }
            None => {
                let (metadata, notes) = (Map::new(), Value::Null);
                let deployment = block.deployment;
                let id = deployment.save(store, &metadata, block.revision, notes, rollout);
                store.deployment_mut(None, &id)?.parent = Some(app_id.to_owned());
                (id, 1)
            }
        };
        deployed.push(DeployedBlock {
            name: block.name,
            deployment_id: id,
            revision: number,
            auto_run: block.auto_run,
        });
    }
    store.next_final_status = None;
    store.deployment_mut(None, app_id)?.latest_mut().blocks = deployed;
    Ok(())
}

/// Turns deployments into the blocks of a new app deployment, removing them from any other, and returns
/// its id.
pub(super) fn add(store: &mut Store, ids: &[String]) -> Result<String, ErrorResponse> {
    let blocks = Some(Family::Blocks);
    for id in ids {
        store.deployment(blocks, id)?;
    }
    let spec_id = specs::seed_app(store, &json!([]));
    let spec = store.spec(None, &spec_id)?;
    let revision = ValidRevision::new(spec.latest(), &Sources::default())?;
    let deployment = NewDeployment::of(store, spec, Some(spec.name()))?;
    let rollout = store.finished_rollout();
    let app_id = deployment.save(store, &Map::new(), revision, Value::Null, rollout);
    let mut deployed = Vec::new();
    for id in ids {
        let block = store.deployment_mut(blocks, id)?;
        let previous = block.parent.replace(app_id.clone());
        deployed.push(DeployedBlock {
            name: block.name().to_owned(),
            deployment_id: id.clone(),
            revision: block.latest().number,
            auto_run: false,
        });
        if let Some(app) = previous.and_then(|app| store.deployments.get_mut(&app)) {
            let others = &mut app.latest_mut().blocks;
            others.retain(|block| block.deployment_id != *id);
        }
    }
    store.deployment_mut(None, &app_id)?.latest_mut().blocks = deployed;
    Ok(app_id)
}
