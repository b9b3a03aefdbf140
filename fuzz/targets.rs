//! The fuzz targets: one function each, which must not panic or hang on any input.

// Each file in `fuzz_targets/` uses one of these.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use peak_press::emulator::Emulator;
use peak_press::template::{Vars, render_template_file};
use peak_press::types::*;
use peak_press::{Artifact, RetryPolicy, Session, apps, blocks, deployments, specs};

/// A target: its name and its function.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 6] = [
    ("responses", responses),
    ("documents", documents),
    ("templates", templates),
    ("ignore_rules", ignore_rules),
    ("emulator", emulator),
    ("multipart", multipart),
];

/// Any response, read by every decoder of a client. The first byte selects the status; the rest is the
/// body.
pub fn responses(data: &[u8]) {
    let Some((selected, body)) = data.split_first() else {
        return;
    };
    static SERVER: OnceLock<Session> = OnceLock::new();
    static RESPONSE: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    let session = SERVER.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(|| respond(stream, &RESPONSE));
            }
        });
        let session = Session::builder().auth_token("token").base_url(url);
        session
            .retry(RetryPolicy::never())
            .build()
            .expect("a valid session")
    });
    let status = [200, 200, 200, 400, 404, 409, 413, 422, 500][usize::from(selected % 9)];
    let head = format!(
        "HTTP/1.1 {status} Any\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    *lock(&RESPONSE) = [head.as_bytes(), body].concat();
    let blocks = blocks::Client::new(session.clone());
    let apps = apps::Client::new(session.clone());
    match selected / 9 {
        0 => drop(blocks.list_specs_page(&ListSpecs::new(), 1)),
        1 => drop(blocks.describe_spec("a")),
        2 => drop(blocks.describe_spec_release("a", "1.0.0")),
        3 => drop(blocks.list_spec_releases_page("a", &ListSpecReleases::new(), 1)),
        4 => drop(blocks.list_deployments_page(&ListDeployments::new(), 1)),
        5 => drop(blocks.describe_deployment("a")),
        6 => drop(blocks.describe_deployment_revision("a", 1)),
        7 => drop(blocks.list_deployment_revisions_page("a", &ListDeploymentRevisions::new(), 1)),
        8 => drop(blocks.get_parameters(&GetParameters::new().deployment_id("a"))),
        9 => drop(blocks.redeploy("a")),
        10 => drop(blocks.delete_spec("a")),
        11 => drop(
            blocks.get_related_block_details(&GetRelatedBlockDetails::new().deployment_id("a")),
        ),
        12 => drop(apps.describe_spec("a")),
        13 => drop(apps.describe_deployment("a")),
        14 => drop(apps.list_deployments_page(&ListAppDeployments::new(), 1)),
        15 => drop(specs::Client::new(session.clone()).list_specs_page(&ListAllSpecs::new(), 1)),
        16 => drop(deployments::Client::new(session.clone()).execute_resources("a")),
        _ => drop(blocks.list_specs(&ListSpecs::new()).take(100).count()),
    }
}

/// Sends the response to each request on a connection.
fn respond(mut stream: TcpStream, response: &Mutex<Vec<u8>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        request.extend(&buffer[..length]);
        if request.ends_with(b"\r\n\r\n") || request.ends_with(b"{}") {
            request.clear();
            let response = lock(response).clone();
            if stream.write_all(&response).is_err() {
                return;
            }
        }
    }
}

/// A document in YAML and in JSON, read as one kind of file and written again.
pub fn documents(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    macro_rules! read {
        ($($number:literal $kind:ident)*) => {
            match data.len() % 8 {
                $($number => {
                    for request in [$kind::from_yaml_str(text), $kind::from_json_str(text)].into_iter().flatten() {
                        let _ = request.problems();
                        let written = request.to_yaml_string().expect("a request can be written");
                        let again = $kind::from_yaml_str(&written);
                        assert_eq!(Some(request), again.ok(), "{written}");
                    }
                })*
                _ => {}
            }
        };
    }
    read! {
        0 CreateSpec 1 CreateSpecRelease 2 CreateDeployment 3 CreateDeploymentRevision 4 Parameters
        5 CreateAppSpec 6 CreateAppDeployment 7 UpdateSpecMetadata
    }
}

/// A template, which may include itself, and the rendered document.
pub fn templates(data: &[u8]) {
    static VARS: OnceLock<Vars> = OnceLock::new();
    let vars = VARS.get_or_init(|| {
        let image = serde_json::json!({ "tag": "py311", "gpu": false, "sizes": [1, 2.5, null] });
        let vars = Vars::new().set("name", "churn").set("image", image);
        vars.set("items", vec!["a", "b"]).set("n", 3).env()
    });
    let path = folder("templates").join("block.yaml");
    std::fs::write(&path, data).expect("a temporary file");
    let _ = render_template_file(&path, vars);
    let _ = Parameters::from_template_file(&path, &vars.clone().lenient());
}

/// An ignore file, applied to a folder with names that its syntax uses.
pub fn ignore_rules(data: &[u8]) {
    let folder = folder("ignore_rules");
    if !folder.join("src").exists() {
        let files = [
            "a",
            "b.py",
            ".env",
            "{a}",
            "[b]",
            "#tag",
            "!keep",
            "é日😀",
            "src/a b",
            "src/lib/a.b.c",
        ];
        for file in files {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a temporary folder");
            std::fs::write(path, "").expect("a temporary file");
        }
    }
    std::fs::write(folder.join(".rules"), data).expect("a temporary file");
    let _ = Artifact::dir(&folder).ignore_file(".rules").files();
}

/// The bytes of a connection to the emulator.
pub fn emulator(data: &[u8]) {
    exchange(data);
}

/// The body of a form that creates a spec.
pub fn multipart(data: &[u8]) {
    let head = format!(
        "POST /v1/blocks/specs/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: emulator-token\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
        data.len()
    );
    exchange(&[head.as_bytes(), data].concat());
}

/// Sends bytes to an emulator, and reads until it closes the connection.
fn exchange(data: &[u8]) {
    static EMULATOR: OnceLock<Emulator> = OnceLock::new();
    let emulator = EMULATOR.get_or_init(|| Emulator::start().expect("a free port"));
    emulator.clear_requests();
    let url = emulator.base_url();
    let address = url.strip_prefix("http://").expect("an HTTP URL");
    let mut stream = TcpStream::connect(address).expect("the emulator accepts connections");
    // An emulator that panicked or refused the request does not read all of it.
    let _ = stream
        .write_all(data)
        .and_then(|()| stream.shutdown(Shutdown::Write));
    let _ = stream.read_to_end(&mut Vec::new());
}

/// A folder that a target reuses for all inputs.
fn folder(target: &str) -> PathBuf {
    let folder = folders().join(target);
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    folder
}

fn folders() -> PathBuf {
    std::env::temp_dir().join(format!("peak-press-fuzz-{}", std::process::id()))
}

/// Removes the files that the targets wrote.
pub fn clean() {
    let _ = std::fs::remove_dir_all(folders());
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
