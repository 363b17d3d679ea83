//! Which bindings of a fleet belong to one person, machine or aggregate.

use std::path::{Path, PathBuf};

use crate::nix::{AttrPath, Binding, List, Part, Pattern, Set, Source};

use super::files::Files;

/// Part of a file: everything below a path, or all of it when the file is about one thing only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(super) file: PathBuf,
    /// `None`: the whole file.
    pub(super) below: Option<Pattern>,
}

impl Scope {
    pub(super) fn holds(&self, path: &AttrPath) -> bool {
        self.below.as_ref().is_none_or(|below| path.contains(below))
    }

    /// Whether everything of `other` is in it.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let same = self.file.as_os_str() == other.file.as_os_str();
        same && (self.below.is_none() || self.below == other.below)
    }
}

/// A binding, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Found<'f> {
    pub(crate) file: &'f Path,
    pub(crate) source: &'f Source,
    pub(crate) binding: &'f Binding,
}

impl Found<'_> {
    /// The value, when it is a string that is spelled out.
    pub(crate) fn text(&self) -> Option<String> {
        self.source.literal(self.binding.value)?.text().map(str::to_owned)
    }

    /// The part below `names`, unless a function is given what stands there.
    pub(crate) fn below(&self, names: &[&str]) -> Option<&Part> {
        let path = &self.binding.path;
        let at = path.index_of(names)?;
        let between = at + 1..=at + names.len();
        let given = |set: &Set| set.given && between.contains(&set.path.parts().len());
        let part = path.parts().get(at + names.len())?;
        (!self.source.ancestors(self.binding).any(given)).then_some(part)
    }

    pub(crate) fn place(&self) -> super::Place {
        super::Place { file: self.file.to_owned(), line: self.binding.line }
    }
}

/// Every binding of the files that contain one of `words`.
///
/// A path is spelled by the words of its own file, so files without them are passed over without
/// looking at a binding: searching text is many times faster than walking paths.
pub(super) fn naming<'f>(files: &'f Files, words: &'f [&str]) -> impl Iterator<Item = Found<'f>> {
    let spell_it = |source: &Source| words.iter().any(|word| source.text().contains(word));
    files.sources().filter(move |(_, source)| spell_it(source)).flat_map(|(file, source)| {
        source.bindings().iter().map(move |binding| Found { file, source, binding })
    })
}

/// The bindings of `scopes`, each once, in the order of the scopes.
pub(super) fn bindings<'f>(files: &'f Files, scopes: &[Scope]) -> Vec<Found<'f>> {
    each(files, scopes, |file, source, holds| {
        let bindings = source.bindings().iter().filter(|binding| holds(&binding.path));
        bindings.map(|binding| Found { file, source, binding }).collect()
    })
}

/// The lists of `scopes`, each once.
pub(super) fn lists<'f>(files: &'f Files, scopes: &[Scope]) -> Vec<&'f List> {
    each(files, scopes, |_, source, holds| {
        source.lists().iter().filter(|list| holds(&list.path)).collect()
    })
}

fn each<'f, T>(
    files: &'f Files,
    scopes: &[Scope],
    pick: impl Fn(&'f Path, &'f Source, &dyn Fn(&AttrPath) -> bool) -> Vec<T>,
) -> Vec<T> {
    let mut seen: Vec<&Path> = Vec::new();
    let mut found = Vec::new();
    for scope in scopes {
        // Paths are compared as text here: by component it is many times slower.
        let same = |path: &Path| path.as_os_str() == scope.file.as_os_str();
        if seen.iter().any(|path| same(path)) {
            continue;
        }
        seen.push(&scope.file);
        let here: Vec<&Scope> = scopes.iter().filter(|other| same(&other.file)).collect();
        let Some((file, source)) = files.get(&scope.file) else { continue };
        let holds = |path: &AttrPath| here.iter().any(|scope| scope.holds(path));
        found.extend(pick(file, source, &holds));
    }
    found
}

/// Where feature sets are exported, so that a name below it is an aggregate, or `users/<name>`.
const EXPORTS: [&[&str]; 4] = [
    &["modules", "homeManager"],
    &["homeModules"],
    &["homeManagerModules"],
    &["profiles", "homeManager"],
];

/// A word of each of [`EXPORTS`], for [`naming`].
pub(super) const EXPORT_WORDS: [&str; 3] = ["homeManager", "homeModules", "homeManagerModules"];

/// The name of the home module that a reference leads to: `core`, `users/zoe`. Modules of other
/// flakes have names of their own and do not count.
pub(super) fn home_module(reference: &[String]) -> Option<&str> {
    let mut names = reference.iter();
    let input = names.find(|name| *name == "inputs").and_then(|_| names.next());
    let foreign = input.is_some_and(|input| input != "self");
    let (last, before) = reference.split_last()?;
    let exported = EXPORTS.iter().any(|export| ends_with(before, export));
    (exported && !foreign).then_some(last)
}

fn ends_with(names: &[String], end: &[&str]) -> bool {
    names.len() >= end.len() && names[names.len() - end.len()..].iter().eq(end)
}

/// The name of the home module that a binding's path is below or at, and the index of its part.
pub(super) fn exported_module(path: &AttrPath) -> Option<(usize, &str)> {
    let parts = path.parts();
    let starts_well = |part: Option<&str>| matches!(part, Some("flake" | "config" | "outputs"));
    EXPORTS.iter().find_map(|export| {
        let at = parts.windows(export.len() + 1).position(|run| {
            run.iter().zip(*export).all(|(part, want)| part.name() == Some(want))
        })?;
        let outermost = at == 0 || starts_well(parts[0].name());
        let name = parts.get(at + export.len())?.name()?;
        outermost.then_some((at + export.len(), name))
    })
}

/// Whether a path declares an option instead of setting one.
pub(super) fn is_declaration(path: &AttrPath) -> bool {
    path.parts().iter().any(|part| part.name() == Some("options"))
}
