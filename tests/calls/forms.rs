//! The forms that create and validate a spec.

use std::collections::BTreeSet;

use peak_press::Artifact;
use peak_press::types::*;
use serde_json::json;

use crate::multipart::{Part, parts};
use crate::{assert_content_length, assert_form, assert_request, call};

fn spec_body() -> SpecBody {
    let step = StandardStep::new("python train.py").image(Image::new().dockerfile("Dockerfile"));
    SpecBody::workflow(
        SpecMetadata::new("forecast", "Forecasts"),
        NewRelease::new("1.0.0").notes("First"),
        WorkflowConfig::new().step("train", step),
    )
}

const SPEC_PART: &str = r#"{"config":{"steps":{"train":{"command":"python train.py","image":{"dockerfile":"Dockerfile"}}}},"kind":"workflow","metadata":{"name":"forecast","summary":"Forecasts"},"release":{"notes":"First","version":"1.0.0"},"version":1}"#;

#[test]
fn creates_a_spec_from_the_required_fields() {
    let request = CreateSpec::new(spec_body());
    let (created, sent) = call(r#"{"id": "new", "more": 1}"#, |client| {
        client.create_spec(&request)
    });
    assert_request(&sent, "POST /v1/blocks/specs/", &[]);
    assert_form(&sent, SPEC_PART, &[Part::text("featured", "null")]);
    let created = created.unwrap();
    assert_eq!(
        (created.id.as_str(), &created.extra["more"]),
        ("new", &json!(1))
    );
}

#[test]
fn creates_a_spec_with_every_part_and_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("src/train.py"), "print('é')\n").unwrap();
    std::fs::write(folder.path().join("Dockerfile"), "FROM python\n").unwrap();
    std::fs::write(folder.path().join(".dockerignore"), "*.log\n").unwrap();
    std::fs::write(folder.path().join("train.log"), "no").unwrap();
    let parameter = ParameterDefinition::new("horizon", ParameterType::Number, true);
    let mut request = CreateSpec::new(spec_body())
        .artifact(Artifact::dir(folder.path()))
        .featured(false)
        .scope(Scope::Shared)
        .tenants(["a", "b\"c"])
        .parameters(SpecParameters::new().run([parameter]))
        .auto_run_on_deploy(true);
    request.extra.insert("later".into(), json!({"x": 1}));

    let (created, sent) = call(r#"{"id": "new"}"#, |client| client.create_spec(&request));
    created.unwrap();
    assert_content_length(&sent);
    let mut all = parts(&sent);
    let archive = all.pop().unwrap();
    assert_eq!(
        archive.headers,
        [
            "Content-Disposition: form-data; name=\"artifact\"; filename=\"artifact.zip\"",
            "Content-Type: application/zip",
        ]
    );
    let parameters = r#"{"run":[{"name":"horizon","required":true,"type":"number"}]}"#;
    assert_eq!(
        all[1..],
        [
            Part::text("featured", "false"),
            Part::text("scope", "shared"),
            Part::text("tenants", r#"["a","b\"c"]"#),
            Part::text("parameters", parameters),
            Part::text("autoRunOnDeploy", "true"),
            Part::text("later", r#"{"x":1}"#),
        ]
    );
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(archive.content)).unwrap();
    let names: BTreeSet<_> = zip
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    assert_eq!(
        names,
        BTreeSet::from([".dockerignore", "Dockerfile", "src/", "src/train.py"].map(String::from))
    );
    let content = std::io::read_to_string(zip.by_name("src/train.py").unwrap()).unwrap();
    assert_eq!(content, "print('é')\n");
}

#[test]
fn leaves_out_empty_tenants_and_parameters() {
    let request = CreateSpec::new(spec_body())
        .tenants([] as [&str; 0])
        .parameters(SpecParameters::new());
    let (_, sent) = call(r#"{"id": "new"}"#, |client| {
        client.create_spec(&request).unwrap()
    });
    assert_form(&sent, SPEC_PART, &[Part::text("featured", "null")]);
}

#[test]
fn validates_a_spec_with_the_form_of_create_spec() {
    let request = CreateSpec::new(spec_body());
    let response = r#"{"success": true, "message": "fine"}"#;
    let (validation, sent) = call(response, |client| client.validate_spec(&request));
    assert_request(&sent, "POST /v1/blocks/specs/", &["validate=true"]);
    assert_form(&sent, SPEC_PART, &[Part::text("featured", "null")]);
    let validation = validation.unwrap();
    assert_eq!(
        (validation.success, validation.message.as_deref()),
        (Some(true), Some("fine"))
    );
}
