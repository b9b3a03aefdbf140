//! The rules for metadata and for the scope of a spec.

use super::super::problem::Problems;
use super::super::rule::{BLANK_NAME, TENANTS};
use super::super::unknown::join;
use super::formats::{is_blank, unique};
use crate::types::{DeploymentMetadata, Scope, SpecMetadata, Tag};

pub(super) fn spec_metadata(metadata: &SpecMetadata, found: &mut Problems) {
    let tags = metadata.tags.as_deref();
    metadata_update(Some(&metadata.name), tags, "body.metadata", found);
}

pub(super) fn deployment_metadata(metadata: &DeploymentMetadata, found: &mut Problems) {
    let (name, tags) = (metadata.name.as_deref(), metadata.tags.as_deref());
    metadata_update(name, tags, "metadata", found);
}

pub(super) fn metadata_update(
    name: Option<&str>,
    tags: Option<&[Tag]>,
    at: &str,
    found: &mut Problems,
) {
    if name.is_some_and(is_blank) {
        found.add(BLANK_NAME, join(at, "name"), "the name is blank");
    }
    let names = tags.unwrap_or(&[]).iter().map(|tag| tag.name.as_str());
    unique(names, &join(at, "tags"), ".name", found);
}

/// A new spec must be complete; an update may omit what the spec already has.
pub(super) fn scope(
    scope: Option<&Scope>,
    tenants: Option<&[String]>,
    is_new: bool,
    found: &mut Problems,
) {
    let tenants = tenants.unwrap_or(&[]);
    let only_shared = "only the scope `shared` has tenants";
    match scope {
        Some(Scope::Shared) if tenants.is_empty() && is_new => {
            found.add(TENANTS, "scope", "the scope `shared` needs `tenants`");
        }
        Some(scope @ (Scope::Private | Scope::Public)) if !tenants.is_empty() => {
            let message = format!("{only_shared}, and the scope is `{scope}`");
            found.add(TENANTS, "tenants", message);
        }
        None if !tenants.is_empty() && is_new => {
            let message = format!("{only_shared}, and there is no `scope`");
            found.add(TENANTS, "tenants", message);
        }
        _ => {}
    }
    unique(tenants.iter().map(String::as_str), "tenants", "", found);
}
