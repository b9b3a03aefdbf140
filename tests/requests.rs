//! Requests byte for byte, and invalid requests and options, which are refused before anything is sent.

mod common;

use common::{Reply, Server};
use peak_press::{Error, Method, Session, Stage, Timeouts};
use serde_json::{Value, json};

fn server() -> Server {
    Server::script([Reply::json(200, "{}")])
}

/// The lines of a request's head, with sorted headers, because their order does not matter.
fn sorted_head(head: &str) -> Vec<String> {
    let mut lines: Vec<_> = head.trim_end().lines().map(str::to_lowercase).collect();
    lines[1..].sort();
    lines
}

#[test]
fn sends_a_get_with_query_and_headers() {
    let server = server();
    let request = server.session().request("GET", "/v1/blocks/specs/");
    let _: Value = request
        .query("status", "a b")
        .query("status", "c+d&é")
        .send()
        .unwrap();

    let sent = &server.requests()[0];
    let host = server.url().replace("http://", "");
    assert_eq!(
        sent.line(),
        "GET /v1/blocks/specs/?status=a%20b&status=c%2Bd%26%C3%A9 HTTP/1.1"
    );
    assert_eq!(
        sorted_head(sent.head())[1..],
        [
            "accept-encoding: gzip".to_owned(),
            "accept: application/json".to_owned(),
            "authorization: t0ken".to_owned(),
            format!("host: {host}"),
            format!("user-agent: peak-press/{}", env!("CARGO_PKG_VERSION")),
        ]
    );
    assert_eq!(sent.body(), b"");
}

#[test]
fn sends_a_body_with_its_length() {
    for method in ["POST", "PUT", "PATCH"] {
        let server = server();
        let request = server
            .session()
            .request(method, "/x")
            .json(&json!({"é": 1}));
        let _: Value = request.send().unwrap();
        let sent = &server.requests()[0];
        assert_eq!(sent.line(), format!("{method} /x HTTP/1.1"));
        assert_eq!(sent.header("content-type"), Some("application/json"));
        assert_eq!(sent.header("content-length"), Some("8"));
        assert_eq!(sent.body(), "{\"é\":1}".as_bytes());
    }
}

#[test]
fn a_request_without_a_body_has_no_content_type() {
    for method in ["GET", "DELETE", "POST", "PUT", "PATCH"] {
        let server = server();
        let _: Value = server.session().request(method, "/x").send().unwrap();
        let sent = &server.requests()[0];
        assert_eq!(sent.header("content-type"), None, "{method}");
        let length = matches!(method, "POST" | "PUT" | "PATCH").then_some("0");
        assert_eq!(sent.header("content-length"), length, "{method}");
    }
}

#[test]
fn accepts_a_base_url_with_a_path_and_a_trailing_slash() {
    let server = server();
    for (suffix, line) in [("/", "GET /x HTTP/1.1"), ("/a/b/", "GET /a/b/x HTTP/1.1")] {
        let session = Session::builder()
            .auth_token("t")
            .base_url(server.url() + suffix)
            .build()
            .unwrap();
        let _: Value = session.request(Method::Get, "/x").send().unwrap();
        assert_eq!(server.requests().last().unwrap().line(), line);
    }
}

#[test]
fn clones_reuse_one_connection() {
    let server = server();
    let session = server.session();
    for clone in [session.clone(), session.clone(), session] {
        let _: Value = clone.request("GET", "/x").send().unwrap();
    }
    assert!(server.requests().iter().all(|sent| sent.connection == 0));
}

#[test]
fn the_user_agent_can_be_set() {
    let server = server();
    let session = Session::builder()
        .base_url(server.url())
        .auth_token("t")
        .user_agent("mine/2");
    let _: Value = session
        .build()
        .unwrap()
        .request("GET", "/x")
        .send()
        .unwrap();
    assert_eq!(server.requests()[0].header("user-agent"), Some("mine/2"));
}

#[test]
fn refuses_an_invalid_request_before_sending() {
    struct Unserialisable;
    impl serde::Serialize for Unserialisable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    let server = server();
    let session = server.session();
    let get = |path: &str| session.request("GET", path).send::<Value>();
    let results = [
        get(""),
        get("x"),
        get("https://elsewhere/x"),
        get("/x?y=1"),
        get("/x#y"),
        get("/a/../b"),
        get("/a/."),
        get("/a/%2e%2E"),
        get("/a/.%2e/b"),
        get("/a b"),
        get("/a\r\nHost: elsewhere"),
        get("/\0"),
        get("/é"),
        get("/100%"),
        get("/%4"),
        get("/%zz"),
        get("/\\"),
        get(&format!("/{}", "x".repeat(100_000))),
        session.request("FETCH", "/x").send(),
        session.request("GET / HTTP/1.1\r\nX: ", "/x").send(),
        session.request("", "/x").send(),
        session.request("GET", "/x").json(&1).send(),
        session.request("DELETE", "/x").json(&1).send(),
        session.request("POST", "/x").json(&Unserialisable).send(),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { .. }), "{error:?}");
        assert!(error.to_string().len() < 300, "{error}");
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn sends_an_encoded_path_unchanged() {
    let server = server();
    for path in ["/a%2Fb", "/v1/x+y/-_.~!$&'()*,;=:@", "//", "/...", "/%41"] {
        let _: Value = server.session().request("GET", path).send().unwrap();
        let line = format!("GET {path} HTTP/1.1");
        assert_eq!(server.requests().last().unwrap().line(), line);
    }
}

#[test]
fn parses_methods_in_any_case() {
    assert_eq!(Method::from("post"), Method::Post);
    assert_eq!(Method::from("Delete").to_string(), "DELETE");
    assert_eq!(Method::from("brew").as_str(), "brew");
}

