//! Every call of the clients for apps, specs and deployments, as raw text both ways.

mod common;

use std::collections::BTreeSet;

use common::{Recorded, Reply, Server};
use peak_press::types::*;
use peak_press::{Error, RetryPolicy, Session, apps, deployments, specs};
use serde_json::{Value, json};

fn session(server: &Server) -> Session {
    let session = Session::builder()
        .auth_token("t0ken")
        .base_url(server.url())
        .retry(RetryPolicy::never());
    session.build().unwrap()
}

/// Sends one request, gets this response, and returns the result with the request.
fn call<T>(response: &str, call: impl FnOnce(Session) -> T) -> (T, Recorded) {
    let server = Server::script([Reply::json(200, response)]);
    let result = call(session(&server));
    let mut requests = server.requests();
    assert_eq!(requests.len(), 1, "one call is one request");
    (result, requests.remove(0))
}

#[track_caller]
fn assert_line(sent: &Recorded, target: &str, query: &[&str]) {
    let line = sent.line().strip_suffix(" HTTP/1.1").unwrap();
    let (sent_target, sent_query) = line.split_once('?').unwrap_or((line, ""));
    assert_eq!(sent_target, target);
    let fields: BTreeSet<_> = sent_query.split('&').filter(|f| !f.is_empty()).collect();
    assert_eq!(fields, query.iter().copied().collect());
    assert_eq!(sent.header("authorization"), Some("t0ken"));
}

#[track_caller]
fn assert_bare(sent: &Recorded, target: &str, query: &[&str]) {
    assert_line(sent, target, query);
    assert_eq!(sent.header("content-type"), None);
    assert_eq!(sent.body(), b"");
}

#[track_caller]
fn assert_json(sent: &Recorded, target: &str, body: Value) {
    assert_line(sent, target, &[]);
    assert_eq!(sent.header("content-type"), Some("application/json"));
    let text = std::str::from_utf8(sent.body()).unwrap();
    let sent: Value = serde_json::from_str(text).unwrap();
    // As text, where 1 and 1.0 differ.
    assert_eq!(sent.to_string(), body.to_string());
}

fn app() -> AppSpecBody {
    let blocks = [AppBlock::new("block-spec", "1.0.0").auto_run_on_deploy(true)];
    AppSpecBody::new(
        SpecMetadata::new("forecast", "Forecasts"),
        NewRelease::new("1.0.0"),
        blocks,
    )
}

fn parameters() -> SpecParameters {
    SpecParameters::new().run([ParameterDefinition::new(
        "horizon",
        ParameterType::Number,
        true,
    )])
}

const SPEC: &str = r#"{"config":[{"autoRunOnDeploy":true,"id":"block-spec","release":{"version":"1.0.0"}}],"kind":"app","metadata":{"name":"forecast","summary":"Forecasts"},"release":{"version":"1.0.0"},"version":1}"#;
const PARAMETERS: &str = r#"{"run":[{"name":"horizon","required":true,"type":"number"}]}"#;

/// The body is JSON whose values are JSON text.
#[test]
fn apps_create_spec() {
    let request = CreateAppSpec::new(app())
        .featured(true)
        .scope(Scope::Shared)
        .tenants(["t1", "t2"])
        .parameters(parameters());
    let (created, sent) = call(r#"{"id": "new"}"#, |session| {
        apps::Client::new(session).create_spec(&request)
    });
    assert_eq!(created.unwrap().id, "new");
    let body = json!({
        "featured": "true",
        "parameters": PARAMETERS,
        "scope": "shared",
        "spec": SPEC,
        "tenants": r#"["t1","t2"]"#,
    });
    assert_json(&sent, "POST /v1/apps/specs/", body);
}

#[test]
fn apps_create_spec_leaves_out_what_is_not_set() {
    let request = CreateAppSpec::new(app())
        .tenants([] as [&str; 0])
        .parameters(SpecParameters::new());
    let (_, sent) = call(r#"{"id": "new"}"#, |session| {
        apps::Client::new(session).create_spec(&request).unwrap()
    });
    assert_json(&sent, "POST /v1/apps/specs/", json!({"spec": SPEC}));
}

