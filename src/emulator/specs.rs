//! The calls on specs.

use serde_json::{Map, Value, json};

use super::body::{self, Document, Form};
use super::lists::{Filter, List, ListItem};
use super::metadata::{self, text};
use super::releases::{self, ValidRelease, check_config};
use super::response::{ErrorResponse, HandlerResult};
use super::routed::Routed;
use super::store::{Spec, Store};
use crate::types::{Scope, SpecBody, SpecStatus, UpdateSpecMetadata};

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

pub(super) fn list(store: &mut Store, routed: &Routed) -> HandlerResult {
    SPECS.page(store.specs.values(), routed.request)
}

pub(super) fn create(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = ValidSpec::read(store, &Form::read(routed.request)?)?;
    if routed.validates_only()? {
        return Ok(releases::valid());
    }
    Ok(json!({ "id": spec.save(store) }))
}

pub(super) fn describe(store: &mut Store, routed: &Routed) -> HandlerResult {
    let spec = &*store.spec(routed.spec_id())?;
    let release = spec.latest();
    let mut described = spec.to_json();
    described["latestRelease"]["config"] = release.config.clone();
    described["latestRelease"]["artifact"] = release.artifact_json();
    Ok(described)
}

pub(super) fn update(store: &mut Store, routed: &Routed) -> HandlerResult {
    let changes: Document<UpdateSpecMetadata> = body::json(routed.request)?;
    let id = routed.spec_id();
    let kind = store.spec(id)?.kind.clone();
    let metadata = changes.typed.metadata.as_ref();
    if let Some(name) = metadata.and_then(|metadata| metadata.name.as_ref()) {
        check_name(store, &kind, name, Some(id))?;
    }
    if let Some(SpecStatus::Other(status)) = metadata.and_then(|m| m.status.as_ref()) {
        let message = format!("{status:?} is not a spec status");
        return Err(ErrorResponse::unprocessable(
            "body.metadata.status",
            message,
        ));
    }
    let scope = changes.typed.scope.as_ref();
    if let Some(scope) = scope {
        check_scope("body.scope", scope)?;
    }
    let tenants = changes.typed.tenants.as_ref();
    let spec = store.spec(id)?;
    let mut changed = metadata::merge(&mut spec.metadata, &changes.object("metadata"));
    changed |= metadata::set(&mut spec.featured, changes.typed.featured);
    changed |= metadata::set(&mut spec.scope, scope.map(Scope::to_string));
    changed |= metadata::set(&mut spec.tenants, tenants.map(|tenants| json!(tenants)));
    metadata::updated(changed)
}

pub(super) fn delete(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.spec_id();
    store.spec(id)?;
    let mut deployments = store.deployments.values();
    if let Some(deployment) = deployments.find(|deployment| deployment.spec_id == id) {
        let message = format!("spec {id:?} is deployed, as deployment {:?}", deployment.id);
        return Err(ErrorResponse::conflict(message));
    }
    store.specs.remove(id);
    Ok(json!({}))
}

impl ListItem for &Spec {
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

/// A spec that passed every check.
struct ValidSpec {
    kind: String,
    metadata: Map<String, Value>,
    featured: bool,
    scope: String,
    tenants: Value,
    release: ValidRelease,
}

impl ValidSpec {
    fn read(store: &Store, form: &Form) -> Result<Self, ErrorResponse> {
        let body: Document<SpecBody> = form.required_json("spec")?;
        let SpecBody {
            version,
            kind,
            metadata,
            config,
            ..
        } = &body.typed;
        if *version != json!(1) && *version != json!("1") {
            let message = format!("expected 1, found {version}");
            return Err(ErrorResponse::unprocessable("spec.version", message));
        }
        check_config(kind, config)?;
        check_name(store, kind.as_str(), &metadata.name, None)?;
        let scope = form.text("scope").unwrap_or_else(|| "private".into());
        check_scope("scope", &Scope::from(scope.as_str()))?;
        let featured: Option<Document<Option<bool>>> = form.json("featured")?;
        let tenants: Option<Document<Vec<String>>> = form.json("tenants")?;
        let mut metadata = body.object("metadata");
        metadata.insert("status".into(), json!("available"));
        Ok(ValidSpec {
            kind: kind.as_str().to_owned(),
            metadata,
            featured: featured.and_then(|part| part.typed).unwrap_or_default(),
            scope,
            tenants: tenants.map_or(json!([]), |part| part.json),
            release: ValidRelease::read(form, &body, config)?,
        })
    }

    /// Stores the spec, and returns its id.
    fn save(self, store: &mut Store) -> String {
        let id = store.next_id();
        let spec = Spec {
            id: id.clone(),
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

fn check_scope(field: &str, scope: &Scope) -> Result<(), ErrorResponse> {
    if let Scope::Other(scope) = scope {
        let message = format!("expected private, public or shared, found {scope:?}");
        return Err(ErrorResponse::unprocessable(field, message));
    }
    Ok(())
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

/// Creates a minimal spec with the next free name, and returns its id.
pub(super) fn seed(store: &mut Store) -> String {
    loop {
        store.seeded += 1;
        let number = store.seeded;
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
        if let Ok(spec) = ValidSpec::read(store, &Form::of("spec", &body)) {
            return spec.save(store);
        }
    }
}
