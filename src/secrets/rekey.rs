//! Encrypting files again as the rules say: which, for whom, and the texts that come of it.

use super::keyring::Keyring;
use super::matrix::{Remark, Ruled, ruled};
use super::proof;
use super::store::{Found, Store, format_of};
use crate::event::Checked;
use crate::parallel;
use crate::plan::{self, Change, Needs, Plan, Step};
use crate::run::shell_word;
use crate::sops::config::Config;
use crate::sops::edit::EditError;
use crate::sops::{Difference, OpenError, Unlocked, Utc};

/// The id of the plan's step.
pub const STEP: &str = "rekey";

/// How many files that cannot be changed a remark names.
const MOST_REFUSED: usize = 20;

/// What encrypting again would do.
#[derive(Debug, Default)]
pub struct Rekey {
    pub changed: Vec<Changed>,
    /// Files that should change and cannot.
    pub refused: Vec<Refused>,
    /// How many files are as the rules say.
    pub settled: usize,
    /// Files that no rule covers: they stay as they are.
    pub unruled: Vec<String>,
}

/// One file, before and after.
#[derive(Debug)]
pub struct Changed {
    pub path: String,
    pub before: String,
    pub after: String,
    pub difference: Difference,
    /// Under a new data key.
    pub rotated: bool,
    /// The names of its values: what somebody who was removed has been able to read.
    pub values: Vec<String>,
    /// The recipients whose keys opened it.
    pub opened_by: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub path: String,
    pub why: String,
    /// None of the keys here opens it.
    pub no_key: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wish<'a> {
    /// These files, or those below these folders; all if none is named.
    pub only: &'a [String],
    /// A new data key for every file that is changed, and for every file that is named.
    pub rotate: bool,
}

impl Rekey {
    /// Compares every file with its rule, and opens and changes those that differ, on all
    /// processors. Touches nothing.
    pub fn make(store: &Store, ring: &Keyring, wish: &Wish<'_>, now: Utc) -> Self {
        Self::of(&store.files(wish.only), &store.config, ring, wish, now)
    }

    /// The same for files that were read already, by rules that may not be written yet.
    pub fn of(files: &[Found], config: &Config, ring: &Keyring, wish: &Wish<'_>, now: Utc) -> Self {
        let identities = ring.identities();
        let named = wish.rotate && !wish.only.is_empty();
        let one = |file: &Found| {
            let wanted = match ruled(config, &file.path) {
                Ruled::By(_, wanted) => wanted,
                Ruled::No(_, Remark::NoRule) => return Became::Unruled(file.path.clone()),
                Ruled::No(_, remark) => return refuse(file, remark.words()),
            };
            let metadata = match &file.metadata {
                Ok(metadata) => metadata,
                Err(e) => return refuse(file, e.to_string()),
            };
            if Difference::between(metadata, &wanted).is_none() && !named {
                return Became::Settled;
            }
            let format = format_of(&file.path);
            let made = Unlocked::open(&file.text, format, &identities).and_then(|unlocked| {
                let unlocked = unlocked.with_plugins(ring.plugins());
                let made = match wish.rotate {
                    true => unlocked.rotate(&wanted, now)?,
                    false => unlocked.rekey(&wanted)?,
                };
                Ok((made, unlocked.file().names(), unlocked.opened().opened_by.clone()))
            });
            match made {
                Ok((made, values, opened_by)) => Became::Changed(Box::new(Changed {
                    path: file.path.clone(),
                    before: file.text.clone(),
                    after: made.text,
                    difference: made.difference,
                    rotated: wish.rotate,
                    values,
                    opened_by,
                })),
                Err(e) => {
                    let no_key = matches!(
                        e,
                        EditError::Open(
                            OpenError::NoIdentityMatches { .. } | OpenError::TooFewGroups { .. }
                        )
                    );
                    let (path, why) = (file.path.clone(), e.to_string());
                    Became::Refused(Refused { path, why, no_key })
                }
            }
        };
        let mut rekey = Self::default();
        for became in parallel::each(files, &one) {
            match became {
                Became::Settled => rekey.settled += 1,
                Became::Unruled(path) => rekey.unruled.push(path),
                Became::Refused(refused) => rekey.refused.push(refused),
                Became::Changed(changed) => rekey.changed.push(*changed),
            }
        }
        rekey
    }

    /// Files that lose a reader, with the names of their values: git's history keeps what they
    /// could read.
    pub fn known_to_removed(&self) -> impl Iterator<Item = &Changed> {
        self.changed.iter().filter(|changed| !changed.difference.removed.is_empty())
    }

    /// What stays as it is and why, and what a change of readers cannot do.
    pub fn remarks(&self) -> Vec<plan::Remark> {
        let mut remarks = Vec::new();
        if self.known_to_removed().next().is_some() {
            remarks.push(plan::Remark {
                warns: false,
                text: "Whoever is removed can still read old revisions in git, and may have kept \
                       what they read: replace those values."
                    .to_owned(),
                places: Vec::new(),
            });
        }
        if !self.refused.is_empty() {
            let count = self.refused.len();
            let files =
                if count == 1 { "1 file stays".to_owned() } else { format!("{count} files stay") };
            let shown = self.refused.iter().take(MOST_REFUSED);
            remarks.push(plan::Remark {
                warns: false,
                text: format!("{files} as before."),
                places: shown.map(|refused| (refused.path.clone(), refused.why.clone())).collect(),
            });
        }
        remarks
    }

    /// What the changed files show on disk.
    pub fn proof(&self, store: &Store, ring: &Keyring) -> Vec<Checked> {
        proof::of(store, ring, &self.changed)
    }

    /// As a plan. Empty, if nothing would change.
    pub fn plan(&self, store: &Store) -> Plan {
        let bounds = vec![store.folder().to_owned()];
        let mut plan = Plan { bounds, ..Plan::default() };
        if self.changed.is_empty() {
            return plan;
        }
        let edit = |changed: &Changed| Change::Edit {
            path: store.at(&changed.path),
            before: changed.before.clone(),
            after: changed.after.clone(),
        };
        let verb = |changed: &Changed| if changed.rotated { "rotate -i" } else { "updatekeys" };
        let command =
            |changed: &Changed| format!("sops {} {}", verb(changed), shell_word(&changed.path));
        let mut by_hand = vec![format!("cd {}", shell_word(&store.folder().display().to_string()))];
        by_hand.extend(self.changed.iter().map(command));
        let count = match self.changed.len() {
            1 => "1 file differs from its rule".to_owned(),
            n => format!("{n} files differ from their rules"),
        };
        plan.steps.push(Step {
            id: STEP,
            title: "Encrypt again".to_owned(),
            why: format!("{count} in who can read it."),
            needs: Needs::You,
            by_hand,
            changes: self.changed.iter().map(edit).collect(),
            decided_by: None,
        });
        plan
    }
}

enum Became {
    Settled,
    Unruled(String),
    Refused(Refused),
    Changed(Box<Changed>),
}

fn refuse(file: &Found, why: String) -> Became {
    Became::Refused(Refused { path: file.path.clone(), why, no_key: false })
}
