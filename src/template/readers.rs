//! The methods that read requests from templates.

use std::path::Path;

use super::{Vars, read_template};
use crate::error::Result;
use crate::types::*;

include!(concat!(env!("OUT_DIR"), "/templates.rs"));
