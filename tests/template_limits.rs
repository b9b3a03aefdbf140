//! The limits of rendering, with hostile templates, which they stop, and large ones, which they do not.

#![cfg(feature = "templates")]

use peak_press::template::{Vars, render_template_file};

fn render(template: &str, vars: &Vars) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("block.yaml");
    std::fs::write(&path, template).unwrap();
    render_template_file(&path, vars).map_err(|error| error.to_string())
}

/// Templates that would take all memory or never end, and the error of each.
#[test]
fn work_and_memory_are_bounded() {
    let stopped = "the template loops too often or makes too much text";
    let deep = "lists and maps are nested more than 150 levels deep";
    let long = "an expression or a chain of `elif` has more than 400 parts";
    let inside = "a namespace cannot hold another one: use a map";
    let nested = "template exceeds maximum recursion limits";
    let cases = [
        (
            stopped,
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        ),
        (
            stopped,
            "{% for i in range(50000) %}{{ 'x' * 1000 }}{% endfor %}",
        ),
        // Text that doubles, and methods and filters with large output.
        (
            stopped,
            "{% set ns = namespace(x='abc') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        ),
        (stopped, "{{ 'a' * 10000000000 }}"),
        (
            stopped,
            "{{ ('\\n' * 1000000) | indent(1000000, blank=true) }}",
        ),
        (stopped, "{{ 'a' | indent(99999999999, first=true) }}"),
        (
            stopped,
            "{{ 'a' | replace('', 'b' * 1000000) | replace('b', 'c' * 1000000) }}",
        ),
        (stopped, "{{ [1, [2]] | tojson(indent=1000000000) }}"),
        (stopped, "{{ '%9999999999d' | format(1) }}"),
        (stopped, "{{ '{:>9999999999}'.format('a') }}"),
        (stopped, "{{ '{:.99999999999999999999f}'.format(1.5) }}"),
        (stopped, "{{ ('{0}' * 100000).format('a' * 1000000) }}"),
        (stopped, "{{ ('a' * 1000000).strip('b' * 1000000) }}"),
        (stopped, "{{ ('a' * 1000000) | trim('b' * 1000000) }}"),
        (stopped, "{{ (',' * 9000000) | split(',') }}"),
        (stopped, "{{ (',' * 9000000).split(',') }}"),
        (stopped, "{{ ('\\n' * 9000000) | lines }}"),
        (stopped, "{{ ('&' * 6000000) | e | e | e }}"),
        (stopped, "{{ [1] | batch(1000000000, 0) }}"),
        // Nested or repeated lists, in every construct that walks through them.
        (
            stopped,
            "{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}",
        ),
        (
            stopped,
            "{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}",
        ),
        (
            stopped,
            "{% macro m(a, n) %}{{ m([a, a], n - 1) }}{% endmacro %}{{ m([1], 60) }}",
        ),
        (
            stopped,
            "{% for x in [[1]] recursive %}{{ loop([[x, x]]) }}{% endfor %}",
        ),
        (stopped, "{% set a = [1] * 100000000 %}"),
        (stopped, "{{ ([1] * 100000000) ~ '' }}"),
        (stopped, "{{ ([1] * 100000000) + [1] }}"),
        (
            stopped,
            "{{ [[1] * 100000000] * 100000000 == [[1] * 100000000] * 100000000 }}",
        ),
        (stopped, "{{ 1 < [1] * 100000000 }}"),
        (stopped, "{{ ([1] * 100000000) in 'abc' }}"),
        (stopped, "{{ 'a' is in ([1] * 100000000) }}"),
        (stopped, "{{ ([1] * 100000000) is startingwith 'a' }}"),
        (stopped, "{{ ([1] * 100000000).count(1) }}"),
        (stopped, "{{ {([1] * 100000000): 1} }}"),
        (stopped, "{{ {1: 1}[[1] * 100000000] }}"),
        (
            stopped,
            "{% for i in range(99999) %}{% set x = ([1] * 100000000)[99999999:] %}{% endfor %}",
        ),
        (stopped, "{{ ([1] * 100000000) | string }}"),
        (stopped, "{{ ([1] * 100000000) | join }}"),
        (stopped, "{{ ([1] * 100000000) | pprint }}"),
        (stopped, "{{ ([1] * 100000000) | sort }}"),
        (stopped, "{{ ([1] * 100000000) | map('string') | list }}"),
        (stopped, "{{ '%s' | format([1] * 100000000) }}"),
        (
            stopped,
            "{{ '{}'.format([range(100000) | list] * 100000) }}",
        ),
        (stopped, "{{ ','.join(['x' * 1000] * 10000000) }}"),
        (stopped, "{{ [range(100000) | list] * 100000 }}"),
        (stopped, "{{ ([range(100000) | list] * 100000) | tojson }}"),
        (stopped, "{{ cycler(*([1] * 100000000)).next() }}"),
        (
            stopped,
            "{% filter upper %}{{ [range(100000) | list] * 100000 }}{% endfilter %}",
        ),
        (
            stopped,
            "{% autoescape true %}{{ [range(100000) | list] * 100000 }}{% endautoescape %}",
        ),
        (
            stopped,
            "{% set ns = namespace(a=[1]) %}{% for i in range(90000) %}{% set ns.a = ns.a[:] %}{% endfor %}",
        ),
        (
            stopped,
            "{% set ns = namespace(a=[1]) %}{% for i in range(90000) %}{% set ns.a = ns.a * 1 %}{% endfor %}",
        ),
        // Expressions that would overflow the engine's stack.
        (
            deep,
            "{% set ns = namespace(a=[1]) %}{% for i in range(99999) %}{% set ns.a = [ns.a] %}{% endfor %}",
        ),
        (
            inside,
            "{% set ns = namespace(cur=namespace()) %}{% for i in range(50000) %}\
             {% set n = namespace() %}{% set cur = ns.cur %}{% set cur.x = n %}\
             {% set ns.cur = n %}{% endfor %}",
        ),
        (
            inside,
            "{% set ns = namespace() %}{% set ns.a = [{'b': ns}] %}",
        ),
        (
            deep,
            "{% for i in range(999) recursive %}{% set it = dict(a=it | default(1)) %}{{ loop([it]) }}{% endfor %}",
        ),
        (
            "includes, macros or loops are nested too deep",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        ),
        (
            "the templates include each other",
            "{% include 'block.yaml' %}",
        ),
        (
            long,
            &format!("{{{{ {}1{} }}}}", "(".repeat(300), ")".repeat(300)),
        ),
        (
            "is not closed",
            &format!("{{{{ 'a'{}", ".split('b'".repeat(140)),
        ),
        (nested, &"{% if true %}".repeat(100_000)),
        (long, &format!("{{{{ {}1 }}}}", "1 + ".repeat(20_000))),
        (long, &format!("{{{{ {}1 }}}}", "-".repeat(20_000))),
        (long, &format!("{{{{ {}1 }}}}", "not ".repeat(20_000))),
        (long, &format!("{{{{ a{} }}}}", ".a".repeat(20_000))),
        (long, &format!("{{{{ a{} }}}}", " | abs".repeat(20_000))),
        (
            long,
            &format!("{{{{ a{} }}}}", " if a else a".repeat(5_000)),
        ),
        (
            long,
            &format!("{{{{ {}1{} }}}}", "(1 + ".repeat(5_000), ")".repeat(5_000)),
        ),
        (
            long,
            &format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(5_000)),
        ),
        // Many includes: their columns are computed, and their files are looked up.
        (
            stopped,
            &"{% include 'block.yaml' if false else [] %}".repeat(60_000),
        ),
        (
            "more than 2000 files are included or looked for",
            "{% for i in range(9999) %}{% include 'none' ~ i ignore missing %}{% endfor %}",
        ),
        // Numbers that would overflow in the engine.
        (
            "the numbers of `range` are too large",
            "{{ range(9223372036854775807, -9223372036854775807, -1) }}",
        ),
        (
            "the number is too small",
            "{{ [1][::-9223372036854775808] }}",
        ),
        (
            "the template's files are larger than 4 MiB",
            &"x".repeat(5 << 20),
        ),
    ];
    let mut wrong = Vec::new();
    for (expected, template) in cases {
        let start = &template[..template.len().min(100)];
        match render(template, &Vars::new()) {
            Ok(text) => wrong.push(format!("{start}: rendered, {} bytes", text.len())),
            Err(error) if error.contains(expected) => {}
            Err(error) => wrong.push(format!("{start}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The largest templates that people write stay far below the limits.
#[test]
fn a_large_template_is_rendered() {
    let steps = "{% set ns = namespace(names=[]) %}{% for i in range(300) %}\
                 {% set ns.names = ns.names + ['step-' ~ i] %}{% endfor %}\
                 {% for name in ns.names %}{{ name }}:\n  {% if name in ns.names and loop.index > 0 %}\
                 command: 'python {{ name | upper | replace('-', '_') }}.py'{% endif %}\n{% endfor %}";
    let text = render(steps, &Vars::new()).unwrap();
    assert_eq!(text.lines().count(), 600);

    let list = format!("{{{{ [{}] | length }}}}", "'a', ".repeat(10_000));
    assert_eq!(render(&list, &Vars::new()).unwrap(), "10000");

    let vars = Vars::new().set("text", "x".repeat(1 << 20));
    let text = render("a: |\n  {{ text | trim | indent(2) }}", &vars);
    assert_eq!(text.unwrap().len(), 7 + (1 << 20));
}
