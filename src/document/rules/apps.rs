//! The rules for requests about apps.

use std::collections::BTreeMap;

use super::super::problem::Problems;
use super::super::rule::KIND;
use super::super::unknown::join;
use super::formats::{id, semantic_version, unique, version};
use super::metadata::{deployment_metadata, scope, spec_metadata};
use super::parameters::{self, blank_names, values};
use super::{Rules, format_version};
use crate::types::*;

impl Rules for CreateAppSpec {
    fn check_rules(&self, found: &mut Problems) {
        format_version(&self.body.version, found);
        // An unknown kind is reported elsewhere.
        if matches!(self.body.kind, SpecKind::Workflow | SpecKind::Service) {
            let message = format!("expected app, found \"{}\"", self.body.kind);
            found.add(KIND, "body.kind", message);
        }
        spec_metadata(&self.body.metadata, found);
        let parameters = self.parameters.as_deref();
        release(&self.body.release, &self.body.config, parameters, found);
        scope(self.scope.as_ref(), self.tenants.as_deref(), true, found);
    }
}

impl Rules for CreateAppSpecRelease {
    fn check_rules(&self, found: &mut Problems) {
        let parameters = self.parameters.as_deref();
        release(&self.body.release, &self.body.config, parameters, found);
    }
}

impl Rules for CreateAppDeployment {
    fn check_rules(&self, found: &mut Problems) {
        deployment_metadata(&self.metadata, found);
        id(&self.spec.id, "spec", found);
        if let Some(release) = &self.spec.release {
            version(&release.version, "spec.release", found);
        }
        choices(self.spec.includes.as_deref(), "spec.includes", found);
        choices(self.spec.excludes.as_deref(), "spec.excludes", found);
        values(self.app_parameters.as_deref(), "appParameters", found);
        blocks(self.parameters.as_ref(), found);
    }
}

impl Rules for CreateAppDeploymentRevision {
    fn check_rules(&self, found: &mut Problems) {
        if let Some(release) = &self.release {
            version(&release.version, "release", found);
        }
        if let Some(blocks) = &self.blocks_config {
            choices(blocks.includes.as_deref(), "blocksConfig.includes", found);
            choices(blocks.excludes.as_deref(), "blocksConfig.excludes", found);
        }
        values(self.app_parameters.as_deref(), "appParameters", found);
        blocks(self.parameters.as_ref(), found);
    }
}

impl Rules for PatchParameters {
    fn check_rules(&self, found: &mut Problems) {
        let maps = [
            ("appParameters", &self.app_parameters),
            ("parameters", &self.parameters),
        ];
        for (at, map) in maps {
            let names = map.iter().flat_map(|map| map.keys());
            blank_names(names.map(String::as_str), at, found);
        }
    }
}

/// Checks the parameters of an app's blocks, by block name.
fn blocks(parameters: Option<&BTreeMap<String, DeploymentParameters>>, found: &mut Problems) {
    let at = "parameters";
    for (block, parameters) in parameters.into_iter().flatten() {
        blank_names([block.as_str()], at, found);
        values(Some(parameters), &join(at, block), found);
    }
}

/// The rules that app specs and their releases share.
fn release(
    given: &NewRelease,
    config: &[AppBlock],
    declared: Option<&SpecParameters>,
    found: &mut Problems,
) {
    version(&given.version, "body.release", found);
    for (index, block) in config.iter().enumerate() {
        let at = format!("body.config[{index}]");
        version(&block.release.version, &join(&at, "release"), found);
    }
    let ids = config.iter().map(|block| block.id.as_str());
    unique(ids, "body.config", ".id", found);
    if let Some(declared) = declared {
        parameters::check(declared, found);
    }
}

fn choices(blocks: Option<&[BlockChoice]>, at: &str, found: &mut Problems) {
    let blocks = blocks.unwrap_or(&[]);
    for (index, block) in blocks.iter().enumerate() {
        if let Some(given) = &block.release_version {
            semantic_version(given, format!("{at}[{index}].releaseVersion"), found);
        }
    }
    let ids = blocks.iter().map(|block| block.id.as_str());
    unique(ids, at, ".id", found);
}
