//! Renders every template in `tests/templates`. `.ci/templates.py` compares the same texts with the
//! output of the official client.

#![cfg(feature = "templates")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use peak_press::template::{Vars, render_template_file};

/// A case of `tests/templates/cases.json`. Its files are in the folder of its name.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    template: PathBuf,
    /// A file of values.
    vars: Option<PathBuf>,
    #[serde(default)]
    set: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    lenient: bool,
    #[serde(default)]
    include_from: Vec<PathBuf>,
    /// Why `expected-here.yaml` differs from the output of the official client.
    differs: Option<String>,
}

impl Case {
    fn folder(&self) -> PathBuf {
        Path::new("tests/templates").join(&self.name)
    }

    fn vars(&self) -> peak_press::Result<Vars> {
        let mut vars = Vars::new();
        for (name, value) in &self.set {
            vars = vars.set(name, value.clone());
        }
        if let Some(file) = &self.vars {
            vars = vars.file(self.folder().join(file))?;
        }
        for folder in &self.include_from {
            vars = vars.include_from(self.folder().join(folder));
        }
        if self.lenient {
            vars = vars.lenient();
        }
        Ok(if self.env.is_empty() {
            vars
        } else {
            vars.env()
        })
    }

    fn expected(&self) -> String {
        let name = match self.differs {
            Some(_) => "expected-here.yaml",
            None => "expected.yaml",
        };
        std::fs::read_to_string(self.folder().join(name)).unwrap_or_default()
    }
}

#[test]
fn renders_what_the_official_client_renders() {
    let cases = std::fs::read_to_string("tests/templates/cases.json").unwrap();
    let cases: Vec<Case> = serde_json::from_str(&cases).unwrap();
    assert!(cases.len() >= 50);
    let mut wrong = Vec::new();
    for case in &cases {
        let template = case.folder().join(&case.template);
        let rendered = case
            .vars()
            .and_then(|vars| render_template_file(template, &vars));
        match rendered {
            Ok(text) if text == case.expected() => {}
            Ok(text) => wrong.push(format!("{}:\n{text}", case.name)),
            Err(error) => wrong.push(format!("{}: {error}", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
