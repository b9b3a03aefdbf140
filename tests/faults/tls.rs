//! TLS certificates, proxies and early responses.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use peak_press::{Error, TlsProvider, TlsRoots};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::*;

/// For 127.0.0.1, self-signed, valid until 2120.
const VALID: &str = include_str!("../certificates/valid.pem");
/// The same, valid until 2021.
const EXPIRED: &str = include_str!("../certificates/expired.pem");
/// For peak-press.test, and its key.
const NAMED: &str = include_str!("../../benches/certificates/peak-press.test.pem");
const NAMED_KEY: &str = include_str!("../../benches/certificates/key.pem");
/// The key of both. It protects nothing.
const KEY: &str = include_str!("../certificates/key.pem");

/// Starts a server with this certificate that replies `{}`. Returns its port and its number of
/// connections.
fn serve(certificate: &str) -> (u16, Arc<AtomicUsize>) {
    let config = Arc::new(server_config(certificate));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                match stream.read(&mut byte) {
                    Ok(1) => head.extend(byte),
                    _ => break,
                }
            }
            // A client that does not trust the certificate has closed the connection by now.
            _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        }
    });
    (port, count)
}

fn server_config(certificate: &str) -> ServerConfig {
    server_config_with(certificate, KEY)
}

fn server_config_with(certificate: &str, key: &str) -> ServerConfig {
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

/// A TLS provider, and the text of its errors.
struct Provider {
    provider: TlsProvider,
    unknown_issuer: &'static str,
    expired: &'static str,
    wrong_name: &'static str,
}

fn providers() -> Vec<Provider> {
    let mut providers = Vec::new();
    if cfg!(feature = "rustls") {
        providers.push(Provider {
            provider: TlsProvider::Rustls,
            unknown_issuer: "UnknownIssuer",
            expired: "expired",
            wrong_name: "not valid for name",
        });
    }
    // The wording of OpenSSL, which is not used on Windows and macOS.
    if cfg!(feature = "native-tls") && !cfg!(any(windows, target_vendor = "apple")) {
        providers.push(Provider {
            provider: TlsProvider::NativeTls,
            unknown_issuer: "signed certificate",
            expired: "expired",
            wrong_name: "ostname mismatch",
        });
    }
    providers
}

fn roots(pem: &str) -> TlsRoots {
    TlsRoots::Pem(pem.into())
}

/// A certificate that a client with these roots does not trust for the host.
struct Untrusted {
    certificate: &'static str,
    roots: TlsRoots,
    host: &'static str,
    cause: &'static str,
}

#[test]
fn an_untrusted_certificate_is_not_retried() {
    for provider in providers() {
        for untrusted in [
            Untrusted {
                certificate: VALID,
                roots: TlsRoots::WebPki,
                host: "127.0.0.1",
                cause: provider.unknown_issuer,
            },
            Untrusted {
                certificate: EXPIRED,
                roots: roots(EXPIRED),
                host: "127.0.0.1",
                cause: provider.expired,
            },
            Untrusted {
                certificate: VALID,
                roots: roots(VALID),
                host: "localhost",
                cause: provider.wrong_name,
            },
        ] {
            for method in ["GET", "POST"] {
                let (port, count) = serve(untrusted.certificate);
                let url = format!("https://{}:{port}", untrusted.host);
                let session = builder(&url)
                    .tls_provider(provider.provider)
                    .tls_roots(untrusted.roots.clone())
                    .build()
                    .unwrap();
                let error = session.request(method, "/x").send::<Value>().unwrap_err();
                let Error::Transport(transport) = &error else {
                    panic!("{error:?}");
                };
                assert!(!transport.may_have_arrived, "{error}");
                assert!(!error.is_retryable() && !error.outcome_unknown());
                assert_eq!(count.load(Ordering::SeqCst), 1, "{error}");
                let text = error.to_string();
                let start = format!("{method} /x: no response from {url}: ");
                let hint = " (a private certificate authority? see TlsRoots)";
                assert!(text.starts_with(&start) && text.ends_with(hint), "{text}");
                assert!(text.contains(untrusted.cause), "{text}");
                inner(&error);
            }
        }
    }
}

#[test]
fn a_private_authority_is_trusted() {
    for provider in providers() {
        let (port, count) = serve(VALID);
        let session = builder(format!("https://127.0.0.1:{port}"))
            .tls_provider(provider.provider)
            .tls_roots(roots(VALID))
            .build()
            .unwrap();
        let response: Value = session.request("GET", "/x").send().unwrap();
        assert_eq!((response, count.load(Ordering::SeqCst)), (json!({}), 1));
    }
}

/// Starts an HTTP proxy that is also the service, behind its own TLS if `proxy_has_tls`. Returns its
/// port, and the heads of the requests to the proxy and to the service.
fn serve_tunnel(proxy_has_tls: bool) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if proxy_has_tls {
                let connection = ServerConnection::new(Arc::new(server_config(VALID))).unwrap();
                open_tunnel(StreamOwned::new(connection, stream), &seen);
            } else {
                open_tunnel(stream, &seen);
            }
        }
    });
    (port, heads)
}

