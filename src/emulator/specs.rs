//! Handles the calls on specs.

use serde_json::{Map, Value, json};

use super::body::{self, Document, Form};
use super::lists::{Filter, List, ListItem};
use super::metadata::{self, text};
use super::releases::{self, ValidRelease};
use super::response::{ErrorResponse, HandlerResult};
use super::routed::Routed;
use super::store::{Family, Spec, Store};
use crate::types::{
    AppSpecBody, CreateAppSpec, CreateSpec, Scope, SpecBody, SpecKind, SpecStatus,
    UpdateSpecMetadata,
};

const SPECS: List = List {
    items: "specs",
    total: "specCount",
    filters: &[
        ("status", Filter::OneOf(SpecStatus::VALUES)),
        ("featured", Filter::Boolean),
        ("name", Filter::Prefix),
        ("title", Filter::Prefix),
        ("scope", Filter::OneOf(Scope::VALUES)),
    ],
    sort: &["createdAt", "createdBy", "name", "title"],
};

const ALL_SPECS: List = List {
    filters: &[
        ("status", Filter::OneOf(SpecStatus::VALUES)),
        ("featured", Filter::Boolean),
        ("kind", Filter::OneOf(SpecKind::VALUES)),
        ("term", Filter::Term),
        ("scope", Filter::OneOf(Scope::VALUES)),
    ],
    ..SPECS
};

pub(super) fn list(store: &mut Store, routed: &Routed) -> HandlerResult {
    let list = if routed.family.is_some() {
        SPECS
    } else {
        ALL_SPECS
    };
    let specs = store.specs.values();
    list.page(
        specs.filter(|spec| spec.is_of(routed.family)),
        routed.request,
    )
}

pub(super) fn create_block(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = ValidSpec::of_block(store, &Form::read(routed.request)?)?;
    if routed.validates_only()? {
        return Ok(releases::valid());
    }
    Ok(json!({ "id": spec.save(store) }))
}

pub(super) fn create_app(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = ValidSpec::of_app(store, &Form::read_json(routed.request)?)?;
    Ok(json!({ "id": spec.save(store) }))
}

pub(super) fn describe(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = store.spec(routed.family, routed.spec_id())?;
    let release = spec.latest();
    let mut described = spec.to_json();
    described["latestRelease"]["config"] = release.config.clone();
    if spec.family == Family::Blocks {
        described["latestRelease"]["artifact"] = release.artifact_json();
    }
    Ok(described)
}

pub(super) fn update(store: &mut Store, routed: &Routed) -> HandlerResult {
    let changes: Document<UpdateSpecMetadata> = body::checked(routed.request)?;
    let (family, id) = (routed.family, routed.spec_id());
    let kind = store.spec(family, id)?.kind.clone();
    let metadata = changes.typed.metadata.as_ref();
    if let Some(name) = metadata.and_then(|metadata| metadata.name.as_ref()) {
        check_name(store, &kind, name, Some(id))?;
    }
    let scope = changes.typed.scope.as_ref();
    let tenants = changes.typed.tenants.as_ref();
    let spec = store.spec_mut(family, id)?;
    let mut changed = metadata::merge(&mut spec.metadata, &changes.object("metadata"));
    changed |= metadata::set(&mut spec.featured, changes.typed.featured);
    changed |= metadata::set(&mut spec.scope, scope.map(Scope::to_string));
    changed |= metadata::set(&mut spec.tenants, tenants.map(|tenants| json!(tenants)));
    metadata::updated(changed)
}

pub(super) fn delete(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.spec_id();
    store.spec(routed.family, id)?;
    let mut deployments = store.deployments.values();
    if let Some(deployment) = deployments.find(|deployment| deployment.spec_id == id) {
        let message = format!("spec {id:?} is deployed, as deployment {:?}", deployment.id);
        return Err(ErrorResponse::conflict(message));
    }
    if let Some(app) = store.specs.values().find(|spec| spec.has_block(id)) {
        let message = format!("spec {id:?} is a block of app {:?}", app.id);
        return Err(ErrorResponse::conflict(message));
    }
    store.specs.remove(id);
    Ok(json!({}))
}

impl Spec {
    /// Whether any release of the app contains this block.
    fn has_block(&self, spec_id: &str) -> bool {
        let mut blocks = self.releases.iter().flat_map(|release| &release.blocks);
        blocks.any(|block| block.id == spec_id)
    }
}

impl ListItem for &Spec {
    fn field(&self, name: &str) -> Option<&str> {
        match name {
            "featured" => Some(if self.featured { "true" } else { "false" }),
            "scope" => Some(&self.scope),
            "kind" => Some(&self.kind),
            name => self
                .created
                .field(name)
                .or_else(|| text(&self.metadata, name)),
        }
    }

