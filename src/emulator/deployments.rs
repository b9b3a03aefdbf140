//! The calls on deployments, their run parameters, and the app deployments around them.

use serde_json::{Map, Value, json};

use super::body::{self, Document};
use super::lists::{Filter, List, ListItem};
use super::metadata::{self, text};
use super::parameters::Values;
use super::response::{ErrorResponse, HandlerResult};
use super::revisions::{RevisionOf, ValidRevision, notes, release_of};
use super::routed::Routed;
use super::specs;
use super::store::{Deployment, Revision, Rollout, Store};
use crate::types::{
    CreateDeployment, DeploymentParameters, DeploymentStatus, UpdateDeploymentMetadata,
};

const DEPLOYMENTS: List = List {
    items: "deployments",
    total: "deploymentCount",
    filters: &[
        ("status", Filter::OneOf(DeploymentStatus::VALUES)),
        ("name", Filter::Prefix),
        ("title", Filter::Prefix),
    ],
    sort: &["createdAt", "createdBy", "name", "title"],
};

pub(super) fn list(store: &mut Store, routed: &Routed) -> HandlerResult {
    DEPLOYMENTS.page(store.deployments.values(), routed.request)
}

pub(super) fn create(store: &mut Store, routed: &Routed) -> HandlerResult {
    let body: Document<CreateDeployment> = body::json(routed.request)?;
    let rollout = |store: &mut Store| store.start_rollout("deploying");
    Ok(json!({ "id": create_from(store, &body, rollout)? }))
}

/// Checks and stores a deployment, and returns its id.
fn create_from(
    store: &mut Store,
    body: &Document<CreateDeployment>,
    start_rollout: impl Fn(&mut Store) -> Rollout,
) -> Result<String, ErrorResponse> {
    let request = &body.typed;
    let id = store.next_id();
    let spec = store.spec(&request.spec.id)?;
    let (spec_id, kind) = (spec.id.clone(), spec.kind.clone());
    let name = match &request.metadata.name {
        Some(name) => name.clone(),
        None => format!("{}-{id}", text(&spec.metadata, "name").unwrap_or_default()),
    };
    let release = release_of(spec, request.spec.release.as_ref())?;
    let parameters = request.parameters.as_ref();
    let revision = ValidRevision::new(release, parameters, &Values::default())?;
    check_name(store, &kind, &name, None)?;
    let mut metadata = body.object("metadata");
    metadata.insert("name".into(), json!(name));
    let deployment = Deployment {
        id: id.clone(),
        spec_id,
        kind,
        metadata,
        rollout: start_rollout(store),
        parent: None,
        created: store.created_now(),
        revisions: vec![revision.into_revision(store, 1, notes(&body.json))],
    };
    store.deployments.insert(id.clone(), deployment);
    Ok(id)
}

pub(super) fn describe(store: &mut Store, routed: &Routed) -> HandlerResult {
    let deployment = store.deployment(routed.deployment_id())?;
    deployment.rollout.advance();
    Ok((&*deployment).to_json())
}

pub(super) fn update(store: &mut Store, routed: &Routed) -> HandlerResult {
    let changes: Document<UpdateDeploymentMetadata> = body::json(routed.request)?;
    let id = routed.deployment_id();
    let kind = store.deployment(id)?.kind.clone();
    if let Some(name) = &changes.typed.name {
        check_name(store, &kind, name, Some(id))?;
    }
    let changes = changes.json.as_object().cloned().unwrap_or_default();
    let deployment = store.deployment(id)?;
    metadata::updated(metadata::merge(&mut deployment.metadata, &changes))
}

pub(super) fn delete(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    store.deployment(id)?;
    store.deployments.remove(id);
    for blocks in store.apps.values_mut() {
        blocks.retain(|block| block != id);
    }
    Ok(json!({}))
}

pub(super) fn redeploy(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    store.deployment(id)?;
    let _: Document<Map<String, Value>> = body::json(routed.request)?;
    let rollout = store.start_rollout("redeploying");
    let deployment = store.deployment(id)?;
    deployment.rollout = rollout;
    let Revision {
        id: revision_id,
        number,
        ..
    } = deployment.latest();
    Ok(json!({ "deploymentId": id, "revision": number, "revisionId": revision_id }))
}

