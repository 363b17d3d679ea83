//! The feature sets that the fleet exports, what each is, and who uses it.

use std::collections::BTreeMap;

use crate::nix::{Pattern, Source};

use super::files::Files;
use super::scope::{
    EXPORT_WORDS, Found, Scope, bindings, exported_module, home_module, is_declaration, lists,
    naming,
};
use super::{Aggregate, User};

/// A description longer than this is cut at a word.
const LONGEST: usize = 100;

/// Every exported home module that is no person's, by name.
pub(super) fn read(files: &Files, users: &[User]) -> Vec<Aggregate> {
    let mut exports: BTreeMap<String, Vec<Found<'_>>> = BTreeMap::new();
    for found in naming(files, &EXPORT_WORDS) {
        let path = &found.binding.path;
        if let Some((_, name)) = exported_module(path)
            && !name.contains('/')
            && !is_declaration(path)
        {
            exports.entry(name.to_owned()).or_default().push(found);
        }
    }
    exports.into_iter().map(|(name, found)| aggregate(files, users, name, &found)).collect()
}

fn aggregate(files: &Files, users: &[User], name: String, found: &[Found<'_>]) -> Aggregate {
    let main = main_export(&name, found);
    let mut scopes: Vec<Scope> = Vec::new();
    for found in found {
        // The bindings of a file come in one run, and comparing paths is slow.
        if scopes.last().is_none_or(|s| s.file.as_os_str() != found.file.as_os_str()) {
            let below = Some(Pattern::exact(&[&name]));
            scopes.push(Scope { file: found.file.to_owned(), below });
        }
    }
    let mut imports: Vec<String> = Vec::new();
    for list in lists(files, &scopes) {
        for module in list.items.iter().filter_map(|item| home_module(item.reference.as_ref()?)) {
            if module != name && !module.contains('/') && !imports.iter().any(|m| m == module) {
                imports.push(module.to_owned());
            }
        }
    }
    Aggregate {
        at: main.place(),
        description: described(&name, &main, found).or_else(|| contents(files, &scopes)),
        used_by: users
            .iter()
            .filter(|user| user.aggregates.contains(&name))
            .map(|user| user.name.clone())
            .collect(),
        imports,
        name,
    }
}

/// Of the files that add to the aggregate, the one named for it, else the first.
fn main_export<'f>(name: &str, found: &[Found<'f>]) -> Found<'f> {
    let named_for_it = |found: &&Found<'_>| {
        let stem = found.file.file_stem().unwrap_or_default();
        let folder = found.file.parent().and_then(|f| f.file_name()).unwrap_or_default();
        stem == name || (stem == "default" && folder == name)
    };
    // `found` is never empty: an export is what made the entry.
    *found.iter().find(named_for_it).unwrap_or(&found[0])
}

/// The comment above the export, else the one that opens a file with no other export.
fn described(name: &str, main: &Found<'_>, all: &[Found<'_>]) -> Option<String> {
    let others = all.iter().filter(|found| found.file != main.file);
    let comment = [main].into_iter().chain(others).find_map(|found| {
        sentence(&found.source.comment_above(found.binding.line))
            .or_else(|| is_only_export(found).then(|| sentence(&header(found.source)))?)
    })?;
    // `# core: what everybody needs` says its name a second time.
    let told = comment.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
    Some(told.unwrap_or(&comment).to_owned())
}

fn is_only_export(found: &Found<'_>) -> bool {
    let mut names = found.source.bindings().iter().filter_map(|b| exported_module(&b.path));
    let first = names.next().map(|(_, name)| name);
    names.all(|(_, name)| Some(name) == first)
}

/// The comment lines at the very top.
fn header(source: &Source) -> Vec<&str> {
    let lines = source.text().lines().map(str::trim);
    lines.map_while(|line| line.strip_prefix('#')).map(str::trim).collect()
}

/// One line from a comment: its first sentence, without a heading's name or rules.
fn sentence(comment: &[&str]) -> Option<String> {
    let worded = comment.iter().filter(|line| line.contains(char::is_alphabetic));
    let text = worded.copied().collect::<Vec<_>>().join(" ");
    let end = text.find(". ").unwrap_or(text.len());
    let first = text[..end].trim().trim_end_matches('.');
    if first.is_empty() {
        return None;
    }
    if first.chars().count() <= LONGEST {
        return Some(first.to_owned());
    }
    let cut: String = first.chars().take(LONGEST).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    Some(format!("{whole} …"))
}

/// The programs and services that it sets up, and the packages that it brings.
fn contents(files: &Files, scopes: &[Scope]) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    let found = bindings(files, scopes);
    for kind in ["programs", "services"] {
        for found in &found {
            if let Some(name) = found.binding.path.below(&[kind]).and_then(|part| part.name())
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
    }
    let packages = lists(files, scopes);
    let packages = packages.iter().filter(|l| l.path.ends_with(&Pattern::new("home.packages")));
    for item in packages.flat_map(|list| &list.items) {
        if let Some(name) = item.reference.as_ref().and_then(|names| names.last())
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
    sentence(&[&names.join(", ")])
}
