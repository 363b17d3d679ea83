//! Which machines a run updates at its end, and what became of each.

use std::collections::BTreeMap;

use serde_json::json;

use super::Onboard;
use crate::activate::{backend, nix_log, update};
use crate::answers::{Deploy, Person};
use crate::apply::{Attend, Summary};
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::receipt::Receipt;
use crate::step::deploy::{self, Queue, machines_of};

/// Machines of the run beyond one person's.
#[derive(Debug, Clone, Default)]
pub struct Machines {
    /// Somebody's turn comes after this one: machines are updated once, at the very end.
    pub(super) waits: bool,
    /// Those of the people before.
    pub(super) before: Vec<String>,
    /// Those that the run which is gone on with has updated.
    pub(super) updated: Vec<String>,
}

impl Onboard {
    /// Appends the updates that were asked for.
    pub(super) fn deploy(&self, person: &Person, plan: &mut Plan) {
        let mut machines = self.machines.before.clone();
        machines.extend(wanted(person));
        machines.retain(|name| !self.machines.updated.contains(name));
        let mut once = Vec::new();
        machines.retain(|name| {
            let is_new = !once.contains(name);
            once.push(name.clone());
            is_new
        });
        if self.machines.waits || machines.is_empty() {
            return;
        }
        let nix = backend::arguments(self.options.accept_flake_config, self.options.offline);
        let queue = Queue {
            host: &self.host,
            fleet: &self.fleet,
            machines: &machines,
            if_failed: person.if_failed,
            nix: &nix,
            network: !self.options.offline && update::has_network(&self.host),
            is_nixos: std::path::Path::new("/etc/NIXOS").exists(),
        };
        deploy::append(&queue, plan);
    }
}

/// The machines that are to be updated for this person.
pub(super) fn wanted(person: &Person) -> Vec<String> {
    match person.deploy {
        Deploy::Later => Vec::new(),
        Deploy::Now => person.integrated().cloned().collect(),
    }
}

/// The machines that a run has updated, as its receipt tells.
pub(super) fn updated(receipt: &Receipt) -> Vec<String> {
    let steps = receipt.records.iter().filter_map(|record| match record {
        crate::receipt::Record::Step { step, outcome, .. } if outcome == "done" => Some(step),
        _ => None,
    });
    steps.flat_map(|step| machines_of(step)).map(str::to_owned).collect()
}

/// How a machine's update ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Updated,
    Unreachable(String),
    Failed(String),
    /// Its turn did not come.
    NotTried(String),
    /// clan ended badly and did not say with which machine.
    Unknown(String),
}

impl End {
    fn word(&self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Unreachable(_) => "unreachable",
            Self::Failed(_) => "failed",
            Self::NotTried(_) => "not_tried",
            Self::Unknown(_) => "unknown",
        }
    }

    fn checked(&self, machine: &str) -> Checked {
        let (verdict, words) = match self {
            Self::Updated => (Verdict::Holds, format!("{machine} is updated.")),
            Self::Unreachable(why) | Self::Failed(why) => {
                (Verdict::DoesNotHold, format!("{machine} is not updated: {why}."))
            }
            Self::NotTried(why) => (Verdict::NotChecked, format!("{machine} is as it was: {why}.")),
            Self::Unknown(why) => {
                (Verdict::NotChecked, format!("Whether {machine} is updated is not known: {why}."))
            }
        };
        let data = json!({ "machine": machine, "state": self.word() });
        let data = data.as_object().cloned().unwrap_or_default();
        Checked { what: "machine", verdict, words, data }
    }
}

/// What clan says of single machines while it updates them.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Why clan gave a machine up, by its name.
    failed: BTreeMap<String, String>,
    /// Why there was no way to a machine.
    unreachable: BTreeMap<String, String>,
}

impl Said {
    /// Hears a line of a step.
    pub(super) fn hear(&mut self, step: &str, line: &str) {
        let machines = machines_of(step);
        // clan marks each line with its machine (clan_lib/custom_logger).
        let marked = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
        let (machine, text) = match (marked, &machines[..]) {
            (Some((name, text)), _) if machines.contains(&name) => (name, text),
            (_, [one]) => (*one, line),
            _ => return,
        };
        if let Some(why) = nix_log::unreachable(text) {
            self.unreachable.insert(machine.to_owned(), plainly(&why));
        } else if let Some(why) = nix_log::gave_up(text) {
            self.failed.insert(machine.to_owned(), why);
        }
    }

    /// The end of every machine that the plan updates, in its order.
    fn ends(&self, summary: &Summary) -> Vec<(String, End)> {
        let mut ends = Vec::new();
        for (id, outcome) in &summary.steps {
            let machines = machines_of(id);
            let is_told = machines.iter().any(|machine| self.failed.contains_key(*machine));
            for machine in &machines {
                let known = self
                    .unreachable
                    .get(*machine)
                    .filter(|_| machines.len() == 1 || self.failed.contains_key(*machine));
                let end = match (outcome, known, self.failed.get(*machine)) {
                    (Outcome::Done | Outcome::AlreadySo, ..) => End::Updated,
                    (Outcome::NotRun { because }, ..) => End::NotTried(because.clone()),
                    (Outcome::Stopped, ..) => End::Unknown("you asked to stop".to_owned()),
                    (_, Some(why), _) => End::Unreachable(why.clone()),
                    (_, _, Some(why)) => End::Failed(why.clone()),
                    // It tells of each that failed, so that the others did not.
                    (..) if is_told => End::Updated,
                    (Outcome::Failed { why }, ..) if machines.len() == 1 => {
                        End::Failed(in_short(why))
                    }
                    (Outcome::Failed { why }, ..) => End::Unknown(in_short(why)),
                };
                ends.push(((*machine).to_owned(), end));
            }
        }
        ends
    }

    /// Tells the end of every machine, and gives one sentence about all of them; `None`: the plan
    /// updates none. Machines that are not updated come with it.
    pub(super) fn tell(&self, summary: &Summary, attend: &mut dyn Attend) -> Option<Told> {
        let ends = self.ends(summary);
        for (machine, end) in &ends {
            attend.event(Event::Checked(end.checked(machine)));
        }
        let (updated, missing): (Vec<_>, Vec<_>) =
            ends.into_iter().partition(|(_, end)| *end == End::Updated);
        let names = |ends: Vec<(String, End)>| ends.into_iter().map(|(name, _)| name).collect();
        let told = Told { updated: names(updated), missing: names(missing) };
        (!told.updated.is_empty() || !told.missing.is_empty()).then_some(told)
    }
}

/// The machines of a run by how they ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) updated: Vec<String>,
    pub(super) missing: Vec<String>,
}

impl Told {
    /// `slate and opal are updated, shale is not.`
    pub(super) fn sentence(&self) -> String {
        let listed = |names: &[String], one: &str, several: &str| match names {
            [only] => format!("{only} {one}"),
            [first @ .., last] => format!("{} and {last} {several}", first.join(", ")),
            [] => String::new(),
        };
        let updated = listed(&self.updated, "is updated", "are updated");
        match (self.updated.is_empty(), self.missing.is_empty()) {
            (_, true) => format!("{updated}."),
            (true, _) => format!("{}.", listed(&self.missing, "is not updated", "are not updated")),
            _ => format!("{updated}, {}.", listed(&self.missing, "is not", "are not")),
        }
    }
}

/// A sentence that stands in another one.
fn plainly(why: &str) -> String {
    why.replace('`', "").trim_end_matches('.').to_owned()
}

fn in_short(problem: &Problem) -> String {
    plainly(&problem.what)
}

#[cfg(test)]
mod tests;
