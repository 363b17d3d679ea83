//! Puts a built home in place, checks that it is, and takes it back.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::run::Command;

/// What is needed to put a built home in place; facts about before are taken when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Puts it in place: the package's own `activate`, or a tool that builds and activates.
    pub command: Command,
    /// Link to the built package, made by the build step. `None` when `command` builds by itself.
    pub package: Option<PathBuf>,
    /// The person's home folder.
    pub home: PathBuf,
    /// Their `XDG_STATE_HOME`: home-manager keeps its profile in `nix/profiles` below it.
    pub state: PathBuf,
}

/// A file of the person's own where the new home brings its own version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InTheWay {
    /// Absolute.
    pub file: PathBuf,
    /// Where it goes first. `None`: home-manager never backs up a foreign symlink, so it stops.
    pub kept_as: Option<PathBuf>,
}

/// What to do about files in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InTheWayChoice {
    Keep,
    #[default]
    Stop,
}
