//! Chooses the deployment whose parameters or related blocks to read, or the file to read instead.

use std::env;
use std::path::Path;

use crate::error::{Error, Result};
use crate::types::{GetParameters, GetRelatedBlockDetails};

/// Set by the platform inside a running block.
const VARIABLE: &str = "PRESS_DEPLOYMENT_ID";

#[derive(Debug, PartialEq)]
pub(crate) enum DeploymentOrFile<'a> {
    Deployment(String),
    File(&'a Path),
}

impl<'a> DeploymentOrFile<'a> {
    pub(crate) fn for_parameters(request: &'a GetParameters) -> Result<Self> {
        let file = request.fallback_params_file.as_deref();
        let id = request.deployment_id.as_deref();
        choose(env::var(VARIABLE).ok(), id, file, "fallback_params_file")
    }

    pub(crate) fn for_related_blocks(request: &'a GetRelatedBlockDetails) -> Result<Self> {
        let file = request.fallback_details_file.as_deref();
        let id = request.deployment_id.as_deref();
        choose(env::var(VARIABLE).ok(), id, file, "fallback_details_file")
    }
}

/// The environment wins over the argument, and the argument over the file. A blank id is ignored.
fn choose<'a>(
    variable: Option<String>,
    deployment_id: Option<&str>,
    file: Option<&'a Path>,
    file_name: &str,
) -> Result<DeploymentOrFile<'a>> {
    let mut ids = [variable.as_deref(), deployment_id].into_iter().flatten();
    if let Some(id) = ids.find(|id| !id.trim().is_empty()) {
        return Ok(DeploymentOrFile::Deployment(id.trim().to_owned()));
    }
    file.map(DeploymentOrFile::File).ok_or_else(|| {
        let message = format!(
            "is missing: set {VARIABLE} in the environment, as the platform does inside a block, \
             or pass a deployment_id, or a {file_name} to read instead"
        );
        Error::invalid_argument("deployment_id", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variable: Option<&str>, id: Option<&str>, file: Option<&str>) -> String {
        let file = file.map(Path::new);
        match choose(variable.map(Into::into), id, file, "fallback_params_file") {
            Ok(chosen) => format!("{chosen:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_environment_wins_then_the_argument_then_the_file() {
        assert_eq!(
            chosen(Some("v"), Some("a"), Some("f")),
            r#"Deployment("v")"#
        );
        assert_eq!(chosen(None, Some("a"), Some("f")), r#"Deployment("a")"#);
        assert_eq!(
            chosen(Some(" "), Some("a"), Some("f")),
            r#"Deployment("a")"#
        );
        assert_eq!(chosen(Some(""), Some(""), Some("f")), r#"File("f")"#);
        assert_eq!(chosen(None, None, Some("f")), r#"File("f")"#);
    }

    #[test]
    fn an_id_is_trimmed() {
        assert_eq!(chosen(None, Some(" a\n"), None), r#"Deployment("a")"#);
    }

    #[test]
    fn the_error_without_any_of_them_names_all_three() {
        let error = chosen(None, Some(" "), None);
        for way in [
            "PRESS_DEPLOYMENT_ID",
            "deployment_id",
            "fallback_params_file",
        ] {
            assert!(error.contains(way), "{error}");
        }
    }
}
