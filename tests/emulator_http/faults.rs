//! Injected faults.

use std::time::Duration;

use peak_press::emulator::Fault;

use crate::press::{FORM, Part, Press, Response, form, request, spec_body};

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
fn delays_the_response() {
    let press = Press::start();
    press.inject(Fault::delay(Duration::from_millis(1)));
    assert!(press.exchange(list()).starts_with("HTTP/1.1 200 "));
}

#[test]
fn carries_out_the_request_only_if_told_to() {
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
