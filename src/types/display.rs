//! One line for each spec, deployment and revision, for lists and logs.

use std::fmt;

use super::*;
use crate::error::excerpt;

/// Writes `head (details)`. What is missing is left out, and the service's texts are shortened.
fn write_line(
    f: &mut fmt::Formatter<'_>,
    head: &[Option<&str>],
    details: &[Option<&str>],
) -> fmt::Result {
    let join = |texts: &[Option<&str>], separator| {
        let texts = texts.iter().flatten().map(|text| excerpt(text, 100));
        let texts: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
        texts.join(separator)
    };
    let (head, details) = (join(head, " "), join(details, ", "));
    if head.is_empty() || details.is_empty() {
        f.pad(&(head + &details))
    } else {
        f.pad(&format!("{head} ({details})"))
    }
}

fn write_spec(
    f: &mut fmt::Formatter<'_>,
    id: &str,
    kind: Option<&str>,
    metadata: Option<&SpecInfo>,
    version: Option<&str>,
) -> fmt::Result {
    let name = metadata.and_then(|metadata| metadata.name.as_deref());
    let status = metadata.and_then(|metadata| metadata.status.as_ref());
    let status = status.map(SpecStatus::as_str);
    write_line(
        f,
        &[name, version],
        &[kind, status, Some(&format!("id {id}"))],
    )
}

fn write_deployment(
    f: &mut fmt::Formatter<'_>,
    id: &str,
    kind: Option<&str>,
    metadata: Option<&DeploymentInfo>,
    revision: Option<u64>,
) -> fmt::Result {
    let name = metadata.and_then(|metadata| metadata.name.as_deref());
    let status = metadata.and_then(|metadata| metadata.status.as_ref());
    let status = status.map(DeploymentStatus::as_str);
    let revision = revision.map(|number| format!("revision {number}"));
    let id = format!("id {id}");
    write_line(f, &[name, revision.as_deref()], &[kind, status, Some(&id)])
}

fn write_revision(
    f: &mut fmt::Formatter<'_>,
    id: Option<&str>,
    number: Option<u64>,
    status: Option<&RevisionStatus>,
) -> fmt::Result {
    let number = number.map_or("revision".into(), |number| format!("revision {number}"));
    let id = id.map(|id| format!("id {id}"));
    let status = status.map(RevisionStatus::as_str);
    write_line(f, &[Some(&number)], &[status, id.as_deref()])
}

/// `forecast 1.2.0 (workflow, available, id 632a4e7c)`: name, latest version, kind, status and ID.
impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_ref().map(BlockKind::as_str);
        let version = self.latest_version();
        write_spec(f, &self.id, kind, self.metadata.as_deref(), version)
    }
}

/// `demand 1.2.0 (app, available, id 632a4e7c)`: name, latest version, kind, status and ID.
impl fmt::Display for AppSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_ref().map(SpecKind::as_str);
        let release = self.latest_release.as_ref();
        let version = release.and_then(|release| release.version.as_deref());
        write_spec(f, &self.id, kind, self.metadata.as_deref(), version)
    }
}

/// `demand 1.2.0 (app, available, id 632a4e7c)`: name, latest version, kind, status and ID.
impl fmt::Display for AnySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_ref().map(SpecKind::as_str);
        let release = self.latest_release.as_ref();
        let version = release.and_then(|release| release.version.as_deref());
        write_spec(f, &self.id, kind, self.metadata.as_deref(), version)
    }
}

/// `north revision 2 (workflow, deployed, id 7092bd84)`: name, latest revision, kind, status and ID.
impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_ref().map(BlockKind::as_str);
        let revision = self.latest_revision.as_ref().and_then(|r| r.revision);
        write_deployment(f, &self.id, kind, self.metadata.as_deref(), revision)
    }
}

/// `north revision 2 (app, deployed, id 7092bd84)`: name, latest revision, kind, status and ID.
impl fmt::Display for AppDeployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_ref().map(SpecKind::as_str);
        let revision = self.latest_revision.as_ref().and_then(|r| r.revision);
        write_deployment(f, &self.id, kind, self.metadata.as_deref(), revision)
    }
}

/// `north revision 2 (app, deployed, id 7092bd84)`: name, latest revision, kind, status and ID.
impl fmt::Display for AnyDeployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.as_ref().map(SpecKind::as_str);
        let revision = self.latest_revision.as_ref().and_then(|r| r.revision);
        write_deployment(f, &self.id, kind, self.metadata.as_deref(), revision)
    }
}

/// `revision 2 (deployed, id 7092bd84)`: number, status and ID.
impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_revision(f, self.id.as_deref(), self.revision, self.status.as_ref())
    }
}

/// `revision 2 (deployed, id 7092bd84)`: number, status and ID.
impl fmt::Display for AppRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_revision(f, self.id.as_deref(), self.revision, self.status.as_ref())
    }
}
