//! Who a machine is mainly for and who administers it: a heuristic, told with its reason.
//!
//! In this order, the first that speaks wins.
//!
//! Primary: a comment that calls somebody so; `system.primaryUser`; the account with the first
//! uid that the system gives out (501 on darwin, 1000 on NixOS); the first person bound.
//!
//! Admin: a comment that calls somebody so; membership of `wheel`; the only person; of the people
//! of the machine, the one who is on most machines.
//!
//! nix-darwin's `system.primaryUser` is whom system-wide settings apply to, on a shared Mac often
//! the administrator, so what a person wrote in words comes first.

use std::collections::BTreeMap;

use crate::fleet::files::Files;
use crate::fleet::mentions::names_word;
use crate::fleet::{Machine, Platform};
use crate::nix::{Pattern, Source};

use super::clan::UserService;

type Reason = (String, String);

pub(super) fn assign(files: &Files, machines: &mut [Machine], services: &[UserService]) {
    let mut reach: BTreeMap<String, usize> = BTreeMap::new();
    for user in machines.iter().flat_map(|machine| &machine.users) {
        *reach.entry(user.name.text().to_owned()).or_default() += 1;
    }
    for machine in machines {
        let source = files.nix(&machine.at.file);
        let primary = source
            .and_then(|source| called(source, machine, "primary"))
            .or_else(|| primary_user(source?, machine))
            .or_else(|| first_uid(machine))
            .or_else(|| first_bound(machine));
        let admin = source
            .and_then(|source| called(source, machine, "admin"))
            .or_else(|| wheel(source, machine, services))
            .or_else(|| most_machines(machine, &reach));
        (machine.primary, machine.primary_because) = primary.unzip();
        (machine.admin, machine.admin_because) = admin.unzip();
    }
}

/// A comment with `role` in it that names one of the people, or stands above their binding.
fn called(source: &Source, machine: &Machine, role: &str) -> Option<Reason> {
    let people = || machine.users.iter().map(|user| user.name.text());
    let speaks = |comment: &str| {
        let comment = comment.to_lowercase();
        let refused = ["non-", "not ", "not an ", "no "].map(|no| format!("{no}{role}"));
        names_word(&comment, role) && !refused.iter().any(|no| comment.contains(no.as_str()))
    };
    let because = |line: u32| format!("a comment says so (line {line})");
    for (number, text) in (1..).zip(source.text().lines()) {
        let Some((_, comment)) = text.split_once('#').filter(|(_, comment)| speaks(comment)) else {
            continue;
        };
        let mut named = people().filter(|name| names_word(comment, name));
        if let (Some(name), None) = (named.next(), named.next()) {
            return Some((name.to_owned(), because(number)));
        }
    }
    machine.users.iter().filter(|user| user.at.file == machine.at.file).find_map(|user| {
        let above = source.comment_above(user.at.line);
        let alone = !above.iter().any(|line| people().any(|name| names_word(line, name)));
        let said = alone && above.iter().any(|line| speaks(line));
        said.then(|| (user.name.text().to_owned(), because(user.at.line.saturating_sub(1))))
    })
}

fn primary_user(source: &Source, machine: &Machine) -> Option<Reason> {
    let binding = source.find("system.primaryUser").next()?;
    let value = source.literal(binding.value)?;
    let user = machine.users.iter().find(|user| value.text() == Some(user.name.text()))?;
    Some((user.name.text().to_owned(), format!("`system.primaryUser` (line {})", binding.line)))
}

fn first_uid(machine: &Machine) -> Option<Reason> {
    let first = match machine.platform {
        Platform::Darwin => 501,
        Platform::Nixos => 1000,
    };
    let user = machine.users.iter().find(|user| user.uid == Some(first))?;
    Some((user.name.text().to_owned(), format!("the account has uid {first}")))
}

fn first_bound(machine: &Machine) -> Option<Reason> {
    let user = machine.users.first()?;
    let because = match machine.users.len() {
        1 => "the only person on it",
        _ => "the first person bound on it",
    };
    Some((user.name.text().to_owned(), because.to_owned()))
}

fn wheel(source: Option<&Source>, machine: &Machine, services: &[UserService]) -> Option<Reason> {
    let because = || "is in the group `wheel`".to_owned();
    for user in &machine.users {
        let name = user.name.text();
        let service = services.iter().any(|service| {
            service.user == name && service.admin && service.machines.contains(&machine.name)
        });
        let groups = Pattern::exact(&["users", "users", name, "extraGroups"]);
        let account = source.is_some_and(|source| {
            let mut lists = source.lists().iter().filter(|list| list.path.ends_with(&groups));
            lists.any(|list| list.span.of(source.text()).contains("\"wheel\""))
        });
        if service || account {
            return Some((name.to_owned(), because()));
        }
    }
    None
}

fn most_machines(machine: &Machine, reach: &BTreeMap<String, usize>) -> Option<Reason> {
    let count = |name: &str| reach.get(name).copied().unwrap_or(0);
    let names = machine.users.iter().map(|user| user.name.text());
    // The last of equals would win; the first one bound is the better guess.
    let name = names.rev().max_by_key(|name| count(name))?;
    let because = match machine.users.len() {
        1 => "the only person on it".to_owned(),
        _ => format!("of its people on most machines ({})", count(name)),
    };
    Some((name.to_owned(), because))
}
