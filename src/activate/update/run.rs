//! Carries an update out and says how it ended.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::json;

use super::{About, Asked, What, Wish, previous};
use crate::activate::backend::system::CURRENT;
use crate::activate::machines::{self, Told};
use crate::activate::{Places, after};
use crate::apply::{self, Attend, Overheard, Summary};
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::front::{Back, End, Finish, Left};
use crate::host::{Host, Os};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::receipt::{Header, Journal, VERSION};
use crate::run::{Runner, shell_word};
use crate::sops::Utc;

/// Everything that carrying out takes. Whoever has it holds the fleet's lock.
pub struct Run<'a> {
    pub host: &'a Host,
    /// The fleet's root.
    pub fleet: &'a Path,
    pub wish: &'a Wish,
    pub runner: &'a mut dyn Runner,
    pub checkpoint: &'a dyn Fn(&str),
    /// The receipt that is gone on with.
    pub resuming: Option<&'a Path>,
    /// How long secrets are waited for.
    pub patience: std::time::Duration,
}

impl Run<'_> {
    pub fn carry_out(mut self, plan: &Plan, about: &About, attend: &mut dyn Attend) -> Finish {
        self.run(plan, about, attend).unwrap_or_else(Finish::failed)
    }

    fn run(
        &mut self,
        plan: &Plan,
        about: &About,
        attend: &mut dyn Attend,
    ) -> Result<Finish, Problem> {
        if plan.is_empty() {
            return Ok(self.finish(about, End::Done, "Nothing of it is yours to do.", None));
        }
        let mut journal = match self.resuming {
            Some(path) => Journal::reopen(path)?,
            None => Journal::create(&self.host.receipts_dir(), self.header(plan, about)?)?,
        };
        let receipt = journal.path().to_owned();
        let began = SystemTime::now();
        let before = self.active(about);
        let failed = self.failed_units(about);
        let mut trouble = None;
        let hear = |_: &str, line: &str| after::hear(&mut trouble, line);
        let mut overheard = Overheard::new(attend, hear);
        let (runner, checkpoint) = (&mut *self.runner, self.checkpoint);
        let summary = apply::apply(plan, &mut journal, runner, &mut overheard, checkpoint)?;
        let told = machines::tell(summary.machines.clone(), attend);
        if summary.outcome != Outcome::Done {
            let finish = self.cut_short(plan, about, &summary, told.as_ref(), receipt);
            return Ok(Finish { back: self.back(about, before), ..finish });
        }
        let mut end = End::Done;
        let is_done =
            |id: &str| summary.steps.iter().any(|(step, o)| *step == id && *o == Outcome::Done);
        let is_active = is_done(crate::activate::STEP);
        // A build that failed keeps its receipt, to be gone on with.
        let mut words = match (about.kind, is_active) {
            (What::System, true) if told.is_some() => {
                told.as_ref().map(Told::sentence).unwrap_or_default()
            }
            (What::Home, true) => "Your home is active.".to_owned(),
            (What::System, true) => format!("{} is switched.", about.subject),
            (_, false) => "It is built. Nothing was activated.".to_owned(),
        };
        if is_active {
            for proof in self.proofs(about, began, failed.as_deref(), trouble.as_deref()) {
                if proof.verdict == Verdict::DoesNotHold {
                    end = worse(end, proof.what);
                    words.clone_from(&proof.words);
                }
                attend.event(Event::Checked(proof));
            }
        }
        // A receipt of nothing would stand before the one that can be taken back.
        let is_nothing = !is_active && self.resuming.is_none();
        let receipt = Some(receipt).filter(|r| !(is_nothing && std::fs::remove_file(r).is_ok()));
        let finish = self.finish(about, end, &words, receipt);
        Ok(Finish { back: self.back(about, before), ..finish })
    }

    /// What is active now.
    fn active(&self, about: &About) -> Option<PathBuf> {
        match about.kind {
            What::Home => Places::of(self.host).generation(),
            What::System => std::fs::canonicalize(CURRENT).ok(),
        }
    }

    /// The way back to what was active before, where this run has changed that.
    fn back(&self, about: &About, before: Option<PathBuf>) -> Option<Back> {
        before.filter(|before| self.active(about).as_ref() != Some(before))?;
        let words = match about.kind {
            What::Home => {
                let (number, _) = previous(&Places::of(self.host))?;
                format!("Go back to generation {number}")
            }
            What::System => format!("Go back on {}", about.subject),
        };
        let wish = Wish {
            user: self.wish.user.clone(),
            hosts: self.wish.hosts.clone(),
            rollback: true,
            ..Wish::default()
        };
        let hosts = wish.hosts.iter().map(|host| format!(" --host {}", shell_word(host)));
        let command = format!("doorstep activate{} --rollback", hosts.collect::<String>());
        Some(Back { words, command, wish })
    }

    fn failed_units(&mut self, about: &About) -> Option<Vec<String>> {
        if self.host.os != Os::Linux || self.wish.practice {
            return None;
        }
        let scope = match about.kind {
            What::Home => "--user",
            What::System => "--system",
        };
        self.host.tool("systemctl")?;
        after::failed_units(scope, self.runner)
    }

    fn proofs(
        &mut self,
        about: &About,
        began: SystemTime,
        failed: Option<&[String]>,
        heard: Option<&str>,
    ) -> Vec<Checked> {
        let mut proofs = Vec::new();
        if about.kind == What::Home {
            let places = Places::of(self.host);
            proofs.extend(crate::activate::proofs(&places));
            let secrets = places.generation().and_then(|g| after::secrets(&g, &places));
            // In practice the program that installs them may be missing; then nothing can be said.
            let can = !self.wish.practice || self.host.tool("sops-install-secrets").is_some();
            if let Some(secrets) = secrets.filter(|_| can) {
                let (host, patience) = (self.host, self.patience);
                proofs.push(after::readable(&secrets, host, began, patience, heard, self.runner));
            }
        }
        let now = failed.and_then(|_| self.failed_units(about));
        proofs.extend(after::units(failed, now.as_deref()));
        proofs
    }

    fn header(&self, plan: &Plan, about: &About) -> Result<Header, Problem> {
        let asked = Asked { activate: self.wish.clone() };
        Ok(Header {
            version: VERSION,
            doorstep: env!("CARGO_PKG_VERSION").to_owned(),
            practice: self.wish.practice,
            user: about.subject.clone(),
            host: self.host.name.clone(),
            home: self.host.home.clone(),
            fleet: self.fleet.to_owned(),
            bounds: plan.bounds.clone(),
            started: Utc::from(SystemTime::now()).to_string(),
            answers: serde_json::to_value(asked)
                .map_err(|e| Problem::bug("what was asked for cannot be written down").cause(e))?,
        })
    }

    fn cut_short(
        &self,
        plan: &Plan,
        about: &About,
        summary: &Summary,
        told: Option<&Told>,
        receipt: PathBuf,
    ) -> Finish {
        let is_done =
            |(_, outcome): &&(&str, Outcome)| matches!(outcome, Outcome::Done | Outcome::AlreadySo);
        let done = summary.steps.iter().take_while(is_done).count();
        let title = plan.steps.get(done).map_or("", |step| step.title.as_str());
        let active = match about.kind {
            What::Home => "Your home is as it was",
            What::System => "What runs is as it was",
        };
        // What a command that failed has done by then is not known.
        let state = match plan.steps.get(done) {
            Some(step) if step.id == crate::activate::STEP => String::new(),
            _ => format!(" {active}."),
        };
        let machines = told.map(|told| format!(" {}", told.sentence())).unwrap_or_default();
        match summary.outcome {
            Outcome::Stopped => {
                let words = format!("Stopped.{state}{machines} Go on with doorstep resume.");
                self.finish(about, End::Stopped, &words, Some(receipt))
            }
            _ => {
                let words = format!("{title} failed.{state}{machines}");
                self.finish(about, End::Failed, &words, Some(receipt))
            }
        }
    }

    fn finish(&self, about: &About, end: End, words: &str, receipt: Option<PathBuf>) -> Finish {
        let mut left = Vec::new();
        if let (Some((who, words)), End::Done | End::AlreadySo) = (&about.left, end) {
            let data = json!({ "host": about.subject }).as_object().cloned();
            left.push(Left {
                who: who.clone(),
                what: "update-machine",
                words: words.clone(),
                data: data.unwrap_or_default(),
            });
        }
        let heading = words.to_owned();
        Finish { end, heading, receipt, left, note: None, problem: None, back: None }
    }
}

/// What a fact that does not hold makes of the end: missing secrets are an end of their own.
fn worse(end: End, what: &str) -> End {
    match (end, what) {
        (End::Failed, _) => End::Failed,
        (_, "secrets") => End::NotReadable,
        _ => End::Failed,
    }
}
