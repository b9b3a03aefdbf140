//! Which deployment a running block means, or the file that stands in for it.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::types::{GetParameters, GetRelatedBlockDetails};

/// Set by the platform inside a running block.
const VARIABLE: &str = "PRESS_DEPLOYMENT_ID";

/// Where to look.
#[derive(Debug, PartialEq)]
pub(crate) enum Place<'a> {
    Deployment(String),
    File(&'a Path),
}

impl<'a> Place<'a> {
    pub(crate) fn of_parameters(request: &'a GetParameters) -> Result<Self> {
        let file = (&request.fallback_params_file, "fallback_params_file");
        Place::find(env::var(VARIABLE).ok(), &request.deployment_id, file)
    }

    pub(crate) fn of_related_blocks(request: &'a GetRelatedBlockDetails) -> Result<Self> {
        let file = (&request.fallback_details_file, "fallback_details_file");
        Place::find(env::var(VARIABLE).ok(), &request.deployment_id, file)
    }

    /// The environment wins over the argument, and the argument over the file. Blank is absent.
    fn find(
        variable: Option<String>,
        deployment_id: &Option<String>,
        (file, file_name): (&'a Option<PathBuf>, &str),
    ) -> Result<Self> {
        let given = [variable, deployment_id.clone()].into_iter().flatten();
        if let Some(id) = given
            .map(|id| id.trim().to_owned())
            .find(|id| !id.is_empty())
        {
            return Ok(Place::Deployment(id));
        }
        let file = file.as_deref().map(Place::File);
        file.ok_or_else(|| {
            let message = format!(
                "there is none: set {VARIABLE} in the environment, as the platform does inside a \
                 block, or give a deployment_id, or a {file_name} to read instead"
            );
            Error::invalid_argument("deployment_id", message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(variable: Option<&str>, argument: Option<&str>, file: Option<&str>) -> Result<String> {
        let file = file.map(Into::into);
        let (variable, argument) = (variable.map(Into::into), argument.map(Into::into));
        let place = Place::find(variable, &argument, (&file, "fallback_params_file"))?;
        Ok(format!("{place:?}"))
    }

    #[test]
    fn the_environment_wins_then_the_argument_then_the_file() {
        let of = |v, a, f| find(v, a, f).unwrap();
        assert_eq!(of(Some("v"), Some("a"), Some("f")), r#"Deployment("v")"#);
        assert_eq!(of(None, Some("a"), Some("f")), r#"Deployment("a")"#);
        assert_eq!(of(Some(" "), Some("a"), Some("f")), r#"Deployment("a")"#);
        assert_eq!(of(Some(""), Some(""), Some("f")), r#"File("f")"#);
        assert_eq!(of(None, None, Some("f")), r#"File("f")"#);
    }

    #[test]
    fn none_of_them_is_an_error_that_names_all_three() {
        let error = find(None, Some(" "), None).unwrap_err().to_string();
        for way in [
            "PRESS_DEPLOYMENT_ID",
            "deployment_id",
            "fallback_params_file",
        ] {
            assert!(error.contains(way), "{error}");
        }
    }
}
