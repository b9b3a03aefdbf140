//! The output of the build script, and its errors for invalid schemas.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs the build script on a changed copy of the schemas.
fn run_build_script(change: impl FnOnce(&Path)) -> (Output, TempDir) {
    let root = tempfile::tempdir().unwrap();
    let schemas = root.path().join("schemas");
    fs::create_dir(&schemas).unwrap();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, schemas.join(path.file_name().unwrap())).unwrap();
        }
    }
    // These contain the hand-written methods.
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for source in files(&sources) {
        let copy = root.path().join("src").join(&source);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(sources.join(&source), copy).unwrap();
    }
    change(&schemas);
    let out = root.path().join("out");
    fs::create_dir(&out).unwrap();
    let output = Command::new(env!("PEAK_PRESS_BUILD_SCRIPT"))
        .env_clear()
        .env("CARGO_MANIFEST_DIR", root.path())
        .env("OUT_DIR", &out)
        .current_dir(root.path())
        .output()
        .unwrap();
    (output, root)
}

/// An edit that makes a schema invalid, and the build script's error message.
struct Mistake {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    message: &'static str,
}

impl Mistake {
    /// Applies the edit, and checks the start of the error message and that no file is written.
    #[track_caller]
    fn assert_reported(&self) {
        let (output, root) = run_build_script(|schemas| {
            let path = schemas.join(self.file);
            let text = fs::read_to_string(&path).unwrap();
            assert!(
                text.contains(self.from),
                "{} has no {}",
                self.file,
                self.from
            );
            fs::write(&path, text.replacen(self.from, self.to, 1)).unwrap();
        });
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.starts_with(self.message),
            "found: {message}\nexpected: {}",
            self.message
        );
        assert_eq!(output.status.code(), Some(1));
        let written = fs::read_dir(root.path().join("out")).unwrap().count();
        assert_eq!(written, 0, "nothing is written");
    }
}

/// The paths of all files below a folder, relative to it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    let files = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file());
    let relative = files.map(|file| file.path().strip_prefix(folder).unwrap().to_owned());
    relative.collect()
}

#[test]
fn generation_is_deterministic_and_writes_only_to_out_dir() {
    let (output, root) = run_build_script(|_| {});
    assert!(output.status.success(), "{output:?}");
    let (generated, built) = (root.path().join("out"), Path::new(env!("OUT_DIR")));
    assert_eq!(files(&generated), files(built));
    for name in files(built) {
        let file = |folder: &Path| fs::read(folder.join(&name)).unwrap();
        assert_eq!(file(&generated), file(built), "{}", name.display());
    }
    assert_eq!(
        fs::read_dir(root.path()).unwrap().count(),
        3,
        "out, schemas and src"
    );
}

#[test]
fn generated_code_stays_below_8000_lines() {
    let out = Path::new(env!("OUT_DIR"));
    let code = files(out)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|e| e == "rs"));
    let lines = code.map(|file| fs::read_to_string(out.join(file)).unwrap().lines().count());
    let lines: usize = lines.sum();
    assert!(lines < 8000, "{lines} lines of generated code");
}

/// The signature of each generated `new`, one per line.
fn signatures_of_new() -> String {
    let code = fs::read_to_string(concat!(env!("OUT_DIR"), "/types.rs")).unwrap();
    let (mut name, mut signatures) = ("", String::new());
    for (index, line) in code
        .match_indices('\n')
        .map(|(index, _)| (index + 1, &code[index + 1..]))
    {
        let line_end = line.find('\n').unwrap_or(line.len());
        if let Some(rest) = line[..line_end].strip_prefix("impl ") {
            name = rest.trim_end_matches(" {");
        } else if line.starts_with("    pub fn new(") {
            let rest = &code[index..];
            let signature = &rest["    pub fn ".len()..rest.find(" -> Self").unwrap()];
            let words: Vec<_> = signature.split_whitespace().collect();
            let signature = words.join(" ").replace("( ", "(").replace(", )", ")");
            signatures += &format!("{name}::{signature}\n");
        }
    }
    signatures
}

