//! How an artifact is read from a document and written to one: as `path` and `ignore_files`.
//! Its other settings are not part of a document: the caller sets them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::scalar::text;
use crate::Artifact;

#[derive(Deserialize)]
struct ArtifactFields {
    #[serde(deserialize_with = "text")]
    path: String,
    #[serde(default)]
    ignore_files: Option<Vec<String>>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

#[derive(Serialize)]
struct ArtifactFieldsRef<'a> {
    path: &'a std::path::Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignore_files: Option<&'a [String]>,
    #[serde(flatten)]
    extra: &'a Map<String, Value>,
}

impl<'de> Deserialize<'de> for Artifact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = ArtifactFields::deserialize(deserializer)?;
        Ok(Artifact::from_document(
            fields.path,
            fields.ignore_files,
            fields.extra,
        ))
    }
}

impl Serialize for Artifact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = ArtifactFieldsRef {
            path: self.path(),
            ignore_files: self.ignore_file_names(),
            extra: self.extra(),
        };
        fields.serialize(serializer)
    }
}
