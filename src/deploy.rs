//! Implements `deploy`, which creates a deployment, revises it, or leaves it unchanged.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::calls::Twins;
use crate::error::{Error, Result};
use crate::publish::{deserves_a_look, latest_version};
use crate::session::Session;
use crate::types::{
    AnyDeployment, CreatedDeployment, CreatedRevision, DeploymentParameters, DeploymentStatus,
    ListAppDeployments,
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
    /// The number of its latest revision. `None` if the service does not return it.
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

/// A deploy request: the parts that differ between blocks and apps.
pub(crate) trait Deploy: Serialize {
    fn calls(&self) -> &'static Twins;
    fn name(&self) -> Option<&str>;
    fn spec_id(&self) -> &str;
    /// The version in the request.
    fn version(&self) -> Option<&str>;
    /// What differs between a deployment and the request.
    type Difference: Default;
    /// Compares a deployment's parameters with those of the request, if `version` is deployed. Returns
    /// whether the responses prove that they are the same.
    fn compare(
        &self,
        session: &Session,
        current: &Value,
        version: &str,
    ) -> Result<(bool, Self::Difference)>;
    /// The request that revises a deployment to this release.
    fn revision(&self, version: Option<&str>, difference: &Self::Difference) -> impl Serialize;
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
                // The deployment exists, so it is not an error if its revision cannot be read.
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
    let (revision, change) = match job.difference(&current, version.as_deref()) {
        None => (revision_of(&current), DeployChange::Unchanged),
        Some(difference) => {
            let revision = request.revision(version.as_deref(), &difference);
            job.revise(&deployment_id, &current, version.as_deref(), &revision)?
        }
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

    /// Describes a deployment. It is an error if it belongs to another spec.
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

    /// Creates a deployment, and returns its id and whether this call created it. If the outcome is
    /// unknown, or the name was taken in the meantime, looks the deployment up once.
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

    /// Creates a revision. If the outcome is unknown, or it conflicts with another revision,
    /// describes the deployment once to find out.
    fn revise(
        &self,
        deployment_id: &str,
        before: &Value,
        version: Option<&str>,
        revision: &impl Serialize,
    ) -> Result<(Option<u64>, DeployChange)> {
        let call = &self.request.calls().create_deployment_revision;
        let created = self.session.send(call, &[deployment_id], revision);
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
        } else if !error.outcome_unknown() && self.difference(&now, version).is_none() {
            Ok((revision_of(&now), DeployChange::Unchanged))
        } else {
            Err(error)
        }
    }

    /// What differs from the request. `None` if the responses prove that this release and these
    /// parameters are deployed or in progress.
    fn difference(&self, current: &Value, version: Option<&str>) -> Option<D::Difference> {
        let status = current.pointer("/metadata/status").and_then(Value::as_str);
        let works = status.is_some_and(|status| !has_failed(&DeploymentStatus::from(status)));
        let same_release = version.is_some() && release_of(current) == version;
        let compared = version.map(|version| self.request.compare(self.session, current, version));
        // If the comparison fails, a revision is created.
        let (same, difference) = compared.and_then(Result::ok).unwrap_or_default();
        let unchanged = works && same_release && same;
        (!unchanged).then_some(difference)
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

/// The default values in parameter definitions.
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

/// How the parameters of a deployment compare with those of a request.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    /// Whether the responses prove that they are the same.
    pub(crate) same: bool,
    /// The values to set for those that the request leaves out, because a revision may keep the old
    /// ones.
    pub(crate) resets: Values,
}

/// Compares the `current` parameters of a response with the expected values: the given ones, or else
/// the inherited ones, or else the defaults. A hidden value cannot be compared, and a response
/// without parameters proves nothing about a release that declares some.
pub(crate) fn compare(
    given: &Values,
    inherited: &Values,
    current: &Value,
    definitions: &Value,
) -> Comparison {
    let declares_none = |section| definitions[section].as_array().is_none_or(Vec::is_empty);
    if !current.is_object() {
        return Comparison {
            same: given.is_empty() && SECTIONS.into_iter().all(declares_none),
            resets: Values::new(),
        };
    }
    let current = values(current);
    let definition = |(section, name): &(&'static str, String)| {
        let mut definitions = definitions[*section].as_array()?.iter();
        definitions.find(|definition| definition["name"] == **name)
    };
    let mut same = given.keys().all(|key| current.contains_key(key));
    let mut resets = Values::new();
    for (key, value) in &current {
        let definition = definition(key).filter(|it| it["hideValue"] != true);
        let Some(definition) = definition else {
            same = false;
            continue;
        };
        let default = &definition["defaultValue"];
        let expected = given.get(key).or(inherited.get(key)).unwrap_or(default);
        if value == expected {
            continue;
        }
        same = false;
        if !given.contains_key(key) && !expected.is_null() {
            resets.insert(key.clone(), expected.clone());
        }
    }
    Comparison { same, resets }
}

/// Adds values to the parameters of a request.
pub(crate) fn add_values(parameters: &mut Option<Box<DeploymentParameters>>, values: &Values) {
    for ((section, name), value) in values {
        let parameters = parameters.get_or_insert_default();
        let section = match *section {
            "build" => &mut parameters.build,
            _ => &mut parameters.run,
        };
        let section = section.get_or_insert_default();
        section.insert(name.clone(), value.clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compared(given: Value, inherited: Value, current: Value, declared: &Value) -> Comparison {
        compare(&values(&given), &values(&inherited), &current, declared)
    }

    struct Row {
        case: &'static str,
        given: Value,
        inherited: Value,
        current: Value,
        same: bool,
    }

    #[test]
    fn a_response_proves_values_that_are_given_inherited_or_defaults() {
        let run = |value: Value| json!({ "run": value });
        let declared = json!({
            "build": [{ "name": "cache" }],
            "run": [{ "name": "days", "defaultValue": 7 }, { "name": "key", "hideValue": true }],
        });
        let cache = json!({ "build": { "cache": true } });
        for row in [
            Row {
                case: "given",
                given: run(json!({"days": 1})),
                inherited: json!({}),
                current: run(json!({"days": 1})),
                same: true,
            },
            Row {
                case: "another",
                given: run(json!({"days": 1})),
                inherited: json!({}),
                current: run(json!({"days": 2})),
                same: false,
            },
            Row {
                case: "the default",
                given: json!({}),
                inherited: json!({}),
                current: run(json!({"days": 7})),
                same: true,
            },
            Row {
                case: "not the default",
                given: json!({}),
                inherited: json!({}),
                current: run(json!({"days": 1})),
                same: false,
            },
            Row {
                case: "inherited",
                given: json!({}),
                inherited: run(json!({"days": 1})),
                current: run(json!({"days": 1})),
                same: true,
            },
            Row {
                case: "not inherited",
                given: json!({}),
                inherited: run(json!({"days": 1})),
                current: run(json!({"days": 7})),
                same: false,
            },
            Row {
                case: "missing",
                given: run(json!({"days": 1})),
                inherited: json!({}),
                current: json!({}),
                same: false,
            },
            Row {
                case: "hidden",
                given: run(json!({"key": "*"})),
                inherited: json!({}),
                current: run(json!({"key": "*"})),
                same: false,
            },
            Row {
                case: "not declared",
                given: json!({}),
                inherited: json!({}),
                current: run(json!({"other": 1})),
                same: false,
            },
            Row {
                case: "of another section",
                given: cache.clone(),
                inherited: json!({}),
                current: cache,
                same: true,
            },
            Row {
                case: "no parameters in the response",
                given: json!({}),
                inherited: json!({}),
                current: Value::Null,
                same: false,
            },
        ] {
            let comparison = compared(row.given, row.inherited, row.current, &declared);
            assert_eq!(comparison.same, row.same, "{}", row.case);
        }
    }

    #[test]
    fn values_that_the_request_leaves_out_are_reset() {
        let declared = json!({
            "run": [
                { "name": "days", "defaultValue": 7 },
                { "name": "region", "defaultValue": "north" },
                { "name": "note" },
                { "name": "key", "defaultValue": "k", "hideValue": true },
            ],
        });
        let current = json!({"run": {"days": 1, "region": "east", "note": "n", "key": "*"}});
        let inherited = json!({"run": {"region": "south"}});
        let comparison = compared(json!({}), inherited, current, &declared);
        let expected = json!({"run": {"days": 7, "region": "south"}});
        assert_eq!(comparison.resets, values(&expected));
    }

    #[test]
    fn a_release_without_parameters_needs_none_in_the_response() {
        for declared in [Value::Null, json!({}), json!({ "build": [], "run": [] })] {
            assert!(compared(json!({}), json!({}), Value::Null, &declared).same);
        }
        let given = json!({ "run": { "a": 1 } });
        assert!(!compared(given, json!({}), Value::Null, &Value::Null).same);
    }
}
