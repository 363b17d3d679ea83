//! People whom a machine names without a binding for each: inherited into the set of homes or
//! accounts, or listed for a function that makes one of each name.

use std::path::Path;

use crate::fleet::Place;
use crate::fleet::scope::Found;
use crate::nix::{Binding, List, Literal, Pattern, Source, TokenKind, tokens};

/// Functions that make a set of the names in a list.
const MAKERS: [&str; 2] = ["genAttrs", "listToAttrs"];

/// A list of names that a function makes homes or accounts of.
pub(crate) struct Listed<'f> {
    /// The binding that calls the function.
    pub(crate) by: Found<'f>,
    pub(crate) file: &'f Path,
    pub(crate) list: &'f List,
    pub(crate) names: Vec<String>,
}

/// Everybody who is named so below `names`, such as `home-manager.users`.
pub(crate) fn named(all: &[Found<'_>], names: &[&str]) -> Vec<(String, Place)> {
    let mut people = inherited(all, names);
    for listed in lists(all, names) {
        let place = || Place { file: listed.file.to_owned(), line: listed.list.line };
        people.extend(listed.names.iter().map(|name| (name.clone(), place())));
    }
    people
}

/// `home-manager.users = { inherit ada; };`
fn inherited(all: &[Found<'_>], names: &[&str]) -> Vec<(String, Place)> {
    let end = Pattern::exact(names);
    let mut people = Vec::new();
    for found in all.iter().filter(|found| found.binding.path.ends_with(&end)) {
        let value = found.binding.value;
        let sets = found.source.sets().iter().filter(|set| value.contains(set.span));
        for set in sets.filter(|set| set.path == found.binding.path && !set.given) {
            people.extend(set.inherits.iter().flat_map(|inherit| {
                let line = found.source.position(inherit.span.start).line;
                let place = Place { file: found.file.to_owned(), line };
                inherit.names.iter().map(move |name| (name.clone(), place.clone()))
            }));
        }
    }
    people
}

/// The literal lists that `home-manager.users = lib.genAttrs [ "ada" ] (…)` and its like read: in
/// place, by the name of a `let`, or as an option that the machine sets.
pub(crate) fn lists<'f>(all: &[Found<'f>], names: &[&str]) -> Vec<Listed<'f>> {
    let end = Pattern::exact(names);
    let made = all.iter().filter(|found| found.binding.path.ends_with(&end));
    made.filter_map(|found| {
        let (file, source, list) = read_by(all, found)?;
        let item = |item: &crate::nix::Item| {
            source.literal(item.span).as_ref().and_then(Literal::text).map(str::to_owned)
        };
        let names: Option<Vec<String>> = list.items.iter().map(item).collect();
        Some(Listed { by: *found, file, list, names: names? })
    })
    .collect()
}

type InFile<'f, T> = (&'f Path, &'f Source, &'f T);

/// The list that the function of a binding's value is given.
fn read_by<'f>(all: &[Found<'f>], made: &Found<'f>) -> Option<InFile<'f, List>> {
    let text = made.source.text();
    let code = tokens(made.binding.value.of(text));
    let mut code = code.iter().filter(|t| !matches!(t.kind, TokenKind::Space | TokenKind::Comment));
    code.find(|token| token.kind == TokenKind::Code && MAKERS.contains(&token.text))?;
    let mut path: Vec<&str> = Vec::new();
    for token in code {
        if token.text == "[" {
            let start = made.binding.value.start + token.start;
            let list = made.source.lists().iter().find(|list| list.span.start == start)?;
            return Some((made.file, made.source, list));
        }
        let word = token.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        match token.text {
            "." if !path.is_empty() => path.push("."),
            _ if word && path.last().is_none_or(|last| *last == ".") => path.push(token.text),
            _ => {
                if let Some(found) = spelled_out(all, made, &path) {
                    return Some(found);
                }
                path.clear();
                path.extend(word.then_some(token.text));
            }
        }
    }
    spelled_out(all, made, &path)
}

/// The list that `people`, `cfg.people` or `config.homes.people` names.
fn spelled_out<'f>(all: &[Found<'f>], at: &Found<'f>, path: &[&str]) -> Option<InFile<'f, List>> {
    let names: Vec<&str> = path.iter().copied().filter(|name| *name != ".").collect();
    let (first, rest) = names.split_first()?;
    let alias = at.source.let_binding(first);
    if let Some(alias) = alias.filter(|_| rest.is_empty()) {
        return list_of(at.file, at.source, alias);
    }
    let aliased = alias.and_then(|alias| alias.reference.clone());
    let mut option = aliased.unwrap_or_else(|| vec![(*first).to_owned()]);
    option.extend(rest.iter().map(|name| (*name).to_owned()));
    let option = option.strip_prefix(&["config".to_owned()][..]).filter(|o| !o.is_empty())?;
    let option = Pattern::exact(&option.iter().map(String::as_str).collect::<Vec<_>>());
    let mut set = all.iter().filter(|found| found.binding.path.ends_with(&option));
    set.find_map(|found| list_of(found.file, found.source, found.binding))
}

fn list_of<'f>(file: &'f Path, source: &'f Source, binding: &Binding) -> Option<InFile<'f, List>> {
    let list = source.lists().iter().find(|list| list.span == binding.value)?;
    Some((file, source, list))
}
