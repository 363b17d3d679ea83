//! Who is in the fleet, and what their files say about them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::nix::{Pattern, Shape};

use super::files::Files;
use super::layout::{Layout, read_names};
use super::machines::HOMES;
use super::scope::{
    Found, Scope, bindings, exported_module, home_module, is_declaration, lists, naming,
};
use super::{Fleet, Place, User};

/// Accounts that are nobody.
const NOBODY: [&str; 2] = ["root", "nobody"];

/// What is known of a person before their files are read.
#[derive(Default)]
struct Traces {
    /// `flake.modules.homeManager."users/<name>"`
    module: Option<Place>,
    /// `flake.users.<name>.…`: the file with the content, else the first.
    registry: Option<Place>,
    content: Option<Place>,
    /// `home-manager.users.<name>`
    bound: Option<Place>,
    scopes: Vec<Scope>,
    bound_scopes: Vec<Scope>,
    alias_of: Option<String>,
}

/// Every person, by name.
pub(super) fn read(files: &Files, layout: Option<&Layout>) -> Vec<User> {
    let mut traces: BTreeMap<String, Traces> = BTreeMap::new();
    for found in
        naming(files, &["users", "userAliases"]).filter(|f| !is_declaration(&f.binding.path))
    {
        trace(&mut traces, &found);
    }
    if let Some(layout) = layout {
        trace_paths(&mut traces, files, layout);
    }
    widen_to_whole_files(&mut traces);
    let names: Vec<String> = traces.keys().cloned().collect();
    traces
        .into_iter()
        .filter(|(name, _)| !NOBODY.contains(&name.as_str()))
        .filter_map(|(name, traces)| person(files, name, traces, &names))
        .collect()
}

fn trace(traces: &mut BTreeMap<String, Traces>, found: &Found<'_>) {
    let path = &found.binding.path;
    let scope =
        |below: &[&str]| Scope { file: found.file.to_owned(), below: Some(Pattern::exact(below)) };
    if let Some((_, module)) = exported_module(path)
        && let Some(name) = module.strip_prefix("users/")
    {
        let traces = traces.entry(name.to_owned()).or_default();
        traces.module.get_or_insert_with(|| found.place());
        add(&mut traces.scopes, scope(&[module]));
    }
    if let Some((name, field)) = registry_entry(found) {
        let traces = traces.entry(name.to_owned()).or_default();
        traces.registry.get_or_insert_with(|| found.place());
        if field.is_some_and(|field| field.starts_with("content")) {
            traces.content.get_or_insert_with(|| found.place());
        }
        add(&mut traces.scopes, scope(&["users", name]));
    }
    if let Some(name) = found.below(&HOMES).and_then(|part| part.name()) {
        let traces = traces.entry(name.to_owned()).or_default();
        traces.bound.get_or_insert_with(|| found.place());
        add(&mut traces.bound_scopes, scope(&["home-manager", "users", name]));
    }
    if let Some(alias) = path.below(&["userAliases"]).and_then(|part| part.name())
        && let Some(target) = found.text()
    {
        let traces = traces.entry(alias.to_owned()).or_default();
        traces.alias_of = Some(target);
        traces.registry.get_or_insert_with(|| found.place());
    }
}

fn add(scopes: &mut Vec<Scope>, scope: Scope) {
    if !scopes.iter().any(|known| known.file == scope.file && known.below == scope.below) {
        scopes.push(scope);
    }
}

/// The person and the field of a `flake.users.<name>.<field>` binding.
fn registry_entry<'f>(found: &Found<'f>) -> Option<(&'f str, Option<&'f str>)> {
    let parts = found.binding.path.parts();
    let names: Vec<_> = parts.iter().take(5).map(|part| part.name()).collect();
    let rest = match &names[..] {
        [Some("flake"), Some("users"), rest @ ..] => rest,
        [Some("config"), Some("flake"), Some("users"), rest @ ..] => rest,
        _ => return None,
    };
    match rest {
        [Some(name), Some(field), ..] => Some((name, Some(field))),
        [Some(name)] if found.binding.shape == Shape::Set => Some((name, None)),
        _ => None,
    }
}

