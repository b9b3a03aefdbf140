//! Every call: what goes over the wire, as raw text, and what becomes of the answer.

mod common;

use std::collections::BTreeSet;

use common::{Recorded, Reply, Server};
use peak_press::blocks::Client;
use peak_press::types::*;
use peak_press::{Artifact, Error, RetryPolicy, Session};
use serde_json::{Value, json};

fn client(server: &Server) -> Client {
    let session = Session::builder()
        .auth_token("t0ken")
        .base_url(server.url())
        .retry(RetryPolicy::never());
    Client::new(session.build().unwrap())
}

/// Answers every request with this, and gives what `call` made of it and what was sent.
fn call<T>(answer: &str, call: impl FnOnce(&Client) -> T) -> (T, Recorded) {
    let server = Server::script([Reply::json(200, answer)]);
    let result = call(&client(&server));
    let mut requests = server.requests();
    assert_eq!(requests.len(), 1, "one call is one request");
    (result, requests.remove(0))
}

/// Method, path and the query's fields, whatever their order.
fn line(sent: &Recorded) -> (String, BTreeSet<String>) {
    let line = sent.line().strip_suffix(" HTTP/1.1").unwrap();
    let (target, query) = line.split_once('?').unwrap_or((line, ""));
    let fields = query.split('&').filter(|field| !field.is_empty());
    (target.to_owned(), fields.map(str::to_owned).collect())
}

#[track_caller]
fn asked(sent: &Recorded, target: &str, query: &[&str]) {
    let expected = query.iter().map(|field| field.to_string()).collect();
    assert_eq!(line(sent), (target.to_owned(), expected));
    assert_eq!(sent.header("authorization"), Some("t0ken"));
    assert_eq!(sent.header("accept"), Some("application/json"));
}

/// A call without a body.
#[track_caller]
fn bare(sent: &Recorded, target: &str, query: &[&str]) {
    asked(sent, target, query);
    assert_eq!(sent.header("content-type"), None);
    assert_eq!(sent.body(), b"");
}

/// A call with a JSON body.
#[track_caller]
fn with_json(sent: &Recorded, target: &str, body: Value) {
    asked(sent, target, &[]);
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(
        sent.header("content-length"),
        Some(sent.body().len().to_string().as_str())
    );
    let text = std::str::from_utf8(sent.body()).unwrap();
    // As text, where 1 and 1.0 differ.
    assert_eq!(
        serde_json::from_str::<Value>(text).unwrap().to_string(),
        body.to_string()
    );
}

/// The parts of a form: header lines and content.
#[track_caller]
fn parts(sent: &Recorded) -> Vec<(Vec<String>, Vec<u8>)> {
    let content_type = sent.header("content-type").unwrap();
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    assert_eq!(
        sent.header("content-length"),
        Some(sent.body().len().to_string().as_str())
    );
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let body = [b"\r\n", sent.body()].concat();
    let mut pieces = Vec::new();
    let mut rest = body.as_slice();
    while let Some(at) = rest
        .windows(delimiter.len())
        .position(|window| window == delimiter)
    {
        pieces.push(&rest[..at]);
        rest = &rest[at + delimiter.len()..];
    }
    assert_eq!(rest, b"--\r\n", "the form ends");
    assert_eq!(pieces.remove(0), b"");
    let part = |piece: &[u8]| {
        let piece = piece.strip_prefix(b"\r\n").unwrap();
        let end = piece
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = std::str::from_utf8(&piece[..end]).unwrap();
        (
            head.lines().map(str::to_owned).collect(),
            piece[end + 4..].to_vec(),
        )
    };
    pieces.into_iter().map(part).collect()
}

/// A text part as it should be.
fn text_part(name: &str, content: &str) -> (Vec<String>, Vec<u8>) {
    let head = format!("Content-Disposition: form-data; name=\"{name}\"");
    (vec![head], content.as_bytes().to_vec())
}

fn spec_body() -> SpecBody {
    let step = StandardStep::new("python train.py").image(Image::new().dockerfile("Dockerfile"));
    SpecBody::workflow(
        SpecMetadata::new("forecast", "Forecasts"),
        NewRelease::new("1.0.0").notes("First"),
        WorkflowConfig::new().steps([("train", Step::from(step))]),
    )
}

