//! Artifacts in documents: reading, writing and equality.

use std::collections::BTreeMap;
use std::path::Path;

use peak_press::{Artifact, ArtifactFormat};

#[test]
fn reads_the_format_of_the_official_client() {
    let artifact: Artifact = serde_yaml::from_str("path: app\nignore_files: [.a, .b]\n").unwrap();
    assert_eq!(artifact, Artifact::dir("app").ignore_files([".a", ".b"]));
    assert_eq!(artifact.path(), Path::new("app"));
    assert_eq!(
        serde_json::to_value(&artifact).unwrap(),
        serde_json::json!({"path": "app", "ignore_files": [".a", ".b"]})
    );
}

#[test]
fn reads_a_path_that_looks_like_a_number() {
    let artifact: Artifact = serde_yaml::from_str("path: 2024\n").unwrap();
    assert_eq!(artifact, Artifact::dir("2024"));
    assert_eq!(
        serde_json::to_string(&artifact).unwrap(),
        r#"{"path":"2024"}"#
    );
}

#[test]
fn null_ignore_files_are_absent() {
    let artifact: Artifact = serde_yaml::from_str("path: a\nignore_files: null\n").unwrap();
    assert_eq!(artifact, Artifact::dir("a"));
}

#[test]
fn keeps_unknown_keys() {
    let text = r#"{"path":"app","later":{"a":[1,null]}}"#;
    let artifact: Artifact = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&artifact).unwrap(), text);
    assert_ne!(artifact, Artifact::dir("app"));
}

#[test]
fn an_invalid_artifact_is_an_error_with_path_and_line() {
    struct Case {
        document: &'static str,
        message_start: &'static str,
        line: &'static str,
    }
    let cases = [
        Case {
            document: "a:\n  ignore_files: []\n",
            message_start: "a: missing field `path`",
            line: "line 2",
        },
        Case {
            document: "a:\n  path: [x]\n",
            message_start: "a.path: ",
            line: "line 2",
        },
        Case {
            document: "a:\n  path: x\n  ignore_files: y\n",
            message_start: "a.ignore_files: ",
            line: "line 3",
        },
        Case {
            document: "a:\n  path: x\n  ignore_files: [{}]\n",
            message_start: "a.ignore_files[0]: ",
            line: "line 3",
        },
    ];
    for case in cases {
        let error = serde_yaml::from_str::<BTreeMap<String, Artifact>>(case.document).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(case.message_start), "{message}");
        assert!(message.contains(case.line), "{message}");
    }
}

#[test]
fn artifacts_with_equal_settings_are_equal() {
    let artifact = Artifact::dir("a");
    assert_ne!(artifact, artifact.clone().max_size(1));
    assert_ne!(artifact, artifact.clone().format(ArtifactFormat::TarGz));
    assert_eq!(artifact, artifact.clone().ignore_files([""; 0]));

    let with_progress = artifact.clone().on_progress(|_| ());
    assert_eq!(with_progress, with_progress.clone());
    assert_ne!(with_progress, artifact);
    assert!(format!("{with_progress:?}").contains("on_progress: Some(..)"));
}

#[test]
fn artifacts_can_be_shared_between_threads() {
    fn assert_shareable<T: Clone + Send + Sync + 'static>(_: T) {}
    assert_shareable(Artifact::dir("a").on_progress(|_| ()));
}
