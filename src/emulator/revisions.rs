//! The calls on revisions.

use serde_json::{Value, json};

use super::body::{self, Document};
use super::lists::{Filter, List, ListItem};
use super::parameters::Values;
use super::response::{ErrorResponse, HandlerResult};
use super::routed::Routed;
use super::store::{Deployment, Release, Revision, Spec, Store};
use crate::types::{
    CreateDeploymentRevision, DeploymentParameters, ReleaseVersion, RevisionStatus,
};

const REVISIONS: List = List {
    items: "revisions",
    total: "revisionCount",
    filters: &[("status", Filter::OneOf(RevisionStatus::VALUES))],
    sort: &["createdAt", "createdBy", "name", "title"],
};

pub(super) fn list(store: &mut Store, routed: &Routed) -> HandlerResult {
    let deployment = &*store.deployment(routed.deployment_id())?;
    let revisions = deployment.revisions.iter().map(|revision| RevisionOf {
        deployment,
        revision,
    });
    REVISIONS.page(revisions, routed.request)
}

pub(super) fn create(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    let deployment = store.deployment(id)?;
    let body: Document<CreateDeploymentRevision> = body::json(routed.request)?;
    let spec_id = deployment.spec_id.clone();
    let previous = deployment.latest().values.clone();
    let number = deployment.latest().number + 1;
    let release = release_of(store.spec(&spec_id)?, body.typed.release.as_ref())?;
    let revision = ValidRevision::new(release, body.typed.parameters.as_ref(), &previous)?;
    let revision = revision.into_revision(store, number, notes(&body.json));
    let rollout = store.start_rollout("deploying");
    let deployment = store.deployment(id)?;
    deployment.revisions.push(revision);
    deployment.rollout = rollout;
    Ok(json!({ "id": id, "revision": number }))
}

pub(super) fn describe(store: &mut Store, routed: &Routed) -> HandlerResult {
    let deployment = store.deployment(routed.deployment_id())?;
    let wanted = routed.revision();
    let is_wanted =
        |revision: &Revision| revision.id == wanted || revision.number.to_string() == wanted;
    let index = deployment.revisions.iter().position(is_wanted);
    let index = index.ok_or_else(|| ErrorResponse::not_found("revision", wanted))?;
    if index == deployment.revisions.len() - 1 {
        deployment.rollout.advance();
    }
    let revision = RevisionOf {
        deployment,
        revision: &deployment.revisions[index],
    };
    let mut described = revision.to_json();
    described["spec"] = revision.spec_json();
    described["parameters"] = revision.revision.masked.clone();
    Ok(described)
}

/// A revision and its deployment.
pub(super) struct RevisionOf<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) revision: &'a Revision,
}

impl RevisionOf<'_> {
    /// The deployment's status as a revision status; `superseded` unless this is the latest.
    fn status(&self) -> &str {
        if self.revision.number != self.deployment.latest().number {
            return "superseded";
        }
        match self.deployment.rollout.status.as_str() {
            "redeploying" => "deploying",
            "warning" => "deployed",
            status => status,
        }
    }

    /// The release that is deployed, shaped as in the request.
    pub(super) fn spec_json(&self) -> Value {
        json!({
            "id": self.deployment.spec_id,
            "release": { "version": self.revision.version },
        })
    }
}

impl ListItem for RevisionOf<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        match name {
            "status" => Some(self.status()),
            name => self.revision.created.field(name),
        }
    }

    fn to_json(&self) -> Value {
        let mut revision = json!({
            "id": self.revision.id,
            "revision": self.revision.number,
            "status": self.status(),
            "notes": self.revision.notes,
            "resources": [],
        });
        self.revision.created.add_to(&mut revision);
        revision
    }
}

/// A revision that passed every check.
pub(super) struct ValidRevision {
    version: String,
    pub(super) values: Values,
    pub(super) masked: Value,
}

impl ValidRevision {
    pub(super) fn new(
        release: &Release,
        parameters: Option<&DeploymentParameters>,
        previous: &Values,
    ) -> Result<Self, ErrorResponse> {
        let values = Values::resolve(&release.definitions, parameters, previous)?;
        Ok(ValidRevision {
            version: release.version_text().to_owned(),
            masked: values.masked(&release.definitions),
            values,
        })
    }

    pub(super) fn into_revision(self, store: &mut Store, number: u64, notes: Value) -> Revision {
        Revision {
            id: store.next_id(),
            number,
            version: self.version,
            notes,
            values: self.values,
            masked: self.masked,
            created: store.created_now(),
        }
    }
}

/// The release with this version, or the latest if there is no version.
pub(super) fn release_of<'a>(
    spec: &'a Spec,
    version: Option<&ReleaseVersion>,
) -> Result<&'a Release, ErrorResponse> {
    match version {
        Some(release) => spec.release(&release.version),
        None => Ok(spec.latest()),
    }
}

/// The revision notes in the body of a deployment or a revision.
pub(super) fn notes(body: &Value) -> Value {
    body["revision"]["notes"].clone()
}
