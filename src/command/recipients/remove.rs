//! `doorstep recipients remove`.

use clap::Args;

use super::super::secrets::{done, no_private_key};
use super::super::{Exit, Where, note, print};
use super::{Desk, Meant, rewrite};
use crate::host::Host;
use crate::problem::Problem;
use crate::sops::config::edit::{Mode, Removal, remove_person};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The key's name in `.sops.yaml`, or the public key itself
    key: String,
    /// A file that they read, relative to the folder of `.sops.yaml`
    path: String,
    #[command(flatten)]
    at: Where,
    /// Print the whole new `.sops.yaml` and write nothing
    #[arg(long)]
    print: bool,
    /// Take the key out of the rule that wins for PATH, which others share; else the whole rule
    /// goes, which must be for PATH alone
    #[arg(long)]
    join: bool,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let mut desk = Desk::open(&self.at, host)?;
        no_private_key(&self.key)?;
        let store = desk.store()?.clone();
        let path = store.relative(&self.path, store.folder(), host)?;
        let named =
            store.config.keys.iter().find(|key| key.name.as_deref() == Some(self.key.as_str()));
        let recipient = named.map_or(self.key.trim(), |key| key.value.trim()).to_owned();
        let mode = if self.join { Mode::Join } else { Mode::OwnRule };
        let removal = Removal { recipient: &recipient, path: &path, mode };
        let after = remove_person(&store.text, &removal).map_err(|refusal| {
            Problem::fleet(format!("`{}` is left as it is", host.short(&store.file)))
                .cause(format!("{refusal} ({})", refusal.id()))
        })?;
        if self.print {
            print(&after)?;
            return Ok(Exit::Done);
        }
        let meant =
            Meant { recipient: &recipient, name: self.key.trim(), path: &path, reads: false };
        let carried = rewrite(&mut desk, &store, after, "Names one key less.", &meant)?;
        done(host, &carried, "Changed.");
        note(
            "Files are still encrypted for it until `doorstep secrets rekey --rotate`, and old revisions stay readable for it.",
        );
        Ok(if carried.proved { Exit::Done } else { Exit::Failed })
    }
}
