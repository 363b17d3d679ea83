//! Asks where the fleet is, when none was found around the current folder.

use std::path::PathBuf;

use super::talk::{Ended, Talk};
use super::watch;
use crate::problem::Problem;

/// What was said about the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    At(PathBuf),
    /// Rather a pretend one.
    Practice,
    Quit,
}

const QUESTION: &str = "\
No fleet was found here. A fleet is the git repository that holds the shared setup of your machines.
Where is your fleet? Type its folder, such as ~/fleet, or its git address.
You can also type practice to try it on a pretend fleet, help or quit. There is no suggestion here.";

const HELP: &str = "\
The folder is the one with a flake.nix in it. Whoever looks after your machine knows it.
A git address starts with https:// or ssh://, or looks like git@example.com:team/fleet.git.
It is copied into a new folder in your home first.";

/// Asks until `find` has found a fleet, or the person wants something else.
///
/// # Errors
/// Nothing more can be read.
pub fn whereabouts(
    talk: &mut dyn Talk,
    find: &mut dyn FnMut(&str) -> Result<PathBuf, Problem>,
) -> Result<Whereabouts, Ended> {
    talk.say(QUESTION);
    loop {
        let line = talk.ask()?;
        match line.as_str() {
            "quit" | "back" => return Ok(Whereabouts::Quit),
            "practice" => return Ok(Whereabouts::Practice),
            "help" => talk.say(HELP),
            "" | "rest" => talk.say("Type a folder, a git address, practice or quit."),
            text => match find(text.strip_prefix('=').unwrap_or(text)) {
                Ok(root) => return Ok(Whereabouts::At(root)),
                Err(problem) => {
                    watch::problem(&problem).iter().for_each(|line| talk.say(line));
                    talk.say("Where is your fleet?");
                }
            },
        }
    }
}
