//! Publishing: a spec and its release are created only if they do not exist yet.

use semver::Version;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// The result of `publish`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// The spec's id.
    pub spec_id: String,
    /// The version of the request, which is now released.
    pub version: String,
    /// What was done.
    pub change: PublishChange,
    /// The fields of an existing spec that differ from the request, such as `metadata.summary` or
    /// `scope`. They are updated only with [`PublishOptions::update_metadata`].
    pub metadata_changes: Vec<String>,
}

/// What `publish` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishChange {
    /// It created the spec with this release.
    Created,
    /// It added this release to an existing spec.
    Released,
    /// The release existed already.
    Unchanged,
}

/// Options of `publish_with`.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct PublishOptions {
    update_metadata: bool,
}

impl PublishOptions {
    /// Creates the options that `publish` uses.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to update an existing spec whose metadata, `featured`, `scope` or `tenants` differ
    /// from the request. The default is false.
    pub fn update_metadata(mut self, update: bool) -> Self {
        self.update_metadata = update;
        self
    }
}

/// The calls that publishing one request makes.
pub(crate) trait Publisher {
    /// The version to release.
    fn version(&self) -> &str;
    /// `metadata`, and what else of the request `update_spec_metadata` can change.
    fn metadata(&self) -> Result<Map<String, Value>>;
    /// Finds the spec's id by kind and name.
    fn find(&self) -> Result<Option<String>>;
    /// Describes a spec.
    fn describe(&self, spec_id: &str) -> Result<Value>;
    /// Whether the version is released.
    fn is_released(&self, spec_id: &str) -> Result<bool>;
    /// Creates the spec and returns its id.
    fn create(&self) -> Result<String>;
    /// Creates the release.
    fn create_release(&self, spec_id: &str) -> Result<()>;
    /// Updates the metadata.
    fn update(&self, spec_id: &str, changes: &Value) -> Result<()>;
}

pub(crate) fn publish(calls: &impl Publisher, options: &PublishOptions) -> Result<Published> {
    let version = Version::parse(calls.version()).map_err(|error| invalid_version(&error))?;
    let published = |spec_id, change| Published {
        spec_id,
        version: calls.version().to_owned(),
        change,
        metadata_changes: Vec::new(),
    };
    let spec_id = match calls.find()? {
        Some(spec_id) => spec_id,
        None => match create(calls)? {
            Creation::Created(spec_id) => return Ok(published(spec_id, PublishChange::Created)),
            Creation::Existed(spec_id) => spec_id,
        },
    };
    let spec = calls.describe(&spec_id)?;
    let change = if is_released(calls, &spec_id, &spec, &version)? {
        PublishChange::Unchanged
    } else {
        release(calls, &spec_id)?
    };
    let changes = metadata_changes(calls.metadata()?, &spec);
    if options.update_metadata && !changes.is_empty() {
        match calls.update(&spec_id, &Value::Object(nested(&changes))) {
            Err(error) if !is_without_effect(&error) => return Err(error),
            _ => {}
        }
    }
    let mut published = published(spec_id, change);
    published.metadata_changes = changes.into_iter().map(|(path, _)| path).collect();
    Ok(published)
}

enum Creation {
    Created(String),
    Existed(String),
}

/// Creates a spec. If that may have succeeded, or the name is taken meanwhile, looks once.
fn create(calls: &impl Publisher) -> Result<Creation> {
    let error = match calls.create() {
        Ok(spec_id) => return Ok(Creation::Created(spec_id)),
        Err(error) if !deserves_a_look(&error) => return Err(error),
        Err(error) => error,
    };
    let Ok(Some(spec_id)) = calls.find() else {
        return Err(error);
    };
    if !error.outcome_unknown() {
        return Ok(Creation::Existed(spec_id));
    }
    match calls.is_released(&spec_id) {
        Ok(true) => Ok(Creation::Created(spec_id)),
        _ => Err(error),
    }
}

/// Creates a release. If that may have succeeded, or the version is taken meanwhile, looks once.
fn release(calls: &impl Publisher, spec_id: &str) -> Result<PublishChange> {
    let error = match calls.create_release(spec_id) {
        Ok(()) => return Ok(PublishChange::Released),
        Err(error) if !deserves_a_look(&error) => return Err(error),
        Err(error) => error,
    };
    match calls.is_released(spec_id) {
        Ok(true) if error.outcome_unknown() => Ok(PublishChange::Released),
        Ok(true) => Ok(PublishChange::Unchanged),
        _ => Err(error),
    }
}

/// Whether what a failed create was to create may exist.
pub(crate) fn deserves_a_look(error: &Error) -> bool {
    error.outcome_unknown() || matches!(error, Error::Conflict(_))
}

/// Whether the version exists. An error if it does not, and is not newer than the latest.
fn is_released(
    calls: &impl Publisher,
    spec_id: &str,
    spec: &Value,
    version: &Version,
) -> Result<bool> {
    let latest = spec
        .pointer("/latestRelease/version")
        .and_then(Value::as_str);
    if latest == Some(calls.version()) {
        return Ok(true);
    }
    let newer_than = |latest: &Version| version.cmp_precedence(latest).is_gt();
    match latest.and_then(|latest| Version::parse(latest).ok()) {
        Some(latest) if newer_than(&latest) => Ok(false),
        Some(latest) if !calls.is_released(spec_id)? => {
            let message = format!("{version} is not newer than the latest release, {latest}");
            Err(invalid_version(&message))
        }
        Some(_) => Ok(true),
        None => calls.is_released(spec_id),
    }
}

fn invalid_version(message: &impl ToString) -> Error {
    Error::invalid_argument("body.release.version", message.to_string())
}

/// The fields that differ, by their path, with the wanted value.
fn metadata_changes(wanted: Map<String, Value>, spec: &Value) -> Vec<(String, Value)> {
    let mut changes = Vec::new();
    for (name, wanted) in wanted {
        match wanted {
            Value::Object(fields) => {
                for (field, wanted) in fields {
                    if spec[&name][&field] != wanted {
                        changes.push((format!("{name}.{field}"), wanted));
                    }
                }
            }
            wanted if spec[&name] != wanted => changes.push((name, wanted)),
            _ => {}
        }
    }
    changes
}

/// The request that makes these changes.
fn nested(changes: &[(String, Value)]) -> Map<String, Value> {
    let mut body = json!({});
    for (path, value) in changes {
        match path.split_once('.') {
            Some((name, field)) => body[name][field] = value.clone(),
            None => body[path] = value.clone(),
        }
    }
    match body {
        Value::Object(body) => body,
        _ => Map::new(),
    }
}

/// The service refuses an update that changes nothing.
fn is_without_effect(error: &Error) -> bool {
    let message = error.api_error().and_then(|error| error.message.as_deref());
    message.is_some_and(|message| message.contains("No changes detected"))
}
