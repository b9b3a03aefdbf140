//! The rules for requests about apps.

use super::super::problem::Problems;
use super::super::unknown::join;
use super::formats::{is_blank, unique};
use super::{Rules, name, parameters, scope, tags, version};
use crate::types::*;

impl Rules for CreateAppSpec {
    fn check_rules(&self, found: &mut Problems) {
        let body = "body";
        let format = &self.body.version;
        if format.as_i64() != Some(1) && format.as_str() != Some("1") {
            found.add(join(body, "version"), "the version of a spec is always 1");
        }
        if self.body.kind != SpecKind::App {
            found.add(join(body, "kind"), "the kind of an app is `app`");
        }
        let metadata = "body.metadata";
        name(&self.body.metadata.name, metadata, found);
        tags(self.body.metadata.tags.as_deref(), metadata, found);
        release(
            &self.body.release.version,
            &self.body.config,
            self.parameters.as_deref(),
            found,
        );
        scope(self.scope.as_ref(), self.tenants.as_deref(), "", found);
    }
}

impl Rules for CreateAppSpecRelease {
    fn check_rules(&self, found: &mut Problems) {
        release(
            &self.body.release.version,
            &self.body.config,
            self.parameters.as_deref(),
            found,
        );
    }
}

impl Rules for CreateAppDeployment {
    fn check_rules(&self, found: &mut Problems) {
        let metadata = "metadata";
        if let Some(given) = &self.metadata.name {
            name(given, metadata, found);
        }
        tags(self.metadata.tags.as_deref(), metadata, found);
        let spec = "spec";
        id(&self.spec.id, spec, found);
        if let Some(release) = &self.spec.release {
            version(&release.version, &join(spec, "release"), found);
        }
        choices(self.spec.includes.as_deref(), "spec.includes", found);
        choices(self.spec.excludes.as_deref(), "spec.excludes", found);
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
            for name in names.filter(|name| is_blank(name)) {
                found.add(join(at, name), "the name of a parameter is blank");
            }
        }
    }
}

/// What an app spec and its release have in common.
fn release(
    given: &str,
    config: &[AppBlock],
    declared: Option<&SpecParameters>,
    found: &mut Problems,
) {
    version(given, "body.release", found);
    for (index, block) in config.iter().enumerate() {
        let at = format!("body.config[{index}]");
        id(&block.id, &at, found);
        version(&block.release.version, &join(&at, "release"), found);
    }
    let ids = config.iter().map(|block| block.id.as_str());
    unique(ids, "body.config", ".id", found);
    if let Some(declared) = declared {
        parameters::check(declared, "parameters", found);
    }
}

fn choices(blocks: Option<&[BlockChoice]>, at: &str, found: &mut Problems) {
    let blocks = blocks.unwrap_or(&[]);
    for (index, block) in blocks.iter().enumerate() {
        id(&block.id, &format!("{at}[{index}]"), found);
    }
    unique(
        blocks.iter().map(|block| block.id.as_str()),
        at,
        ".id",
        found,
    );
}

fn id(id: &str, at: &str, found: &mut Problems) {
    if is_blank(id) {
        found.add(join(at, "id"), "the id is blank");
    }
}
