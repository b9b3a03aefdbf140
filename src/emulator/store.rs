//! The emulator's data: specs with their releases, deployments with their revisions, apps.

use std::collections::BTreeMap;

use semver::Version;
use serde_json::{Map, Value, json};

use super::artifact::ArtifactEntry;
use super::metadata::text;
use super::parameters::Values;
use super::response::ErrorResponse;
use crate::types::{AppBlock, SpecParameters};

/// The creator of everything.
const CREATOR: &str = "someone@example.com";

/// Everything by id, blocks and apps alike. Ids ascend, so maps are in the order of creation.
pub(super) struct Store {
    pub(super) specs: BTreeMap<String, Spec>,
    pub(super) deployments: BTreeMap<String, Deployment>,
    /// How many descriptions show a new deployment as in progress.
    pub(super) deploys_after: u32,
    /// The final status of the next rollout, if not `deployed`.
    pub(super) next_final_status: Option<String>,
    /// How many names have been tried for seeded specs.
    pub(super) seeded: u64,
    ticks: u64,
}

/// Blocks and apps have separate calls, which do not see each other's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Blocks,
    Apps,
}

pub(super) struct Spec {
    pub(super) id: String,
    pub(super) family: Family,
    pub(super) kind: String,
    pub(super) featured: bool,
    pub(super) scope: String,
    pub(super) tenants: Value,
    /// The metadata as sent, and `status`.
    pub(super) metadata: Map<String, Value>,
    pub(super) created: Created,
    /// At least one, sorted by version.
    pub(super) releases: Vec<Release>,
}

pub(super) struct Release {
    pub(super) id: String,
    /// The version and the notes, as sent.
    pub(super) sent: Map<String, Value>,
    pub(super) version: Version,
    pub(super) config: Value,
    /// The blocks of an app.
    pub(super) blocks: Vec<AppBlock>,
    pub(super) parameters: Value,
    pub(super) definitions: SpecParameters,
    pub(super) auto_run: bool,
    pub(super) artifact: Option<StoredArtifact>,
    pub(super) created: Created,
}

pub(super) struct StoredArtifact {
    pub(super) id: String,
    pub(super) version: usize,
    pub(super) entries: Vec<ArtifactEntry>,
}

pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) family: Family,
    pub(super) spec_id: String,
    pub(super) kind: String,
    /// The metadata as sent, always with a name.
    pub(super) metadata: Map<String, Value>,
    pub(super) rollout: Rollout,
    /// The app deployment that this is a block of.
    pub(super) parent: Option<String>,
    pub(super) created: Created,
    /// At least one, sorted by number, from 1.
    pub(super) revisions: Vec<Revision>,
}

pub(super) struct Revision {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) version: String,
    pub(super) notes: Value,
    pub(super) values: Values,
    /// The values, except those that a block inherits from its app.
    pub(super) own_values: Values,
    /// The values, with hidden ones masked.
    pub(super) masked: Value,
    /// The blocks of an app.
    pub(super) blocks: Vec<DeployedBlock>,
    pub(super) created: Created,
}

/// A block of an app deployment.
pub(super) struct DeployedBlock {
    pub(super) name: String,
    pub(super) deployment_id: String,
    /// The block's revision when the app's revision was created.
    pub(super) revision: u64,
    pub(super) auto_run: bool,
}

/// A deployment's progress, which is advanced by descriptions and not by time.
pub(super) struct Rollout {
    pub(super) status: String,
    descriptions_left: u32,
    final_status: String,
}

impl Rollout {
    /// Counts a description. The status changes before the first one beyond the limit.
    pub(super) fn describe(&mut self) {
        if self.descriptions_left == 0 {
            self.status.clone_from(&self.final_status);
        } else {
            self.descriptions_left -= 1;
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.status == self.final_status
    }

    /// Whether the rollout failed and can be repeated.
    pub(super) fn has_failed(&self) -> bool {
        !matches!(&*self.status, "deployed" | "deploying" | "redeploying")
    }

    /// The final status, if not `deployed`.
    pub(super) fn failure(&self) -> Option<String> {
        (self.final_status != "deployed").then(|| self.final_status.clone())
    }
}

/// When and by whom something was created.
pub(super) struct Created {
    at: String,
    by: &'static str,
}

impl Created {
    pub(super) fn add_to(&self, json: &mut Value) {
        json["createdAt"] = json!(self.at);
        json["createdBy"] = json!(self.by);
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        match name {
            "createdAt" => Some(&self.at),
            "createdBy" => Some(self.by),
            _ => None,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Store {
            specs: BTreeMap::new(),
            deployments: BTreeMap::new(),
            deploys_after: 1,
            next_final_status: None,
            seeded: 0,
            ticks: 0,
        }
    }
}

impl Store {
    fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    /// A new id, shaped like a UUID and greater than all previous ones.
    pub(super) fn next_id(&mut self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.tick())
    }

