//! The conversation: prompts drive the same core.

use std::path::Path;

use super::{Exit, onboard::Options};
use crate::host::Host;
use crate::problem::Problem;

pub(crate) fn run(_: &Options, _: &Host, _: &Path, _: bool) -> Result<Exit, Problem> {
    Err(Problem::bug("not there yet"))
}

pub(crate) fn start_afresh(_: &str) -> Result<bool, Problem> {
    Ok(true)
}
