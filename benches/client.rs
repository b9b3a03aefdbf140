//! Measures the cost of the client, in ratios within one run: `cargo bench --bench client`.
//!
//! Each contender is a separate process that lists, or makes one call, and then reports what it used.
//! The server is another process, so that its time does not count. The official client is measured too
//! if `PEAK_SDK_PYTHON=/path/to/python` points to an environment with `peak-sdk`. CPU time and peak
//! memory are read from `/proc`, so this runs on Linux only.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use peak_press::blocks::Client;
use peak_press::types::ListSpecs;
use peak_press::{Session, Stage};
use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PAGE_SIZE: usize = 100;

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve"] => serve(),
        ["list", "ours", base] => report(list(base)?),
        ["list", "bare", base] => report(list_bare(base)?),
        ["collect", "ours", base] => report(collect(base)?),
        ["one", "ours", base] => report(one(base)?),
        ["one", "bare", base] => report(one_bare(base)?),
        _ => compare(),
    }
}

// The contenders.

fn client(base: &str) -> Result<Client> {
    let session = Session::builder().auth_token("token").stage(Stage::Prod);
    Ok(Client::new(session.base_url(base).build()?))
}

fn list(base: &str) -> Result<usize> {
    let mut items = 0;
    for spec in client(base)?.list_specs(&ListSpecs::new().page_size(PAGE_SIZE as u64)) {
        items += usize::from(!spec?.id.is_empty());
    }
    Ok(items)
}

/// Lists all specs and keeps them.
fn collect(base: &str) -> Result<usize> {
    let client = client(base)?;
    let query = ListSpecs::new().page_size(PAGE_SIZE as u64);
    let specs: peak_press::Result<Vec<_>> = client.list_specs(&query).collect();
    Ok(specs?.len())
}

fn list_bare(base: &str) -> Result<usize> {
    let agent = ureq::Agent::new_with_defaults();
    let (mut items, mut number, mut count) = (0, 0, 1);
    while number < count {
        number += 1;
        let url = format!("{base}/v1/blocks/specs/?pageSize={PAGE_SIZE}&pageNumber={number}");
        let page = get(&agent, &url)?;
        count = page["pageCount"].as_u64().ok_or("no pageCount")?;
        for spec in page["specs"].as_array().ok_or("no specs")? {
            items += usize::from(spec["id"].as_str().is_some_and(|id| !id.is_empty()));
        }
    }
    Ok(items)
}

fn one(base: &str) -> Result<usize> {
    Ok(usize::from(
        !client(base)?.describe_spec("some")?.id.is_empty(),
    ))
}

fn one_bare(base: &str) -> Result<usize> {
    let agent = ureq::Agent::new_with_defaults();
    let spec = get(&agent, &format!("{base}/v1/blocks/specs/some"))?;
    Ok(usize::from(
        spec["id"].as_str().is_some_and(|id| !id.is_empty()),
    ))
}

/// `read_to_vec` and `from_slice`: faster than ureq's own `read_json`.
fn get(agent: &ureq::Agent, url: &str) -> Result<Value> {
    let request = agent.get(url).header("Authorization", "token");
    let body = request.call()?.body_mut().read_to_vec()?;
    Ok(serde_json::from_slice(&body)?)
}

/// Prints a contender's result: items, nanoseconds of CPU time, KiB of peak memory.
fn report(items: usize) -> Result<()> {
    // The kernel updates its accounting when a thread yields.
    thread::yield_now();
    let schedule = fs::read_to_string("/proc/thread-self/schedstat")?;
    let cpu = schedule.split_whitespace().next().ok_or("no schedstat")?;
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.split_whitespace().next());
    println!("{items} {cpu} {}", peak.ok_or("no VmHWM")?);
    Ok(())
}

// The server.

