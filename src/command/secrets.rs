//! `doorstep secrets`: the encrypted files, looked at and changed without sops.
//!
//! One file a verb. A value comes from a hidden prompt, standard input or a file, never from the
//! command line, where every other program could read it; it goes to a terminal only when asked.

pub(super) mod asking;
mod check;
mod desk;
mod edit;
mod list;
mod new;
mod rekey;
mod set;
mod show;
mod unset;

use clap::Subcommand;

use super::Exit;
use crate::host::Host;
use crate::problem::Problem;

pub(super) use desk::{Desk, Target, done, no_private_key};
pub(super) use rekey::resume;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The encrypted files, the names in them and who can read them; no values
    List(list::Options),
    /// Print a value
    Show(show::Options),
    /// Put a value into a file; asks for it
    Set(set::Options),
    /// Take a value out of a file
    Unset(unset::Options),
    /// Change a file in your editor, in memory alone
    Edit(edit::Options),
    /// Open files with the keys that sops would use, and verify them
    Check(check::Options),
    /// Make an encrypted file for whom its rule names
    New(new::Options),
    /// Encrypt again what differs from the rules of `.sops.yaml`
    Rekey(rekey::Options),
}

impl Verb {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::List(o) => o.json,
            Self::Check(o) => o.json,
            Self::Rekey(o) => o.json,
            Self::Show(_) | Self::Set(_) | Self::Unset(_) | Self::Edit(_) | Self::New(_) => false,
        }
    }
}

pub(crate) fn run(verb: &Verb, host: &Host) -> Result<Exit, Problem> {
    match verb {
        Verb::List(options) => options.run(host),
        Verb::Show(options) => options.run(host),
        Verb::Set(options) => options.run(host),
        Verb::Unset(options) => options.run(host),
        Verb::Edit(options) => options.run(host),
        Verb::Check(options) => options.run(host),
        Verb::New(options) => options.run(host),
        Verb::Rekey(options) => options.run(host),
    }
}
