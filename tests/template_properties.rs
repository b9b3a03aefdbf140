//! Compares templates with simple models of their rules.

#![cfg(feature = "templates")]

use std::path::PathBuf;

use peak_press::Error;
use peak_press::template::{Vars, render_template_file};
use peak_press::types::Parameters;
use proptest::prelude::*;

/// A file that includes the next one between a prefix and a suffix.
#[derive(Clone, Debug)]
struct Including {
    before: String,
    prefix: String,
    suffix: String,
    after: String,
}

fn including() -> impl Strategy<Value = Including> {
    let text = "[a-d:#é \\-\n]{0,20}";
    (text, "[a-d:é \\-\t]{0,9}", "[a-d: ]{0,5}", text).prop_map(
        |(before, prefix, suffix, after)| Including {
            before,
            prefix,
            suffix,
            after,
        },
    )
}

/// The expected text: an included text is indented like its directive, except its first line and empty
/// lines, and a file's final newline is dropped.
fn rendered(files: &[Including]) -> String {
    let [file, included @ ..] = files else {
        return String::new();
    };
    let column = file.prefix.chars().count();
    let included = rendered(included);
    let mut lines = included.split('\n');
    let mut block = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let margin = if line.is_empty() { 0 } else { column };
        block += &format!("\n{}{line}", " ".repeat(margin));
    }
    let text = source(file, &block);
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

/// A file with this text in place of its include.
fn source(file: &Including, included: &str) -> String {
    let Including {
        before,
        prefix,
        suffix,
        after,
    } = file;
    format!("{before}\n{prefix}{included}{suffix}\n{after}")
}

/// A part of a template on its own lines, which renders to entries of a map.
#[derive(Clone, Debug)]
enum Piece {
    Entry,
    Blank,
    Comment(usize),
    Set,
    Loop(usize),
    If(bool, Vec<Piece>),
    Include(Vec<Piece>),
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let leaf = prop_oneof![
        4 => Just(Piece::Entry),
        1 => Just(Piece::Blank),
        1 => (0..3_usize).prop_map(Piece::Comment),
        1 => Just(Piece::Set),
        1 => (0..4_usize).prop_map(Piece::Loop),
    ];
    let piece = leaf.prop_recursive(4, 40, 6, |inner| {
        let several = prop::collection::vec(inner, 0..6);
        prop_oneof![
            (any::<bool>(), several.clone()).prop_map(|(holds, inside)| Piece::If(holds, inside)),
            several.prop_map(Piece::Include),
        ]
    });
    prop::collection::vec(piece, 1..8)
}

/// The files of a template, and the locations of the entries that it renders.
#[derive(Default)]
struct Written {
    files: Vec<Vec<String>>,
    entries: Vec<(usize, usize)>,
    keys: usize,
}

impl Written {
    fn file(&mut self, margin: &str, first: &str, pieces: &[Piece]) -> usize {
        let file = self.files.len();
        self.files.push(vec![first.to_owned()]);
        self.pieces(file, margin, pieces, true);
        file
    }

    fn pieces(&mut self, file: usize, margin: &str, pieces: &[Piece], is_rendered: bool) {
        for piece in pieces {
            self.keys += 1;
            let key = format!("k{}", self.keys);
            match piece {
                Piece::Entry => {
                    if is_rendered {
                        self.entries.push((file, self.files[file].len()));
                    }
                    self.line(file, format!("{margin}{key}: 1"));
                }
                Piece::Blank => self.line(file, String::new()),
                Piece::Comment(lines) => {
                    self.line(file, "{# a".into());
                    (0..*lines).for_each(|_| self.line(file, "comment".into()));
                    self.line(file, "#}".into());
                }
                Piece::Set => self.line(file, format!("{{% set {key} = 1 %}}")),
                Piece::Loop(count) => {
                    self.line(file, format!("{{% for i in range({count}) %}}"));
                    self.line(file, format!("{margin}{key}_{{{{ i }}}}: {{{{ i }}}}"));
                    self.line(file, "{% endfor %}".into());
                }
                Piece::If(holds, inside) => {
                    self.line(file, format!("{{% if {holds} %}}"));
                    self.pieces(file, margin, inside, is_rendered && *holds);
                    self.line(file, "{% endif %}".into());
                }
                Piece::Include(inside) if is_rendered => {
                    let included = self.file("", &format!("{key}: 1"), inside);
                    self.line(file, format!("{margin}{{% include '{included}.yaml' %}}"));
                }
                Piece::Include(_) => {}
            }
        }
    }

    fn line(&mut self, file: usize, line: String) {
        self.files[file].push(line);
    }
}

fn write(files: impl IntoIterator<Item = String>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (number, text) in files.into_iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.yaml")), text).unwrap();
    }
    let root = folder.path().join("0.yaml");
    (folder, root)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn an_included_file_is_indented_like_its_directive(
        files in prop::collection::vec(including(), 1..6)
    ) {
        let last = files.len() - 1;
        let directive = |number: usize| match number {
            number if number == last => String::new(),
            number => format!("{{% include '{}.yaml' %}}", number + 1),
        };
        let sources = files.iter().enumerate();
        let (_folder, root) = write(sources.map(|(number, file)| source(file, &directive(number))));
        let text = render_template_file(root, &Vars::new()).unwrap();
        prop_assert_eq!(text, rendered(&files));
    }

    #[test]
    fn an_error_in_the_rendered_text_names_the_file_and_line_of_its_template(
        pieces in pieces(), at in any::<prop::sample::Index>()
    ) {
        let mut written = Written::default();
        written.file("  ", "body:", &pieces);
        prop_assume!(!written.entries.is_empty());
        let (file, line) = *at.get(&written.entries);
        let entry = &mut written.files[file][line];
        *entry = entry.replace(": 1", ": .nan");
        let (folder, root) = write(written.files.iter().map(|lines| lines.join("\n") + "\n"));

        let error = Parameters::from_template_file(root, &Vars::new()).unwrap_err();
        let Error::InvalidYaml(error) = error else {
            panic!("{error}");
        };
        let expected = folder.path().join(format!("{file}.yaml"));
        prop_assert_eq!(error.file.as_ref(), Some(&expected), "{}", error);
        prop_assert_eq!(error.line, Some(line + 1), "{}", error);
    }
}
