//! Request files of apps, as the official command line reads them: nothing in them is lost, and
//! misspelled keys are found.

use peak_press::Result;
use peak_press::types::*;
use serde_json::{Value, json};

/// A document, and the function that reads it.
struct Document {
    name: &'static str,
    read: fn(&str) -> Result<Read>,
}

/// The result of reading a document.
struct Read {
    request: Value,
    unknown: Vec<String>,
}

macro_rules! document {
    ($name:literal: $type:ident) => {
        Document {
            name: $name,
            read: |text| {
                let request = $type::from_yaml_str(text)?;
                Ok(Read {
                    unknown: request.unknown_keys(),
                    request: json!(request),
                })
            },
        }
    };
}

const DOCUMENTS: [Document; 6] = [
    document!("app.yaml": CreateAppSpec),
    document!("app-release.yaml": CreateAppSpecRelease),
    document!("app-deployment.yaml": CreateAppDeployment),
    document!("app-revision.yaml": CreateAppDeploymentRevision),
    document!("app-parameters.yaml": PatchParameters),
    document!("block-parameters.yaml": PatchParameters),
];

impl Document {
    fn text(&self) -> String {
        let path = format!(
            "{}/tests/documents/{}",
            env!("CARGO_MANIFEST_DIR"),
            self.name
        );
        std::fs::read_to_string(path).unwrap()
    }
}

#[test]
fn nothing_in_a_document_is_lost() {
    for document in DOCUMENTS {
        let text = document.text();
        let mut expected: Value = serde_yaml::from_str(&text).unwrap();
        let Read { request, unknown } = (document.read)(&text).unwrap();
        if request.get("body").is_none() {
            expected = expected["body"].take();
        }
        // Compared as text, where 10 and 10.0 differ.
        assert_eq!(
            request.to_string(),
            expected.to_string(),
            "{}",
            document.name
        );
        assert!(unknown.is_empty(), "{unknown:?} in {}", document.name);
    }
}

#[test]
fn reads_booleans_as_the_official_samples_write_them() {
    let text = document!("app.yaml": CreateAppSpec).text();
    let python = text
        .replace(": true", ": True")
        .replace(": false", ": False");
    assert_ne!(python, text);
    let read = |text: &str| CreateAppSpec::from_yaml_str(text).unwrap();
    assert_eq!(read(&python), read(&text));
}

/// A key of a document, and the path that is reported if it is misspelled.
struct Misspelling {
    document: Document,
    key: &'static str,
    path: &'static str,
}

#[test]
fn misspelled_keys_are_found_at_any_depth() {
    let misspellings = [
        Misspelling {
            document: document!("app.yaml": CreateAppSpec),
            key: "autoRunOnDeploy: true",
            path: "body.config[0].XautoRunOnDeploy",
        },
        Misspelling {
            document: document!("app.yaml": CreateAppSpec),
            key: "hideValue",
            path: "parameters.run[0].XhideValue",
        },
        Misspelling {
            document: document!("app.yaml": CreateAppSpec),
            key: "tenants",
            path: "Xtenants",
        },
        Misspelling {
            document: document!("app-release.yaml": CreateAppSpecRelease),
            key: "notes",
            path: "body.release.Xnotes",
        },
        Misspelling {
            document: document!("app-deployment.yaml": CreateAppDeployment),
            key: "appParameters",
            path: "XappParameters",
        },
        Misspelling {
            document: document!("app-deployment.yaml": CreateAppDeployment),
            key: "run: { horizon: 7 }",
            path: "parameters.planner.Xrun",
        },
        Misspelling {
            document: document!("app-deployment.yaml": CreateAppDeployment),
            key: "releaseVersion",
            path: "spec.includes[0].XreleaseVersion",
        },
        Misspelling {
            document: document!("app-revision.yaml": CreateAppDeploymentRevision),
            key: "excludes",
            path: "blocksConfig.Xexcludes",
        },
        Misspelling {
            document: document!("app-parameters.yaml": PatchParameters),
            key: "appParameters",
            path: "XappParameters",
        },
    ];
    for Misspelling {
        document,
        key,
        path,
    } in misspellings
    {
        let text = document.text();
        assert_eq!(text.matches(key).count(), 1, "{key} in {}", document.name);
        let read = (document.read)(&text.replace(key, &format!("X{key}"))).unwrap();
        assert_eq!(read.unknown, [path], "{}", document.name);
    }
}

#[test]
fn an_error_names_the_block_of_the_app() {
    let text = document!("app.yaml": CreateAppSpec).text();
    let line = 1 + text
        .lines()
        .position(|line| line.contains("2.0.1"))
        .unwrap();
    let text = text.replace("release: { version: 2.0.1 }", "release: 2.0.1");
    let error = CreateAppSpec::from_yaml_str(&text).unwrap_err().to_string();
    assert!(error.starts_with("body.config[1].release: "), "{error}");
    assert!(error.ends_with(&format!("(line {line})")), "{error}");
}

#[test]
fn builds_an_app_in_code() {
    let spec = AppSpecBody::new(
        SpecMetadata::new("planning", "Plans stock"),
        NewRelease::new("1.0.0"),
        [AppBlock::new("b1", "1.4.0").auto_run_on_deploy(true)],
    );
    let expected = json!({
        "version": 1,
        "kind": "app",
        "metadata": {"name": "planning", "summary": "Plans stock"},
        "release": {"version": "1.0.0"},
        "config": [{"id": "b1", "release": {"version": "1.4.0"}, "autoRunOnDeploy": true}],
    });
    assert_eq!(json!(spec), expected);

    let spec = AppSpecReference::new("s").excludes([BlockChoice::new("b2")]);
    let values = DeploymentParameters::new().run([("horizon", 7)]);
    let deployment = CreateAppDeployment::new(DeploymentMetadata::new().name("north"), spec)
        .parameters([("planner", values)]);
    let expected = json!({
        "metadata": {"name": "north"},
        "spec": {"id": "s", "excludes": [{"id": "b2"}]},
        "parameters": {"planner": {"run": {"horizon": 7}}},
    });
    assert_eq!(json!(deployment), expected);
}

#[test]
fn finds_problems_of_an_app_without_the_service() {
    let text = document!("app.yaml": CreateAppSpec).text();
    let request = CreateAppSpec::from_yaml_str(&text).unwrap();
    assert_eq!(request.problems(), []);

    let text = text
        .replace("kind: app", "kind: workflow")
        .replace("version: 2.0.1", "version: two")
        .replace("scope: shared", "scope: private");
    let problems = CreateAppSpec::from_yaml_str(&text).unwrap().problems();
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    for path in ["body.kind", "body.config[1].release.version", "tenants"] {
        let is_found = problems.iter().any(|problem| problem.starts_with(path));
        assert!(is_found, "{path} in {problems:?}");
    }
    assert_eq!(problems.len(), 3, "{problems:?}");

    let spec = AppSpecReference::new("s").includes([BlockChoice::new("b"), BlockChoice::new("b")]);
    let request = CreateAppDeployment::new(DeploymentMetadata::new(), spec);
    assert_eq!(request.problems().len(), 1, "{:?}", request.problems());
}
