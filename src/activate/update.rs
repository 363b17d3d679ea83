//! The update that a person runs again and again: their home, or a machine they look after, built
//! from the fleet as it is and put in place. It makes a plan of the same steps as onboarding and
//! carries it out by the same engine, under the same lock and with a receipt of the same kind.

mod names;
mod run;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::backend::{self, Backend, Context, Goal, Home, System};
use super::machines;
use super::preflight;
use super::{InTheWayChoice, Places, package_link};
use crate::fleet::{Fleet, Machine};
use crate::git;
use crate::host::Host;
use crate::plan::{Change, Needs, Plan, Remark, Step};
use crate::problem::{Kind, Problem};
use crate::receipt::{Header, Receipt};
use crate::run::{Command, Runner};

pub use run::Run;

/// What is wished for, as its receipt keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// Whose home; the account's own otherwise.
    pub user: Option<String>,
    /// The name of the home configuration, where it is not to be found out.
    pub name: Option<String>,
    pub backend: Option<Backend>,
    /// Machines; none: the person's home.
    pub hosts: Vec<String>,
    pub build_only: bool,
    pub rollback: bool,
    pub accept_flake_config: bool,
    /// In practice there is no network to ask.
    pub offline: bool,
    pub practice: bool,
    pub in_the_way: InTheWayChoice,
}

/// The same as a receipt's answers, told apart from an onboarding's by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub activate: Wish,
}

impl Asked {
    /// What a receipt was for. `None`: it is no run of ours.
    pub fn of(header: &Header) -> Option<Self> {
        serde_json::from_value(header.answers.clone()).ok()
    }

    /// What its receipt leaves of it: no machine is updated twice. Where none is left all are wished
    /// for again, since a wish without machines is one for a home.
    pub fn left(&self, receipt: &Receipt) -> Wish {
        let updated: Vec<&str> = machines::updated(receipt).collect();
        let mut wish = self.activate.clone();
        wish.hosts.retain(|host| !updated.contains(&host.as_str()));
        if wish.hosts.is_empty() { self.activate.clone() } else { wish }
    }
}

/// A plan with what is known of it.
#[derive(Debug)]
pub struct Update {
    pub plan: Plan,
    pub about: About,
}

/// What is known of an update beside its steps.
#[derive(Debug)]
pub struct About {
    /// Whose it is, or which machines: for sentences.
    pub subject: String,
    /// Which program, and why that one.
    pub chosen: Option<(Backend, String)>,
    pub kind: What,
    /// Whom somebody has to ask, and what for, where the person may not do it.
    pub left: Option<(String, String)>,
}

/// What is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Home,
    System,
}

/// Makes the plan. It asks Nix for names where the fleet's text does not give them, and touches
/// nothing.
///
/// # Errors
/// Nothing to activate was found, or something stands against it.
pub fn plan(
    host: &Host,
    fleet: &Fleet,
    wish: &Wish,
    runner: &mut dyn Runner,
) -> Result<Update, Problem> {
    let planner = Planner {
        host,
        fleet,
        wish,
        nix: backend::arguments(wish.accept_flake_config, wish.offline),
        network: !wish.offline && has_network(host),
    };
    let is_for_homes = wish.backend.is_none_or(Backend::is_for_homes);
    if wish.hosts.is_empty() && is_for_homes {
        planner.home(runner)
    } else {
        planner.system(wish.hosts.clone(), runner)
    }
}

struct Planner<'a> {
    host: &'a Host,
    fleet: &'a Fleet,
    wish: &'a Wish,
    nix: Vec<String>,
    network: bool,
}

