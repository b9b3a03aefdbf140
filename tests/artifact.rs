//! Artifacts: their files, size limit, archives and documents.

#[path = "artifact/archives.rs"]
mod archives;
#[path = "artifact/documents.rs"]
mod documents;
#[path = "artifact/helpers.rs"]
mod helpers;
#[path = "artifact/limit.rs"]
mod limit;
#[path = "artifact/selection.rs"]
mod selection;
