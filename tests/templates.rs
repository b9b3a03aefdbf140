//! Request files that are templates: errors and their locations first, then what works.

#![cfg(feature = "templates")]

use std::path::{Path, PathBuf};

use peak_press::Error;
use peak_press::template::{Vars, render_template_file};
use peak_press::types::{CreateDeployment, Parameters};
use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// Renders the first file in a folder with all of them.
fn render(files: &[(&str, &str)], vars: &Vars) -> Result<String, String> {
    let folder = folder(files);
    let rendered = render_template_file(folder.path().join(files[0].0), vars);
    rendered.map_err(|error| message(&error, &folder))
}

/// An error's text, with paths relative to the folder.
fn message(error: &Error, folder: &TempDir) -> String {
    let canonical = folder.path().canonicalize().unwrap();
    let text = error.to_string();
    text.replace(&format!("{}/", folder.path().display()), "")
        .replace(&format!("{}/", canonical.display()), "")
        .replace(&folder.path().display().to_string(), "FOLDER")
}

/// A template, and its rendering error.
struct Broken {
    template: &'static str,
    error: &'static str,
}

#[test]
fn reports_an_error_in_the_template_with_its_line() {
    let cases = [
        Broken {
            template: "a: 1\nname: {{ name }}\n",
            error: "block.yaml: `name` is undefined: set it in `Vars`, or give it a default: \
                    `{{ name | default(\"\") }}` (line 2)",
        },
        Broken {
            template: "{% set image = {} %}\ntag: {{ image.tag }}",
            error: "block.yaml: `image.tag` is undefined: set it in `Vars`, or give it a \
                    default: `{{ image.tag | default(\"\") }}` (line 2)",
        },
        Broken {
            template: "{% if debug %}a: 1{% endif %}",
            error: "block.yaml: `debug` is undefined: set it in `Vars`, or give it a default: \
                    `{{ debug | default(\"\") }}` (line 1)",
        },
        Broken {
            template: "a: {{ os_env.HOME }}",
            error: "block.yaml: `os_env` is undefined: `Vars::env` makes the environment \
                    available (line 1)",
        },
        Broken {
            template: "a: 1\n\n{% if true %}\nb: 2\n",
            error: "block.yaml: syntax error: unexpected end of input, expected end of block \
                    (line 3)",
        },
        Broken {
            template: "a: 1\nb: {{ 'it's' }}\nc: 2\n",
            error: "block.yaml: the tag that starts here is not closed, or a quote or a bracket in it is \
                    not (line 2)",
        },
        Broken {
            template: "a: {{ 1 | shout }}",
            error: "block.yaml: unknown filter: filter shout is unknown (line 1)",
        },
        Broken {
            template: "a: {{ 1 +\n'b' }}",
            error: "block.yaml: tried to use + operator on unsupported types number and string \
                    (line 2)",
        },
        Broken {
            template: "a: {{ now() }}",
            error: "block.yaml: unknown function: now is unknown (line 1)",
        },
        Broken {
            template: "a: {% include \"none.yaml\" %}",
            error: "block.yaml: there is no file \"none.yaml\" in ., FOLDER (line 1)",
        },
    ];
    for case in cases {
        let error = render(&[("block.yaml", case.template)], &Vars::new()).unwrap_err();
        assert_eq!(error, case.error, "{}", case.template);
    }
}

#[test]
fn reports_an_error_in_an_included_file_with_its_line() {
    let files = [
        ("block.yaml", "a:\n  {% include 'steps/one.yaml' %}\n"),
        ("steps/one.yaml", "b:\n  {% include 'two.yaml' %}\n"),
        ("steps/two.yaml", "c: 1\n\nd: {{ nope }}\n"),
    ];
    assert_eq!(
        render(&files, &Vars::new()).unwrap_err(),
        "steps/two.yaml: `nope` is undefined: set it in `Vars`, or give it a default: \
         `{{ nope | default(\"\") }}` (line 3)",
    );
}

