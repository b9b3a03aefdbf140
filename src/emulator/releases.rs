//! Handles the calls on releases.

use std::collections::HashSet;

use semver::Version;
use serde_json::{Map, Value, json};

use super::artifact::{self, ArtifactEntry};
use super::body::{self, Document, Form};
use super::lists::{List, ListItem};
use super::metadata::text;
use super::parameters;
use super::response::{ErrorResponse, HandlerResult};
use super::routed::Routed;
use super::store::{Family, Release, Store, StoredArtifact};
use crate::types::{
    AppBlock, AppReleaseBody, BlockKind, CreateAppSpecRelease, CreateSpecRelease, ReleaseBody,
    SpecParameters,
};

const RELEASES: List = List {
    items: "releases",
    total: "releaseCount",
    filters: &[],
    sort: &["createdAt", "createdBy"],
};

pub(super) fn list(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = store.spec(routed.family, routed.spec_id())?;
    let releases = spec.releases.iter();
    let items = releases.map(|release| ReleaseOf {
        family: spec.family,
        release,
    });
    RELEASES.page(items, routed.request)
}

pub(super) fn create_block(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = store.spec(routed.family, routed.spec_id())?;
    let form = Form::read(routed.request)?;
    let body: Document<ReleaseBody> = form.required_json("spec")?;
    let mut request = CreateSpecRelease::new(body.typed);
    request.parameters = form.typed("parameters")?;
    body::check(&request, body::form_field)?;
    let kind = BlockKind::from(spec.kind.as_str());
    let refuse = |message| ErrorResponse::unprocessable("spec.config", message);
    request.body.config.check(&kind).map_err(refuse)?;
    let release = ValidRelease::of_block(&form, &body.json, request.parameters)?;
    release.check_version("spec", spec.latest())?;
    if routed.validates_only()? {
        return Ok(valid());
    }
    release.save(store, routed)
}

pub(super) fn create_app(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = store.spec(routed.family, routed.spec_id())?;
    let body: Document<AppReleaseBody> = body::json(routed.request)?;
    let form = Form::of([("parameters", &body.json["parameters"])]);
    let mut request = CreateAppSpecRelease::new(body.typed);
    request.parameters = form.typed("parameters")?;
    body::check(&request, str::to_owned)?;
    let (config, parameters) = (request.body.config, request.parameters);
    let release = ValidRelease::of_app(store, &form, "body", &body.json, config, parameters)?;
    release.check_version("body", spec.latest())?;
    release.save(store, routed)
}

pub(super) fn describe(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = store.spec(routed.family, routed.spec_id())?;
    let release = spec.release(routed.version())?;
    Ok(ReleaseOf {
        family: spec.family,
        release,
    }
    .to_json())
}

/// The response to a valid request with `validate=true`.
pub(super) fn valid() -> Value {
    json!({ "success": true, "message": "valid; nothing was created" })
}

/// A release of a block or an app.
struct ReleaseOf<'a> {
    family: Family,
    release: &'a Release,
}

impl ListItem for ReleaseOf<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.release.created.field(name)
    }

    fn to_json(&self) -> Value {
        let mut release = self.release.summary_json();
        release["config"] = self.release.config.clone();
        release["parameters"] = self.release.parameters.clone();
        if self.family == Family::Blocks {
            release["artifact"] = self.release.artifact_json();
            release["autoRunOnDeploy"] = json!(self.release.auto_run);
        }
        release
    }
}

impl Release {
    /// The fields in a list of specs.
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

/// A valid release. Whether its version is greater than the latest is checked separately.
pub(super) struct ValidRelease {
    sent: Map<String, Value>,
    version: Version,
    config: Value,
    blocks: Vec<AppBlock>,
    parameters: Value,
    definitions: SpecParameters,
    auto_run: bool,
    entries: Option<Vec<ArtifactEntry>>,
}

impl ValidRelease {
    pub(super) fn of_block(
        form: &Form,
        body: &Value,
        declared: Option<Box<SpecParameters>>,
    ) -> Result<Self, ErrorResponse> {
        let mut release = ValidRelease::new(form, "spec", body, declared)?;
        let auto_run: Option<bool> = form.typed("autoRunOnDeploy")?;
        release.auto_run = auto_run.unwrap_or_default();
        release.entries = form.part("artifact").map(artifact::unpack).transpose()?;
        Ok(release)
    }