    fn to_json(&self) -> Value {
        let release = self.latest();
        let mut metadata = Value::Object(self.metadata.clone());
        self.created.add_to(&mut metadata);
        json!({
            "id": self.id,
            "kind": self.kind,
            "featured": self.featured,
            "scope": self.scope,
            "tenants": self.tenants,
            "latestRelease": release.summary_json(),
            "metadata": metadata,
            "parameters": release.parameters,
        })
    }
}

/// A valid spec.
struct ValidSpec {
    family: Family,
    kind: String,
    metadata: Map<String, Value>,
    featured: bool,
    scope: String,
    tenants: Value,
    release: ValidRelease,
}

impl ValidSpec {
    fn of_block(store: &Store, form: &Form) -> Result<Self, ErrorResponse> {
        let body: Document<SpecBody> = form.required_json("spec")?;
        let mut request = CreateSpec::new(body.typed);
        request.parameters = form.typed("parameters")?;
        request.scope = scope(form);
        request.tenants = form.typed("tenants")?;
        body::check(&request, body::form_field)?;
        let release = ValidRelease::of_block(form, &body.json, request.parameters)?;
        let kind = request.body.kind.as_str();
        ValidSpec::new(store, form, Family::Blocks, kind, &body.json, release)
    }

    fn of_app(store: &Store, form: &Form) -> Result<Self, ErrorResponse> {
        let body: Document<AppSpecBody> = form.required_json("spec")?;
        let mut request = CreateAppSpec::new(body.typed);
        request.parameters = form.typed("parameters")?;
        request.scope = scope(form);
        request.tenants = form.typed("tenants")?;
        body::check(&request, body::form_field)?;
        let (config, parameters) = (request.body.config, request.parameters);
        let release = ValidRelease::of_app(store, form, "spec", &body.json, config, parameters)?;
        ValidSpec::new(store, form, Family::Apps, "app", &body.json, release)
    }

    fn new(
        store: &Store,
        form: &Form,
        family: Family,
        kind: &str,
        body: &Value,
        release: ValidRelease,
    ) -> Result<Self, ErrorResponse> {
        let mut metadata = body["metadata"].as_object().cloned().unwrap_or_default();
        check_name(
            store,
            kind,
            text(&metadata, "name").unwrap_or_default(),
            None,
        )?;
        metadata.insert("status".into(), json!("available"));
        let featured: Option<bool> = form.typed("featured")?;
        let tenants: Option<Vec<String>> = form.typed("tenants")?;
        Ok(ValidSpec {
            family,
            kind: kind.to_owned(),
            metadata,
            featured: featured.unwrap_or_default(),
            scope: scope(form).unwrap_or(Scope::Private).to_string(),
            tenants: json!(tenants.unwrap_or_default()),
            release,
        })
    }

    /// Stores the spec, and returns its id.
    fn save(self, store: &mut Store) -> String {
        let id = store.next_id();
        let spec = Spec {
            id: id.clone(),
            family: self.family,
            kind: self.kind,
            featured: self.featured,
            scope: self.scope,
            tenants: self.tenants,
            metadata: self.metadata,
            created: store.created_now(),
            releases: vec![self.release.into_release(store, 1)],
        };
        store.specs.insert(id.clone(), spec);
        id
    }
}

fn scope(form: &Form) -> Option<Scope> {
    form.text("scope").map(|text| Scope::from(&*text))
}

fn check_name(
    store: &Store,
    kind: &str,
    name: &str,
    own_id: Option<&str>,
) -> Result<(), ErrorResponse> {
    let specs = store.specs.values();
    let others = specs.filter(|spec| Some(&*spec.id) != own_id && spec.kind == kind);
    metadata::check_name(name, others.map(|spec| &spec.metadata))
}

/// Creates a minimal spec with the next unused name, and returns its id.
pub(super) fn seed(store: &mut Store) -> String {
    seed_with(store, "workflow", &json!({}), ValidSpec::of_block)
}

/// Creates an app spec of these blocks with the next unused name, and returns its id.
pub(super) fn seed_app(store: &mut Store, config: &Value) -> String {
    seed_with(store, "app", config, ValidSpec::of_app)
}

fn seed_with(
    store: &mut Store,
    kind: &str,
    config: &Value,
    read: fn(&Store, &Form) -> Result<ValidSpec, ErrorResponse>,
) -> String {
    loop {
        store.seeded += 1;
        let number = store.seeded;
        let body = json!({
            "version": 1,
            "kind": kind,
            "metadata": {
                "name": format!("seeded-{number}"),
                "title": format!("Seeded {number}"),
                "summary": "made by the emulator",
            },
            "release": { "version": "1.0.0" },
            "config": config,
        });
        if let Ok(spec) = read(store, &Form::of([("spec", &body)])) {
            return spec.save(store);
        }
    }
}
