//! Files that are Jinja templates. Feature `templates`.

mod engine;
mod lines;
mod scan;
mod sources;
mod vars;

use std::path::Path;
use std::sync::Arc;

use engine::Engine;
use scan::Indenting;
use sources::Sources;

use crate::error::Result;

pub use vars::Vars;

/// Renders a template file, and gives the text.
pub fn render_template_file(path: impl AsRef<Path>, vars: &Vars) -> Result<String> {
    let sources = Arc::new(Sources::open(path.as_ref(), vars.allowed_folders())?);
    let engine = Engine::new(&sources, vars.values(), vars.undefined_behavior(), Indenting::Filtered);
    Ok(engine.render()?.0)
}