/// Lists as many specs as the first segment of the path says, and describes one. `/requests` returns
/// the number of other requests since the last time. The server ends with the process that started it.
fn serve() -> Result<()> {
    static REQUESTS: AtomicUsize = AtomicUsize::new(0);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    thread::spawn(|| {
        _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    for stream in listener.incoming() {
        let stream = stream?;
        stream.set_nodelay(true)?;
        thread::spawn(move || _ = respond(stream, &REQUESTS));
    }
    Ok(())
}

fn respond(mut stream: TcpStream, requests: &AtomicUsize) -> Result<()> {
    let specs: Vec<_> = (0..PAGE_SIZE).map(spec).collect();
    let list = specs.join(",");
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut line, mut header, mut length) = (String::new(), String::new(), 0);
        reader.read_line(&mut line)?;
        while header != "\r\n" {
            header.clear();
            if reader.read_line(&mut header)? == 0 {
                return Ok(());
            }
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;

        let target = line.split(' ').nth(1).ok_or("no target")?;
        let total = target
            .split('/')
            .nth(1)
            .and_then(|total| total.parse().ok());
        let body = match target.split_once("/v1/blocks/specs/") {
            _ if target == "/requests" => requests.swap(0, Ordering::Relaxed).to_string(),
            Some((_, "some")) => specs[0].clone(),
            Some((_, query)) => {
                let number = query
                    .split_once("pageNumber=")
                    .map_or("1", |(_, rest)| rest);
                let number = number.split('&').next().unwrap_or_default();
                let total: usize = total.unwrap_or_default();
                let count = total.div_ceil(PAGE_SIZE);
                format!(
                    r#"{{"pageCount":{count},"pageNumber":{number},"pageSize":{PAGE_SIZE},"specCount":{total},"specs":[{list}]}}"#
                )
            }
            None => "{}".to_owned(),
        };
        if target != "/requests" {
            requests.fetch_add(1, Ordering::Relaxed);
        }
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
        stream.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes())?;
    }
}

/// A spec of a list, with every documented field.
fn spec(number: usize) -> String {
    let parameter = |name: &str, kind: &str, value: &str| {
        format!(
            r#"{{"name":"{name}","type":"{kind}","required":true,"title":"The {name}","description":"What the {name} of the forecast is.","defaultValue":{value},"hideValue":false}}"#
        )
    };
    let run = [
        parameter("horizon", "number", "14"),
        parameter("region", "string", r#""north""#),
    ];
    format!(
        r#"{{"id":"632a4e7c-ab86-4ecb-8f34-{number:012}","kind":"workflow","featured":false,"scope":"private","tenants":[],"metadata":{{"name":"forecast-{number}","title":"Forecast {number}","summary":"Forecasts next week's demand for each shop","description":"Reads the sales of the last two years and writes a **forecast** for each shop and each day.\n\nIt takes ten minutes.","descriptionContentType":"text/markdown","imageUrl":"https://example.com/forecast.png","tags":[{{"name":"sales"}},{{"name":"forecast"}}],"status":"available","createdAt":"2024-05-01T18:00:00.000Z","createdBy":"someone@example.com"}},"latestRelease":{{"id":"7a1c9d20-3f6e-4b58-9e0b-{number:012}","version":"1.4.2","notes":"Reads the holidays of next year","createdAt":"2024-06-01T18:00:00.000Z","createdBy":"someone@example.com"}},"parameters":{{"build":[],"run":[{}]}}}}"#,
        run.join(",")
    )
}

// The comparison.

/// The server, which ends when dropped.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        let command = command
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let mut url = String::new();
        let stdout = process.stdout.take().ok_or("no stdout")?;
        BufReader::new(stdout).read_line(&mut url)?;
        let url = url.trim().to_owned();
        Ok(Server { process, url })
    }

    /// The number of requests since the last call.
    fn requests(&self) -> Result<usize> {
        let mut response = ureq::get(format!("{}/requests", self.url)).call()?;
        Ok(response.body_mut().read_to_string()?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        _ = self.process.wait();
    }
}

/// The resources that a contender used.
#[derive(Clone, Copy)]
struct Use {
    items: usize,
    cpu: Duration,
    /// Wall time from the start of the process to its end.
    wall: Duration,
    peak_kib: u64,
}

fn run(command: &mut Command) -> Result<Use> {
    let begun = Instant::now();
    let output = command.stderr(Stdio::inherit()).output()?;
    let wall = begun.elapsed();
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<u64> = text
        .split_whitespace()
        .map(str::parse)
        .collect::<std::result::Result<_, _>>()?;
    let [items, cpu, peak_kib] = numbers[..] else {
        return Err(format!("{command:?} printed {text:?}").into());
    };
    Ok(Use {
        items: items as usize,
        cpu: Duration::from_nanos(cpu),
        wall,
        peak_kib,
    })
}

