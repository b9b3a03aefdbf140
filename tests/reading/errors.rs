//! Errors name the file, the path, the line, and what was expected and found.

use super::*;

/// A change of the workflow and the error that it causes.
struct Mistake {
    from: &'static str,
    to: &'static str,
    /// A part of the line that the error names, before the change.
    at: &'static str,
    error: &'static str,
}

const MISTAKES: &[Mistake] = &[
    Mistake {
        from: "stepTimeout: 30",
        to: "stepTimeout: soon",
        at: "stepTimeout: 30",
        error: r#"body.config.steps.load.stepTimeout: expected a number or "@param:<name>", found "soon""#,
    },
    Mistake {
        from: "useCache: false",
        to: "useCache: maybe",
        at: "useCache: false",
        error: r#"body.config.steps.train.image.useCache: expected true or false or "@param:<name>", found "maybe""#,
    },
    Mistake {
        from: "exitCodes: [1, 137]",
        to: "exitCodes: [1, one]",
        at: "exitCodes: [1, 137]",
        error: r#"body.config.steps.train.runConfiguration.retryOptions.exitCodes[1]: expected a number or "@param:<name>", found "one""#,
    },
    Mistake {
        from: "imageDetails: { id: 57, versionId: 112 }",
        to: "imageDetails: 57",
        at: "imageDetails: { id",
        error: "body.config.steps.score.imageDetails: expected a map, found 57",
    },
    Mistake {
        from: "        url: https://example.com/done\n",
        to: "",
        at: "      notify:",
        error: r#"body.config.steps.notify: the field "url" is missing"#,
    },
    Mistake {
        from: "absolute: { Content-Type: application/json }",
        to: "absolute: [x]",
        at: "absolute: { Content",
        error: "body.config.steps.notify.headers.absolute: expected a map, found a list",
    },
    Mistake {
        from: "compression: true",
        to: "compression: 1",
        at: "compression: true",
        error: r#"body.config.steps.publish.compression: expected true or false or "@param:<name>", found 1"#,
    },
    Mistake {
        from: "sqlQueryPath: clean.sql",
        to: "sqlQueryPath: { a: b }",
        at: "sqlQueryPath: clean",
        error: r#"body.config.steps.clean.sqlQueryPath: expected text or "@param:<name>", found a map"#,
    },
    Mistake {
        from: "{ success: false, fail: true, runtimeExceeded: \"@param:runtime\" }",
        to: "[]",
        at: "events: { success: false",
        error: "body.config.watchers[0].events: expected a map, found a list",
    },
    Mistake {
        from: "name: instance\n      type: number",
        to: "name: instance\n      type: [number]",
        at: "      type: number\n      required: true\n      title",
        error: "parameters.build[1].type: expected text, found a list",
    },
    Mistake {
        from: "    name: demand-forecast\n",
        to: "",
        at: "  metadata:",
        error: r#"body.metadata: the field "name" is missing"#,
    },
    Mistake {
        from: "tenants: [tenant-a, tenant-b]",
        to: "tenants: tenant-a",
        at: "tenants: [tenant-a",
        error: "tenants: expected a list, found \"tenant-a\"",
    },
    Mistake {
        from: "featured: true",
        to: "featured: 5",
        at: "featured: true",
        error: "featured: expected true or false, found 5",
    },
    Mistake {
        from: "  path: app\n",
        to: "",
        at: "artifact:",
        error: r#"artifact: the field "path" is missing"#,
    },
];

#[test]
fn errors_name_the_path_and_line_at_any_depth() {
    for mistake in MISTAKES {
        let line = workflow_line(mistake.at);
        assert_eq!(
            workflow_error(mistake.from, mistake.to),
            format!("{} (line {line})", mistake.error)
        );
    }
}

#[test]
fn json_errors_name_the_path_and_line() {
    let error =
        CreateDeployment::from_json_str("{\n\t\"spec\": {\"id\": [1]},\n\t\"metadata\": {}}")
            .unwrap_err();
    assert!(matches!(error, Error::InvalidJson(_)));
    assert_eq!(
        error.to_string(),
        "spec.id: expected text, found a list (line 2)"
    );
}

#[test]
fn json_syntax_errors_name_the_column() {
    let error = CreateDeployment::from_json_str("{\n\"spec\": }").unwrap_err();
    assert_eq!(
        error.to_string(),
        "spec: expected a value, found '}', at column 9 (line 2)"
    );
}

#[test]
fn refuses_a_workflow_config_for_a_service() {
    assert_eq!(
        workflow_error("kind: workflow", "kind: service"),
        format!(
            "body.config: a service's config needs `serviceType` (line {})",
            workflow_line("  config:\n")
        )
    );
}

#[test]
fn refuses_a_service_config_for_a_workflow() {
    let service = text("api.yaml").replace("kind: service", "kind: workflow");
    let error = CreateSpec::from_yaml_str(&service).unwrap_err().to_string();
    assert!(
        error.starts_with("body.config: `serviceType` is of a service's config"),
        "{error}"
    );
}

#[test]
fn a_missing_file_is_named() {
    let error = CreateSpec::from_yaml_file("/nowhere/block.yaml").unwrap_err();
    assert!(matches!(error, Error::FileNotFound { .. }));
    assert_eq!(
        error.to_string(),
        "/nowhere/block.yaml: there is no such file"
    );
}

#[test]
fn refuses_a_folder_in_place_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        CreateSpec::from_yaml_file(folder.path()),
        Err(Error::File { .. })
    ));
}
