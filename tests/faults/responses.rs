//! Complete responses that are wrong, odd or too large.

use peak_press::Error;
use serde_json::{Value, json};

use super::*;
use crate::common::{Reply, Server};

fn decode<T: serde::de::DeserializeOwned>(reply: Reply) -> Result<T, Error> {
    let server = Server::script([reply]);
    let session = builder(server.url()).build().unwrap();
    let result = session.request("GET", "/x").send();
    assert_eq!(server.count(), 1, "an undecodable response is not retried");
    result
}

fn assert_undecodable(body: &str, message: &str) {
    let error = decode::<Value>(Reply::json(200, body)).unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error:?}");
    assert_eq!(error.status(), Some(200));
    inner(&error);
    assert_eq!(error.to_string(), format!("GET /x: {message}"));
}

#[test]
fn a_success_that_is_not_json() {
    let html = "<!DOCTYPE html>\n<html>  <body>Sign in</body></html>";
    assert_undecodable(
        html,
        "expected JSON, found \"<!DOCTYPE html> <html> <body>Sign in</body></html>\" \
         (expected value at line 1 column 1)",
    );
    assert_undecodable(
        r#"{"id": 1"#,
        r#"expected JSON, found "{\"id\": 1" (EOF while parsing an object at line 1 column 8)"#,
    );
    assert_undecodable(
        "{} {}",
        r#"expected JSON, found "{} {}" (trailing characters at line 1 column 4)"#,
    );
}

#[test]
fn an_error_page_of_a_proxy() {
    let html = "<html>\r\n<h1>504 Gateway Time-out</h1>\r\n</html>";
    let (error, _) = fail(
        "POST",
        [Reply::raw(format!(
            "HTTP/1.1 504 Gateway Time-out\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
         x-amzn-RequestId: abc-1\r\n\r\n{html}",
            html.len()
        ))],
    );
    let response = error.api_error().unwrap();
    assert_eq!(response.status, 504);
    assert_eq!(response.message, None);
    assert_eq!(response.body_text(), html);
    assert_eq!(response.request_id.as_deref(), Some("abc-1"));
    assert_eq!(
        error.to_string(),
        "POST /x: 504 Gateway Timeout: <html> <h1>504 Gateway Time-out</h1> </html> \
         [request id abc-1] (it may have been carried out: look before you send it again)"
    );
}

