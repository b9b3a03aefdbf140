//! The forms of `create_spec` and `create_spec_release`.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::artifact::{Artifact, Progress};
use crate::error::{Error, Result};
use crate::http::Form;
use crate::types::{CreateSpec, CreateSpecRelease, SpecParameters};

pub(crate) fn spec(request: &CreateSpec) -> Result<Form> {
    let CreateSpec {
        body,
        featured,
        scope,
        tenants,
        parameters,
        ..
    } = request;
    body.check()
        .map_err(|message| Error::invalid_argument("body.config", message))?;
    // The service's own client sends `null` where it is not given.
    let mut form = Form::new().json("spec", body)?.json("featured", featured)?;
    if let Some(scope) = scope {
        form = form.text("scope", scope.as_str());
    }
    if let Some(tenants) = tenants.as_ref().filter(|tenants| !tenants.is_empty()) {
        form = form.json("tenants", tenants)?;
    }
    finish(
        form,
        parameters,
        &request.auto_run_on_deploy,
        &request.extra,
        &request.artifact,
    )
}

pub(crate) fn release(request: &CreateSpecRelease) -> Result<Form> {
    let form = Form::new().json("spec", &request.body)?;
    let CreateSpecRelease {
        parameters,
        auto_run_on_deploy,
        extra,
        artifact,
        ..
    } = request;
    finish(form, parameters, auto_run_on_deploy, extra, artifact)
}

/// The parts that both have. What this crate does not know is sent as it was given: text bare, as
/// the service wants `scope`, anything else as JSON.
fn finish(
    mut form: Form,
    parameters: &Option<SpecParameters>,
    auto_run_on_deploy: &Option<bool>,
    extra: &Map<String, Value>,
    artifact: &Option<Artifact>,
) -> Result<Form> {
    if let Some(parameters) = parameters
        .as_ref()
        .filter(|parameters| !is_empty(parameters))
    {
        form = form.json("parameters", parameters)?;
    }
    if let Some(auto_run) = auto_run_on_deploy {
        form = form.json("autoRunOnDeploy", auto_run)?;
    }
    for (name, value) in extra {
        form = match value {
            Value::String(text) => form.text(name, text),
            value => form.json(name, value)?,
        };
    }
    let Some(artifact) = artifact else {
        return Ok(form);
    };
    let archive = artifact.build()?;
    let form = form.file(
        "artifact",
        archive.file_name,
        archive.content_type,
        archive.bytes,
    );
    Ok(match artifact.progress().cloned() {
        Some(report) => form.on_progress(Arc::new(move |sent, total| {
            report(Progress { sent, total })
        })),
        None => form,
    })
}

fn is_empty(parameters: &impl Serialize) -> bool {
    let parameters = serde_json::to_value(parameters);
    parameters.is_ok_and(|value| value.as_object().is_some_and(Map::is_empty))
}
