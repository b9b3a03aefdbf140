//! The calls on deployments, their revisions and parameters, and on the apps around them.

use serde_json::{Map, Value, json};

use super::answer::{Answered, Refusal};
use super::check::{self, Checked};
use super::lists::{Filter, List, Listed};
use super::parameters::Values;
use super::routes::Call;
use super::specs::{changed_or_refused, merge};
use super::state::{Deployment, Release, Revision, Spec, State, text, unique_name};
use crate::types::{
    CreateDeployment, CreateDeploymentRevision, DeploymentParameters, DeploymentStatus,
    ReleaseVersion, RevisionStatus, UpdateDeploymentMetadata,
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

const REVISIONS: List = List {
    items: "revisions",
    total: "revisionCount",
    filters: &[("status", Filter::OneOf(RevisionStatus::VALUES))],
    sort: &["createdAt", "createdBy", "name", "title"],
};

pub(super) fn list(state: &mut State, call: &Call) -> Answered {
    DEPLOYMENTS.page(state.deployments.values(), call.request)
}

pub(super) fn create(state: &mut State, call: &Call) -> Answered {
    let body: Checked<CreateDeployment> = check::body(call.request)?;
    let CreateDeployment {
        metadata,
        spec,
        parameters,
        ..
    } = &body.typed;
    let id = state.next_id();
    let spec = state.spec(&spec.id)?;
    let (spec_id, kind) = (spec.id.clone(), spec.kind.clone());
    let name = match &metadata.name {
        Some(name) => name.clone(),
        None => format!("{}-{id}", text(&spec.metadata, "name").unwrap_or_default()),
    };
    let release = release(spec, body.typed.spec.release.as_ref())?;
    let draft = Draft::new(release, parameters.as_ref(), &Values::default())?;
    check_name(state, &kind, &name, None)?;
    let mut metadata = body.sent["metadata"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    metadata.insert("name".into(), json!(name));
    let deployment = Deployment {
        id: id.clone(),
        spec_id,
        kind,
        metadata,
        progress: state.set_out("deploying"),
        parent: None,
        created: state.created_now(),
        revisions: vec![draft.into_revision(state, 1, notes(&body.sent))],
    };
    state.deployments.insert(id.clone(), deployment);
    Ok(json!({ "id": id }))
}

pub(super) fn describe(state: &mut State, call: &Call) -> Answered {
    let deployment = state.deployment(call.id(0))?;
    deployment.progress.look();
    Ok((&*deployment).listed())
}

pub(super) fn update(state: &mut State, call: &Call) -> Answered {
    let changes: Checked<UpdateDeploymentMetadata> = check::body(call.request)?;
    let id = call.id(0);
    let kind = state.deployment(id)?.kind.clone();
    if let Some(name) = &changes.typed.name {
        check_name(state, &kind, name, Some(id))?;
    }
    let changes = changes.sent.as_object().cloned().unwrap_or_default();
    changed_or_refused(merge(&mut state.deployment(id)?.metadata, &changes))
}

pub(super) fn delete(state: &mut State, call: &Call) -> Answered {
    let id = call.id(0);
    state.deployment(id)?;
    state.deployments.remove(id);
    for blocks in state.apps.values_mut() {
        blocks.retain(|block| block != id);
    }
    Ok(json!({}))
}

pub(super) fn list_revisions(state: &mut State, call: &Call) -> Answered {
    let deployment = &*state.deployment(call.id(0))?;
    let revisions = deployment.revisions.iter();
    let revisions = revisions.map(|revision| OfDeployment {
        deployment,
        revision,
    });
    REVISIONS.page(revisions, call.request)
}

pub(super) fn create_revision(state: &mut State, call: &Call) -> Answered {
    let id = call.id(0);
    let deployment = state.deployment(id)?;
    let body: Checked<CreateDeploymentRevision> = check::body(call.request)?;
    let spec_id = deployment.spec_id.clone();
    let before = deployment.latest().values.clone();
    let number = deployment.latest().number + 1;
    let release = release(state.spec(&spec_id)?, body.typed.release.as_ref())?;
    let draft = Draft::new(release, body.typed.parameters.as_ref(), &before)?;
    let revision = draft.into_revision(state, number, notes(&body.sent));
    let progress = state.set_out("deploying");
    let deployment = state.deployment(id)?;
    deployment.revisions.push(revision);
    deployment.progress = progress;
    Ok(json!({ "id": id, "revision": number }))
}

pub(super) fn describe_revision(state: &mut State, call: &Call) -> Answered {
    let deployment = state.deployment(call.id(0))?;
    let wanted = call.id(1);
    let is_wanted =
        |revision: &Revision| revision.id == wanted || revision.number.to_string() == wanted;
    let found = deployment.revisions.iter().position(is_wanted);
    let found = found.ok_or_else(|| Refusal::not_found("revision", wanted))?;
    if found == deployment.revisions.len() - 1 {
        deployment.progress.look();
    }
    let deployment = &*deployment;
    let revision = &deployment.revisions[found];
    let mut answer = OfDeployment {
        deployment,
        revision,
    }
    .listed();
    answer["spec"] = spec(deployment, revision);
    answer["parameters"] = revision.masked.clone();
    Ok(answer)
}

pub(super) fn redeploy(state: &mut State, call: &Call) -> Answered {
    let id = call.id(0);
    state.deployment(id)?;
    let _: Checked<Map<String, Value>> = check::body(call.request)?;
    let progress = state.set_out("redeploying");
    let deployment = state.deployment(id)?;
    deployment.progress = progress;
    let Revision {
        id: revision_id,
        number,
        ..
    } = deployment.latest();
    Ok(json!({ "deploymentId": id, "revision": number, "revisionId": revision_id }))
}

pub(super) fn get_parameters(state: &mut State, call: &Call) -> Answered {
    let deployment = state.deployment(call.id(0))?;
    Ok(Value::Object(deployment.latest().values.run.clone()))
}

pub(super) fn patch_parameters(state: &mut State, call: &Call) -> Answered {
    let deployment = state.deployment(call.id(0))?;
    let body: Checked<Map<String, Value>> = check::body(call.request)?;
    let (spec_id, version) = (
        deployment.spec_id.clone(),
        deployment.latest().version.clone(),
    );
    let before = deployment.latest().values.clone();
    let changes = DeploymentParameters::new().run(body.typed);
    let release = state.spec(&spec_id)?.release(&version)?;
    let draft = Draft::new(release, Some(&changes), &before)?;
    let revision = state.deployment(call.id(0))?.latest_mut();
    revision.values = draft.values;
    revision.masked = draft.masked;
    Ok(Value::Object(revision.values.run.clone()))
}

pub(super) fn describe_app(state: &mut State, call: &Call) -> Answered {
    let id = call.id(0);
    let blocks = state.apps.get(id);
    let blocks = blocks.ok_or_else(|| Refusal::not_found("app deployment", id))?;
    let deployments = blocks
        .iter()
        .filter_map(|block| state.deployments.get(block));
    let blocks = deployments.map(|deployment| {
        json!({
            "deploymentId": deployment.id,
            "platformId": null,
            "kind": deployment.kind,
            "name": deployment.metadata["name"],
            "status": deployment.progress.status,
        })
    });
    let blocks: Vec<_> = blocks.collect();
    Ok(json!({ "id": id, "latestRevision": { "blocks": blocks } }))
}

impl Listed for &Deployment {
    fn field(&self, name: &str) -> Option<&str> {
        match name {
            "status" => Some(&self.progress.status),
            name => self
                .created
                .field(name)
                .or_else(|| text(&self.metadata, name)),
        }
    }

    fn listed(&self) -> Value {
        let revision = self.latest();
        let mut metadata = Value::Object(self.metadata.clone());
        metadata["status"] = json!(self.progress.status);
        self.created.add_to(&mut metadata);
        let mut answer = json!({
            "id": self.id,
            "kind": self.kind,
            "metadata": metadata,
            "spec": spec(self, revision),
            "latestRevision": OfDeployment { deployment: self, revision }.listed(),
            "parameters": revision.masked,
        });
        if let Some(parent) = &self.parent {
            answer["parent"] = json!({ "id": parent });
        }
        answer
    }
}

/// A revision, and the deployment whose it is.
struct OfDeployment<'a> {
    deployment: &'a Deployment,
    revision: &'a Revision,
}

impl OfDeployment<'_> {
    /// That of the deployment in the words that revisions have, until another takes its place.
    fn status(&self) -> &str {
        if self.revision.number != self.deployment.latest().number {
            return "superseded";
        }
        match self.deployment.progress.status.as_str() {
            "redeploying" => "deploying",
            "warning" => "deployed",
            status => status,
        }
    }
}

