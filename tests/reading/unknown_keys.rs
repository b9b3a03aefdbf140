//! `unknown_keys` lists the keys that this release does not know.

use super::*;

/// Reads a document and lists its unknown keys.
type UnknownKeys = fn(&str) -> Result<Vec<String>>;

macro_rules! unknown_of {
    ($type:ident) => {
        |text| Ok($type::from_yaml_str(text)?.unknown_keys())
    };
}

const SPEC: UnknownKeys = unknown_of!(CreateSpec);
const RELEASE: UnknownKeys = unknown_of!(CreateSpecRelease);
const SPEC_METADATA: UnknownKeys = unknown_of!(UpdateSpecMetadata);
const DEPLOYMENT: UnknownKeys = unknown_of!(CreateDeployment);
const DEPLOYMENT_METADATA: UnknownKeys = unknown_of!(UpdateDeploymentMetadata);
const REVISION: UnknownKeys = unknown_of!(CreateDeploymentRevision);

struct Sample {
    file: &'static str,
    unknown_keys: UnknownKeys,
    /// The keys that are unknown on purpose.
    expected: &'static [&'static str],
}

const SAMPLES: [Sample; 10] = [
    Sample {
        file: "workflow.yaml",
        unknown_keys: SPEC,
        expected: &[],
    },
    Sample {
        file: "web-app.yaml",
        unknown_keys: SPEC,
        expected: &[],
    },
    Sample {
        file: "api.yaml",
        unknown_keys: SPEC,
        expected: &[],
    },
    Sample {
        file: "../../examples/quickstart/block.yaml",
        unknown_keys: SPEC,
        expected: &[],
    },
    Sample {
        file: "release.yaml",
        unknown_keys: RELEASE,
        expected: &[],
    },
    Sample {
        file: "deployment.yaml",
        unknown_keys: DEPLOYMENT,
        expected: &[],
    },
    Sample {
        file: "../../examples/deployment.yaml",
        unknown_keys: DEPLOYMENT,
        expected: &[],
    },
    Sample {
        file: "revision.yaml",
        unknown_keys: REVISION,
        expected: &[],
    },
    Sample {
        file: "spec-metadata.yaml",
        unknown_keys: SPEC_METADATA,
        expected: &[],
    },
    Sample {
        file: "deployment-metadata.yaml",
        unknown_keys: DEPLOYMENT_METADATA,
        expected: &["colour", "tags[0].colour"],
    },
];

#[test]
fn every_key_of_the_samples_is_known() {
    for sample in SAMPLES {
        let found = (sample.unknown_keys)(&text(sample.file)).unwrap();
        assert_eq!(found, sample.expected, "{}", sample.file);
    }
}

/// A change to a document, and the unknown key that it adds.
struct Change {
    from: &'static str,
    to: &'static str,
    unknown: &'static str,
}

#[track_caller]
fn assert_unknown(file: &str, unknown_keys: UnknownKeys, changes: &[Change]) {
    for change in changes {
        let found = unknown_keys(&changed(file, change.from, change.to)).unwrap();
        assert_eq!(found, [change.unknown], "{:?} in {file}", change.to);
    }
}

#[test]
fn finds_a_misspelled_key_in_a_workflow() {
    assert_unknown(
        "workflow.yaml",
        SPEC,
        &[
            Change {
                from: "artifact:",
                to: "artefact:",
                unknown: "artefact",
            },
            Change {
                from: "tenants: [",
                to: "tenant: [",
                unknown: "tenant",
            },
            Change {
                from: "    title: Demand f",
                to: "    tilte: Demand f",
                unknown: "body.metadata.tilte",
            },
            Change {
                from: "- name: demand\n",
                to: "- name: x\n        nam: demand\n",
                unknown: "body.metadata.tags[1].nam",
            },
            Change {
                from: "    notes: The",
                to: "    note: The",
                unknown: "body.release.note",
            },
            Change {
                from: "    steps:",
                to: "    step:",
                unknown: "body.config.step",
            },
            Change {
                from: "dockerfile: Dockerfile\n",
                to: "dockerFile: x\n",
                unknown: "body.config.images.python.dockerFile",
            },
            Change {
                from: "{ dockerfile: Dockerfile.train",
                to: "{ dockerFile: x",
                unknown: "body.config.steps.train.image.dockerFile",
            },
            Change {
                from: "stepTimeout: 30",
                to: "stepTimeot: 30",
                unknown: "body.config.steps.load.stepTimeot",
            },
            Change {
                from: "numberOfRetries",
                to: "retries",
                unknown: "body.config.steps.train.runConfiguration.retryOptions.retries",
            },
            Change {
                from: "clientId",
                to: "client",
                unknown: "body.config.steps.notify.auth.client",
            },
            // Known only in steps of another type.
            Change {
                from: "sortOrder: desc",
                to: "url: x",
                unknown: "body.config.steps.publish.url",
            },
            Change {
                from: "sqlQueryPath: clean.sql",
                to: "query: clean.sql",
                unknown: "body.config.steps.clean.query",
            },
            Change {
                from: "cron: 0",
                to: "corn: 0",
                unknown: "body.config.triggers[0].corn",
            },
            Change {
                from: "{ to: [",
                to: "{ too: x, to: [",
                unknown: "body.config.watchers[2].email.recipients.too",
            },
            Change {
                from: "ignore_files:",
                to: "ignoreFiles:",
                unknown: "artifact.ignoreFiles",
            },
            Change {
                from: "  run:\n",
                to: "  rum:\n",
                unknown: "parameters.rum",
            },
            Change {
                from: "hideValue",
                to: "hidden",
                unknown: "parameters.build[2].hidden",
            },
            Change {
                from: "{ title: Large, value",
                to: "{ titel: x, title: Large, value",
                unknown: "parameters.build[1].options[1].titel",
            },
            Change {
                from: "{ dependsOn: timeout",
                to: "{ dependOn: timeout",
                unknown: "parameters.run[0].conditions[1].conditions[1].dependOn",
            },
        ],
    );
}