/// Most callers compile after two text arguments are swapped, and then send one in place of the other.
#[test]
fn arguments_of_new_do_not_change() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/new.txt");
    let found = signatures_of_new();
    if std::env::var_os("UPDATE_NEW").is_some() {
        fs::write(path, &found).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap();
    let lines = |text: &str| -> Vec<String> { text.lines().map(Into::into).collect() };
    let (found, expected) = (lines(&found), lines(&expected));
    let missing = |lines: &[String], others: &[String]| -> Vec<String> {
        lines
            .iter()
            .filter(|line| !others.contains(line))
            .cloned()
            .collect()
    };
    let (removed, added) = (missing(&expected, &found), missing(&found, &expected));
    assert!(
        removed.is_empty() && added.is_empty() && found.len() > 50,
        "The arguments of `new` changed, which breaks its callers. If they should, run\n\
         `UPDATE_NEW=1 cargo test --test generation`, and say so in the changelog.\n\
         before: {removed:#?}\nnow: {added:#?}"
    );
}

/// The fields of response types too. Those of a request stay sorted by name, the order in which they
/// are sent.
#[test]
fn documentation_shows_required_fields_first() {
    let code = fs::read_to_string(concat!(env!("OUT_DIR"), "/types.rs")).unwrap();
    let names = |item: &str, start: &str| -> Vec<String> {
        let body = code.split(&format!("{item} {{\n")).nth(1).unwrap();
        let body = &body[..body.find("\n}").unwrap()];
        let names = body.lines().filter_map(|line| line.strip_prefix(start));
        let end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        names
            .map(|name| name.split(end).next().unwrap().to_owned())
            .collect()
    };
    let fields = ["id", "revision", "extra"];
    assert_eq!(names("pub struct CreatedRevision", "    pub "), fields);
    let fields = [
        "artifact",
        "auto_run_on_deploy",
        "body",
        "featured",
        "parameters",
        "scope",
        "tenants",
        "extra",
    ];
    assert_eq!(names("pub struct CreateSpec", "    pub ")[..8], fields);
    let setters = [
        "new",
        "artifact",
        "auto_run_on_deploy",
        "parameters",
        "featured",
        "scope",
        "tenants",
    ];
    assert_eq!(names("impl CreateSpec", "    pub fn "), setters);
}

#[test]
fn the_index_of_the_types_has_every_type_and_call() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("OUT_DIR")).join(name)).unwrap();
    let (index, names, pages) = (read("types.md"), read("names.rs"), read("pages.rs"));
    let names = names.trim().strip_prefix("types!(").unwrap();
    for name in names.trim_end_matches(')').split(' ') {
        let is_page = pages.contains(&format!("type Page = {name};"));
        let is_listed = index.contains(&format!("[`{name}`](crate::types::{name})"));
        assert!(is_listed != is_page, "{name}");
    }
    let row = "| [`list_specs`](crate::apps::Client::list_specs) | [`ListSpecs`](crate::types::ListSpecs) \
               | `Items` of [`AppSpec`](crate::types::AppSpec) |";
    assert!(index.contains(row), "{index}");
    assert!(
        index.contains("| [`GetParameters`](crate::types::GetParameters) |"),
        "{index}"
    );
    assert!(index.contains(&read("calls_blocks.md")));
}

