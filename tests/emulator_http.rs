//! The emulator as text over a socket: what goes in and what comes out, none of it by the client.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use peak_press::emulator::{Emulator, Fault};
use peak_press::{Artifact, ArtifactFormat};
use serde_json::{Value, json};

/// Sends bytes, and reads until the emulator closes.
fn exchange(emulator: &Emulator, bytes: &[u8]) -> String {
    let mut stream = connect(emulator);
    stream.write_all(bytes).unwrap();
    read_all(&mut stream)
}

fn connect(emulator: &Emulator) -> TcpStream {
    let base_url = emulator.base_url();
    TcpStream::connect(base_url.strip_prefix("http://").unwrap()).unwrap()
}

fn read_all(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// The status of an answer, and its body.
fn take_apart(answer: &str) -> (u16, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

fn request(method: &str, target: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Authorization: emulator-token\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn get(emulator: &Emulator, target: &str) -> (u16, Value) {
    take_apart(&exchange(emulator, &request("GET", target, "", b"")))
}

fn send(emulator: &Emulator, method: &str, target: &str, body: Value) -> (u16, Value) {
    let body = body.to_string();
    let request = request(method, target, "application/json", body.as_bytes());
    take_apart(&exchange(emulator, &request))
}

const FORM: &str = "multipart/form-data; boundary=edge";

/// A form of parts, each its headers after `Content-Disposition: form-data; ` and its content.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (headers, content) in parts {
        body.extend(b"--edge\r\nContent-Disposition: form-data; ");
        body.extend(headers.as_bytes());
        body.extend(b"\r\n\r\n");
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

fn submit(emulator: &Emulator, target: &str, parts: &[(&str, &[u8])]) -> (u16, Value) {
    let request = request("POST", target, FORM, &form(parts));
    take_apart(&exchange(emulator, &request))
}

const ZIP: &str = "name=\"artifact\"; filename=\"artifact.zip\"\r\nContent-Type: application/zip";
const TAR_GZ: &str =
    "name=\"artifact\"; filename=\"artifact.tar.gz\"\r\nContent-Type: application/gzip";

fn archive(format: ArtifactFormat) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(
        folder.path().join("src/train.py"),
        "print('hello')\n".repeat(50),
    )
    .unwrap();
    std::fs::write(folder.path().join("Dockerfile"), "FROM python\n").unwrap();
    let mut bytes = Vec::new();
    let artifact = Artifact::dir(folder.path()).format(format);
    artifact.write_to(&mut bytes).unwrap();
    bytes
}

fn spec_body(name: &str) -> Value {
    json!({
        "version": 1,
        "kind": "workflow",
        "metadata": { "name": name, "summary": "Forecasts demand", "tags": [{ "name": "sales" }] },
        "release": { "version": "1.0.0", "notes": "The first" },
        "config": { "steps": { "train": { "command": "python train.py", "imageRef": "python" } } },
    })
}

fn parameters() -> Value {
    json!({
        "build": [{ "name": "slim", "type": "boolean", "required": false, "defaultValue": true }],
        "run": [
            { "name": "horizon", "type": "number", "required": true, "defaultValue": 14 },
            { "name": "region", "type": "string", "required": true,
              "options": [{ "title": "North", "value": "north" }] },
            { "name": "key", "type": "string", "required": false, "hideValue": true },
        ],
    })
}

/// A spec with parameters, and its id.
fn with_spec(emulator: &Emulator) -> String {
    let spec = spec_body("forecast").to_string();
    let parameters = parameters().to_string();
    let parts = [
        ("name=\"spec\"", spec.as_bytes()),
        ("name=\"parameters\"", parameters.as_bytes()),
    ];
    let (status, created) = submit(emulator, "/v1/blocks/specs/", &parts);
    assert_eq!(status, 200, "{created}");
    created["id"].as_str().unwrap().to_owned()
}

fn deployment_body(spec: &str) -> Value {
    json!({
        "metadata": { "name": "forecast-north", "summary": "For the north" },
        "spec": { "id": spec },
        "revision": { "notes": "Go" },
        "parameters": { "run": { "region": "north", "key": "secret" } },
    })
}

/// The ids of a spec and of a deployment of it.
fn with_deployment(emulator: &Emulator) -> (String, String) {
    let spec = with_spec(emulator);
    let (status, created) = send(
        emulator,
        "POST",
        "/v1/blocks/deployments/",
        deployment_body(&spec),
    );
    assert_eq!(status, 200, "{created}");
    (spec, created["id"].as_str().unwrap().to_owned())
}

#[test]
fn a_spec_is_answered_as_the_reference_shows_it() {
    let emulator = Emulator::start().unwrap();
    let (spec, parameters) = (spec_body("forecast").to_string(), parameters().to_string());
    let parts: [(&str, &[u8]); 7] = [
        ("name=\"spec\"", spec.as_bytes()),
        ("name=\"featured\"", b"true"),
        ("name=\"scope\"", b"shared"),
        ("name=\"tenants\"", br#"["a", "b"]"#),
        ("name=\"parameters\"", parameters.as_bytes()),
        ("name=\"autoRunOnDeploy\"", b"null"),
        (ZIP, &archive(ArtifactFormat::Zip)),
    ];
    let (status, created) = submit(&emulator, "/v1/blocks/specs/", &parts);
    assert_eq!((status, created.as_object().unwrap().len()), (200, 1));
    let id = created["id"].as_str().unwrap();

    let (_, described) = get(&emulator, &format!("/v1/blocks/specs/{id}"));
    let latest = &described["latestRelease"];
    assert_eq!(
        described,
        json!({
            "id": id,
            "kind": "workflow",
            "featured": true,
            "scope": "shared",
            "tenants": ["a", "b"],
            "latestRelease": {
                "id": latest["id"],
                "version": "1.0.0",
                "notes": "The first",
                "createdAt": "2020-01-01T00:00:00.005Z",
                "createdBy": "someone@example.com",
                "config": spec_body("forecast")["config"],
                "artifact": { "id": latest["artifact"]["id"], "version": 1 },
            },
            "metadata": {
                "name": "forecast",
                "summary": "Forecasts demand",
                "tags": [{ "name": "sales" }],
                "status": "available",
                "createdAt": "2020-01-01T00:00:00.002Z",
                "createdBy": "someone@example.com",
            },
            "parameters": serde_json::from_str::<Value>(&parameters).unwrap(),
        })
    );
    assert!(latest["id"].is_string() && latest["artifact"]["id"].is_string());

    let (_, page) = get(&emulator, "/v1/blocks/specs/");
    let mut listed = described.clone();
    listed["latestRelease"]
        .as_object_mut()
        .unwrap()
        .retain(|key, _| key != "config" && key != "artifact");
    let whole = json!({
        "pageCount": 1, "pageNumber": 1, "pageSize": 25, "specCount": 1, "specs": [listed],
    });
    assert_eq!(page, whole);

    let entries = emulator.artifact_entries(id, "1.0.0").unwrap();
    let entries: Vec<_> = entries
        .iter()
        .map(|entry| (&*entry.path, entry.size))
        .collect();
    assert_eq!(
        entries,
        [("Dockerfile", 12), ("src/", 0), ("src/train.py", 750)]
    );
}

#[test]
fn releases_are_added_listed_and_described() {
    let emulator = Emulator::start().unwrap();
    let id = with_spec(&emulator);
    let releases = format!("/v1/blocks/specs/{id}/releases");
    let body = json!({
        "release": { "version": "1.1.0+linux-x.1" },
        "config": { "triggers": [{ "cron": "0 0 * * *" }] },
    });
    let text = body.to_string();
    let parts: [(&str, &[u8]); 3] = [
        ("name=\"spec\"", text.as_bytes()),
        ("name=\"autoRunOnDeploy\"", b"true"),
        (TAR_GZ, &archive(ArtifactFormat::TarGz)),
    ];
    let (status, created) = submit(&emulator, &releases, &parts);
    assert_eq!(status, 200);
    assert_eq!(
        created,
        json!({ "id": id, "release": { "version": "1.1.0+linux-x.1" } })
    );

    let (_, release) = get(&emulator, &format!("{releases}/1.1.0+linux-x.1"));
    assert_eq!(
        release,
        json!({
            "id": release["id"],
            "version": "1.1.0+linux-x.1",
            "createdAt": release["createdAt"],
            "createdBy": "someone@example.com",
            "artifact": { "id": release["artifact"]["id"], "version": 1 },
            "config": body["config"],
            "parameters": {},
            "autoRunOnDeploy": true,
        })
    );
    let (_, page) = get(
        &emulator,
        &format!("{releases}?sort=createdAt:desc&pageSize=1"),
    );
    assert_eq!(page["releases"], json!([release]));
    assert_eq!(
        (&page["releaseCount"], &page["pageCount"]),
        (&json!(2), &json!(2))
    );
    let (_, spec) = get(&emulator, &format!("/v1/blocks/specs/{id}"));
    assert_eq!(spec["latestRelease"]["version"], "1.1.0+linux-x.1");

    let entries = emulator.artifact_entries(&id, "1.1.0+linux-x.1").unwrap();
    assert!(
        entries
            .iter()
            .any(|entry| entry.path == "src/train.py" && entry.size == 750)
    );
    assert_eq!(emulator.artifact_entries(&id, "1.0.0"), None);
    assert_eq!(emulator.artifact_entries(&id, "9.0.0"), None);
}

#[test]
fn a_deployment_moves_on_by_being_looked_at() {
    let emulator = Emulator::start().unwrap();
    let (spec, id) = with_deployment(&emulator);
    let path = format!("/v1/blocks/deployments/{id}");
    let (_, described) = get(&emulator, &path);
    let revision = json!({
        "id": described["latestRevision"]["id"],
        "revision": 1,
        "status": "deploying",
        "notes": "Go",
        "createdAt": described["latestRevision"]["createdAt"],
        "createdBy": "someone@example.com",
        "resources": [],
    });
    let masked = json!({
        "build": { "slim": true },
        "run": { "horizon": 14, "region": "north", "key": "********" },
    });
    assert_eq!(
        described,
        json!({
            "id": id,
            "kind": "workflow",
            "metadata": {
                "name": "forecast-north",
                "summary": "For the north",
                "status": "deploying",
                "createdAt": described["metadata"]["createdAt"],
                "createdBy": "someone@example.com",
            },
            "spec": { "id": spec, "release": { "version": "1.0.0" } },
            "latestRevision": revision,
            "parameters": masked,
        })
    );
    let (_, described) = get(&emulator, &path);
    assert_eq!(described["metadata"]["status"], "deployed");
    let (_, page) = get(
        &emulator,
        "/v1/blocks/deployments/?status=deployed&status=failed",
    );
    assert_eq!(page["deployments"], json!([described]));
    assert_eq!(page["deploymentCount"], 1);
    let (_, page) = get(&emulator, "/v1/blocks/deployments/?status=failed");
    assert_eq!(page["deployments"], json!([]));
    assert_eq!(
        (&page["deploymentCount"], &page["pageCount"]),
        (&json!(0), &json!(0))
    );
}

#[test]
fn revisions_supersede_and_redeployments_do_not() {
    let emulator = Emulator::start().unwrap();
    let (spec, id) = with_deployment(&emulator);
    let path = format!("/v1/blocks/deployments/{id}");
    let body =
        json!({ "revision": { "notes": "Further" }, "parameters": { "run": { "horizon": 7 } } });
    let (status, created) = send(&emulator, "POST", &format!("{path}/revisions"), body);
    assert_eq!((status, created), (200, json!({ "id": id, "revision": 2 })));

    let (_, page) = get(&emulator, &format!("{path}/revisions"));
    let statuses = |page: &Value| -> Vec<Value> {
        let revisions = page["revisions"].as_array().unwrap().iter();
        revisions
            .map(|revision| json!([revision["revision"], revision["status"]]))
            .collect()
    };
    assert_eq!(
        statuses(&page),
        [json!([1, "superseded"]), json!([2, "deploying"])]
    );
    assert_eq!(page["revisionCount"], 2);

    let (_, revision) = get(&emulator, &format!("{path}/revisions/2"));
    assert_eq!(revision["status"], "deploying");
    assert_eq!(revision["notes"], "Further");
    assert_eq!(
        revision["spec"],
        json!({ "id": spec, "release": { "version": "1.0.0" } })
    );
    let run = json!({ "horizon": 7, "region": "north", "key": "********" });
    assert_eq!(revision["parameters"]["run"], run);
    let by_id = format!("{path}/revisions/{}", revision["id"].as_str().unwrap());
    assert_eq!(get(&emulator, &by_id).1["status"], "deployed");
    let (_, page) = get(&emulator, &format!("{path}/revisions?status=superseded"));
    assert_eq!(statuses(&page), [json!([1, "superseded"])]);

    let (status, answer) = send(&emulator, "POST", &format!("{path}/redeploy"), json!({}));
    assert_eq!(status, 200);
    let redeployed = json!({ "deploymentId": id, "revision": 2, "revisionId": revision["id"] });
    assert_eq!(answer, redeployed);
    assert_eq!(get(&emulator, &path).1["metadata"]["status"], "redeploying");
    assert_eq!(get(&emulator, &path).1["metadata"]["status"], "deployed");
}

#[test]
fn parameters_are_read_and_patched() {
    let emulator = Emulator::start().unwrap();
    let (_, id) = with_deployment(&emulator);
    let path = format!("/v1/deployments/{id}/parameters/run");
    let run = json!({ "horizon": 14, "region": "north", "key": "secret" });
    assert_eq!(get(&emulator, &path), (200, run));
    let patched = json!({ "horizon": 2.5, "region": "north", "key": "secret" });
    let answer = send(&emulator, "PATCH", &path, json!({ "horizon": 2.5 }));
    assert_eq!(answer, (200, patched.clone()));
    assert_eq!(get(&emulator, &path), (200, patched));
}

#[test]
fn an_app_knows_its_blocks() {
    let emulator = Emulator::start().unwrap();
    let (_, id) = with_deployment(&emulator);
    let app = emulator.add_app([&id]).unwrap();
    let (_, described) = get(&emulator, &format!("/v1/blocks/deployments/{id}"));
    assert_eq!(described["parent"], json!({ "id": app }));
    let blocks = json!([{
        "deploymentId": id, "platformId": null, "kind": "workflow", "name": "forecast-north",
        "status": "deploying",
    }]);
    let path = format!("/v1/apps/deployments/{app}");
    let (_, answer) = get(&emulator, &path);
    assert_eq!(
        answer,
        json!({ "id": app, "latestRevision": { "blocks": blocks } })
    );
    let other = emulator.add_app([&id]).unwrap();
    assert_eq!(
        get(&emulator, &path).1["latestRevision"]["blocks"],
        json!([])
    );
    assert_ne!(app, other);
    assert!(emulator.add_app(["nobody"]).is_err());
    send(
        &emulator,
        "DELETE",
        &format!("/v1/blocks/deployments/{id}"),
        json!({}),
    );
    let path = format!("/v1/apps/deployments/{other}");
    assert_eq!(
        get(&emulator, &path).1["latestRevision"]["blocks"],
        json!([])
    );
}

#[test]
fn updates_change_what_they_name_and_deletes_cascade() {
    let emulator = Emulator::start().unwrap();
    let (spec, deployment) = with_deployment(&emulator);
    let spec = format!("/v1/blocks/specs/{spec}");
    let deployment = format!("/v1/blocks/deployments/{deployment}");
    let nothing = (400, json!({ "detail": "No changes detected" }));

    let update = json!({
        "metadata": { "title": "Demand", "status": "archived" }, "featured": true, "scope": "public",
        "tenants": [],
    });
    assert_eq!(
        send(&emulator, "PATCH", &spec, update.clone()),
        (200, json!({}))
    );
    assert_eq!(send(&emulator, "PATCH", &spec, update), nothing);
    assert_eq!(send(&emulator, "PATCH", &spec, json!({})), nothing);
    let (_, described) = get(&emulator, &spec);
    assert_eq!(described["metadata"]["title"], "Demand");
    assert_eq!(described["metadata"]["status"], "archived");
    assert_eq!(described["metadata"]["summary"], "Forecasts demand");
    assert_eq!(
        (&described["featured"], &described["scope"]),
        (&json!(true), &json!("public"))
    );

    let update = json!({ "title": "North" });
    assert_eq!(
        send(&emulator, "PATCH", &deployment, update.clone()),
        (200, json!({}))
    );
    assert_eq!(send(&emulator, "PATCH", &deployment, update), nothing);
    assert_eq!(get(&emulator, &deployment).1["metadata"]["title"], "North");

    assert_eq!(send(&emulator, "DELETE", &spec, json!({})).0, 409);
    assert_eq!(
        send(&emulator, "DELETE", &deployment, json!({})),
        (200, json!({}))
    );
    assert_eq!(get(&emulator, &format!("{deployment}/revisions")).0, 404);
    assert_eq!(
        send(&emulator, "DELETE", &spec, json!({})),
        (200, json!({}))
    );
    assert_eq!(get(&emulator, &format!("{spec}/releases")).0, 404);
    // The names are free again.
    with_deployment(&emulator);
}

/// Asserts that a request is refused with a status, and a detail that holds this.
#[track_caller]
fn refused(answer: (u16, Value), status: u16, detail: &str) {
    let said = answer.1["detail"].as_str().unwrap_or_default();
    assert!(
        answer.0 == status && said.contains(detail),
        "{} {}",
        answer.0,
        answer.1
    );
}

#[test]
fn a_form_that_is_not_right_is_refused() {
    let emulator = Emulator::start().unwrap();
    let id = with_spec(&emulator);
    let specs = "/v1/blocks/specs/";
    let releases = format!("/v1/blocks/specs/{id}/releases");

    // Changes to a spec that is right, and what comes of them.
    for (pointer, value, status, detail) in [
        (
            "/kind",
            json!("wizard"),
            422,
            "spec.kind: expected workflow or service, found \"wizard\"",
        ),
        ("/kind", json!("service"), 422, "spec.config.serviceType"),
        (
            "/version",
            json!(2),
            422,
            "spec.version: expected 1, found 2",
        ),
        (
            "/metadata/name",
            json!(5),
            422,
            "spec.metadata.name: expected text, found 5",
        ),
        (
            "/metadata/name",
            json!(" "),
            422,
            "metadata.name: it is empty",
        ),
        ("/metadata/name", json!("forecast"), 409, "\"forecast\""),
        (
            "/metadata",
            json!({ "name": "x" }),
            422,
            "\"summary\" is missing",
        ),
        (
            "/release/version",
            json!("one"),
            422,
            "expected a semantic version, found \"one\"",
        ),
        ("/release", json!(null), 422, "spec.release"),
        (
            "/config",
            json!([]),
            422,
            "spec.config: expected a map, found a list",
        ),
        (
            "/config/steps/train",
            json!({ "command": "x", "stepTimeout": "soon" }),
            422,
            "spec.config.steps.train.stepTimeout: expected a number or \"@param:<name>\", found \"soon\"",
        ),
        (
            "/config/steps/train",
            json!({ "type": "magic" }),
            422,
            "spec.config.steps.train.type",
        ),
    ] {
        let mut body = spec_body("another");
        *body.pointer_mut(pointer).unwrap() = value;
        let body = body.to_string();
        refused(
            submit(&emulator, specs, &[("name=\"spec\"", body.as_bytes())]),
            status,
            detail,
        );
    }

    // Parts beside a spec that is right.
    let body = spec_body("another").to_string();
    let broken = [&archive(ArtifactFormat::Zip)[..100], b"and so on"].concat();
    let large = vec![0; 10 * 1024 * 1024 + 1];
    let two = json!({ "run": [parameters()["run"][0], parameters()["run"][0]] }).to_string();
    let unknown = r#"{"run": [{"name": "a", "type": "date", "required": true}]}"#;
    let wrong =
        r#"{"run": [{"name": "a", "type": "number", "required": true, "defaultValue": "x"}]}"#;
    let parts: [(&str, &[u8], u16, &str); 15] = [
        (
            "name=\"featured\"",
            b"perhaps",
            400,
            "featured: this is not JSON",
        ),
        (
            "name=\"featured\"",
            b"5",
            422,
            "featured: expected true or false, found 5",
        ),
        (
            "name=\"scope\"",
            b"mine",
            422,
            "scope: expected private, public or shared",
        ),
        (
            "name=\"tenants\"",
            b"[5]",
            422,
            "tenants[0]: expected text, found 5",
        ),
        ("name=\"parameters\"", b"[]", 422, "parameters"),
        (
            "name=\"parameters\"",
            unknown.as_bytes(),
            422,
            "parameters.run[0].type: \"date\"",
        ),
        (
            "name=\"parameters\"",
            wrong.as_bytes(),
            422,
            "parameters.run[0].defaultValue",
        ),
        (
            "name=\"parameters\"",
            two.as_bytes(),
            422,
            "parameters.run[1].name",
        ),
        ("name=\"autoRunOnDeploy\"", b"[]", 422, "autoRunOnDeploy"),
        (
            "name=\"spec\"",
            b"{}",
            400,
            "the part \"spec\" is there twice",
        ),
        (
            "name=\"artifact\"",
            b"PK",
            422,
            "artifact: this part has to be a file",
        ),
        (
            "name=\"artifact\"; filename=\"a\"",
            b"PK",
            422,
            "application/zip or application/gzip",
        ),
        (ZIP, &broken, 422, "artifact: cannot be unpacked"),
        (TAR_GZ, &broken, 422, "artifact: cannot be unpacked"),
        (ZIP, &large, 413, "10485760 is the most"),
    ];
    for (headers, content, status, detail) in parts {
        let parts = [("name=\"spec\"", body.as_bytes()), (headers, content)];
        refused(submit(&emulator, specs, &parts), status, detail);
    }

    // No form at all, and no spec in it.
    refused(
        submit(&emulator, specs, &[("name=\"other\"", b"")]),
        422,
        "\"spec\" is missing",
    );
    refused(
        submit(&emulator, specs, &[("name=\"spec\"", b"{")]),
        400,
        "spec: this is not JSON",
    );
    refused(
        send(&emulator, "POST", specs, json!({})),
        400,
        "not multipart/form-data",
    );
    for text in [
        "",
        "--edge",
        "--edge\r\n",
        "--edge\r\n\r\nx\r\n--edge--",
        "--edge--tail",
        "--other--",
    ] {
        let answer = exchange(&emulator, &request("POST", specs, FORM, text.as_bytes()));
        let status = if text == "--edge--tail" { 422 } else { 400 };
        refused(take_apart(&answer), status, "form: ");
    }

    // Releases.
    for (version, status) in [
        ("1.0.0", 409),
        ("0.9.0", 409),
        ("1.0.0-rc.1", 409),
        ("1.0.0+b", 409),
        ("1", 422),
    ] {
        let body = json!({ "release": { "version": version }, "config": {} }).to_string();
        refused(
            submit(&emulator, &releases, &[("name=\"spec\"", body.as_bytes())]),
            status,
            version,
        );
    }
    let service = json!({
        "release": { "version": "2.0.0" }, "config": { "serviceType": "api" },
    });
    let service = service.to_string();
    let answer = submit(
        &emulator,
        &releases,
        &[("name=\"spec\"", service.as_bytes())],
    );
    refused(answer, 422, "spec.config.serviceType");
    // Nothing of all that was stored.
    assert_eq!(get(&emulator, specs).1["specCount"], 1);
    assert_eq!(get(&emulator, &releases).1["releaseCount"], 1);
}

#[test]
fn a_check_stores_nothing() {
    let emulator = Emulator::start().unwrap();
    let id = with_spec(&emulator);
    let body = spec_body("another").to_string();
    let parts = [("name=\"spec\"", body.as_bytes())];
    let (status, answer) = submit(&emulator, "/v1/blocks/specs/?validate=true", &parts);
    assert_eq!((status, &answer["success"]), (200, &json!(true)));
    assert!(answer["message"].is_string());
    let body = json!({ "release": { "version": "2.0.0" }, "config": {} }).to_string();
    let parts = [("name=\"spec\"", body.as_bytes())];
    let releases = format!("/v1/blocks/specs/{id}/releases");
    let (status, answer) = submit(&emulator, &format!("{releases}?validate=true"), &parts);
    assert_eq!((status, &answer["success"]), (200, &json!(true)));
    assert_eq!(get(&emulator, "/v1/blocks/specs/").1["specCount"], 1);
    assert_eq!(get(&emulator, &releases).1["releaseCount"], 1);
    refused(
        submit(&emulator, &format!("{releases}?validate=1"), &parts),
        400,
        "validate",
    );
    assert_eq!(
        submit(&emulator, &format!("{releases}?validate=false"), &parts).0,
        200
    );
}

#[test]
fn a_body_that_is_not_right_is_refused() {
    let emulator = Emulator::start().unwrap();
    let (spec, deployment) = with_deployment(&emulator);
    let path = "/v1/blocks/deployments/";
    for (pointer, value, status, detail) in [
        (
            "/metadata/name",
            json!("forecast-north"),
            409,
            "\"forecast-north\"",
        ),
        (
            "/metadata/name",
            json!(""),
            422,
            "metadata.name: it is empty",
        ),
        (
            "/spec/id",
            json!("nobody"),
            404,
            "spec \"nobody\" does not exist",
        ),
        (
            "/spec/id",
            json!(5),
            422,
            "body.spec.id: expected text, found 5",
        ),
        (
            "/spec",
            json!({ "id": spec, "release": { "version": "7.0.0" } }),
            404,
            "\"7.0.0\"",
        ),
        (
            "/parameters/run",
            json!({}),
            422,
            "body.parameters.run.region: it is required",
        ),
        (
            "/parameters/run/region",
            json!(5),
            422,
            "body.parameters.run.region: expected a string",
        ),
        (
            "/parameters/run/region",
            json!("moon"),
            422,
            "none of its options",
        ),
        (
            "/parameters/run",
            json!({ "hroizon": 5 }),
            422,
            "body.parameters.run.hroizon",
        ),
    ] {
        let mut body = deployment_body(&spec);
        body["metadata"]["name"] = json!("another");
        *body.pointer_mut(pointer).unwrap() = value;
        refused(send(&emulator, "POST", path, body), status, detail);
    }
    let run = format!("/v1/deployments/{deployment}/parameters/run");
    let one = format!("{path}{deployment}");
    let spec = format!("/v1/blocks/specs/{spec}");
    for (method, target, body, status, detail) in [
        (
            "PATCH",
            &run,
            json!({ "horizon": "long" }),
            422,
            "horizon: expected a number, found \"long\"",
        ),
        (
            "PATCH",
            &run,
            json!([]),
            422,
            "body: expected a map, found a list",
        ),
        (
            "PATCH",
            &one,
            json!({ "name": 5 }),
            422,
            "body.name: expected text",
        ),
        (
            "PATCH",
            &spec,
            json!({ "metadata": { "status": "lost" } }),
            422,
            "body.metadata.status",
        ),
        (
            "PATCH",
            &spec,
            json!({ "scope": "mine" }),
            422,
            "body.scope",
        ),
        (
            "PATCH",
            &spec,
            json!({ "tenants": "a" }),
            422,
            "body.tenants: expected a list",
        ),
        (
            "POST",
            &format!("{one}/revisions"),
            json!({ "release": {} }),
            422,
            "\"version\" is missing",
        ),
        (
            "POST",
            &format!("{one}/revisions"),
            json!({ "release": { "version": "9.0.0" } }),
            404,
            "9.0.0",
        ),
        (
            "POST",
            &format!("{one}/redeploy"),
            json!(5),
            422,
            "body: expected a map, found 5",
        ),
    ] {
        refused(send(&emulator, method, target, body), status, detail);
    }
    let text = request("PATCH", &one, "application/json", b"{\"name\": ");
    refused(
        take_apart(&exchange(&emulator, &text)),
        400,
        "body: this is not JSON",
    );
    let deep = "[".repeat(100_000);
    let text = request("PATCH", &one, "application/json", deep.as_bytes());
    refused(
        take_apart(&exchange(&emulator, &text)),
        400,
        "body: this is not JSON",
    );
}

#[test]
fn names_are_unique_per_kind_and_stay_so() {
    let emulator = Emulator::start().unwrap();
    with_spec(&emulator);
    let mut service = spec_body("forecast");
    service["kind"] = json!("service");
    service["config"] = json!({ "serviceType": "api" });
    let service = service.to_string();
    let parts = [("name=\"spec\"", service.as_bytes())];
    let (status, created) = submit(&emulator, "/v1/blocks/specs/", &parts);
    assert_eq!(status, 200, "{created}");
    let seeded = emulator.seed_specs(1);
    let path = format!("/v1/blocks/specs/{}", seeded[0]);
    let taken = json!({ "metadata": { "name": "forecast" } });
    refused(
        send(&emulator, "PATCH", &path, taken),
        409,
        "\"forecast\" is taken",
    );
    let own = json!({ "metadata": { "name": "seeded-1" } });
    refused(
        send(&emulator, "PATCH", &path, own),
        400,
        "No changes detected",
    );
    // Seeds pass over what is taken.
    let taken = json!({ "metadata": { "name": "seeded-2" } });
    assert_eq!(send(&emulator, "PATCH", &path, taken).0, 200);
    let seeded = emulator.seed_specs(2);
    let path = format!("/v1/blocks/specs/{}", seeded[1]);
    assert_eq!(get(&emulator, &path).1["metadata"]["name"], "seeded-4");
}

#[test]
fn what_is_not_there_is_not_found() {
    let emulator = Emulator::start().unwrap();
    let (spec, deployment) = with_deployment(&emulator);
    for (method, target) in [
        ("GET", "/v1/blocks/specs/nobody"),
        ("PATCH", "/v1/blocks/specs/nobody"),
        ("DELETE", "/v1/blocks/specs/nobody"),
        ("GET", "/v1/blocks/specs/nobody/releases"),
        ("POST", "/v1/blocks/specs/nobody/releases"),
        ("GET", "/v1/blocks/specs/nobody/releases/1.0.0"),
        ("GET", &format!("/v1/blocks/specs/{spec}/releases/1.0")),
        ("GET", "/v1/blocks/deployments/nobody"),
        ("PATCH", "/v1/blocks/deployments/nobody"),
        ("DELETE", "/v1/blocks/deployments/nobody"),
        ("GET", "/v1/deployments/nobody/parameters/run"),
        ("PATCH", "/v1/deployments/nobody/parameters/run"),
        ("GET", "/v1/blocks/deployments/nobody/revisions"),
        ("POST", "/v1/blocks/deployments/nobody/revisions"),
        (
            "GET",
            &format!("/v1/blocks/deployments/{deployment}/revisions/2"),
        ),
        ("POST", "/v1/blocks/deployments/nobody/redeploy"),
        ("GET", "/v1/apps/deployments/nobody"),
        ("GET", "/v1/blocks/specs"),
        ("GET", "/v1/blocks/specs//releases"),
        ("GET", "/v1/blocks/specs/%ff%2F%zz%"),
        ("GET", "/"),
        ("GET", "*"),
        ("GET", "http://localhost/v1/blocks/specs/"),
    ] {
        refused(
            send(&emulator, method, target, json!({})),
            404,
            "does not exist",
        );
    }
    for (method, target, allow) in [
        ("PUT", "/v1/blocks/specs/", "GET, POST"),
        ("DELETE", "/v1/apps/deployments/1", "GET"),
        ("get", "/v1/blocks/deployments/1", "GET, PATCH, DELETE"),
    ] {
        let answer = exchange(&emulator, &request(method, target, "", b""));
        assert!(
            answer.contains(&format!("\r\nAllow: {allow}\r\n")),
            "{answer}"
        );
        refused(take_apart(&answer), 405, method);
    }
}

#[test]
fn only_the_token_gets_in() {
    let emulator = Emulator::start().unwrap();
    for (header, status) in [
        ("Authorization: emulator-token", 200),
        ("authorization:Bearer emulator-token", 200),
        ("Authorization: Bearer", 401),
        ("Authorization: emulator-token2", 401),
        ("X-Other: x", 401),
    ] {
        let text =
            format!("GET /v1/blocks/specs/ HTTP/1.1\r\nConnection: close\r\n{header}\r\n\r\n");
        let (answered, body) = take_apart(&exchange(&emulator, text.as_bytes()));
        assert_eq!(answered, status, "{header}");
        assert_eq!(body["detail"].is_string(), status == 401);
    }
    assert!(!format!("{:?}", emulator.requests()).contains("emulator-token"));
}

#[test]
fn lists_are_filtered_sorted_and_cut() {
    let emulator = Emulator::start().unwrap();
    let ids = emulator.seed_specs(30);
    let names = |query: &str| -> Vec<String> {
        let (status, page) = get(&emulator, &format!("/v1/blocks/specs/?{query}"));
        assert_eq!(status, 200, "{page}");
        let specs = page["specs"].as_array().unwrap().iter();
        specs
            .map(|spec| spec["metadata"]["name"].as_str().unwrap()[7..].to_owned())
            .collect()
    };
    let update =
        json!({ "metadata": { "status": "archived", "title": "Zebra" }, "featured": true });
    send(
        &emulator,
        "PATCH",
        &format!("/v1/blocks/specs/{}", ids[3]),
        update,
    );
    let update = json!({ "scope": "public" });
    send(
        &emulator,
        "PATCH",
        &format!("/v1/blocks/specs/{}", ids[4]),
        update,
    );

    assert_eq!(names("").len(), 25);
    assert_eq!(names("pageNumber=2"), ["26", "27", "28", "29", "30"]);
    assert_eq!(names("pageNumber=3"), [""; 0]);
    assert_eq!(
        names("pageNumber=18446744073709551615&pageSize=18446744073709551615"),
        [""; 0]
    );
    assert_eq!(names("pageSize=18446744073709551615").len(), 30);
    assert_eq!(names("name=seeded-3&pageSize=2"), ["3", "30"]);
    assert_eq!(names("title=Seeded+2&pageSize=3"), ["2", "20", "21"]);
    assert_eq!(names("title=seeded"), [""; 0]);
    assert_eq!(names("featured=true"), ["4"]);
    assert_eq!(names("featured=false&pageSize=4"), ["1", "2", "3", "5"]);
    assert_eq!(names("status=archived&status=unavailable"), ["4"]);
    assert_eq!(names("scope=public&scope=shared"), ["5"]);
    assert_eq!(names("sort=createdAt:desc&pageSize=2"), ["30", "29"]);
    assert_eq!(
        names("sort=createdBy:asc&sort=title%3Adesc&pageSize=2"),
        ["4", "9"]
    );
    assert_eq!(names("sort=name:asc&pageSize=3"), ["1", "10", "11"]);
    assert_eq!(names("whatever=x&pageSize=1"), ["1"]);
    let (_, page) = get(&emulator, "/v1/blocks/specs/?pageSize=7&pageNumber=2");
    let numbers = ["pageCount", "pageNumber", "pageSize", "specCount"].map(|key| page[key].clone());
    assert_eq!(numbers, [5, 2, 7, 30].map(Value::from));

    for query in [
        "status=lost",
        "featured=True",
        "featured=",
        "scope=mine",
        "sort=name",
        "sort=name:up",
        "sort=summary:asc",
        "sort=:asc",
        "pageSize=0",
        "pageSize=x",
        "pageSize=-1",
        "pageNumber=0",
        "pageNumber=",
        "pageNumber=18446744073709551616",
    ] {
        let (field, _) = query.split_once('=').unwrap();
        refused(
            get(&emulator, &format!("/v1/blocks/specs/?{query}")),
            400,
            &format!("query: {field}: "),
        );
    }
    let (_, deployment) = with_deployment(&emulator);
    refused(
        get(&emulator, "/v1/blocks/deployments/?status=superseded"),
        400,
        "query: status",
    );
    let revisions = format!("/v1/blocks/deployments/{deployment}/revisions");
    refused(
        get(&emulator, &format!("{revisions}?status=redeploying")),
        400,
        "query: status",
    );
    let releases = format!("/v1/blocks/specs/{}/releases", ids[0]);
    refused(
        get(&emulator, &format!("{releases}?sort=name:asc")),
        400,
        "query: sort",
    );
}

#[test]
fn deployments_end_as_they_are_told() {
    let emulator = Emulator::start().unwrap();
    let spec = with_spec(&emulator);
    let deploy = |name: &str| {
        let mut body = deployment_body(&spec);
        body["metadata"]["name"] = json!(name);
        let (_, created) = send(&emulator, "POST", "/v1/blocks/deployments/", body);
        format!("/v1/blocks/deployments/{}", created["id"].as_str().unwrap())
    };
    let status = |path: &str| get(&emulator, path).1["metadata"]["status"].clone();

    emulator.fail_next_deployment("failed");
    let failing = deploy("failing");
    assert_eq!(
        [status(&failing), status(&failing)],
        ["deploying", "failed"]
    );
    send(&emulator, "POST", &format!("{failing}/redeploy"), json!({}));
    assert_eq!(
        [status(&failing), status(&failing)],
        ["redeploying", "deployed"]
    );

    emulator.deploys_after(3);
    let slow = deploy("slow");
    let statuses: Vec<_> = (0..4).map(|_| status(&slow)).collect();
    assert_eq!(
        statuses,
        ["deploying", "deploying", "deploying", "deployed"]
    );

    emulator.deploys_after(0);
    emulator.fail_next_deployment("warning");
    let warned = deploy("warned");
    let (_, page) = get(&emulator, "/v1/blocks/deployments/?name=warned");
    assert_eq!(page["deployments"][0]["metadata"]["status"], "warning");
    assert_eq!(
        page["deployments"][0]["latestRevision"]["status"],
        "deployed"
    );
    assert_eq!(status(&warned), "warning");
}

#[test]
fn a_deployment_without_a_name_gets_one() {
    let emulator = Emulator::start().unwrap();
    let ids = emulator.seed_specs(1);
    let body = json!({ "metadata": {}, "spec": { "id": ids[0] } });
    let mut names = Vec::new();
    for _ in 0..2 {
        let (_, created) = send(&emulator, "POST", "/v1/blocks/deployments/", body.clone());
        let path = format!("/v1/blocks/deployments/{}", created["id"].as_str().unwrap());
        names.push(
            get(&emulator, &path).1["metadata"]["name"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert!(names.iter().all(|name| name.starts_with("seeded-1-")) && names[0] != names[1]);
}

#[test]
fn connections_are_kept_or_closed_as_http_has_it() {
    let emulator = Emulator::start().unwrap();
    let head = "Authorization: emulator-token\r\n";
    // Two requests in one go, the second in chunks, after an empty line.
    let spec = spec_body("forecast").to_string();
    let form = form(&[("name=\"spec\"", spec.as_bytes())]);
    let (start, end) = form.split_at(20);
    let mut text = format!(
        "GET /v1/blocks/specs/ HTTP/1.1\r\n{head}\r\n\r\n\
         POST /v1/blocks/specs/ HTTP/1.1\r\n{head}Connection: close\r\n\
         Content-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    text.extend(format!("{:x};extension\r\n", start.len()).as_bytes());
    text.extend(start);
    text.extend(format!("\r\n{:X}\r\n", end.len()).as_bytes());
    text.extend(end);
    text.extend(b"\r\n0\r\nTrailer: x\r\n\r\n");
    let answers = exchange(&emulator, &text);
    assert_eq!(
        answers.matches("HTTP/1.1 200 OK\r\n").count(),
        2,
        "{answers}"
    );
    assert!(answers.contains("\"specCount\":0") && answers.contains("Connection: keep-alive\r\n"));
    assert_eq!(get(&emulator, "/v1/blocks/specs/").1["specCount"], 1);

    // An older client is not kept.
    let text = format!("GET /v1/blocks/specs/ HTTP/1.0\r\n{head}\r\n");
    assert!(exchange(&emulator, text.as_bytes()).contains("Connection: close\r\n"));

    // A client that waits for leave gets it.
    let mut stream = connect(&emulator);
    let body = r#"{"metadata": {"title": "New"}}"#;
    let text = format!(
        "PATCH /v1/blocks/specs/1 HTTP/1.1\r\n{head}Expect: 100-continue\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(text.as_bytes()).unwrap();
    let mut leave = [0; 25];
    stream.read_exact(&mut leave).unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert!(read_all(&mut stream).starts_with("HTTP/1.1 404 Not Found\r\n"));
}

#[test]
fn what_is_no_request_is_refused_or_left_without_an_answer() {
    let emulator = Emulator::start().unwrap();
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(70_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: x\r\n".repeat(101));
    let large = format!(
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        1u64 << 40
    );
    let line = format!(
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        "0".repeat(5000)
    );
    for (text, status) in [
        ("hello\r\n\r\n", 400),
        ("GET / HTTP/3.0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
        ("\0\0\0\0\n\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            400,
        ),
        (
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            400,
        ),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
            400,
        ),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            400,
        ),
        ("POST / HTTP/1.1\r\nContent-Length: 16777217\r\n\r\n", 413),
        (
            "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            413,
        ),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\n",
            413,
        ),
        (&large, 413),
        (&long, 400),
        (&many, 400),
        (&line, 400),
    ] {
        // The emulator answers at once, and closes once the client has nothing more to say.
        let mut stream = connect(&emulator);
        stream.write_all(text.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let (answered, body) = take_apart(&read_all(&mut stream));
        assert_eq!(answered, status, "{body}");
        assert!(body["detail"].is_string());
    }
    for text in [
        "",
        "GET / HT",
        "GET / HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nfour",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ] {
        let mut stream = connect(&emulator);
        stream.write_all(text.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_all(&mut stream), "", "{text}");
    }
    assert!(emulator.requests().is_empty());
}

#[test]
fn it_misbehaves_as_it_is_told() {
    let emulator = Emulator::start().unwrap();
    let list = request("GET", "/v1/blocks/specs/", "", b"");

    emulator.inject(Fault::status(503).detail("busy").retry_after(7).times(2));
    for _ in 0..2 {
        let answer = exchange(&emulator, &list);
        assert!(
            answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
            "{answer}"
        );
        assert!(answer.contains("\r\nRetry-After: 7\r\n"), "{answer}");
        refused(take_apart(&answer), 503, "busy");
    }
    assert_eq!(get(&emulator, "/v1/blocks/specs/").0, 200);

    // Another method or path does not meet it.
    emulator.inject(Fault::status(500).on("GET", "/v1/blocks/specs/{}"));
    emulator.inject(Fault::status(502).on("POST", "/v1/blocks/specs/"));
    assert_eq!(get(&emulator, "/v1/blocks/specs/").0, 200);
    assert_eq!(get(&emulator, "/v1/blocks/specs/1").0, 500);
    assert_eq!(get(&emulator, "/v1/blocks/specs/1").0, 404);
    assert_eq!(emulator.pending_faults(), 1);
    emulator.clear_faults();
    assert_eq!(emulator.pending_faults(), 0);

    emulator.inject(Fault::proxy_page(504));
    let answer = exchange(&emulator, &list);
    assert!(
        answer.starts_with("HTTP/1.1 504 ") && answer.ends_with("</html>"),
        "{answer}"
    );
    emulator.inject(Fault::raw("SSH-2.0"));
    assert_eq!(exchange(&emulator, &list), "SSH-2.0");
    emulator.inject(Fault::cut());
    assert_eq!(exchange(&emulator, &list), "");
    emulator.inject(Fault::delay(std::time::Duration::from_millis(1)));
    assert!(exchange(&emulator, &list).starts_with("HTTP/1.1 200 "));
    emulator.inject(Fault::cut().times(0));
    assert_eq!(get(&emulator, "/v1/blocks/specs/").0, 200);

    let spec = spec_body("forecast").to_string();
    let create = request(
        "POST",
        "/v1/blocks/specs/",
        FORM,
        &form(&[("name=\"spec\"", spec.as_bytes())]),
    );
    emulator.inject(Fault::cut());
    assert_eq!(exchange(&emulator, &create), "");
    assert_eq!(get(&emulator, "/v1/blocks/specs/").1["specCount"], 0);
    emulator.inject(Fault::status(500).after_carrying_out());
    assert!(exchange(&emulator, &create).starts_with("HTTP/1.1 500 "));
    assert_eq!(get(&emulator, "/v1/blocks/specs/").1["specCount"], 1);

    emulator.inject(Fault::status(429).always());
    assert!((0..5).all(|_| get(&emulator, "/v1/blocks/specs/").0 == 429));
}

#[test]
fn it_tells_what_it_received() {
    let emulator = Emulator::start().unwrap();
    with_spec(&emulator);
    get(
        &emulator,
        "/v1/blocks/specs/%C3%A9?name=a%26b+c&sort=name:asc&sort=title:desc&flag",
    );
    let requests = emulator.requests();
    let [create, describe] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(
        (&*create.method, &*create.path),
        ("POST", "/v1/blocks/specs/")
    );
    assert_eq!(create.header("CONTENT-type"), Some(FORM));
    assert_eq!(create.header("authorization"), Some("[secret]"));
    let names: Vec<_> = create.parts().into_iter().map(|part| part.name).collect();
    assert_eq!(names, ["spec", "parameters"]);
    let spec = create.part("spec").unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&spec.text()).unwrap(),
        spec_body("forecast")
    );
    assert_eq!((spec.file_name, spec.content_type), (None, None));
    assert_eq!((create.json(), create.part("artifact")), (None, None));

    assert_eq!(describe.path, "/v1/blocks/specs/%C3%A9");
    let query = [
        ("name", "a&b c"),
        ("sort", "name:asc"),
        ("sort", "title:desc"),
        ("flag", ""),
    ];
    assert_eq!(
        describe.query,
        query.map(|(name, value)| (name.into(), value.into()))
    );
    assert!(describe.parts().is_empty());
    let shown = format!("{create:?}");
    assert!(shown.len() < 1000 && shown.contains("--edge") && !shown.contains("emulator-token"));
    emulator.clear_requests();
    assert!(emulator.requests().is_empty());
}
