//! Calls that the clients do not have: the headers, path segments and bodies of `Session::request`.

mod common;

use common::{Reply, Server};
use peak_press::{Form, Session};

fn server() -> Server {
    Server::script([Reply::json(200, "{}")])
}

#[test]
fn sends_headers_of_the_session_and_of_the_request_over_them() {
    let server = server();
    let session = Session::builder()
        .auth_token("t0ken")
        .base_url(server.url())
        .header("X-Team", "demand")
        .header("X-Team", "planning")
        .header("Accept", "text/csv")
        .build()
        .unwrap();
    session.request("GET", "/x").send_raw().unwrap();
    let request = session.request("GET", "/x").header("x-team", 7);
    request.header("Traceparent", "00-1").send_raw().unwrap();
    let sent = server.requests();
    let headers = |name| [&sent[0], &sent[1]].map(|request| request.header(name));
    assert_eq!(headers("x-team"), [Some("planning"), Some("7")]);
    assert_eq!(headers("traceparent"), [None, Some("00-1")]);
    assert_eq!(headers("accept"), [Some("text/csv"); 2]);
    assert_eq!(sent[1].head().to_lowercase().matches("x-team").count(), 1);
    assert!(
        !format!("{:?}", session.request("GET", "/").header("a", "pr1vate")).contains("pr1vate")
    );
}

#[test]
fn refuses_headers_that_this_crate_sets_or_that_are_not_headers() {
    let server = server();
    let reserved =
        |name: &str| format!("header: {name:?} is set by this crate and cannot be replaced");
    let invalid = |name: &str| {
        format!(
            "header: the value of {name:?} has a line break or another character that a header \
             cannot hold"
        )
    };
    let refuses = |name: &str, value: &str, message: &str| {
        let request = server.session().request("GET", "/x").header(name, value);
        assert_eq!(request.send_raw().unwrap_err().to_string(), message);
        let builder = Session::builder()
            .base_url(server.url())
            .header(name, value);
        assert_eq!(builder.build().unwrap_err().to_string(), message);
    };
    for name in [
        "Authorization",
        "HOST",
        "Content-Length",
        "transfer-encoding",
        "Content-Type",
    ] {
        refuses(name, "3", &reserved(name));
    }
    refuses("X-Team", "a\r\nAuthorization: b", &invalid("X-Team"));
    refuses("X-Team", "é", &invalid("X-Team"));
    refuses("X Team", "a", "header: \"X Team\" is not a header name");
    refuses("", "a", "header: \"\" is not a header name");
    let too_long = "header: \"X-Team\" is longer than 16384 bytes";
    refuses("X-Team", &"x".repeat(20_000), too_long);
    let mut request = server.session().request("GET", "/x");
    for number in 0..100 {
        request = request.header(&format!("x-{number}"), number);
    }
    let error = request.send_raw().unwrap_err();
    assert_eq!(error.to_string(), "header: more than 64 headers");
    assert_eq!(server.count(), 0);
}

#[test]
fn fills_the_segments_of_a_path() {
    let server = server();
    let request = server
        .session()
        .request("GET", "/v1/{}/releases/{version}/{}");
    let request = request
        .segment("a/b?c#{}")
        .segment("1.0.0+linux")
        .segment(2);
    request.send_raw().unwrap();
    let line = "GET /v1/a%2Fb%3Fc%23%7B%7D/releases/1.0.0+linux/2 HTTP/1.1";
    assert_eq!(server.requests()[0].line(), line);
}

#[test]
fn refuses_invalid_segments_and_segments_without_a_place() {
    let server = server();
    let refuses = |path: &str, values: &[&str], message: &str| {
        let request = server.session().request("GET", path);
        let filled = values
            .iter()
            .fold(request, |request, value| request.segment(value));
        assert_eq!(filled.send_raw().unwrap_err().to_string(), message);
    };
    refuses("/a/{}", &[""], "segment: is empty");
    refuses("/a/{}", &[" "], "segment: is empty");
    refuses(
        "/a/{}",
        &["."],
        "segment: \".\" is not a valid path segment",
    );
    refuses(
        "/a/{spec_id}",
        &[".."],
        "spec_id: \"..\" is not a valid path segment",
    );
    refuses("/a/{}", &["b", "c"], "segment: \"/a/b\" has no {} for it");
    let missing = "path: \"/a/b/{}\" has a placeholder without a value: see Request::segment";
    refuses("/a/{}/{}", &["b"], missing);
    assert_eq!(server.count(), 0);
}

#[test]
fn sends_bytes_of_a_content_type() {
    let server = server();
    let request = server.session().request("PUT", "/x");
    request
        .bytes("text/csv; charset=utf-8", "a,b\n")
        .send_raw()
        .unwrap();
    let sent = &server.requests()[0];
    assert_eq!(sent.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(sent.header("content-length"), Some("4"));
    assert_eq!(sent.body(), b"a,b\n");
}

#[test]
fn sends_a_form() {
    let server = server();
    let form = Form::new()
        .text("type", "schema")
        .json("sizes", &[1, 2])
        .file("artifact", "a\".json", "application/json", b"{}\0");
    assert_eq!(format!("{form:?}"), "Form { parts: 3, .. }");
    let request = server.session().request("POST", "/x").multipart(form);
    request.send_raw().unwrap();
    let sent = &server.requests()[0];
    let content_type = sent.header("content-type").unwrap();
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nschema\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"sizes\"\r\n\r\n[1,2]\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"artifact\"; \
         filename=\"a%22.json\"\r\nContent-Type: application/json\r\n\r\n{{}}\0\r\n\
         --{boundary}--\r\n"
    );
    assert_eq!(String::from_utf8_lossy(sent.body()), expected);
}

#[test]
fn refuses_invalid_content_types() {
    let server = server();
    for content_type in ["", "csv", "text/plain\r\nX-Injected: 1", "text/\u{e9}"] {
        let request = server
            .session()
            .request("POST", "/x")
            .bytes(content_type, "");
        let error = request.send_raw().unwrap_err().to_string();
        assert!(error.starts_with("content_type: ") && error.ends_with(" is not a media type"));
        let form = Form::new().file("artifact", "a", content_type, "");
        let request = server.session().request("POST", "/x").multipart(form);
        let error = request.send_raw().unwrap_err().to_string();
        assert!(error.starts_with("artifact: ") && error.ends_with(" is not a media type"));
    }
    assert_eq!(server.count(), 0);
}