impl Listed for OfDeployment<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        match name {
            "status" => Some(self.status()),
            name => self.revision.created.field(name),
        }
    }

    fn listed(&self) -> Value {
        let Revision {
            id,
            number,
            notes,
            created,
            ..
        } = self.revision;
        let mut answer = json!({
            "id": id,
            "revision": number,
            "status": self.status(),
            "notes": notes,
            "resources": [],
        });
        created.add_to(&mut answer);
        answer
    }
}

/// What a revision deploys, in the words of the request that asked for it.
fn spec(deployment: &Deployment, revision: &Revision) -> Value {
    json!({ "id": deployment.spec_id, "release": { "version": revision.version } })
}

/// A revision that passed every check.
struct Draft {
    version: String,
    values: Values,
    masked: Value,
}

impl Draft {
    fn new(
        release: &Release,
        parameters: Option<&DeploymentParameters>,
        before: &Values,
    ) -> Result<Self, Refusal> {
        let values = Values::settle(&release.definitions, parameters, before)?;
        Ok(Draft {
            version: release.text().to_owned(),
            masked: values.masked(&release.definitions),
            values,
        })
    }

    fn into_revision(self, state: &mut State, number: u64, notes: Value) -> Revision {
        Revision {
            id: state.next_id(),
            number,
            version: self.version,
            notes,
            values: self.values,
            masked: self.masked,
            created: state.created_now(),
        }
    }
}

/// The release of a version, the latest where none is given.
fn release<'a>(spec: &'a Spec, wanted: Option<&ReleaseVersion>) -> Result<&'a Release, Refusal> {
    match wanted {
        Some(wanted) => spec.release(&wanted.version),
        None => Ok(spec.latest()),
    }
}

fn notes(body: &Value) -> Value {
    body["revision"]["notes"].clone()
}

fn check_name(state: &State, kind: &str, name: &str, own_id: Option<&str>) -> Result<(), Refusal> {
    let deployments = state.deployments.values();
    let others = deployments.filter(|other| Some(&*other.id) != own_id && other.kind == kind);
    unique_name(name, others.map(|other| &other.metadata))
}

/// Makes deployments the blocks of a new app deployment, and takes them out of any other.
pub(super) fn add_app(state: &mut State, ids: Vec<String>) -> Result<String, Refusal> {
    for id in &ids {
        state.deployment(id)?;
    }
    let app = state.next_id();
    for blocks in state.apps.values_mut() {
        blocks.retain(|block| !ids.contains(block));
    }
    for id in &ids {
        state.deployment(id)?.parent = Some(app.clone());
    }
    state.apps.insert(app.clone(), ids);
    Ok(app)
}
