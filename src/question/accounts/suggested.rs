//! What a neighbour's account suggests for a newcomer's.

use super::super::Context;
use crate::answers::{Account, Mode};
use crate::fleet::{Machine, MachineUser, Platform};

/// Groups whose members are root, or can make themselves so: `docker` and its like mount the whole
/// disk into a container, `disk` reads it.
pub(super) const RIGHTS: [&str; 11] = [
    "wheel",
    "sudo",
    "admin",
    "root",
    "docker",
    "podman",
    "lxd",
    "incus-admin",
    "libvirtd",
    "disk",
    "shadow",
];

/// What nobody has to say for an account there.
pub(super) fn account(cx: &Context, machine: &Machine) -> Account {
    if cx.subject.is_oneself() || theirs(cx, machine).is_some() {
        return Account::default();
    }
    let harmless = |like: &MachineUser| -> Vec<String> {
        like.groups.iter().filter(|group| !RIGHTS.contains(&group.as_str())).cloned().collect()
    };
    let groups = neighbour(cx, machine).map(harmless).filter(|groups| !groups.is_empty());
    // An instance of clan's gives its groups to every machine; a Mac heeds none of them.
    super::on_platform(Account { mode: None, groups, uid: uid(cx, machine), shell: None }, machine)
}

/// The person as the machine has them.
pub(super) fn theirs<'a>(cx: &Context, machine: &'a Machine) -> Option<&'a MachineUser> {
    let name = cx.username();
    machine.users.iter().find(|user| user.name.text() == name)
}

/// Whose account theirs is modelled on: the neighbour where they are on the machine, else the first
/// who has a home there, else anybody who has an account.
pub(super) fn neighbour<'a>(cx: &Context, machine: &'a Machine) -> Option<&'a MachineUser> {
    let others = || machine.users.iter().filter(|user| user.name.text() != cx.username());
    let like = cx.fleet.neighbour(Some(&machine.name), machine.platform, Mode::Integrated);
    let known = others().find(|user| like.is_some_and(|like| like.name == user.name.text()));
    known.or_else(|| others().find(|user| user.managed)).or_else(|| others().next())
}

/// A number where accounts there have one: that of the account here, else theirs on another
/// machine, else the next that nobody in the fleet has.
fn uid(cx: &Context, machine: &Machine) -> Option<u32> {
    let numbered = |machine: &Machine| machine.users.iter().any(|user| user.uid.is_some());
    if !numbered(machine) {
        return None;
    }
    let name = cx.username();
    let here = cx.found.uid_here.filter(|_| machine.name == cx.host.name);
    let elsewhere = || cx.fleet.uid_of(name, machine.platform);
    let is_free = |uid: &u32| holder(machine, name, *uid).is_none();
    here.or_else(|| elsewhere().filter(is_free))
        .or_else(|| Some(cx.fleet.next_uid(machine.platform, cx.username())))
}

/// Who else has this number there.
pub(super) fn holder<'a>(machine: &'a Machine, name: &str, uid: u32) -> Option<&'a MachineUser> {
    let mut others = machine.users.iter().filter(|user| user.name.text() != name);
    others.find(|user| user.uid == Some(uid))
}

/// Where a suggested number comes from.
pub(super) fn uid_from(cx: &Context, machine: &Machine) -> String {
    match (uid(cx, machine), cx.found.uid_here) {
        (Some(uid), Some(here)) if uid == here && machine.name == cx.host.name => {
            "that of the account here".to_owned()
        }
        (Some(uid), _) if cx.fleet.next_uid(machine.platform, cx.username()) == uid => {
            "the next free one in the fleet".to_owned()
        }
        (Some(_), _) => "as on their other machine".to_owned(),
        (None, _) => String::new(),
    }
}

/// What the groups allow, and what of the neighbour's is left out.
pub(super) fn rights(machine: &Machine, groups: &[String], like: Option<&MachineUser>) -> String {
    if machine.platform == Platform::Darwin {
        return "macOS keeps them itself".to_owned();
    }
    let has = |name: &str| groups.iter().any(|group| group == name);
    let given: Vec<&str> = RIGHTS.into_iter().filter(|right| has(right)).collect();
    if !given.is_empty() {
        return format!("{}: may become root", given.join(", "));
    }
    match like.filter(|like| like.groups.iter().any(|group| group == "wheel")) {
        Some(like) => format!("without wheel: no sudo. {} has wheel.", like.name.text()),
        None => "without wheel: no sudo".to_owned(),
    }
}