impl Planner<'_> {
    fn user(&self) -> &str {
        self.wish.user.as_deref().unwrap_or(&self.host.account.name)
    }

    fn context<'a>(&'a self, goal: Goal<'a>) -> Context<'a> {
        Context {
            host: self.host,
            fleet: &self.fleet.root,
            goal,
            nix: &self.nix,
            network: self.network,
            is_nixos: std::path::Path::new("/etc/NIXOS").exists(),
        }
    }

    /// One without a step yet.
    fn new_update(&self, kind: What, subject: String) -> Update {
        let bounds = vec![self.fleet.root.clone(), self.host.home.clone(), self.host.state_dir()];
        let plan = Plan { bounds, ..Plan::default() };
        Update { plan, about: About { subject, chosen: None, kind, left: None } }
    }

    fn home(&self, runner: &mut dyn Runner) -> Result<Update, Problem> {
        let user = self.user();
        self.refuse_others(user)?;
        let places = Places::of(self.host);
        if self.wish.rollback {
            return self.home_back(user, &places);
        }
        preflight::nix(self.host)?;
        let name = self.wish.name.as_deref();
        let found = names::find(self.fleet, self.host, user, name, &self.nix, runner)?;
        let Some(found) = found else { return self.system_instead(user, runner) };
        let package = package_link(self.host, user);
        let home =
            Home { user, output: &found.output, configuration: &found.name, package: &package };
        let cx = self.context(Goal::Home(home));
        let chosen = self.choose(&cx)?;
        let mut update = self.new_update(What::Home, user.to_owned());
        update.plan.steps = chosen.0.steps(&cx)?;
        update.about.chosen = Some(chosen);
        let system = found.name.split_once('@').map(|(_, after)| after);
        let system = system.filter(|s| s.ends_with("-linux") || s.ends_with("-darwin"));
        self.before(&mut update.plan, system, Some(&places), runner)?;
        if self.wish.build_only {
            update.plan.steps.retain(|step| step.id == "build");
        }
        Ok(update)
    }

    /// The generation before the active one, activated again by its own script.
    fn home_back(&self, user: &str, places: &Places) -> Result<Update, Problem> {
        let Some((number, generation)) = previous(places) else {
            return Err(Problem::user("there is no generation of your home to go back to")
                .cause(format!("looked beside `{}`", self.host.short(&places.profile()))));
        };
        let command = Command::new(generation.join("activate"))
            .env("USER", user)
            .env("HOME", &self.host.home)
            .cwd(&self.host.home);
        let by_hand = vec![command.typed()];
        let mut update = self.new_update(What::Home, user.to_owned());
        update.plan.steps.push(Step {
            id: super::STEP,
            title: "Go back".to_owned(),
            why: format!("To generation {number} of your home, which is in the store still."),
            needs: Needs::You,
            by_hand,
            changes: vec![Change::Activate(super::Activation {
                command,
                package: Some(generation),
                places: places.clone(),
            })],
            decided_by: None,
        });
        Ok(update)
    }

    /// Somebody else's home is theirs to activate.
    fn refuse_others(&self, user: &str) -> Result<(), Problem> {
        let me = &self.host.account;
        match self.host.account(user) {
            Some(other) if other.uid != me.uid => {
                Err(Problem::user(format!("{user} activates this home on their own account"))
                    .hint("a whole machine is updated with `--host MACHINE`"))
            }
            // It would be put into the home of whoever is at the keyboard.
            None if !self.wish.practice && !self.wish.build_only => {
                let here = &self.host.name;
                Err(Problem::user(format!("there is no account `{user}` on {here}"))
                    .of_kind(Kind::Answers)
                    .hint("build it without activating it: `--build-only`"))
            }
            _ => Ok(()),
        }
    }

    /// A home that comes with its machine.
    fn system_instead(&self, user: &str, runner: &mut dyn Runner) -> Result<Update, Problem> {
        let here = |machine: &&Machine| machine.name == self.host.name;
        let theirs = |machine: &&Machine| machine.users.iter().any(|u| u.name.text() == user);
        let machine = self.fleet.machines.iter().find(|m| here(m) && theirs(m));
        match machine {
            Some(machine) => self.system(vec![machine.name.clone()], runner),
            None => Err(Problem::user(format!("the fleet has no home for `{user}`"))
                .of_kind(Kind::Answers)
                .cause(format!(
                    "it has no home configuration that is {user}'s, and no home of theirs on {}",
                    self.host.name
                ))
                .hint("set one up with `doorstep onboard`, or name it: `--name CONFIG`")),
        }
    }

    fn system(&self, hosts: Vec<String>, runner: &mut dyn Runner) -> Result<Update, Problem> {
        let hosts = if hosts.is_empty() { vec![self.host.name.clone()] } else { hosts };
        let machines =
            hosts.iter().map(|name| self.machine(name)).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = machines.first() else {
            return Err(Problem::bug("no machine was named"));
        };
        let is_here = machines.len() == 1 && first.name == self.host.name;
        let package = backend::system_link(self.host, &first.name);
        let addresses: Vec<String> =
            machines.iter().filter_map(|machine| address(self.fleet, &machine.name)).collect();
        let system = System {
            machines: &hosts,
            platform: first.platform,
            is_here,
            deploy: first.deploy.as_deref(),
            addresses: &addresses,
            package: &package,
            profile: std::path::Path::new(backend::system::CURRENT),
        };
        let cx = self.context(Goal::System(system));
        let mut update = self.new_update(What::System, hosts.join(", "));
        if self.wish.rollback {
            update.plan.steps = backend::system::back(&cx, &system)?;
        } else {
            preflight::nix(self.host)?;
            let chosen = self.choose(&cx)?;
            update.plan.steps = chosen.0.steps(&cx)?;
            update.about.chosen = Some(chosen);
            let known = first.system.as_deref().filter(|_| is_here);
            self.before(&mut update.plan, known, None, runner)?;
        }
        if self.wish.build_only {
            update.plan.steps.retain(|step| step.id == "build");
            if update.plan.steps.is_empty() {
                return Err(Problem::user("clan builds and updates at once")
                    .hint("leave out `--build-only`, or name another `--backend`"));
            }
        } else {
            self.leave_to_admin(&mut update, first);
        }
        Ok(update)
    }

    /// Steps that take an administrator are left to one, when that is not the person: their groups
    /// say so, and nothing is tried.
    fn leave_to_admin(&self, update: &mut Update, machine: &Machine) {
        let takes_sudo = update.plan.steps.iter().any(|s| s.id == backend::system::ELEVATE);
        if !takes_sudo || self.host.is_root() || self.host.is_admin() {
            return;
        }
        let switch = update.plan.steps.iter().find(|step| step.id == super::STEP);
        let command = switch.and_then(Step::command).map(Command::typed).unwrap_or_default();
        // The fleet may say that they administer it; their groups decide.
        let me = &self.host.account.name;
        let admin = machine.admin.as_deref().filter(|admin| admin != me);
        let admin = admin.unwrap_or("an administrator");
        update.about.left =
            Some((admin.to_owned(), format!("Update {}. The command is: {command}", machine.name)));
        update.plan.steps.retain(|step| step.needs == Needs::You);
        update.plan.remarks.push(Remark {
            warns: false,
            text: format!(
                "{me} is no administrator of {}, so the switch is left to {admin}.",
                machine.name
            ),
            places: Vec::new(),
        });
    }

    fn machine(&self, name: &str) -> Result<&Machine, Problem> {
        self.fleet.machine(name).ok_or_else(|| {
            let names: Vec<_> =
                self.fleet.machines.iter().map(|m| format!("`{}`", m.name)).collect();
            let cause = match names.is_empty() {
                true => "it has none that doorstep knows".to_owned(),
                false => format!("it has {}", names.join(", ")),
            };
            Problem::user(format!("the fleet has no machine `{name}`"))
                .of_kind(Kind::Answers)
                .cause(cause)
        })
    }

    fn choose(&self, cx: &Context) -> Result<(Backend, String), Problem> {
        match self.wish.backend {
            Some(backend) => Ok((backend, "you asked for it".to_owned())),
            None => Backend::choose(cx),
        }
    }

    /// Looks for what is known to go wrong: some of it ends it here, the rest is said.
    fn before(
        &self,
        plan: &mut Plan,
        system: Option<&str>,
        places: Option<&Places>,
        runner: &mut dyn Runner,
    ) -> Result<(), Problem> {
        git::ready(self.host, runner)?;
        let subject = preflight::Subject {
            host: self.host,
            fleet: &self.fleet.root,
            system,
            places,
            shown: &[],
        };
        for finding in preflight::look(&subject, runner) {
            if finding.stops {
                return Err(finding.problem);
            }
            plan.remarks.push(finding.remark());
        }
        Ok(())
    }
}