const SPEC_PART: &str = r#"{"config":{"steps":{"train":{"command":"python train.py","image":{"dockerfile":"Dockerfile"}}}},"kind":"workflow","metadata":{"name":"forecast","summary":"Forecasts"},"release":{"notes":"First","version":"1.0.0"},"version":1}"#;

/// The `spec` part is checked as JSON, whose order means nothing, and the others to the byte.
#[track_caller]
fn check_parts(sent: &Recorded, spec: &str, rest: &[(Vec<String>, Vec<u8>)]) {
    let mut parts = parts(sent);
    let (head, content) = parts.remove(0);
    assert_eq!(head, ["Content-Disposition: form-data; name=\"spec\""]);
    let content: Value = serde_json::from_slice(&content).unwrap();
    assert_eq!(content.to_string(), spec);
    assert_eq!(parts, rest);
}

#[test]
fn list_specs() {
    let query = ListSpecs::new()
        .status([SpecStatus::Available, SpecStatus::Archived])
        .featured(true)
        .name("fore cast&")
        .title("F")
        .sort(["createdAt:desc", "name:asc"])
        .scope([Scope::Private])
        .page_size(2);
    let answer = r#"{"pageCount": 1, "pageNumber": 1, "pageSize": 2, "specCount": 1, "specs": [
        {"id": "a", "kind": "workflow", "featured": false, "scope": "private", "tenants": [],
         "latestRelease": {"id": "r", "version": "1.0.0", "notes": "n", "createdAt": "2020-01-01T18:00:00.000Z", "createdBy": "me"},
         "metadata": {"name": "n", "title": "t", "summary": "s", "status": "available", "tags": [{"name": "x"}], "createdAt": "2020-01-01T18:00:00.000Z", "createdBy": "me"}}]}"#;
    let (specs, sent) = call(answer, |client| {
        client.list_specs(&query).collect::<Result<Vec<_>, _>>()
    });
    bare(
        &sent,
        "GET /v1/blocks/specs/",
        &[
            "status=available",
            "status=archived",
            "featured=true",
            "name=fore%20cast%26",
            "title=F",
            "sort=createdAt%3Adesc",
            "sort=name%3Aasc",
            "scope=private",
            "pageSize=2",
            "pageNumber=1",
        ],
    );
    let specs = specs.unwrap();
    assert_eq!(specs.len(), 1);
    let spec = &specs[0];
    assert_eq!(
        (spec.id.as_str(), &spec.kind),
        ("a", &Some(BlockKind::Workflow))
    );
    assert_eq!(
        (spec.featured, &spec.scope),
        (Some(false), &Some(Scope::Private))
    );
    assert_eq!(spec.tenants.as_deref(), Some(&[][..]));
    let release = spec.latest_release.as_ref().unwrap();
    assert_eq!(release.version.as_deref(), Some("1.0.0"));
    assert!(
        release
            .created_at
            .as_ref()
            .unwrap()
            .to_system_time()
            .is_some()
    );
    let metadata = spec.metadata.as_ref().unwrap();
    assert_eq!(metadata.status, Some(SpecStatus::Available));
    assert_eq!(metadata.tags.as_ref().unwrap()[0].name, "x");

    let (_, sent) = call(r#"{"pageCount": 0}"#, |client| {
        client.list_specs(&ListSpecs::new()).count()
    });
    bare(&sent, "GET /v1/blocks/specs/", &["pageNumber=1"]);
    let (_, sent) = call(r#"{"pageCount": 0}"#, |client| {
        client
            .list_specs(&ListSpecs::new().featured(false).page_number(7))
            .count()
    });
    bare(
        &sent,
        "GET /v1/blocks/specs/",
        &["featured=false", "pageNumber=7"],
    );
}

#[test]
fn list_specs_page() {
    for total in ["specCount", "specsCount"] {
        let answer = format!(
            r#"{{"pageCount": 9, "pageNumber": 3, "pageSize": 1, "{total}": 9, "specs": [{{"id": "c"}}], "cursor": "x"}}"#
        );
        let query = ListSpecs::new().page_size(1).page_number(8);
        let (page, sent) = call(&answer, |client| client.list_specs_page(&query, 3));
        bare(
            &sent,
            "GET /v1/blocks/specs/",
            &["pageSize=1", "pageNumber=3"],
        );
        let page = page.unwrap();
        assert_eq!((page.page_number, page.page_count), (3, 9));
        assert_eq!((page.page_size, page.total), (Some(1), Some(9)));
        assert_eq!(page.items[0].id, "c");
        assert_eq!(page.extra["cursor"], "x");
    }
}