#[test]
fn the_message_is_the_detail_of_any_type() {
    for (body, message) in [
        (r#"{"detail": "no such spec"}"#, Some("no such spec")),
        (
            r#"{"detail": [{"loc": ["body"], "n": 1}]}"#,
            Some(r#"[{"loc":["body"],"n":1}]"#),
        ),
        (r#"{"detail": null}"#, None),
        (r#"{"detail": ""}"#, Some("")),
        (r#"{"message": "else"}"#, None),
        (r#""detail""#, None),
        ("[1]", None),
        ("null", None),
        ("", None),
        ("{", None),
    ] {
        let (error, _) = fail("GET", [Reply::json(404, body)]);
        let response = error.api_error().unwrap();
        assert_eq!(response.message.as_deref(), message, "{body}");
        assert_eq!(response.body, body.as_bytes());
    }
}

#[test]
fn a_response_that_is_not_utf_8() {
    for body in [&b"\xff\xfe\0"[..], b"{\"a\": \"\xc3\x28\"}"] {
        let reply = Reply::with_headers(200, "", body);
        let error = decode::<Value>(reply).unwrap_err();
        assert!(
            matches!(&error, Error::Decode(error) if error.body == body),
            "{error:?}"
        );
        let (error, _) = fail("GET", [Reply::with_headers(404, "", body)]);
        assert_eq!(error.api_error().unwrap().body, body);
    }
}

#[test]
fn null_is_decoded_where_the_type_allows_it() {
    assert_eq!(
        decode::<Value>(Reply::json(200, "null")).unwrap(),
        Value::Null
    );
    decode::<()>(Reply::json(200, "null")).unwrap();
    let error = decode::<Vec<u8>>(Reply::json(200, "null")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET /x: expected a list, found nothing (null)"
    );
}

#[test]
fn a_response_100_000_levels_deep() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let error = decode::<u64>(Reply::json(200, &deep)).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("expected a whole number"), "{message}");
        // Anything nested too deep is kept as text.
        let value = decode::<Value>(Reply::json(200, &deep)).unwrap();
        assert!(value.to_string().contains("1}}}") || value.to_string().contains("1]]]"));
        let unclosed = deep.trim_end_matches(close);
        let error = decode::<Value>(Reply::json(200, unclosed)).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("recursion limit exceeded"), "{message}");
        let (error, _) = fail("GET", [Reply::json(404, &deep)]);
        assert!(matches!(error, Error::NotFound(_)));
    }
}

#[test]
fn the_wrong_type_in_a_field() {
    #[derive(serde::Deserialize, Debug)]
    #[expect(dead_code)]
    struct Page {
        specs: Vec<Spec>,
    }
    #[derive(serde::Deserialize, Debug)]
    #[expect(dead_code)]
    struct Spec {
        id: String,
        size: Option<u32>,
    }
    let long = "é".repeat(1000);
    let shown = "é".repeat(59);
    // Another crate may enable serde_json's feature `arbitrary_precision`, which hides the value.
    let fraction = match has_arbitrary_precision() {
        true => "specs[1].id: expected text, found a number",
        false => "specs[1].id: expected text, found 1.5",
    };
    for (spec, message) in [
        (
            r#"{"id": "a", "size": "soon"}"#,
            r#"specs[1].size: expected a whole number, found "soon""#,
        ),
        (r#"{"id": 5}"#, "specs[1].id: expected text, found 5"),
        (r#"{"id": true}"#, "specs[1].id: expected text, found true"),
        (r#"{"id": 1.5}"#, fraction),
        (
            r#"{"id": null}"#,
            "specs[1].id: expected text, found nothing (null)",
        ),
        (r#"{"id": {}}"#, "specs[1].id: expected text, found a map"),
        (r#"{"id": []}"#, "specs[1].id: expected text, found a list"),
        (
            r#"{"id": "a", "size": -1}"#,
            "specs[1].size: expected a whole number from 0 to 4294967295, found -1",
        ),
        ("{}", r#"specs[1]: the field "id" is missing"#),
        ("7", "specs[1]: expected a map, found 7"),
        (
            &format!(r#"{{"id": "a", "size": "{long}"}}"#),
            &format!("specs[1].size: expected a whole number, found \"{shown}…\""),
        ),
    ] {
        let body = format!(r#"{{"specs": [{{"id": "a"}}, {spec}]}}"#);
        let error = decode::<Page>(Reply::json(200, &body)).unwrap_err();
        assert_eq!(error.to_string(), format!("GET /x: {message}"));
    }
}

#[test]
fn a_response_larger_than_the_limit() {
    let zeros = vec![b'0'; 16 << 20];
    let bomb = gzip(&zeros);
    assert!(bomb.len() < 1 << 20);
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "0".repeat(1 << 20));
    let chunks =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned() + &chunk.repeat(4);
    for reply in [
        Reply::with_headers(200, "", &zeros[..2 << 20]),
        Reply::raw(
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_owned()
                + &"0".repeat(2 << 20),
        ),
        Reply::raw("HTTP/1.1 200 OK\r\n\r\n".to_owned() + &"0".repeat(2 << 20)),
        Reply::raw(chunks),
        Reply::with_headers(200, "Content-Encoding: gzip\r\n", &bomb),
    ] {
        let server = Server::script([reply]);
        let session = builder(server.url())
            .max_response_size(1 << 20)
            .build()
            .unwrap();
        let error = session.request("GET", "/x").send::<Value>().unwrap_err();
        let Error::Decode(decode) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(decode.status, Some(200));
        assert_eq!(decode.body.len(), 1 << 20);
        assert_eq!(
            error.to_string(),
            "GET /x: the response is larger than max_response_size, 1048576 bytes"
        );
        assert_eq!(server.count(), 1);
    }
}

#[test]
fn an_error_response_larger_than_the_limit_is_truncated() {
    let bomb = gzip(&vec![b'0'; 16 << 20]);
    let reply = Reply::with_headers(404, "Content-Encoding: gzip\r\n", &bomb);
    let (error, _) = fail("GET", [reply]);
    assert_eq!(error.status(), Some(404));
    assert_eq!(error.api_error().unwrap().body.len(), 1 << 20);
}

#[test]
fn a_response_of_exactly_the_limit_is_read() {
    let server = Server::script([Reply::json(200, "[1,2]")]);
    let session = builder(server.url()).max_response_size(5).build().unwrap();
    let response: Value = session.request("GET", "/x").send().unwrap();
    assert_eq!(response, json!([1, 2]));
}

#[test]
fn decodes_compressed_responses() {
    let reply = |body: &[u8]| Reply::with_headers(200, "Content-Encoding: gzip\r\n", body);
    assert_eq!(decode::<Value>(reply(&gzip(b"[1]"))).unwrap(), json!([1]));
    let mut corrupt = gzip(b"[1]");
    let checksum = corrupt.len() - 8;
    corrupt[checksum] ^= 1;
    for broken in [&b"not gzip at all"[..], &corrupt] {
        let error = decode::<Value>(reply(broken)).unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{error:?}");
        let message = "GET /x: the response cannot be decompressed: ";
        assert!(error.to_string().starts_with(message), "{error}");
        assert_eq!(error.status(), Some(200));
    }
}

#[test]
fn a_redirect_is_an_error_with_its_target() {
    for status in [301, 302, 303, 307, 308] {
        for method in EVERY_METHOD {
            let other = Server::script([Reply::json(200, "{}")]);
            let headers = format!("Location: {}/x\r\n", other.url());
            let (error, count) = fail(method, [Reply::with_headers(status, &headers, "")]);
            assert!(matches!(error, Error::Status(_)), "{error:?}");
            assert_eq!(error.status(), Some(status));
            let location = error.api_error().unwrap().location.clone().unwrap();
            assert_eq!(location, other.url() + "/x");
            assert_eq!((count, other.count()), (1, 0), "the redirect was followed");
        }
    }
}

#[test]
fn every_documented_status_has_its_variant() {
    for (status, name) in [
        (400, "BadRequest"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (409, "Conflict"),
        (413, "PayloadTooLarge"),
        (422, "UnprocessableEntity"),
        (429, "RateLimited"),
        (500, "InternalServerError"),
        (418, "Status"),
        (502, "Status"),
        (503, "Status"),
        (504, "Status"),
        (599, "Status"),
        (999, "Status"),
    ] {
        let (error, _) = fail("POST", [Reply::json(status, "{}")]);
        let debug = format!("{error:?}");
        assert!(debug.starts_with(&format!("{name}: ")), "{debug}");
    }
}

#[test]
fn a_compressed_response_without_a_body_is_empty() {
    for reply in [
        Reply::raw("HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n"),
        Reply::with_headers(200, "Content-Encoding: gzip\r\n", ""),
        Reply::raw(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n\
             0\r\n\r\n",
        ),
    ] {
        for method in EVERY_METHOD {
            let server = Server::script([reply.clone()]);
            let session = builder(server.url()).build().unwrap();
            let response: Value = session.request(method, "/x").send().unwrap();
            assert_eq!((response, server.count()), (json!({}), 1), "{method}");
        }
    }
}

#[test]
fn gzip_is_recognized_by_all_its_names() {
    for name in ["gzip", "GZIP", "x-gzip", " gzip "] {
        let headers = format!("Content-Encoding: {name}\r\n");
        let reply = Reply::with_headers(200, &headers, gzip(b"[1]"));
        assert_eq!(decode::<Value>(reply).unwrap(), json!([1]), "{name}");
    }
}

#[test]
fn requests_accept_compressed_responses() {
    let server = Server::script([Reply::json(200, "{}")]);
    let session = builder(server.url()).build().unwrap();
    let _: Value = session.request("GET", "/x").send().unwrap();
    assert_eq!(server.requests()[0].header("accept-encoding"), Some("gzip"));
}

#[test]
fn a_response_has_its_headers_and_request_id() {
    let headers = "X-Amzn-RequestId: abc-1\r\nX-Other: a\r\nX-Other: b\r\nX-Odd: \u{fe}\r\n";
    let server = Server::script([Reply::with_headers(200, headers, "{}")]);
    let session = builder(server.url()).build().unwrap();
    let response = session.request("GET", "/x").send_raw().unwrap();
    assert_eq!(response.request_id(), Some("abc-1"));
    assert_eq!(response.header("x-other"), Some("a"));
    for missing in ["x-odd", "x-missing", "", "not a name"] {
        assert_eq!(response.header(missing), None, "{missing}");
    }
}

fn has_arbitrary_precision() -> bool {
    let number: serde_json::Number = serde_json::from_str("1.50").unwrap();
    number.to_string() == "1.50"
}
