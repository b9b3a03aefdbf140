//! Injected faults.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use peak_press::emulator::Fault;
use serde_json::json;

use crate::press::{FORM, Part, Press, Response, form, read_to_end, request, spec_body, text};

const SPECS: &str = "/v1/blocks/specs/";

fn list() -> Vec<u8> {
    request("GET", SPECS, "", "")
}

fn create() -> Vec<u8> {
    let parts = [Part::json("spec", &spec_body("forecast"))];
    request("POST", SPECS, FORM, form(&parts))
}

#[test]
fn responds_with_a_status_a_detail_and_retry_after() {
    let press = Press::start();
    press.inject(Fault::status(503).detail("busy").retry_after(7).times(2));
    for _ in 0..2 {
        let response = press.exchange(list());
        let status_line = "HTTP/1.1 503 Service Unavailable\r\n";
        assert!(response.starts_with(status_line), "{response}");
        assert!(response.contains("\r\nRetry-After: 7\r\n"), "{response}");
        Response::parse(&response).assert_error(503, "busy");
    }
    press.get(SPECS).ok();
}

#[test]
fn affects_only_the_chosen_method_and_path() {
    let press = Press::start();
    press.inject(Fault::status(500).on("GET", "/v1/blocks/specs/{}"));
    press.inject(Fault::status(502).on("POST", SPECS));
    press.get(SPECS).ok();
    assert_eq!(press.get("/v1/blocks/specs/1").status, 500);
    assert_eq!(press.get("/v1/blocks/specs/1").status, 404);
    assert_eq!(press.pending_faults(), 1);
    press.clear_faults();
    assert_eq!(press.pending_faults(), 0);
}

#[test]
fn sends_a_proxy_page() {
    let press = Press::start();
    press.inject(Fault::proxy_page(504));
    let response = press.exchange(list());
    assert!(response.starts_with("HTTP/1.1 504 "), "{response}");
    assert!(response.ends_with("</html>"), "{response}");
}

#[test]
fn sends_raw_bytes_or_nothing() {
    let press = Press::start();
    press.inject(Fault::raw("SSH-2.0"));
    assert_eq!(press.exchange(list()), "SSH-2.0");
    press.inject(Fault::cut());
    assert_eq!(press.exchange(list()), "");
}

#[test]
fn responds_with_any_json() {
    let press = Press::start();
    let body = json!({ "specs": [{ "id": 5 }], "pageCount": 4_000_000_000u64 });
    press.inject(Fault::json(203, body.clone()).on("GET", SPECS));
    let response = press.get(SPECS);
    assert_eq!((response.status, response.body), (203, body));
}

#[test]
fn stays_silent_until_the_client_closes_the_connection() {
    let press = Press::start();
    press.inject(Fault::silence());
    let mut stream = press.connect();
    stream.write_all(&list()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut stream), "");
    assert_eq!(press.requests().len(), 1);
}

#[test]
fn drips_until_the_emulator_is_dropped() {
    let press = Press::start();
    press.inject(Fault::drip().after_carrying_out());
    let mut stream = press.connect();
    stream.write_all(&create()).unwrap();
    let mut start = [0; 200];
    stream.read_exact(&mut start).unwrap();
    let start = str::from_utf8(&start).unwrap();
    assert!(start.starts_with("HTTP/1.1 200 OK\r\n"), "{start}");
    assert!(start.contains("\r\n1\r\n \r\n1\r\n \r\n1\r\n"), "{start}");
    assert_eq!(press.get(SPECS).ok()["specCount"], 1);
    drop(press);
    let _ = stream.read_to_end(&mut Vec::new());
}

#[test]
fn changes_the_number_of_a_page() {
    let press = Press::start();
    press.seed_specs(3);
    press.inject(Fault::page_number(7).times(2));
    let page = press.get(&format!("{SPECS}?pageSize=2&pageNumber=2")).ok();
    assert_eq!(page["pageNumber"], 7);
    assert_eq!(page["specs"][0]["metadata"]["name"], "seeded-3");
    let spec = press
        .get(&format!("{SPECS}{}", text(&page["specs"][0]["id"])))
        .ok();
    assert_eq!(spec.get("pageNumber"), None);
    assert_eq!(press.get(SPECS).ok()["pageNumber"], 1);
}

#[test]
fn any_request_can_be_carried_out_without_a_usable_response() {
    for fault in [
        Fault::cut(),
        Fault::status(503),
        Fault::json(200, json!([])),
        Fault::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
    ] {
        let press = Press::start();
        let spec = format!("{SPECS}{}", press.create_spec());
        let update = request("PATCH", &spec, "application/json", r#"{"featured": true}"#);
        let delete = request("DELETE", &spec, "", "");
        for (request, status_of_second) in [(update, 400), (delete, 404)] {
            press.inject(fault.clone().after_carrying_out());
            press.exchange(&request);
            let second = Response::parse(&press.exchange(&request));
            assert_eq!(second.status, status_of_second);
        }
    }
}

#[test]
fn delays_the_response() {
    let press = Press::start();
    press.inject(Fault::delay(Duration::from_millis(1)));
    assert!(press.exchange(list()).starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_faulty_request_is_carried_out_only_if_configured() {
    let press = Press::start();
    press.inject(Fault::cut());
    assert_eq!(press.exchange(create()), "");
    assert_eq!(press.get(SPECS).ok()["specCount"], 0);
    press.inject(Fault::status(500).after_carrying_out());
    assert!(press.exchange(create()).starts_with("HTTP/1.1 500 "));
    assert_eq!(press.get(SPECS).ok()["specCount"], 1);
}

#[test]
fn affects_every_request_or_none() {
    let press = Press::start();
    press.inject(Fault::cut().times(0));
    press.get(SPECS).ok();
    press.inject(Fault::status(429).always());
    assert!((0..5).all(|_| press.get(SPECS).status == 429));
}
