//! Switches a whole machine to a system that is built, and says what runs afterwards.
//!
//! It is not taken back by undo: that takes an administrator, and other people's work may have been
//! switched with it. The generation before stays, and going back to it is a plan of its own.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::coming::Coming;
use super::follow::follow;
use super::kept_log::KeptLog;
use crate::apply::Attend;
use crate::event::Event;
use crate::problem::Problem;
use crate::run::{Command, Runner};

/// What is needed to switch this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    pub machine: String,
    pub command: Command,
    /// Link to the built system. `None`: `command` finds it by itself.
    pub package: Option<PathBuf>,
    /// The link to the system that runs.
    pub profile: PathBuf,
}

impl Switch {
    /// The system that runs now. A switch that ends badly may have put its own in place all the same:
    /// NixOS ends with 4 where only units have failed (switch-to-configuration-ng/src/main.rs).
    pub(crate) fn runs(&self) -> Option<PathBuf> {
        fs::canonicalize(&self.profile).ok()
    }
}

/// The facts of one switch, as its receipt keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) machine: String,
    pub(super) previous: Option<PathBuf>,
    /// `None` while it runs.
    pub(super) generation: Option<PathBuf>,
}

/// Switches. `record` writes a fact down and syncs it; it is called once before and once after.
pub fn switch(
    switch: &Switch,
    step: &'static str,
    runner: &mut dyn Runner,
    attend: &mut dyn Attend,
    log: &mut KeptLog,
    record: &mut dyn FnMut(serde_json::Value) -> Result<(), Problem>,
) -> Result<PathBuf, Problem> {
    let previous = switch.runs();
    let package = switch.package.as_ref().map(super::resolve).transpose()?;
    if let Some(package) = &package {
        let coming = Coming::look(package, previous.as_deref(), runner);
        super::show(&coming, attend)?;
    }
    let mut facts =
        Record { machine: switch.machine.clone(), previous: previous.clone(), generation: None };
    record(super::as_json(&facts)?)?;
    follow(&switch.command, step, runner, attend, log)?;
    let now = fs::canonicalize(&switch.profile).map_err(|e| {
        Problem::tool("the switch ended well, but no system is active")
            .cause(format!("`{}`: {e}", switch.profile.display()))
    })?;
    let is_another = package.is_some_and(|package| package != now);
    if is_another && previous.as_ref() == Some(&now) {
        let what = format!("the switch ended well, but {} runs what it ran before", switch.machine);
        return Err(
            Problem::tool(what).cause(format!("`{}` leads to it", switch.profile.display()))
        );
    }
    facts.generation = Some(now.clone());
    record(super::as_json(&facts)?)?;
    if is_another {
        attend.event(Event::Said(format!(
            "{} runs another system than the one that was built here.",
            switch.machine
        )));
    }
    Ok(now)
}