/// The command that runs this program as a contender.
fn contender(task: &str, who: &str, base: &str) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args([task, who, base]);
    Ok(command)
}

/// Runs two commands alternately, and returns what each used in each round.
fn rounds(count: usize, mut ours: Command, mut other: Command) -> Result<Vec<[Use; 2]>> {
    let round = |_| {
        let uses = [run(&mut ours)?, run(&mut other)?];
        if uses[0].items != uses[1].items {
            return Err("the contenders listed different numbers of items".into());
        }
        Ok(uses)
    };
    (0..count).map(round).collect()
}

/// The median of one side over all rounds.
fn median(rounds: &[[Use; 2]], side: usize, of: impl Fn(&Use) -> Duration) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(|round| of(&round[side])).collect();
    values.sort();
    values[values.len() / 2].as_secs_f64()
}

fn ratio(rounds: &[[Use; 2]], of: impl Fn(&Use) -> Duration + Copy) -> f64 {
    median(rounds, 0, of) / median(rounds, 1, of)
}

fn row(what: &str, ours: String, aim: &str) {
    println!("| {what} | {ours} | {aim} |");
}

fn compare() -> Result<()> {
    let server = Server::start()?;
    let base = |items: usize| format!("{}/{items}", server.url);
    println!("| what | measured | target |\n|---|---|---|");

    let list = |who| contender("list", who, &base(10_000));
    let listing = rounds(15, list("ours")?, list("bare")?)?;
    let cpu = format!("{:.2} ×", ratio(&listing, |used| used.cpu));
    row(
        "CPU per listed spec, of bare `ureq` with `serde_json::Value`",
        cpu,
        "1.00 ×",
    );

    let nothing = run(&mut contender("list", "ours", &base(0))?)?;
    let collected = run(&mut contender("collect", "ours", &base(10_000))?)?;
    let grown = collected.peak_kib.saturating_sub(nothing.peak_kib) as f64 / 10.0;
    row(
        "peak memory per 1,000 listed specs that are kept",
        format!("{grown:.0} KiB"),
        "–",
    );

    server.requests()?;
    let few = run(&mut contender("list", "ours", &base(1_000))?)?;
    let requests_of_few = server.requests()?;
    let many = run(&mut contender("list", "ours", &base(100_000))?)?;
    let requests = requests_of_few + server.requests()?;
    let pages = (few.items + many.items) / PAGE_SIZE;
    let grown = format!(
        "{:.1} MiB",
        many.peak_kib.saturating_sub(few.peak_kib) as f64 / 1024.0
    );
    row(
        "peak memory of listing 100,000 specs, beyond that of 1,000",
        grown,
        "4 MiB",
    );
    row(
        "requests beyond one a page, of 1,010 pages",
        (requests - pages).to_string(),
        "0",
    );

    let one = |who| contender("one", who, &base(1));
    let start = rounds(201, one("ours")?, one("bare")?)?;
    let wall = format!("{:.2} ×", ratio(&start, |used| used.wall));
    row(
        "one call, from process start to end, of bare `ureq`",
        wall,
        "1.10 ×",
    );

    let Some(python) = env::var_os("PEAK_SDK_PYTHON") else {
        eprintln!(
            "The official client was not measured. To do so: python3 -m venv sdk; \
             sdk/bin/pip install peak-sdk; PEAK_SDK_PYTHON=sdk/bin/python cargo bench --bench client"
        );
        return Ok(());
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/official_client.py");
    let official = |task: &str, what: &str, items, count| {
        let mut official = Command::new(&python);
        official.args([script, task, &base(items)]);
        let rounds = rounds(count, contender(task, "ours", &base(items))?, official)?;
        for (kind, ratio) in [
            ("wall", ratio(&rounds, |used| used.wall)),
            ("CPU", ratio(&rounds, |used| used.cpu)),
        ] {
            let what = format!("{what}, {kind} time of the official client's");
            row(&what, format!("1/{:.0}", 1.0 / ratio), "1/25");
        }
        Ok(())
    };
    official("list", "listing 10,000 specs", 10_000, 5)?;
    official("one", "one call", 1, 15)
}
