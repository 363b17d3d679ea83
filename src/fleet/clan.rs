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

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::files::Files;
use super::{Place, Platform};

pub(crate) use instances::instance_in;
pub(crate) use prepared::{PreparedMachine, prepared_machines};

/// Tags that every machine has by itself: of all, and of its class.
const CLANS_OWN: [&str; 3] = ["all", "darwin", "nixos"];

/// The read model of a clan; empty where the fleet is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Clan {
    /// By name.
    pub machines: Vec<ClanMachine>,
    /// Every tag that a machine has or that an instance asks for, by name.
    pub tags: Vec<Tag>,
    /// Instances of the `users` service, by name.
    pub instances: Vec<UsersInstance>,
    /// Where expressions make instances that are, by their words, people's, and text tells no more.
    pub computed: Vec<Place>,
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
    /// Whether an expression gives it further ones.
    pub computed_tags: bool,
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
    /// Whether it puts the person in the group that may become root, anywhere.
    pub admin: bool,
    /// The groups that it gives on every machine.
    pub groups: Vec<String>,
    /// Those that it gives on one machine alone, by itself or by a tag.
    pub more_groups: BTreeMap<String, Vec<String>>,
    /// The attribute of `pkgs` that is the login shell, where it says so.
    pub shell: Option<String>,
    /// Whether clan asks for the password instead of making one.
    pub prompt: bool,
    /// Whether an expression makes it, so that text tells neither its machines nor its settings.
    pub computed: bool,
}

impl UsersInstance {
    pub fn applies_to(&self, machine: &str) -> bool {
        self.machines.iter().any(|name| name == machine)
    }

    /// The groups that the person has by it on `machine`, each once.
    pub fn groups_on(&self, machine: &str) -> Vec<String> {
        let mut groups = self.groups.clone();
        for more in self.more_groups.get(machine).into_iter().flatten() {
            if !groups.contains(more) {
                groups.push(more.clone());
            }
        }
        groups
    }
}

impl Clan {
    /// Whether the fleet has nothing of a clan.
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty() && self.instances.is_empty() && self.computed.is_empty()
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
    /// Why it stands for no machine that could be named.
    pub fn tagged(&self, name: &str) -> Result<&[String], NoMachines> {
        match self.tag(name) {
            Some(tag) if tag.computed => Err(NoMachines::Computed),
            Some(tag) if !tag.machines.is_empty() => Ok(&tag.machines),
            Some(_) => Err(NoMachines::Unused),
            None => Err(NoMachines::Unknown),
        }
    }

    /// Tags that [`Clan::tagged`] has machines for, by name.
    pub fn used_tags(&self) -> impl Iterator<Item = &str> {
        let used = self.tags.iter().filter(|tag| !tag.computed && !tag.machines.is_empty());
        used.map(|tag| tag.name.as_str())
    }
}

/// Why a tag stands for no machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoMachines {
    /// An expression of the fleet says which machines have it.
    Computed,
    /// An instance asks for it, and no machine has it.
    Unused,
    /// Nothing speaks of it.
    Unknown,
}

/// Reads the clan from the fleet's text and the names of its files.
pub(super) fn read(files: &Files) -> Clan {
    let mut clan = Clan { people: people(files), ..Clan::default() };
    let fixed = inventory::fixed_tags(files);
    clan.machines = inventory::machines(files, &fixed);
    clan.computed = instances::computed(files);
    let found = instances::read(files);
    if clan.machines.is_empty() && found.is_empty() && clan.computed.is_empty() {
        return Clan::default();
    }
    let is_open = inventory::is_open(files);
    clan.tags = tags(&clan.machines, &fixed, &found, is_open);
    clan.instances = found.into_iter().map(|found| reaching(found, &clan.tags)).collect();
    clan
}

/// Every tag, with its machines. `is_open`: there may be machines that no text names.
fn tags(
    machines: &[ClanMachine],
    fixed: &[inventory::FixedTag],
    instances: &[instances::Read],
    is_open: bool,
) -> Vec<Tag> {
    let asked_for = instances.iter().flat_map(|read| &read.instance.tags);
    let worn = machines.iter().flat_map(|machine| &machine.tags);
    let names: BTreeSet<&String> =
        asked_for.chain(worn).chain(fixed.iter().map(|tag| &tag.name)).collect();
    let tag = |name: &String| {
        let wears = |machine: &&ClanMachine| machine.tags.contains(name);
        let having = machines.iter().filter(wears).map(|machine| machine.name.clone());
        let picked = fixed.iter().any(|tag| tag.name == *name && tag.machines.is_none());
        // A machine whose tags are computed may have any but those that clan itself gives.
        let any = !CLANS_OWN.contains(&name.as_str());
        let given = any && machines.iter().any(|machine| machine.computed_tags);
        let computed = is_open || picked || given;
        Tag { name: name.clone(), machines: having.collect(), computed }
    };
    names.into_iter().map(tag).collect()
}

/// The instance with the machines of its tags, and with the groups that it gives by them.
fn reaching(read: instances::Read, tags: &[Tag]) -> UsersInstance {
    let instances::Read { mut instance, groups_by_tag } = read;
    instance.machines.clone_from(&instance.named);
    for tag in tags.iter().filter(|tag| instance.tags.contains(&tag.name)) {
        for machine in &tag.machines {
            if !instance.machines.contains(machine) {
                instance.machines.push(machine.clone());
            }
            if let Some(groups) = groups_by_tag.get(&tag.name) {
                let on_it = instance.more_groups.entry(machine.clone()).or_default();
                on_it.extend(groups.iter().cloned());
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