/// Unlike `create_spec`, this is plain JSON.
#[test]
fn apps_create_spec_release() {
    let body = AppReleaseBody::new(NewRelease::new("2.0.0"), [AppBlock::new("b", "1.1.0")]);
    let request = CreateAppSpecRelease::new(body).parameters(parameters());
    let response = r#"{"id": "s", "release": {"version": "2.0.0"}}"#;
    let (created, sent) = call(response, |session| {
        apps::Client::new(session).create_spec_release("s", &request)
    });
    let version = created.unwrap().release.unwrap().version;
    assert_eq!(version.as_deref(), Some("2.0.0"));
    let body = json!({
        "config": [{"id": "b", "release": {"version": "1.1.0"}}],
        "parameters": {"run": [{"name": "horizon", "required": true, "type": "number"}]},
        "release": {"version": "2.0.0"},
    });
    assert_json(&sent, "POST /v1/apps/specs/s/releases", body);
}

#[test]
fn apps_list_specs() {
    let query = ListSpecs::new()
        .status([SpecStatus::Available, SpecStatus::Archived])
        .featured(true)
        .name("f")
        .title("F")
        .sort(["name:asc"])
        .scope([Scope::Private])
        .page_size(2);
    let response = r#"{"pageCount": 1, "pageNumber": 1, "specCount": 1, "specs": [{"id": "a", "kind": "app",
        "latestRelease": {"id": "r", "version": "1.0.0"}, "metadata": {"name": "f", "status": "available"}, "new": 1}]}"#;
    let fields = [
        "status=available",
        "status=archived",
        "featured=true",
        "name=f",
        "title=F",
        "sort=name%3Aasc",
        "scope=private",
        "pageSize=2",
        "pageNumber=1",
    ];
    let (specs, sent) = call(response, |session| {
        let specs = apps::Client::new(session).list_specs(&query);
        specs.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bare(&sent, "GET /v1/apps/specs/", &fields);
    assert_eq!(
        (specs[0].id.as_str(), &specs[0].kind),
        ("a", &Some(SpecKind::App))
    );
    assert_eq!(specs[0].extra["new"], 1);
    let (page, sent) = call(response, |session| {
        apps::Client::new(session).list_specs_page(&query, 1)
    });
    assert_bare(&sent, "GET /v1/apps/specs/", &fields);
    assert_eq!(page.unwrap().total, Some(1));
}

#[test]
fn apps_describe_update_and_delete_spec() {
    let response = r#"{"id": "a", "kind": "app", "latestRelease": {"version": "1.0.0", "config": [{"id": "b", "release": {"version": "1.2.0"}}]}}"#;
    let (spec, sent) = call(response, |session| {
        apps::Client::new(session).describe_spec("a/b")
    });
    assert_bare(&sent, "GET /v1/apps/specs/a%2Fb", &[]);
    let config = spec.unwrap().latest_release.unwrap().config.unwrap();
    assert_eq!(config[0].id.as_deref(), Some("b"));

    let request = UpdateSpecMetadata::new().featured(false);
    let (result, sent) = call("{}", |session| {
        apps::Client::new(session).update_spec_metadata("a", &request)
    });
    result.unwrap();
    assert_json(&sent, "PATCH /v1/apps/specs/a", json!({"featured": false}));

    let (result, sent) = call("", |session| apps::Client::new(session).delete_spec("a"));
    result.unwrap();
    assert_bare(&sent, "DELETE /v1/apps/specs/a", &[]);
}

#[test]
fn apps_releases() {
    let query = ListSpecReleases::new().sort(["createdAt:desc"]);
    let response = r#"{"pageCount": 1, "releaseCount": 3, "releases": [{"version": "1.0.0", "config": null}]}"#;
    let fields = ["sort=createdAt%3Adesc", "pageNumber=1"];
    let (releases, sent) = call(response, |session| {
        let releases = apps::Client::new(session).list_spec_releases("s", &query);
        releases.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bare(&sent, "GET /v1/apps/specs/s/releases", &fields);
    assert_eq!(releases[0].version.as_deref(), Some("1.0.0"));
    let (page, sent) = call(response, |session| {
        apps::Client::new(session).list_spec_releases_page("s", &query, 1)
    });
    assert_bare(&sent, "GET /v1/apps/specs/s/releases", &fields);
    assert_eq!(page.unwrap().total, Some(3));

    let response = r#"{"id": "r", "config": [{"id": "b", "release": {"version": "1.0.0"}}], "parameters": {"run": []}}"#;
    let (release, sent) = call(response, |session| {
        apps::Client::new(session).describe_spec_release("s", "1.0.0+b")
    });
    assert_bare(&sent, "GET /v1/apps/specs/s/releases/1.0.0+b", &[]);
    assert_eq!(release.unwrap().config.unwrap().len(), 1);
}

#[test]
fn apps_create_deployment() {
    let spec = AppSpecReference::new("s")
        .release("1.0.0")
        .includes([BlockChoice::new("x").release_version("2.0.0")])
        .excludes([BlockChoice::new("y")]);
    let train = DeploymentParameters::new().run([("rate", 0.5)]);
    let request = CreateAppDeployment::new(DeploymentMetadata::new().name("north"), spec)
        .app_parameters(DeploymentParameters::new().run([("horizon", 14)]))
        .parameters([("train", train)]);
    let (created, sent) = call(r#"{"id": "d"}"#, |session| {
        apps::Client::new(session).create_deployment(&request)
    });
    assert_eq!(created.unwrap().id, "d");
    let body = json!({
        "metadata": {"name": "north"},
        "spec": {
            "id": "s", "release": {"version": "1.0.0"},
            "includes": [{"id": "x", "releaseVersion": "2.0.0"}], "excludes": [{"id": "y"}],
        },
        "appParameters": {"run": {"horizon": 14}},
        "parameters": {"train": {"run": {"rate": 0.5}}},
    });
    assert_json(&sent, "POST /v1/apps/deployments/", body);
}

#[test]
fn apps_create_deployment_revision() {
    let config = BlocksConfig::new().excludes([BlockChoice::new("y")]);
    let request = CreateAppDeploymentRevision::new()
        .release("1.1.0")
        .blocks_config(config);
    let (created, sent) = call(r#"{"id": "d", "revision": 2}"#, |session| {
        apps::Client::new(session).create_deployment_revision("d", &request)
    });
    assert_eq!(created.unwrap().revision, 2);
    let body = json!({
        "release": {"version": "1.1.0"}, "blocksConfig": {"excludes": [{"id": "y"}]},
    });
    assert_json(&sent, "POST /v1/apps/deployments/d/revisions", body);
}

#[test]
fn apps_deployments() {
    let query = ListAppDeployments::new()
        .status([DeploymentStatus::Failed])
        .name("n")
        .sort(["title:desc"])
        .page_number(2);
    let response = r#"{"pageCount": 2, "pageNumber": 2, "deploymentsCount": 9, "deployments": [
        {"id": "d", "kind": "app", "metadata": {"status": "updating"}, "latestRevision": {"revision": 1}}]}"#;
    let fields = [
        "status=failed",
        "name=n",
        "sort=title%3Adesc",
        "pageNumber=2",
    ];
    let (all, sent) = call(response, |session| {
        let all = apps::Client::new(session).list_deployments(&query);
        all.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bare(&sent, "GET /v1/apps/deployments/", &fields);
    let status = all[0].metadata.as_ref().unwrap().status.as_ref().unwrap();
    assert_eq!(status, &DeploymentStatus::Other("updating".into()));
    let (page, sent) = call(response, |session| {
        apps::Client::new(session).list_deployments_page(&query, 2)
    });
    assert_bare(&sent, "GET /v1/apps/deployments/", &fields);
    assert_eq!(page.unwrap().total, Some(9));

    let response = r#"{"id": "d", "latestRevision": {"blocks": [{"deploymentId": "b", "platformId": null, "name": "train", "status": "deployed"}]}}"#;
    let (deployment, sent) = call(response, |session| {
        apps::Client::new(session).describe_deployment("d")
    });
    assert_bare(&sent, "GET /v1/apps/deployments/d", &[]);
    let blocks = deployment.unwrap().latest_revision.unwrap().blocks.unwrap();
    assert_eq!(blocks[0].name.as_deref(), Some("train"));

    let request = UpdateDeploymentMetadata::new().title("T");
    let (result, sent) = call("", |session| {
        apps::Client::new(session).update_deployment_metadata("d", &request)
    });
    result.unwrap();
    assert_json(&sent, "PATCH /v1/apps/deployments/d", json!({"title": "T"}));

    let (result, sent) = call("{}", |session| {
        apps::Client::new(session).delete_deployment("d")
    });
    result.unwrap();
    assert_bare(&sent, "DELETE /v1/apps/deployments/d", &[]);

    let response = r#"{"deploymentId": "d", "revision": 3, "revisionId": "v"}"#;
    let (redeployed, sent) = call(response, |session| apps::Client::new(session).redeploy("d"));
    assert_json(&sent, "POST /v1/apps/deployments/d/redeploy", json!({}));
    assert_eq!(redeployed.unwrap().deployment_id.as_deref(), Some("d"));
}

#[test]
fn apps_revisions() {
    let query = ListDeploymentRevisions::new().status([RevisionStatus::Superseded]);
    let response = r#"{"pageCount": 1, "revisionCount": 1, "revisions": [{"id": "v", "revision": 1}], "deployments": []}"#;
    let fields = ["status=superseded", "pageNumber=1"];
    let (revisions, sent) = call(response, |session| {
        let revisions = apps::Client::new(session).list_deployment_revisions("d", &query);
        revisions.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bare(&sent, "GET /v1/apps/deployments/d/revisions", &fields);
    assert_eq!(revisions[0].revision, Some(1));
    let (page, sent) = call(response, |session| {
        apps::Client::new(session).list_deployment_revisions_page("d", &query, 1)
    });
    assert_bare(&sent, "GET /v1/apps/deployments/d/revisions", &fields);
    assert_eq!(page.unwrap().items.len(), 1);

    let (revision, sent) = call(
        r#"{"id": "v", "revision": 2, "status": "failed"}"#,
        |session| apps::Client::new(session).describe_deployment_revision("d", 2),
    );
    assert_bare(&sent, "GET /v1/apps/deployments/d/revisions/2", &[]);
    assert_eq!(revision.unwrap().status, Some(RevisionStatus::Failed));
}

#[test]
fn apps_wait_names_the_block_that_failed() {
    let response = r#"{"id": "d", "metadata": {"status": "failed"}, "latestRevision": {"blocks": [
        {"deploymentId": "a", "name": "train", "status": "failed"},
        {"deploymentId": "b", "name": "serve", "status": "deployed"}]}}"#;
    let (result, sent) = call(response, |session| {
        apps::Client::new(session).wait_for_deployment("d", &apps::Wait::new())
    });
    assert_bare(&sent, "GET /v1/apps/deployments/d", &[]);
    let error = result.unwrap_err();
    let Error::DeploymentFailed(failure) = &error else {
        panic!("{error}")
    };
    assert_eq!(failure.failed_blocks, ["train"]);
    assert!(
        error.to_string().contains("blocks that failed: train"),
        "{error}"
    );
}

