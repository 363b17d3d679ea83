//! Carrying out a plan for secrets: the lock, the receipt, the changes, the proof.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::apply::{self, Attend, Summary};
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::git;
use crate::host::Host;
use crate::lock::Lock;
use crate::plan::Plan;
use crate::practice::Practice;
use crate::problem::Problem;
use crate::receipt::{Header, Journal, VERSION};
use crate::run::Runner;
use crate::sops::Utc;

/// What a run was asked for, as its receipt keeps it, so that it can be gone on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "secrets", rename_all = "snake_case")]
pub enum Asked {
    /// Encrypting again as the rules of `config` say.
    Rekey { config: PathBuf, only: Vec<String>, rotate: bool },
    /// Changes of single files: each done or not, so that there is nothing to go on with.
    Edit,
}

impl Asked {
    /// What a receipt was for. `None`: it is no run of ours.
    pub fn of(header: &Header) -> Option<Self> {
        serde_json::from_value(header.answers.clone()).ok()
    }
}

/// How it ended.
#[derive(Debug)]
pub struct Carried {
    pub summary: Summary,
    pub receipt: PathBuf,
    /// Every fact that could be looked at holds.
    pub proved: bool,
}

/// Everything that carrying out takes.
pub struct Hands<'a> {
    pub host: &'a Host,
    pub runner: &'a mut dyn Runner,
    pub attend: &'a mut dyn Attend,
    pub checkpoint: &'a dyn Fn(&str),
    /// The receipt that is gone on with.
    pub resuming: Option<&'a Path>,
}

/// Carries out `plan` in the fleet at `root`, one doorstep at a time, under a receipt. What `prove`
/// finds afterwards is told, each fact an event.
///
/// # Errors
/// Another doorstep works there, or the receipt cannot be written.
pub fn carry_out(
    plan: &Plan,
    root: &Path,
    asked: &Asked,
    prove: &dyn Fn() -> Vec<Checked>,
    hands: Hands<'_>,
) -> Result<Carried, Problem> {
    let Hands { host, runner, attend, checkpoint, resuming } = hands;
    let _lock = lock(host, root, runner)?;
    let mut journal = match resuming {
        Some(path) => Journal::reopen(path)?,
        None => Journal::create(&host.receipts_dir(), header(plan, root, asked, host)?)?,
    };
    let receipt = journal.path().to_owned();
    let summary = apply::apply(plan, &mut journal, runner, attend, checkpoint)?;
    let mut proved = true;
    if summary.outcome == Outcome::Done {
        for fact in prove() {
            proved &= fact.verdict != Verdict::DoesNotHold;
            attend.event(Event::Checked(fact));
        }
    }
    Ok(Carried { summary, receipt, proved })
}

fn header(plan: &Plan, root: &Path, asked: &Asked, host: &Host) -> Result<Header, Problem> {
    Ok(Header {
        version: VERSION,
        doorstep: env!("CARGO_PKG_VERSION").to_owned(),
        practice: Practice::around(root).is_some(),
        user: host.account.name.clone(),
        host: host.name.clone(),
        home: host.home.clone(),
        fleet: root.to_owned(),
        bounds: plan.bounds.clone(),
        started: Utc::from(SystemTime::now()).to_string(),
        answers: serde_json::to_value(asked)
            .map_err(|e| Problem::bug("the answers cannot be written down").cause(e))?,
    })
}

/// The same lock as onboarding takes: the repository's, where there is one.
fn lock(host: &Host, folder: &Path, runner: &mut dyn Runner) -> Result<Lock, Problem> {
    // Without git there is no repository to ask about; on a Mac asking would open a dialog.
    let repository = match git::ready(host, runner) {
        Ok(()) => git::repository(runner, folder).ok().flatten(),
        Err(_) => None,
    };
    Lock::take(repository.as_ref().map_or(folder, |repository| &repository.common))
}
