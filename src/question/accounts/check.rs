//! What an account may be: the text goes into Nix files and onto command lines, so that nothing
//! but plain names is taken.

use super::super::Context;
use super::super::choosing::shown;
use super::super::near::did_you_mean;
use super::suggested;
use crate::answers::{self, ALL, Account, Mode};
use crate::fleet::{Machine, Platform};
use crate::problem::Problem;

/// Numbers from here on are build users' of Nix and nobody's.
pub(super) const HIGHEST: u32 = 30_000;

/// `groupadd` takes no more.
const LONGEST: usize = 32;

/// Every machine that is spoken of is one of the chosen.
pub(super) fn machines(cx: &Context, given: &answers::Accounts) -> Result<(), Problem> {
    let hosts = cx.answers.hosts.as_deref().unwrap_or_default();
    let unknown = given.keys().find(|name| *name != ALL && !hosts.contains(name));
    let Some(name) = unknown else { return Ok(()) };
    let close = did_you_mean(name, hosts.iter().map(String::as_str));
    let known = match hosts {
        _ if !close.is_empty() => close,
        [] => " None is chosen.".to_owned(),
        hosts => format!(" Chosen are {}.", hosts.join(", ")),
    };
    let name = shown(name);
    Err(Problem::user(format!("`{name}` is not one of the chosen machines.{known}")))
}

/// What was said of one machine.
pub(super) fn account(cx: &Context, machine: &Machine, said: &Account) -> Result<(), Problem> {
    if let Some(groups) = &said.groups {
        self::groups(machine, groups)?;
    }
    if let Some(uid) = said.uid {
        self::uid(cx, machine, uid)?;
    }
    said.shell.as_deref().map_or(Ok(()), shell)
}

fn groups(machine: &Machine, groups: &[String]) -> Result<(), Problem> {
    for (index, group) in groups.iter().enumerate() {
        let begins = group.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if !begins || !group.chars().all(allowed) || group.len() > LONGEST {
            return Err(Problem::user(format!(
                "A group has a to z, 0 to 9, - and _, and starts with a letter: `{}` does not.",
                shown(group)
            )));
        }
        if groups[..index].contains(group) {
            return Err(Problem::user(format!("The group {group} is there twice.")));
        }
    }
    if machine.platform == Platform::Darwin && !groups.is_empty() {
        return Err(Problem::user(format!(
            "{} is a Mac, where groups of accounts are not for the fleet to set.",
            machine.name
        )));
    }
    Ok(())
}

fn uid(cx: &Context, machine: &Machine, uid: u32) -> Result<(), Problem> {
    let name = &machine.name;
    let lowest = machine.platform.first_uid();
    if !(lowest..HIGHEST).contains(&uid) {
        return Err(Problem::user(format!(
            "The number of a person's account on {name} is from {lowest} to {}.",
            HIGHEST - 1
        )));
    }
    if let Some(other) = suggested::holder(machine, cx.username(), uid) {
        return Err(Problem::user(format!(
            "uid {uid} is {}'s on {name} ({}:{}). {} is free.",
            other.name.text(),
            other.at.file.display(),
            other.at.line,
            cx.fleet.next_uid(machine.platform, cx.username())
        )));
    }
    let theirs = suggested::theirs(cx, machine);
    match theirs.and_then(|user| Some((user, user.uid.filter(|has| *has != uid)?))) {
        Some((user, has)) => Err(Problem::user(format!(
            "{} has uid {has} on {name} already ({}:{}).",
            user.name.text(),
            user.at.file.display(),
            user.at.line
        ))),
        None => Ok(()),
    }
}

/// An attribute of `pkgs`.
fn shell(shell: &str) -> Result<(), Problem> {
    let begins = shell.starts_with(|c: char| c.is_ascii_alphabetic());
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if begins && shell.chars().all(allowed) && shell.len() <= LONGEST {
        return Ok(());
    }
    const KNOWN: [&str; 5] = ["bash", "fish", "nushell", "xonsh", "zsh"];
    let last = shell.rsplit(['/', '.']).next().unwrap_or_default();
    let close = match KNOWN.contains(&last) {
        true => format!(" Did you mean {last}?"),
        false => did_you_mean(shell, KNOWN),
    };
    Err(Problem::user(format!("A shell is the name of a package, such as zsh.{close}")))
}

/// One home configuration is for one kind of system.
pub(super) fn one_system(cx: &Context, accounts: &answers::Accounts) -> Result<(), Problem> {
    let alone = |machine: &&Machine| {
        let own = accounts.get(&machine.name).and_then(|account| account.mode);
        own.or(cx.answers.mode) == Some(Mode::Standalone)
    };
    let mut machines = super::chosen(cx).filter(alone);
    let Some(first) = machines.next() else { return Ok(()) };
    let system = |machine: &Machine| (machine.platform, machine.system.clone());
    match machines.find(|machine| system(machine) != system(first)) {
        Some(other) => Err(Problem::user(format!(
            "A home configuration is for one kind of system, and {} and {} are of two. Choose \
             integrated for one of them.",
            first.name, other.name
        ))),
        None => Ok(()),
    }
}
