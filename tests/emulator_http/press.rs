//! An emulator with helpers that send raw requests, and documents that it accepts.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::ops::Deref;

use peak_press::emulator::Emulator;
use peak_press::{Artifact, ArtifactFormat};
use serde_json::{Value, json};

pub(crate) const FORM: &str = "multipart/form-data; boundary=edge";

/// An emulator that receives raw requests.
pub(crate) struct Press {
    emulator: Emulator,
}

impl Deref for Press {
    type Target = Emulator;

    fn deref(&self) -> &Emulator {
        &self.emulator
    }
}

impl Press {
    pub(crate) fn start() -> Self {
        let emulator = Emulator::start().unwrap();
        Press { emulator }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let base_url = self.base_url();
        TcpStream::connect(base_url.strip_prefix("http://").unwrap()).unwrap()
    }

    /// Sends bytes, and returns everything until the connection ends.
    pub(crate) fn exchange(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes.as_ref()).unwrap();
        read_to_end(&mut stream)
    }

    /// The same, but also closes the sending side.
    pub(crate) fn exchange_and_finish(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes.as_ref()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        read_to_end(&mut stream)
    }

    pub(crate) fn get(&self, target: &str) -> Response {
        Response::parse(&self.exchange(request("GET", target, "", "")))
    }

    /// Sends a JSON body.
    pub(crate) fn send(&self, method: &str, target: &str, body: Value) -> Response {
        let request = request(method, target, "application/json", body.to_string());
        Response::parse(&self.exchange(request))
    }

    pub(crate) fn delete(&self, target: &str) -> Response {
        self.send("DELETE", target, json!({}))
    }

    /// Posts a form.
    pub(crate) fn submit(&self, target: &str, parts: &[Part]) -> Response {
        Response::parse(&self.exchange(request("POST", target, FORM, form(parts))))
    }

    /// Creates the spec `forecast` with [`parameters`], and returns its id.
    pub(crate) fn create_spec(&self) -> String {
        let parts = [
            Part::json("spec", &spec_body("forecast")),
            Part::json("parameters", &parameters()),
        ];
        let created = self.submit("/v1/blocks/specs/", &parts).ok();
        text(&created["id"])
    }

    /// Creates a deployment from [`deployment_body`], and returns its id.
    pub(crate) fn create_deployment(&self, body: Value) -> String {
        let created = self.send("POST", "/v1/blocks/deployments/", body).ok();
        text(&created["id"])
    }

    /// Creates a spec and a deployment of it.
    pub(crate) fn deploy(&self) -> Deployed {
        let spec_id = self.create_spec();
        let deployment_id = self.create_deployment(deployment_body(&spec_id));
        Deployed {
            spec: format!("/v1/blocks/specs/{spec_id}"),
            deployment: format!("/v1/blocks/deployments/{deployment_id}"),
            spec_id,
            deployment_id,
        }
    }
}

/// The ids of a spec and its deployment, and their paths.
pub(crate) struct Deployed {
    pub(crate) spec_id: String,
    pub(crate) deployment_id: String,
    pub(crate) spec: String,
    pub(crate) deployment: String,
}

/// A response with a JSON body.
#[derive(Debug, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Response {
    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect(text);
        Response {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: serde_json::from_str(body).unwrap(),
        }
    }

    /// The body of a 200 response.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// Asserts the status, and that the `detail` contains this text.
    #[track_caller]
    pub(crate) fn assert_error(&self, status: u16, detail: &str) {
        let found = self.body["detail"].as_str().unwrap_or_default();
        let matches = self.status == status && found.contains(detail);
        assert!(matches, "expected {status} {detail:?}, found {self:?}");
    }
}

/// A change to a valid document, and the response to it.
pub(crate) struct Change {
    pub(crate) pointer: &'static str,
    pub(crate) value: Value,
    pub(crate) status: u16,
    pub(crate) detail: &'static str,
}

impl Change {
    /// The changed document.
    pub(crate) fn apply(&self, document: &Value) -> Value {
        let mut changed = document.clone();
        *changed.pointer_mut(self.pointer).unwrap() = self.value.clone();
        changed
    }
}

/// A part of a form.
#[derive(Clone)]
pub(crate) struct Part {
    /// The text after `Content-Disposition: form-data; `.
    headers: String,
    content: Vec<u8>,
}

impl Part {
    pub(crate) fn new(headers: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Part {
            headers: headers.into(),
            content: content.into(),
        }
    }

    pub(crate) fn text(name: &str, content: &str) -> Self {
        Part::new(format!("name=\"{name}\""), content)
    }

    pub(crate) fn json(name: &str, content: &Value) -> Self {
        Part::text(name, &content.to_string())
    }

    pub(crate) fn zip(content: impl Into<Vec<u8>>) -> Self {
        let file = "name=\"artifact\"; filename=\"artifact.zip\"";
        Part::new(format!("{file}\r\nContent-Type: application/zip"), content)
    }

    pub(crate) fn tar_gz(content: impl Into<Vec<u8>>) -> Self {
        let file = "name=\"artifact\"; filename=\"artifact.tar.gz\"";
        Part::new(format!("{file}\r\nContent-Type: application/gzip"), content)
    }
}

/// The body of a form with the boundary of [`FORM`].
pub(crate) fn form(parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for Part { headers, content } in parts {
        let head = format!("--edge\r\nContent-Disposition: form-data; {headers}\r\n\r\n");
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(b"--edge--\r\n");
    body
}

/// A request on its own connection.
pub(crate) fn request(
    method: &str,
    target: &str,
    content_type: &str,
    body: impl AsRef<[u8]>,
) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Authorization: emulator-token\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

pub(crate) fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// An archive of `Dockerfile` (12 bytes) and `src/train.py` (750 bytes).
pub(crate) fn archive(format: ArtifactFormat) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let train = "print('hello')\n".repeat(50);
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("src/train.py"), train).unwrap();
    std::fs::write(folder.path().join("Dockerfile"), "FROM python\n").unwrap();
    let mut bytes = Vec::new();
    let artifact = Artifact::dir(folder.path()).format(format);
    artifact.write_to(&mut bytes).unwrap();
    bytes
}

pub(crate) fn spec_body(name: &str) -> Value {
    json!({
        "version": 1,
        "kind": "workflow",
        "metadata": { "name": name, "summary": "Forecasts demand", "tags": [{ "name": "sales" }] },
        "release": { "version": "1.0.0", "notes": "The first" },
        "config": { "steps": { "train": { "command": "python train.py", "image": {} } } },
    })
}

pub(crate) fn release_body(version: &str) -> Value {
    json!({ "release": { "version": version }, "config": {} })
}

pub(crate) fn parameters() -> Value {
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

pub(crate) fn deployment_body(spec_id: &str) -> Value {
    json!({
        "metadata": { "name": "forecast-north", "summary": "For the north" },
        "spec": { "id": spec_id },
        "revision": { "notes": "Go" },
        "parameters": { "run": { "region": "north", "key": "secret" } },
    })
}

/// The text of a JSON string.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// The value of a field in every item.
pub(crate) fn each(items: &Value, pointer: &str) -> Vec<Value> {
    let items = items.as_array().expect("a list").iter();
    items
        .map(|item| item.pointer(pointer).cloned().unwrap_or_default())
        .collect()
}
