//! `doorstep answers`: an example of an answers file.

use super::{Exit, print};
use crate::problem::Problem;

pub(crate) fn run() -> Result<Exit, Problem> {
    print(&crate::answers::file::example())?;
    Ok(Exit::Done)
}