#[test]
fn finds_a_misspelled_key_in_a_web_app() {
    assert_unknown(
        "web-app.yaml",
        SPEC,
        &[Change {
            from: "env: {",
            to: "envs: {",
            unknown: "body.config.parameters.envs",
        }],
    );
}

#[test]
fn finds_a_misspelled_key_in_a_release() {
    assert_unknown(
        "release.yaml",
        RELEASE,
        &[
            Change {
                from: "autoRunOnDeploy",
                to: "autoRun",
                unknown: "autoRun",
            },
            Change {
                from: "notes",
                to: "note",
                unknown: "body.release.note",
            },
            Change {
                from: "{ dockerfile",
                to: "{ file",
                unknown: "body.config.steps.load.image.file",
            },
        ],
    );
}

#[test]
fn finds_a_misspelled_key_in_a_deployment() {
    assert_unknown(
        "deployment.yaml",
        DEPLOYMENT,
        &[
            Change {
                from: "  revision:",
                to: "  revison:",
                unknown: "revison",
            },
            Change {
                from: "title",
                to: "titel",
                unknown: "metadata.titel",
            },
            Change {
                from: "    release",
                to: "    relase",
                unknown: "spec.relase",
            },
            Change {
                from: "{ version",
                to: "{ versoin: 1, version",
                unknown: "spec.release.versoin",
            },
            Change {
                from: "    build",
                to: "    built",
                unknown: "parameters.built",
            },
        ],
    );
}

#[test]
fn finds_a_misspelled_key_in_a_revision() {
    assert_unknown(
        "revision.yaml",
        REVISION,
        &[
            Change {
                from: "  release",
                to: "  relase",
                unknown: "relase",
            },
            Change {
                from: "notes",
                to: "note",
                unknown: "revision.note",
            },
        ],
    );
}

#[test]
fn finds_a_misspelled_key_in_spec_metadata() {
    assert_unknown(
        "spec-metadata.yaml",
        SPEC_METADATA,
        &[
            Change {
                from: "  featured",
                to: "  feature",
                unknown: "feature",
            },
            Change {
                from: "    title",
                to: "    titel",
                unknown: "metadata.titel",
            },
            Change {
                from: "tags: []",
                to: "tags: [{ name: x, colour: blue }]",
                unknown: "metadata.tags[0].colour",
            },
        ],
    );
}

/// All objects in a document, each with its path as in errors and its JSON pointer.
fn objects(value: &Value, path: String, pointer: String, found: &mut Vec<(String, String)>) {
    if value.is_object() {
        found.push((path.clone(), pointer.clone()));
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}").trim_start_matches('.').to_owned();
        objects(value, path, format!("{pointer}/{key}"), found);
    }
    for (index, value) in value.as_array().into_iter().flatten().enumerate() {
        let (path, pointer) = (format!("{path}[{index}]"), format!("{pointer}/{index}"));
        objects(value, path, pointer, found);
    }
}

/// Whether any key is allowed in an object, because users choose the names or its kind is unknown.
fn names_are_free(path: &str) -> bool {
    let maps = "images steps env inherit buildArguments outputParameters absolute secrets";
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let is_map = maps.split(' ').any(|map| map == last);
    // The values of a deployment's parameters, and everything in them.
    let is_value = ["parameters.build", "parameters.run"]
        .iter()
        .any(|values| path == *values || parent == *values);
    is_map || is_value || path == "body.config.steps.later"
}

#[test]
fn finds_a_key_added_to_any_object_and_no_other() {
    let mut free = 0;
    for Sample {
        file,
        unknown_keys,
        expected,
    } in SAMPLES
    {
        let mut document = untyped(&text(file));
        // Paths start inside the body if its wrapper is optional.
        if unknown_keys(&document["body"].to_string()).is_ok() {
            document = document["body"].take();
        }
        let mut found = Vec::new();
        objects(&document, String::new(), String::new(), &mut found);
        for (path, pointer) in found {
            let mut document = document.clone();
            let object = document.pointer_mut(&pointer).unwrap();
            let object = object.as_object_mut().unwrap();
            let value = object.values().next().unwrap().clone();
            object.insert("zz".into(), value);

            let mut found = unknown_keys(&document.to_string()).unwrap();
            found.retain(|path| !expected.contains(&path.as_str()));
            if names_are_free(&path) {
                free += 1;
                assert!(found.is_empty(), "{found:?} for {path} in {file}");
            } else {
                let zz = format!("{path}.zz");
                assert_eq!(found, [zz.trim_start_matches('.')], "{file}");
            }
        }
    }
    assert!(free > 10, "{free} objects with free names");
}

#[test]
fn lists_the_unknown_keys_of_a_request_built_in_code() {
    let mut step = StandardStep::new("x");
    step.extra
        .insert("new".into(), json!({ "deep": [{ "a": 1 }] }));
    let other = Step::Other(json!({ "type": "quantum", "qubits": 1 }));
    let config = WorkflowConfig::new().steps([("a", Step::from(step)), ("b", other)]);
    let metadata = SpecMetadata::new("name", "summary");
    let body = SpecBody::workflow(metadata, NewRelease::new("1.0.0"), config);
    let mut request = CreateSpec::new(body);
    // Keys below an unknown key or inside a value of an unknown kind are not listed.
    assert_eq!(request.unknown_keys(), ["body.config.steps.a.new"]);
    request.body.config = Config::Other(json!({ "x": 1 }));
    assert!(request.unknown_keys().is_empty());
}
