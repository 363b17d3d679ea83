//! What clan knows of the fleet: its machines with their tags, and who gets an account by an
//! instance of its `users` service.
//!
//! Facts of clan-core 25.11 that this rests on: a machine is one of `clan.machines`, one of
//! `inventory.machines`, or a folder of `machines/` (docs: "Machine Autoincludes"). Every machine
//! has the tag `all` and that of its class (modules/inventoryClass/inventory.nix and tags.nix). The
//! service takes its name for the person where `settings.user` does not say (clanServices/users).

mod instances;
mod inventory;
mod prepared;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::problem::{Kind, Problem};
use crate::question::nearest;

use super::files::Files;
use super::{Place, Platform};

pub(crate) use instances::instance_in;
pub(crate) use prepared::prepared_machines;

/// The read model of a clan; empty where the fleet is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Clan {
    /// By name.
    pub machines: Vec<ClanMachine>,
    /// Every tag that a machine has or that an instance asks for, by name.
    pub tags: Vec<Tag>,
    /// Instances of the `users` service, by name.
    pub instances: Vec<UsersInstance>,
    /// Whom clan's own secrets may be encrypted to: the folders of `sops/users`.
    pub people: Vec<String>,
}

/// A machine of the registry or the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClanMachine {
    pub name: String,
    /// `machineClass`; where nobody says, what its module is, and NixOS otherwise, as clan has it.
    pub class: Platform,
    /// Its own, then those that clan adds; each once.
    pub tags: Vec<String>,
    pub at: Place,
}

/// A name for several machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tag {
    pub name: String,
    /// Those that have it, by name.
    pub machines: Vec<String>,
    /// Whether an expression picks further machines.
    pub computed: bool,
}

/// One instance of clan's `users` service: an account for one person on several machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsersInstance {
    /// Such as `user-zoe`.
    pub name: String,
    pub user: String,
    pub at: Place,
    /// Machines that it names itself, in order.
    pub named: Vec<String>,
    /// Tags that it names, in order.
    pub tags: Vec<String>,
    /// Every machine that it applies to: those named, then those tagged.
    pub machines: Vec<String>,
    /// Machines that stand there in a comment, ready to be switched on.
    pub prepared: Vec<String>,
    /// Whether it also binds home-manager for the person.
    pub managed: bool,
    /// Whether it puts the person in the group that may become root.
    pub admin: bool,
    /// The groups that it spells out.
    pub groups: Vec<String>,
    /// The attribute of `pkgs` that is the login shell, where it says so.
    pub shell: Option<String>,
    /// Whether clan asks for the password instead of making one.
    pub prompt: bool,
}

impl UsersInstance {
    pub fn applies_to(&self, machine: &str) -> bool {
        self.machines.iter().any(|name| name == machine)
    }
}

impl Clan {
    /// Whether the fleet has nothing of a clan.
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty() && self.instances.is_empty()
    }

    pub fn machine(&self, name: &str) -> Option<&ClanMachine> {
        self.machines.iter().find(|machine| machine.name == name)
    }

    pub fn tag(&self, name: &str) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.name == name)
    }

    /// The person's instances, whatever they are called.
    pub fn instances_of(&self, user: &str) -> impl Iterator<Item = &UsersInstance> {
        self.instances.iter().filter(move |instance| instance.user == user)
    }

    /// The instance that gives `user` an account on `machine`.
    pub fn gives(&self, user: &str, machine: &str) -> Option<&UsersInstance> {
        self.instances.iter().find(|instance| instance.user == user && instance.applies_to(machine))
    }

    /// The machines with this tag, by name; one at least.
    ///
    /// # Errors
    /// No machine has it, or the fleet computes who does.
    pub fn tagged(&self, name: &str) -> Result<&[String], Problem> {
        let known = || self.tags.iter().filter(|tag| !tag.machines.is_empty());
        match self.tag(name) {
            Some(tag) if tag.computed => {
                Err(Problem::user(format!("which machines have the tag `{name}` is computed"))
                    .of_kind(Kind::Answers)
                    .hint("name the machines themselves"))
            }
            Some(tag) if !tag.machines.is_empty() => Ok(&tag.machines),
            _ => {
                let problem = Problem::user(format!("no machine of the clan has the tag `{name}`"))
                    .of_kind(Kind::Answers);
                let names: Vec<&str> = known().map(|tag| tag.name.as_str()).collect();
                match nearest(name, names.iter().copied()) {
                    Some(near) => Err(problem.hint(format!("did you mean `{near}`?"))),
                    None if names.is_empty() => Err(problem),
                    None => Err(problem.cause(format!("its tags are {}", names.join(", ")))),
                }
            }
        }
    }
}

/// Reads the clan from the fleet's text and the names of its files.
pub(super) fn read(files: &Files) -> Clan {
    let mut clan = Clan { people: people(files), ..Clan::default() };
    let fixed = inventory::fixed_tags(files);
    clan.machines = inventory::machines(files, &fixed);
    let found = instances::read(files);
    if clan.machines.is_empty() && found.is_empty() {
        return Clan::default();
    }
    clan.tags = tags(&clan.machines, &fixed, &found);
    clan.instances = found.into_iter().map(|instance| reaching(instance, &clan.tags)).collect();
    clan
}

/// Every tag, with its machines.
fn tags(
    machines: &[ClanMachine],
    fixed: &[inventory::FixedTag],
    instances: &[UsersInstance],
) -> Vec<Tag> {
    let asked_for = instances.iter().flat_map(|instance| &instance.tags);
    let worn = machines.iter().flat_map(|machine| &machine.tags);
    let names: BTreeSet<&String> =
        asked_for.chain(worn).chain(fixed.iter().map(|tag| &tag.name)).collect();
    let tag = |name: &String| {
        let wears = |machine: &&ClanMachine| machine.tags.contains(name);
        let machines = machines.iter().filter(wears).map(|machine| machine.name.clone());
        let computed = fixed.iter().any(|tag| tag.name == *name && tag.machines.is_none());
        Tag { name: name.clone(), machines: machines.collect(), computed }
    };
    names.into_iter().map(tag).collect()
}

/// The instance with the machines of its tags.
fn reaching(mut instance: UsersInstance, tags: &[Tag]) -> UsersInstance {
    instance.machines.clone_from(&instance.named);
    for tag in tags.iter().filter(|tag| instance.tags.contains(&tag.name)) {
        let further = tag.machines.iter().filter(|name| !instance.named.contains(name));
        let further: Vec<String> = further.cloned().collect();
        for name in further {
            if !instance.machines.contains(&name) {
                instance.machines.push(name);
            }
        }
    }
    instance
}

/// Clan keeps each in `sops/users/NAME/key.json` (clan_cli/secrets/folders.py and users.py).
fn people(files: &Files) -> Vec<String> {
    let named = |path: &std::path::PathBuf| {
        let rest = path.to_str()?.strip_prefix("sops/users/")?;
        rest.strip_suffix("/key.json").filter(|name| !name.contains('/')).map(str::to_owned)
    };
    files.all().iter().filter_map(named).collect()
}

#[cfg(test)]
mod tests;
