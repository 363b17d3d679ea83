//! The machines of a clan and their tags, from its registry, its inventory and its folders.

use std::collections::BTreeMap;
use std::path::Path;

use crate::fleet::files::Files;
use crate::fleet::scope::{Found, naming};
use crate::fleet::{Place, Platform};
use crate::nix::{AttrPath, Literal, Part, Pattern, Shape};

use super::ClanMachine;

/// Words that a file needs to speak of machines or tags of a clan.
const WORDS: [&str; 2] = ["clan", "inventory"];

/// `inventory.tags.NAME`.
pub(super) struct FixedTag {
    pub(super) name: String,
    /// `None`: an expression picks them.
    pub(super) machines: Option<Vec<String>>,
}

#[derive(Default)]
struct Traces {
    class: Option<Platform>,
    /// What its module is, where no class is written out.
    looks: Option<Platform>,
    tags: Vec<String>,
    /// An expression gives it tags.
    computed_tags: bool,
    at: Option<Place>,
}

/// Every machine, by name.
pub(super) fn machines(files: &Files, fixed: &[FixedTag]) -> Vec<ClanMachine> {
    let mut traces: BTreeMap<String, Traces> = BTreeMap::new();
    for found in naming(files, &WORDS) {
        let Some((name, below)) = machine_of(&found.binding.path) else { continue };
        let traces = traces.entry(name.to_owned()).or_default();
        // The inventory is where a person looks for what clan knows of it.
        if traces.at.is_none() || is_inventory(&found.binding.path) && below.is_empty() {
            traces.at = Some(found.place());
        }
        take(traces, &found, below);
    }
    for (name, place) in folders(files) {
        traces.entry(name).or_default().at.get_or_insert(place);
    }
    traces.into_iter().filter_map(|(name, traces)| machine(name, traces, fixed)).collect()
}

/// Tags that the inventory gives to machines by name.
pub(super) fn fixed_tags(files: &Files) -> Vec<FixedTag> {
    let tags = naming(files, &["tags"]).filter_map(|found| {
        let path = &found.binding.path;
        let name = outermost(path, &["inventory", "tags"])?;
        let is_whole = path.last().and_then(Part::name) == Some(name);
        is_whole.then(|| FixedTag {
            name: name.to_owned(),
            machines: texts(found.source.literal(found.binding.value)),
        })
    });
    tags.collect()
}

/// Whether an expression makes the machines or the tags, so that there may be others than those
/// that the text names.
pub(super) fn is_open(files: &Files) -> bool {
    const WHOLE: [(&str, &str); 3] =
        [("clan", "machines"), ("inventory", "machines"), ("inventory", "tags")];
    naming(files, &WORDS).any(|Found { binding, .. }| {
        let parts = binding.path.parts();
        let is_whole = |(outer, name): &(&str, &str)| {
            let at = binding.path.index_of(&[*outer, *name]);
            at.is_some_and(|at| at + 2 == parts.len() && is_outer(&parts[..at]))
        };
        // Tags may be a function of the machines, whose body is read like any set.
        !matches!(binding.shape, Shape::Set | Shape::Function) && WHOLE.iter().any(is_whole)
    })
}

/// The texts of a literal list.
pub(super) fn texts(literal: Option<Literal>) -> Option<Vec<String>> {
    let Some(Literal::List(items)) = literal else { return None };
    items.iter().map(|item| item.text().map(str::to_owned)).collect()
}

/// The machine that a path is about, and the rest of the path.
fn machine_of(path: &AttrPath) -> Option<(&str, &[Part])> {
    const PLACES: [&[&str]; 2] = [&["clan", "machines"], &["inventory", "machines"]];
    PLACES.iter().find_map(|names| {
        let name = outermost(path, names)?;
        let at = path.index_of(names)? + names.len();
        Some((name, &path.parts()[at + 1..]))
    })
}

fn is_inventory(path: &AttrPath) -> bool {
    path.index_of(&["inventory", "machines"]).is_some()
}

/// The name after `names`, where the flake or the clan says it: a module of a machine may have
/// options of the same names.
fn outermost<'p>(path: &'p AttrPath, names: &[&str]) -> Option<&'p str> {
    let at = path.index_of(names)?;
    is_outer(&path.parts()[..at]).then_some(())?;
    path.parts().get(at + names.len())?.name()
}

pub(super) fn is_outer(before: &[Part]) -> bool {
    let outer = |part: &Part| matches!(part.name(), Some("flake" | "config" | "clan" | "outputs"));
    before.iter().all(outer)
}

fn take(traces: &mut Traces, found: &Found<'_>, below: &[Part]) {
    let names: Vec<Option<&str>> = below.iter().map(Part::name).collect();
    match names[..] {
        [Some("machineClass")] => {
            traces.class = match found.text().as_deref() {
                Some("darwin") => Some(Platform::Darwin),
                Some("nixos") => Some(Platform::Nixos),
                _ => traces.class,
            };
        }
        [Some("tags")] => {
            let said = texts(found.source.literal(found.binding.value));
            traces.computed_tags |= said.is_none();
            traces.tags.extend(said.unwrap_or_default());
        }
        [Some("tags"), Some(name)] => traces.tags.push(name.to_owned()),
        _ => {}
    }
    let module = found.binding.value.of(found.source.text());
    let darwin = ["modules.darwin.", "darwinModules.", "-darwin\""];
    if darwin.iter().any(|sign| module.contains(sign)) {
        traces.looks = Some(Platform::Darwin);
    }
}

/// `machines/NAME/configuration.nix` registers a machine by itself, but only in a clan: the same
/// folders are common elsewhere.
fn folders(files: &Files) -> Vec<(String, Place)> {
    let instances = Pattern::exact(&["inventory", "instances"]);
    let mut all = naming(files, &["inventory"]);
    if !all.any(|found| found.binding.path.contains(&instances)) {
        return Vec::new();
    }
    let place = |file: &Path| {
        let rest = file.to_str()?.strip_prefix("machines/")?;
        let name = rest.strip_suffix("/configuration.nix").filter(|name| !name.contains('/'))?;
        Some((name.to_owned(), Place { file: file.to_owned(), line: 1 }))
    };
    files.sources().filter_map(|(file, _)| place(file)).collect()
}

fn machine(name: String, traces: Traces, fixed: &[FixedTag]) -> Option<ClanMachine> {
    let class = traces.class.or(traces.looks).unwrap_or(Platform::Nixos);
    let mut tags: Vec<String> = Vec::new();
    let given = fixed.iter().filter(|tag| tag.machines.as_ref().is_some_and(|m| m.contains(&name)));
    let own = traces.tags.into_iter().chain(given.map(|tag| tag.name.clone()));
    let by_class = match class {
        Platform::Darwin => "darwin",
        Platform::Nixos => "nixos",
    };
    for tag in own.chain(["all".to_owned(), by_class.to_owned()]) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let computed_tags = traces.computed_tags;
    Some(ClanMachine { class, tags, computed_tags, at: traces.at?, name })
}