/// Where the layout says so, a file is a person's even if nothing in it names them.
fn trace_paths(traces: &mut BTreeMap<String, Traces>, files: &Files, layout: &Layout) {
    let places = layout.places.user_files.iter().chain([&layout.places.user_module]);
    for place in places {
        for (file, _) in files.sources() {
            let names = file.to_str().and_then(|path| read_names(place, path));
            let user = names.and_then(|names| names.into_iter().find(|(key, _)| *key == "user"));
            let Some((_, name)) = user else { continue };
            let traces = traces.entry(name.to_owned()).or_default();
            let place = Place { file: file.to_owned(), line: 1 };
            traces.registry.get_or_insert(place);
            add(&mut traces.scopes, Scope { file: file.to_owned(), below: None });
        }
    }
}

/// A file that is about one person belongs to them whole: a registry's content is often bound in
/// a `let` and only named in the entry.
fn widen_to_whole_files(traces: &mut BTreeMap<String, Traces>) {
    let mut owners: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for (name, traces) in traces.iter() {
        for scope in &traces.scopes {
            let owners = owners.entry(scope.file.clone()).or_default();
            if !owners.contains(name) {
                owners.push(name.clone());
            }
        }
    }
    for traces in traces.values_mut() {
        for scope in &mut traces.scopes {
            // A file that also binds people on a machine is a machine's file.
            let shared = traces.bound_scopes.iter().any(|bound| bound.file == scope.file);
            if owners.get(&scope.file).is_some_and(|owners| owners.len() == 1) && !shared {
                scope.below = None;
            }
        }
    }
}

fn person(files: &Files, name: String, traces: Traces, names: &[String]) -> Option<User> {
    let alias_of = traces.alias_of.clone().or_else(|| forwards_to(files, &name, &traces));
    let alias_of = alias_of.filter(|target| names.contains(target));
    let module = traces.module.or(traces.content).or(traces.registry).or(traces.bound)?;
    let is_literal_only = traces.scopes.is_empty();
    let own = if is_literal_only { &traces.bound_scopes } else { &traces.scopes };
    let found = bindings(files, own);
    Some(User {
        full_name: first_text(&found, &FULL_NAME),
        email: first_text(&found, &EMAIL),
        secrets: secrets(&found),
        aggregates: aggregates(files, &name, &traces.scopes, &traces.bound_scopes),
        machines: Vec::new(),
        coming: false,
        module,
        alias_of,
        name,
    })
}

/// The fleet's own register of people comes before what one program is told.
const FULL_NAME: [&str; 8] = [
    "meta.fullname",
    "meta.fullName",
    "meta.name",
    "meta.displayName",
    "programs.git.settings.user.name",
    "programs.git.userName",
    "programs.git.extraConfig.user.name",
    "programs.jujutsu.settings.user.name",
];
const EMAIL: [&str; 6] = [
    "meta.email",
    "meta.mail",
    "programs.git.settings.user.email",
    "programs.git.userEmail",
    "programs.git.extraConfig.user.email",
    "programs.jujutsu.settings.user.email",
];

