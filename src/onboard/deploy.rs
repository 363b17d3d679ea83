//! Which machines a run updates at its end, and what became of each.

use super::Onboard;
use crate::activate::machines::{self, Ends, MachineEnd};
use crate::activate::{backend, update};
use crate::answers::{Deploy, Person};
use crate::apply::Summary;
use crate::event::Outcome;
use crate::plan::Plan;
use crate::receipt::{Receipt, Record};
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

/// The machines that a run has updated, as its receipt tells: by a step of their own, or by a command
/// for several.
pub(super) fn updated(receipt: &Receipt) -> Vec<String> {
    let steps = receipt.records.iter().filter_map(|record| match record {
        Record::Step { step, outcome, .. } if outcome == "done" => Some(step),
        _ => None,
    });
    let done = steps.flat_map(|step| machines_of(step));
    done.chain(machines::updated(receipt)).map(str::to_owned).collect()
}

/// How every machine ended that the plan updates, in its order.
pub(super) fn ends(summary: &Summary) -> Ends {
    let mut ends = Vec::new();
    for (step, outcome) in &summary.steps {
        for machine in machines_of(step) {
            let told = summary.machines.iter().find(|(name, _)| name == machine);
            let end = match (told, outcome) {
                // A command that was ended is not waited for.
                (Some((_, told)), _) if *outcome != Outcome::Stopped => told.clone(),
                _ => MachineEnd::of(outcome),
            };
            ends.push((machine.to_owned(), end));
        }
    }
    ends
}

#[cfg(test)]
mod tests;