fn open_tunnel(mut proxy: impl Read + Write, heads: &Mutex<Vec<String>>) {
    heads.lock().unwrap().push(read_head(&mut proxy));
    proxy.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let connection = ServerConnection::new(Arc::new(server_config_with(NAMED, NAMED_KEY))).unwrap();
    let mut service = StreamOwned::new(connection, proxy);
    heads.lock().unwrap().push(read_head(&mut service));
    _ = service.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
}

fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn a_tunnel_through_a_proxy_hides_the_request_from_it() {
    for provider in providers() {
        for scheme in ["http", "https"] {
            let (port, heads) = serve_tunnel(scheme == "https");
            let session = builder("https://peak-press.test")
                .proxy(format!("{scheme}://user:pr1vate@127.0.0.1:{port}"))
                .tls_provider(provider.provider)
                .tls_roots(roots(&format!("{VALID}{NAMED}")))
                .build()
                .unwrap();
            let response: Value = session.request("GET", "/x").send().unwrap();
            assert_eq!(response, json!({}));
            let heads = heads.lock().unwrap();
            let [to_proxy, to_service] = &heads[..] else {
                panic!("{heads:?}")
            };
            assert!(to_proxy.starts_with("CONNECT peak-press.test:443 HTTP/1.1\r\n"));
            assert!(to_proxy.contains("\r\nProxy-Authorization: Basic "));
            assert!(!to_proxy.contains("t0ken"), "{to_proxy}");
            assert!(
                to_service.contains("\r\nauthorization: t0ken\r\n"),
                "{to_service}"
            );
            assert!(
                !to_service.to_lowercase().contains("proxy-auth"),
                "{to_service}"
            );
        }
    }
}

/// Starts a server that replies 413 to the head of a request and reads nothing more. Returns its port.
fn serve_early_response(closes: bool) -> u16 {
    let config = Arc::new(server_config(VALID));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Otherwise the response may still be unsent when the connection closes.
            stream.set_nodelay(true).unwrap();
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            _ = stream.read(&mut [0; 1024]);
            _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}");
            if !closes {
                loop {
                    thread::park();
                }
            }
        }
    });
    port
}

#[test]
fn an_early_response_to_an_upload_is_read_through_tls() {
    for provider in providers() {
        for closes in [false, true] {
            // Windows discards data that a closed connection has sent.
            if cfg!(windows) && closes {
                continue;
            }
            let session = builder(format!(
                "https://127.0.0.1:{}",
                serve_early_response(closes)
            ))
            // Long enough for a busy machine to respond.
            .timeouts(Timeouts::default().write(Duration::from_secs(1)))
            .tls_provider(provider.provider)
            .tls_roots(roots(VALID))
            .build()
            .unwrap();
            let request = session.request("POST", "/x").json(&"x".repeat(16 << 20));
            let error = request.send::<Value>().unwrap_err();
            assert!(matches!(error, Error::PayloadTooLarge(_)), "{error:?}");
        }
    }
}

#[test]
fn a_create_was_not_sent_if_the_handshake_fails() {
    for provider in providers() {
        for reply in ["", "HTTP/1.1 400 Bad Request\r\n\r\n"] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("https://{}", listener.local_addr().unwrap());
            thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    _ = stream.read(&mut [0; 8]);
                    _ = stream.write_all(reply.as_bytes());
                }
            });
            let session = builder(url)
                .tls_provider(provider.provider)
                .build()
                .unwrap();
            for request in posts(&session) {
                let error = request.send::<Value>().unwrap_err();
                assert!(!error.outcome_unknown(), "{error}");
                assert!(error.to_string().ends_with("(tried 4 times)"), "{error}");
            }
        }
    }
}
