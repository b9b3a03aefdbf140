use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Session;
use crate::http::raw_server::{Reply, Server};

fn session(server: &Server) -> Session {
    Session::builder()
        .auth_token("t")
        .base_url(server.url())
        .retry(RetryPolicy::default().base_delay(Duration::ZERO))
        .build()
        .unwrap()
}

/// A form's boundary and bytes, as they would be sent.
fn written(form: Form) -> (String, Vec<u8>) {
    let body = form.into_body();
    let (_, boundary) = body.content_type.split_once("boundary=").unwrap();
    let mut bytes = Vec::new();
    body.reader().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, body.length());
    (boundary.to_owned(), bytes)
}

mod paths {
    use super::*;

    #[test]
    fn an_id_is_one_segment_whatever_it_holds() {
        for (id, segment) in [
            ("a", "a"),
            ("1.0.0-rc.1+linux", "1.0.0-rc.1+linux"),
            ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("../../v1", "..%2F..%2Fv1"),
            ("%2e%2e", "%252e%252e"),
            ("...", "..."),
            ("a b", "a%20b"),
            ("a\r\nb\0", "a%0D%0Ab%00"),
            ("é", "%C3%A9"),
            ("a\\b", "a%5Cb"),
            (";:@&=$,", "%3B%3A%40%26%3D%24%2C"),
        ] {
            let path = path("/v1/specs/{spec_id}/releases/{version}", &[id, "2"]);
            let expected = format!("/v1/specs/{segment}/releases/2");
            url::check_path("path", &expected).unwrap();
            assert_eq!(path.unwrap(), expected);
        }
        assert_eq!(path("/v1/blocks/specs/", &[]).unwrap(), "/v1/blocks/specs/");
    }

    #[test]
    fn an_argument_that_cannot_be_a_segment_is_refused_by_its_placeholder() {
        for id in ["", " ", "\t\n", ".", ".."] {
            for arguments in [[id, "1"], ["1", id]] {
                let error = path("/v1/specs/{spec_id}/releases/{version}", &arguments).unwrap_err();
                let name = if arguments[0] == id {
                    "spec_id"
                } else {
                    "version"
                };
                assert_eq!(error.name, name, "{error:?}");
            }
        }
    }

    fn decode(text: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                byte => byte,
            });
        }
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn any_id_survives(id in any::<String>()) {
            if let Ok(path) = path("/a/{id}/b", &[&id]) {
                url::check_path("path", &path).unwrap();
                let segments: Vec<_> = path.split('/').collect();
                prop_assert_eq!(segments.len(), 4);
                prop_assert_eq!(decode(segments[2]), id);
            } else {
                prop_assert!(id.trim().is_empty() || id == "." || id == "..");
            }
        }

        #[test]
        fn any_query_survives(name in any::<String>(), value in any::<String>()) {
            let mut query = "a=b".to_owned();
            url::add_query(&mut query, &name, &value);
            let mut fields = query.split('&');
            prop_assert_eq!(fields.next(), Some("a=b"));
            let (key, text) = fields.next().unwrap().split_once('=').unwrap();
            prop_assert_eq!(fields.next(), None);
            prop_assert_eq!((decode(key), decode(text)), (name, value));
        }

        #[test]
        fn any_path_is_refused_or_sent(path in "/.*") {
            if url::check_path("path", &path).is_ok() {
                let uri: ureq::http::Uri = format!("http://localhost{path}").parse().unwrap();
                prop_assert_eq!(uri.path(), path);
            }
        }

        #[test]
        fn any_base_url_is_refused_or_read(text in any::<String>()) {
            _ = BaseUrl::parse(&text);
            _ = BaseUrl::parse(&format!("https://{text}"));
        }
    }
}

mod queries {
    use super::*;