#[test]
fn reports_files_that_include_each_other() {
    let files = [
        ("block.yaml", "a:\n  {% include 'one.yaml' %}\n"),
        ("one.yaml", "b:\n  {% include 'two.yaml' %}\n"),
        ("two.yaml", "c:\n  {% include 'one.yaml' %}\n"),
    ];
    let error = render(&files, &Vars::new()).unwrap_err();
    let expected = "the templates include each other: one.yaml -> two.yaml -> one.yaml";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn recursion_that_ends_is_not_a_cycle() {
    let files = [
        ("block.yaml", "{% set depth = 3 %}{% include 'node.yaml' %}"),
        (
            "node.yaml",
            "{{ depth }}{% if depth > 0 %}{% with depth = depth - 1 %}{% include 'node.yaml' %}\
             {% endwith %}{% endif %}",
        ),
    ];
    assert_eq!(render(&files, &Vars::new()).unwrap(), "3210");
}

#[test]
fn refuses_includes_from_outside_of_the_folder() {
    let folder = folder(&[
        ("secret.txt", "the secret"),
        ("app/block.yaml", "a: {% include name %}"),
    ]);
    let root = folder.path().join("app/block.yaml");
    let absolute = folder.path().join("secret.txt");
    for name in ["../secret.txt", absolute.to_str().unwrap()] {
        let error = render_template_file(&root, &Vars::new().set("name", name)).unwrap_err();
        let expected = "app/block.yaml: secret.txt is outside of the template's folder: allow its \
                        folder with `Vars::include_from` (line 1)";
        assert_eq!(message(&error, &folder), expected);

        let vars = Vars::new().set("name", name).include_from(folder.path());
        assert_eq!(render_template_file(&root, &vars).unwrap(), "a: the secret");
    }
}

#[cfg(unix)]
#[test]
fn refuses_a_link_out_of_the_folder() {
    let folder = folder(&[
        ("secret.txt", "the secret"),
        ("app/block.yaml", "a: {% include 'link.txt' %}"),
    ]);
    let link = folder.path().join("app/link.txt");
    std::os::unix::fs::symlink(folder.path().join("secret.txt"), link).unwrap();
    let error = render_template_file(folder.path().join("app/block.yaml"), &Vars::new());
    let error = message(&error.unwrap_err(), &folder);
    assert!(
        error.contains("secret.txt is outside of the template's folder"),
        "{error}"
    );
}

#[test]
fn an_ignored_missing_include_does_not_hide_an_unreadable_file() {
    let folder = folder(&[("block.yaml", "a: {% include 'x.bin' ignore missing %}")]);
    std::fs::write(folder.path().join("x.bin"), b"one\ntwo \xff").unwrap();
    let error = render_template_file(folder.path().join("block.yaml"), &Vars::new()).unwrap_err();
    assert_eq!(
        message(&error, &folder),
        "block.yaml: cannot include x.bin: not UTF-8 text (line 2) (line 1)",
    );
}

#[test]
fn a_missing_template_is_a_missing_file() {
    let error = render_template_file("nowhere/block.yaml", &Vars::new()).unwrap_err();
    assert!(matches!(error, Error::FileNotFound { .. }), "{error}");
    let error = Vars::new().file("nowhere/vars.yaml").unwrap_err();
    assert!(matches!(error, Error::FileNotFound { .. }), "{error}");
}

#[test]
fn a_values_file_that_is_not_a_map_is_refused() {
    let folder = folder(&[("vars.yaml", "- a\n- b\n")]);
    let error = Vars::new()
        .file(folder.path().join("vars.yaml"))
        .unwrap_err();
    assert!(matches!(error, Error::InvalidYaml(_)), "{error}");
}

/// A template, and the error in the text that it renders to.
struct Located {
    files: &'static [(&'static str, &'static str)],
    file: &'static str,
    line: usize,
}

#[test]
fn an_error_in_the_rendered_text_names_the_line_of_the_template() {
    let cases = [
        Located {
            files: &[("block.yaml", "{# one\ntwo #}\nbody:\n  version: .nan\n")],
            file: "block.yaml",
            line: 4,
        },
        Located {
            files: &[(
                "block.yaml",
                "body:\n{% for i in range(5) %}\n  k{{ i }}: 1\n{% endfor %}\n  version: .nan\n",
            )],
            file: "block.yaml",
            line: 5,
        },
        Located {
            files: &[
                ("block.yaml", "body:\n  {% include 'inner.yaml' %}\n"),
                ("inner.yaml", "kind: workflow\n\nversion: .nan\n"),
            ],
            file: "inner.yaml",
            line: 3,
        },
        Located {
            files: &[
                (
                    "block.yaml",
                    "body:\n  {% include 'one.yaml' %}\n  version: .nan\n",
                ),
                ("one.yaml", "kind: workflow\n{% include 'two.yaml' %}\n"),
                ("two.yaml", "config:\n  serviceType: api\n"),
            ],
            file: "block.yaml",
            line: 3,
        },
        Located {
            files: &[
                ("block.yaml", "body:\n  {% include 'one.yaml' %}\n"),
                ("one.yaml", "kind: workflow\n{% include 'two.yaml' %}\n"),
                ("two.yaml", "config:\n  x: 1\nversion: .nan\n"),
            ],
            file: "two.yaml",
            line: 3,
        },
        // Captured text gets the line that outputs it.
        Located {
            files: &[(
                "block.yaml",
                "{% macro m() %}\nversion: .nan\n{% endmacro %}\nbody:\n  {{ m() | trim }}\n",
            )],
            file: "block.yaml",
            line: 5,
        },
        // A mark in captured text would change its length.
        Located {
            files: &[
                (
                    "block.yaml",
                    "{% macro m() %}{% include 'outer.yaml' %}{% endmacro %}\
                     # {{ m() | length }}\nbody:\n  {% include 'inner.yaml' %}\n",
                ),
                ("outer.yaml", "ab {% include 'small.yaml' %}"),
                ("small.yaml", "c"),
                ("inner.yaml", "kind: workflow\nversion: .nan\n"),
            ],
            file: "block.yaml",
            line: 3,
        },
    ];
    for case in cases {
        let folder = folder(case.files);
        let root = folder.path().join(case.files[0].0);
        let error = Parameters::from_template_file(root, &Vars::new()).unwrap_err();
        let Error::InvalidYaml(error) = error else {
            panic!("{error}");
        };
        assert_eq!(error.path, "body.version");
        let file = error.file.as_deref().unwrap();
        let found = (file.strip_prefix(folder.path()).unwrap(), error.line);
        let expected = (Path::new(case.file), Some(case.line));
        assert_eq!(found, expected, "{error}\n{:?}", case.files);
    }
}

#[test]
fn debug_shows_only_the_names_of_values() {
    let vars = Vars::new().set("password", "hunter2").env();
    let debug = format!("{vars:?}");
    assert!(
        debug.contains("password") && !debug.contains("hunter2"),
        "{debug}"
    );
}

#[test]
fn reads_every_type_of_request() {
    use peak_press::types::*;
    let folder = folder(&[("block.yaml", "x: {{ x }}\n")]);
    let path = folder.path().join("block.yaml");
    let vars = Vars::new();
    // The error shows that each type is rendered.
    macro_rules! check {
        ($($kind:ident)*) => {$(
            let error = $kind::from_template_file(&path, &vars).unwrap_err();
            assert!(matches!(error, Error::InvalidTemplate(_)), "{error}");
        )*};
    }
    check!(CreateSpec CreateSpecRelease CreateDeployment CreateDeploymentRevision);
    check!(CreateAppSpec CreateAppSpecRelease CreateAppDeployment CreateAppDeploymentRevision);
    check!(UpdateSpecMetadata UpdateDeploymentMetadata Parameters PatchParameters);
}

#[test]
fn reads_the_text_that_a_template_is_rendered_to() {
    let folder = folder(&[
        (
            "parameters.yaml",
            "horizon: {{ days }}\nregions: {{ regions }}\n",
        ),
        (
            "deployment.yaml",
            "body:\n  spec: {id: {{ id }}, release: {version: {{ version }}}}\n  metadata: {name: a}\n",
        ),
    ]);
    let vars = Vars::new()
        .set("days", 14)
        .set("regions", vec!["north", "it's"]);
    let file = folder.path().join("parameters.yaml");
    let parameters = Parameters::from_template_file(file, &vars).unwrap();
    assert_eq!(parameters.get("horizon"), Some(&14.into()));
    assert_eq!(
        parameters.get("regions"),
        Some(&vec!["north", "it's"].into())
    );

    let vars = Vars::new().set("id", "abc").set("version", "1.10");
    let file = folder.path().join("deployment.yaml");
    let deployment = CreateDeployment::from_template_file(file, &vars).unwrap();
    let json = serde_json::to_value(deployment).unwrap();
    assert_eq!(json["spec"]["release"]["version"], "1.10");
}

#[test]
fn braces_may_be_left_in_the_rendered_text() {
    let folder = folder(&[(
        "p.yaml",
        "greeting: \"Hello {% raw %}{{ name }}{% endraw %}\"\n",
    )]);
    let parameters = Parameters::from_template_file(folder.path().join("p.yaml"), &Vars::new());
    let greeting = parameters.unwrap().get("greeting").cloned();
    assert_eq!(greeting, Some("Hello {{ name }}".into()));
}

#[test]
fn a_set_value_overrides_one_of_a_file() {
    let folder = folder(&[("a.yaml", "x: 1\ny: 1\nz: 1\n"), ("b.yaml", "y: 2\nz: 2\n")]);
    let template = folder.path().join("t.yaml");
    std::fs::write(&template, "{{ x }}{{ y }}{{ z }}").unwrap();
    let [a, b]: [PathBuf; 2] = ["a.yaml", "b.yaml"].map(|name| folder.path().join(name));
    let vars = Vars::new().set("z", 3).file(&a).unwrap().file(&b).unwrap();
    assert_eq!(render_template_file(&template, &vars).unwrap(), "123");
    let vars = Vars::new().file(&b).unwrap().file(&a).unwrap().set("z", 3);
    assert_eq!(render_template_file(&template, &vars).unwrap(), "113");
}
