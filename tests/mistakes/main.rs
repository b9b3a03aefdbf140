//! Common mistakes in request files, and the error or problem for each: the file, the path, what is
//! wrong, and the line.
//!
//! Mistakes that only the service can detect are not covered: see the module `files`.

mod apps;
mod deployments;
mod every_line;
mod http_steps;
mod parameters;
mod services;
mod spec;
mod steps;
mod syntax;
mod workflow;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use peak_press::types::*;
use peak_press::{Problem, Result};
use serde_json::json;

/// A change to a valid document, and its error or problem.
#[derive(PartialEq)]
struct Mistake {
    /// The document in `tests/documents/`.
    file: &'static str,
    /// The text to replace, which occurs once in the document.
    from: &'static str,
    to: &'static str,
    /// Text that ends on the line of the mistake, at its first occurrence in the changed document.
    on: &'static str,
    /// The path and the message.
    says: &'static str,
    /// The broken rule, or `None` if the file cannot be read.
    rule: Option<&'static str>,
}

const TABLES: [&[Mistake]; 9] = [
    apps::MISTAKES,
    deployments::MISTAKES,
    http_steps::MISTAKES,
    parameters::MISTAKES,
    services::MISTAKES,
    spec::MISTAKES,
    steps::MISTAKES,
    syntax::MISTAKES,
    workflow::MISTAKES,
];

fn mistakes() -> impl Iterator<Item = &'static Mistake> {
    TABLES.into_iter().flatten()
}

