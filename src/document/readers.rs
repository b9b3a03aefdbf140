//! The methods that read requests from files and text.

use std::path::Path;

use serde_json::{Map, Value};

use super::source::{Source, read_text};
use super::unknown::{FindUnknown, Unknown};
use super::{Document, Layout, read_document};
use crate::error::Result;
use crate::types::*;

include!(concat!(env!("OUT_DIR"), "/files.rs"));
