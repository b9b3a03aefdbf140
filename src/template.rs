//! Request files that are Jinja templates. Needs the feature `templates`.
//!
//! The official command line renders every file with Jinja2 before it reads it, so that teams keep
//! one file for several stages. `from_template_file` of every request type reads such a file:
//!
//! ```no_run
//! use peak_press::template::Vars;
//! use peak_press::types::CreateSpec;
//!
//! // peak blocks specs create block.yaml -v vars.yaml -p version=1.10.0
//! let vars = Vars::new().set("version", "1.10.0").file("vars.yaml")?;
//! let request = CreateSpec::from_template_file("block.yaml", &vars)?;
//! # Ok::<(), peak_press::Error>(())
//! ```
//!
//! [`render_template_file`] returns the rendered text, for example to inspect it.
//!
//! # In a template
//!
//! All of Jinja2 that such files use: placeholders, `if`, `for`, `set`, `macro`, `include`,
//! `import`, `extends`, `raw`, comments, whitespace control, Jinja2's filters and tests, and the
//! common methods of Python's texts, lists and maps, such as `labels.get("team", "none")`.
//! [`Vars`] are its values; `os_env` is the environment, after [`Vars::env`].
//!
//! ```yaml
//! body:
//!   metadata:
//!     name: churn-{{ stage }}
//!   release:
//!     version: {{ version }}
//!   config:
//!     steps:
//!       {% for name in steps %}
//!       {{ name }}:
//!         {% include "step.yaml" %}
//!       {% endfor %}
//! ```
//!
//! The filters `center`, `forceescape`, `random`, `urlize`, `wordcount`, `wordwrap` and `xmlattr`
//! are missing, and so are Python's `%` on texts (the filter `format` does the same) and
//! `without context`, which is ignored.
//!
//! # Includes
//!
//! A file is looked up in the current folder, then beside each file read so far, in the order in
//! which they were read. All its lines are indented like its directive. On a line
//! `context: path` of an included file, the path is taken to be relative to that file, and is
//! rewritten to be relative to the root template's folder.
//!
//! # Compared with the official client
//!
//! | | official client | here |
//! |---|---|---|
//! | undefined name | empty text | an error that names the template, its line and the name; empty text after [`Vars::lenient`] |
//! | `version: {{ v }}` with `v: 1.10` in a file | `1.1` | `1.10`: [`Vars::file`] keeps the spelling |
//! | an include outside of the template's folder | read | not found, unless [`Vars::include_from`] allows it |
//! | files that include each other | a traceback | an error that names them |
//! | an error in the rendered YAML | no line, or one of the rendered text | the template's own file and line, where they are known |
//! | text after an include on its line | dropped | kept |
//! | quotes around the path of `context:` | dropped | kept |
//! | `os_env` | always there | after [`Vars::env`] |
//!
//! # Limits
//!
//! The files of a template may have 4 MiB together, and so may the rendered text. Up to 2,000 files
//! may be included or looked up. Includes may be nested 48 deep, lists and maps 150 levels, brackets
//! 40, and an expression may have 400 parts. Rendering may take 500,000 steps. A step is one of the
//! engine's, 64 bytes of text, or four values that an operator, a filter, a test or a function goes
//! through. Real templates stay far below that: 300 steps of a workflow with twenty values each take
//! some 50,000.
//!
//! Whatever a template and its values are, a release build therefore renders it in less than a
//! second and with less than 128 MiB of memory, or returns an error. How long it takes to read a
//! file is not bounded. A namespace cannot contain another one.
//!
//! # Errors
//!
//! [`Error::InvalidTemplate`](crate::Error::InvalidTemplate) for a template or an included file,
//! with its file and line; [`Error::InvalidYaml`](crate::Error::InvalidYaml) for the rendered text,
//! with the template's file and line:
//!
//! ```text
//! block.yaml: `version` is undefined: set it in `Vars`, or give it a default: `{{ version | default("") }}` (line 5)
//! step.yaml: body.config.steps.train.stepTimeout: expected a number or "@param:<name>", found "soon" (line 2)
//! ```

mod engine;
mod filters;
mod guard;
mod lines;
mod pay;
mod readers;
mod scan;
mod sources;
mod tokens;
mod vars;

use std::cell::OnceCell;
use std::path::Path;
use std::sync::Arc;

use minijinja::OutputSpan;

use crate::document::{self, Document};
use crate::error::Result;
use engine::Engine;
use lines::Traced;
use scan::Indenting;
use sources::Sources;

pub use vars::Vars;

/// Renders a template file to text.
///
/// The [module's page](self) describes what a template may contain, and its limits.
///
/// # Errors
///
/// [`Error::FileNotFound`](crate::Error::FileNotFound) and [`Error::File`](crate::Error::File) if
/// the template cannot be read. [`Error::InvalidTemplate`](crate::Error::InvalidTemplate) if it
/// cannot be rendered; the error has the template's file, the line, and the reason. An included file
/// that cannot be read is such an error too.
pub fn render_template_file(path: impl AsRef<Path>, vars: &Vars) -> Result<String> {
    Ok(Rendered::new(path.as_ref(), vars)?.text)
}

/// Reads a request from a template file.
fn read_template<T: Document>(path: &Path, vars: &Vars) -> Result<T> {
    let rendered = Rendered::new(path, vars)?;
    let traced = OnceCell::new();
    document::read_rendered(&rendered.text, &|line| {
        let traced = traced.get_or_init(|| rendered.trace(vars));
        match traced.origin(line) {
            Some(origin) => (rendered.sources.path(&origin.template), origin.line),
            None => (path.to_owned(), line),
        }
    })
}

/// A rendered template.
struct Rendered {
    text: String,
    spans: Vec<OutputSpan>,
    engine: Engine,
    sources: Arc<Sources>,
}

impl Rendered {
    fn new(path: &Path, vars: &Vars) -> Result<Self> {
        let sources = Arc::new(Sources::open(path, vars.allowed_folders())?);
        let engine = Engine::new(&sources, vars, Indenting::Filtered);
        let (text, spans) = engine.render()?;
        Ok(Self {
            text,
            spans,
            engine,
            sources,
        })
    }

    /// Maps the lines of the text to where they came from. To tell the lines of included files
    /// apart, the template is rendered again with marks around them. If the marks change the result,
    /// as when a template uses the length of an included text, those lines are attributed to their
    /// directive.
    fn trace(&self, vars: &Vars) -> Traced {
        let marked = Engine::new(&self.sources, vars, Indenting::Marked);
        if let Ok((output, spans)) = marked.render() {
            let traced = marked.trace(&output, &spans);
            if traced.text == self.text {
                return traced;
            }
        }
        self.engine.trace(&self.text, &self.spans)
    }
}
