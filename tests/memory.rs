//! Hostile documents take memory in proportion to their size, and templates a bounded amount. This is a
//! single test, because it reads the peak of the whole process.

#![cfg(target_os = "linux")]

use peak_press::types::Parameters;

const MIB: usize = 1 << 20;

/// The peak memory of the process so far, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kibibytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kibibytes.parse::<usize>().unwrap() * 1024
}

/// Repeats a text up to the maximum size of a document.
fn fill(start: &str, text: &str) -> String {
    start.to_owned() + &text.repeat((4 * MIB - start.len()) / text.len())
}

#[test]
fn memory_is_bounded() {
    #[cfg(feature = "templates")]
    rendering_takes_up_to_128_mib();
    reading_takes_up_to_160_bytes_for_each_byte_of_a_document();
}

#[cfg(feature = "templates")]
fn rendering_takes_up_to_128_mib() {
    use peak_press::template::{Vars, render_template_file};
    let templates = [
        "{{ ([1] * 100000000) ~ '' }}",
        "{{ ('&' * 6000000) | e | e | e }}",
        "{{ (',' * 900000) | split(',') }}",
        "{{ ('a' * 3000000) | list }}",
        "{{ ('a' * 1000000) | replace('', 'b' * 1000000) }}",
        "{% set ns = namespace(x='abc') %}{% for i in range(60) %}\
         {% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% for i in range(50000) %}{{ 'x' * 1000 }}{% endfor %}",
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.yaml");
    for template in templates {
        std::fs::write(&path, template).unwrap();
        assert!(
            render_template_file(&path, &Vars::new()).is_err(),
            "{template}"
        );
        assert!(peak() < 128 * MIB, "{} MiB: {template}", peak() / MIB);
    }
}

fn reading_takes_up_to_160_bytes_for_each_byte_of_a_document() {
    let documents = [
        // The parser would keep these in memory as a whole.
        fill("[", "a,"),
        fill("[", ":,"),
        fill("- - {", "a:,"),
        fill("[", "\"\","),
        fill(&"[".repeat(200), "a,"),
        // Up to a million values.
        fill("a: [", "a,"),
        format!("a: [{}]", "{a},".repeat(499_000)),
        fill("a: &a {b: c}\nd:\n", "- <<: *a\n"),
        fill("", "&a "),
    ];
    for document in &documents {
        let _ = Parameters::from_yaml_str(document);
        let allowed = (4 * 160) * MIB;
        assert!(
            peak() < allowed,
            "{} MiB: {}",
            peak() / MIB,
            &document[..40]
        );
    }
}
