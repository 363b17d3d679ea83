//! Clan's `users` service: one instance makes a person's account on several machines.

use std::collections::BTreeMap;
use std::path::Path;

use crate::fleet::Place;
use crate::fleet::files::Files;
use crate::fleet::scope::{Found, naming};
use crate::nix::{Literal, Pattern};

/// One instance of the service.
#[derive(Debug)]
pub(super) struct UserService {
    pub(super) user: String,
    pub(super) at: Place,
    pub(super) machines: Vec<String>,
    /// Whether it also binds home-manager for the person.
    pub(super) managed: bool,
    /// Whether it puts the person in the group that may become root.
    pub(super) admin: bool,
}

/// Every instance that names a person and a machine.
pub(super) fn user_services(files: &Files) -> Vec<UserService> {
    let mut found: BTreeMap<(&Path, &str), Vec<Found<'_>>> = BTreeMap::new();
    for binding in naming(files, &["instances"]) {
        if let Some(name) =
            binding.binding.path.below(&["inventory", "instances"]).and_then(|part| part.name())
        {
            found.entry((binding.file, name)).or_default().push(binding);
        }
    }
    let inventory = inventory(files);
    found.iter().filter_map(|((_, name), found)| service(name, found, &inventory)).collect()
}

fn service(name: &str, found: &[Found<'_>], inventory: &[String]) -> Option<UserService> {
    let ending = |pattern: &str| {
        let pattern = Pattern::new(pattern);
        found.iter().find(move |f| f.binding.path.ends_with(&pattern))
    };
    let is_users = ending("module.name").and_then(Found::text).is_some_and(|n| n == "users")
        || ending("module").is_some_and(|f| {
            let module = f.source.literal(f.binding.value);
            module.is_some_and(|m| m.get("name").and_then(Literal::text) == Some("users"))
        });
    let user = ending("settings.user").and_then(Found::text).or_else(|| {
        let bare = name.strip_prefix("users-").or_else(|| name.strip_prefix("user-"));
        bare.or_else(|| name.strip_suffix("-user")).map(str::to_owned)
    });
    let user = user.or_else(|| is_users.then(|| name.to_owned()))?;
    if !is_users && !name.contains("user") {
        return None;
    }
    let mut machines: Vec<String> = Vec::new();
    let on = Pattern::new("roles.*.machines");
    for found in found {
        if let Some(machine) = found.binding.path.after(&on).and_then(|part| part.name())
            && !machines.iter().any(|known| known == machine)
        {
            machines.push(machine.to_owned());
        }
    }
    // The tag that every machine of the inventory has.
    if machines.is_empty() && ending("tags.all").is_some() {
        inventory.clone_into(&mut machines);
    }
    let home = Pattern::exact(&["home-manager", "users", &user]);
    let groups = ending("settings.groups").map(|f| f.binding.value.of(f.source.text()));
    Some(UserService {
        managed: found.iter().any(|f| f.binding.path.contains(&home)),
        admin: groups.is_some_and(|groups| groups.contains("\"wheel\"")),
        at: found.first()?.place(),
        machines,
        user,
    })
}

fn inventory(files: &Files) -> Vec<String> {
    let mut names: Vec<String> = naming(files, &["clan"])
        .filter_map(|f| f.binding.path.below(&["clan", "machines"]).and_then(|part| part.name()))
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
