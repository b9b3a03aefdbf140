//! The methods that combine several calls: publish, deploy, wait.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Client, Deployed, PublishOptions, Published, Wait, body};
use crate::calls::apps::*;
use crate::calls::{Twins, blocks};
use crate::deploy::{self, Deploy, Values};
use crate::error::Result;
use crate::http::Request;
use crate::publish::{self, Publish};
use crate::session::Session;
use crate::types::{AppDeployment, CreateAppDeployment, CreateAppSpec};

/// Methods that combine several calls.
impl Client {
    /// Makes sure that an app spec with this release exists. See
    /// [`blocks::Client::publish`](crate::blocks::Client::publish), which does the same for a block.
    ///
    /// ```no_run
    /// use peak_press::{apps, types::CreateAppSpec};
    ///
    /// # fn main() -> peak_press::Result<()> {
    /// let published = apps::Client::from_env()?.publish(&CreateAppSpec::from_yaml_file("app.yaml")?)?;
    /// println!("{} {:?}", published.spec_id, published.change);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`blocks::Client::publish`](crate::blocks::Client::publish).
    pub fn publish(&self, request: &CreateAppSpec) -> Result<Published> {
        self.publish_with(request, &PublishOptions::new())
    }

    /// [`publish`](Client::publish) with options: whether to update the metadata of an existing
    /// spec.
    pub fn publish_with(
        &self,
        request: &CreateAppSpec,
        options: &PublishOptions,
    ) -> Result<Published> {
        publish::publish(&self.session, request, options)
    }

    /// Makes sure that an app deployment has this release and these parameters: finds it by its exact
    /// name, creates it, or creates a revision. See
    /// [`blocks::Client::deploy`](crate::blocks::Client::deploy).
    ///
    /// It is left [unchanged](super::DeployChange::Unchanged) only if the service's responses prove
    /// that the app has the same release and parameters, that its blocks are those of the release with
    /// the same parameters, and that it did not fail. A request with `includes` or `excludes` always
    /// leads to a revision. Two requests per block are sent to find out.
    ///
    /// # Errors
    ///
    /// Those of [`blocks::Client::deploy`](crate::blocks::Client::deploy).
    pub fn deploy(&self, request: &CreateAppDeployment) -> Result<Deployed> {
        deploy::deploy(&self.session, request)
    }

    /// Waits until an app deployment, or one of its revisions, is deployed. If it fails,
    /// [`WaitError::failed_blocks`](crate::WaitError::failed_blocks) names the blocks that failed.
    /// See [`blocks::Client::wait_for_deployment`](crate::blocks::Client::wait_for_deployment).
    pub fn wait_for_deployment(&self, deployment_id: &str, wait: &Wait) -> Result<AppDeployment> {
        let (deployment, revision) = (&DESCRIBE_DEPLOYMENT, &DESCRIBE_DEPLOYMENT_REVISION);
        wait.run(&self.session, deployment, revision, deployment_id)
    }
}

impl Publish for CreateAppSpec {
    fn calls(&self) -> &'static Twins {
        &TWINS
    }

    fn kind(&self) -> &str {
        self.body.kind.as_str()
    }

    fn name(&self) -> &str {
        &self.body.metadata.name
    }

    fn version(&self) -> &str {
        &self.body.release.version
    }

    fn metadata(&self) -> Value {
        json!({
            "metadata": self.body.metadata,
            "featured": self.featured,
            "scope": self.scope,
            "tenants": self.tenants,
        })
    }

    fn add_spec(&self, call: Request) -> Result<Request> {
        Ok(call.json(&body::spec(self)?))
    }

    fn add_release(&self, call: Request) -> Result<Request> {
        Ok(call.json(&body::release(&self.to_release())?))
    }
}

