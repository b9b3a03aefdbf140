//! Reading request files: what is in them survives, and what is wrong with them is said.

use std::cell::RefCell;

use peak_press::types::*;
use peak_press::{Error, Result};
use serde_json::{Value, json};

fn text(name: &str) -> String {
    let path = format!("{}/tests/documents/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// The document as the YAML library alone sees it.
fn untyped(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// Drops what the official command line drops: null entries of maps, except within lists.
fn drop_null_entries(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(drop_null_entries);
    }
}

#[track_caller]
fn lossless<T: serde::Serialize>(
    name: &str,
    read: fn(&str) -> Result<T>,
    json: fn(&str) -> Result<T>,
) {
    let text = text(name);
    let mut document = untyped(&text);
    drop_null_entries(&mut document);
    let typed = serde_json::to_value(read(&text).unwrap()).unwrap();
    if typed.get("body").is_none() {
        document = document["body"].take();
    }
    // As text, where 10 and 10.0 differ.
    assert_eq!(typed.to_string(), document.to_string(), "{name}");

    let as_json = serde_json::to_string_pretty(&untyped(&text))
        .unwrap()
        .replace("  ", "\t");
    let typed = serde_json::to_value(json(&as_json).unwrap()).unwrap();
    assert_eq!(typed.to_string(), document.to_string(), "{name} as JSON");
}

macro_rules! lossless {
    ($($test:ident: $type:ident from $file:literal;)*) => {$(
        #[test]
        fn $test() {
            lossless($file, $type::from_yaml_str, $type::from_json_str);
        }
    )*};
}

lossless! {
    a_workflow_survives: CreateSpec from "workflow.yaml";
    a_web_app_survives: CreateSpec from "web-app.yaml";
    an_api_survives: CreateSpec from "api.yaml";
    a_release_survives: CreateSpecRelease from "release.yaml";
    a_deployment_survives: CreateDeployment from "deployment.yaml";
    a_revision_survives: CreateDeploymentRevision from "revision.yaml";
    spec_metadata_survive: UpdateSpecMetadata from "spec-metadata.yaml";
    deployment_metadata_survive: UpdateDeploymentMetadata from "deployment-metadata.yaml";
    parameters_survive: Parameters from "parameters.yaml";
}

#[test]
fn each_kind_of_step_and_config_has_its_type() {
    let request = CreateSpec::from_yaml_str(&text("workflow.yaml")).unwrap();
    let Config::Workflow(config) = request.body.config else {
        panic!("a workflow")
    };
    let steps = config.steps.unwrap();
    let Step::Standard(load) = &steps["load"] else {
        panic!("no type is standard")
    };
    assert_eq!(load.step_timeout, Some(30.into()));
    let Step::Standard(train) = &steps["train"] else {
        panic!("standard")
    };
    assert_eq!(train.step_timeout, Some(ParamRef::new("timeout").into()));
    assert!(matches!(&steps["notify"], Step::Http(step) if step.method == HttpMethod::Post.into()));
    assert!(matches!(&steps["publish"], Step::Export(step) if step.table == "forecast".into()));
    assert!(matches!(&steps["clean"], Step::Sql(step) if step.repository.is_none()));

    let request = CreateSpec::from_yaml_str(&text("web-app.yaml")).unwrap();
    assert!(matches!(request.body.config, Config::Service(config)
        if config.scale_to_zero == Some(ParamRef::new("scale_to_zero").into())));

    let request = CreateSpecRelease::from_yaml_str(&text("release.yaml")).unwrap();
    let Config::Workflow(config) = request.body.config else {
        panic!("a workflow")
    };
    let later = Step::Other(json!({ "type": "quantum", "qubits": 10, "depth": 1.0 }));
    assert_eq!(config.steps.unwrap()["later"], later);
}

/// An unquoted scalar where the schema has text is taken as it is written, at any depth.
#[test]
fn text_is_taken_as_written() {
    let yaml = "
body:
  version: 1
  kind: workflow
  metadata: { name: 1_000, summary: 2024-01-01, title: yes, description: ~x, tags: [{ name: 0x1F }] }
  release: { version: 1.10, notes: 012 }
  config:
    images: { 3.10: { version: 1.0, buildArguments: { A: on, B: 1e3 } } }
    steps:
      a:
        command: 8080
        imageRef: 3.10
        parents: [1.0, 2]
        parameters: { env: { PORT: 8080, V: 1.10, T: true }, secrets: [007] }
      b: { type: http, method: post, url: 1, payload: 1.50, headers: { absolute: { X: 1.0 } } }
      c: { type: export, schema: 1.0, table: 2.0, sortBy: 3.0 }
      d: { type: sql, repository: { branch: 1.10, url: u, filePath: 1 } }
tenants: [1.0, 0o7]
";
    let request = serde_json::to_value(CreateSpec::from_yaml_str(yaml).unwrap()).unwrap();
    let expected = json!({
        "body": {
            "version": 1,
            "kind": "workflow",
            "metadata": {
                "name": "1_000", "summary": "2024-01-01", "title": "yes", "description": "~x",
                "tags": [{ "name": "0x1F" }],
            },
            "release": { "version": "1.10", "notes": "012" },
            "config": {
                "images": { "3.10": { "version": "1.0", "buildArguments": { "A": "on", "B": "1e3" } } },
                "steps": {
                    "a": {
                        "command": "8080",
                        "imageRef": "3.10",
                        "parents": ["1.0", "2"],
                        "parameters": {
                            "env": { "PORT": "8080", "V": "1.10", "T": "true" },
                            "secrets": ["007"],
                        },
                    },
                    "b": {
                        "type": "http", "method": "post", "url": "1", "payload": "1.50",
                        "headers": { "absolute": { "X": "1.0" } },
                    },
                    "c": { "type": "export", "schema": "1.0", "table": "2.0", "sortBy": "3.0" },
                    "d": {
                        "type": "sql",
                        "repository": { "branch": "1.10", "url": "u", "filePath": "1" },
                    },
                },
            },
        },
        "tenants": ["1.0", "0o7"],
    });
    assert_eq!(request, expected);

    let json = r#"{"body": {"metadata": {"name": 1.10, "title": true}, "spec": {"id": 7}}}"#;
    let request = CreateDeployment::from_json_str(json).unwrap();
    assert_eq!(request.metadata.name.as_deref(), Some("1.10"));
    assert_eq!(request.metadata.title.as_deref(), Some("true"));
    assert_eq!(request.spec.id, "7");
}

/// The workflow with one thing changed, and the error that follows, less the file's name.
#[track_caller]
fn broken(from: &str, to: &str) -> String {
    let text = text("workflow.yaml");
    assert_eq!(text.matches(from).count(), 1, "{from:?} is there once");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.yaml");
    std::fs::write(&path, text.replace(from, to)).unwrap();
    let error = CreateSpec::from_yaml_file(&path).unwrap_err();
    assert!(matches!(&error, Error::InvalidYaml(error) if error.file.as_ref() == Some(&path)));
    let file = format!("{}: ", path.display());
    error
        .to_string()
        .strip_prefix(&file)
        .expect("the file first")
        .to_owned()
}

#[track_caller]
fn line_of(part: &str) -> usize {
    1 + text("workflow.yaml")
        .split(part)
        .next()
        .unwrap()
        .matches('\n')
        .count()
}

#[test]
fn an_error_says_where_at_any_depth() {
    for (from, to, line_at, expected) in [
        (
            "stepTimeout: 30",
            "stepTimeout: soon",
            "stepTimeout: 30",
            r#"body.config.steps.load.stepTimeout: expected a number or "@param:<name>", found "soon""#,
        ),
        (
            "useCache: false",
            "useCache: maybe",
            "useCache: false",
            r#"body.config.steps.train.image.useCache: expected true or false or "@param:<name>", found "maybe""#,
        ),
        (
            "exitCodes: [1, 137]",
            "exitCodes: [1, one]",
            "exitCodes: [1, 137]",
            r#"body.config.steps.train.runConfiguration.retryOptions.exitCodes[1]: expected a number or "@param:<name>", found "one""#,
        ),
        (
            "imageDetails: { id: 57, versionId: 112 }",
            "imageDetails: 57",
            "imageDetails: { id",
            "body.config.steps.score.imageDetails: expected a map, found 57",
        ),
        (
            "        url: https://example.com/done\n",
            "",
            "      notify:",
            r#"body.config.steps.notify: the field "url" is missing"#,
        ),
        (
            "absolute: { Content-Type: application/json }",
            "absolute: [x]",
            "absolute: { Content",
            "body.config.steps.notify.headers.absolute: expected a map, found a list",
        ),
        (
            "compression: true",
            "compression: 1",
            "compression: true",
            r#"body.config.steps.publish.compression: expected true or false or "@param:<name>", found 1"#,
        ),
        (
            "sqlQueryPath: clean.sql",
            "sqlQueryPath: { a: b }",
            "sqlQueryPath: clean",
            r#"body.config.steps.clean.sqlQueryPath: expected text or "@param:<name>", found a map"#,
        ),
        (
            "{ success: false, fail: true, runtimeExceeded: \"@param:runtime\" }",
            "[]",
            "events: { success: false",
            "body.config.watchers[0].events: expected a map, found a list",
        ),
        (
            "name: instance\n      type: number",
            "name: instance\n      type: [number]",
            "      type: number\n      required: true\n      title",
            "parameters.build[1].type: expected text, found a list",
        ),
        (
            "    name: demand-forecast\n",
            "",
            "  metadata:",
            r#"body.metadata: the field "name" is missing"#,
        ),
        (
            "tenants: [tenant-a, tenant-b]",
            "tenants: tenant-a",
            "tenants: [tenant-a",
            "tenants: expected a list, found \"tenant-a\"",
        ),
        (
            "featured: true",
            "featured: 5",
            "featured: true",
            "featured: expected true or false, found 5",
        ),
        (
            "  path: app\n",
            "",
            "artifact:",
            r#"artifact: the field "path" is missing"#,
        ),
    ] {
        let expected = format!("{expected} (line {})", line_of(line_at));
        assert_eq!(broken(from, to), expected);
    }
}

#[test]
fn a_config_of_the_other_kind_is_refused() {
    assert_eq!(
        broken("kind: workflow", "kind: service"),
        format!(
            "body.config: a service's config needs `serviceType` (line {})",
            line_of("  config:\n")
        )
    );
    let service = text("api.yaml").replace("kind: service", "kind: workflow");
    let error = CreateSpec::from_yaml_str(&service).unwrap_err().to_string();
    assert!(
        error.starts_with("body.config: `serviceType` is of a service's config"),
        "{error}"
    );
}

#[test]
fn a_body_is_found_with_or_without_its_wrapper() {
    let bare = CreateDeployment::from_yaml_str("metadata: {}\nspec: { id: a }").unwrap();
    let wrapped =
        CreateDeployment::from_yaml_str("body: { metadata: {}, spec: { id: a } }").unwrap();
    assert_eq!(bare, wrapped);

    let error = UpdateSpecMetadata::from_yaml_str("body: {}\nartifact: { path: . }").unwrap_err();
    assert_eq!(
        error.to_string(),
        "artifact: there is nothing beside `body` in a document of this kind (line 2)"
    );
    let error = CreateSpec::from_yaml_str("metadata: {}").unwrap_err();
    assert!(
        error.to_string().contains(r#"the field "body" is missing"#),
        "{error}"
    );
}

#[test]
fn keys_for_editors_and_for_aliases_are_passed_over() {
    let spec = text("workflow.yaml");
    let aside = format!("x-base: &base {{ a: 1 }}\n$schema: https://example.com\n{spec}");
    let bare = CreateSpec::from_yaml_str(&spec).unwrap();
    assert_eq!(CreateSpec::from_yaml_str(&aside).unwrap(), bare);

    for document in [
        r#"{ "$schema": "x", "x-a": 1, "metadata": {}, "spec": { "id": "a" } }"#,
        r#"{ "$schema": "x", "x-a": 1, "body": { "metadata": {}, "spec": { "id": "a" } } }"#,
    ] {
        let read = CreateDeployment::from_json_str(document).unwrap();
        assert!(read.extra.is_empty(), "{:?}", read.extra);
    }
    // Within, and among parameters, they are what they are.
    let read = Parameters::from_json_str(r#"{ "$schema": "x", "x-a": 1 }"#).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"x-a":1}"#);
    let read =
        Parameters::from_json_str(r#"{ "x-b": 1, "body": { "$schema": "x", "x-a": 1 } }"#).unwrap();
    assert_eq!(read.len(), 2);
}

#[test]
fn the_commands_spelling_of_a_flag_is_read() {
    let yaml = "{ body: { release: { version: 1.0.0 }, config: {} }, auto_run_on_deploy: yes }";
    let release = CreateSpecRelease::from_yaml_str(yaml).unwrap();
    assert_eq!(release.auto_run_on_deploy, Some(true));
    assert!(release.extra.is_empty());
    let spec = text("workflow.yaml").replace("autoRunOnDeploy:", "auto_run_on_deploy:");
    let camel = CreateSpec::from_yaml_str(&text("workflow.yaml")).unwrap();
    assert!(camel.auto_run_on_deploy.is_some());
    assert_eq!(CreateSpec::from_yaml_str(&spec).unwrap(), camel);
}

/// A template that is sent as it is makes a block of the name `{{ name }}`.
#[test]
fn a_template_of_the_official_command_line_is_refused() {
    const WHY: &str = "`{{ … }}` and `{% … %}` make this a template: read it with \
                       `from_template_file`, of the feature `templates`, or set the field in code";
    assert_eq!(
        broken("title: Demand forecast", "title: \"{{ name }}\""),
        format!("body.metadata.title: found \"{{{{ name }}}}\": {WHY} (line 7)")
    );
    assert_eq!(
        message("a:\n  b: {{ b }}"),
        format!("a.b: a list or a map where a key is expected; {WHY} (line 2)")
    );
    let error = message("a: 1\n{% include 'b.yaml' %}");
    assert!(error.ends_with(&format!("; {WHY} (line 2)")), "{error}");
    // Neither JSON nor half of one is a template.
    let json = r#"{ "a": "docker ps --format {{.Names}}" }"#;
    assert!(Parameters::from_json_str(json).is_ok());
    assert!(Parameters::from_yaml_str("a: '}} {{ x'").is_ok());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = CreateSpec::from_yaml_file("/nowhere/block.yaml").unwrap_err();
    assert!(matches!(error, Error::FileNotFound { .. }));
    assert_eq!(
        error.to_string(),
        "/nowhere/block.yaml: there is no such file"
    );
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        CreateSpec::from_yaml_file(folder.path()),
        Err(Error::File { .. })
    ));
}

/// What a document's text has that is not known.
type Unknown = fn(&str) -> Result<Vec<String>>;

macro_rules! unknown_of {
    ($type:ident) => {
        |text| Ok($type::from_yaml_str(text)?.unknown_keys())
    };
}

const SPEC: Unknown = unknown_of!(CreateSpec);
const RELEASE: Unknown = unknown_of!(CreateSpecRelease);
const SPEC_METADATA: Unknown = unknown_of!(UpdateSpecMetadata);
const DEPLOYMENT: Unknown = unknown_of!(CreateDeployment);
const DEPLOYMENT_METADATA: Unknown = unknown_of!(UpdateDeploymentMetadata);
const REVISION: Unknown = unknown_of!(CreateDeploymentRevision);

/// Every document, and the keys in it that are not known on purpose.
const DOCUMENTS: [(&str, Unknown, &[&str]); 10] = [
    ("workflow.yaml", SPEC, &[]),
    ("web-app.yaml", SPEC, &[]),
    ("api.yaml", SPEC, &[]),
    ("../../examples/quickstart/block.yaml", SPEC, &[]),
    ("release.yaml", RELEASE, &[]),
    ("deployment.yaml", DEPLOYMENT, &[]),
    ("../../examples/deployment.yaml", DEPLOYMENT, &[]),
    ("revision.yaml", REVISION, &[]),
    ("spec-metadata.yaml", SPEC_METADATA, &[]),
    (
        "deployment-metadata.yaml",
        DEPLOYMENT_METADATA,
        &["colour", "tags[0].colour"],
    ),
];

#[test]
fn the_keys_of_the_documents_are_known() {
    for (name, unknown, expected) in DOCUMENTS {
        assert_eq!(unknown(&text(name)).unwrap(), expected, "{name}");
    }
}

#[test]
fn a_misspelt_key_is_found_at_any_depth() {
    let cases: [(&str, Unknown, &[[&str; 3]]); 6] = [
        (
            "workflow.yaml",
            SPEC,
            &[
                ["artifact:", "artefact:", "artefact"],
                ["tenants: [", "tenant: [", "tenant"],
                [
                    "    title: Demand f",
                    "    tilte: Demand f",
                    "body.metadata.tilte",
                ],
                [
                    "- name: demand\n",
                    "- name: x\n        nam: demand\n",
                    "body.metadata.tags[1].nam",
                ],
                ["    notes: The", "    note: The", "body.release.note"],
                ["    steps:", "    step:", "body.config.step"],
                [
                    "dockerfile: Dockerfile\n",
                    "dockerFile: x\n",
                    "body.config.images.python.dockerFile",
                ],
                [
                    "{ dockerfile: Dockerfile.train",
                    "{ dockerFile: x",
                    "body.config.steps.train.image.dockerFile",
                ],
                [
                    "stepTimeout: 30",
                    "stepTimeot: 30",
                    "body.config.steps.load.stepTimeot",
                ],
                [
                    "numberOfRetries",
                    "retries",
                    "body.config.steps.train.runConfiguration.retryOptions.retries",
                ],
                ["clientId", "client", "body.config.steps.notify.auth.client"],
                // It is known to steps of another kind.
                ["sortOrder: desc", "url: x", "body.config.steps.publish.url"],
                [
                    "sqlQueryPath: clean.sql",
                    "query: clean.sql",
                    "body.config.steps.clean.query",
                ],
                ["cron: 0", "corn: 0", "body.config.triggers[0].corn"],
                [
                    "{ to: [",
                    "{ too: x, to: [",
                    "body.config.watchers[2].email.recipients.too",
                ],
                ["ignore_files:", "ignoreFiles:", "artifact.ignoreFiles"],
                ["  run:\n", "  rum:\n", "parameters.rum"],
                ["hideValue", "hidden", "parameters.build[2].hidden"],
                [
                    "{ title: Large, value",
                    "{ titel: x, title: Large, value",
                    "parameters.build[1].options[1].titel",
                ],
                [
                    "{ dependsOn: timeout",
                    "{ dependOn: timeout",
                    "parameters.run[0].conditions[1].conditions[1].dependOn",
                ],
            ],
        ),
        (
            "web-app.yaml",
            SPEC,
            &[["env: {", "envs: {", "body.config.parameters.envs"]],
        ),
        (
            "release.yaml",
            RELEASE,
            &[
                ["autoRunOnDeploy", "autoRun", "autoRun"],
                ["notes", "note", "body.release.note"],
                [
                    "{ dockerfile",
                    "{ file",
                    "body.config.steps.load.image.file",
                ],
            ],
        ),
        (
            "deployment.yaml",
            DEPLOYMENT,
            &[
                ["  revision:", "  revison:", "revison"],
                ["title", "titel", "metadata.titel"],
                ["    release", "    relase", "spec.relase"],
                ["{ version", "{ versoin: 1, version", "spec.release.versoin"],
                ["    build", "    built", "parameters.built"],
            ],
        ),
        (
            "revision.yaml",
            REVISION,
            &[
                ["  release", "  relase", "relase"],
                ["notes", "note", "revision.note"],
            ],
        ),
        (
            "spec-metadata.yaml",
            SPEC_METADATA,
            &[
                ["  featured", "  feature", "feature"],
                ["    title", "    titel", "metadata.titel"],
                [
                    "tags: []",
                    "tags: [{ name: x, colour: blue }]",
                    "metadata.tags[0].colour",
                ],
            ],
        ),
    ];
    for (name, unknown, changes) in cases {
        for [from, to, path] in changes {
            let text = text(name);
            assert_eq!(text.matches(from).count(), 1, "{from:?} is there once");
            let found = unknown(&text.replace(from, to)).unwrap();
            assert_eq!(found, [*path], "{to} in {name}");
        }
    }
}

/// Each object of a document, by its path as errors write it and as a JSON pointer.
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

/// Whether the keys of an object are names of the user's own, or of a kind that is not known.
fn is_own(path: &str) -> bool {
    let maps = "images steps env inherit buildArguments outputParameters absolute secrets";
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let is_map = maps.split(' ').any(|map| map == last);
    // The values of a deployment's parameters, and all that is in them.
    let is_value = ["parameters.build", "parameters.run"]
        .iter()
        .any(|values| path == *values || parent == *values);
    is_map || is_value || path == "body.config.steps.later"
}

#[test]
fn a_key_added_to_any_object_is_found_there_and_nowhere_else() {
    let mut own = 0;
    for (name, unknown, known) in DOCUMENTS {
        let mut document = untyped(&text(name));
        // Where the body may stand alone, paths start in it.
        if unknown(&document["body"].to_string()).is_ok() {
            document = document["body"].take();
        }
        let mut places = Vec::new();
        objects(&document, String::new(), String::new(), &mut places);
        for (path, pointer) in places {
            let mut document = document.clone();
            let object = document.pointer_mut(&pointer).unwrap();
            let object = object.as_object_mut().unwrap();
            let any = object.values().next().unwrap().clone();
            object.insert("zz".into(), any);

            let mut found = unknown(&document.to_string()).unwrap();
            found.retain(|path| !known.contains(&path.as_str()));
            if is_own(&path) {
                own += 1;
                assert!(found.is_empty(), "{found:?} for {path} in {name}");
            } else {
                let zz = format!("{path}.zz");
                assert_eq!(found, [zz.trim_start_matches('.')], "{name}");
            }
        }
    }
    assert!(own > 10, "{own} places are the user's own");
}

#[test]
fn unknown_keys_of_requests_made_in_code() {
    let mut step = StandardStep::new("x");
    step.extra
        .insert("new".into(), json!({ "deep": [{ "a": 1 }] }));
    let other = Step::Other(json!({ "type": "quantum", "qubits": 1 }));
    let config = WorkflowConfig::new().steps([("a", Step::from(step)), ("b", other)]);
    let metadata = SpecMetadata::new("name", "summary");
    let body = SpecBody::workflow(metadata, NewRelease::new("1.0.0"), config);
    let mut request = CreateSpec::new(body);
    // What is below an unknown key is not listed, and nothing of an unknown kind.
    assert_eq!(request.unknown_keys(), ["body.config.steps.a.new"]);
    request.body.config = Config::Other(json!({ "x": 1 }));
    assert!(request.unknown_keys().is_empty());
}

/// Keeps what this thread logs: tests run side by side.
struct Lines;

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        assert_eq!(
            (record.level(), record.target()),
            (log::Level::Warn, "peak_press")
        );
        LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
    }

    fn flush(&self) {}
}

#[test]
fn problems_are_logged_without_the_values_of_unknown_keys() {
    log::set_logger(&Lines).unwrap();
    log::set_max_level(log::LevelFilter::Warn);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.yaml");
    let spec = text("workflow.yaml")
        .replace("    steps:", "    step:")
        .replace("ignore_files:", "ignoreFiles:");
    std::fs::write(
        &path,
        format!("x-mine: 1\n$schema: x\n{spec}token: s3cr3t\n"),
    )
    .unwrap();
    CreateSpec::from_yaml_file(&path).unwrap();
    let file = path.display();
    let sent = "not known to this release; it is sent as it is";
    // Two lines stand above the document.
    let line = |part: &str| 2 + line_of(part);
    assert_eq!(
        LINES.take(),
        [
            format!(
                "{file}: token: {sent} (line {})",
                3 + text("workflow.yaml").lines().count()
            ),
            format!(
                "{file}: artifact.ignoreFiles: not known to this release; it is not sent; did you \
                 mean \"ignore_files\"? (line {})",
                line("ignore_files")
            ),
            format!(
                "{file}: body.config.step: {sent}; did you mean \"steps\"? (line {})",
                line("    steps:")
            ),
        ]
    );

    let deployment = r#"{ "metadata": {}, "spec": { "id": "a", "relase": "s3cr3t" } }"#;
    let warning = |at: &str| format!("{at}spec.relase: {sent}; did you mean \"release\"? (line 1)");
    CreateDeployment::from_json_str(deployment).unwrap();
    assert_eq!(LINES.take(), [warning("")]);
    let body = format!(r#"{{ "$schema": "x", "body": {deployment} }}"#);
    CreateDeployment::from_yaml_str(&body).unwrap();
    assert_eq!(LINES.take(), [warning("body.")]);

    // Any name may be a parameter's; and what is refused says so itself.
    Parameters::from_yaml_str("{ anything: 1, x-a: 2 }").unwrap();
    CreateDeployment::from_yaml_str("{ metadta: {}, spec: { id: a } }").unwrap_err();
    assert!(LINES.take().is_empty());
}

fn message(yaml: &str) -> String {
    Parameters::from_yaml_str(yaml).unwrap_err().to_string()
}

/// What a reader that builds a tree first would die of, or pass on changed.
#[test]
fn hostile_yaml_ends_in_an_error() {
    assert_eq!(message(""), "the document is empty");
    assert_eq!(message("\u{feff} \n"), "the document is empty");
    assert_eq!(message("- a"), "expected a map, found a list (line 1)");
    assert_eq!(
        message("just text"),
        "expected a map, found \"just text\" (line 1)"
    );
    for two in ["a: 1\n---\nb: 2", "  a: 1\nb: 2"] {
        assert_eq!(
            message(two),
            "a second document begins here: a file holds one, with every line indented at least \
             as far as the first (line 2)"
        );
    }
    assert!(message("a:\n\t- b").contains("a tab in the indentation"));
    assert!(message("a: [").contains("line"));
    assert_eq!(
        message("a:\n  b: 1\n  b: 2"),
        "a: duplicate key \"b\" (line 3)"
    );
    assert!(
        message("a: !secret x").contains("YAML tag"),
        "{}",
        message("a: !secret x")
    );
    for number in [".inf", "-.inf", ".nan"] {
        assert!(
            message(&format!("b: {{ a: [{number}] }}"))
                .starts_with("b.a[0]: there is no such number")
        );
    }
    assert!(
        message(&format!("a: {}1{}", "[".repeat(200), "]".repeat(200)))
            .contains("more than 128 levels")
    );
    assert!(message(&format!("a: {}", "x".repeat(5 << 20))).contains("larger than 4 MiB"));

    let mut laughs = String::from("a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for n in 1..12 {
        let all = vec![format!("*a{}", n - 1); 9].join(", ");
        laughs += &format!("a{n}: &a{n} [{all}]\n");
    }
    let error = message(&laughs);
    assert!(
        error.contains("repetition limit") || error.contains("larger than 32 MiB"),
        "{error}"
    );

    let anchor = format!(
        "a: &a {}\nb: [{}]",
        "x".repeat(200_000),
        vec!["*a"; 5000].join(", ")
    );
    assert!(message(&anchor).contains("aliases make it larger than 32 MiB"));
}

#[test]
fn aliases_merge_keys_and_byte_order_marks_are_read() {
    let yaml = "\u{feff}base: &base { a: 1, b: [x] }\nother: { <<: *base, a: 2 }\nsame: *base";
    let read = serde_json::to_value(Parameters::from_yaml_str(yaml).unwrap()).unwrap();
    let base = json!({ "a": 1, "b": ["x"] });
    assert_eq!(
        read,
        json!({ "base": base, "other": { "a": 2, "b": ["x"] }, "same": base })
    );

    let yaml = "
x: &env { PORT: 8080 }
body:
  metadata: {}
  spec: { id: a }
";
    assert!(
        CreateDeployment::from_yaml_str(yaml)
            .unwrap_err()
            .to_string()
            .starts_with("x: ")
    );

    let steps = "
body:
  release: { version: 1.0.0 }
  config:
    steps:
      a: &a { command: x, stepTimeout: 5, parameters: { env: { PORT: 8080 } } }
      b: { <<: *a, command: y }
";
    let release = serde_json::to_value(CreateSpecRelease::from_yaml_str(steps).unwrap()).unwrap();
    let b =
        json!({ "command": "y", "stepTimeout": 5, "parameters": { "env": { "PORT": "8080" } } });
    assert_eq!(release["body"]["config"]["steps"]["b"], b);
}

#[test]
fn scalars_are_what_the_documentation_says() {
    // Of a declared type.
    let yaml = "
body:
  release: { version: 1.0.0 }
  config: { steps: { a: { command: x, stepTimeout: 1_000, clearImageCache: yes } } }
autoRunOnDeploy: off
";
    let release = CreateSpecRelease::from_yaml_str(yaml).unwrap();
    assert_eq!(release.auto_run_on_deploy, Some(false));
    let Config::Workflow(config) = &release.body.config else {
        panic!()
    };
    let Step::Standard(step) = &config.steps.as_ref().unwrap()["a"] else {
        panic!()
    };
    assert_eq!(step.step_timeout, Some(1000.into()));
    assert_eq!(step.clear_image_cache, Some(true.into()));
    for number in ["012", "1:30", "_1", "2024-01-01", "1__", "0_1"] {
        let read = CreateSpecRelease::from_yaml_str(&yaml.replace("1_000", number));
        assert_eq!(read.is_ok(), number == "1__", "{number}");
    }

    // Of no declared type.
    let yaml = "{ a: yes, b: 0123, c: 1_000, d: 1e3, e: 2024-01-01, f: 0x10, g: ~, h: 1:30, i: 10.0, j: TRUE }";
    let read = serde_json::to_value(Parameters::from_yaml_str(yaml).unwrap()).unwrap();
    let expected = json!({
        "a": "yes", "b": "0123", "c": "1_000", "d": 1000.0, "e": "2024-01-01", "f": 16,
        "h": "1:30", "i": 10.0, "j": true,
    });
    assert_eq!(read.to_string(), expected.to_string());
}

/// Asked for text, the YAML reader would take it for `~` or `null`, or for no text at all.
#[test]
fn nothing_is_no_text() {
    for nothing in ["", "~", "null"] {
        let error = |from: &str, key: &str| broken(from, &format!("{key}: {nothing}"));
        assert_eq!(
            error("name: demand-forecast", "name"),
            "body.metadata.name: expected text, found nothing (null) (line 6)"
        );
        assert_eq!(
            error("kind: workflow", "kind"),
            "body.kind: expected text, found nothing (null) (line 4)"
        );
        let read = CreateDeployment::from_yaml_str(&format!(
            "{{ metadata: {{ title: {nothing} }}, spec: {{ id: a }} }}"
        ));
        assert_eq!(read.unwrap().metadata.title, None);
        let release = format!(
            "{{ body: {{ release: {{ version: 1.0.0 }}, config: {{}} }}, artifact: {{ path: {nothing} }} }}"
        );
        let error = CreateSpecRelease::from_yaml_str(&release).unwrap_err();
        assert_eq!(
            error.to_string(),
            "artifact.path: expected text, found nothing (null) (line 1)"
        );
    }
    // In quotes it is text.
    let quoted = "{ metadata: {}, spec: { id: 'null' } }";
    assert_eq!(
        CreateDeployment::from_yaml_str(quoted).unwrap().spec.id,
        "null"
    );
    let error = CreateDeployment::from_json_str(r#"{"metadata":{},"spec":{"id":null}}"#);
    assert_eq!(
        error.unwrap_err().to_string(),
        "spec.id: expected text, found nothing (null) (line 1)"
    );
}

#[test]
fn json_errors_name_the_place_too() {
    let error =
        CreateDeployment::from_json_str("{\n\t\"spec\": {\"id\": [1]},\n\t\"metadata\": {}}")
            .unwrap_err();
    assert!(matches!(error, Error::InvalidJson(_)));
    assert_eq!(
        error.to_string(),
        "spec.id: expected text, found a list (line 2)"
    );
    let error = CreateDeployment::from_json_str("{\n\"spec\": }").unwrap_err();
    assert_eq!(
        error.to_string(),
        "spec: expected a value, found '}', at column 9 (line 2)"
    );
}

mod properties {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>()
                .prop_filter("JSON has it", |f| f.is_finite())
                .prop_map(Value::from),
            ".*".prop_map(Value::from),
            any::<Vec<char>>().prop_map(|chars| Value::from(chars.into_iter().collect::<String>())),
        ];
        scalar.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..6).prop_map(Value::from),
                btree_map(".{0,8}", inner, 0..6).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_json_survives(value in any_json(), pretty in any::<bool>()) {
            // A key `body` alone would be the wrapper.
            let mut document = json!({ "value": value, "second": 1 });
            let text = match pretty {
                true => serde_json::to_string_pretty(&document).unwrap(),
                false => document.to_string(),
            };
            drop_null_entries(&mut document);
            let read = Parameters::from_json_str(&text).unwrap();
            prop_assert_eq!(serde_json::to_value(read).unwrap().to_string(), document.to_string());
        }

        #[test]
        fn no_text_makes_a_reader_panic(text in any::<String>()) {
            let _ = CreateSpec::from_yaml_str(&text);
            let _ = CreateSpec::from_json_str(&text);
            let _ = Parameters::from_yaml_str(&text);
        }

        #[test]
        fn no_change_to_a_document_makes_a_reader_panic(at in any::<prop::sample::Index>(), with in "[-:{}\\[\\]&*!|>'\"%@`#,? \n\tax0-9]{0,4}") {
            let mut text = text("workflow.yaml");
            let at = at.index(text.len());
            if text.is_char_boundary(at) {
                text.insert_str(at, &with);
                let _ = CreateSpec::from_yaml_str(&text);
            }
        }
    }
}
