//! `doorstep recipients add`.

use clap::Args;

use super::super::secrets::done;
use super::super::{Exit, Where, note, print};
use super::{Desk, Meant, rewrite};
use crate::host::Host;
use crate::problem::{Kind, Problem};
use crate::secrets::Store;
use crate::secrets::store::refused;
use crate::sops::config::edit::{self, Addition, Mode};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Name of the key, such as `zoe-quartz`
    name: String,
    /// The public key, `age1…` or `ssh-ed25519 …`
    recipient: String,
    /// The file to be opened with it, relative to the folder of `.sops.yaml`
    path: String,
    #[command(flatten)]
    at: Where,
    /// Print the whole new `.sops.yaml` and write nothing
    #[arg(long)]
    print: bool,
    /// Join the rule that wins for PATH, instead of a rule of one's own: every file under that rule
    /// can then be encrypted to NAME
    #[arg(long)]
    join: bool,
    /// With --join: agree to the files that it lists
    #[arg(long, requires = "join")]
    yes: bool,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let mut desk = Desk::open(&self.at, host)?;
        let store = desk.store()?.clone();
        let path = store.relative(&self.path, store.folder(), host)?;
        let addition = Addition {
            name: &self.name,
            recipient: &self.recipient,
            path: &path,
            admins: None,
            mode: if self.join { Mode::Join } else { Mode::OwnRule },
        };
        if self.join {
            self.agree(&store, &path, host)?;
        }
        let change = edit::add_person(&store.text, &addition).map_err(|refusal| {
            Problem::fleet(format!("`{}` is left as it is", host.short(&store.file)))
                .cause(format!("{refusal} ({})", refusal.id()))
        })?;
        let (after, notes) = match change {
            edit::Change::AlreadySo { .. } => (store.text.clone(), Vec::new()),
            edit::Change::Edited(edited) => (edited.text, edited.notes),
        };
        for said in notes {
            note(&format!("Note: {said}."));
        }
        let mut proved = true;
        if self.print {
            print(&after)?;
        } else if after != store.text {
            let (name, recipient) = (&self.name, self.recipient.trim());
            let meant = Meant { recipient, name, path: &path, reads: true };
            let carried = rewrite(&mut desk, &store, after, "Names one more key.", &meant)?;
            done(host, &carried, "Changed.");
            proved = carried.proved;
            if store.at(&path).is_file() {
                note("The file is encrypted for it by `doorstep secrets rekey`.");
            }
        } else {
            note("It is already so.");
        }
        Ok(if proved { Exit::Done } else { Exit::Failed })
    }

    /// Joining opens every file under the rule, so each is named and the default is no.
    fn agree(&self, store: &Store, path: &str, host: &Host) -> Result<(), Problem> {
        if !store.at(path).is_file() {
            return Err(Problem::user(format!(
                "`{path}` is not there, so there is nothing to share"
            ))
            .hint("leave out `--join` for a rule of their own"));
        }
        let shown = host.short(&store.file);
        let rule = store.config.winner(path).map_err(|e| refused(&store.file, host, e))?;
        let Some(rule) = rule else {
            return Err(Problem::fleet(format!("no rule of `{shown}` matches `{path}`")));
        };
        if self.yes {
            return Ok(());
        }
        let wins = |file: &str| {
            store
                .config
                .winner(file)
                .ok()
                .flatten()
                .is_some_and(|winner| winner.index == rule.index)
        };
        let mut problem =
            Problem::user(format!("{} would be able to open more than `{path}`", self.name))
                .of_kind(Kind::Answers)
                .hint("look at each of them, then add `--yes`");
        for file in store.files(&[]).into_iter().filter(|file| wins(&file.path)) {
            problem = problem.cause(file.path);
        }
        Err(problem)
    }
}
