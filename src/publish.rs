//! Implements `publish`, which creates a spec and its release only if they do not exist yet.

use semver::Version;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::calls::Twins;
use crate::error::{Error, Result};
use crate::http::Request;
use crate::session::Session;
use crate::types::{AnySpec, CreatedSpec, ListSpecs};

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

/// A publish request: the parts that differ between blocks and apps.
pub(crate) trait Publish {
    fn calls(&self) -> &'static Twins;
    fn kind(&self) -> &str;
    fn name(&self) -> &str;
    /// The version to release.
    fn version(&self) -> &str;
    /// `metadata` and the other fields that `update_spec_metadata` can change. Fields that are not
    /// set are null.
    fn metadata(&self) -> Value;
    /// Adds the body of `create_spec`.
    fn add_spec(&self, call: Request) -> Result<Request>;
    /// Adds the body of `create_spec_release`.
    fn add_release(&self, call: Request) -> Result<Request>;
}

/// A request and the session to publish it with.
struct Job<'a, P> {
    session: &'a Session,
    request: &'a P,
}

pub(crate) fn publish(
    session: &Session,
    request: &impl Publish,
    options: &PublishOptions,
) -> Result<Published> {
    let job = Job { session, request };
    let version = Version::parse(request.version()).map_err(|error| invalid_version(&error))?;
    let published = |spec_id, change| Published {
        spec_id,
        version: request.version().to_owned(),
        change,
        metadata_changes: Vec::new(),
    };
    let spec_id = match job.find()? {
        Some(spec_id) => spec_id,
        None => match job.create()? {
            Creation::Created(spec_id) => return Ok(published(spec_id, PublishChange::Created)),
            Creation::Existed(spec_id) => spec_id,
        },
    };
    let spec: Value = session.get(&request.calls().describe_spec, &[&spec_id])?;
    let change = if job.is_latest_or_older(&spec_id, &spec, &version)? {
        PublishChange::Unchanged
    } else {
        job.release(&spec_id)?
    };
    let changes = metadata_changes(&request.metadata(), &spec);
    if options.update_metadata && !changes.is_empty() {
        let call = &request.calls().update_spec_metadata;
        match session.update(call, &[&spec_id], &nested(&changes)) {
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

impl<P: Publish> Job<'_, P> {
    /// Finds the spec's id by kind and name.
    fn find(&self) -> Result<Option<String>> {
        let (kind, name) = (self.request.kind(), self.request.name());
        let matches = |spec: &AnySpec| {
            let metadata = spec.metadata.as_ref();
            let same_kind = spec.kind.as_ref().is_some_and(|k| k.as_str() == kind);
            same_kind && metadata.and_then(|m| m.name.as_deref()) == Some(name)
        };
        let call = &self.request.calls().list_specs;
        let specs = self.session.list(call, &[], &ListSpecs::new().name(name));
        Ok(specs.find_item(matches)?.map(|spec| spec.id))
    }

    /// Creates a spec. If the outcome is unknown, or the name was taken in the meantime, looks the
    /// spec up once.
    fn create(&self) -> Result<Creation> {
        let call = self.session.call(&self.request.calls().create_spec, &[]);
        let error = match self.request.add_spec(call)?.send::<CreatedSpec>() {
            Ok(created) => return Ok(Creation::Created(created.id)),
            Err(error) if !deserves_a_look(&error) => return Err(error),
            Err(error) => error,
        };
        let Ok(Some(spec_id)) = self.find() else {
            return Err(error);
        };
        if !error.outcome_unknown() {
            return Ok(Creation::Existed(spec_id));
        }
        match self.is_released(&spec_id) {
            Ok(true) => Ok(Creation::Created(spec_id)),
            _ => Err(error),
        }
    }

    /// Creates a release. If the outcome is unknown, or the version was taken in the meantime, looks
    /// the release up once.
    fn release(&self, spec_id: &str) -> Result<PublishChange> {
        let call = &self.request.calls().create_spec_release;
        let call = self.session.call(call, &[spec_id]);
        let error = match self.request.add_release(call)?.send::<IgnoredAny>() {
            Ok(_) => return Ok(PublishChange::Released),
            Err(error) if !deserves_a_look(&error) => return Err(error),
            Err(error) => error,
        };
        match self.is_released(spec_id) {
            Ok(true) if error.outcome_unknown() => Ok(PublishChange::Released),
            Ok(true) => Ok(PublishChange::Unchanged),
            _ => Err(error),
        }
    }

    /// Whether the version is released already. An error if it is neither released nor newer than
    /// the latest.
    fn is_latest_or_older(&self, spec_id: &str, spec: &Value, version: &Version) -> Result<bool> {
        let latest = latest_version(spec);
        if latest == Some(self.request.version()) {
            return Ok(true);
        }
        let newer_than = |latest: &Version| version.cmp_precedence(latest).is_gt();
        match latest.and_then(|latest| Version::parse(latest).ok()) {
            Some(latest) if newer_than(&latest) => Ok(false),
            Some(latest) if !self.is_released(spec_id)? => {
                let message = format!("{version} is not newer than the latest release, {latest}");
                Err(invalid_version(&message))
            }
            Some(_) => Ok(true),
            None => self.is_released(spec_id),
        }
    }

    /// Whether the version is released.
    fn is_released(&self, spec_id: &str) -> Result<bool> {
        let call = &self.request.calls().describe_spec_release;
        let arguments = [spec_id, self.request.version()];
        match self.session.get::<IgnoredAny>(call, &arguments) {
            Ok(_) => Ok(true),
            Err(Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether the item may exist although its create failed.
pub(crate) fn deserves_a_look(error: &Error) -> bool {
    error.outcome_unknown() || matches!(error, Error::Conflict(_))
}

/// The version of the latest release, from the description of a spec.
pub(crate) fn latest_version(spec: &Value) -> Option<&str> {
    spec.pointer("/latestRelease/version")?.as_str()
}

fn invalid_version(message: &impl ToString) -> Error {
    Error::invalid_argument("body.release.version", message.to_string())
}

/// The fields that differ, by their path, with the wanted value.
fn metadata_changes(wanted: &Value, spec: &Value) -> Vec<(String, Value)> {
    let is_set = |value: &Value| !value.is_null() && *value != json!([]);
    let mut changes = Vec::new();
    for (name, wanted) in wanted.as_object().into_iter().flatten() {
        match wanted {
            Value::Object(fields) => {
                for (field, wanted) in fields {
                    if spec[name][field] != *wanted {
                        changes.push((format!("{name}.{field}"), wanted.clone()));
                    }
                }
            }
            wanted if is_set(wanted) && spec[name] != *wanted => {
                changes.push((name.clone(), wanted.clone()));
            }
            _ => {}
        }
    }
    changes
}

/// The request body that makes these changes.
fn nested(changes: &[(String, Value)]) -> Value {
    let mut body = json!({});
    for (path, value) in changes {
        match path.split_once('.') {
            Some((name, field)) => body[name][field] = value.clone(),
            None => body[path] = value.clone(),
        }
    }
    body
}

/// The service refuses an update that changes nothing.
fn is_without_effect(error: &Error) -> bool {
    let message = error.api_error().and_then(|error| error.message.as_deref());
    message.is_some_and(|message| message.contains("No changes detected"))
}