    #[test]
    fn a_struct_as_query_fields() {
        let server = Server::script([Reply::json(200, "{}")]);
        let fields = json!({
            "status": ["available", "a&b"], "featured": false, "name": "x y", "pageSize": 25,
            "title": null, "sort": [null],
        });
        let request = session(&server).request("GET", "/x").queries(&fields);
        let _: Value = request.send().unwrap();
        let sent = server.requests()[0].line().to_owned();
        let query = sent.split(['?', ' ']).nth(2).unwrap();
        let mut fields: Vec<_> = query.split('&').collect();
        fields.sort();
        assert_eq!(
            fields,
            [
                "featured=false",
                "name=x%20y",
                "pageSize=25",
                "status=a%26b",
                "status=available"
            ]
        );
    }

    #[test]
    fn what_is_no_query_is_refused() {
        let server = Server::script([Reply::json(200, "{}")]);
        for fields in [json!(1), json!({"a": {"b": 1}}), json!({"a": [[1]]})] {
            let request = session(&server).request("GET", "/x").queries(&fields);
            let error = request.send::<Value>().unwrap_err();
            assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        }
        assert_eq!(server.count(), 0);
    }
}

mod forms {
    use super::*;

    #[test]
    fn a_form_as_it_is_sent() {
        let form = Form::new()
            .json("spec", &json!({"kind": "workflow"}))
            .unwrap()
            .text("scope", "private")
            .file(
                "artifact",
                "artifact.zip",
                "application/zip",
                b"PK\0\r\n--".to_vec(),
            );
        let (boundary, bytes) = written(form);
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"spec\"\r\n\r\n\
             {{\"kind\":\"workflow\"}}\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"scope\"\r\n\r\n\
             private\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"artifact\"; \
             filename=\"artifact.zip\"\r\nContent-Type: application/zip\r\n\r\n\
             PK\0\r\n--\r\n\
             --{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        assert!(
            boundary.len() <= 70
                && boundary
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        );
        assert_ne!(boundary, written(Form::new()).0);
    }

    #[test]
    fn a_form_is_sent_whole_on_every_attempt() {
        let server = Server::script([
            Reply::json(503, "{}"),
            Reply::json(429, "{}"),
            Reply::json(200, "{}"),
        ]);
        let artifact: Vec<u8> = (0..1_000_000u32).map(|n| n as u8).collect();
        let form =
            Form::new()
                .text("a", "b")
                .file("artifact", "a.zip", "application/zip", artifact);
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        let progress: body::OnProgress =
            Arc::new(move |sent, total| seen.lock().unwrap().push((sent, total)));
        let request = session(&server)
            .request("POST", "/x")
            .multipart(form.on_progress(progress));
        let _: Value = request.send().unwrap();

        let sent = server.requests();
        assert_eq!(sent.len(), 3);
        let total = sent[0].body().len() as u64;
        assert!(total > 1_000_000);
        for attempt in &sent {
            assert_eq!(attempt.bytes.len(), sent[0].bytes.len());
            assert_eq!(attempt.body(), sent[0].body());
            assert_eq!(attempt.header("content-length"), Some(&*total.to_string()));
            let kind = attempt.header("content-type").unwrap();
            assert!(
                kind.starts_with("multipart/form-data; boundary=peak-press-"),
                "{kind}"
            );
        }
        let calls = calls.lock().unwrap();
        assert!(calls.iter().all(|call| call.1 == total));
        assert_eq!(calls.iter().filter(|call| call.0 == total).count(), 3);
        let restarts = calls.windows(2).filter(|two| two[1].0 < two[0].0).count();
        assert_eq!(
            restarts, 2,
            "it begins anew with each attempt, and rises within it"
        );
    }

    /// Reads a form as a server would: each part's headers and content.
    fn read(boundary: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let find = |text: &[u8], what: &[u8]| text.windows(what.len()).position(|w| w == what);
        let delimiter = format!("\r\n--{boundary}");
        let mut rest = [b"\r\n", bytes].concat();
        let mut parts = Vec::new();
        loop {
            let start = find(&rest, delimiter.as_bytes()).unwrap() + delimiter.len();
            rest.drain(..start);
            if rest == b"--\r\n" {
                return parts;
            }
            let head = find(&rest, b"\r\n\r\n").unwrap();
            let end = find(&rest, delimiter.as_bytes()).unwrap();
            let headers = String::from_utf8(rest[2..head].to_vec()).unwrap();
            parts.push((headers, rest[head + 4..end].to_vec()));
        }
    }

    proptest! {
        #[test]
        fn any_form_survives(
            texts in proptest::collection::vec((any::<String>(), any::<String>()), 0..4),
            file_name in any::<String>(),
            content in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut form = Form::new();
            for (name, value) in &texts {
                form = form.text(name, value);
            }
            let form = form.file("artifact", &file_name, "application/zip", content.clone());
            let (boundary, bytes) = written(form);
            let parts = read(&boundary, &bytes);
            prop_assert_eq!(parts.len(), texts.len() + 1);
            for ((name, value), (headers, part)) in texts.iter().zip(&parts) {
                let name = name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22");
                let expected = format!("Content-Disposition: form-data; name=\"{name}\"");
                prop_assert_eq!((headers, &**part), (&expected, value.as_bytes()));
            }
            let (headers, part) = parts.last().unwrap();
            prop_assert_eq!(headers.lines().count(), 2, "{}", headers);
            prop_assert_eq!(part, &content);
        }
    }
}

