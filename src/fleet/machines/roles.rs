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
use crate::fleet::{Machine, User, UsersInstance};
use crate::nix::{Pattern, Source};

/// A name and why.
type Reason = (String, String);

/// On how many machines each person is, whatever they are called there.
struct Reach {
    aliases: BTreeMap<String, String>,
    machines: BTreeMap<String, usize>,
}

impl Reach {
    fn of(users: &[User], machines: &[Machine]) -> Self {
        let alias = |user: &User| Some((user.name.clone(), user.alias_of.clone()?));
        let aliases = users.iter().filter_map(alias).collect();
        let mut reach = Self { aliases, machines: BTreeMap::new() };
        for user in machines.iter().flat_map(|machine| &machine.users) {
            let person = reach.person(user.name.text()).to_owned();
            *reach.machines.entry(person).or_default() += 1;
        }
        reach
    }

    fn person<'n>(&'n self, name: &'n str) -> &'n str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    fn count(&self, name: &str) -> usize {
        self.machines.get(self.person(name)).copied().unwrap_or(0)
    }
}

/// Fills in the roles of every machine.
pub(super) fn assign(
    files: &Files,
    users: &[User],
    machines: &mut [Machine],
    services: &[UsersInstance],
) {
    let reach = Reach::of(users, machines);
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
    let because = |line: u32| format!("a comment says so (line {line})");
    let named = |comment: &str| {
        let people = machine.users.iter().map(|user| user.name.text());
        let mut named = people.filter(|name| names_word(comment, name));
        // Two names in one line: it is not clear which of them is meant.
        (named.next(), named.next())
    };
    for (number, text) in (1..).zip(source.text().lines()) {
        let comment = text.split_once('#').map(|(_, comment)| comment);
        if let Some(comment) = comment.filter(|comment| says(comment, role))
            && let (Some(name), None) = named(comment)
        {
            return Some((name.to_owned(), because(number)));
        }
    }
    machine.users.iter().find_map(|user| {
        let line = lines_of(source, user.name.text()).find(|line| {
            let above = source.comment_above(*line);
            above.iter().any(|text| says(text, role))
                && above.iter().all(|text| named(text).0.is_none())
        })?;
        Some((user.name.text().to_owned(), because(line - 1)))
    })
}

/// Whether a comment has a word that begins with `role`, such as `administrator`, and does not
/// deny it.
fn says(comment: &str, role: &str) -> bool {
    let comment = comment.to_lowercase();
    let mut words = comment.split(|c: char| !c.is_alphanumeric());
    let denied = ["non-", "not ", "not an ", "not the ", "no "];
    words.any(|word| word.starts_with(role))
        && !denied.iter().any(|no| comment.contains(&format!("{no}{role}")))
}

/// The lines of the bindings that begin somebody's home or account.
fn lines_of<'s>(source: &'s Source, name: &'s str) -> impl Iterator<Item = u32> + 's {
    [["home-manager", "users", name], ["users", "users", name]].into_iter().filter_map(|names| {
        let pattern = Pattern::exact(&names);
        source.bindings().iter().find(|binding| binding.path.contains(&pattern)).map(|b| b.line)
    })
}

fn primary_user(source: &Source, machine: &Machine) -> Option<Reason> {
    let binding = source.find("system.primaryUser").next()?;
    let value = source.literal(binding.value)?;
    let user = machine.users.iter().find(|user| value.text() == Some(user.name.text()))?;
    Some((user.name.text().to_owned(), format!("`system.primaryUser` (line {})", binding.line)))
}

fn first_uid(machine: &Machine) -> Option<Reason> {
    let first = machine.platform.first_uid();
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

fn wheel(source: Option<&Source>, machine: &Machine, services: &[UsersInstance]) -> Option<Reason> {
    let because = || "is in the group `wheel`".to_owned();
    for user in &machine.users {
        let name = user.name.text();
        let service = services.iter().any(|service| {
            let is_admin = || service.groups_on(&machine.name).iter().any(|g| g == "wheel");
            service.user == name && service.applies_to(&machine.name) && is_admin()
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

fn most_machines(machine: &Machine, reach: &Reach) -> Option<Reason> {
    let names = machine.users.iter().map(|user| user.name.text());
    // The last of equals would win; the first one bound is the better guess.
    let name = names.rev().max_by_key(|name| reach.count(name))?;
    let because = match machine.users.len() {
        1 => "the only person on it".to_owned(),
        _ => format!("of its people on most machines ({})", reach.count(name)),
    };
    Some((name.to_owned(), because))
}
