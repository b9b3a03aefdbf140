//! The methods that read requests from files and text, which `build.rs` writes.

use std::path::Path;

use super::problem::Problem;
use super::source::{Origin, Source, read_text};
use super::unknown::{FindUnknown, Unknown};
use super::write::{to_yaml, write};
use super::{Document, Layout, problems, read};
use crate::error::Result;
use crate::types::*;

fn read_file<T: Document>(path: &Path) -> Result<T> {
    let text = read_text(path)?;
    read(Source::yaml(&text, Origin::File(path)))
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));
