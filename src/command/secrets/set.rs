//! `doorstep secrets set`: one value, put in place; every other byte of the file stays.

use clap::Args;

use super::super::{Exit, Where};
use super::Desk;
use super::asking::Source;
use super::desk::{One, done, now};
use crate::host::Host;
use crate::problem::Problem;
use crate::run::shell_word;
use crate::sops::edit::path_of;
use crate::sops::{Format, Step};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file
    file: String,
    /// The value's name: `a/b` is key `b` below `a`; sops' form `["a"]["b"]` does as well. A binary
    /// file needs none
    key: Option<String>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    at: Where,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        // Before any child is started, which could read our arguments.
        self.key.iter().try_for_each(|key| super::desk::no_private_key(key))?;
        let mut desk = Desk::open(&self.at, host)?;
        let target = desk.target(&self.file)?;
        let text = desk.read(&target)?;
        let unlocked = desk.unlocked(&target, &text)?;
        let refused = |e| Problem::fleet(format!("`{}` is left as it is", target.shown)).cause(e);
        let (at, name) = match (&self.key, target.format) {
            (None, Format::Binary) => (vec![Step::Key("data".to_owned())], target.shown.clone()),
            (Some(key), _) => (path_of(key, unlocked.file()).map_err(refused)?, key.clone()),
            (None, _) => {
                return Err(Problem::user(format!("which value of `{}` is meant", target.shown))
                    .hint("give its name after the file"));
            }
        };
        let value = self.source.value(&name, host)?;
        let after = unlocked.set(&at, &value, now()).map_err(refused)?;
        drop(value);
        let step = One {
            id: "secret",
            title: "Set a secret".to_owned(),
            why: format!("Sets {name}."),
            by_hand: vec![format!("sops {}", shell_word(&target.shown))],
        };
        let carried = desk.change(&target, step, Some(text.clone()), after)?;
        done(host, &carried, &format!("{name} is set."));
        Ok(if carried.proved { Exit::Done } else { Exit::Failed })
    }
}
