//! What the emulator remembers: specs with their releases, deployments with their revisions, apps.

use std::collections::BTreeMap;

use semver::Version;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::archive::ArtifactEntry;
use super::parameters::Values;
use crate::types::SpecParameters;

/// Who creates everything here.
const SOMEONE: &str = "someone@example.com";

/// Everything, by id. Ids are given out in ascending order, so a map is in the order of creation.
pub(super) struct State {
    pub(super) specs: BTreeMap<String, Spec>,
    pub(super) deployments: BTreeMap<String, Deployment>,
    /// The deployments of each app deployment.
    pub(super) apps: BTreeMap<String, Vec<String>>,
    /// How often a deployment is described as under way.
    pub(super) deploys_after: u32,
    /// How the next deployment ends, where that is not `deployed`.
    pub(super) next_end: Option<String>,
    /// How many specs were made without a request.
    pub(super) seeded: u64,
    ticks: u64,
}

pub(super) struct Spec {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) featured: bool,
    pub(super) scope: String,
    pub(super) tenants: Value,
    /// As sent, and `status`.
    pub(super) metadata: Map<String, Value>,
    pub(super) created: Created,
    /// In ascending order of their versions. There is always one.
    pub(super) releases: Vec<Release>,
}

pub(super) struct Release {
    pub(super) id: String,
    /// As sent: its version and notes.
    pub(super) sent: Map<String, Value>,
    pub(super) version: Version,
    pub(super) config: Value,
    pub(super) parameters: Value,
    pub(super) definitions: SpecParameters,
    pub(super) auto_run: bool,
    pub(super) artifact: Option<Artifact>,
    pub(super) created: Created,
}

pub(super) struct Artifact {
    pub(super) id: String,
    pub(super) version: usize,
    pub(super) entries: Vec<ArtifactEntry>,
}

pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) spec_id: String,
    pub(super) kind: String,
    /// As sent, and a name.
    pub(super) metadata: Map<String, Value>,
    pub(super) progress: Progress,
    pub(super) parent: Option<String>,
    pub(super) created: Created,
    /// In the order of their numbers, which start with 1. There is always one.
    pub(super) revisions: Vec<Revision>,
}

pub(super) struct Revision {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) version: String,
    pub(super) notes: Value,
    pub(super) values: Values,
    /// The values as others may see them.
    pub(super) masked: Value,
    pub(super) created: Created,
}

/// Where a deployment stands. It moves on by being looked at: no clock has a part in it.
pub(super) struct Progress {
    pub(super) status: String,
    looks_left: u32,
    end: String,
}

impl Progress {
    /// One look: the status that it shows stays until the next.
    pub(super) fn look(&mut self) {
        match self.looks_left {
            0 => self.status.clone_from(&self.end),
            _ => self.looks_left -= 1,
        }
    }
}

/// When something was created, and by whom.
pub(super) struct Created {
    pub(super) at: String,
    pub(super) by: &'static str,
}

impl Created {
    pub(super) fn add_to(&self, answer: &mut Value) {
        answer["createdAt"] = json!(self.at);
        answer["createdBy"] = json!(self.by);
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        match name {
            "createdAt" => Some(&self.at),
            "createdBy" => Some(self.by),
            _ => None,
        }
    }
}

impl Default for State {
    fn default() -> Self {
        State {
            specs: BTreeMap::new(),
            deployments: BTreeMap::new(),
            apps: BTreeMap::new(),
            deploys_after: 1,
            next_end: None,
            seeded: 0,
            ticks: 0,
        }
    }
}

impl State {
    fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    /// A new id, in the form of a UUID and greater than those before it.
    pub(super) fn next_id(&mut self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.tick())
    }

    /// A point in time that is a millisecond after the one before it.
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
        Created { at, by: SOMEONE }
    }

    /// A deployment that sets out with this status.
    pub(super) fn set_out(&mut self, status: &str) -> Progress {
        let end = self.next_end.take().unwrap_or_else(|| "deployed".into());
        let status = if self.deploys_after == 0 {
            &end
        } else {
            status
        };
        Progress {
            status: status.to_owned(),
            looks_left: self.deploys_after,
            end,
        }
    }

    pub(super) fn spec(&mut self, id: &str) -> Result<&mut Spec, Refusal> {
        self.specs
            .get_mut(id)
            .ok_or_else(|| Refusal::not_found("spec", id))
    }

    pub(super) fn deployment(&mut self, id: &str) -> Result<&mut Deployment, Refusal> {
        self.deployments
            .get_mut(id)
            .ok_or_else(|| Refusal::not_found("deployment", id))
    }
}

impl Spec {
    pub(super) fn latest(&self) -> &Release {
        &self.releases[self.releases.len() - 1]
    }

    pub(super) fn release(&self, version: &str) -> Result<&Release, Refusal> {
        let found = self
            .releases
            .iter()
            .find(|release| release.text() == version);
        found.ok_or_else(|| Refusal::not_found("release", version))
    }
}

impl Release {
    /// The version as it was written.
    pub(super) fn text(&self) -> &str {
        text(&self.sent, "version").unwrap_or_default()
    }
}

impl Deployment {
    pub(super) fn latest(&self) -> &Revision {
        &self.revisions[self.revisions.len() - 1]
    }

    pub(super) fn latest_mut(&mut self) -> &mut Revision {
        let last = self.revisions.len() - 1;
        &mut self.revisions[last]
    }
}

/// A field of text.
pub(super) fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name)?.as_str()
}

/// Checks a name against the metadata of all others that are of the same kind.
pub(super) fn unique_name<'a>(
    name: &str,
    mut others: impl Iterator<Item = &'a Map<String, Value>>,
) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::unacceptable("metadata.name", "it is empty"));
    }
    match others.any(|metadata| text(metadata, "name") == Some(name)) {
        true => Err(Refusal::conflict(format!(
            "metadata.name: {name:?} is taken by another of its kind"
        ))),
        false => Ok(()),
    }
}