#[test]
fn specs_list_specs() {
    let query = ListAllSpecs::new()
        .status([SpecStatus::Available])
        .featured(false)
        .kind(SpecKind::App)
        .term("fore cast")
        .sort(["name:asc"])
        .scope([Scope::Public]);
    let response = r#"{"pageCount": 1, "specCount": 1, "specs": [{"id": "a", "kind": "app", "latestRelease": {"version": "1.0.0"}}]}"#;
    let fields = [
        "status=available",
        "featured=false",
        "kind=app",
        "term=fore%20cast",
        "sort=name%3Aasc",
        "scope=public",
        "pageNumber=1",
    ];
    let (all, sent) = call(response, |session| {
        let all = specs::Client::new(session).list_specs(&query);
        all.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bare(&sent, "GET /v1/specs/", &fields);
    assert_eq!(all[0].kind, Some(SpecKind::App));
    let (page, sent) = call(response, |session| {
        specs::Client::new(session).list_specs_page(&query, 1)
    });
    assert_bare(&sent, "GET /v1/specs/", &fields);
    assert_eq!(page.unwrap().total, Some(1));
}

#[test]
fn specs_list_spec_release_deployments() {
    let query = ListSpecReleaseDeployments::new()
        .version("1.0.0+b")
        .status([DeploymentStatus::Deployed])
        .name("n")
        .title("t")
        .sort(["name:asc"]);
    let response = r#"{"pageCount": 1, "deploymentCount": 1, "deployments": [{"id": "d", "kind": "service"}]}"#;
    let fields = [
        "version=1.0.0%2Bb",
        "status=deployed",
        "name=n",
        "title=t",
        "sort=name%3Aasc",
        "pageNumber=1",
    ];
    let (all, sent) = call(response, |session| {
        let all = specs::Client::new(session).list_spec_release_deployments("s", &query);
        all.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bare(&sent, "GET /v1/specs/s/releases/deployments", &fields);
    assert_eq!(all[0].kind, Some(SpecKind::Service));
    let (page, sent) = call(response, |session| {
        specs::Client::new(session).list_spec_release_deployments_page("s", &query, 1)
    });
    assert_bare(&sent, "GET /v1/specs/s/releases/deployments", &fields);
    assert_eq!(page.unwrap().items[0].id, "d");
}

#[test]
fn deployments_list_deployments() {
    let query = ListAllDeployments::new()
        .status([DeploymentStatus::Warning])
        .kind(SpecKind::Workflow)
        .term("t")
        .sort(["createdBy:asc"]);
    let response =
        r#"{"pageCount": 1, "deploymentCount": 1, "deployments": [{"id": "d", "kind": "model"}]}"#;
    let fields = [
        "status=warning",
        "kind=workflow",
        "term=t",
        "sort=createdBy%3Aasc",
        "pageNumber=1",
    ];
    let (all, sent) = call(response, |session| {
        let all = deployments::Client::new(session).list_deployments(&query);
        all.collect::<Result<Vec<_>, _>>().unwrap()
    });
    assert_bare(&sent, "GET /v1/deployments/", &fields);
    assert_eq!(all[0].kind, Some(SpecKind::Other("model".into())));
    let (page, sent) = call(response, |session| {
        deployments::Client::new(session).list_deployments_page(&query, 1)
    });
    assert_bare(&sent, "GET /v1/deployments/", &fields);
    assert_eq!(page.unwrap().total, Some(1));
}

#[test]
fn deployments_execute_resources() {
    let response = r#"{"executeResponse": [{"blockSpecId": "s", "version": "1.0.0", "executionId": "e", "status": "executed"}]}"#;
    let (executed, sent) = call(response, |session| {
        deployments::Client::new(session).execute_resources("d")
    });
    assert_json(&sent, "POST /v1/deployments/d/execute", json!({}));
    let executed = executed.unwrap().execute_response.unwrap();
    assert_eq!(executed[0].execution_id.as_deref(), Some("e"));
}

/// It starts workflows: a second request would start them twice.
#[test]
fn deployments_execute_resources_is_not_retried() {
    for reply in [Reply::json(500, "{}"), Reply::nothing(common::End::Reset)] {
        let server = Server::script([reply]);
        let session = Session::builder()
            .auth_token("t")
            .base_url(server.url())
            .build();
        let client = deployments::Client::new(session.unwrap());
        let error = client.execute_resources("d").unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        assert_eq!(server.count(), 1);
    }
}

#[test]
fn deployments_patch_parameters() {
    let (result, sent) = call("{}", |session| {
        let parameters = Parameters::new().set("horizon", 14);
        deployments::Client::new(session).patch_parameters("d", &parameters)
    });
    assert!(result.unwrap().is_empty());
    let body = json!({"horizon": 14});
    assert_json(&sent, "PATCH /v1/deployments/d/parameters/run", body);
}

#[test]
fn deployments_patch_parameters_v2() {
    let request = PatchParameters::new()
        .app_parameters([("region", "north")])
        .parameters([("train", json!({"rate": 1.0}))]);
    let response = r#"{"appParameters": {"region": "north"}, "parameters": {}}"#;
    let (result, sent) = call(response, |session| {
        deployments::Client::new(session).patch_parameters_v2("d", &request)
    });
    assert_eq!(result.unwrap().app_parameters.unwrap()["region"], "north");
    let body = json!({
        "appParameters": {"region": "north"}, "parameters": {"train": {"rate": 1.0}},
    });
    assert_json(&sent, "PATCH /v2/deployments/d/parameters/run", body);
}

#[test]
fn an_invalid_id_is_refused_before_anything_is_sent() {
    let server = Server::script([]);
    let (apps, specs, deployments) = (
        apps::Client::new(session(&server)),
        specs::Client::new(session(&server)),
        deployments::Client::new(session(&server)),
    );
    for id in ["", " ", ".", ".."] {
        let errors = [
            apps.describe_spec(id).unwrap_err(),
            apps.delete_spec(id).unwrap_err(),
            apps.describe_spec_release("s", id).unwrap_err(),
            apps.delete_deployment(id).unwrap_err(),
            apps.redeploy(id).unwrap_err(),
            apps.describe_deployment_revision("d", id).unwrap_err(),
            specs
                .list_spec_release_deployments_page(id, &ListSpecReleaseDeployments::new(), 1)
                .unwrap_err(),
            deployments.execute_resources(id).unwrap_err(),
            deployments
                .patch_parameters_v2(id, &PatchParameters::new())
                .unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::InvalidArgument { .. }), "{error}");
        }
    }
    assert_eq!(server.count(), 0);
}
