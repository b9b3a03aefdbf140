//! The calls on releases.

use semver::Version;
use serde_json::{Map, Value, json};

use super::artifact::{self, ArtifactEntry};
use super::body::{Document, Form};
use super::lists::{List, ListItem};
use super::metadata::text;
use super::parameters::check_definitions;
use super::response::{ErrorResponse, HandlerResult};
use super::routed::Routed;
use super::store::{Release, Store, StoredArtifact};
use crate::types::{BlockKind, Config, ReleaseBody, SpecParameters, Step};

const RELEASES: List = List {
    items: "releases",
    total: "releaseCount",
    filters: &[],
    sort: &["createdAt", "createdBy"],
};

pub(super) fn list(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = store.spec(routed.spec_id())?;
    RELEASES.page(spec.releases.iter(), routed.request)
}

pub(super) fn create(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.spec_id();
    let spec = store.spec(id)?;
    let form = Form::read(routed.request)?;
    let body: Document<ReleaseBody> = form.required_json("spec")?;
    check_config(&BlockKind::from(spec.kind.as_str()), &body.typed.config)?;
    let release = ValidRelease::read(&form, &body, &body.typed.config)?;
    let latest = spec.latest();
    let version = text(&release.sent, "version")
        .unwrap_or_default()
        .to_owned();
    if release.version.cmp_precedence(&latest.version).is_le() {
        let message = format!(
            "spec.release.version: {version} is not greater than the latest, {}",
            latest.version_text()
        );
        return Err(ErrorResponse::conflict(message));
    }
    if routed.validates_only()? {
        return Ok(valid());
    }
    let has_artifact = |release: &&Release| release.artifact.is_some();
    let artifact_count = spec.releases.iter().filter(has_artifact).count();
    let release = release.into_release(store, artifact_count + 1);
    store.spec(id)?.releases.push(release);
    Ok(json!({ "id": id, "release": { "version": version } }))
}

pub(super) fn describe(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = store.spec(routed.spec_id())?;
    Ok(spec.release(routed.version())?.to_json())
}

/// The response to a valid request that only asked for validation.
pub(super) fn valid() -> Value {
    json!({ "success": true, "message": "valid; nothing was created" })
}

impl ListItem for &Release {
    fn field(&self, name: &str) -> Option<&str> {
        self.created.field(name)
    }

    fn to_json(&self) -> Value {
        let mut release = self.summary_json();
        release["artifact"] = self.artifact_json();
        release["config"] = self.config.clone();
        release["parameters"] = self.parameters.clone();
        release["autoRunOnDeploy"] = json!(self.auto_run);
        release
    }
}

impl Release {
    /// The fields that a list of specs shows.
    pub(super) fn summary_json(&self) -> Value {
        let mut summary = Value::Object(self.sent.clone());
        summary["id"] = json!(self.id);
        self.created.add_to(&mut summary);
        summary
    }

    pub(super) fn artifact_json(&self) -> Value {
        match &self.artifact {
            Some(artifact) => json!({ "id": artifact.id, "version": artifact.version }),
            None => Value::Null,
        }
    }
}

/// A release that passed every check except that its version is greater than the latest.
pub(super) struct ValidRelease {
    sent: Map<String, Value>,
    version: Version,
    config: Value,
    parameters: Value,
    definitions: SpecParameters,
    auto_run: bool,
    entries: Option<Vec<ArtifactEntry>>,
}

impl ValidRelease {
    pub(super) fn read<T>(
        form: &Form,
        body: &Document<T>,
        config: &Config,
    ) -> Result<Self, ErrorResponse> {
        let sent = body.object("release");
        let version = text(&sent, "version").unwrap_or_default();
        let version = Version::parse(version).map_err(|_| {
            let message = format!("expected a semantic version, found {version:?}");
            ErrorResponse::unprocessable("spec.release.version", message)
        })?;
        check_steps(config)?;
        let parameters: Option<Document<SpecParameters>> = form.json("parameters")?;
        let auto_run: Option<Document<Option<bool>>> = form.json("autoRunOnDeploy")?;
        let (parameters, definitions) = match parameters {
            Some(part) => (part.json, part.typed),
            None => (json!({}), SpecParameters::new()),
        };
        check_definitions(&definitions)?;
        Ok(ValidRelease {
            sent,
            version,
            config: body.field("config"),
            parameters,
            definitions,
            auto_run: auto_run.and_then(|part| part.typed).unwrap_or_default(),
            entries: form.part("artifact").map(artifact::unpack).transpose()?,
        })
    }

    pub(super) fn into_release(self, store: &mut Store, artifact_version: usize) -> Release {
        Release {
            id: store.next_id(),
            sent: self.sent,
            version: self.version,
            config: self.config,
            parameters: self.parameters,
            definitions: self.definitions,
            auto_run: self.auto_run,
            artifact: self.entries.map(|entries| StoredArtifact {
                id: store.next_id(),
                version: artifact_version,
                entries,
            }),
            created: store.created_now(),
        }
    }
}

/// A service's config has a `serviceType`, a workflow's does not.
pub(super) fn check_config(kind: &BlockKind, config: &Config) -> Result<(), ErrorResponse> {
    let (field, message) = match (kind, config) {
        (BlockKind::Other(kind), _) => (
            "spec.kind",
            format!("expected workflow or service, found {kind:?}"),
        ),
        (BlockKind::Service, Config::Workflow(_)) => (
            "spec.config.serviceType",
            "required for a service".to_owned(),
        ),
        (BlockKind::Workflow, Config::Service(_)) => (
            "spec.config.serviceType",
            "not allowed for a workflow".to_owned(),
        ),
        _ => return Ok(()),
    };
    Err(ErrorResponse::unprocessable(field, message))
}

/// Refuses steps of an unknown type.
fn check_steps(config: &Config) -> Result<(), ErrorResponse> {
    let Config::Workflow(workflow) = config else {
        return Ok(());
    };
    for (name, step) in workflow.steps.iter().flatten() {
        if let Step::Other(step) = step {
            let message = format!(
                "expected standard, http, export or sql, found {}",
                step["type"]
            );
            let field = format!("spec.config.steps.{name}.type");
            return Err(ErrorResponse::unprocessable(&field, message));
        }
    }
    Ok(())
}
