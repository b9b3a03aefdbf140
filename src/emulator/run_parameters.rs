//! Handles the calls on run parameters.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::body::{self, Document};
use super::parameters::Sources;
use super::response::{ErrorResponse, HandlerResult};
use super::revisions::ValidRevision;
use super::routed::Routed;
use super::store::{Deployment, Family, Store};
use crate::types::DeploymentParameters;

pub(super) fn get(store: &mut Store, routed: &Routed) -> HandlerResult {
    let deployment = store.deployment(None, routed.deployment_id())?;
    Ok(Value::Object(deployment.latest().values.run.clone()))
}

/// The body contains the parameters of a block, or of an app itself.
pub(super) fn patch(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    let deployment = store.deployment(None, id)?;
    let body: Document<Map<String, Value>> = body::json(routed.request)?;
    let given = DeploymentParameters::new().run(body.typed);
    let patched = match deployment.family {
        Family::Blocks => vec![patch_block(store, deployment, "body", Some(&given))?],
        Family::Apps => patch_app(store, deployment, "body", Some(&given), &BTreeMap::new())?,
    };
    save(store, patched)?;
    get(store, routed)
}

#[derive(Deserialize)]
struct BlockPatch {
    parameters: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppPatch {
    app_parameters: Option<Map<String, Value>>,
    #[serde(default)]
    parameters: Option<BTreeMap<String, Map<String, Value>>>,
}

pub(super) fn patch_v2(store: &mut Store, routed: &Routed) -> HandlerResult {
    let id = routed.deployment_id();
    let deployment = store.deployment(None, id)?;
    let run = |values: Map<String, Value>| DeploymentParameters::new().run(values);
    let patched = match deployment.family {
        Family::Blocks => {
            let body: Document<BlockPatch> = body::json(routed.request)?;
            let given = body.typed.parameters.map(run);
            vec![patch_block(
                store,
                deployment,
                "body.parameters",
                given.as_ref(),
            )?]
        }
        Family::Apps => {
            let body: Document<AppPatch> = body::json(routed.request)?;
            let given = body.typed.app_parameters.map(run);
            let blocks = body.typed.parameters.unwrap_or_default();
            let blocks = blocks.into_iter().map(|(name, values)| (name, run(values)));
            let field = "body.appParameters";
            patch_app(store, deployment, field, given.as_ref(), &blocks.collect())?
        }
    };
    save(store, patched)?;
    let deployment = store.deployment(None, id)?;
    let run = &deployment.latest().values.run;
    Ok(match deployment.family {
        Family::Blocks => json!({ "parameters": run }),
        Family::Apps => {
            let blocks = store.blocks_of(deployment);
            let blocks =
                blocks.map(|(block, it)| (block.name.clone(), json!(it.latest().values.run)));
            json!({ "appParameters": run, "parameters": Value::Object(blocks.collect()) })
        }
    })
}

/// The id of a deployment, and the new values of its latest revision.
type Patched = (String, ValidRevision);

fn patch_block(
    store: &Store,
    deployment: &Deployment,
    field: &str,
    given: Option<&DeploymentParameters>,
) -> Result<Patched, ErrorResponse> {
    let release = store.deployed_release(deployment)?;
    let given = Sources {
        field: field.into(),
        run_only: true,
        given,
        ..Sources::default()
    };
    let revision = ValidRevision::of_block(store, deployment, release, given)?;
    Ok((deployment.id.clone(), revision))
}

/// Patches an app and all of its blocks, which inherit the app's values.
fn patch_app(
    store: &Store,
    app: &Deployment,
    field: &str,
    given: Option<&DeploymentParameters>,
    blocks: &BTreeMap<String, DeploymentParameters>,
) -> Result<Vec<Patched>, ErrorResponse> {
    let unknown = |name: &&String| app.latest().blocks.iter().all(|block| block.name != **name);
    if let Some(name) = blocks.keys().find(unknown) {
        let field = format!("body.parameters.{name}");
        return Err(ErrorResponse::unprocessable(
            &field,
            "not a block of the app",
        ));
    }
    let sources = Sources {
        field: field.into(),
        run_only: true,
        given,
        previous: app.latest().own_values.clone(),
        ..Sources::default()
    };
    let revision = ValidRevision::new(store.deployed_release(app)?, &sources)?;
    let inherited = revision.values().clone();
    let mut patched = vec![(app.id.clone(), revision)];
    for (block, deployment) in store.blocks_of(app) {
        let sources = Sources {
            field: format!("body.parameters.{}", block.name),
            run_only: true,
            given: blocks.get(&block.name),
            previous: deployment.latest().own_values.clone(),
            inherited: inherited.clone(),
        };
        let release = store.deployed_release(deployment)?;
        let revision = ValidRevision::inheriting(release, &sources)?;
        patched.push((deployment.id.clone(), revision));
    }
    Ok(patched)
}

fn save(store: &mut Store, patched: Vec<Patched>) -> Result<(), ErrorResponse> {
    for (id, revision) in patched {
        revision.replace_values(store.deployment_mut(None, &id)?.latest_mut());
    }
    Ok(())
}