mod repeating {
    use super::*;

    fn transport_error(attempt: u32) -> Error {
        Error::Transport(Box::new(crate::TransportError {
            method: "GET".into(),
            path: "/x".into(),
            message: "no".into(),
            may_have_arrived: true,
            attempts: attempt,
            permanent: false,
            source: None,
        }))
    }

    #[test]
    fn the_pauses_are_slept() {
        let policy = RetryPolicy::default();
        let mut slept = Vec::new();
        let result = repeat(
            &policy,
            |_, pause, next| slept.push((pause.as_secs_f64(), next)),
            |attempt| Err::<(), _>(transport_error(attempt)),
        );
        assert!(result.unwrap_err().to_string().ends_with("(tried 4 times)"));
        for ((pause, next), (longest, number)) in slept.iter().zip([(1.0, 2), (2.0, 3), (4.0, 4)]) {
            assert!((longest / 2.0..=longest).contains(pause), "{slept:?}");
            assert_eq!(*next, number);
        }
        assert_eq!(slept.len(), 3);
    }

    #[test]
    fn what_is_no_failure_of_the_service_is_not_repeated() {
        let mut attempts = 0;
        let result = repeat(
            &RetryPolicy::default(),
            |_, _, _| {},
            |_| {
                attempts += 1;
                Err::<(), _>(Error::MissingCredentials)
            },
        );
        assert!(matches!(result, Err(Error::MissingCredentials)));
        assert_eq!(attempts, 1);
    }

    #[test]
    fn what_is_said_of_a_pause() {
        let server = Server::script([Reply::json(200, "{}")]);
        let request = session(&server)
            .request("GET", "/v1/x")
            .query("q", "pr1vate");
        let answer = |status| {
            Error::from(crate::ApiError {
                status,
                message: Some("pr1vate".into()),
                body: b"pr1vate".into(),
                method: "GET".into(),
                path: "/v1/x".into(),
                request_id: None,
                retry_after: None,
                location: None,
                attempts: 1,
            })
        };
        for (error, milliseconds, next, expected) in [
            (
                answer(503),
                780,
                2,
                "503 Service Unavailable; retrying in 0.8 s (attempt 2 of 4)",
            ),
            (
                answer(429),
                60_000,
                3,
                "429 Too Many Requests; retrying in 60.0 s (attempt 3 of 4)",
            ),
            (answer(599), 0, 4, "599; retrying in 0.0 s (attempt 4 of 4)"),
            (
                transport_error(1),
                1_000,
                2,
                "no; retrying in 1.0 s (attempt 2 of 4)",
            ),
        ] {
            let line = request.again(&error, Duration::from_millis(milliseconds), next);
            assert_eq!(line, format!("GET /v1/x: {expected}"));
        }
    }

    #[test]
    fn jitter_is_spread() {
        let tenths: BTreeMap<_, _> = (0..1000).map(|_| ((fraction() * 10.0) as u8, ())).collect();
        assert_eq!(
            tenths.into_keys().collect::<Vec<_>>(),
            (0..10).collect::<Vec<_>>()
        );
    }
}