#[test]
fn decodes_an_empty_response_as_the_empty_value() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Optional {
        id: Option<String>,
    }
    for reply in [
        Reply::json(200, ""),
        Reply::json(200, " \n"),
        Reply::raw("HTTP/1.1 204 No Content\r\n\r\n"),
    ] {
        let server = Server::script([reply]);
        let request = server.session().request("DELETE", "/x");
        request.send::<()>().unwrap();
        assert_eq!(request.send::<Value>().unwrap(), json!({}));
        assert_eq!(request.send::<Optional>().unwrap(), Optional { id: None });
        let error = request.send::<Vec<u8>>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "DELETE /x: expected JSON, found an empty response"
        );
    }
}

#[test]
fn send_raw_returns_status_and_body_unchanged() {
    let server = Server::script([Reply::json(201, "not JSON")]);
    let response = server.session().request("POST", "/x").send_raw().unwrap();
    assert_eq!((response.status, &*response.body), (201, &b"not JSON"[..]));
    assert!(response.json::<Value>().is_err());
}

#[test]
fn sixteen_threads_share_a_session() {
    let server = Server::replying(|_, request| {
        let path = request.line().split(' ').nth(1).unwrap_or_default();
        Reply::json(200, &json!(path).to_string())
    });
    let session = server.session();
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let session = &session;
            scope.spawn(move || {
                for number in 0..20 {
                    let path = format!("/{thread}/{number}");
                    let method = if number % 2 == 0 { "GET" } else { "POST" };
                    let echoed: String = session.request(method, &*path).send().unwrap();
                    assert_eq!(echoed, path);
                }
            });
        }
    });
    let mut lines: Vec<_> = server
        .requests()
        .iter()
        .map(|r| r.line().to_owned())
        .collect();
    lines.sort();
    lines.dedup();
    assert_eq!((lines.len(), server.count()), (16 * 20, 16 * 20));
}

#[test]
fn sessions_and_requests_can_be_sent_to_other_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Session>();
    shared::<peak_press::Request>();
    shared::<peak_press::SessionBuilder>();
}

#[test]
fn each_stage_has_its_base_url() {
    for (name, url) in [
        ("prod", "https://press.peak.ai"),
        ("dev", "https://press.dev.peak.ai"),
        ("latest", "https://press.dev.peak.ai"),
        ("test", "https://press.test.peak.ai"),
        ("beta", "https://press.beta.peak.ai"),
        ("parvati", "https://press.parvati.peak.ai"),
    ] {
        let stage: Stage = name.parse().unwrap();
        assert_eq!(stage.to_string(), name);
        assert_eq!(stage.base_url(), url);
        if cfg!(feature = "rustls") {
            assert_eq!(Session::new("t", stage).unwrap().base_url(), url);
        }
    }
    assert_eq!(Stage::default(), Stage::Prod);
    for bad in ["", "PROD", "production", "prod\0"] {
        let error = bad.parse::<Stage>().unwrap_err();
        assert!(matches!(&error, Error::InvalidStage { origin, .. } if origin == "stage"));
    }
}

#[test]
fn refuses_an_invalid_option_by_name() {
    let builder = || {
        Session::builder()
            .auth_token("t")
            .base_url("http://localhost:1")
    };
    for (name, builder) in [
        ("base_url", builder().base_url("")),
        ("base_url", builder().base_url("press.peak.ai")),
        ("base_url", builder().base_url("/v1")),
        ("base_url", builder().base_url("ftp://localhost")),
        ("base_url", builder().base_url("https://")),
        ("base_url", builder().base_url("https:///x")),
        ("base_url", builder().base_url("https://a b")),
        ("base_url", builder().base_url("https://a\r\nb")),
        ("base_url", builder().base_url("https://a:99999")),
        ("base_url", builder().base_url("https://a:")),
        ("base_url", builder().base_url("https://a?b")),
        ("base_url", builder().base_url("https://a/#b")),
        ("base_url", builder().base_url("https://user:pa55@a")),
        ("base_url", builder().base_url("https://a/../b")),
        ("base_url", builder().base_url("http://press.peak.ai")),
        (
            "base_url",
            builder().base_url("http://127.0.0.1.example.org"),
        ),
        (
            "base_url",
            builder().base_url("http://localhost.example.org"),
        ),
        ("base_url", builder().base_url("http://0.0.0.0")),
        ("user_agent", builder().user_agent("a\nb")),
        ("auth_token", builder().auth_token("pa55\nword")),
        ("auth_token", builder().auth_token("pa55\tword")),
        ("auth_token", builder().auth_token("pa55wörd")),
        ("auth_token", builder().auth_token("pa55\0word")),
    ] {
        let error = builder.build().unwrap_err();
        assert!(
            matches!(&error, Error::InvalidArgument { name: n, .. } if n == name),
            "{error:?}"
        );
        assert!(!error.to_string().contains("pa55"), "{error}");
    }
}

#[test]
fn accepts_plain_http_on_loopback() {
    for url in [
        "http://localhost",
        "HTTP://LOCALHOST:80/",
        "http://127.0.0.1:1",
        "http://127.9.9.9",
        "http://[::1]:1/x",
    ] {
        let session = Session::builder().base_url(url).build();
        assert!(session.is_ok(), "{url}");
    }
}

#[test]
fn accepts_timeouts_of_any_length() {
    let server = server();
    for limit in [std::time::Duration::MAX, std::time::Duration::from_secs(5)] {
        let session = Session::builder()
            .auth_token("t")
            .base_url(server.url())
            .timeouts(Timeouts::default().connect(limit).read(limit).write(limit))
            .build()
            .unwrap();
        let _: Value = session.request("POST", "/x").json(&1).send().unwrap();
    }
}