#[test]
fn find_spec_and_deployment() {
    let page = r#"{"pageCount":2,"specs":[
        {"id":"a","kind":"workflow","metadata":{"name":"forecast-2"}},
        {"id":"b","kind":"service","metadata":{"name":"forecast"}},
        {"id":"c","metadata":null}
    ]}"#;
    let last =
        r#"{"pageCount":2,"specs":[{"id":"d","kind":"workflow","metadata":{"name":"forecast"}}]}"#;
    let server = Server::script([Reply::json(200, page), Reply::json(200, last)]);
    let found = client(&server).find_spec("workflow", "forecast").unwrap();
    assert_eq!(found.unwrap().id, "d");
    let sent = server.requests();
    bare(
        &sent[0],
        "GET /v1/blocks/specs/",
        &["name=forecast", "pageNumber=1"],
    );
    bare(
        &sent[1],
        "GET /v1/blocks/specs/",
        &["name=forecast", "pageNumber=2"],
    );

    let page = r#"{"pageCount":1,"deployments":[{"id":"e","metadata":{"name":"north-2"}}]}"#;
    let (found, sent) = call(page, |client| client.find_deployment("north"));
    assert_eq!(found.unwrap(), None);
    bare(
        &sent,
        "GET /v1/blocks/deployments/",
        &["name=north", "pageNumber=1"],
    );

    let server = Server::script([Reply::json(200, page), Reply::json(403, "{}")]);
    let page_error = client(&server);
    assert!(page_error.find_deployment("north-2").unwrap().is_some());
    let error = page_error.find_deployment("north-2").unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)));
}

/// It would be no filter at all.
#[test]
fn an_empty_filter_is_refused() {
    let server = Server::script([]);
    let none: [DeploymentStatus; 0] = [];
    let query = ListDeployments::new().status(none);
    let mut items = client(&server).list_deployments(&query);
    let error = items.next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "status: is an empty list, which would list everything: leave it unset for that"
    );
    assert!(items.next().is_none());
    assert_eq!(server.count(), 0);
}

#[test]
fn create_spec() {
    let request = CreateSpec::new(spec_body());
    let (created, sent) = call(r#"{"id": "new", "more": 1}"#, |client| {
        client.create_spec(&request)
    });
    asked(&sent, "POST /v1/blocks/specs/", &[]);
    check_parts(&sent, SPEC_PART, &[text_part("featured", "null")]);
    let created = created.unwrap();
    assert_eq!(
        (created.id.as_str(), &created.extra["more"]),
        ("new", &json!(1))
    );
}

#[test]
fn create_spec_with_everything() {
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
    let mut all = parts(&sent);
    let (head, archive) = all.pop().unwrap();
    assert_eq!(
        head,
        [
            "Content-Disposition: form-data; name=\"artifact\"; filename=\"artifact.zip\"",
            "Content-Type: application/zip",
        ]
    );
    let parameters = r#"{"run":[{"name":"horizon","required":true,"type":"number"}]}"#;
    assert_eq!(
        all[1..],
        [
            text_part("featured", "false"),
            text_part("scope", "shared"),
            text_part("tenants", r#"["a","b\"c"]"#),
            text_part("parameters", parameters),
            text_part("autoRunOnDeploy", "true"),
            text_part("later", r#"{"x":1}"#),
        ]
    );
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
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
fn an_empty_list_of_tenants_or_parameters_is_left_out() {
    let request = CreateSpec::new(spec_body())
        .tenants([] as [&str; 0])
        .parameters(SpecParameters::new());
    let (_, sent) = call(r#"{"id": "new"}"#, |client| {
        client.create_spec(&request).unwrap()
    });
    check_parts(&sent, SPEC_PART, &[text_part("featured", "null")]);
}

#[test]
fn validate_spec() {
    let request = CreateSpec::new(spec_body());
    let answer = r#"{"success": true, "message": "fine"}"#;
    let (validation, sent) = call(answer, |client| client.validate_spec(&request));
    asked(&sent, "POST /v1/blocks/specs/", &["validate=true"]);
    check_parts(&sent, SPEC_PART, &[text_part("featured", "null")]);
    let validation = validation.unwrap();
    assert_eq!(
        (validation.success, validation.message.as_deref()),
        (Some(true), Some("fine"))
    );
}

#[test]
fn describe_spec() {
    let answer = r#"{"id": "a", "kind": "service", "latestRelease": {"version": "1.0.0", "artifact": {"id": "f", "version": 2},
        "config": {"serviceType": "api", "minInstances": 2}}, "parameters": {"run": [{"name": "p", "type": "string", "required": true, "hideValue": true}]}}"#;
    let (spec, sent) = call(answer, |client| client.describe_spec("a/b c?#%+é"));
    bare(&sent, "GET /v1/blocks/specs/a%2Fb%20c%3F%23%25+%C3%A9", &[]);
    let spec = spec.unwrap();
    let release = spec.latest_release.unwrap();
    assert_eq!(release.artifact.unwrap().id.as_deref(), Some("f"));
    let Some(Config::Service(config)) = release.config else {
        panic!("a service")
    };
    assert_eq!(config.service_type, ServiceType::Api.into());
    assert_eq!(
        spec.parameters.unwrap().run.unwrap()[0].type_,
        ParameterType::String
    );
}

