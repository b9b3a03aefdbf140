//! The end of an emulator: one test alone in its process, so that its threads can be counted.

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

/// The system may still list a thread for a moment after it was joined.
#[cfg(target_os = "linux")]
fn wait_until_no_thread_is_left() {
    let deadline = Instant::now() + Duration::from_secs(60);
    while emulator_threads() > 0 {
        assert!(Instant::now() < deadline, "a thread outlives its emulator");
        std::thread::yield_now();
    }
}

#[test]
fn it_ends_with_every_connection_and_gives_its_port_back() {
    for _ in 0..10 {
        let emulator = Emulator::start().unwrap();
        let address = emulator
            .base_url()
            .strip_prefix("http://")
            .unwrap()
            .to_owned();
        let connect = || TcpStream::connect(&address).unwrap();
        let list = b"GET /v1/blocks/specs/ HTTP/1.1\r\nAuthorization: emulator-token\r\n\r\n";

        // Idle, idle after an answer, within a request, refused and lingering, and waiting.
        let mut idle = connect();
        let mut answered = connect();
        answered.write_all(list).unwrap();
        answered.read_exact(&mut [0; 15]).unwrap();
        let mut within = connect();
        within
            .write_all(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nfour")
            .unwrap();
        let mut refused = connect();
        refused.write_all(b"nonsense\r\n\r\n").unwrap();
        refused.read_exact(&mut [0; 15]).unwrap();
        emulator.inject(Fault::delay(Duration::from_secs(3600)).always());
        let mut waiting = connect();
        waiting.write_all(list).unwrap();
        #[cfg(target_os = "linux")]
        assert!(emulator_threads() > 0);

        drop(emulator);
        for stream in [
            &mut idle,
            &mut answered,
            &mut within,
            &mut refused,
            &mut waiting,
        ] {
            // Its end, or the news that it was reset.
            let _ = stream.read_to_end(&mut Vec::new());
        }
        #[cfg(target_os = "linux")]
        wait_until_no_thread_is_left();
        TcpListener::bind(&address).unwrap();
    }
}
