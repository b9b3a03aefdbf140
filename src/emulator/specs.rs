//! The calls on specs and their releases.

use semver::Version;
use serde_json::{Map, Value, json};

use super::answer::{Answered, Refusal};
use super::archive;
use super::check::{self, Checked, Form};
use super::lists::{Filter, List, Listed};
use super::parameters::check_definitions;
use super::routes::Call;
use super::state::{Artifact, Release, Spec, State, text, unique_name};
use crate::types::{
    BlockKind, Config, ReleaseBody, Scope, SpecBody, SpecParameters, SpecStatus, Step,
    UpdateSpecMetadata,
};

const SPECS: List = List {
    items: "specs",
    total: "specCount",
    filters: &[
        ("status", Filter::OneOf(SpecStatus::VALUES)),
        ("featured", Filter::OneOf(&["true", "false"])),
        ("name", Filter::Prefix),
        ("title", Filter::Prefix),
        ("scope", Filter::OneOf(Scope::VALUES)),
    ],
    sort: &["createdAt", "createdBy", "name", "title"],
};

const RELEASES: List = List {
    items: "releases",
    total: "releaseCount",
    filters: &[],
    sort: &["createdAt", "createdBy"],
};

pub(super) fn list(state: &mut State, call: &Call) -> Answered {
    SPECS.page(state.specs.values(), call.request)
}

pub(super) fn create(state: &mut State, call: &Call) -> Answered {
    let spec = NewSpec::read(state, &Form::read(call.request)?)?;
    if call.validates()? {
        return Ok(valid());
    }
    Ok(json!({ "id": spec.store(state) }))
}

pub(super) fn describe(state: &mut State, call: &Call) -> Answered {
    let spec = &*state.spec(call.id(0))?;
    let release = spec.latest();
    let mut answer = spec.listed();
    answer["latestRelease"]["config"] = release.config.clone();
    answer["latestRelease"]["artifact"] = artifact(release);
    Ok(answer)
}

pub(super) fn update(state: &mut State, call: &Call) -> Answered {
    let changes: Checked<UpdateSpecMetadata> = check::body(call.request)?;
    let id = call.id(0);
    let kind = state.spec(id)?.kind.clone();
    let UpdateSpecMetadata {
        metadata,
        featured,
        scope,
        tenants,
        ..
    } = &changes.typed;
    if let Some(name) = metadata
        .as_ref()
        .and_then(|metadata| metadata.name.as_ref())
    {
        check_name(state, &kind, name, Some(id))?;
    }
    if let Some(SpecStatus::Other(status)) = metadata.as_ref().and_then(|m| m.status.as_ref()) {
        let message = format!("{status:?} is no status of a spec");
        return Err(Refusal::unacceptable("body.metadata.status", message));
    }
    if let Some(scope) = scope {
        check_scope("body.scope", scope)?;
    }
    let spec = state.spec(id)?;
    let mut changed = merge(&mut spec.metadata, &object(changes.field("metadata")));
    changed |= set(&mut spec.featured, *featured);
    changed |= set(&mut spec.scope, scope.as_ref().map(Scope::to_string));
    changed |= set(
        &mut spec.tenants,
        tenants.as_ref().map(|tenants| json!(tenants)),
    );
    changed_or_refused(changed)
}

pub(super) fn delete(state: &mut State, call: &Call) -> Answered {
    let id = call.id(0);
    state.spec(id)?;
    let mut deployments = state.deployments.values();
    if let Some(deployment) = deployments.find(|deployment| deployment.spec_id == id) {
        let message = format!("spec {id:?} is deployed, as deployment {:?}", deployment.id);
        return Err(Refusal::conflict(message));
    }
    state.specs.remove(id);
    Ok(json!({}))
}

pub(super) fn list_releases(state: &mut State, call: &Call) -> Answered {
    RELEASES.page(state.spec(call.id(0))?.releases.iter(), call.request)
}

pub(super) fn create_release(state: &mut State, call: &Call) -> Answered {
    let id = call.id(0);
    let spec = state.spec(id)?;
    let form = Form::read(call.request)?;
    let body: Checked<ReleaseBody> = required(form.json("spec")?, "spec")?;
    check_config(&BlockKind::from(spec.kind.as_str()), &body.typed.config)?;
    let draft = Draft::read(&form, body.field("release"), &body.typed.config)?;
    let latest = spec.latest();
    if draft.version.cmp_precedence(&latest.version).is_le() {
        let (new, old) = (
            text(&draft.sent, "version").unwrap_or_default(),
            latest.text(),
        );
        let message = format!("spec.release.version: {new} is not greater than the latest, {old}");
        return Err(Refusal::conflict(message));
    }
    if call.validates()? {
        return Ok(valid());
    }
    let artifacts = spec
        .releases
        .iter()
        .filter(|release| release.artifact.is_some());
    let next_artifact = artifacts.count() + 1;
    let release = draft.into_release(state, body.field("config"), next_artifact);
    let version = release.text().to_owned();
    state.spec(id)?.releases.push(release);
    Ok(json!({ "id": id, "release": { "version": version } }))
}

