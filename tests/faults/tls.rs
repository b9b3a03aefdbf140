//! Certificates, as an https server presents them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
/// The key of both, which protects nothing.
const KEY: &str = include_str!("../certificates/key.pem");

/// A server with this certificate that replies `{}`: its port and its number of connections.
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
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

/// A TLS provider, and what its errors contain.
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
    // The words of OpenSSL, which Windows and macOS do not use.
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
            let request = session.request("POST", "/x").json(&json!({}));
            let error = request.send::<Value>().unwrap_err();
            assert!(!error.outcome_unknown(), "{error}");
        }
    }
}