    /// `root` is the field that contains the body.
    pub(super) fn of_app(
        store: &Store,
        form: &Form,
        root: &str,
        body: &Value,
        config: Vec<AppBlock>,
        declared: Option<Box<SpecParameters>>,
    ) -> Result<Self, ErrorResponse> {
        let mut release = ValidRelease::new(form, root, body, declared)?;
        check_blocks(store, root, &config, &release.definitions)?;
        release.blocks = config;
        Ok(release)
    }

    fn new(
        form: &Form,
        root: &str,
        body: &Value,
        declared: Option<Box<SpecParameters>>,
    ) -> Result<Self, ErrorResponse> {
        let sent = body["release"].as_object().cloned().unwrap_or_default();
        let version = text(&sent, "version").unwrap_or_default();
        let version = Version::parse(version).map_err(|error| {
            ErrorResponse::unprocessable(&format!("{root}.release.version"), error.to_string())
        })?;
        let parameters: Option<Value> = form.typed("parameters")?;
        Ok(ValidRelease {
            sent,
            version,
            config: body["config"].clone(),
            blocks: Vec::new(),
            parameters: parameters.unwrap_or_else(|| json!({})),
            definitions: *declared.unwrap_or_default(),
            auto_run: false,
            entries: None,
        })
    }

    fn version_text(&self) -> &str {
        text(&self.sent, "version").unwrap_or_default()
    }

    fn check_version(&self, root: &str, latest: &Release) -> Result<(), ErrorResponse> {
        if self.version.cmp_precedence(&latest.version).is_le() {
            let (version, latest) = (self.version_text(), latest.version_text());
            let message = format!("{version} is not greater than the latest, {latest}");
            let field = format!("{root}.release.version");
            return Err(ErrorResponse::conflict(format!("{field}: {message}")));
        }
        Ok(())
    }

    /// Adds the release to an existing spec.
    fn save(self, store: &mut Store, routed: &Routed) -> HandlerResult {
        let id = routed.spec_id();
        let releases = &store.spec(routed.family, id)?.releases;
        let artifacts = releases.iter().filter(|release| release.artifact.is_some());
        let artifact_version = artifacts.count() + 1;
        let release = self.into_release(store, artifact_version);
        let version = release.version_text().to_owned();
        store.spec_mut(routed.family, id)?.releases.push(release);
        Ok(json!({ "id": id, "release": { "version": version } }))
    }

    pub(super) fn into_release(self, store: &mut Store, artifact_version: usize) -> Release {
        Release {
            id: store.next_id(),
            sent: self.sent,
            version: self.version,
            config: self.config,
            blocks: self.blocks,
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

/// Checks that the blocks of an app exist and declare each parameter of the app.
fn check_blocks(
    store: &Store,
    root: &str,
    config: &[AppBlock],
    definitions: &SpecParameters,
) -> Result<(), ErrorResponse> {
    let mut declared = HashSet::new();
    for (index, block) in config.iter().enumerate() {
        let refuse = |message: &str| {
            ErrorResponse::unprocessable(&format!("{root}.config[{index}]"), message)
        };
        let spec = store.spec(Some(Family::Blocks), &block.id);
        let release = spec.and_then(|spec| spec.release(&block.release.version));
        let release = release.map_err(|error| refuse(&error.detail))?;
        let sections = parameters::sections(&release.definitions);
        declared.extend(sections.flat_map(|(section, definitions)| {
            definitions
                .iter()
                .map(move |definition| (section, &definition.name))
        }));
    }
    for (section, definitions) in parameters::sections(definitions) {
        for (index, definition) in definitions.iter().enumerate() {
            if !declared.contains(&(section, &definition.name)) {
                let field = format!("parameters.{section}[{index}].name");
                let message = format!("{:?} is not declared by any block", definition.name);
                return Err(ErrorResponse::unprocessable(&field, message));
            }
        }
    }
    Ok(())
}
