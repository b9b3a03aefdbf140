//! Handles the calls on deployments of blocks, and those that blocks and apps share.

use serde_json::{Map, Value, json};

use super::body::{self, Document};
use super::lists::{Filter, List, ListItem};
use super::metadata::{self, text};
use super::parameters::Sources;
use super::response::{ErrorResponse, HandlerResult};
use super::revisions::{RevisionOf, ValidRevision, notes, release_of};
use super::routed::Routed;
use super::specs;
use super::store::{Deployment, Family, Rollout, Spec, Store};
use crate::types::{CreateDeployment, DeploymentStatus, SpecKind, UpdateDeploymentMetadata};

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

/// Deployments of apps cannot be filtered by title.
const APP_DEPLOYMENTS: List = List {
    filters: &[
        ("status", Filter::OneOf(DeploymentStatus::VALUES)),
        ("name", Filter::Prefix),
    ],
    ..DEPLOYMENTS
};

const ALL_DEPLOYMENTS: List = List {
    filters: &[
        ("status", Filter::OneOf(DeploymentStatus::VALUES)),
        ("kind", Filter::OneOf(SpecKind::VALUES)),
        ("term", Filter::Term),
    ],
    ..DEPLOYMENTS
};

const SPEC_DEPLOYMENTS: List = List {
    filters: &[
        ("status", Filter::OneOf(DeploymentStatus::VALUES)),
        ("name", Filter::Prefix),
        ("title", Filter::Prefix),
        ("version", Filter::Equal),
    ],
    sort: &["createdAt", "createdBy", "name"],
    ..DEPLOYMENTS
};

pub(super) fn list(store: &mut Store, routed: &Routed) -> HandlerResult {
    let list = match routed.family {
        Some(Family::Blocks) => DEPLOYMENTS,
        Some(Family::Apps) => APP_DEPLOYMENTS,
        None => ALL_DEPLOYMENTS,
    };
    let deployments = store.deployments.values();
    list.page(
        deployments.filter(|it| it.is_of(routed.family)),
        routed.request,
    )
}

pub(super) fn list_of_spec(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = store.spec(None, routed.spec_id())?;
    let deployments = store.deployments.values();
    SPEC_DEPLOYMENTS.page(
        deployments.filter(|it| it.spec_id == spec.id),
        routed.request,
    )
}

pub(super) fn create_block(store: &mut Store, routed: &Routed) -> HandlerResult {
    let body: Document<CreateDeployment> = body::checked(routed.request)?;
    let rollout = |store: &mut Store| store.start_rollout("deploying");
    Ok(json!({ "id": create_from(store, &body, rollout)? }))
}

/// Validates and stores a block's deployment, and returns its id.
fn create_from(
    store: &mut Store,
    body: &Document<CreateDeployment>,
    start_rollout: impl Fn(&mut Store) -> Rollout,
) -> Result<String, ErrorResponse> {
    let request = &body.typed;
    let spec = store.spec(Some(Family::Blocks), &request.spec.id)?;
    let release = release_of(spec, request.spec.release.as_deref())?;
    let sources = Sources {
        field: "body.parameters".into(),
        given: request.parameters.as_deref(),
        ..Sources::default()
    };
    let revision = ValidRevision::new(release, &sources)?;
    let deployment = NewDeployment::of(store, spec, request.metadata.name.as_deref())?;
    let rollout = start_rollout(store);
    Ok(deployment.save(
        store,
        &body.object("metadata"),
        revision,
        notes(&body.json),
        rollout,
    ))
}

/// What a new deployment takes from its spec.
pub(super) struct NewDeployment {
    family: Family,
    spec_id: String,
    spec_name: String,
    kind: String,
    /// The name in the request.
    name: Option<String>,
}

impl NewDeployment {
    /// Checks the name, if the request has one.
    pub(super) fn of(
        store: &Store,
        spec: &Spec,
        name: Option<&str>,
    ) -> Result<Self, ErrorResponse> {
        if let Some(name) = name {
            check_name(store, &spec.kind, name, None)?;
        }
        Ok(NewDeployment {
            family: spec.family,
            spec_id: spec.id.clone(),
            spec_name: spec.name().to_owned(),
            kind: spec.kind.clone(),
            name: name.map(str::to_owned),
        })
    }