#[test]
fn update_spec_metadata() {
    let request = UpdateSpecMetadata::new()
        .metadata(
            SpecMetadataUpdate::new()
                .status(SpecStatus::Archived)
                .tags([] as [Tag; 0]),
        )
        .featured(false)
        .tenants(["a"]);
    let (result, sent) = call("{}", |client| client.update_spec_metadata("s", &request));
    result.unwrap();
    with_json(
        &sent,
        "PATCH /v1/blocks/specs/s",
        json!({"metadata": {"status": "archived", "tags": []}, "featured": false, "tenants": ["a"]}),
    );
}

#[test]
fn delete_spec_and_deployment() {
    for answer in ["{}", "", "null", r#"{"deleted": true}"#] {
        let (result, sent) = call(answer, |client| client.delete_spec("s"));
        result.unwrap();
        bare(&sent, "DELETE /v1/blocks/specs/s", &[]);
        let (result, sent) = call(answer, |client| client.delete_deployment("d"));
        result.unwrap();
        bare(&sent, "DELETE /v1/blocks/deployments/d", &[]);
    }
}

#[test]
fn create_and_validate_spec_release() {
    let body = ReleaseBody::new(
        NewRelease::new("2.0.0"),
        WorkflowConfig::new().steps([("a", Step::from(SqlStep::new().sql_query_path("a.sql")))]),
    );
    let spec = r#"{"config":{"steps":{"a":{"sqlQueryPath":"a.sql","type":"sql"}}},"release":{"version":"2.0.0"}}"#;
    let request = CreateSpecRelease::new(body).auto_run_on_deploy(false);
    let answer = r#"{"id": "s", "release": {"version": "2.0.0"}}"#;
    let (created, sent) = call(answer, |client| client.create_spec_release("s", &request));
    asked(&sent, "POST /v1/blocks/specs/s/releases", &[]);
    check_parts(&sent, spec, &[text_part("autoRunOnDeploy", "false")]);
    let created = created.unwrap();
    assert_eq!(created.id, "s");
    assert_eq!(created.release.unwrap().version.as_deref(), Some("2.0.0"));

    let answer = r#"{"success": false, "message": "no"}"#;
    let (validation, sent) = call(answer, |client| client.validate_spec_release("s", &request));
    asked(
        &sent,
        "POST /v1/blocks/specs/s/releases",
        &["validate=true"],
    );
    check_parts(&sent, spec, &[text_part("autoRunOnDeploy", "false")]);
    assert_eq!(validation.unwrap().success, Some(false));
}

#[test]
fn list_spec_releases() {
    let query = ListSpecReleases::new().sort(["createdBy:asc"]).page_size(5);
    let answer = r#"{"pageCount": 1, "releaseCount": 1, "releases": [{"version": "1.0.0", "artifact": {"id": "f", "version": 1}, "autoRunOnDeploy": null}]}"#;
    let (releases, sent) = call(answer, |client| {
        client
            .list_spec_releases("s", &query)
            .collect::<Result<Vec<_>, _>>()
    });
    let fields = ["sort=createdBy%3Aasc", "pageSize=5", "pageNumber=1"];
    bare(&sent, "GET /v1/blocks/specs/s/releases", &fields);
    assert_eq!(releases.unwrap()[0].version.as_deref(), Some("1.0.0"));
    let (page, sent) = call(answer, |client| {
        client.list_spec_releases_page("s", &query, 1)
    });
    bare(&sent, "GET /v1/blocks/specs/s/releases", &fields);
    assert_eq!(page.unwrap().total, Some(1));
}

