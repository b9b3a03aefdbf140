//! The rules of the API's reference that types cannot hold a request to.

mod apps;
mod formats;
mod parameters;
mod workflow;

use std::collections::BTreeSet;

use serde_json::Value;

use super::problem::Problems;
use super::unknown::join;
use crate::types::*;
use formats::{is_blank, is_semantic_version};

/// A request whose content is checked without the service.
pub(crate) trait Rules {
    /// Adds what is wrong. Paths start at the request.
    fn check_rules(&self, found: &mut Problems);
}

impl Rules for CreateSpec {
    fn check_rules(&self, found: &mut Problems) {
        let body = "body";
        let version = &self.body.version;
        if version.as_i64() != Some(1) && version.as_str() != Some("1") {
            found.add(join(body, "version"), "the version of a spec is always 1");
        }
        let metadata = "body.metadata";
        name(&self.body.metadata.name, metadata, found);
        tags(self.body.metadata.tags.as_deref(), metadata, found);
        if let Err(message) = self.body.check() {
            found.add(join(body, "config"), message);
        }
        release(
            &self.body.release.version,
            &self.body.config,
            self.parameters.as_deref(),
            found,
        );
        scope(self.scope.as_ref(), self.tenants.as_deref(), "", found);
    }
}

impl Rules for CreateSpecRelease {
    fn check_rules(&self, found: &mut Problems) {
        release(
            &self.body.release.version,
            &self.body.config,
            self.parameters.as_deref(),
            found,
        );
    }
}

impl Rules for UpdateSpecMetadata {
    fn check_rules(&self, found: &mut Problems) {
        if let Some(metadata) = &self.metadata {
            if let Some(given) = &metadata.name {
                name(given, "metadata", found);
            }
            tags(metadata.tags.as_deref(), "metadata", found);
        }
        scope(self.scope.as_ref(), self.tenants.as_deref(), "", found);
    }
}

impl Rules for CreateDeployment {
    fn check_rules(&self, found: &mut Problems) {
        let metadata = "metadata";
        if let Some(given) = &self.metadata.name {
            name(given, metadata, found);
        }
        tags(self.metadata.tags.as_deref(), metadata, found);
        let spec = "spec";
        if is_blank(&self.spec.id) {
            found.add(join(spec, "id"), "the id is blank");
        }
        if let Some(release) = &self.spec.release {
            version(&release.version, &join(spec, "release"), found);
        }
    }
}

impl Rules for UpdateDeploymentMetadata {
    fn check_rules(&self, found: &mut Problems) {
        if let Some(given) = &self.name {
            name(given, "", found);
        }
        tags(self.tags.as_deref(), "", found);
    }
}

impl Rules for CreateDeploymentRevision {
    fn check_rules(&self, found: &mut Problems) {
        if let Some(release) = &self.release {
            version(&release.version, "release", found);
        }
    }
}

impl Rules for Parameters {
    fn check_rules(&self, found: &mut Problems) {
        for (name, _) in self {
            if is_blank(name) {
                found.add(name, "the name of a parameter is blank");
            }
        }
    }
}

/// What a spec and a release have in common.
fn release(
    given: &str,
    config: &Config,
    parameters: Option<&SpecParameters>,
    found: &mut Problems,
) {
    version(given, "body.release", found);
    let config_at = "body.config";
    match config {
        Config::Workflow(config) => workflow::check(config, config_at, found),
        Config::Service(config) => service(config, config_at, found),
        _ => {}
    }
    if let Some(parameters) = parameters {
        parameters::check(parameters, "parameters", found);
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

/// Each `@param:<name>` must be of a declared parameter.
fn references(value: &Value, at: &str, declared: &BTreeSet<&str>, found: &mut Problems) {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix("@param:").filter(|name| !name.is_empty());
            if let Some(name) = name.filter(|name| !declared.contains(name)) {
                let message = format!("no parameter is named {name:?}");
                found.unknown(at, message, name, declared.iter().copied());
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

fn service(config: &ServiceConfig, at: &str, found: &mut Problems) {
    match (&config.image, &config.image_details) {
        (Some(_), Some(_)) => found.add(at, "a service has either `image` or `imageDetails`"),
        (None, None) => found.add(at, "a service needs `image` or `imageDetails`"),
        _ => {}
    }
    if let Some(image) = &config.image {
        formats::image_version(image, &join(at, "image"), found);
    }
    let minimum = config.min_instances.as_ref();
    formats::in_range(minimum, 1.0, 2.0, &join(at, "minInstances"), found);
    if config.service_type.value() == Some(&ServiceType::Api) {
        let of_web_apps = [
            ("sessionStickiness", config.session_stickiness.is_some()),
            ("scaleToZero", config.scale_to_zero.is_some()),
        ];
        for (key, is_given) in of_web_apps {
            if is_given {
                found.add(join(at, key), "only a service of type `web-app` has it");
            }
        }
    }
}

fn scope(scope: Option<&Scope>, tenants: Option<&[String]>, at: &str, found: &mut Problems) {
    let has_tenants = tenants.is_some_and(|tenants| !tenants.is_empty());
    match scope {
        Some(Scope::Shared) if !has_tenants => {
            found.add(join(at, "scope"), "the scope `shared` needs `tenants`");
        }
        Some(Scope::Private | Scope::Public) | None if has_tenants => {
            found.add(join(at, "tenants"), "only the scope `shared` has tenants");
        }
        _ => {}
    }
    formats::unique(
        tenants.unwrap_or(&[]).iter().map(String::as_str),
        &join(at, "tenants"),
        "",
        found,
    );
}

fn name(name: &str, at: &str, found: &mut Problems) {
    if is_blank(name) {
        found.add(join(at, "name"), "the name is blank");
    }
}

fn tags(tags: Option<&[Tag]>, at: &str, found: &mut Problems) {
    let names = tags.unwrap_or(&[]).iter().map(|tag| tag.name.as_str());
    formats::unique(names, &join(at, "tags"), ".name", found);
}

fn version(version: &str, at: &str, found: &mut Problems) {
    if !is_semantic_version(version) {
        let message = format!("{version:?} is not a semantic version such as 1.0.0");
        found.add(join(at, "version"), message);
    }
}
