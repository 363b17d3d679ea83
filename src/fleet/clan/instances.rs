//! Instances of the `users` service, in every spelling: one file each or all in one attribute set,
//! nested or dotted.

use std::collections::BTreeMap;
use std::path::Path;

use crate::fleet::files::Files;
use crate::fleet::machines::package;
use crate::fleet::scope::{Found, naming};
use crate::nix::{Binding, Literal, Pattern, Source};

use super::inventory::texts;
use super::{UsersInstance, prepared_machines};

/// Every instance, by name; what it reaches by tags is not known here.
pub(super) fn read(files: &Files) -> Vec<UsersInstance> {
    let mut found: BTreeMap<&str, Vec<Found<'_>>> = BTreeMap::new();
    for binding in naming(files, &["instances"]) {
        if let Some(name) = named_by(binding.binding) {
            found.entry(name).or_default().push(binding);
        }
    }
    found.iter().filter_map(|(name, found)| instance(name, found)).collect()
}

/// The instance `name` as this text alone has it, to see what an edit has made of it.
pub(crate) fn instance_in(source: &Source, name: &str) -> Option<UsersInstance> {
    let own = source.bindings().iter().filter(|binding| named_by(binding) == Some(name));
    let found = own.map(|binding| Found { file: Path::new(""), source, binding });
    instance(name, &found.collect::<Vec<_>>())
}

/// The instance that a binding is about.
fn named_by(binding: &Binding) -> Option<&str> {
    binding.path.below(&["inventory", "instances"])?.name()
}

fn instance(name: &str, found: &[Found<'_>]) -> Option<UsersInstance> {
    let user = user(name, found)?;
    let home = Pattern::exact(&["home-manager", "users", &user]);
    let groups: Vec<String> = ending(found, "settings.groups").flat_map(literals).collect();
    let shell = Pattern::exact(&["users", "users", &user, "shell"]);
    let asks = |f: &Found<'_>| f.source.literal(f.binding.value) != Some(Literal::Bool(false));
    let first = found.first()?;
    Some(UsersInstance {
        managed: found.iter().any(|f| f.binding.path.contains(&home)),
        admin: groups.iter().any(|group| group == "wheel"),
        groups,
        shell: found.iter().filter(|f| f.binding.path.ends_with(&shell)).find_map(package),
        prompt: ending(found, "settings.prompt").next().is_none_or(asks),
        at: first.place(),
        named: named(found, "machines"),
        tags: tags(found),
        machines: Vec::new(),
        prepared: prepared(found),
        name: name.to_owned(),
        user,
    })
}

/// Whose account it is; `None`: it is an instance of something else.
fn user(name: &str, found: &[Found<'_>]) -> Option<String> {
    let service = ending(found, "module.name").find_map(Found::text).or_else(|| {
        let module = ending(found, "module").next()?;
        let module = module.source.literal(module.binding.value)?;
        Some(module.get("name")?.text()?.to_owned())
    });
    match service.as_deref() {
        Some("users") => {}
        Some(_) => return None,
        // Where an expression says which service it is, its name tells.
        None if name.contains("user") => {}
        None => return None,
    }
    ending(found, "settings.user").find_map(Found::text).or_else(|| {
        let bare = name.strip_prefix("users-").or_else(|| name.strip_prefix("user-"));
        let bare = bare.or_else(|| name.strip_suffix("-user"));
        service.map(|_| bare.unwrap_or(name).to_owned()).or_else(|| bare.map(str::to_owned))
    })
}

fn ending<'f, 's>(found: &'f [Found<'s>], dotted: &str) -> impl Iterator<Item = &'f Found<'s>> {
    let pattern = Pattern::new(dotted);
    found.iter().filter(move |f| f.binding.path.ends_with(&pattern))
}

fn literals(found: &Found<'_>) -> Vec<String> {
    match found.source.literal(found.binding.value) {
        Some(Literal::List(items)) => {
            items.iter().filter_map(|item| item.text().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

/// The names below `roles.ROLE.WHAT`, each once.
fn named(found: &[Found<'_>], what: &str) -> Vec<String> {
    let on = Pattern::new(&format!("roles.*.{what}"));
    let mut names: Vec<String> = Vec::new();
    for part in found.iter().filter_map(|found| found.binding.path.after(&on)) {
        if let Some(name) = part.name().filter(|name| !names.iter().any(|known| known == name)) {
            names.push(name.to_owned());
        }
    }
    names
}

/// `tags.all = { };` and `tags = [ "all" ];` say the same (modules/inventoryClass/role.nix).
fn tags(found: &[Found<'_>]) -> Vec<String> {
    let mut tags = named(found, "tags");
    for list in ending(found, "roles.*.tags") {
        tags.extend(texts(list.source.literal(list.binding.value)).unwrap_or_default());
    }
    tags
}

fn prepared(found: &[Found<'_>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    // The outermost bindings of the instance hold all the others.
    let mut end = (None, 0);
    for f in found {
        if end.0 == Some(f.file) && f.binding.span.end <= end.1 {
            continue;
        }
        end = (Some(f.file), f.binding.span.end);
        let comments = prepared_machines(f.source, f.binding.span);
        names.extend(comments.into_iter().map(|line| line.machine));
    }
    names.dedup();
    names
}
