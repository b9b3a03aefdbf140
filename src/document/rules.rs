//! The rules of the API's reference that types do not enforce.

mod apps;
mod formats;
mod metadata;
mod parameters;
mod service;
mod workflow;

use std::collections::BTreeSet;

use serde_json::Value;

use super::problem::Problems;
use super::rule::*;
use super::unknown::join;
use crate::types::*;
use formats::{id, version};
use metadata::{deployment_metadata, metadata_update, scope, spec_metadata};
use parameters::{blank_names, values};

/// A request that can be checked without the service.
pub(crate) trait Rules {
    /// Adds the request's problems. Paths start at the request.
    fn check_rules(&self, found: &mut Problems);
}

impl Rules for CreateSpec {
    fn check_rules(&self, found: &mut Problems) {
        format_version(&self.body.version, found);
        spec_metadata(&self.body.metadata, found);
        if let Err(message) = self.body.check() {
            found.add(KIND, "body.config", message);
        }
        let parameters = self.parameters.as_deref();
        release(&self.body.release, &self.body.config, parameters, found);
        scope(self.scope.as_ref(), self.tenants.as_deref(), true, found);
    }
}

impl Rules for CreateSpecRelease {
    fn check_rules(&self, found: &mut Problems) {
        let parameters = self.parameters.as_deref();
        release(&self.body.release, &self.body.config, parameters, found);
    }
}

impl Rules for UpdateSpecMetadata {
    fn check_rules(&self, found: &mut Problems) {
        if let Some(metadata) = &self.metadata {
            metadata_update(
                metadata.name.as_deref(),
                metadata.tags.as_deref(),
                "metadata",
                found,
            );
        }
        scope(self.scope.as_ref(), self.tenants.as_deref(), false, found);
    }
}

impl Rules for CreateDeployment {
    fn check_rules(&self, found: &mut Problems) {
        deployment_metadata(&self.metadata, found);
        id(&self.spec.id, "spec", found);
        if let Some(release) = &self.spec.release {
            version(&release.version, "spec.release", found);
        }
        values(self.parameters.as_deref(), "parameters", found);
    }
}

impl Rules for UpdateDeploymentMetadata {
    fn check_rules(&self, found: &mut Problems) {
        metadata_update(self.name.as_deref(), self.tags.as_deref(), "", found);
    }
}

impl Rules for CreateDeploymentRevision {
    fn check_rules(&self, found: &mut Problems) {
        if let Some(release) = &self.release {
            version(&release.version, "release", found);
        }
        values(self.parameters.as_deref(), "parameters", found);
    }
}

impl Rules for Parameters {
    fn check_rules(&self, found: &mut Problems) {
        blank_names(self.into_iter().map(|(name, _)| name), "", found);
    }
}

fn format_version(version: &Value, found: &mut Problems) {
    if version.as_f64() != Some(1.0) && version.as_str() != Some("1") {
        found.add(
            SPEC_VERSION,
            "body.version",
            format!("expected 1, found {version}"),
        );
    }
}

/// The rules that specs and releases share.
fn release(
    given: &NewRelease,
    config: &Config,
    parameters: Option<&SpecParameters>,
    found: &mut Problems,
) {
    version(&given.version, "body.release", found);
    let config_at = "body.config";
    match config {
        Config::Workflow(config) => workflow::check(config, config_at, found),
        Config::Service(config) => service::check(config, config_at, found),
        _ => {}
    }
    if let Some(parameters) = parameters {
        parameters::check(parameters, found);
    }
    let lists = parameters.map(|all| [&all.build, &all.run]);
    let declared = lists
        .iter()
        .flatten()
        .flat_map(|list| list.iter().flatten());
    let declared: BTreeSet<_> = declared.map(|parameter| parameter.name.as_str()).collect();
    if let Ok(config) = serde_json::to_value(config) {
        references(&config, config_at, &declared, found);
    }
}

/// Checks that each `@param:<name>` names a declared parameter.
fn references(value: &Value, at: &str, declared: &BTreeSet<&str>, found: &mut Problems) {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix("@param:").filter(|name| !name.is_empty());
            if let Some(name) = name.filter(|name| !declared.contains(name)) {
                let message = format!("no parameter is named {name:?}");
                let known = declared.iter().copied();
                found.unknown(PARAMETER_REFERENCE, at, message, name, known);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                references(item, &format!("{at}[{index}]"), declared, found);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                references(value, &join(at, key), declared, found);
            }
        }
        _ => {}
    }
}

/// Reports an object that does not have exactly one of some keys.
fn exactly_one(rule: Rule, given: &[bool], at: &str, message: &str, found: &mut Problems) {
    match given.iter().filter(|is_given| **is_given).count() {
        0 => found.add(rule, at, format!("{message}, and this has none")),
        1 => {}
        count => found.add(rule, at, format!("{message}, and this has {count}")),
    }
}
