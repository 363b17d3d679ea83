//! The people of one machine: who home-manager is bound for, and what their account is.

use crate::fleet::files::Files;
use crate::fleet::scope::{Found, is_declaration, naming};
use crate::fleet::{MachineUser, Name, UsersInstance};
use crate::nix::{Literal, Part, Pattern};

use super::{ACCOUNTS, HOMES, together};

/// Accounts of the system.
fn is_person(name: &str) -> bool {
    !matches!(name, "root" | "nobody" | "nixbld") && !name.starts_with('_')
}

/// The people of a machine with these bindings, those with a home first, each in the order in
/// which the files name them.
pub(super) fn read(
    files: &Files,
    all: &[Found<'_>],
    machine: &str,
    services: &[UsersInstance],
) -> Vec<MachineUser> {
    let mut users: Vec<MachineUser> = Vec::new();
    let mut add = |name: Name, at, managed| {
        let known = users.iter().any(|user| user.name.text() == name.text());
        if is_person(name.text()) && !known {
            let (uid, home, groups, shell) = (None, None, Vec::new(), None);
            users.push(MachineUser { name, at, managed, uid, home, groups, shell });
        }
    };
    for found in all {
        if let Some(part) = found.below(&HOMES) {
            add(name_of(files, all, found, part), found.place(), true);
        }
    }
    for (name, at) in together::named(all, &HOMES) {
        add(Name::Literal(name), at, true);
    }
    for service in services.iter().filter(|s| s.machines.iter().any(|m| m == machine)) {
        add(Name::Literal(service.user.clone()), service.at.clone(), service.managed);
    }
    for found in all.iter().filter(|f| !of_system(f, all)) {
        if let Some(part) = found.below(&ACCOUNTS) {
            add(name_of(files, all, found, part), found.place(), false);
        }
    }
    for (name, at) in together::named(all, &ACCOUNTS) {
        add(Name::Literal(name), at, false);
    }
    for user in &mut users {
        if let Some(service) =
            services.iter().find(|s| *user.name.text() == s.user && s.applies_to(machine))
        {
            user.groups = service.groups_on(machine);
            user.shell.clone_from(&service.shell);
        }
        let account = |field| Pattern::exact(&["users", "users", user.name.text(), field]);
        let (uid, home) = (account("uid"), account("home"));
        let (groups, shell) = (account("extraGroups"), account("shell"));
        for found in all {
            let path = &found.binding.path;
            if path.ends_with(&uid) {
                let value = found.source.literal(found.binding.value);
                user.uid = value.and_then(|v| v.int()).and_then(|uid| u32::try_from(uid).ok());
            } else if path.ends_with(&home) {
                user.home = found.text();
            } else if path.ends_with(&groups) {
                user.groups = texts(found);
            } else if path.ends_with(&shell) {
                user.shell = package(found);
            }
        }
    }
    users
}

/// The strings of a list that is spelled out.
fn texts(found: &Found<'_>) -> Vec<String> {
    match found.source.literal(found.binding.value) {
        Some(Literal::List(items)) => {
            items.iter().filter_map(Literal::text).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// `zsh` of `pkgs.zsh`.
pub(in crate::fleet) fn package(found: &Found<'_>) -> Option<String> {
    match found.binding.reference.as_deref()? {
        [pkgs, name] if pkgs == "pkgs" => Some(name.clone()),
        _ => None,
    }
}

/// Whether the account of this binding is a system account.
fn of_system(found: &Found<'_>, all: &[Found<'_>]) -> bool {
    let account = found.below(&ACCOUNTS);
    let Some(name) = account.and_then(Part::name) else { return false };
    let system = Pattern::exact(&["users", "users", name, "isSystemUser"]);
    all.iter().any(|f| f.binding.path.ends_with(&system))
}

/// `${config.primaryUser}` is what the machine sets `primaryUser` to, else what the option's
/// declaration or some other file says, when one spells it out.
pub(super) fn name_of(files: &Files, machine: &[Found<'_>], at: &Found<'_>, part: &Part) -> Name {
    let Part::Computed(text) = part else { return Name::Literal(part.text().to_owned()) };
    let expression = text.trim_matches('"').trim_start_matches("${").trim_end_matches('}').trim();
    let mut option = expression.rsplit('.').next().unwrap_or(expression).to_owned();
    // `let user = config.primaryUser; in`, or the name itself.
    if let Some(alias) = at.source.let_binding(expression) {
        if let Some(name) = at.source.literal(alias.value).as_ref().and_then(Literal::text) {
            return Name::Computed(name.to_owned());
        }
        option = alias.reference.iter().flatten().next_back().cloned().unwrap_or(option);
    }
    let set = Pattern::exact(&[&option]);
    let own = machine.iter().filter(|found| found.binding.path.ends_with(&set));
    let own = own.filter(|found| !is_declaration(&found.binding.path)).find_map(Found::text);
    let value = own.or_else(|| {
        let words = [option.as_str()];
        let default = Pattern::exact(&[&option, "default"]);
        let anywhere = |declared: bool, end: &Pattern| {
            naming(files, &words)
                .filter(|f| f.binding.path.ends_with(end))
                .filter(|f| is_declaration(&f.binding.path) == declared)
                .find_map(|f| f.text())
        };
        // What another machine sets is only better than nothing.
        anywhere(true, &default).or_else(|| anywhere(false, &set))
    });
    Name::Computed(value.unwrap_or_else(|| text.to_string()))
}
