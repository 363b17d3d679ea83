//! Updates machines at the end of a plan, one step each, through the activation backends.
//!
//! This machine is switched by its own rebuild program, and last, since switching it may end what
//! runs on it. All others are clan's: where one failure ends the queue each is a step of its own;
//! where it goes on they are one `clan machines update A B C`, which goes on by itself. A machine that
//! nothing here can update is left to whoever looks after it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::activate::backend::{self, Backend, Goal, Offer, System};
use crate::activate::update;
use crate::answers::IfFailed;
use crate::fleet::{Fleet, Machine, Platform};
use crate::host::Host;
use crate::plan::{Change, Needs, Plan, Remark, Step};
use crate::problem::Problem;

/// What the id of every such step begins with; its machines follow, with `+` between them.
const PREFIX: &str = "deploy:";

/// A title has room for so many characters.
const TITLE: usize = 22;

/// What is to be updated, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queue<'a> {
    pub(crate) host: &'a Host,
    pub(crate) fleet: &'a Fleet,
    /// Names of machines, each once.
    pub(crate) machines: &'a [String],
    pub(crate) if_failed: IfFailed,
    /// Further arguments for every `nix`.
    pub(crate) nix: &'a [String],
    /// Whether something that is missing could be fetched.
    pub(crate) network: bool,
    /// Whether this very system is NixOS.
    pub(crate) is_nixos: bool,
}

/// The machines that a step with this id updates; none: it updates nothing.
pub(crate) fn machines_of(id: &str) -> Vec<&str> {
    id.strip_prefix(PREFIX).map(|names| names.split('+').collect()).unwrap_or_default()
}

/// Appends the steps to `plan`, with a remark for every machine that is left to somebody.
pub(crate) fn append(queue: &Queue, plan: &mut Plan) {
    let mut steps = Vec::new();
    let known: Vec<&Machine> =
        queue.machines.iter().filter_map(|name| queue.fleet.machine(name)).collect();
    let (here, others): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|machine| machine.name == queue.host.name);
    let (clans, strangers): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|machine| machine.deploy.as_deref() == Some("clan"));
    let mut leave = |machine: &Machine, why: &str| plan.remarks.push(left(queue, machine, why));
    for machine in strangers {
        leave(machine, "it is not updated by clan, so it is updated where it stands");
    }
    let groups: Vec<Vec<&Machine>> = match queue.if_failed {
        IfFailed::GoOn if clans.len() > 1 => vec![clans],
        _ => clans.into_iter().map(|machine| vec![machine]).collect(),
    };
    for group in groups {
        match by_clan(queue, &group) {
            Ok(step) => steps.push(step),
            Err(why) => group.iter().for_each(|machine| leave(machine, &sentence(&why))),
        }
    }
    for machine in here {
        match switched_here(queue, machine) {
            Ok(step) => steps.push(step),
            Err(why) => leave(machine, &sentence(&why)),
        }
    }
    if queue.if_failed == IfFailed::GoOn {
        plan.independent.extend(steps.iter().map(|step| step.id));
    }
    plan.steps.extend(steps);
}

/// The causes of a problem as the end of a sentence.
fn sentence(problem: &Problem) -> String {
    match problem.causes.is_empty() {
        true => problem.what.clone(),
        false => problem.causes.join("; "),
    }
}

fn left(queue: &Queue, machine: &Machine, why: &str) -> Remark {
    let flake = queue.host.typed(&queue.fleet.root);
    Remark {
        warns: false,
        text: format!("{} is not updated from here: {why}.", machine.name),
        places: vec![(machine.name.clone(), machine.update_command(&flake))],
    }
}

fn by_clan(queue: &Queue, machines: &[&Machine]) -> Result<Step, Problem> {
    let names: Vec<String> = machines.iter().map(|machine| machine.name.clone()).collect();
    let addresses: Vec<String> =
        names.iter().filter_map(|name| update::address(queue.fleet, name)).collect();
    let platform = machines.first().map_or(Platform::Nixos, |machine| machine.platform);
    let package = PathBuf::new();
    let system = System {
        machines: &names,
        platform,
        is_here: false,
        deploy: Some("clan"),
        addresses: &addresses,
        package: &package,
        profile: Path::new(backend::system::CURRENT),
    };
    let steps = Backend::Clan.steps(&queue.context(system))?;
    let stays = match &names[..] {
        [one] => format!("{one} keeps what it runs; the generation before is still on it"),
        _ => "they keep what they run; the generation before is still on each".to_owned(),
    };
    let title = match &names[..] {
        [one] => titled(one),
        _ => format!("Update {} machines", names.len()),
    };
    Ok(one_step(&names, title, steps, &stays))
}