pub(super) fn describe_release(state: &mut State, call: &Call) -> Answered {
    let release = state.spec(call.id(0))?.release(call.id(1))?;
    Ok(release.listed())
}

impl Listed for &Spec {
    fn field(&self, name: &str) -> Option<&str> {
        match name {
            "featured" => Some(if self.featured { "true" } else { "false" }),
            "scope" => Some(&self.scope),
            name => self
                .created
                .field(name)
                .or_else(|| text(&self.metadata, name)),
        }
    }

    fn listed(&self) -> Value {
        let release = self.latest();
        let mut metadata = Value::Object(self.metadata.clone());
        self.created.add_to(&mut metadata);
        json!({
            "id": self.id,
            "kind": self.kind,
            "featured": self.featured,
            "scope": self.scope,
            "tenants": self.tenants,
            "latestRelease": short(release),
            "metadata": metadata,
            "parameters": release.parameters,
        })
    }
}

impl Listed for &Release {
    fn field(&self, name: &str) -> Option<&str> {
        self.created.field(name)
    }

    fn listed(&self) -> Value {
        let mut answer = short(self);
        answer["artifact"] = artifact(self);
        answer["config"] = self.config.clone();
        answer["parameters"] = self.parameters.clone();
        answer["autoRunOnDeploy"] = json!(self.auto_run);
        answer
    }
}

/// A release in the words of a list of specs.
fn short(release: &Release) -> Value {
    let mut answer = Value::Object(release.sent.clone());
    answer["id"] = json!(release.id);
    release.created.add_to(&mut answer);
    answer
}

fn artifact(release: &Release) -> Value {
    let artifact = release.artifact.as_ref();
    artifact.map_or(
        Value::Null,
        |it| json!({ "id": it.id, "version": it.version }),
    )
}

/// A spec that passed every check.
struct NewSpec {
    body: Checked<SpecBody>,
    featured: bool,
    scope: String,
    tenants: Value,
    release: Draft,
}

impl NewSpec {
    fn read(state: &State, form: &Form) -> Result<Self, Refusal> {
        let body: Checked<SpecBody> = required(form.json("spec")?, "spec")?;
        let SpecBody {
            version,
            kind,
            metadata,
            config,
            ..
        } = &body.typed;
        if *version != json!(1) && *version != json!("1") {
            let message = format!("expected 1, found {version}");
            return Err(Refusal::unacceptable("spec.version", message));
        }
        check_config(kind, config)?;
        check_name(state, kind.as_str(), &metadata.name, None)?;
        let scope = form.text("scope").unwrap_or_else(|| "private".into());
        check_scope("scope", &Scope::from(scope.as_str()))?;
        let featured: Option<Checked<Option<bool>>> = form.json("featured")?;
        let tenants: Option<Checked<Vec<String>>> = form.json("tenants")?;
        Ok(NewSpec {
            featured: featured.and_then(|part| part.typed).unwrap_or_default(),
            scope,
            tenants: tenants.map_or(json!([]), |part| part.sent),
            release: Draft::read(form, body.field("release"), config)?,
            body,
        })
    }

    /// Gives the id.
    fn store(self, state: &mut State) -> String {
        let id = state.next_id();
        let mut metadata = object(self.body.field("metadata"));
        metadata.insert("status".into(), json!("available"));
        let spec = Spec {
            id: id.clone(),
            kind: self.body.typed.kind.as_str().to_owned(),
            featured: self.featured,
            scope: self.scope,
            tenants: self.tenants,
            metadata,
            created: state.created_now(),
            releases: vec![
                self.release
                    .into_release(state, self.body.field("config"), 1),
            ],
        };
        state.specs.insert(id.clone(), spec);
        id
    }
}

/// A release that passed every check but that of its version's place among the others.
struct Draft {
    sent: Map<String, Value>,
    version: Version,
    parameters: Value,
    definitions: SpecParameters,
    auto_run: bool,
    entries: Option<Vec<archive::ArtifactEntry>>,
}

