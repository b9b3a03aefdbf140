//! Measures a call through a host name on a kept-alive connection against bare `ureq` without timeouts:
//! `cargo bench --bench host_name`. The other benchmarks use a loopback address, which needs no name
//! server.
//!
//! The name `peak-press.test` must resolve to 127.0.0.1, for example through a line in `/etc/hosts`, or
//! in a copy of it that only this command sees:
//!
//! ```console
//! $ (cat /etc/hosts; echo 127.0.0.1 peak-press.test) >/tmp/hosts
//! # unshare -m sh -c 'mount --bind /tmp/hosts /etc/hosts && cargo bench --bench host_name'
//! ```

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use peak_press::blocks::Client;
use peak_press::{Session, Stage, TlsRoots};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const HOST: &str = "peak-press.test";
const CERTIFICATE: &str = include_str!("certificates/peak-press.test.pem");
const KEY: &str = include_str!("certificates/key.pem");

const CALLS: usize = 1000;
const ROUNDS: usize = 9;

fn main() -> Result<()> {
    if (HOST, 443).to_socket_addrs().is_err() {
        println!("skipped: {HOST} does not resolve; see the head of benches/host_name.rs");
        return Ok(());
    }
    let url = format!("https://{HOST}:{}", serve()?);

    let session = Session::builder().auth_token("token").stage(Stage::Prod);
    let session = session.tls_roots(TlsRoots::Pem(CERTIFICATE.into()));
    let client = Client::new(session.base_url(&url).build()?);
    let ours = || client.describe_spec("some").map(drop).map_err(Into::into);

    let certificate = ureq::tls::Certificate::from_pem(CERTIFICATE.as_bytes())?;
    let roots = ureq::tls::RootCerts::new_with_certs(&[certificate]);
    let tls = ureq::tls::TlsConfig::builder().root_certs(roots).build();
    let agent = ureq::Agent::config_builder().tls_config(tls).build();
    let agent = agent.new_agent();
    let spec_url = format!("{url}/v1/blocks/specs/some");
    let bare = || {
        let request = agent.get(&spec_url).header("Authorization", "token");
        let body = request.call()?.body_mut().read_to_vec()?;
        serde_json::from_slice::<serde_json::Value>(&body)?;
        Ok(())
    };

    let (mut ours_costs, mut bare_costs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours_costs.push(measure(ours)?);
        bare_costs.push(measure(bare)?);
    }
    let (ours, bare) = (median(ours_costs), median(bare_costs));
    println!("| a call through a host name | this crate | bare `ureq` without timeouts | ratio |");
    println!("|---|---|---|---|");
    println!(
        "| microseconds | {:.0} | {:.0} | {:.2} × |",
        ours.microseconds,
        bare.microseconds,
        ours.microseconds / bare.microseconds
    );
    println!(
        "| threads started | {:.2} | {:.2} | |",
        ours.threads, bare.threads
    );
    Ok(())
}

/// The cost of one call.
struct Cost {
    microseconds: f64,
    threads: f64,
}

fn measure(call: impl Fn() -> Result<()>) -> Result<Cost> {
    call()?;
    let threads_before = next_thread_number()?;
    let start = Instant::now();
    for _ in 0..CALLS {
        call()?;
    }
    let elapsed = start.elapsed();
    let threads = next_thread_number()? - threads_before - 1;
    Ok(Cost {
        microseconds: elapsed.as_secs_f64() * 1e6 / CALLS as f64,
        threads: threads as f64 / CALLS as f64,
    })
}

/// Threads are numbered in the order of their start.
fn next_thread_number() -> Result<u64> {
    let id = thread::spawn(|| thread::current().id()).join();
    let id = format!("{:?}", id.map_err(|_| "a thread panicked")?);
    Ok(id.trim_matches(|c: char| !c.is_ascii_digit()).parse()?)
}

fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|a, b| a.microseconds.total_cmp(&b.microseconds));
    costs.swap_remove(costs.len() / 2)
}

/// Starts a server that describes a spec over TLS, and returns its port.
fn serve() -> Result<u16> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes())?];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes())?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            thread::spawn(move || _ = respond(stream, config));
        }
    });
    Ok(port)
}

fn respond(stream: TcpStream, config: Arc<ServerConfig>) -> Result<()> {
    stream.set_nodelay(true)?;
    let tls = StreamOwned::new(ServerConnection::new(config)?, stream);
    let mut reader = BufReader::new(tls);
    loop {
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
        }
        let body = r#"{"id":"some","kind":"workflow","metadata":{"name":"forecast"}}"#;
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
        let response = format!("{head} {}\r\n\r\n{body}", body.len());
        reader.get_mut().write_all(response.as_bytes())?;
    }
}
