//! Deploying: a deployment is created, revised, or left as it is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::calls::Twins;
use crate::error::{Error, Result};
use crate::publish::{deserves_a_look, latest_version};
use crate::session::Session;
use crate::types::{
    AnyDeployment, CreatedDeployment, CreatedRevision, DeploymentStatus, ListAppDeployments,
};
use crate::wait::has_failed;

/// The sections of a spec's or deployment's parameters.
const SECTIONS: [&str; 2] = ["build", "run"];

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

/// A request to deploy: what blocks and apps differ in.
pub(crate) trait Deploy: Serialize {
    fn calls(&self) -> &'static Twins;
    fn name(&self) -> Option<&str>;
    fn spec_id(&self) -> &str;
    /// The version in the request.
    fn version(&self) -> Option<&str>;
    /// The request that revises a deployment to this release.
    fn revision(&self, version: Option<&str>) -> impl Serialize;
    /// Whether responses prove that the deployment has the parameters of the request. Its release is
    /// `version`.
    fn has_parameters(&self, session: &Session, current: &Value, version: &str) -> Result<bool>;
}

/// A request and the session to deploy it with.
struct Job<'a, D> {
    session: &'a Session,
    request: &'a D,
}

pub(crate) fn deploy(session: &Session, request: &impl Deploy) -> Result<Deployed> {
    let job = Job { session, request };
    if request.name().is_none_or(|name| name.trim().is_empty()) {
        let message = "is missing: a deployment is found by its name";
        return Err(Error::invalid_argument("metadata.name", message));
    }
    let deployment_id = match job.find()? {
        Some(deployment_id) => deployment_id,
        None => match job.create()? {
            (deployment_id, true) => {
                // The deployment exists; its revision's number is a convenience.
                let created = job.describe(&deployment_id).unwrap_or_default();
                return Ok(Deployed {
                    deployment_id,
                    revision: revision_of(&created),
                    change: DeployChange::Created,
                });
            }
            (deployment_id, false) => deployment_id,
        },
    };
    let current = job.describe(&deployment_id)?;
    let version = match request.version() {
        Some(version) => Some(version.to_owned()),
        None => {
            let spec: Value = session.get(&request.calls().describe_spec, &[request.spec_id()])?;
            latest_version(&spec).map(str::to_owned)
        }
    };
    let (revision, change) = if job.is_deployed(&current, version.as_deref()) {
        (revision_of(&current), DeployChange::Unchanged)
    } else {
        job.revise(&deployment_id, &current, version.as_deref())?
    };
    Ok(Deployed {
        deployment_id,
        revision,
        change,
    })
}

