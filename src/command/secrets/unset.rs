//! `doorstep secrets unset`: a value or a branch of values, taken out.

use clap::Args;

use super::super::{Exit, Where};
use super::Desk;
use super::desk::{One, done, now};
use crate::host::Host;
use crate::problem::Problem;
use crate::run::shell_word;
use crate::sops::edit::path_of;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file
    file: String,
    /// The name of a value, or of a mapping or list with all that is in it
    key: String,
    #[command(flatten)]
    at: Where,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        super::desk::no_private_key(&self.key)?;
        let mut desk = Desk::open(&self.at, host)?;
        let target = desk.target(&self.file)?;
        let text = desk.read(&target)?;
        let unlocked = desk.unlocked(&target, &text)?;
        let refused = |e| Problem::fleet(format!("`{}` is left as it is", target.shown)).cause(e);
        let at = path_of(&self.key, unlocked.file()).map_err(refused)?;
        let after = unlocked.unset(&at, now()).map_err(refused)?;
        let step = One {
            id: "secret",
            title: "Take out a secret".to_owned(),
            why: format!("Takes out {}.", self.key),
            by_hand: vec![format!("sops {}", shell_word(&target.shown))],
        };
        let carried = desk.change(&target, step, Some(text.clone()), after)?;
        done(host, &carried, &format!("{} is gone.", self.key));
        Ok(if carried.proved { Exit::Done } else { Exit::Failed })
    }
}
