//! HTTP itself: connections, framing, malformed requests, and the record of received requests.

use std::io::{Read, Write};

use serde_json::Value;

use crate::press::{FORM, Part, Press, Response, form, read_to_end, spec_body};

const SPECS: &str = "/v1/blocks/specs/";
const AUTHORIZATION: &str = "Authorization: emulator-token\r\n";

#[test]
fn serves_several_requests_on_a_connection() {
    let press = Press::start();
    let form = form(&[Part::json("spec", &spec_body("forecast"))]);
    let (start, end) = form.split_at(20);
    // The second request follows an empty line, and its body is chunked.
    let mut bytes = format!(
        "GET {SPECS} HTTP/1.1\r\n{AUTHORIZATION}\r\n\r\n\
         POST {SPECS} HTTP/1.1\r\n{AUTHORIZATION}Connection: close\r\n\
         Content-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    bytes.extend(format!("{:x};extension\r\n", start.len()).as_bytes());
    bytes.extend(start);
    bytes.extend(format!("\r\n{:X}\r\n", end.len()).as_bytes());
    bytes.extend(end);
    bytes.extend(b"\r\n0\r\nTrailer: x\r\n\r\n");

    let responses = press.exchange(bytes);
    let successes = responses.matches("HTTP/1.1 200 OK\r\n").count();
    assert_eq!(successes, 2, "{responses}");
    assert!(responses.contains("Connection: keep-alive\r\n"));
    assert!(responses.contains("\"specCount\":0"));
    assert_eq!(press.get(SPECS).ok()["specCount"], 1);
}

#[test]
fn closes_the_connection_of_an_http_1_0_client() {
    let request = format!("GET {SPECS} HTTP/1.0\r\n{AUTHORIZATION}\r\n");
    let response = Press::start().exchange(request);
    assert!(response.contains("Connection: close\r\n"), "{response}");
}

#[test]
fn sends_100_continue_to_a_client_that_expects_it() {
    let press = Press::start();
    let mut stream = press.connect();
    let body = r#"{"metadata": {"title": "New"}}"#;
    let head = format!(
        "PATCH /v1/blocks/specs/1 HTTP/1.1\r\n{AUTHORIZATION}Expect: 100-continue\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert!(read_to_end(&mut stream).starts_with("HTTP/1.1 404 Not Found\r\n"));
}

/// A chunked request up to its first chunk.
fn chunked(rest: &str) -> String {
    format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{rest}")
}

/// A request with these headers and without a body.
fn with_headers(headers: &str) -> String {
    format!("POST / HTTP/1.1\r\n{headers}\r\n\r\n")
}

#[test]
fn refuses_malformed_requests() {
    let press = Press::start();
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "X: x\r\n".repeat(101));
    for (request, status) in [
        ("hello\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/3.0\r\n\r\n".to_owned(), 400),
        ("\0\0\0\0\n\n".to_owned(), 400),
        (many_headers, 400),
        (with_headers("no header"), 400),
        (with_headers(&format!("X: {}", "x".repeat(70_000))), 400),
        (with_headers("Content-Length: five"), 400),
        (with_headers("Content-Length: +5"), 400),
        (with_headers("Content-Length: 5\r\nContent-Length: 6"), 400),
        (
            with_headers("Content-Length: 5\r\nTransfer-Encoding: chunked"),
            400,
        ),
        (with_headers("Transfer-Encoding: gzip"), 400),
        (with_headers("Content-Length: 16777217"), 413),
        (with_headers("Content-Length: 99999999999999999999999"), 413),
        (chunked("-1\r\n"), 400),
        (chunked("\r\n"), 400),
        (chunked("1\r\nab\r\n"), 400),
        (chunked(&"0".repeat(5000)), 400),
        (chunked("fffffffffffffffffffff\r\n"), 413),
        (chunked(&format!("{:x}\r\n", 1u64 << 40)), 413),
    ] {
        // The emulator responds at once, and closes when the client has finished sending.
        let response = Response::parse(&press.exchange_and_finish(&request));
        assert_eq!(response.status, status, "{request:.100}");
        assert!(response.body["detail"].is_string());
    }
    assert!(press.requests().is_empty());
}

#[test]
fn drops_incomplete_requests() {
    let press = Press::start();
    for request in [
        "".to_owned(),
        "GET / HT".to_owned(),
        "GET / HTTP/1.1\r\n".to_owned(),
        with_headers("Content-Length: 5") + "four",
        chunked("5\r\nab"),
        chunked("0\r\n"),
    ] {
        assert_eq!(press.exchange_and_finish(&request), "", "{request}");
    }
    assert!(press.requests().is_empty());
}

#[test]
fn records_requests() {
    let press = Press::start();
    press.get("/v1/blocks/specs/%C3%A9?name=a%26b+c&sort=name:asc&sort=title:desc&flag");
    let requests = press.requests();
    let [describe] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(describe.path, "/v1/blocks/specs/%C3%A9");
    let query = [
        ("name", "a&b c"),
        ("sort", "name:asc"),
        ("sort", "title:desc"),
        ("flag", ""),
    ];
    let query = query.map(|(name, value)| (name.into(), value.into()));
    assert_eq!(describe.query, query);
    assert!(describe.parts().is_empty());
    press.clear_requests();
    assert!(press.requests().is_empty());
}

#[test]
fn records_forms() {
    let press = Press::start();
    press.create_spec();
    let requests = press.requests();
    let [create] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!((&*create.method, &*create.path), ("POST", SPECS));
    assert_eq!(create.header("CONTENT-type"), Some(FORM));
    assert_eq!(create.header("authorization"), Some("[secret]"));
    let names: Vec<_> = create.parts().into_iter().map(|part| part.name).collect();
    assert_eq!(names, ["spec", "parameters"]);
    let spec = create.part("spec").unwrap();
    let sent: Value = serde_json::from_str(&spec.text()).unwrap();
    assert_eq!(sent, spec_body("forecast"));
    assert_eq!((spec.file_name, spec.content_type), (None, None));
    assert_eq!((create.json(), create.part("artifact")), (None, None));
}

#[test]
fn debug_output_is_short_and_has_no_token() {
    let press = Press::start();
    press.create_spec();
    let debug = format!("{:?}", press.requests()[0]);
    assert!(debug.len() < 1000 && debug.contains("--edge"), "{debug}");
    assert!(!debug.contains("emulator-token"), "{debug}");
}
