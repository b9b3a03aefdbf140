//! Dropping an emulator. This is the only test in its process, so that it can count threads.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::time::Instant;

use peak_press::emulator::{Emulator, Fault};

#[cfg(target_os = "linux")]
fn emulator_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
    names
        .filter(|name| name.as_ref().is_ok_and(|name| name == "press-emulator\n"))
        .count()
}

/// The kernel may list a thread for a moment after it was joined.
#[cfg(target_os = "linux")]
fn wait_until_no_thread_is_left() {
    let deadline = Instant::now() + Duration::from_secs(60);
    while emulator_threads() > 0 {
        assert!(Instant::now() < deadline, "a thread outlives its emulator");
        std::thread::yield_now();
    }
}

const LIST: &str = "GET /v1/blocks/specs/ HTTP/1.1\r\nAuthorization: emulator-token\r\n\r\n";

fn connect_and_send(address: &str, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// Waits until a response starts.
fn read_status_line(stream: &mut TcpStream) {
    stream.read_exact(&mut [0; 15]).unwrap();
}

/// A connection in each possible state.
fn open_connections(emulator: &Emulator, address: &str) -> [TcpStream; 7] {
    let idle = connect_and_send(address, "");
    let mut kept_alive = connect_and_send(address, LIST);
    read_status_line(&mut kept_alive);
    let sending = connect_and_send(address, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nfour");
    let mut refused = connect_and_send(address, "nonsense\r\n\r\n");
    read_status_line(&mut refused);
    emulator.inject(Fault::drip());
    let mut dripping = connect_and_send(address, LIST);
    read_status_line(&mut dripping);
    emulator.inject(Fault::silence().on("POST", "/"));
    let silent = connect_and_send(address, "POST / HTTP/1.1\r\n\r\n");
    emulator.inject(Fault::delay(Duration::from_secs(3600)).on("GET", "/v1/blocks/specs/"));
    let waiting = connect_and_send(address, LIST);
    [
        idle, kept_alive, sending, refused, dripping, silent, waiting,
    ]
}

#[test]
fn dropping_closes_every_connection_and_frees_the_port() {
    for _ in 0..10 {
        let emulator = Emulator::start().unwrap();
        let base_url = emulator.base_url();
        let address = base_url.strip_prefix("http://").unwrap();
        let connections = open_connections(&emulator, address);
        #[cfg(target_os = "linux")]
        assert!(emulator_threads() > 0);

        drop(emulator);
        for mut stream in connections {
            // The end of the stream, or a reset.
            let _ = stream.read_to_end(&mut Vec::new());
        }
        #[cfg(target_os = "linux")]
        wait_until_no_thread_is_left();
        TcpListener::bind(address).unwrap();
    }
}