/// This machine, by the first of its own programs that is here, and by clan only without them.
fn switched_here(queue: &Queue, machine: &Machine) -> Result<Step, Problem> {
    let names = [machine.name.clone()];
    let package = backend::system_link(queue.host, &machine.name);
    let address = update::address(queue.fleet, &machine.name);
    let own = match machine.platform {
        Platform::Darwin => [Backend::DarwinRebuild, Backend::NhDarwin],
        Platform::Nixos => [Backend::NixosRebuild, Backend::NhOs],
    };
    let system = |deploy| System {
        machines: &names,
        platform: machine.platform,
        is_here: true,
        deploy,
        addresses: address.as_slice(),
        package: &package,
        profile: Path::new(backend::system::CURRENT),
    };
    let cx = queue.context(system(None));
    let offered = |backend: &Backend| !matches!(backend.offer(&cx), Offer::No(_));
    let steps = match own.into_iter().find(offered) {
        Some(backend) => {
            may_become_root(queue.host)?;
            backend.steps(&cx)?
        }
        None => {
            let cx = queue.context(system(machine.deploy.as_deref()));
            let (backend, _) = Backend::choose(&cx)?;
            backend.steps(&cx)?
        }
    };
    let name = &machine.name;
    let stays = format!("{name} runs it; `doorstep activate --host {name} --rollback` goes back");
    Ok(one_step(&names, titled(name), steps, &stays))
}

/// sudo is never tried to find out: it would send the administrators a report.
fn may_become_root(host: &Host) -> Result<(), Problem> {
    let me = &host.account.name;
    match (host.is_root(), host.tool("sudo")) {
        (true, _) => Ok(()),
        (false, None) => Err(Problem::tool("`sudo` is not on PATH")),
        (false, Some(_)) if host.is_admin() => Ok(()),
        (false, Some(_)) => Err(Problem::user(format!("{me} is no administrator of this machine"))),
    }
}

/// All that a backend does for these machines as one step of the queue.
fn one_step(names: &[String], title: String, steps: Vec<Step>, stays: &str) -> Step {
    let mut by_hand: Vec<String> = Vec::new();
    let mut changes = Vec::new();
    for step in steps {
        by_hand.extend(
            step.by_hand.into_iter().filter(|line| !by_hand.contains(line)).collect::<Vec<_>>(),
        );
        changes.extend(step.changes.into_iter().map(|change| match change {
            Change::Run { command } if command.args.iter().any(|arg| arg == "update") => {
                Change::Run { command: command.leaving(stays) }
            }
            other => other,
        }));
    }
    Step {
        id: id_of(names),
        title,
        why: match names {
            [one] => format!("{one} runs what is planned here from then on."),
            _ => format!("{} run what is planned here from then on.", names.join(", ")),
        },
        needs: Needs::Admin,
        by_hand,
        changes,
        decided_by: Some("deploy"),
    }
}

fn titled(machine: &str) -> String {
    let title = format!("Update {machine}");
    match title.chars().count() <= TITLE {
        true => title,
        false => title.chars().take(TITLE - 1).chain(['…']).collect(),
    }
}

/// Ids are static, and machines are not: each id is made once and kept while the program runs.
fn id_of(names: &[String]) -> &'static str {
    static IDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let id = format!("{PREFIX}{}", names.join("+"));
    let mut ids = IDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = ids.get(id.as_str()) {
        return known;
    }
    let kept: &'static str = Box::leak(id.into_boxed_str());
    ids.insert(kept);
    kept
}

impl<'a> Queue<'a> {
    fn context(&self, system: System<'a>) -> backend::Context<'a> {
        backend::Context {
            host: self.host,
            fleet: &self.fleet.root,
            goal: Goal::System(system),
            nix: self.nix,
            network: self.network,
            is_nixos: self.is_nixos,
        }
    }
}

#[cfg(test)]
mod tests;
