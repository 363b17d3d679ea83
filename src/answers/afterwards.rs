//! What happens once the files are written: the commit, and the update of the machines.

use serde::{Deserialize, Serialize};

/// Whether git gets a commit of exactly what the plan wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commit {
    /// Files are left for somebody to look at and commit.
    #[default]
    No,
    /// On the branch that is checked out.
    One,
    /// On a new branch of this name.
    Branch(String),
}

/// Whether the machines are updated at the end of the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deploy {
    #[default]
    Later,
    Now,
}

/// What becomes of the other machines when one cannot be updated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfFailed {
    #[default]
    Stop,
    GoOn,
}
