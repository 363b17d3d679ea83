//! Instances of the `users` service, in every spelling: one file each or all in one attribute set,
//! nested or dotted.

use std::collections::BTreeMap;
use std::path::Path;

use crate::fleet::Place;
use crate::fleet::files::Files;
use crate::fleet::machines::package;
use crate::fleet::scope::{Found, naming};
use crate::nix::{Binding, Literal, Part, Pattern, Shape, Source};

use super::inventory::{is_outer, texts};
use super::{UsersInstance, prepared_machines};

/// An instance as its own bindings have it: what it reaches by tags is not known here.
pub(super) struct Read {
    pub(super) instance: UsersInstance,
    /// Groups that it gives on the machines of a tag alone.
    pub(super) groups_by_tag: BTreeMap<String, Vec<String>>,
}

/// Every instance, by name.
pub(super) fn read(files: &Files) -> Vec<Read> {
    let mut found: BTreeMap<&str, Vec<Found<'_>>> = BTreeMap::new();
    // The end of a call that makes all instances: what its arguments bind are no instances.
    let mut made = None;
    for binding in naming(files, &["instances"]) {
        let Found { file, binding: b, .. } = binding;
        if makes_all(b) {
            made = Some((file, b.span.end));
        }
        let is_argument = made.is_some_and(|(other, end)| other == file && b.span.end <= end);
        if let Some(name) = named_by(b).filter(|_| !is_argument) {
            found.entry(name).or_default().push(binding);
        }
    }
    found.iter().filter_map(|(name, found)| instance(name, found)).collect()
}

/// The instance `name` as this text alone has it, to see what an edit has made of it.
pub(crate) fn instance_in(source: &Source, name: &str) -> Option<UsersInstance> {
    let own = source.bindings().iter().filter(|binding| named_by(binding) == Some(name));
    let found = own.map(|binding| Found { file: Path::new(""), source, binding });
    instance(name, &found.collect::<Vec<_>>()).map(|read| read.instance)
}

/// Where expressions make instances: all of them at once, one by one, or under a name of their own.
pub(super) fn computed(files: &Files) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for found in naming(files, &["instances"]) {
        let Found { file, source, binding } = found;
        let is_made = match binding.path.parts() {
            [before @ .., a, b, Part::Computed(_)] if is_instances(before, a, b) => true,
            [before @ .., a, b] | [before @ .., a, b, _] if is_instances(before, a, b) => {
                binding.shape != Shape::Set
            }
            _ => false,
        };
        // Other services have instances, too.
        let says_so = || binding.span.of(source.text()).to_lowercase().contains("user");
        if is_made && says_so() {
            places.push(found.place());
        }
        let inherited = source.sets().iter().filter(|set| {
            set.span == binding.value
                && matches!(set.path.parts(), [before @ .., a, b] if is_instances(before, a, b))
        });
        let inherited = inherited.flat_map(|set| &set.inherits).map(|inherit| inherit.span);
        for span in inherited.filter(|span| span.of(source.text()).contains("user")) {
            places.push(Place { file: file.to_owned(), line: source.position(span.start).line });
        }
    }
    places
}

/// Whether the binding is all instances at once, by a call such as of `lib.mapAttrs`.
fn makes_all(binding: &Binding) -> bool {
    matches!(binding.path.parts(), [before @ .., a, b] if is_instances(before, a, b))
        && binding.shape == Shape::Call
}

fn is_instances(before: &[Part], outer: &Part, inner: &Part) -> bool {
    is_outer(before) && (outer.name(), inner.name()) == (Some("inventory"), Some("instances"))
}

/// Whether the binding is all of an instance, and not a part of it.
fn is_whole(binding: &Binding) -> bool {
    matches!(binding.path.parts(), [before @ .., a, b, _] if is_instances(before, a, b))
}

/// The instance that a binding is about.
fn named_by(binding: &Binding) -> Option<&str> {
    binding.path.below(&["inventory", "instances"])?.name()
}

fn instance(name: &str, found: &[Found<'_>]) -> Option<Read> {
    let user = user(name, found)?;
    let home = Pattern::exact(&["home-manager", "users", &user]);
    let groups: Vec<String> = ending(found, "roles.*.settings.groups").flat_map(literals).collect();
    let more_groups = groups_of(found, "machines");
    let groups_by_tag = groups_of(found, "tags");
    let by_name = more_groups.values().chain(groups_by_tag.values());
    let admin = groups.iter().chain(by_name.flatten()).any(|group| group == "wheel");
    let shell = Pattern::exact(&["users", "users", &user, "shell"]);
    let asks = |f: &Found<'_>| f.source.literal(f.binding.value) != Some(Literal::Bool(false));
    let first = found.first()?;
    let instance = UsersInstance {
        managed: found.iter().any(|f| f.binding.path.contains(&home)),
        admin,
        groups,
        more_groups,
        shell: found.iter().filter(|f| f.binding.path.ends_with(&shell)).find_map(package),
        prompt: ending(found, "settings.prompt").next().is_none_or(asks),
        at: first.place(),
        named: named(found, "machines"),
        tags: tags(found),
        machines: Vec::new(),
        prepared: prepared(found),
        computed: found.iter().any(|f| is_whole(f.binding) && f.binding.shape != Shape::Set),
        name: name.to_owned(),
        user,
    };
    Some(Read { instance, groups_by_tag })
}

/// The groups of `roles.ROLE.WHAT.NAME.settings`, by name.
fn groups_of(found: &[Found<'_>], what: &str) -> BTreeMap<String, Vec<String>> {
    let on = Pattern::new(&format!("roles.*.{what}"));
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for found in ending(found, "settings.groups") {
        if let Some(name) = found.binding.path.after(&on).and_then(Part::name) {
            groups.entry(name.to_owned()).or_default().extend(literals(found));
        }
    }
    groups
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