impl Deploy for CreateAppDeployment {
    fn calls(&self) -> &'static Twins {
        &TWINS
    }

    fn name(&self) -> Option<&str> {
        self.metadata.name.as_deref()
    }

    fn spec_id(&self) -> &str {
        &self.spec.id
    }

    fn version(&self) -> Option<&str> {
        Some(&self.spec.release.as_ref()?.version)
    }

    type Difference = Resets;

    fn compare(&self, session: &Session, current: &Value, version: &str) -> Result<(bool, Resets)> {
        let release: Value = session.get(&DESCRIBE_SPEC_RELEASE, &[&self.spec.id, version])?;
        let declared = deploy::definitions(&release);
        let given = deploy::values(&json!(self.app_parameters));
        let values = &current["appParameters"];
        let app = deploy::compare(&given, &Values::new(), values, declared);
        let mut inherited = deploy::defaults(declared);
        inherited.extend(given);
        let (same_blocks, blocks) = self.compare_blocks(session, current, &release, &inherited)?;
        // If the response does not have them, the values of the blocks, which inherit them, decide.
        let same_values = app.same || values.is_null();
        let chooses_blocks = self.spec.includes.is_some() || self.spec.excludes.is_some();
        let same = same_values && same_blocks && !chooses_blocks;
        Ok((
            same,
            Resets {
                app: app.resets,
                blocks,
            },
        ))
    }

    fn revision(&self, version: Option<&str>, resets: &Resets) -> impl Serialize {
        let mut revision = self.to_revision();
        revision.release = version.map(|version| Box::new(version.into()));
        deploy::add_values(&mut revision.app_parameters, &resets.app);
        for (name, resets) in &resets.blocks {
            let blocks = revision.parameters.get_or_insert_default();
            let mut parameters = blocks.remove(name).map(Box::new);
            deploy::add_values(&mut parameters, resets);
            blocks.extend(parameters.map(|parameters| (name.clone(), *parameters)));
        }
        revision
    }
}

/// The values to set for those that a request leaves out.
#[derive(Default)]
pub(crate) struct Resets {
    app: Values,
    /// By the block's name.
    blocks: BTreeMap<String, Values>,
}

impl CreateAppDeployment {
    /// Whether the blocks are those of the release, with the parameters of the request, and the
    /// values to set for those that the request leaves out.
    fn compare_blocks(
        &self,
        session: &Session,
        current: &Value,
        release: &Value,
        inherited: &Values,
    ) -> Result<(bool, BTreeMap<String, Values>)> {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut expected = list(&release["config"]);
        let given = json!(self.parameters.clone().unwrap_or_default());
        let mut missing: BTreeSet<_> = self.parameters.iter().flat_map(|it| it.keys()).collect();
        let of_app = &current["appParameters"];
        let of_app = of_app.is_object().then(|| deploy::values(of_app));
        let (mut same, mut resets) = (true, BTreeMap::new());
        for block in list(&current["latestRevision"]["blocks"]) {
            let [id, name] = ["deploymentId", "name"].map(|key| block[key].as_str());
            let (Some(id), Some(name)) = (id, name) else {
                return Ok((false, resets));
            };
            let deployed: Value = session.get(&blocks::DESCRIBE_DEPLOYMENT, &[id])?;
            let spec = &deployed["spec"];
            let Some(position) = expected.iter().position(|it| it["id"] == spec["id"]) else {
                same = false;
                continue;
            };
            let wanted = expected.swap_remove(position);
            same &= wanted["release"]["version"] == spec["release"]["version"];
            let [id, version] = [&wanted["id"], &wanted["release"]["version"]].map(Value::as_str);
            let arguments = [id.unwrap_or_default(), version.unwrap_or_default()];
            let release: Value = session.get(&blocks::DESCRIBE_SPEC_RELEASE, &arguments)?;
            let given = deploy::values(&given[name]);
            let (values, declared) = (&deployed["parameters"], deploy::definitions(&release));
            let compared = deploy::compare(&given, inherited, values, declared);
            same &= compared.same;
            // A value that equals the app's is inherited, so it needs no reset of its own.
            let (of_block, mut own) = (deploy::values(values), compared.resets);
            own.retain(|key, _| {
                of_app
                    .as_ref()
                    .is_some_and(|app| app.get(key) != of_block.get(key))
            });
            missing.remove(&name.to_owned());
            if !own.is_empty() {
                resets.insert(name.to_owned(), own);
            }
        }
        Ok((same && expected.is_empty() && missing.is_empty(), resets))
    }
}
