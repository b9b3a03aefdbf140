//! The seed inputs of each target, and their mutations.

use std::collections::BTreeMap;
use std::path::Path;

use peak_press::emulator::Emulator;

/// The seed inputs of a target.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let mut inputs = match target {
        "responses" => described(),
        "documents" => [
            files("tests/documents", "yaml"),
            files("tests/templates", "yaml"),
            vec![YAML.as_bytes().to_vec()],
        ]
        .concat(),
        "templates" => files("tests/templates", "yaml"),
        "ignore_rules" => ignore_files(),
        "emulator" => requests(),
        "multipart" => vec![FORM.as_bytes().to_vec()],
        _ => Vec::new(),
    };
    assert!(!inputs.is_empty(), "there are inputs for {target}");
    inputs.sort();
    inputs
}

/// The files in a folder with this extension, except large ones, which are slow and find little.
fn files(folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.extend(std::fs::read(path));
            }
        }
    }
    found.retain(|bytes| bytes.len() < 20_000);
    found
}

/// The emulator's responses, each for every call of [`responses`](super::targets::responses).
fn described() -> Vec<Vec<u8>> {
    let emulator = Emulator::start().expect("a free port");
    let (spec, deployment) = (
        emulator.seed_specs(2).remove(0),
        emulator.seed_deployments(2).remove(0),
    );
    let paths = [
        "/v1/blocks/specs/".to_owned(),
        format!("/v1/blocks/specs/{spec}"),
        format!("/v1/blocks/specs/{spec}/releases"),
        format!("/v1/blocks/specs/{spec}/releases/1.0.0"),
        "/v1/blocks/deployments/".to_owned(),
        format!("/v1/blocks/deployments/{deployment}"),
        format!("/v1/blocks/deployments/{deployment}/revisions"),
        format!("/v1/deployments/{deployment}/parameters/run"),
        "/v1/blocks/specs/unknown".to_owned(),
    ];
    let session = emulator.session();
    let body = |path: String| match session.request("GET", path).send::<serde_json::Value>() {
        Ok(body) => body.to_string(),
        Err(error) => serde_json::json!({ "detail": error.to_string() }).to_string(),
    };
    let bodies = paths.into_iter().map(body);
    bodies
        .flat_map(|body| (0..=17).map(move |call| [&[9 * call], body.as_bytes()].concat()))
        .collect()
}

/// The ignore files of the cases recorded with the official client.
fn ignore_files() -> Vec<Vec<u8>> {
    #[derive(serde::Deserialize)]
    struct Case {
        ignore_files: BTreeMap<String, String>,
    }
    let cases = include_str!("../tests/ignore-cases.json");
    let cases: Vec<Case> = serde_json::from_str(cases).expect("valid cases");
    let texts = cases
        .into_iter()
        .flat_map(|case| case.ignore_files.into_values());
    texts.map(String::into_bytes).collect()
}

fn requests() -> Vec<Vec<u8>> {
    let form = format!(
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n{FORM}",
        FORM.len()
    );
    let chunked = format!(
        "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{FORM}\r\n0\r\n\r\n",
        FORM.len()
    );
    let json = "Content-Type: application/json\r\nContent-Length: 45\r\n\r\n{\"spec\":{\"id\":\"a\"},\"metadata\":{\"name\":\"b\"}}  ";
    let requests = [
        (
            "GET /v1/blocks/specs/?pageSize=2&pageNumber=1&status=available&sort=name:asc",
            "\r\n",
        ),
        ("GET /v1/deployments/a/parameters/run", "\r\n"),
        ("DELETE /v1/blocks/specs/a%20b", "\r\n"),
        ("POST /v1/blocks/specs/", &form),
        ("POST /v1/blocks/specs/?validate=true", &chunked),
        ("POST /v1/blocks/deployments/", json),
        ("PATCH /v1/deployments/a/parameters/run", json),
        ("POST /v1/apps/specs/", json),
    ];
    let request = |(line, rest): &(&str, &str)| {
        format!("{line} HTTP/1.1\r\nHost: a\r\nAuthorization: emulator-token\r\n{rest}")
            .into_bytes()
    };
    requests.iter().map(request).collect()
}