/// Where `machine` is reached, if the fleet's text writes it out.
pub(crate) fn address(fleet: &Fleet, machine: &str) -> Option<String> {
    let ends = ["deploy.targetHost", "networking.targetHost"];
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:@[]".contains(c);
    fleet.files.sources().find_map(|(file, source)| {
        source.bindings().iter().find_map(|binding| {
            let path = binding.path.to_string();
            let own = path.split('.').any(|part| part.trim_matches('"') == machine)
                || file.components().any(|c| c.as_os_str() == machine);
            let fits = own && ends.iter().any(|end| path.ends_with(end));
            let text = fits.then(|| binding.value.of(source.text()).trim())?;
            let text = text.strip_prefix('"')?.strip_suffix('"')?;
            let good = !text.is_empty() && !text.starts_with('-') && text.chars().all(plain);
            good.then(|| text.to_owned())
        })
    })
}

/// The newest generation of the home below the active one that is still there.
fn previous(places: &Places) -> Option<(u64, PathBuf)> {
    let (profile, active) = (places.profile(), places.number()?);
    let number =
        |name: &str| name.strip_prefix("home-manager-")?.strip_suffix("-link")?.parse().ok();
    let entries = std::fs::read_dir(profile.parent()?).ok()?;
    entries
        .flatten()
        .filter_map(|entry| {
            let number: u64 = number(&entry.file_name().to_string_lossy())?;
            let there = std::fs::canonicalize(entry.path()).ok()?;
            (number < active && Some(&there) != places.generation().as_ref())
                .then_some((number, there))
        })
        .max()
}

/// Whether something that is missing could likely be fetched. On Linux that takes a default route;
/// elsewhere nobody is asked.
pub(crate) fn has_network(host: &Host) -> bool {
    if host.os != crate::host::Os::Linux {
        return true;
    }
    let v4 = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let v6 = std::fs::read_to_string("/proc/net/ipv6_route").unwrap_or_default();
    let is_default = |line: &str| line.split_whitespace().nth(1) == Some("00000000");
    let is_default6 = |line: &str| {
        let mut words = line.split_whitespace();
        let net = words.next().is_some_and(|net| net.bytes().all(|b| b == b'0'));
        net && words.next() == Some("00") && !line.trim_end().ends_with(" lo")
    };
    v4.lines().any(is_default) || v6.lines().any(is_default6)
}

#[cfg(test)]
mod tests;
