//! Handles the calls on revisions.

use serde_json::{Value, json};

use super::body::{self, Document};
use super::lists::{Filter, List, ListItem};
use super::parameters::{Sources, Values};
use super::response::{ErrorResponse, HandlerResult};
use super::routed::Routed;
use super::store::{Deployment, Family, Release, Revision, Spec, Store};
use crate::types::{CreateDeploymentRevision, ReleaseVersion, RevisionStatus};

const REVISIONS: List = List {
    items: "revisions",
    total: "revisionCount",
    filters: &[("status", Filter::OneOf(RevisionStatus::VALUES))],
    sort: &["createdAt", "createdBy", "name", "title"],
};

pub(super) fn list(store: &mut Store, routed: &Routed) -> HandlerResult {
    let deployment = store.deployment(routed.family, routed.deployment_id())?;
    let revisions = deployment.revisions.iter().map(|revision| RevisionOf {
        deployment,
        revision,
    });
    REVISIONS.page(revisions, routed.request)
}

pub(super) fn create_block(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    let deployment = store.deployment(routed.family, id)?;
    let body: Document<CreateDeploymentRevision> = body::checked(routed.request)?;
    let spec = store.spec(None, &deployment.spec_id)?;
    let release = release_of(spec, body.typed.release.as_deref())?;
    let given = Sources {
        field: "body.parameters".into(),
        given: body.typed.parameters.as_deref(),
        ..Sources::default()
    };
    let revision = ValidRevision::of_block(store, deployment, release, given)?;
    let number = add(store, id, revision, notes(&body.json))?;
    let rollout = store.start_rollout("deploying");
    store.deployment_mut(routed.family, id)?.rollout = rollout;
    Ok(json!({ "id": id, "revision": number }))
}

/// Adds a revision to a deployment, and returns its number.
pub(super) fn add(
    store: &mut Store,
    deployment_id: &str,
    revision: ValidRevision,
    notes: Value,
) -> Result<u64, ErrorResponse> {
    let number = store.deployment(None, deployment_id)?.latest().number + 1;
    let revision = revision.into_revision(store, number, notes);
    let deployment = store.deployment_mut(None, deployment_id)?;
    deployment.revisions.push(revision);
    Ok(number)
}

pub(super) fn describe_block(store: &mut Store, routed: &Routed) -> HandlerResult {
    let deployment = store.deployment_mut(routed.family, routed.deployment_id())?;
    let id = find(deployment, routed.revision())?.id.clone();
    if id == deployment.latest().id {
        deployment.rollout.describe();
    }
    let revision = find(deployment, &id)?;
    Ok(RevisionOf {
        deployment,
        revision,
    }
    .describe_json())
}

/// The revision with this number or id.
pub(super) fn find<'a>(
    deployment: &'a Deployment,
    wanted: &str,
) -> Result<&'a Revision, ErrorResponse> {
    let mut revisions = deployment.revisions.iter();
    let found = revisions.find(|it| it.id == wanted || it.number.to_string() == wanted);
    found.ok_or_else(|| ErrorResponse::not_found("revision", wanted))
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

    /// The revision in a description, which has more fields than in a list.
    pub(super) fn describe_json(&self) -> Value {
        let mut described = self.to_json();
        described["spec"] = self.spec_json();
        self.add_parameters(&mut described);
        described
    }

    /// Adds the parameters: those of a block, or of an app itself.
    pub(super) fn add_parameters(&self, json: &mut Value) {
        let key = match self.deployment.family {
            Family::Blocks => "parameters",
            Family::Apps => "appParameters",
        };
        json[key] = self.revision.masked.clone();
    }

    /// The deployed release, shaped as in the request.
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

/// A valid revision.
pub(super) struct ValidRevision {
    version: String,
    values: Values,
    own_values: Values,
    masked: Value,
}

impl ValidRevision {
    /// A revision that inherits no values.
    pub(super) fn new(release: &Release, sources: &Sources) -> Result<Self, ErrorResponse> {
        let values = Values::resolve(&release.definitions, sources)?;
        Ok(ValidRevision {
            version: release.version_text().to_owned(),
            masked: values.masked(&release.definitions),
            own_values: values.clone(),
            values,
        })
    }

    /// A revision that inherits the values of an app.
    pub(super) fn inheriting(release: &Release, sources: &Sources) -> Result<Self, ErrorResponse> {
        let mut revision = ValidRevision::new(release, sources)?;
        revision.own_values = sources.previous.overlaid(sources.given);
        Ok(revision)
    }

    /// The next revision of a block, alone or in an app, of which the values in `given` are known.
    pub(super) fn of_block(
        store: &Store,
        deployment: &Deployment,
        release: &Release,
        mut given: Sources,
    ) -> Result<Self, ErrorResponse> {
        given.previous = deployment.latest().own_values.clone();
        match &deployment.parent {
            Some(app) => {
                let app = store.deployment(None, app)?;
                given.inherited = app.latest().values.clone();
                ValidRevision::inheriting(release, &given)
            }
            None => ValidRevision::new(release, &given),
        }
    }

    pub(super) fn values(&self) -> &Values {
        &self.values
    }

    /// Replaces the values of a revision.
    pub(super) fn replace_values(self, revision: &mut Revision) {
        revision.values = self.values;
        revision.own_values = self.own_values;
        revision.masked = self.masked;
    }

    pub(super) fn into_revision(self, store: &mut Store, number: u64, notes: Value) -> Revision {
        Revision {
            id: store.next_id(),
            number,
            version: self.version,
            notes,
            values: self.values,
            own_values: self.own_values,
            masked: self.masked,
            blocks: Vec::new(),
            created: store.created_now(),
        }
    }
}

/// The release with this version, or the latest without a version.
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