    /// Stores the deployment, and returns its id.
    pub(super) fn save(
        self,
        store: &mut Store,
        metadata: &Map<String, Value>,
        revision: ValidRevision,
        notes: Value,
        rollout: Rollout,
    ) -> String {
        let id = store.next_id();
        let name = self
            .name
            .unwrap_or_else(|| format!("{}-{id}", self.spec_name));
        let mut metadata = metadata.clone();
        metadata.insert("name".into(), json!(name));
        let deployment = Deployment {
            id: id.clone(),
            family: self.family,
            spec_id: self.spec_id,
            kind: self.kind,
            metadata,
            rollout,
            parent: None,
            created: store.created_now(),
            revisions: vec![revision.into_revision(store, 1, notes)],
        };
        store.deployments.insert(id.clone(), deployment);
        id
    }
}

pub(super) fn describe_block(store: &mut Store, routed: &Routed) -> HandlerResult {
    let deployment = store.deployment_mut(routed.family, routed.deployment_id())?;
    deployment.rollout.describe();
    Ok((&*deployment).to_json())
}

pub(super) fn update(store: &mut Store, routed: &Routed) -> HandlerResult {
    let changes: Document<UpdateDeploymentMetadata> = body::checked(routed.request)?;
    let (family, id) = (routed.family, routed.deployment_id());
    let kind = store.deployment(family, id)?.kind.clone();
    if let Some(name) = &changes.typed.name {
        check_name(store, &kind, name, Some(id))?;
    }
    let changes = changes.json.as_object().cloned().unwrap_or_default();
    let deployment = store.deployment_mut(family, id)?;
    metadata::updated(metadata::merge(&mut deployment.metadata, &changes))
}

pub(super) fn delete(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    let deployment = store.deployment(routed.family, id)?;
    let blocks = deployment.latest().blocks.iter();
    let blocks: Vec<_> = blocks.map(|block| block.deployment_id.clone()).collect();
    remove(store, id);
    for block in blocks {
        remove(store, &block);
    }
    Ok(json!({}))
}

/// Deletes a deployment, and removes it from its app.
pub(super) fn remove(store: &mut Store, id: &str) {
    let parent = store.deployments.remove(id).and_then(|it| it.parent);
    if let Some(app) = parent.and_then(|app| store.deployments.get_mut(&app)) {
        let blocks = &mut app.latest_mut().blocks;
        blocks.retain(|block| block.deployment_id != id);
    }
}

pub(super) fn redeploy_block(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    store.deployment(routed.family, id)?;
    let _: Document<Map<String, Value>> = body::json(routed.request)?;
    let rollout = store.start_rollout("redeploying");
    let deployment = store.deployment_mut(routed.family, id)?;
    deployment.rollout = rollout;
    Ok(deployment.redeployed_json())
}

impl Spec {
    pub(super) fn name(&self) -> &str {
        text(&self.metadata, "name").unwrap_or_default()
    }
}

impl Deployment {
    pub(super) fn name(&self) -> &str {
        text(&self.metadata, "name").unwrap_or_default()
    }

    /// The response to a redeployment.
    pub(super) fn redeployed_json(&self) -> Value {
        let latest = self.latest();
        json!({ "deploymentId": self.id, "revision": latest.number, "revisionId": latest.id })
    }
}

impl ListItem for &Deployment {
    fn field(&self, name: &str) -> Option<&str> {
        match name {
            "status" => Some(&self.rollout.status),
            "kind" => Some(&self.kind),
            "version" => Some(&self.latest().version),
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
        });
        latest.add_parameters(&mut deployment);
        if let Some(parent) = &self.parent {
            deployment["parent"] = json!({ "id": parent });
        }
        deployment
    }
}

pub(super) fn check_name(
    store: &Store,
    kind: &str,
    name: &str,
    own_id: Option<&str>,
) -> Result<(), ErrorResponse> {
    let deployments = store.deployments.values();
    let others = deployments.filter(|other| Some(&*other.id) != own_id && other.kind == kind);
    metadata::check_name(name, others.map(|other| &other.metadata))
}

/// Creates a spec and a deployment with the same name, and returns the deployment's id.
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
