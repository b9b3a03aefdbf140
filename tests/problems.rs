//! Each rule of the API's reference: a file that breaks it, and the problem that is reported.

use std::fmt::Write;

use peak_press::Problem;
use peak_press::types::*;

/// A change of a valid document that breaks one rule.
struct Change {
    from: &'static str,
    to: &'static str,
    /// A part of the line that the problem is on, after the change.
    on: &'static str,
    /// The path and the message.
    problem: &'static str,
}

fn text(name: &str) -> String {
    let path = format!("{}/tests/documents/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn spec_problems(path: &std::path::Path) -> Vec<Problem> {
    CreateSpec::from_yaml_file(path).unwrap().problems()
}

#[track_caller]
fn assert_problems(name: &str, read: fn(&std::path::Path) -> Vec<Problem>, changes: &[Change]) {
    let valid = text(name);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, &valid).unwrap();
    assert_eq!(read(&path), [], "{name}");
    let mut failures = String::new();
    for change in changes {
        assert_eq!(
            valid.matches(change.from).count(),
            1,
            "occurrences of {:?}",
            change.from
        );
        let text = valid.replace(change.from, change.to);
        std::fs::write(&path, &text).unwrap();
        let line = 1 + text
            .lines()
            .position(|line| line.contains(change.on))
            .unwrap();
        let found: Vec<_> = read(&path).iter().map(Problem::to_string).collect();
        let expected = format!("{} (line {line})", change.problem);
        if found != [expected.as_str()] {
            write!(
                failures,
                "\n{:?} gives {found:#?}, expected {expected}",
                change.to
            )
            .unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn reports_each_broken_rule_of_a_workflow() {
    assert_problems(
        "workflow.yaml",
        spec_problems,
        &[
            Change {
                from: "    steps:",
                to: "    colour: red\n    steps:",
                on: "colour",
                problem: "body.config.colour: not known to this release; it is sent as it is",
            },
            Change {
                from: "stepTimeout: 30",
                to: "stepTimout: 30",
                on: "stepTimout",
                problem: "body.config.steps.load.stepTimout: not known to this release; it is sent as it is; did you mean \"stepTimeout\"?",
            },
            Change {
                from: "ignore_files:",
                to: "ignoreFiles:",
                on: "ignoreFiles",
                problem: "artifact.ignoreFiles: not known to this release; it is not sent; did you mean \"ignore_files\"?",
            },
            Change {
                from: "scope: shared",
                to: "scope: sharde",
                on: "scope: sharde",
                problem: "scope: \"sharde\" is not a known value; did you mean \"shared\"?",
            },
            Change {
                from: "sortOrder: desc",
                to: "sortOrder: down",
                on: "sortOrder",
                problem: "body.config.steps.publish.sortOrder: \"down\" is not a known value",
            },
            Change {
                from: "version: 1\n",
                to: "version: 2\n",
                on: "version: 2",
                problem: "body.version: the version of a spec is always 1",
            },
            Change {
                from: "name: demand-forecast",
                to: "name: ' '",
                on: "name: ' '",
                problem: "body.metadata.name: the name is blank",
            },
            Change {
                from: "- name: demand\n",
                to: "- name: 'forecast'\n",
                on: "'forecast'",
                problem: "body.metadata.tags[1].name: \"forecast\" is in the list twice",
            },
            Change {
                from: "version: 1.10.0-rc.1+build.7",
                to: "version: 1.10",
                on: "version: 1.10",
                problem: "body.release.version: \"1.10\" is not a semantic version such as 1.0.0",
            },
            Change {
                from: "version: 0.0.2",
                to: "version: latest",
                on: "version: latest",
                problem: "body.config.images.python.version: \"latest\" is not a semantic version such as 1.0.0",
            },
            Change {
                from: "imageRef: python",
                to: "imageRef: pyhton",
                on: "imageRef",
                problem: "body.config.steps.load.imageRef: no image is named \"pyhton\"; did you mean \"python\"?",
            },
            Change {
                from: "        imageRef: python\n",
                to: "",
                on: "      load:",
                problem: "body.config.steps.load: a standard step has one of `image`, `imageRef` and `imageDetails`, and this has none",
            },
            Change {
                from: "imageRef: python",
                to: "image: {}\n        imageRef: python",
                on: "      load:",
                problem: "body.config.steps.load: a standard step has one of `image`, `imageRef` and `imageDetails`, and this has 2",
            },
            Change {
                from: "storage: 10GB",
                to: "storage: ten",
                on: "storage",
                problem: "body.config.steps.load.resources.storage: \"ten\" is not an amount of storage such as 10GB",
            },
            Change {
                from: "parents: [train, score]",
                to: "parents: [trian, score]",
                on: "trian",
                problem: "body.config.steps.notify.parents[0]: no step is named \"trian\"; did you mean \"train\"?",
            },
            Change {
                from: "parents: [train, score]",
                to: "parents: [train, train]",
                on: "parents: [train, train]",
                problem: "body.config.steps.notify.parents[1]: \"train\" is in the list twice",
            },
            Change {
                from: "parents: [train, score]",
                to: "parents: [notify]",
                on: "parents: [notify]",
                problem: "body.config.steps.notify.parents[0]: a step cannot be its own parent",
            },
            Change {
                from: "stepName: load",
                to: "stepName: lod",
                on: "stepName",
                problem: "body.config.steps.train.executionParameters.conditional[0].stepName: no step is named \"lod\"; did you mean \"load\"?",
            },
            Change {
                from: "parents: [load], status",
                to: "parents: [gone], status",
                on: "parents: [gone]",
                problem: "body.config.steps.train.executionParameters.parentStatus[0].parents[0]: no step is named \"gone\"",
            },
            Change {
                from: "type: sql\n        sqlQueryPath: clean.sql",
                to: "type: sql",
                on: "      clean:",
                problem: "body.config.steps.clean: an SQL step has one of `sqlQueryPath` and `repository`, and this has none",
            },
            Change {
                from: "sqlQueryPath: clean.sql",
                to: "sqlQueryPath: x\n        repository: { branch: b, url: u, filePath: f }",
                on: "      clean:",
                problem: "body.config.steps.clean: an SQL step has one of `sqlQueryPath` and `repository`, and this has 2",
            },
            Change {
                from: ", filePath: tidy.sql",
                to: "",
                on: "repository: { branch: main, url: \"https://example.com/sql.git\"",
                problem: "body.config.steps.tidy.repository: the repository of an SQL step needs `filePath`",
            },
            Change {
                from: "clientId: id, ",
                to: "",
                on: "auth:",
                problem: "body.config.steps.notify.auth: auth of type `oauth` needs `clientId`",
            },
            Change {
                from: "duration: 10",
                to: "duration: 121",
                on: "duration: 121",
                problem: "body.config.steps.train.runConfiguration.retryOptions.duration: expected a number from 0 to 120, found 121",
            },
            Change {
                from: "numberOfRetries: 5",
                to: "numberOfRetries: 6",
                on: "numberOfRetries",
                problem: "body.config.steps.train.runConfiguration.retryOptions.numberOfRetries: expected a number from 0 to 5, found 6",
            },
            Change {
                from: "\"@param:runtime\"",
                to: "\"@param:timeot\"",
                on: "@param:timeot",
                problem: "body.config.watchers[0].events.runtimeExceeded: no parameter is named \"timeot\"; did you mean \"timeout\"?",
            },
            Change {
                from: "cron: 0 6 * * 1",
                to: "cron: 0 25 * * 1",
                on: "cron",
                problem: "body.config.triggers[0].cron: \"0 25 * * 1\" is not a cron expression of five fields",
            },
            Change {
                from: "- webhook: true",
                to: "- webhook: true\n        cron: 0 * * * *",
                on: "- webhook: true",
                problem: "body.config.triggers[1]: a trigger has one of `cron`, `webhook`, `webhookId` and `webhookPolicy`, and this has 2",
            },
            Change {
                from: "      - user: \"@param:watcher\"\n        events:",
                to: "      - events:",
                on: "      - events:",
                problem: "body.config.watchers[0]: a watcher has one of `user`, `webhook` and `email`, and this has none",
            },
            Change {
                from: "tenants: [tenant-a, tenant-b]",
                to: "tenants: []",
                on: "scope:",
                problem: "scope: the scope `shared` needs `tenants`",
            },
            Change {
                from: "scope: shared",
                to: "scope: private",
                on: "tenants:",
                problem: "tenants: only the scope `shared` has tenants",
            },
            Change {
                from: "tenant-b]",
                to: "tenant-a]",
                on: "tenants:",
                problem: "tenants[1]: \"tenant-a\" is in the list twice",
            },
            Change {
                from: "name: use_cache, type: boolean, required: false, defaultValue: true",
                to: "name: use_cache, type: boolean, required: false, defaultValue: 1",
                on: "defaultValue: 1 ",
                problem: "parameters.build[0].defaultValue: the default of a boolean cannot be 1",
            },
            Change {
                from: "value: 22",
                to: "value: large",
                on: "value: large",
                problem: "parameters.build[1].options[1].value: an option of a number cannot be \"large\"",
            },
            Change {
                from: "dependsOn: instance",
                to: "dependsOn: instanse",
                on: "instanse",
                problem: "parameters.run[0].conditions[1].conditions[0].dependsOn: no parameter is named \"instanse\"; did you mean \"instance\"?",
            },
            Change {
                from: "conditionType: OR\n          conditions",
                to: "conditions",
                on: "        - conditions:",
                problem: "parameters.run[0].conditions[1]: a condition has `dependsOn`, `operator` and `value`, or `conditionType` and `conditions`",
            },
            Change {
                from: "dependsOn: use_cache, operator: equals, value: true",
                to: "dependsOn: use_cache, operator: equals",
                on: "operator: equals }",
                problem: "parameters.run[0].conditions[0]: a condition has `dependsOn`, `operator` and `value`, or `conditionType` and `conditions`",
            },
        ],
    );
}

#[test]
fn reports_a_cycle_of_steps() {
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
    let messages: Vec<_> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        messages,
        [
            "body.config.steps.a.parents: these steps wait for each other: `a` waits for `c` waits for \
          `b` waits for `a` (line 7)"
        ]
    );
}

#[test]
fn reports_each_broken_rule_of_a_service() {
    assert_problems(
        "api.yaml",
        spec_problems,
        &[
            Change {
                from: "minInstances: 1",
                to: "minInstances: 3",
                on: "minInstances",
                problem: "body.config.minInstances: expected a number from 1 to 2, found 3",
            },
            Change {
                from: "minInstances: 1",
                to: "sessionStickiness: true",
                on: "sessionStickiness",
                problem: "body.config.sessionStickiness: only a service of type `web-app` has it",
            },
            Change {
                from: "minInstances: 1",
                to: "scaleToZero: true",
                on: "scaleToZero",
                problem: "body.config.scaleToZero: only a service of type `web-app` has it",
            },
        ],
    );
}

#[test]
fn reports_each_broken_rule_of_a_deployment() {
    let read = |path: &std::path::Path| CreateDeployment::from_yaml_file(path).unwrap().problems();
    assert_problems(
        "deployment.yaml",
        read,
        &[
            Change {
                from: "name: demand-forecast-north",
                to: "name: ''",
                on: "name: ''",
                problem: "metadata.name: the name is blank",
            },
            Change {
                from: "tags: [{ name: north }]",
                to: "tags: [{ name: '' }]",
                on: "tags",
                problem: "metadata.tags[0].name: the name is blank",
            },
            Change {
                from: "id: 0bddb4c6-40c5-45c3-b477-fceb2c051609",
                to: "id: ' '",
                on: "id: ' '",
                problem: "spec.id: the id is blank",
            },
            Change {
                from: "release: { version: 1.0.0 }",
                to: "release: { version: v1 }",
                on: "version: v1",
                problem: "spec.release.version: \"v1\" is not a semantic version such as 1.0.0",
            },
        ],
    );
}

#[test]
fn reports_a_revision_whose_release_is_not_a_version() {
    let request = CreateDeploymentRevision::from_yaml_str("release: { version: 1.0 }").unwrap();
    assert_eq!(
        request.problems()[0].to_string(),
        "release.version: \"1.0\" is not a semantic version such as 1.0.0 (line 1)"
    );
}

#[test]
fn reports_each_problem_of_spec_metadata() {
    let yaml = "body:\n  metadata: { name: '' }\n  tenants: [a]";
    let problems = UpdateSpecMetadata::from_yaml_str(yaml).unwrap().problems();
    let messages: Vec<_> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        messages,
        [
            "metadata.name: the name is blank (line 2)",
            "tenants: only the scope `shared` has tenants (line 3)",
        ]
    );
}

#[test]
fn reports_a_blank_name_in_deployment_metadata() {
    let request = UpdateDeploymentMetadata::from_yaml_str("name: ' '").unwrap();
    assert_eq!(
        request.problems()[0].to_string(),
        "name: the name is blank (line 1)"
    );
}

#[test]
fn reports_a_blank_parameter_name() {
    let problems = Parameters::from_yaml_str("' ': 1").unwrap().problems();
    assert_eq!(problems[0].message, "the name of a parameter is blank");
}

#[test]
fn problems_of_a_request_built_in_code_have_no_lines() {
    let config = WorkflowConfig::new().steps([("a", Step::from(StandardStep::new("x")))]);
    let metadata = SpecMetadata::new("name", "summary");
    let body = SpecBody::service(
        metadata,
        NewRelease::new("1.0.0"),
        ServiceConfig::new(ServiceType::Api),
    );
    let mut request = CreateSpec::new(body);
    request.body.config = Config::Workflow(config);
    let problems = request.problems();
    assert!(problems.iter().all(|problem| problem.line.is_none()));
    assert_eq!(
        problems[0].to_string(),
        "body.config: a service's config needs `serviceType`"
    );
}

#[test]
fn equality_ignores_line_numbers() {
    let yaml = "release: { version: 1.0 }";
    let first = CreateDeploymentRevision::from_yaml_str(yaml).unwrap();
    let second = CreateDeploymentRevision::from_yaml_str(&format!("\n{yaml}")).unwrap();
    assert_ne!(first.problems(), second.problems());
    assert_eq!(first, second);
}
