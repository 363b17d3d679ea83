//! `doorstep secrets rekey`: every file for whom its rule names, as one plan.

use std::fs;
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::super::{Exit, Where, note, print};
use super::Desk;
use super::asking::agreed;
use super::desk::{done, now, recipients_of};
use crate::counted::counted;
use crate::files::Fingerprint;
use crate::front::sanitise;
use crate::host::Host;
use crate::problem::Problem;
use crate::receipt::{Fact, Receipt};
use crate::secrets::matrix::short;
use crate::secrets::rekey::{Changed, Wish};
use crate::secrets::{Asked, Carried, Rekey, Store};
use crate::sops::config::Config;

/// How many files that change alike are named.
const MOST_FILES: usize = 12;

/// How many names of values a list shows of one file.
const MOST_NAMES: usize = 12;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Files or folders [default: every encrypted file below the folder of `.sops.yaml`]
    paths: Vec<String>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Under new data keys: whoever is removed cannot use one that they kept. Files that are named
    /// get one even if their readers stay
    #[arg(long)]
    rotate: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    at: Where,
    /// Print one JSON object on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let mut desk = Desk::open(&self.at, host)?;
        let store = desk.store()?.clone();
        let only = desk.below(&self.paths)?;
        let rekey = made(&mut desk, &store, &only, self.rotate);
        let told = Told { rekey: &rekey, config: &store.config, dry: self.dry_run };
        let mut carried = None;
        if !self.json {
            print(&told.words())?;
        }
        if !self.dry_run && !rekey.changed.is_empty() {
            let question = match rekey.changed.len() {
                1 => "Encrypt this file again?".to_owned(),
                n => format!("Encrypt these {n} files again?"),
            };
            if !agreed(&question, self.yes)? {
                note("Nothing is changed.");
                return Ok(Exit::Done);
            }
            let config = store.file.clone();
            let asked = Asked::Rekey { config, only, rotate: self.rotate };
            carried = Some(carry(&mut desk, &store, &rekey, &asked, None)?);
        }
        if self.json {
            print(&format!("{}\n", told.json(carried.as_ref(), host)))?;
        } else if let Some(carried) = &carried {
            done(host, carried, &format!("{} encrypted again.", files(rekey.changed.len())));
            told.afterwards().iter().for_each(|line| note(line));
        }
        let proved = carried.is_none_or(|carried| carried.proved);
        Ok(if proved && rekey.refused.is_empty() { Exit::Done } else { Exit::Failed })
    }
}