#[test]
fn describe_spec_release() {
    let answer = r#"{"id": "r", "version": "1.0.0-rc.1+b", "notes": "n", "config": {"steps": {"a": {"command": "x"}}}, "parameters": {"build": []}, "autoRunOnDeploy": true}"#;
    let (release, sent) = call(answer, |client| {
        client.describe_spec_release("s", "1.0.0-rc.1+b")
    });
    bare(&sent, "GET /v1/blocks/specs/s/releases/1.0.0-rc.1+b", &[]);
    let release = release.unwrap();
    assert_eq!(
        (release.id.as_deref(), release.auto_run_on_deploy),
        (Some("r"), Some(true))
    );
    assert!(matches!(release.config, Some(Config::Workflow(_))));
}

#[test]
fn create_deployment() {
    let parameters = DeploymentParameters::new()
        .build([("use_cache", true)])
        .run([
            ("files", json!(["a.csv"])),
            ("n", json!(50)),
            ("x", json!(1.0)),
        ]);
    let request = CreateDeployment::new(
        DeploymentMetadata::new().name("north").summary("North"),
        SpecReference::new("s").release(ReleaseVersion::new("1.0.0")),
    )
    .revision(RevisionNotes::new().notes("First"))
    .parameters(parameters);
    let (created, sent) = call(r#"{"id": "d"}"#, |client| {
        client.create_deployment(&request)
    });
    with_json(
        &sent,
        "POST /v1/blocks/deployments/",
        json!({
            "metadata": {"name": "north", "summary": "North"},
            "spec": {"id": "s", "release": {"version": "1.0.0"}},
            "revision": {"notes": "First"},
            "parameters": {
                "build": {"use_cache": true},
                "run": {"files": ["a.csv"], "n": 50, "x": 1.0},
            },
        }),
    );
    assert_eq!(created.unwrap().id, "d");
}

#[test]
fn list_deployments() {
    let query = ListDeployments::new()
        .status([
            DeploymentStatus::DeleteFailed,
            DeploymentStatus::PlatformResourceError,
        ])
        .name("n")
        .title("t")
        .sort(["title:desc"]);
    let fields = [
        "status=delete_failed",
        "status=platform_resource_error",
        "name=n",
        "title=t",
        "sort=title%3Adesc",
        "pageNumber=1",
    ];
    for total in ["deploymentCount", "deploymentsCount"] {
        let answer = format!(
            r#"{{"pageCount": 1, "{total}": 1, "deployments": [{{"id": "d", "metadata": {{"status": "rollback_complete"}}}}]}}"#
        );
        let (all, sent) = call(&answer, |client| {
            client
                .list_deployments(&query)
                .collect::<Result<Vec<_>, _>>()
        });
        bare(&sent, "GET /v1/blocks/deployments/", &fields);
        let metadata = all.unwrap().remove(0).metadata.unwrap();
        assert_eq!(metadata.status, Some(DeploymentStatus::RollbackComplete));
        let (page, sent) = call(&answer, |client| client.list_deployments_page(&query, 1));
        bare(&sent, "GET /v1/blocks/deployments/", &fields);
        assert_eq!(page.unwrap().total, Some(1));
    }
}

#[test]
fn describe_deployment() {
    let answer = r#"{"id": "d", "kind": "workflow", "metadata": {"name": "n", "status": "deployed"}, "spec": {"id": "s"},
        "latestRevision": {"id": "v", "revision": 3, "status": "deployed", "notes": "n", "createdAt": "2020-01-01T18:00:00.000Z", "createdBy": "me", "resources": [{"id": 1}]},
        "parameters": {"run": {"a": 1, "secret": "****"}}, "parent": {"id": "p"}}"#;
    let (deployment, sent) = call(answer, |client| client.describe_deployment("d"));
    bare(&sent, "GET /v1/blocks/deployments/d", &[]);
    let deployment = deployment.unwrap();
    let revision = deployment.latest_revision.unwrap();
    assert_eq!(
        (revision.revision, revision.status),
        (Some(3), Some(RevisionStatus::Deployed))
    );
    assert_eq!(deployment.parent.unwrap().id.as_deref(), Some("p"));
    assert_eq!(deployment.parameters.unwrap().run.unwrap()["a"], 1);
}

