//! Each rule of the API's reference: a file that breaks it, the line, and what is said.

use std::fmt::Write;

use peak_press::Problem;
use peak_press::types::*;

/// A file that breaks a rule, by one change of a document that breaks none.
struct Broken {
    from: &'static str,
    to: &'static str,
    /// A part of the line that the problem is on, after the change.
    on: &'static str,
    /// The path and the message.
    problem: &'static str,
}

const fn broken(
    from: &'static str,
    to: &'static str,
    on: &'static str,
    problem: &'static str,
) -> Broken {
    Broken {
        from,
        to,
        on,
        problem,
    }
}

fn document(name: &str) -> String {
    let path = format!("{}/tests/documents/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn spec(path: &std::path::Path) -> Vec<Problem> {
    CreateSpec::from_yaml_file(path).unwrap().problems()
}

#[track_caller]
fn assert_problems(name: &str, read: fn(&std::path::Path) -> Vec<Problem>, rows: &[Broken]) {
    let good = document(name);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, &good).unwrap();
    assert_eq!(read(&path), [], "{name}");
    let mut wrong = String::new();
    for row in rows {
        assert_eq!(
            good.matches(row.from).count(),
            1,
            "{:?} is there once",
            row.from
        );
        let text = good.replace(row.from, row.to);
        std::fs::write(&path, &text).unwrap();
        let line = 1 + text.lines().position(|line| line.contains(row.on)).unwrap();
        let found: Vec<_> = read(&path).iter().map(Problem::to_string).collect();
        let expected = format!("{} (line {line})", row.problem);
        if found != [expected.as_str()] {
            write!(
                wrong,
                "\n{:?} gives {found:#?}, expected {expected}",
                row.to
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn rules_for_a_workflow() {
    assert_problems(
        "workflow.yaml",
        spec,
        &[
            broken(
                "    steps:",
                "    colour: red\n    steps:",
                "colour",
                "body.config.colour: not known to this release; it is sent as it is",
            ),
            broken(
                "stepTimeout: 30",
                "stepTimout: 30",
                "stepTimout",
                "body.config.steps.load.stepTimout: not known to this release; it is sent as it is; did you mean \"stepTimeout\"?",
            ),
            broken(
                "ignore_files:",
                "ignoreFiles:",
                "ignoreFiles",
                "artifact.ignoreFiles: not known to this release; it is not sent; did you mean \"ignore_files\"?",
            ),
            broken(
                "scope: shared",
                "scope: sharde",
                "scope: sharde",
                "scope: \"sharde\" is not a known value; did you mean \"shared\"?",
            ),
            broken(
                "sortOrder: desc",
                "sortOrder: down",
                "sortOrder",
                "body.config.steps.publish.sortOrder: \"down\" is not a known value",
            ),
            broken(
                "version: 1\n",
                "version: 2\n",
                "version: 2",
                "body.version: the version of a spec is always 1",
            ),
            broken(
                "name: demand-forecast",
                "name: ' '",
                "name: ' '",
                "body.metadata.name: the name is blank",
            ),
            broken(
                "- name: demand\n",
                "- name: 'forecast'\n",
                "'forecast'",
                "body.metadata.tags[1].name: \"forecast\" is in the list twice",
            ),
            broken(
                "version: 1.10.0-rc.1+build.7",
                "version: 1.10",
                "version: 1.10",
                "body.release.version: \"1.10\" is not a semantic version such as 1.0.0",
            ),
            broken(
                "version: 0.0.2",
                "version: latest",
                "version: latest",
                "body.config.images.python.version: \"latest\" is not a semantic version such as 1.0.0",
            ),
            broken(
                "imageRef: python",
                "imageRef: pyhton",
                "imageRef",
                "body.config.steps.load.imageRef: no image is named \"pyhton\"; did you mean \"python\"?",
            ),
            broken(
                "        imageRef: python\n",
                "",
                "      load:",
                "body.config.steps.load: a standard step has one of `image`, `imageRef` and `imageDetails`, and this has none",
            ),
            broken(
                "imageRef: python",
                "image: {}\n        imageRef: python",
                "      load:",
                "body.config.steps.load: a standard step has one of `image`, `imageRef` and `imageDetails`, and this has 2",
            ),
            broken(
                "storage: 10GB",
                "storage: ten",
                "storage",
                "body.config.steps.load.resources.storage: \"ten\" is not an amount of storage such as 10GB",
            ),
            broken(
                "parents: [train, score]",
                "parents: [trian, score]",
                "trian",
                "body.config.steps.notify.parents[0]: no step is named \"trian\"; did you mean \"train\"?",
            ),
            broken(
                "parents: [train, score]",
                "parents: [train, train]",
                "parents: [train, train]",
                "body.config.steps.notify.parents[1]: \"train\" is in the list twice",
            ),
            broken(
                "parents: [train, score]",
                "parents: [notify]",
                "parents: [notify]",
                "body.config.steps.notify.parents[0]: a step cannot be its own parent",
            ),
            broken(
                "stepName: load",
                "stepName: lod",
                "stepName",
                "body.config.steps.train.executionParameters.conditional[0].stepName: no step is named \"lod\"; did you mean \"load\"?",
            ),
            broken(
                "parents: [load], status",
                "parents: [gone], status",
                "parents: [gone]",
                "body.config.steps.train.executionParameters.parentStatus[0].parents[0]: no step is named \"gone\"",
            ),
            broken(
                "type: sql\n        sqlQueryPath: clean.sql",
                "type: sql",
                "      clean:",
                "body.config.steps.clean: an SQL step has one of `sqlQueryPath` and `repository`, and this has none",
            ),
            broken(
                "sqlQueryPath: clean.sql",
                "sqlQueryPath: x\n        repository: { branch: b, url: u, filePath: f }",
                "      clean:",
                "body.config.steps.clean: an SQL step has one of `sqlQueryPath` and `repository`, and this has 2",
            ),
            broken(
                ", filePath: tidy.sql",
                "",
                "repository: { branch: main, url: \"https://example.com/sql.git\"",
                "body.config.steps.tidy.repository: the repository of an SQL step needs `filePath`",
            ),
            broken(
                "clientId: id, ",
                "",
                "auth:",
                "body.config.steps.notify.auth: auth of type `oauth` needs `clientId`",
            ),
            broken(
                "duration: 10",
                "duration: 121",
                "duration: 121",
                "body.config.steps.train.runConfiguration.retryOptions.duration: expected a number from 0 to 120, found 121",
            ),
            broken(
                "numberOfRetries: 5",
                "numberOfRetries: 6",
                "numberOfRetries",
                "body.config.steps.train.runConfiguration.retryOptions.numberOfRetries: expected a number from 0 to 5, found 6",
            ),
            broken(
                "\"@param:runtime\"",
                "\"@param:timeot\"",
                "@param:timeot",
                "body.config.watchers[0].events.runtimeExceeded: no parameter is named \"timeot\"; did you mean \"timeout\"?",
            ),
            broken(
                "cron: 0 6 * * 1",
                "cron: 0 25 * * 1",
                "cron",
                "body.config.triggers[0].cron: \"0 25 * * 1\" is not a cron expression of five fields",
            ),
            broken(
                "- webhook: true",
                "- webhook: true\n        cron: 0 * * * *",
                "- webhook: true",
                "body.config.triggers[1]: a trigger has one of `cron`, `webhook`, `webhookId` and `webhookPolicy`, and this has 2",
            ),
            broken(
                "      - user: \"@param:watcher\"\n        events:",
                "      - events:",
                "      - events:",
                "body.config.watchers[0]: a watcher has one of `user`, `webhook` and `email`, and this has none",
            ),
            broken(
                "tenants: [tenant-a, tenant-b]",
                "tenants: []",
                "scope:",
                "scope: the scope `shared` needs `tenants`",
            ),
            broken(
                "scope: shared",
                "scope: private",
                "tenants:",
                "tenants: only the scope `shared` has tenants",
            ),
            broken(
                "tenant-b]",
                "tenant-a]",
                "tenants:",
                "tenants[1]: \"tenant-a\" is in the list twice",
            ),
            broken(
                "name: use_cache, type: boolean, required: false, defaultValue: true",
                "name: use_cache, type: boolean, required: false, defaultValue: 1",
                "defaultValue: 1 ",
                "parameters.build[0].defaultValue: the default of a boolean cannot be 1",
            ),
            broken(
                "value: 22",
                "value: large",
                "value: large",
                "parameters.build[1].options[1].value: an option of a number cannot be \"large\"",
            ),
            broken(
                "dependsOn: instance",
                "dependsOn: instanse",
                "instanse",
                "parameters.run[0].conditions[1].conditions[0].dependsOn: no parameter is named \"instanse\"; did you mean \"instance\"?",
            ),
            broken(
                "conditionType: OR\n          conditions",
                "conditions",
                "        - conditions:",
                "parameters.run[0].conditions[1]: a condition has `dependsOn`, `operator` and `value`, or `conditionType` and `conditions`",
            ),
            broken(
                "dependsOn: use_cache, operator: equals, value: true",
                "dependsOn: use_cache, operator: equals",
                "operator: equals }",
                "parameters.run[0].conditions[0]: a condition has `dependsOn`, `operator` and `value`, or `conditionType` and `conditions`",
            ),
        ],
    );
}

#[test]
fn steps_that_wait_for_each_other_are_a_problem() {
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
    let shown: Vec<_> = problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        shown,
        [
            "body.config.steps.a.parents: these steps wait for each other: `a` waits for `c` waits for \
          `b` waits for `a` (line 7)"
        ]
    );
}

#[test]
fn rules_for_a_service() {
    assert_problems(
        "api.yaml",
        spec,
        &[
            broken(
                "minInstances: 1",
                "minInstances: 3",
                "minInstances",
                "body.config.minInstances: expected a number from 1 to 2, found 3",
            ),
            broken(
                "minInstances: 1",
                "sessionStickiness: true",
                "sessionStickiness",
                "body.config.sessionStickiness: only a service of type `web-app` has it",
            ),
            broken(
                "minInstances: 1",
                "scaleToZero: true",
                "scaleToZero",
                "body.config.scaleToZero: only a service of type `web-app` has it",
            ),
        ],
    );
}

#[test]
fn rules_for_a_deployment() {
    let read = |path: &std::path::Path| CreateDeployment::from_yaml_file(path).unwrap().problems();
    assert_problems(
        "deployment.yaml",
        read,
        &[
            broken(
                "name: demand-forecast-north",
                "name: ''",
                "name: ''",
                "metadata.name: the name is blank",
            ),
            broken(
                "tags: [{ name: north }]",
                "tags: [{ name: '' }]",
                "tags",
                "metadata.tags[0].name: the name is blank",
            ),
            broken(
                "id: 0bddb4c6-40c5-45c3-b477-fceb2c051609",
                "id: ' '",
                "id: ' '",
                "spec.id: the id is blank",
            ),
            broken(
                "release: { version: 1.0.0 }",
                "release: { version: v1 }",
                "version: v1",
                "spec.release.version: \"v1\" is not a semantic version such as 1.0.0",
            ),
        ],
    );
}

#[test]
fn rules_for_metadata_revisions_and_parameters() {
    let read = |yaml: &str| {
        CreateDeploymentRevision::from_yaml_str(yaml)
            .unwrap()
            .problems()
    };
    let problems = read("release: { version: 1.0 }");
    assert_eq!(
        problems[0].to_string(),
        "release.version: \"1.0\" is not a semantic version such as 1.0.0 (line 1)"
    );
    let problems =
        UpdateSpecMetadata::from_yaml_str("body:\n  metadata: { name: '' }\n  tenants: [a]");
    let shown: Vec<_> = problems
        .unwrap()
        .problems()
        .iter()
        .map(Problem::to_string)
        .collect();
    assert_eq!(
        shown,
        [
            "metadata.name: the name is blank (line 2)",
            "tenants: only the scope `shared` has tenants (line 3)",
        ]
    );
    let problems = UpdateDeploymentMetadata::from_yaml_str("name: ' '")
        .unwrap()
        .problems();
    assert_eq!(problems[0].to_string(), "name: the name is blank (line 1)");
    let problems = Parameters::from_yaml_str("' ': 1").unwrap().problems();
    assert_eq!(problems[0].message, "the name of a parameter is blank");
}

#[test]
fn a_request_made_in_code_has_problems_without_lines() {
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
fn equal_requests_may_come_from_different_lines() {
    let yaml = "release: { version: 1.0 }";
    let first = CreateDeploymentRevision::from_yaml_str(yaml).unwrap();
    let second = CreateDeploymentRevision::from_yaml_str(&format!("\n{yaml}")).unwrap();
    assert_ne!(first.problems(), second.problems());
    assert_eq!(first, second);
}
