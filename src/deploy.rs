//! Deploying: a deployment is created, revised, or left as it is.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::publish::deserves_a_look;
use crate::types::DeploymentStatus;
use crate::wait::has_failed;

/// The result of `deploy`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deployed {
    /// The deployment's id.
    pub deployment_id: String,
    /// The number of its latest revision. `None` if the service does not say.
    pub revision: Option<u64>,
    /// What was done.
    pub change: DeployChange,
}

/// What `deploy` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeployChange {
    /// It created the deployment.
    Created,
    /// It created a revision of an existing deployment.
    Revised,
    /// The deployment already has this release and these parameters.
    Unchanged,
}

/// The calls that deploying one request makes.
pub(crate) trait Deployer {
    fn name(&self) -> Option<&str>;
    fn spec_id(&self) -> &str;
    /// The version in the request.
    fn version(&self) -> Option<&str>;
    /// The `build` and `run` values in the request. `None` if they cannot be compared with a
    /// response.
    fn parameters(&self) -> Option<Value>;
    /// Finds the deployment's id by name.
    fn find(&self) -> Result<Option<String>>;
    /// Describes a deployment.
    fn describe(&self, deployment_id: &str) -> Result<Value>;
    /// The version of the spec's latest release.
    fn latest_version(&self) -> Result<Option<String>>;
    /// The parameter definitions of a release.
    fn definitions(&self, version: &str) -> Result<Value>;
    /// Creates the deployment and returns its id.
    fn create(&self) -> Result<String>;
    /// Creates a revision with this release, and returns its number.
    fn revise(&self, deployment_id: &str, version: Option<&str>) -> Result<u64>;
}

pub(crate) fn deploy(calls: &impl Deployer) -> Result<Deployed> {
    if calls.name().is_none_or(|name| name.trim().is_empty()) {
        let message = "is missing: a deployment is found by its name";
        return Err(Error::invalid_argument("metadata.name", message));
    }
    let deployment_id = match calls.find()? {
        Some(deployment_id) => deployment_id,
        None => match create(calls)? {
            (deployment_id, true) => {
                // The deployment exists; its revision's number is a convenience.
                let created = calls.describe(&deployment_id).unwrap_or_default();
                return Ok(Deployed {
                    deployment_id,
                    revision: revision_of(&created),
                    change: DeployChange::Created,
                });
            }
            (deployment_id, false) => deployment_id,
        },
    };
    let current = describe(calls, &deployment_id)?;
    let version = match calls.version() {
        Some(version) => Some(version.to_owned()),
        None => calls.latest_version()?,
    };
    let (revision, change) = if is_deployed(calls, &current, version.as_deref()) {
        (revision_of(&current), DeployChange::Unchanged)
    } else {
        revise(calls, &deployment_id, &current, version.as_deref())?
    };
    Ok(Deployed {
        deployment_id,
        revision,
        change,
    })
}

/// Describes a deployment, and refuses one of another spec.
fn describe(calls: &impl Deployer, deployment_id: &str) -> Result<Value> {
    let current = calls.describe(deployment_id)?;
    match current.pointer("/spec/id").and_then(Value::as_str) {
        Some(spec_id) if spec_id != calls.spec_id() => {
            let message = format!(
                "deployment {deployment_id} has this name, and its spec is {spec_id}, not {}",
                calls.spec_id()
            );
            Err(Error::invalid_argument("metadata.name", message))
        }
        _ => Ok(current),
    }
}

/// Creates a deployment, and returns its id and whether this call created it. If that may have
/// succeeded, or the name is taken meanwhile, looks once.
fn create(calls: &impl Deployer) -> Result<(String, bool)> {
    let error = match calls.create() {
        Ok(deployment_id) => return Ok((deployment_id, true)),
        Err(error) if !deserves_a_look(&error) => return Err(error),
        Err(error) => error,
    };
    match calls.find() {
        Ok(Some(deployment_id)) if !error.outcome_unknown() => Ok((deployment_id, false)),
        Ok(Some(deployment_id)) => match describe(calls, &deployment_id) {
            Ok(_) => Ok((deployment_id, true)),
            Err(_) => Err(error),
        },
        _ => Err(error),
    }
}

/// Creates a revision. If that may have succeeded, or clashes with another, looks once.
fn revise(
    calls: &impl Deployer,
    deployment_id: &str,
    before: &Value,
    version: Option<&str>,
) -> Result<(Option<u64>, DeployChange)> {
    let error = match calls.revise(deployment_id, version) {
        Ok(revision) => return Ok((Some(revision), DeployChange::Revised)),
        Err(error) if !deserves_a_look(&error) => return Err(error),
        Err(error) => error,
    };
    let Ok(now) = calls.describe(deployment_id) else {
        return Err(error);
    };
    let is_new = revision_of(&now) > revision_of(before) && release_of(&now) == version;
    if error.outcome_unknown() && is_new {
        Ok((revision_of(&now), DeployChange::Revised))
    } else if !error.outcome_unknown() && is_deployed(calls, &now, version) {
        Ok((revision_of(&now), DeployChange::Unchanged))
    } else {
        Err(error)
    }
}

fn revision_of(deployment: &Value) -> Option<u64> {
    deployment.pointer("/latestRevision/revision")?.as_u64()
}

fn release_of(deployment: &Value) -> Option<&str> {
    deployment.pointer("/spec/release/version")?.as_str()
}

/// Whether the response proves that this release and these parameters are deployed or in progress.
fn is_deployed(calls: &impl Deployer, current: &Value, version: Option<&str>) -> bool {
    let status = current.pointer("/metadata/status").and_then(Value::as_str);
    let works = status.is_some_and(|status| !has_failed(&DeploymentStatus::from(status)));
    let Some(version) = version.filter(|version| release_of(current) == Some(version)) else {
        return false;
    };
    let Some(wanted) = calls.parameters().filter(|_| works) else {
        return false;
    };
    let current = &current["parameters"];
    if values(&wanted).is_empty() && values(current).is_empty() {
        return true;
    }
    calls
        .definitions(version)
        .is_ok_and(|definitions| are_equal(&wanted, current, &definitions))
}

/// Whether two sets of values are the same: each is the given one, or the default if none is given.
/// A hidden value cannot be compared.
fn are_equal(wanted: &Value, current: &Value, definitions: &Value) -> bool {
    let (wanted, current) = (values(wanted), values(current));
    let definition = |section: &str, name: &str| {
        let definitions = definitions[section].as_array()?;
        definitions
            .iter()
            .find(|definition| definition["name"] == name)
    };
    let is_as_wanted = |(key, value): (&(String, String), &Value)| {
        let definition = definition(&key.0, &key.1);
        let default = definition.map(|definition| &definition["defaultValue"]);
        let is_hidden = definition.is_none_or(|definition| definition["hideValue"] == true);
        !is_hidden && wanted.get(key).or(default) == Some(value)
    };
    current.iter().all(is_as_wanted) && wanted.keys().all(|key| current.contains_key(key))
}

/// The values by section and name.
fn values(parameters: &Value) -> std::collections::BTreeMap<(String, String), Value> {
    let none = Map::new();
    let section = |section: &'static str| {
        let values = parameters[section].as_object().unwrap_or(&none).clone();
        values
            .into_iter()
            .map(move |(name, value)| ((section.to_owned(), name), value))
    };
    section("build").chain(section("run")).collect()
}
