//! This machine, looked at.

use std::path::PathBuf;

use super::{Answer, Machine, Query};
use crate::host::Host;
use crate::run::Runner;

/// The machine that doorstep runs on.
pub struct Here<'h> {
    host: &'h Host,
    root: Option<PathBuf>,
    runner: &'h mut dyn Runner,
}

impl<'h> Here<'h> {
    /// `root`: the fleet's folder, when one is known.
    pub fn new(host: &'h Host, root: Option<PathBuf>, runner: &'h mut dyn Runner) -> Self {
        Self { host, root, runner }
    }
}

impl Machine for Here<'_> {
    fn look(&mut self, query: &Query) -> Answer {
        let _ = (&self.host, &self.root, &mut self.runner, query);
        Answer::unknown("this is not looked at yet")
    }
}