/// Goes on with a run that was stopped.
pub(crate) fn resume(asked: &Asked, receipt: &Receipt, host: &Host) -> Result<Exit, Problem> {
    let root = receipt.header.fleet.display().to_string();
    let at = Where { fleet: Some(root) };
    let mut desk = Desk::open(&at, host)?;
    let (config, only, rotate) = match asked {
        Asked::Rekey { config, only, rotate } => (config, &only[..], *rotate),
        Asked::Edit => {
            // A single change is there or it is not; what it left half-written is cleaned up.
            let bounds = receipt.header.bounds.clone();
            let plan = crate::plan::Plan { bounds, ..Default::default() };
            let root = &receipt.header.fleet;
            desk.carry_out(&plan, root, asked, &Vec::new, Some(&receipt.path))?;
            note(
                "There is nothing to go on with: look at the file, and run the command again if need be.",
            );
            return Ok(Exit::Done);
        }
    };
    let store = Store::read(config, host)?;
    // With a new data key for files that were named, what is done would be done again.
    let rest: Vec<String> = match rotate && !only.is_empty() {
        true => {
            let files = store.files(only).into_iter().map(|file| file.path);
            files.filter(|path| !changed_by(receipt, &store.at(path))).collect()
        }
        false => only.to_vec(),
    };
    let rekey = match rotate && !only.is_empty() && rest.is_empty() {
        true => Rekey::default(),
        false => made(&mut desk, &store, &rest, rotate),
    };
    note(&format!("Going on with the run of {}.", receipt.header.started));
    let carried = carry(&mut desk, &store, &rekey, asked, Some(&receipt.path))?;
    let told = Told { rekey: &rekey, config: &store.config, dry: false };
    done(host, &carried, &format!("{} encrypted again.", files(rekey.changed.len())));
    told.afterwards().iter().for_each(|line| note(line));
    Ok(if carried.proved && rekey.refused.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Whether this run has changed the file. The file itself says it: records of a run that was cut
/// off may be open, or closed while the disk did not keep what they say.
fn changed_by(receipt: &Receipt, file: &Path) -> bool {
    let changes = receipt.changes().into_iter().filter(|change| !change.undone);
    let mut afters = changes.rev().filter_map(|change| match change.change {
        Fact::Edit { path, after, .. } if path == file => Some(after),
        _ => None,
    });
    let now = fs::read(file).unwrap_or_default();
    afters.next().is_some_and(|after| Fingerprint::of(&now, after.mode).same_content(&after))
}

/// With the keys that are open; protected ones only if files need them.
fn made(desk: &mut Desk<'_>, store: &Store, only: &[String], rotate: bool) -> Rekey {
    loop {
        let rekey = Rekey::make(store, desk.ring(), &Wish { only, rotate }, now());
        let closed = rekey.refused.iter().filter(|refused| refused.no_key);
        let mut recipients: Vec<String> = closed
            .filter_map(|refused| store.look(&refused.path))
            .flat_map(|file| recipients_of(&file.text))
            .collect();
        recipients.sort_unstable();
        recipients.dedup();
        if recipients.is_empty() || !desk.more_keys(&recipients) {
            return rekey;
        }
    }
}

fn carry(
    desk: &mut Desk<'_>,
    store: &Store,
    rekey: &Rekey,
    asked: &Asked,
    resuming: Option<&Path>,
) -> Result<Carried, Problem> {
    let ring = crate::secrets::Keyring::of(desk.ring().keys.clone());
    let mut plan = rekey.plan(store);
    plan.bounds = vec![store.folder().to_owned()];
    let prove = || rekey.proof(store, &ring);
    desk.carry_out(&plan, store.folder(), asked, &prove, resuming)
}

/// What is said of it.
struct Told<'a> {
    rekey: &'a Rekey,
    config: &'a Config,
    dry: bool,
}

impl Told<'_> {
    fn name(&self, recipient: &str) -> String {
        let key = self.config.key_of(recipient).and_then(|key| key.name.clone());
        key.unwrap_or_else(|| short(recipient))
    }

    /// Who can read what, before and after.
    fn words(&self) -> String {
        let rekey = self.rekey;
        let mut out = String::new();
        for alike in self.alike() {
            let shown = if alike.len() > MOST_FILES + 1 { MOST_FILES } else { alike.len() };
            for changed in &alike[..shown] {
                out.push_str(&format!("{}\n", changed.path));
            }
            if shown < alike.len() {
                out.push_str(&format!("and {} more files\n", alike.len() - shown));
            }
            if let Some(first) = alike.first() {
                self.who(first, &mut out);
            }
        }
        for refused in &rekey.refused {
            out.push_str(&format!("{}\n  ! stays as it is: {}\n", refused.path, refused.why));
        }
        for path in &rekey.unruled {
            out.push_str(&format!("{path}\n  ! no rule covers it, so it stays as it is\n"));
        }
        let as_said = match (rekey.settled, rekey.changed.len()) {
            (0, 0) if rekey.refused.is_empty() && rekey.unruled.is_empty() => {
                "No encrypted files in this fleet.".to_owned()
            }
            (settled, 0) => {
                format!("{} as the rules say. Nothing to encrypt again.", files(settled))
            }
            (settled, n) => format!("{n} to encrypt again, {settled} as the rules say."),
        };
        out.push_str(&as_said);
        out.push('\n');
        if self.dry {
            for line in self.afterwards() {
                out.push_str(&line);
                out.push('\n');
            }
        }
        out.lines().map(|line| format!("{}\n", sanitise(line))).collect()
    }

    /// Neighbours that change in the same way.
    fn alike(&self) -> Vec<&[Changed]> {
        let same =
            |a: &Changed, b: &Changed| a.difference == b.difference && a.rotated == b.rotated;
        self.rekey.changed.chunk_by(same).collect()
    }

    /// Who gains and who loses.
    fn who(&self, changed: &Changed, out: &mut String) {
        for recipient in &changed.difference.added {
            out.push_str(&format!("  + {}   can read it afterwards\n", self.name(recipient)));
        }
        for recipient in &changed.difference.removed {
            out.push_str(&format!("  - {}   can no longer\n", self.name(recipient)));
        }
        if changed.difference.regrouped {
            out.push_str("    the groups of keys become those of the rule\n");
        }
        if changed.rotated {
            out.push_str("    under a new data key\n");
        }
    }

    /// What a removal does not do, and what is to be replaced.
    fn afterwards(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let known: Vec<&Changed> = self.rekey.known_to_removed().collect();
        if known.is_empty() {
            return lines;
        }
        lines.push(
            "Whoever was removed can still read old revisions in git, and may have kept what they read. Replace these values:".to_owned(),
        );
        for changed in &known {
            let more = changed.values.len().saturating_sub(MOST_NAMES);
            let mut names =
                changed.values.iter().take(MOST_NAMES).cloned().collect::<Vec<_>>().join(", ");
            if more > 0 {
                names.push_str(&format!(" and {more} more"));
            }
            lines.push(format!("  {}   {names}", changed.path));
        }
        if known.iter().any(|changed| !changed.rotated) {
            lines.push("Their data keys stay the same: add --rotate for new ones.".to_owned());
        }
        lines
    }

    fn json(&self, carried: Option<&Carried>, host: &Host) -> Value {
        let people = |recipients: &[String]| -> Vec<Value> {
            let one = |recipient: &String| {
                let key = self.config.key_of(recipient).and_then(|key| key.name.clone());
                json!({ "name": key, "recipient": recipient })
            };
            recipients.iter().map(one).collect()
        };
        let changed = self.rekey.changed.iter().map(|changed| {
            let replace = match changed.difference.removed.is_empty() {
                true => Vec::new(),
                false => changed.values.clone(),
            };
            json!({
                "file": changed.path,
                "added": people(&changed.difference.added),
                "removed": people(&changed.difference.removed),
                "regrouped": changed.difference.regrouped,
                "rotated": changed.rotated,
                "replace": replace,
            })
        });
        let refused = self.rekey.refused.iter();
        let refused = refused.map(|r| json!({ "file": r.path, "why": r.why, "no_key": r.no_key }));
        json!({
            "version": 1,
            "changed": changed.collect::<Vec<_>>(),
            "refused": refused.collect::<Vec<_>>(),
            "settled": self.rekey.settled,
            "no_rule": self.rekey.unruled,
            "applied": carried.is_some(),
            "proved": carried.map(|carried| carried.proved),
            "receipt": carried.map(|carried| host.short(&carried.receipt)),
        })
    }
}

fn files(count: usize) -> String {
    counted(count, "file")
}