#[test]
fn update_deployment_metadata() {
    let request = UpdateDeploymentMetadata::new()
        .title("T")
        .tags([Tag::new("x")]);
    let (result, sent) = call("", |client| {
        client.update_deployment_metadata("d", &request)
    });
    result.unwrap();
    let body = json!({"title": "T", "tags": [{"name": "x"}]});
    with_json(&sent, "PATCH /v1/blocks/deployments/d", body);
}

#[test]
fn create_deployment_revision() {
    let request = CreateDeploymentRevision::new()
        .release(ReleaseVersion::new("2.0.0"))
        .revision(RevisionNotes::new())
        .parameters(DeploymentParameters::new().run([("a", 1)]));
    let answer = r#"{"id": "v", "revision": 4}"#;
    let (created, sent) = call(answer, |client| {
        client.create_deployment_revision("d", &request)
    });
    with_json(
        &sent,
        "POST /v1/blocks/deployments/d/revisions",
        json!({"release": {"version": "2.0.0"}, "revision": {}, "parameters": {"run": {"a": 1}}}),
    );
    let created = created.unwrap();
    assert_eq!((created.id.as_str(), created.revision), ("v", 4));
}

#[test]
fn list_deployment_revisions() {
    let query = ListDeploymentRevisions::new()
        .status([RevisionStatus::Superseded])
        .sort(["createdAt:asc"])
        .page_size(1);
    let fields = [
        "status=superseded",
        "sort=createdAt%3Aasc",
        "pageSize=1",
        "pageNumber=1",
    ];
    // The official client's iterator looks for `deployments` here.
    let answer = r#"{"pageCount": 1, "revisionCount": 1, "revisions": [{"id": "v", "revision": 1, "status": "superseded"}], "deployments": []}"#;
    let (revisions, sent) = call(answer, |client| {
        client
            .list_deployment_revisions("d", &query)
            .collect::<Result<Vec<_>, _>>()
    });
    bare(&sent, "GET /v1/blocks/deployments/d/revisions", &fields);
    assert_eq!(
        revisions.unwrap()[0].status,
        Some(RevisionStatus::Superseded)
    );
    let (page, sent) = call(answer, |client| {
        client.list_deployment_revisions_page("d", &query, 1)
    });
    bare(&sent, "GET /v1/blocks/deployments/d/revisions", &fields);
    assert_eq!(page.unwrap().items[0].revision, Some(1));
}

#[test]
fn describe_deployment_revision() {
    let answer = r#"{"id": "v", "revision": 2, "status": "rollback", "spec": {"id": "s"}, "parameters": {"build": {}}}"#;
    let (revision, sent) = call(answer, |client| client.describe_deployment_revision("d", 2));
    bare(&sent, "GET /v1/blocks/deployments/d/revisions/2", &[]);
    assert_eq!(revision.unwrap().status, Some(RevisionStatus::Rollback));
}

#[test]
fn redeploy() {
    let answer = r#"{"deploymentId": "d", "revision": 3, "revisionId": "v"}"#;
    let (redeployed, sent) = call(answer, |client| client.redeploy("d"));
    with_json(&sent, "POST /v1/blocks/deployments/d/redeploy", json!({}));
    let redeployed = redeployed.unwrap();
    assert_eq!(redeployed.deployment_id.as_deref(), Some("d"));
    assert_eq!(redeployed.revision_id.as_deref(), Some("v"));
}

#[test]
fn get_parameters() {
    let request = GetParameters::new()
        .deployment_id("d")
        .fallback_params_file("/nowhere");
    let answer = r#"{"horizon": 14, "share": 1.0, "regions": ["north"], "none": null}"#;
    let (parameters, sent) = call(answer, |client| client.get_parameters(&request));
    bare(&sent, "GET /v1/deployments/d/parameters/run", &[]);
    let parameters = parameters.unwrap();
    assert_eq!(
        serde_json::to_value(&parameters).unwrap().to_string(),
        r#"{"horizon":14,"none":null,"regions":["north"],"share":1.0}"#
    );

    #[derive(serde::Deserialize, Debug)]
    #[allow(dead_code)]
    struct Run {
        horizon: u8,
        regions: Vec<u32>,
    }
    let error = parameters.deserialize::<Run>().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"run parameters: regions[0]: expected a whole number, found "north""#
    );
}

