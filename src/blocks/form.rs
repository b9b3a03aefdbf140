//! The forms of `create_spec` and `create_spec_release`.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::artifact::{Artifact, Progress};
use crate::error::{Error, Result};
use crate::http::Form;
use crate::types::{CreateSpec, CreateSpecRelease, SpecParameters};

pub(crate) fn spec(request: &CreateSpec) -> Result<Form> {
    request
        .body
        .check()
        .map_err(|message| Error::invalid_argument("body.config", message))?;
    // The official client sends `null` if it is not set.
    let mut form = Form::new()
        .json("spec", &request.body)
        .json("featured", &request.featured);
    if let Some(scope) = &request.scope {
        form = form.text("scope", scope.as_str());
    }
    if let Some(tenants) = request.tenants.as_ref().filter(|list| !list.is_empty()) {
        form = form.json("tenants", tenants);
    }
    let parts = ReleaseParts {
        parameters: request.parameters.as_deref(),
        auto_run_on_deploy: request.auto_run_on_deploy,
        extra: &request.extra,
        artifact: request.artifact.as_ref(),
    };
    parts.add_to(form)
}

pub(crate) fn release(request: &CreateSpecRelease) -> Result<Form> {
    let parts = ReleaseParts {
        parameters: request.parameters.as_deref(),
        auto_run_on_deploy: request.auto_run_on_deploy,
        extra: &request.extra,
        artifact: request.artifact.as_ref(),
    };
    parts.add_to(Form::new().json("spec", &request.body))
}

/// The parts of a release besides its body, which both forms share.
struct ReleaseParts<'a> {
    parameters: Option<&'a SpecParameters>,
    auto_run_on_deploy: Option<bool>,
    extra: &'a Map<String, Value>,
    artifact: Option<&'a Artifact>,
}

impl ReleaseParts<'_> {
    fn add_to(self, mut form: Form) -> Result<Form> {
        let parameters = self.parameters;
        if let Some(parameters) = parameters.filter(|set| **set != SpecParameters::new()) {
            form = form.json("parameters", parameters);
        }
        if let Some(auto_run) = self.auto_run_on_deploy {
            form = form.json("autoRunOnDeploy", &auto_run);
        }
        // Text is sent without quotes, as the service expects `scope`; anything else as JSON.
        for (name, value) in self.extra {
            form = match value {
                Value::String(text) => form.text(name, text),
                value => form.json(name, value),
            };
        }
        match self.artifact {
            Some(artifact) => add_artifact(form, artifact),
            None => Ok(form),
        }
    }
}

fn add_artifact(form: Form, artifact: &Artifact) -> Result<Form> {
    let archive = artifact.build()?;
    let form = form.file(
        "artifact",
        archive.file_name,
        archive.content_type,
        archive.bytes,
    );
    let Some(report) = artifact.progress().cloned() else {
        return Ok(form);
    };
    Ok(form.on_progress(Arc::new(move |sent, total| {
        report(Progress { sent, total })
    })))
}