pub(super) fn get_parameters(store: &mut Store, routed: &Routed) -> HandlerResult {
    let deployment = store.deployment(routed.deployment_id())?;
    Ok(Value::Object(deployment.latest().values.run.clone()))
}

pub(super) fn patch_parameters(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    let deployment = store.deployment(id)?;
    let body: Document<Map<String, Value>> = body::json(routed.request)?;
    let changes = DeploymentParameters::new().run(body.typed);
    let spec_id = deployment.spec_id.clone();
    let version = deployment.latest().version.clone();
    let current = deployment.latest().values.clone();
    let release = store.spec(&spec_id)?.release(&version)?;
    let patched = ValidRevision::new(release, Some(&changes), &current)?;
    let revision = store.deployment(id)?.latest_mut();
    revision.values = patched.values;
    revision.masked = patched.masked;
    Ok(Value::Object(revision.values.run.clone()))
}

pub(super) fn describe_app(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    let blocks = store.apps.get(id);
    let blocks = blocks.ok_or_else(|| ErrorResponse::not_found("app deployment", id))?;
    let deployments = blocks
        .iter()
        .filter_map(|block| store.deployments.get(block));
    let blocks: Value = deployments.map(block_json).collect();
    Ok(json!({ "id": id, "latestRevision": { "blocks": blocks } }))
}

/// A deployment as its app deployment lists it.
fn block_json(deployment: &Deployment) -> Value {
    json!({
        "deploymentId": deployment.id,
        "platformId": null,
        "kind": deployment.kind,
        "name": deployment.metadata["name"],
        "status": deployment.rollout.status,
    })
}

impl ListItem for &Deployment {
    fn field(&self, name: &str) -> Option<&str> {
        match name {
            "status" => Some(&self.rollout.status),
            name => self
                .created
                .field(name)
                .or_else(|| text(&self.metadata, name)),
        }
    }

    fn to_json(&self) -> Value {
        let latest = RevisionOf {
            deployment: self,
            revision: self.latest(),
        };
        let mut metadata = Value::Object(self.metadata.clone());
        metadata["status"] = json!(self.rollout.status);
        self.created.add_to(&mut metadata);
        let mut deployment = json!({
            "id": self.id,
            "kind": self.kind,
            "metadata": metadata,
            "spec": latest.spec_json(),
            "latestRevision": latest.to_json(),
            "parameters": latest.revision.masked,
        });
        if let Some(parent) = &self.parent {
            deployment["parent"] = json!({ "id": parent });
        }
        deployment
    }
}

fn check_name(
    store: &Store,
    kind: &str,
    name: &str,
    own_id: Option<&str>,
) -> Result<(), ErrorResponse> {
    let deployments = store.deployments.values();
    let others = deployments.filter(|other| Some(&*other.id) != own_id && other.kind == kind);
    metadata::check_name(name, others.map(|other| &other.metadata))
}

/// Makes deployments the blocks of a new app deployment, and removes them from any other.
pub(super) fn add_app(store: &mut Store, ids: Vec<String>) -> Result<String, ErrorResponse> {
    for id in &ids {
        store.deployment(id)?;
    }
    let app = store.next_id();
    for blocks in store.apps.values_mut() {
        blocks.retain(|block| !ids.contains(block));
    }
    for id in &ids {
        store.deployment(id)?.parent = Some(app.clone());
    }
    store.apps.insert(app.clone(), ids);
    Ok(app)
}

/// Creates a spec and a deployment of it with its name, and returns the deployment's id.
pub(super) fn seed(store: &mut Store) -> String {
    loop {
        let spec_id = specs::seed(store);
        let name = store.specs[&spec_id].metadata["name"].clone();
        let body = json!({ "metadata": { "name": name }, "spec": { "id": spec_id } });
        let body = serde_json::from_value(body.clone()).map(|typed| Document { json: body, typed });
        if let Ok(body) = body
            && let Ok(id) = create_from(store, &body, Store::finished_rollout)
        {
            return id;
        }
    }
}