/// Neither a token nor a server is needed for the fall-back files.
#[test]
fn fallback_files_work_offline() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("params.yaml");
    std::fs::write(&path, "horizon: 14\nregions: [north]\n").unwrap();
    let client = Client::new(
        Session::builder()
            .base_url("http://127.0.0.1:1")
            .build()
            .unwrap(),
    );
    let request = GetParameters::new().fallback_params_file(&path);
    let parameters = client.get_parameters(&request).unwrap();
    assert_eq!(parameters.get("horizon"), Some(&json!(14)));

    // As the official client's users write it, and as the service answers it.
    let path = folder.path().join("blocks.yaml");
    std::fs::write(
        &path,
        "
- { id: '12345', resource_id: 6789, kind: workflow, name: a, status: deployed }
- { deploymentId: b, platformId: null, kind: service, name: b, status: soon }
",
    )
    .unwrap();
    let request = GetRelatedBlockDetails::new().fallback_details_file(&path);
    let blocks = client.get_related_block_details(&request).unwrap();
    assert_eq!(blocks[0].deployment_id.as_deref(), Some("12345"));
    assert_eq!(blocks[0].platform_id.as_deref(), Some("6789"));
    assert_eq!(blocks[1].deployment_id.as_deref(), Some("b"));
    assert_eq!(
        blocks[1].status,
        Some(DeploymentStatus::Other("soon".into()))
    );

    std::fs::write(&path, "- [1]").unwrap();
    let error = client
        .get_related_block_details(&request)
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("blocks.yaml: [0]: expected a map, found a list (line 1)"),
        "{error}"
    );
    let missing = GetParameters::new().fallback_params_file(folder.path().join("none.yaml"));
    assert!(matches!(
        client.get_parameters(&missing),
        Err(Error::FileNotFound { .. })
    ));
    let error = client
        .get_parameters(&GetParameters::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains("PRESS_DEPLOYMENT_ID"), "{error}");

    let error = client.describe_spec("a").unwrap_err();
    assert!(matches!(error, Error::MissingCredentials));
}

/// In a process of its own, for the environment is the whole process's.
#[test]
fn the_platforms_variable_wins_over_the_argument() {
    const URL: &str = "PEAK_PRESS_TEST_URL";
    if let Ok(url) = std::env::var(URL) {
        let session = Session::builder().env().base_url(url).build().unwrap();
        let client = Client::new(session);
        let parameters = GetParameters::new().deployment_id("argument");
        client.get_parameters(&parameters).unwrap();
        let blocks = GetRelatedBlockDetails::new().deployment_id("argument");
        assert_eq!(client.get_related_block_details(&blocks).unwrap(), []);
        return;
    }
    let server = Server::script([
        Reply::json(200, "{}"),
        Reply::json(200, r#"{"id": "block"}"#),
    ]);
    let test = "the_platforms_variable_wins_over_the_argument";
    let inner = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(URL, server.url())
        .env("PRESS_DEPLOYMENT_ID", "block")
        .env_remove("PEAK_AUTH_TOKEN")
        .env("API_KEY", " key\n")
        .output()
        .unwrap();
    assert!(
        inner.status.success(),
        "{}",
        String::from_utf8_lossy(&inner.stderr)
    );
    let requests = server.requests();
    let lines: Vec<_> = requests.iter().map(Recorded::line).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/deployments/block/parameters/run HTTP/1.1",
            "GET /v1/blocks/deployments/block HTTP/1.1",
        ]
    );
    assert_eq!(requests[0].header("authorization"), Some("key"));
}

#[test]
fn patch_parameters() {
    let parameters = Parameters::new().set("horizon", 14).set("share", 1.0);
    let (answer, sent) = call("{}", |client| client.patch_parameters("d", &parameters));
    assert!(answer.unwrap().is_empty());
    let body = json!({"horizon": 14, "share": 1.0});
    with_json(&sent, "PATCH /v1/deployments/d/parameters/run", body);
}