#[test]
fn reports_schema_mistakes_with_their_location() {
    for mistake in [
        Mistake {
            file: "workflow.json",
            from: "\"x-setter\": false",
            to: "\"x-setter\": true",
            message: "schemas/workflow.json#/definitions/Trigger/properties/cron/x-setter: expected false",
        },
        Mistake {
            file: "step.json",
            from: "\"type\": \"string\"",
            to: "\"type\": \"strong\"",
            message: "schemas/step.json#/definitions/StandardStep/properties/type/type: \"strong\" is not supported here",
        },
        Mistake {
            file: "step.json",
            from: "#/definitions/Resources",
            to: "#/definitions/Ressources",
            message: "schemas/step.json#/definitions/StandardStep/properties/resources/allOf/0/$ref: there is no definition Ressources",
        },
        Mistake {
            file: "step.json",
            from: "image.json#/definitions/Image\"",
            to: "step.json#/definitions/Image\"",
            message: "schemas/step.json#/definitions/StandardStep/properties/image/allOf/0/$ref: Image is in image.json, not in step.json",
        },
        Mistake {
            file: "step.json",
            from: "image.json#/definitions/Image\"",
            to: "image.json#/definition/Image\"",
            message: "schemas/step.json#/definitions/StandardStep/properties/image/allOf/0/$ref: \"image.json#/definition/Image\" is not of the form",
        },
        Mistake {
            file: "release.json",
            from: "\"required\": [\"version\"]",
            to: "\"required\": [\"version\", \"note\"]",
            message: "schemas/release.json#/definitions/NewRelease/required: there is no property \"note\"",
        },
        Mistake {
            file: "release.json",
            from: "\"type\": \"object\",",
            to: "\"type\": \"object\", \"minProperties\": 1,",
            message: "schemas/release.json#/definitions/NewRelease/minProperties: this keyword is not supported here",
        },
        Mistake {
            file: "release.json",
            from: "\"additionalProperties\": {}",
            to: "\"additionalProperties\": true",
            message: "schemas/release.json#/definitions/NewRelease: `additionalProperties` must be {}, so that nothing is lost",
        },
        Mistake {
            file: "release.json",
            from: "\"version\": {\n          \"description\": ",
            to: "\"version\": {\n          \"description\": 1, \"x-alias\": ",
            message: "schemas/release.json#/definitions/NewRelease/properties/version: `description` is missing or not text",
        },
        Mistake {
            file: "spec.json",
            from: "\"archived\"],",
            to: "\"archived\", \"lost\"],",
            message: "schemas/spec.json#/definitions/SpecStatus/x-enum-descriptions: `lost` is missing or not text",
        },
        Mistake {
            file: "spec.json",
            from: "\"SpecStatus\": {",
            to: "\"Scope\": {",
            message: "schemas/spec.json#/definitions/Scope: schemas/common.json#/definitions/Scope has the same name",
        },
        Mistake {
            file: "common.json",
            from: "the parameter's name.\\n\\nIt may",
            to: "the parameter's name. It may",
            message: "schemas/common.json#/definitions/ParamRef/description: its first paragraph has more than one sentence",
        },
        Mistake {
            file: "spec.json",
            from: "\"definitions\": {",
            to: "\"definitions\": [",
            message: "schemas/spec.json: ",
        },
        Mistake {
            file: "spec.json",
            from: "\"description\": \"",
            to: "\"description\": \"\", \"description\": \"",
            message: "schemas/spec.json: the key \"description\" appears twice",
        },
    ] {
        mistake.assert_reported();
    }
}

#[test]
fn refuses_an_inline_enum_that_is_not_a_union_tag() {
    let mistake = Mistake {
        file: "release.json",
        from: "\"type\": \"string\"",
        to: "\"type\": \"string\", \"enum\": [\"1.0.0\"]",
        message: "schemas/release.json#/definitions/NewRelease/properties/version/enum: \
                  an `enum` has to be a definition of its own",
    };
    mistake.assert_reported();
}

#[test]
fn refuses_a_union_whose_variants_and_tag_disagree() {
    for mistake in [
        Mistake {
            file: "step.json",
            from: "{\"$ref\": \"#/definitions/SqlStep\"}",
            to: "{\"$ref\": \"#/definitions/Resources\"}",
            message: "schemas/step.json#/definitions/Step: Resources is in `oneOf`, but not in `x-tag`",
        },
        Mistake {
            file: "step.json",
            from: "\"sql\": \"SqlStep\"",
            to: "\"sql\": \"HttpStep\"",
            message: "schemas/step.json#/definitions/Step: SqlStep is in `oneOf`, but not in `x-tag`",
        },
        Mistake {
            file: "step.json",
            from: "\"enum\": [\"sql\"]",
            to: "\"enum\": [\"sequel\"]",
            message: "schemas/step.json#/definitions/SqlStep/properties/type: expected an `enum` of \"sql\" alone",
        },
        Mistake {
            file: "step.json",
            from: "\"default\": \"standard\",",
            to: "\"default\": \"usual\",",
            message: "schemas/step.json#/definitions/Step/x-tag/default: \"usual\" is not one of the variants",
        },
        Mistake {
            file: "spec.json",
            from: "\"present\": \"ServiceConfig\"",
            to: "\"present\": \"ServerConfig\"",
            message: "schemas/spec.json#/definitions/Config: ServerConfig is in `x-presence`, but not in `oneOf`",
        },
        Mistake {
            file: "spec.json",
            from: "\"x-presence\": {\"property\": \"serviceType\"",
            to: "\"x-presence\": {\"property\": \"kind\"",
            message: "schemas/service.json#/definitions/ServiceConfig: there is no property \"kind\"",
        },
        Mistake {
            file: "spec.json",
            from: "\"x-presence\"",
            to: "\"x-present\"",
            message: "schemas/spec.json#/definitions/Config/x-present: this keyword is not supported here",
        },
    ] {
        mistake.assert_reported();
    }
}

