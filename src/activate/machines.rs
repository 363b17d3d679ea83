//! What became of each machine that a command updates. clan updates several side by side and ends
//! with one code for all of them: what it says of each decides, and a machine of which nothing tells
//! is not known to be updated, never taken for it.

use serde_json::json;

use super::nix_log::{Build, Machine};
use crate::apply::Attend;
use crate::counted::listed;
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::problem::Problem;
use crate::receipt::{Receipt, Record};

/// How a machine's update ended; the reasons are parts of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineEnd {
    Updated,
    /// It runs what it should, and the switch ended badly.
    Troubled(String),
    Unreachable(String),
    Failed(String),
    /// Its turn did not come.
    NotTried(String),
    /// Nothing tells.
    Unknown(String),
}

/// Machines by name, with how the update of each ended.
pub type Ends = Vec<(String, MachineEnd)>;

impl MachineEnd {
    /// As receipts and JSON events call it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Troubled(_) => "updated_with_failures",
            Self::Unreachable(_) => "unreachable",
            Self::Failed(_) => "failed",
            Self::NotTried(_) => "not_tried",
            Self::Unknown(_) => "unknown",
        }
    }

    /// That of the one machine of a step.
    pub fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done | Outcome::AlreadySo => Self::Updated,
            Outcome::Failed { why } => Self::Failed(in_short(why)),
            Outcome::NotRun { because } => Self::NotTried(plainly(because)),
            Outcome::Stopped => Self::Unknown("you asked to stop".to_owned()),
        }
    }

    fn checked(&self, machine: &str) -> Checked {
        let (verdict, words) = match self {
            Self::Updated => (Verdict::Holds, format!("{machine} is updated.")),
            Self::Troubled(why) => (
                Verdict::DoesNotHold,
                format!("{machine} is updated, but not all went well: {why}."),
            ),
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

/// The ends of the machines that a command names, once it has ended; `is_heard`: what it said came
/// through here.
///
/// clan ends with 0 only where no machine failed; else it waits for all of them, names each that
/// failed and says how many these are (clan_lib/async_run, `check_all`). Only where that number is
/// the one that was heard are the others known to have come through.
pub(super) fn ends_of(build: &Build, result: Result<(), &Problem>, is_heard: bool) -> Ends {
    let machines = build.machines();
    let given_up = machines.iter().filter(|machine| machine.gave_up.is_some()).count();
    let alone = machines.len() == 1;
    let others = match result {
        Ok(()) => MachineEnd::Updated,
        Err(why) if alone => MachineEnd::Failed(in_short(why)),
        Err(_) if given_up > 0 && build.gave_up_on() == Some(given_up) => MachineEnd::Updated,
        Err(_) if !is_heard => MachineEnd::Unknown("what clan said went to the terminal".into()),
        Err(_) => MachineEnd::Unknown("clan did not tell".into()),
    };
    let end = |machine: &Machine| {
        match (&machine.unreachable, &machine.gave_up) {
            // What was in the way once may have gone when it was tried again.
            (Some(why), given_up) if given_up.is_some() || (alone && result.is_err()) => {
                MachineEnd::Unreachable(plainly(why))
            }
            (_, Some(why)) => MachineEnd::Failed(match &machine.failure {
                // What went wrong first says more than what came of it.
                Some(failure) => plainly(&failure.reason),
                None if why.is_empty() => "clan gave it up".to_owned(),
                None => plainly(why),
            }),
            _ => others.clone(),
        }
    };
    machines.iter().map(|machine| (machine.name.clone(), end(machine))).collect()
}

/// The same for a front end, which has heard all that was told, by how the step of the command ended.
pub(crate) fn ends(build: &Build, outcome: &Outcome) -> Ends {
    match outcome {
        Outcome::Done | Outcome::AlreadySo => ends_of(build, Ok(()), true),
        Outcome::Failed { why } => ends_of(build, Err(why), true),
        other => {
            let end = MachineEnd::of(other);
            build.machines().iter().map(|machine| (machine.name.clone(), end.clone())).collect()
        }
    }
}

/// Those of a command that could not be run at all.
pub(super) fn not_tried(build: &Build, why: &Problem) -> Ends {
    let end = MachineEnd::NotTried(in_short(why));
    build.machines().iter().map(|machine| (machine.name.clone(), end.clone())).collect()
}

/// The same as a receipt keeps them: what they ended with, and no word of any tool's.
pub(crate) fn facts(ends: &Ends) -> serde_json::Value {
    let words = ends.iter().map(|(name, end)| (name.clone(), end.word().into()));
    json!({ "machines": words.collect::<serde_json::Map<_, _>>() })
}

/// The machines that a command of this receipt has updated.
pub(crate) fn updated(receipt: &Receipt) -> impl Iterator<Item = &str> {
    let facts = receipt.records.iter().filter_map(|record| match record {
        Record::Facts { facts, .. } => facts["machines"].as_object(),
        _ => None,
    });
    let is_updated = |end: &serde_json::Value| end == MachineEnd::Updated.word();
    facts.flatten().filter(move |(_, end)| is_updated(end)).map(|(name, _)| name.as_str())
}

/// Tells the end of every machine, and sums them up; `None`: there is none.
pub(crate) fn tell(ends: Ends, attend: &mut dyn Attend) -> Option<Told> {
    for (machine, end) in &ends {
        attend.event(Event::Checked(end.checked(machine)));
    }
    let mut told = Told::default();
    for (name, end) in ends {
        match end {
            MachineEnd::Updated => told.updated.push(name),
            MachineEnd::Troubled(_) => told.troubled.push(name),
            MachineEnd::Unknown(_) => told.unknown.push(name),
            _ => told.missing.push(name),
        }
    }
    (told != Told::default()).then_some(told)
}

/// The machines of a run by how they ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) updated: Vec<String>,
    /// Updated, and not all went well.
    pub(crate) troubled: Vec<String>,
    pub(crate) missing: Vec<String>,
    /// Neither is known.
    pub(crate) unknown: Vec<String>,
}

impl Told {
    /// `slate and opal are updated, shale is not.`
    pub(crate) fn sentence(&self) -> String {
        let are = |names: &[String]| if names.len() == 1 { "is" } else { "are" };
        let say = |names: &[String], words: &str| match names.is_empty() {
            true => None,
            false => Some(format!("{} {} {words}", listed(names), are(names))),
        };
        let not = if self.updated.is_empty() { "not updated" } else { "not" };
        let known = [
            say(&self.updated, "updated"),
            say(&self.troubled, "updated, but not all went well there"),
            say(&self.missing, not),
        ];
        let known: Vec<String> = known.into_iter().flatten().collect();
        let known = known.join(", ");
        match (known.is_empty(), self.unknown.is_empty()) {
            (_, true) => format!("{known}."),
            (true, _) => {
                let unknown = &self.unknown;
                format!("Whether {} {} updated is not known.", listed(unknown), are(unknown))
            }
            (false, _) => format!("{known}, of {} it is not known.", listed(&self.unknown)),
        }
    }
}

/// A sentence that stands in another one.
fn plainly(why: &str) -> String {
    why.replace('`', "").trim_end_matches('.').to_owned()
}

pub(crate) fn in_short(problem: &Problem) -> String {
    plainly(&problem.what)
}

#[cfg(test)]
mod tests;