#[test]
fn get_related_block_details() {
    let server = Server::script([
        Reply::json(200, r#"{"id": "d", "parent": {"id": "p/q"}}"#),
        Reply::json(
            200,
            r#"{"latestRevision": {"blocks": [
                {"deploymentId": "d", "platformId": null, "kind": "workflow", "name": "a", "status": "deployed"},
                {"deploymentId": "e", "platformId": "6789", "kind": "service", "name": "b", "status": "warning"}]}}"#,
        ),
        Reply::json(200, r#"{"id": "d", "parent": null}"#),
    ]);
    let client = client(&server);
    let request = GetRelatedBlockDetails::new().deployment_id("d");
    let blocks = client.get_related_block_details(&request).unwrap();
    assert_eq!(blocks[0].platform_id, None);
    assert_eq!(blocks[1].platform_id.as_deref(), Some("6789"));
    assert_eq!(blocks[1].status, Some(DeploymentStatus::Warning));
    assert_eq!(client.get_related_block_details(&request).unwrap(), []);
    let requests = server.requests();
    bare(&requests[0], "GET /v1/blocks/deployments/d", &[]);
    bare(&requests[1], "GET /v1/apps/deployments/p%2Fq", &[]);
    assert_eq!(
        requests.len(),
        3,
        "without a parent there is no second request"
    );
}

/// An empty id would turn a call on one thing into a call on all of them.
#[test]
fn refuses_an_invalid_id_before_sending_anything() {
    let server = Server::script([Reply::json(200, "{}")]);
    let client = client(&server);
    let release = CreateSpecRelease::new(ReleaseBody::new(
        NewRelease::new("1.0.0"),
        WorkflowConfig::new(),
    ));
    for id in ["", " ", "\t\n", ".", ".."] {
        let errors = [
            ("spec_id", client.describe_spec(id).unwrap_err()),
            ("spec_id", client.delete_spec(id).unwrap_err()),
            (
                "spec_id",
                client
                    .update_spec_metadata(id, &UpdateSpecMetadata::new())
                    .unwrap_err(),
            ),
            (
                "spec_id",
                client.create_spec_release(id, &release).unwrap_err(),
            ),
            (
                "spec_id",
                client.validate_spec_release(id, &release).unwrap_err(),
            ),
            (
                "spec_id",
                client.describe_spec_release(id, "1.0.0").unwrap_err(),
            ),
            (
                "version",
                client.describe_spec_release("s", id).unwrap_err(),
            ),
            (
                "spec_id",
                client
                    .list_spec_releases(id, &ListSpecReleases::new())
                    .next()
                    .unwrap()
                    .unwrap_err(),
            ),
            (
                "spec_id",
                client
                    .list_spec_releases_page(id, &ListSpecReleases::new(), 1)
                    .unwrap_err(),
            ),
            ("deployment_id", client.describe_deployment(id).unwrap_err()),
            ("deployment_id", client.delete_deployment(id).unwrap_err()),
            (
                "deployment_id",
                client
                    .update_deployment_metadata(id, &UpdateDeploymentMetadata::new())
                    .unwrap_err(),
            ),
            (
                "deployment_id",
                client
                    .create_deployment_revision(id, &CreateDeploymentRevision::new())
                    .unwrap_err(),
            ),
            (
                "deployment_id",
                client
                    .list_deployment_revisions(id, &ListDeploymentRevisions::new())
                    .next()
                    .unwrap()
                    .unwrap_err(),
            ),
            (
                "deployment_id",
                client.describe_deployment_revision(id, "1").unwrap_err(),
            ),
            (
                "revision",
                client.describe_deployment_revision("d", id).unwrap_err(),
            ),
            ("deployment_id", client.redeploy(id).unwrap_err()),
            (
                "deployment_id",
                client.patch_parameters(id, &Parameters::new()).unwrap_err(),
            ),
        ];
        for (argument, error) in errors {
            assert!(
                matches!(&error, Error::InvalidArgument { name, .. } if name == argument),
                "{id:?}: {error}"
            );
        }
    }
    let body = SpecBody::new(
        BlockKind::Service,
        SpecMetadata::new("n", "s"),
        NewRelease::new("1.0.0"),
        WorkflowConfig::new(),
    );
    let error = client.create_spec(&CreateSpec::new(body)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "body.config: a service's config needs `serviceType`"
    );
    let error = client.list_specs_page(&ListSpecs::new(), 0).unwrap_err();
    assert_eq!(error.to_string(), "page_number: pages are counted from 1");
    assert_eq!(server.count(), 0);
}