    /// A timestamp at least a millisecond after the previous one.
    pub(super) fn created_now(&mut self) -> Created {
        let ticks = self.tick();
        let [milliseconds, seconds, minutes, hours, days] = [
            ticks % 1000,
            ticks / 1000 % 60,
            ticks / 60_000 % 60,
            ticks / 3_600_000 % 24,
            ticks / 86_400_000,
        ];
        let day = days + 1;
        let at =
            format!("2020-01-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}Z");
        Created { at, by: CREATOR }
    }

    /// A rollout that has this status until it has been described often enough.
    pub(super) fn start_rollout(&mut self, status: &str) -> Rollout {
        let mut rollout = self.finished_rollout();
        if self.deploys_after > 0 {
            rollout.status = status.to_owned();
            rollout.descriptions_left = self.deploys_after;
        }
        rollout
    }

    /// A rollout that is finished from the start.
    pub(super) fn finished_rollout(&mut self) -> Rollout {
        let deployed = || "deployed".to_owned();
        let final_status = self.next_final_status.take().unwrap_or_else(deployed);
        Rollout {
            status: final_status.clone(),
            descriptions_left: 0,
            final_status,
        }
    }

    /// A spec of this family, or with `None` of any family.
    pub(super) fn spec(&self, family: Option<Family>, id: &str) -> Result<&Spec, ErrorResponse> {
        let spec = self.specs.get(id).filter(|spec| spec.is_of(family));
        spec.ok_or_else(|| ErrorResponse::not_found("spec", id))
    }

    pub(super) fn spec_mut(
        &mut self,
        family: Option<Family>,
        id: &str,
    ) -> Result<&mut Spec, ErrorResponse> {
        let spec = self.specs.get_mut(id).filter(|spec| spec.is_of(family));
        spec.ok_or_else(|| ErrorResponse::not_found("spec", id))
    }

    /// A deployment of this family, or with `None` of any family.
    pub(super) fn deployment(
        &self,
        family: Option<Family>,
        id: &str,
    ) -> Result<&Deployment, ErrorResponse> {
        let deployment = self.deployments.get(id).filter(|it| it.is_of(family));
        deployment.ok_or_else(|| ErrorResponse::not_found("deployment", id))
    }

    pub(super) fn deployment_mut(
        &mut self,
        family: Option<Family>,
        id: &str,
    ) -> Result<&mut Deployment, ErrorResponse> {
        let deployment = self.deployments.get_mut(id).filter(|it| it.is_of(family));
        deployment.ok_or_else(|| ErrorResponse::not_found("deployment", id))
    }

    /// The release that is deployed by the latest revision.
    pub(super) fn deployed_release(
        &self,
        deployment: &Deployment,
    ) -> Result<&Release, ErrorResponse> {
        let spec = self.spec(None, &deployment.spec_id)?;
        spec.release(&deployment.latest().version)
    }

    /// The blocks of an app deployment's latest revision, and their deployments.
    pub(super) fn blocks_of<'a>(
        &'a self,
        app: &'a Deployment,
    ) -> impl Iterator<Item = (&'a DeployedBlock, &'a Deployment)> {
        let blocks = app.latest().blocks.iter();
        blocks.filter_map(|block| Some((block, self.deployments.get(&block.deployment_id)?)))
    }
}

impl Spec {
    pub(super) fn is_of(&self, family: Option<Family>) -> bool {
        family.is_none_or(|family| family == self.family)
    }

    pub(super) fn latest(&self) -> &Release {
        &self.releases[self.releases.len() - 1]
    }

    pub(super) fn release(&self, version: &str) -> Result<&Release, ErrorResponse> {
        let mut releases = self.releases.iter();
        let release = releases.find(|release| release.version_text() == version);
        release.ok_or_else(|| ErrorResponse::not_found("release", version))
    }
}

impl Release {
    /// The version as it was sent.
    pub(super) fn version_text(&self) -> &str {
        text(&self.sent, "version").unwrap_or_default()
    }
}

impl Deployment {
    pub(super) fn is_of(&self, family: Option<Family>) -> bool {
        family.is_none_or(|family| family == self.family)
    }

    pub(super) fn latest(&self) -> &Revision {
        &self.revisions[self.revisions.len() - 1]
    }

    pub(super) fn latest_mut(&mut self) -> &mut Revision {
        let last = self.revisions.len() - 1;
        &mut self.revisions[last]
    }
}