/// YAML syntax that the documents of the tests do not use.
const YAML: &str = "%YAML 1.2\n---\nbody: &a {k: [1, 'x''y', \"\\u00e9\"], \"q\":~}\n? spec\n: !!str 1\n\
    parameters: *a\nlist:\n- <<: [*a, {b: 1}]\n- |+2\n   kept\n\n- >-\n  folded\n  text # no comment\n\
    - a: b\n  &b c: d # comment\n...\n";

/// The body of a form that creates a spec, with the boundary `b`.
const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"spec\"\r\n\r\n\
    {\"version\":1,\"kind\":\"workflow\",\"metadata\":{\"name\":\"a\",\"summary\":\"b\"},\
    \"release\":{\"version\":\"1.0.0\"},\"config\":{}}\r\n\
    --b\r\nContent-Disposition: form-data; name=\"featured\"\r\n\r\ntrue\r\n\
    --b\r\nContent-Disposition: form-data; name=\"artifact\"; filename=\"artifact.zip\"\r\n\
    Content-Type: application/zip\r\n\r\nPK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\r\n--b--\r\n";

/// Mutates inputs, in the same way for the same seed.
pub struct Mutator<'a> {
    state: u64,
    inputs: &'a [Vec<u8>],
}

impl<'a> Mutator<'a> {
    pub fn new(seed: u64, inputs: &'a [Vec<u8>]) -> Self {
        Self {
            state: seed,
            inputs,
        }
    }

    /// One of the inputs, with up to eight changes.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = self.any(self.inputs).clone();
        for _ in 0..=self.below(8) {
            self.mutate(&mut input);
        }
        input.truncate(1 << 16);
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let (start, end) = (self.below(input.len() + 1), self.below(input.len() + 1));
        let range = start.min(end)..start.max(end);
        let short = range.start..range.end.min(range.start + 1 + self.below(16));
        match self.below(8) {
            0 if start < input.len() => input[start] ^= 1 << self.below(8),
            1 => drop(input.drain(range)),
            2 => drop(input.drain(short)),
            3 => {
                let repeated = input[short.clone()].repeat(1 + self.below(300));
                input.splice(short, repeated);
            }
            4 => {
                let other = self.any(self.inputs).clone();
                input.truncate(start);
                input.extend(&other[self.below(other.len() + 1)..]);
            }
            5 => {
                let moved: Vec<u8> = input.drain(short).collect();
                let to = self.below(input.len() + 1);
                input.splice(to..to, moved);
            }
            6 => input.insert(start, self.below(256) as u8),
            _ => {
                let token = self.any(TOKENS);
                input.splice(start..start, token.bytes());
            }
        }
    }

    fn any<T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % limit as u64) as usize
    }
}

/// Tokens that are meaningful to one of the targets.
const TOKENS: &[&str] = &[
    "{{ ",
    " }}",
    "{% ",
    " %}",
    "{#",
    "#}",
    "-%}",
    " | ",
    " ~ ",
    " ** ",
    "[::-1]",
    " is ",
    " in ",
    " not ",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    ": ",
    "- ",
    "? ",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!x ",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "%TAG !a! b\n",
    "'",
    "\"",
    "\\",
    "\\u0000",
    "\u{feff}",
    "é",
    "😀",
    "\r\n",
    "\r",
    "\n",
    "\t",
    "\0",
    "null",
    "true",
    "yes",
    "-1",
    "-9223372036854775808",
    "18446744073709551616",
    "1e400",
    "0x1F",
    ".nan",
    "1.10",
    "@param:x",
    "{% include 'block.yaml' %}",
    "{% for x in items %}",
    "{% endfor %}",
    "{% set n = [n, n] %}",
    "{% if n %}",
    "{% macro m(a, b=1) %}",
    "{% endmacro %}",
    "{{ m(1) }}",
    "{{ n.a }}",
    "range(9)",
    " | tojson(2)",
    " | indent(2)",
    " | replace('a', 'b')",
    ".format(1)",
    "'%5.2f' | format",
    "context: ../a\n",
    "{% raw %}",
    "{% endraw %}",
    "**/",
    "!",
    "/",
    "[!",
    "[a-",
    "[[:alpha:]]",
    "\\#",
    " \n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "\r\n\r\n",
    "--b\r\n",
    "--b--\r\n",
    "ffffffffffffffff\r\n",
    "Content-Disposition: form-data; name=\"spec\"\r\n\r\n",
];