impl<D: Deploy> Job<'_, D> {
    /// Finds the deployment's id by name.
    fn find(&self) -> Result<Option<String>> {
        let name = self.request.name().unwrap_or_default();
        let matches = |deployment: &AnyDeployment| {
            let metadata = deployment.metadata.as_ref();
            metadata.and_then(|m| m.name.as_deref()) == Some(name)
        };
        let call = &self.request.calls().list_deployments;
        let query = ListAppDeployments::new().name(name);
        let found = self.session.list(call, &[], &query).find_item(matches)?;
        Ok(found.map(|deployment| deployment.id))
    }

    /// Describes a deployment, and refuses one of another spec.
    fn describe(&self, deployment_id: &str) -> Result<Value> {
        let call = &self.request.calls().describe_deployment;
        let current: Value = self.session.get(call, &[deployment_id])?;
        let wanted = self.request.spec_id();
        match current.pointer("/spec/id").and_then(Value::as_str) {
            Some(spec_id) if spec_id != wanted => {
                let message = format!(
                    "deployment {deployment_id} has this name, and its spec is {spec_id}, \
                     not {wanted}"
                );
                Err(Error::invalid_argument("metadata.name", message))
            }
            _ => Ok(current),
        }
    }

    /// Creates a deployment, and returns its id and whether this call created it. If that may have
    /// succeeded, or the name is taken meanwhile, looks once.
    fn create(&self) -> Result<(String, bool)> {
        let call = &self.request.calls().create_deployment;
        let created = self.session.send(call, &[], self.request);
        let error = match created.map(|created: CreatedDeployment| created.id) {
            Ok(deployment_id) => return Ok((deployment_id, true)),
            Err(error) if !deserves_a_look(&error) => return Err(error),
            Err(error) => error,
        };
        match self.find() {
            Ok(Some(deployment_id)) if !error.outcome_unknown() => Ok((deployment_id, false)),
            Ok(Some(deployment_id)) => match self.describe(&deployment_id) {
                Ok(_) => Ok((deployment_id, true)),
                Err(_) => Err(error),
            },
            _ => Err(error),
        }
    }

    /// Creates a revision. If that may have succeeded, or clashes with another, looks once.
    fn revise(
        &self,
        deployment_id: &str,
        before: &Value,
        version: Option<&str>,
    ) -> Result<(Option<u64>, DeployChange)> {
        let call = &self.request.calls().create_deployment_revision;
        let revision = self.request.revision(version);
        let created = self.session.send(call, &[deployment_id], &revision);
        let error = match created.map(|created: CreatedRevision| created.revision) {
            Ok(number) => return Ok((Some(number), DeployChange::Revised)),
            Err(error) if !deserves_a_look(&error) => return Err(error),
            Err(error) => error,
        };
        let Ok(now) = self.describe(deployment_id) else {
            return Err(error);
        };
        let is_new = revision_of(&now) > revision_of(before) && release_of(&now) == version;
        if error.outcome_unknown() && is_new {
            Ok((revision_of(&now), DeployChange::Revised))
        } else if !error.outcome_unknown() && self.is_deployed(&now, version) {
            Ok((revision_of(&now), DeployChange::Unchanged))
        } else {
            Err(error)
        }
    }

    /// Whether the responses prove that this release and these parameters are deployed or in
    /// progress.
    fn is_deployed(&self, current: &Value, version: Option<&str>) -> bool {
        let status = current.pointer("/metadata/status").and_then(Value::as_str);
        let works = status.is_some_and(|status| !has_failed(&DeploymentStatus::from(status)));
        let Some(version) = version.filter(|version| release_of(current) == Some(version)) else {
            return false;
        };
        let parameters = || self.request.has_parameters(self.session, current, version);
        works && parameters().unwrap_or(false)
    }
}

fn revision_of(deployment: &Value) -> Option<u64> {
    deployment.pointer("/latestRevision/revision")?.as_u64()
}

fn release_of(deployment: &Value) -> Option<&str> {
    deployment.pointer("/spec/release/version")?.as_str()
}

/// The parameter definitions of a release.
pub(crate) fn definitions(release: &Value) -> &Value {
    &release["parameters"]
}

/// Parameter values by section and name.
pub(crate) type Values = BTreeMap<(&'static str, String), Value>;

/// The values of `{"build": {…}, "run": {…}}`.
pub(crate) fn values(parameters: &Value) -> Values {
    let mut values = Values::new();
    for section in SECTIONS {
        for (name, value) in parameters[section].as_object().into_iter().flatten() {
            values.insert((section, name.clone()), value.clone());
        }
    }
    values
}

/// The default values of definitions.
pub(crate) fn defaults(definitions: &Value) -> Values {
    let mut defaults = Values::new();
    for section in SECTIONS {
        for definition in definitions[section].as_array().into_iter().flatten() {
            let (name, default) = (definition["name"].as_str(), &definition["defaultValue"]);
            if let Some(name) = name.filter(|_| !default.is_null()) {
                defaults.insert((section, name.to_owned()), default.clone());
            }
        }
    }
    defaults
}

/// Whether the `current` parameters of a response prove that each value is the given one, or else
/// the inherited one, or else the default. A hidden value cannot be compared, and a response without
/// parameters proves nothing about a release that declares some.
pub(crate) fn are_as_given(
    given: &Values,
    inherited: &Values,
    current: &Value,
    definitions: &Value,
) -> bool {
    let declares_none = |section| definitions[section].as_array().is_none_or(Vec::is_empty);
    if !current.is_object() {
        return given.is_empty() && SECTIONS.into_iter().all(declares_none);
    }
    let current = values(current);
    let definition = |(section, name): &(&'static str, String)| {
        let mut definitions = definitions[*section].as_array()?.iter();
        definitions.find(|definition| definition["name"] == **name)
    };
    let is_as_given = |(key, value): (&(&'static str, String), &Value)| {
        let Some(definition) = definition(key) else {
            return false;
        };
        let default = &definition["defaultValue"];
        let expected = given.get(key).or(inherited.get(key)).unwrap_or(default);
        definition["hideValue"] != true && value == expected
    };
    current.iter().all(is_as_given) && given.keys().all(|key| current.contains_key(key))
}