#[test]
fn refuses_a_union_whose_structs_disagree_on_a_property() {
    let mistake = Mistake {
        file: "step.json",
        from: "\"items\": {\"type\": \"string\"}",
        to: "\"items\": {\"type\": \"boolean\"}",
        message: "schemas/step.json#/definitions/HttpStep/properties/parents: \
                  another struct of Step has another type here",
    };
    mistake.assert_reported();
}

#[test]
fn refuses_invalid_file_and_page_keywords() {
    for mistake in [
        Mistake {
            file: "spec.json",
            from: "\"layout\": \"whole\"",
            to: "\"layout\": \"body\"",
            message: "schemas/spec.json#/definitions/CreateSpec/x-file/layout: expected \"whole\"",
        },
        Mistake {
            file: "deployment.json",
            from: "\"layout\": \"body\"",
            to: "\"layout\": \"body\", \"order\": 1",
            message: "schemas/deployment.json#/definitions/CreateDeployment/x-file/order: this keyword is not supported here",
        },
        Mistake {
            file: "page.json",
            from: "\"totals\": [\"specCount\"",
            to: "\"totals\": [\"total\"",
            message: "schemas/page.json#/definitions/SpecPage/x-page: there is no property \"total\"",
        },
    ] {
        mistake.assert_reported();
    }
}

#[test]
fn refuses_an_invalid_base_definition() {
    for mistake in [
        Mistake {
            file: "page.json",
            from: "\"x-extends\": \"#/definitions/Page\"",
            to: "\"x-extends\": \"#/definitions/Pages\"",
            message: "schemas/page.json#/definitions/SpecPage/x-extends: there is no definition Pages",
        },
        Mistake {
            file: "page.json",
            from: "\"x-extends\": \"#/definitions/Page\"",
            to: "\"x-extends\": \"#/definitions/SpecPage\"",
            message: "schemas/page.json#/definitions/SpecPage/x-extends: SpecPage extends itself",
        },
        Mistake {
            file: "query.json",
            from: "{\"$ref\": \"spec.json#/definitions/SpecStatus\"}",
            to: "{\"$ref\": \"#/definitions/Paging\"}",
            message: "schemas/query.json#/definitions/ListSpecs/properties/status/items: Paging is abstract",
        },
    ] {
        mistake.assert_reported();
    }
}

#[test]
fn refuses_a_field_with_the_name_of_a_method() {
    for mistake in [
        Mistake {
            file: "workflow.json",
            from: "\"triggers\": {",
            to: "\"trigger\": {",
            message: "schemas/workflow.json#/definitions/WorkflowConfig/properties/trigger: \
                      WorkflowConfig has a method `trigger` in src/types/shortcuts.rs; rename one of them",
        },
        Mistake {
            file: "spec.json",
            from: "\"latestRelease\": {",
            to: "\"latestVersion\": {",
            message: "schemas/spec.json#/definitions/Spec/properties/latestVersion: \
                      Spec has a method `latest_version` in src/types/shortcuts.rs; rename one of them",
        },
        Mistake {
            file: "release.json",
            from: "\"createdAt\": {",
            to: "\"toReleaseRequest\": {",
            message: "schemas/release.json#/definitions/Release/properties/toReleaseRequest: \
                      Release has a method `to_release_request` in src/document/described.rs; rename one of them",
        },
    ] {
        mistake.assert_reported();
    }
}