fn document(name: &str) -> String {
    let path = format!("{}/tests/documents/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// Reads a file as the type of the document of this name.
fn problems(name: &str, path: &Path) -> Result<Vec<Problem>> {
    Ok(match name {
        "workflow.yaml" | "api.yaml" | "web-app.yaml" => {
            CreateSpec::from_yaml_file(path)?.problems()
        }
        "deployment.yaml" => CreateDeployment::from_yaml_file(path)?.problems(),
        "revision.yaml" => CreateDeploymentRevision::from_yaml_file(path)?.problems(),
        "spec-metadata.yaml" => UpdateSpecMetadata::from_yaml_file(path)?.problems(),
        "parameters.yaml" => Parameters::from_yaml_file(path)?.problems(),
        "app.yaml" => CreateAppSpec::from_yaml_file(path)?.problems(),
        "app-release.yaml" => CreateAppSpecRelease::from_yaml_file(path)?.problems(),
        "app-deployment.yaml" => CreateAppDeployment::from_yaml_file(path)?.problems(),
        "app-revision.yaml" => CreateAppDeploymentRevision::from_yaml_file(path)?.problems(),
        "app-parameters.yaml" => PatchParameters::from_yaml_file(path)?.problems(),
        _ => panic!("{name} has no type"),
    })
}

impl Mistake {
    /// The document with the mistake.
    fn text(&self) -> String {
        let valid = document(self.file);
        let count = valid.matches(self.from).count();
        assert_eq!(count, 1, "occurrences of {:?} in {}", self.from, self.file);
        valid.replace(self.from, self.to)
    }

    fn line(&self) -> usize {
        let text = self.text();
        let start = text.find(self.on);
        let start = start.unwrap_or_else(|| panic!("{:?} is not in {}", self.on, self.file));
        text[..start + self.on.trim_end().len()].lines().count()
    }

    /// The broken rules of the file, and the text of its problems or its error.
    fn found(&self, folder: &Path) -> (Vec<&'static str>, String) {
        let path = folder.join(self.file);
        std::fs::write(&path, self.text()).unwrap();
        match problems(self.file, &path) {
            Ok(problems) => {
                let texts: Vec<_> = problems.iter().map(Problem::to_string).collect();
                let rules = problems.iter().map(|problem| problem.rule);
                (rules.collect(), texts.join("\n"))
            }
            Err(error) => (Vec::new(), error.to_string()),
        }
    }
}

/// Writes all mistakes except syntax errors to a file for `.ci/schemas`, which checks that the schemas
/// for editors find them.
fn write_for_schemas() {
    let tables = TABLES.iter().filter(|table| **table != syntax::MISTAKES);
    let mistakes = tables.copied().flatten();
    let mistakes = mistakes.map(|mistake| {
        json!({
            "file": mistake.file,
            "text": mistake.text(),
            "to": mistake.to,
            "rule": mistake.rule,
        })
    });
    let mistakes: Vec<_> = mistakes.collect();
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/mistakes.json");
    std::fs::write(path, json!(mistakes).to_string()).unwrap();
}

#[test]
fn every_mistake_is_reported_with_file_path_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut failures = String::new();
    for mistake in mistakes() {
        let (rules, found) = mistake.found(folder.path());
        let path = folder.path().join(mistake.file);
        let (path, says, line) = (path.display(), mistake.says, mistake.line());
        let expected = format!("{path}: {says} (line {line})");
        if found != expected || rules != Vec::from_iter(mistake.rule) {
            let change = format!("{:?} to {:?}", mistake.from, mistake.to);
            writeln!(
                failures,
                "{change} gives\n{rules:?} {found}\nand not\n{:?} {expected}",
                mistake.rule
            )
            .unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(mistakes().count() >= 75);
    write_for_schemas();
}

/// Sends a document that breaks a rule to an emulator that has everything the document refers to.
#[cfg(feature = "emulator")]
fn send(mistake: &Mistake, emulator: &peak_press::emulator::Emulator) -> peak_press::Error {
    use peak_press::{apps, blocks, deployments};

    let blocks = blocks::Client::new(emulator.session());
    let apps = apps::Client::new(emulator.session());
    let deployments = deployments::Client::new(emulator.session());
    let spec = &emulator.seed_specs(1)[0];
    let deployment = &emulator.seed_deployments(1)[0];
    let app = &emulator.add_app([deployment]).unwrap();
    let text = &mistake.text();
    let sent = match mistake.file {
        "workflow.yaml" | "api.yaml" | "web-app.yaml" => {
            let mut request = CreateSpec::from_yaml_str(text).unwrap();
            request.artifact = None;
            blocks.create_spec(&request).map(|_| ())
        }
        "deployment.yaml" => {
            let request = CreateDeployment::from_yaml_str(text).unwrap();
            blocks.create_deployment(&request).map(|_| ())
        }
        "revision.yaml" => {
            let request = CreateDeploymentRevision::from_yaml_str(text).unwrap();
            let sent = blocks.create_deployment_revision(deployment, &request);
            sent.map(|_| ())
        }
        "spec-metadata.yaml" => {
            let request = UpdateSpecMetadata::from_yaml_str(text).unwrap();
            blocks.update_spec_metadata(spec, &request).map(|_| ())
        }
        "parameters.yaml" => {
            let request = Parameters::from_yaml_str(text).unwrap();
            blocks.patch_parameters(deployment, &request).map(|_| ())
        }
        "app.yaml" => {
            let request = CreateAppSpec::from_yaml_str(text).unwrap();
            apps.create_spec(&request).map(|_| ())
        }
        "app-release.yaml" => {
            let request = CreateAppSpecRelease::from_yaml_str(text).unwrap();
            let described = apps.describe_deployment(app).unwrap();
            let app_spec = described.spec.unwrap()["id"].as_str().unwrap().to_owned();
            apps.create_spec_release(&app_spec, &request).map(|_| ())
        }
        "app-deployment.yaml" => {
            let request = CreateAppDeployment::from_yaml_str(text).unwrap();
            apps.create_deployment(&request).map(|_| ())
        }
        "app-revision.yaml" => {
            let request = CreateAppDeploymentRevision::from_yaml_str(text).unwrap();
            apps.create_deployment_revision(app, &request).map(|_| ())
        }
        "app-parameters.yaml" => {
            let request = PatchParameters::from_yaml_str(text).unwrap();
            deployments.patch_parameters_v2(app, &request).map(|_| ())
        }
        _ => panic!("{} is not sent", mistake.file),
    };
    sent.unwrap_err()
}

#[cfg(feature = "emulator")]
#[test]
fn the_emulator_refuses_what_breaks_a_rule() {
    let emulator = peak_press::emulator::Emulator::start().unwrap();
    for mistake in mistakes() {
        // The service may know a key that this release does not.
        if matches!(mistake.rule, None | Some("known-key")) {
            continue;
        }
        let error = send(mistake, &emulator);
        let is_refused = matches!(error, peak_press::Error::UnprocessableEntity(_));
        assert!(is_refused, "{:?}: {error}", mistake.to);
        let (_, message) = mistake.says.split_once(": ").unwrap();
        // A blank parameter is not declared, so another check of the emulator refuses it first.
        let is_parameter = mistake.file.ends_with("parameters.yaml");
        let text = error.to_string();
        assert!(text.contains(message) || is_parameter, "{message}: {text}");
    }
}

#[test]
fn the_documents_without_a_mistake_have_no_problems() {
    let names: BTreeSet<_> = mistakes().map(|mistake| mistake.file).collect();
    for name in names {
        let path = format!("{}/tests/documents/{name}", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(problems(name, Path::new(&path)).unwrap(), [], "{name}");
    }
}

/// The rules in the documentation's table, and the source of each.
fn documented_rules() -> BTreeMap<String, String> {
    let text = include_str!("../../src/files.md");
    let rows = text.lines().map(|line| line.split('|').map(str::trim));
    let rows = rows.map(Iterator::collect::<Vec<_>>);
    let rows = rows
        .skip_while(|cells| cells.get(1) != Some(&"rule"))
        .skip(2);
    let rows = rows.take_while(|cells| cells.len() == 6);
    rows.map(|cells| (cells[1].trim_matches('`').to_owned(), cells[4].to_owned()))
        .collect()
}

#[test]
fn every_documented_rule_has_a_source_and_a_file_that_breaks_it() {
    // Masked values do not come from files; the next test covers them.
    let broken = mistakes().filter_map(|mistake| mistake.rule);
    let broken: BTreeSet<_> = broken.chain(["hidden-value"]).map(str::to_owned).collect();
    let documented = documented_rules();
    assert_eq!(BTreeSet::from_iter(documented.keys().cloned()), broken);
    for (rule, source) in documented {
        assert!(!source.is_empty(), "{rule}");
    }
}

#[test]
fn a_masked_value_of_a_described_deployment_is_a_problem() {
    let described = json!({
        "id": "d", "spec": { "id": "s" }, "parameters": { "run": { "key": "********" } },
    });
    let described: Deployment = serde_json::from_value(described).unwrap();
    let (_, masked) = described.to_create_deployment().unwrap();
    assert_eq!(masked[0].rule, "hidden-value");
    let expected = "parameters.run.key: the value is masked, and left out";
    assert_eq!(masked[0].to_string(), expected);
}

#[test]
fn steps_that_wait_for_each_other_are_all_named() {
    let yaml = "
body:
  release: { version: 1.0.0 }
  config:
    images: { i: {} }
    steps:
      a: { command: x, imageRef: i, parents: [c] }
      b: { command: x, imageRef: i, parents: [a] }
      c: { command: x, imageRef: i, parents: [b] }
      d: { command: x, imageRef: i, parents: [c] }
";
    let problems = CreateSpecRelease::from_yaml_str(yaml).unwrap().problems();
    let found: Vec<_> = problems.iter().map(Problem::to_string).collect();
    let expected = "body.config.steps.a.parents: these steps wait for each other: `a` waits for \
                    `c` waits for `b` waits for `a` (line 7)";
    assert_eq!(found, [expected]);
}

#[test]
fn a_file_lists_a_bounded_number_of_problems() {
    let steps = (0..5_000).map(|n| {
        (
            format!("step{n}"),
            json!({ "parents": [format!("stop{n}")] }),
        )
    });
    let steps: serde_json::Map<_, _> = steps.collect();
    let mut text = json!({
        "body": { "release": { "version": "1.0.0" }, "config": { "steps": steps } },
    });
    for (_, step) in text["body"]["config"]["steps"].as_object_mut().unwrap() {
        step["type"] = json!("sql");
        step["sqlQueryPath"] = json!("a.sql");
    }
    let request = CreateSpecRelease::from_json_str(&text.to_string()).unwrap();
    let problems = request.problems();
    assert_eq!(problems.len(), 200);
    // Suggestions stop after a number of comparisons.
    assert_eq!(problems[0].suggestion.as_deref(), Some("step0"));
    assert_eq!(problems[199].suggestion, None);
    assert!(problems.iter().all(|problem| problem.line.is_some()));
}

#[test]
fn a_problem_of_json_text_has_its_line() {
    let json = "{\n\"release\": {\n\"version\": \"one\"}}";
    let problems = CreateDeploymentRevision::from_json_str(json)
        .unwrap()
        .problems();
    let expected = "release.version: \"one\" is not a semantic version such as 1.0.0 (line 3)";
    assert_eq!(problems[0].to_string(), expected);
}

#[cfg(feature = "templates")]
#[test]
fn a_problem_names_the_template_that_has_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("revision.yaml");
    std::fs::write(&path, "body:\n  {% include \"release.yaml\" %}\n").unwrap();
    let included = folder.path().join("release.yaml");
    std::fs::write(&included, "revision: {}\nrelease: { version: {{ v }} }\n").unwrap();
    let vars = peak_press::template::Vars::new().set("v", "1.0");
    let request = CreateDeploymentRevision::from_template_file(&path, &vars).unwrap();
    let problem = &request.problems()[0];
    let file = problem.file.as_deref().unwrap().file_name().unwrap();
    assert_eq!(
        (file.to_str(), problem.line),
        (Some("release.yaml"), Some(2))
    );
}

#[test]
fn problems_of_a_request_built_in_code_have_no_file_or_line() {
    let metadata = SpecMetadata::new("name", "summary");
    let config = ServiceConfig::new(ServiceType::Api);
    let body = SpecBody::service(metadata, NewRelease::new("1.0.0"), config);
    let mut request = CreateSpec::new(body);
    request.body.config = WorkflowConfig::new().into();
    let problems = request.problems();
    assert_eq!((&problems[0].file, problems[0].line), (&None, None));
    let expected = "body.config: a service's config needs `serviceType`";
    assert_eq!(problems[0].to_string(), expected);
}

#[test]
fn tenants_of_a_spec_that_is_shared_already_may_change() {
    let request = UpdateSpecMetadata::new().tenants(["a", "b"]);
    assert_eq!(request.problems(), []);
}

#[test]
fn equality_ignores_line_numbers() {
    let yaml = "release: { version: 1.0 }";
    let first = CreateDeploymentRevision::from_yaml_str(yaml).unwrap();
    let second = CreateDeploymentRevision::from_yaml_str(&format!("\n{yaml}")).unwrap();
    assert_ne!(first.problems(), second.problems());
    assert_eq!(first, second);
}