impl Draft {
    fn read(form: &Form, release: Value, config: &Config) -> Result<Self, Refusal> {
        let sent = object(release);
        let version = text(&sent, "version").unwrap_or_default();
        let version = Version::parse(version).map_err(|_| {
            let message = format!("expected a semantic version, found {version:?}");
            Refusal::unacceptable("spec.release.version", message)
        })?;
        check_steps(config)?;
        let parameters: Option<Checked<SpecParameters>> = form.json("parameters")?;
        let auto_run: Option<Checked<Option<bool>>> = form.json("autoRunOnDeploy")?;
        let (parameters, definitions) = match parameters {
            Some(part) => (part.sent, part.typed),
            None => (json!({}), SpecParameters::new()),
        };
        check_definitions(&definitions)?;
        Ok(Draft {
            sent,
            version,
            parameters,
            definitions,
            auto_run: auto_run.and_then(|part| part.typed).unwrap_or_default(),
            entries: form.part("artifact").map(archive::unpack).transpose()?,
        })
    }

    fn into_release(self, state: &mut State, config: Value, next_artifact: usize) -> Release {
        Release {
            id: state.next_id(),
            sent: self.sent,
            version: self.version,
            config,
            parameters: self.parameters,
            definitions: self.definitions,
            auto_run: self.auto_run,
            artifact: self.entries.map(|entries| Artifact {
                id: state.next_id(),
                version: next_artifact,
                entries,
            }),
            created: state.created_now(),
        }
    }
}

/// A config has to be one of the kind.
fn check_config(kind: &BlockKind, config: &Config) -> Result<(), Refusal> {
    match (kind, config) {
        (BlockKind::Other(kind), _) => {
            let message = format!("expected workflow or service, found {kind:?}");
            Err(Refusal::unacceptable("spec.kind", message))
        }
        (BlockKind::Service, Config::Workflow(_)) => Err(Refusal::unacceptable(
            "spec.config.serviceType",
            "a service needs it",
        )),
        (BlockKind::Workflow, Config::Service(_)) => Err(Refusal::unacceptable(
            "spec.config.serviceType",
            "a workflow has none",
        )),
        _ => Ok(()),
    }
}

/// Every step has to be of a type that there is.
fn check_steps(config: &Config) -> Result<(), Refusal> {
    let Config::Workflow(workflow) = config else {
        return Ok(());
    };
    for (name, step) in workflow.steps.iter().flatten() {
        if let Step::Other(step) = step {
            let message = format!(
                "expected standard, http, export or sql, found {}",
                step["type"]
            );
            return Err(Refusal::unacceptable(
                &format!("spec.config.steps.{name}.type"),
                message,
            ));
        }
    }
    Ok(())
}

fn check_scope(place: &str, scope: &Scope) -> Result<(), Refusal> {
    match scope {
        Scope::Other(scope) => {
            let message = format!("expected private, public or shared, found {scope:?}");
            Err(Refusal::unacceptable(place, message))
        }
        _ => Ok(()),
    }
}

fn check_name(state: &State, kind: &str, name: &str, own_id: Option<&str>) -> Result<(), Refusal> {
    let specs = state.specs.values();
    let others = specs.filter(|spec| Some(&*spec.id) != own_id && spec.kind == kind);
    unique_name(name, others.map(|spec| &spec.metadata))
}

fn required<T>(part: Option<Checked<T>>, name: &str) -> Result<Checked<T>, Refusal> {
    part.ok_or_else(|| Refusal::unacceptable("form", format!("the part {name:?} is missing")))
}

/// The answer to a request that would have created something.
fn valid() -> Value {
    json!({ "success": true, "message": "it passed the checks, and nothing was created" })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Takes over what is not `null`. Says whether anything became another.
pub(super) fn merge(map: &mut Map<String, Value>, changes: &Map<String, Value>) -> bool {
    let mut changed = false;
    for (name, value) in changes.iter().filter(|(_, value)| !value.is_null()) {
        changed |= map.insert(name.clone(), value.clone()).as_ref() != Some(value);
    }
    changed
}

/// Takes over a value, where there is one. Says whether it is another than before.
fn set<T: PartialEq>(field: &mut T, value: Option<T>) -> bool {
    value.is_some_and(|value| std::mem::replace(field, value) != *field)
}

/// The official client knows this very message.
pub(super) fn changed_or_refused(changed: bool) -> Answered {
    match changed {
        true => Ok(json!({})),
        false => Err(Refusal::malformed("No changes detected")),
    }
}

/// Creates a spec as plain as can be, of the next name that is free. Gives its id.
pub(super) fn seed(state: &mut State) -> String {
    loop {
        state.seeded += 1;
        let number = state.seeded;
        let body = json!({
            "version": 1,
            "kind": "workflow",
            "metadata": {
                "name": format!("seeded-{number}"),
                "title": format!("Seeded {number}"),
                "summary": "made by the emulator",
            },
            "release": { "version": "1.0.0" },
            "config": {},
        });
        if let Ok(spec) = NewSpec::read(state, &Form::of("spec", &body)) {
            return spec.store(state);
        }
    }
}
