//! The methods that read requests from files and text, which `build.rs` writes.

use std::path::Path;

use super::source::{Origin, Source, read_text};
use super::unknown::{FindUnknown, Unknown};
use super::{Document, Layout, read};
use crate::error::Result;
use crate::types::*;

include!(concat!(env!("OUT_DIR"), "/files.rs"));