fn first_text(found: &[Found<'_>], patterns: &[&str]) -> Option<String> {
    patterns.iter().find_map(|pattern| {
        let pattern = Pattern::new(pattern);
        found.iter().filter(|f| f.binding.path.ends_with(&pattern)).find_map(Found::text)
    })
}

fn secrets(found: &[Found<'_>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for found in found {
        if let Some(name) =
            found.binding.path.below(&["sops", "secrets"]).and_then(|part| part.name())
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// Aggregates from the person's own lists, then from the machines that bind them.
fn aggregates(files: &Files, name: &str, own: &[Scope], bound: &[Scope]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for list in lists(files, own).into_iter().chain(lists(files, bound)) {
        let last = list.path.last().and_then(|part| part.name());
        if !matches!(last, Some("imports" | "aggregates" | "profiles" | "modules" | "includes")) {
            continue;
        }
        // A file that is one person's may still bind others on a machine.
        let others = list.path.below(&HOMES);
        if others.is_some_and(|part| part.name() != Some(name)) {
            continue;
        }
        for module in list.items.iter().filter_map(|item| home_module(item.reference.as_ref()?)) {
            if !module.contains('/') && !found.iter().any(|known| known == module) {
                found.push(module.to_owned());
            }
        }
    }
    found
}

/// The other person whose module this one's only forwards to.
///
/// Either the module is a name, or it imports exactly one person and sets no more than the
/// account's own name and home; or a machine binds a name that has no module with the module of
/// somebody who has.
fn forwards_to(files: &Files, name: &str, traces: &Traces) -> Option<String> {
    let other = |reference: &Vec<String>| {
        let user = home_module(reference)?.strip_prefix("users/")?;
        (user != name).then(|| user.to_owned())
    };
    let scopes = if traces.scopes.is_empty() { &traces.bound_scopes } else { &traces.scopes };
    let imported = |scopes: &[Scope]| {
        let lists = lists(files, scopes);
        let items = lists.iter().flat_map(|list| &list.items);
        items.filter_map(|item| other(item.reference.as_ref()?)).collect::<Vec<_>>()
    };
    if traces.scopes.is_empty() {
        return imported(scopes).into_iter().next();
    }
    let found = bindings(files, scopes);
    let exports = |f: &&Found<'_>| {
        exported_module(&f.binding.path)
            .is_some_and(|(at, _)| f.binding.path.parts().len() == at + 1)
    };
    if let Some(target) =
        found.iter().filter(exports).find_map(|f| other(f.binding.reference.as_ref()?))
    {
        return Some(target);
    }
    let only_forwards = found.iter().all(|f| {
        let path = &f.binding.path;
        let last = path.last().and_then(|part| part.name());
        let below = exported_module(path).map(|(at, _)| path.parts().len() - at - 1);
        below == Some(0)
            || matches!(last, Some("imports" | "username" | "homeDirectory"))
            || (below.is_none() && f.binding.shape == Shape::Reference)
            || matches!(f.binding.shape, Shape::Set | Shape::Function) && last == Some("home")
            || is_prefix_of_export(f)
    });
    match &imported(scopes)[..] {
        [target] if only_forwards => Some(target.clone()),
        _ => None,
    }
}

/// `flake = { modules = { … }; }` around the export.
fn is_prefix_of_export(found: &Found<'_>) -> bool {
    found.binding.path.parts().len() < 3
        && found.binding.path.parts().first().and_then(|part| part.name()) == Some("flake")
}

impl Fleet {
    /// Whether somebody is only known from machines that bind them, by the name of a module that
    /// nothing exports.
    pub fn lacks_module(&self, name: &str) -> bool {
        let bound_at = |user: &User| {
            let source = self.files.nix(&user.module.file)?;
            let mut at = source.bindings().iter().filter(|b| b.line == user.module.line);
            at.any(|binding| binding.path.index_of(&HOMES).is_some()).then_some(source)
        };
        let Some(source) = self.user(name).and_then(bound_at) else { return false };
        let module = format!("users/{name}");
        let registered = ["flake", "users", name, "modules"];
        let theirs = |reference: &Vec<String>| {
            home_module(reference) == Some(&module)
                || reference.len() >= registered.len()
                    && reference[reference.len() - registered.len()..].iter().eq(registered)
        };
        let items = source.lists().iter().flat_map(|list| &list.items);
        let references = items.filter_map(|item| item.reference.as_ref());
        let values = source.bindings().iter().filter_map(|binding| binding.reference.as_ref());
        references.chain(values).any(theirs)
    }
}

/// Adds to each person the machines that bind them.
pub(super) fn add_machines(users: &mut [User], machines: &[super::Machine]) {
    for user in users {
        user.machines = machines
            .iter()
            .filter(|machine| machine.binds(&user.name))
            .map(|machine| machine.name.clone())
            .collect();
    }
}
