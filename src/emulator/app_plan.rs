//! Plans the next revision of an app: its blocks, their releases and their values.

use std::collections::BTreeMap;

use super::deployments::{self, NewDeployment};
use super::parameters::{Sources, Values};
use super::response::ErrorResponse;
use super::revisions::ValidRevision;
use super::store::{Deployment, Family, Release, Store};
use crate::types::{BlockChoice, DeploymentParameters};

/// What a request changes in an app.
pub(super) struct Changes<'a> {
    pub(super) app_parameters: Option<&'a DeploymentParameters>,
    /// The values of each block, by name.
    pub(super) parameters: Option<&'a BTreeMap<String, DeploymentParameters>>,
    /// The name of the field with `includes` and `excludes`.
    pub(super) choices_field: &'static str,
    pub(super) includes: &'a [BlockChoice],
    pub(super) excludes: &'a [BlockChoice],
}

/// A valid revision of an app and of its blocks.
pub(super) struct Plan {
    pub(super) app: ValidRevision,
    pub(super) blocks: Vec<PlannedBlock>,
}

pub(super) struct PlannedBlock {
    /// The deployment that gets the revision; `None` for a new one.
    pub(super) existing: Option<String>,
    pub(super) deployment: NewDeployment,
    pub(super) name: String,
    pub(super) auto_run: bool,
    pub(super) revision: ValidRevision,
}

impl Plan {
    pub(super) fn new(
        store: &Store,
        release: &Release,
        changes: &Changes,
        current: Option<&Deployment>,
    ) -> Result<Self, ErrorResponse> {
        let app = ValidRevision::new(
            release,
            &Sources {
                field: "body.appParameters".into(),
                given: changes.app_parameters,
                previous: current
                    .map(|app| app.latest().own_values.clone())
                    .unwrap_or_default(),
                ..Sources::default()
            },
        )?;
        let mut blocks = Vec::new();
        for chosen in choose_blocks(store, release, changes)? {
            blocks.push(PlannedBlock::new(
                store,
                chosen,
                changes,
                app.values(),
                current,
            )?);
        }
        let mut names = changes.parameters.into_iter().flat_map(BTreeMap::keys);
        if let Some(name) = names.find(|name| blocks.iter().all(|block| block.name != **name)) {
            let field = format!("body.parameters.{name}");
            return Err(ErrorResponse::unprocessable(
                &field,
                "not a block of the app",
            ));
        }
        Ok(Plan { app, blocks })
    }
}

impl PlannedBlock {
    fn new(
        store: &Store,
        chosen: ChosenBlock,
        changes: &Changes,
        inherited: &Values,
        current: Option<&Deployment>,
    ) -> Result<Self, ErrorResponse> {
        let spec = store.spec(Some(Family::Blocks), &chosen.spec_id)?;
        let name = spec.name().to_owned();
        let mut deployed = current.into_iter().flat_map(|app| store.blocks_of(app));
        let existing = deployed.find(|(_, deployment)| deployment.spec_id == spec.id);
        let existing = existing.map(|(_, deployment)| deployment);
        let sources = Sources {
            field: format!("body.parameters.{name}"),
            given: changes.parameters.and_then(|blocks| blocks.get(&name)),
            previous: existing
                .map(|it| it.latest().own_values.clone())
                .unwrap_or_default(),
            inherited: inherited.clone(),
            ..Sources::default()
        };
        let is_free = deployments::check_name(store, &spec.kind, &name, None).is_ok();
        Ok(PlannedBlock {
            existing: existing.map(|deployment| deployment.id.clone()),
            deployment: NewDeployment::of(store, spec, is_free.then_some(&*name))?,
            revision: ValidRevision::inheriting(spec.release(&chosen.version)?, &sources)?,
            name,
            auto_run: chosen.auto_run,
        })
    }
}

/// A block to deploy.
struct ChosenBlock {
    spec_id: String,
    version: String,
    auto_run: bool,
}

/// The blocks of a release, minus the excluded ones, plus the included ones.
fn choose_blocks(
    store: &Store,
    release: &Release,
    changes: &Changes,
) -> Result<Vec<ChosenBlock>, ErrorResponse> {
    let mut chosen: Vec<_> = release
        .blocks
        .iter()
        .map(|block| ChosenBlock {
            spec_id: block.id.clone(),
            version: block.release.version.clone(),
            auto_run: block.auto_run_on_deploy.unwrap_or_default(),
        })
        .collect();
    for (index, choice) in changes.excludes.iter().enumerate() {
        let before = chosen.len();
        let spec_id = block_id(store, &choice.id);
        chosen.retain(|block| {
            let is_version = |version: &String| *version == block.version;
            block.spec_id != spec_id || !choice.release_version.as_ref().is_none_or(is_version)
        });
        if chosen.len() == before {
            let field = format!("{}.excludes[{index}]", changes.choices_field);
            let message = format!("{:?} is not a block of the app", choice.id);
            return Err(ErrorResponse::unprocessable(&field, message));
        }
    }
    for (index, choice) in changes.includes.iter().enumerate() {
        let refuse = |message: String| {
            let field = format!("{}.includes[{index}]", changes.choices_field);
            ErrorResponse::unprocessable(&field, message)
        };
        let spec_id = block_id(store, &choice.id);
        if chosen.iter().any(|block| block.spec_id == spec_id) {
            return Err(refuse(format!(
                "{:?} is already a block of the app",
                choice.id
            )));
        }
        let spec = store.spec(Some(Family::Blocks), spec_id);
        let release = spec.and_then(|spec| match &choice.release_version {
            Some(version) => spec.release(version),
            None => Ok(spec.latest()),
        });
        let release = release.map_err(|error| refuse(error.detail))?;
        chosen.push(ChosenBlock {
            spec_id: spec_id.to_owned(),
            version: release.version_text().to_owned(),
            auto_run: release.auto_run,
        });
    }
    Ok(chosen)
}

/// The id of a block spec, given its id or its name.
fn block_id<'a>(store: &'a Store, id_or_name: &'a str) -> &'a str {
    let mut specs = store
        .specs
        .values()
        .filter(|spec| spec.is_of(Some(Family::Blocks)));
    let found = specs.find(|spec| spec.id == id_or_name || spec.name() == id_or_name);
    found.map_or(id_or_name, |spec| &spec.id)
}
