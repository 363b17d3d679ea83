//! Homes that are kept in files: which of a neighbour's is their own, and what the newcomer's is
//! called.

use std::path::{Path, PathBuf};

use crate::fleet::slot::Sibling;
use crate::fleet::{Machine, reach};
use crate::nix::{self, Source, Span, TokenKind};
use crate::splice::nix as splice;
use crate::step::Context;
use crate::step::likeness::{replace_words, says_word};

use super::super::home_file;
use super::NewFile;

/// In a fleet that keeps homes in files: the value naming the newcomer's file, and that file when
/// it is to be written. A file that is about nobody is everybody's; of several that are about the
/// neighbour, the newcomer has one.
pub(in crate::step) fn own_file(
    cx: &Context,
    machine: Option<&Machine>,
    like: &Sibling,
    value: &str,
    mut renamed: String,
) -> Result<(String, Option<NewFile>), String> {
    let newcomer = &cx.person.username;
    let mut own: Option<PathBuf> = None;
    let mut new = None;
    for written in paths(value) {
        let Some(path) = on_machine(cx, &like.file, &written, machine) else { continue };
        let module = reach::module_at(&cx.fleet.files, &path);
        let named = replace_words(&path.to_string_lossy(), &like.name, newcomer);
        let personal =
            || module.as_ref().is_some_and(|m| home_file::is_personal(cx, m, &like.name));
        if module.is_none() && path.extension().is_none_or(|extension| extension != "nix") {
            continue;
        }
        let (text, path) = if named != path.to_string_lossy() {
            let text = replace_words(&written, &like.name, newcomer);
            // A folder's own file has its place in the newcomer's folder.
            let rest = module.as_deref().and_then(|file| file.strip_prefix(&path).ok());
            let rest = rest.filter(|rest| !rest.as_os_str().is_empty());
            (text, rest.map_or(PathBuf::from(&named), |rest| Path::new(&named).join(rest)))
        } else if personal() {
            let text = beside(&written, newcomer);
            let path = reach::resolved(&like.file, &text);
            let path = path.ok_or_else(|| format!("`{text}` leads out of the fleet"))?;
            renamed = renamed.replacen(&written, &text, 1);
            (text, path)
        } else {
            continue;
        };
        if own.is_some() {
            renamed = without_item(&renamed, &text)?;
            continue;
        }
        let like = module.map(|module| (module, like.name.clone()));
        new = (!cx.fleet.has(&path)).then(|| NewFile { path: path.clone(), like });
        own = Some(path);
    }
    if own.is_none() && makes_of_name(value, &like.name) {
        new = by_name(cx, machine, &like.name)?;
    }
    Ok((renamed, new))
}

/// Whether code gives the name to something else than the home's own user: `mkHome "ada"`.
fn makes_of_name(value: &str, name: &str) -> bool {
    let Ok(source) = Source::parse(value) else { return false };
    let own = [
        "home.username",
        "home.homeDirectory",
        "git.userName",
        "git.userEmail",
        "git.settings.user.name",
        "git.settings.user.email",
    ];
    let mut rest = value.to_owned();
    for binding in own.iter().flat_map(|path| source.find(path)) {
        let Span { start, end } = binding.value;
        rest.replace_range(start..end, &" ".repeat(end - start));
    }
    says_word(&rest, name)
}

/// The newcomer's file where a function reads the one that is named for its argument.
///
/// # Errors
/// When several files are named for the neighbour: which of them it is cannot be told.
pub(in crate::step) fn by_name(
    cx: &Context,
    machine: Option<&Machine>,
    name: &str,
) -> Result<Option<NewFile>, String> {
    let newcomer = &cx.person.username;
    let renamed = |file: &Path| replace_words(&file.to_string_lossy(), name, newcomer);
    let parts = || machine.iter().flat_map(|machine| machine.reach.parts());
    let of_machine = |file: &Path| parts().any(|part| part.is_in(file));
    let files = cx.fleet.files.sources().map(|(file, _)| file);
    let mut named =
        files.filter(|file| renamed(file) != file.to_string_lossy() && !of_machine(file));
    match (named.next(), named.next()) {
        (None, _) => Ok(None),
        (Some(file), None) => {
            let path = PathBuf::from(renamed(file));
            let like = Some((file.to_owned(), name.to_owned()));
            Ok((!cx.fleet.has(&path)).then_some(NewFile { path, like }))
        }
        (Some(_), Some(_)) => Err(format!(
            "{name}'s home is made from the name alone, and several files are named for {name}"
        )),
    }
}

/// The value without the list item that is exactly `text`.
fn without_item(value: &str, text: &str) -> Result<String, String> {
    let source = Source::parse(value).map_err(|e| e.to_string())?;
    let found = source.lists().iter().find_map(|list| {
        let item = list.items.iter().find(|item| item.span.of(value) == text)?;
        Some((list.span, item.span))
    });
    let (list, item) = found.ok_or_else(|| format!("`{text}` is a second file of theirs"))?;
    let change = splice::remove_item(value, list, item).map_err(|e| e.to_string())?;
    Ok(change.text)
}

/// `./home.nix` and `./home-zoe.nix`.
fn beside(path: &str, newcomer: &str) -> String {
    let stem = path.trim_end_matches('/');
    let stem = stem.strip_suffix("/default.nix").unwrap_or(stem);
    let stem = stem.strip_suffix(".nix").unwrap_or(stem);
    format!("{stem}-{newcomer}.nix")
}

/// The relative paths in code, with what is interpolated into them.
fn paths(code: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for token in nix::tokens(code) {
        let ends =
            token.kind != TokenKind::Code || matches!(token.text, ";" | ")" | "]" | "," | "}");
        if reach::is_path(token.text) && token.kind == TokenKind::Code {
            found.push(String::new());
            open = true;
        } else if ends {
            let in_interpolation = found
                .last()
                .is_some_and(|path| path.matches("${").count() > path.matches('}').count());
            open &= token.text == "}" && in_interpolation;
        }
        if let Some(path) = found.last_mut().filter(|_| open) {
            path.push_str(token.text);
        }
    }
    found
}

/// A path as one machine reads it, from the fleet's root: what is interpolated can only be the
/// machine's own name.
fn on_machine(
    cx: &Context,
    file: &Path,
    written: &str,
    machine: Option<&Machine>,
) -> Option<PathBuf> {
    let host = machine.map_or(&cx.host.name, |machine| &machine.name);
    let mut path = written.to_owned();
    while let Some((before, rest)) = path.split_once("${") {
        let (expression, after) = rest.split_once('}')?;
        let word = expression.rsplit('.').next()?.to_lowercase();
        if !["host", "machine"].iter().any(|known| word.contains(known)) {
            return None;
        }
        path = format!("{before}{host}{after}");
    }
    reach::resolved(file, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_with_what_is_interpolated() {
        let code = "import ../home/ada/${config.networking.hostName}.nix { x = ./y.nix; }";
        let expected = ["../home/ada/${config.networking.hostName}.nix", "./y.nix"];
        assert_eq!(paths(code), expected);
        assert_eq!(paths("[ ./a.nix (import ./b) ]"), ["./a.nix", "./b"]);
    }

    #[test]
    fn a_home_of_ones_own_stands_beside() {
        assert_eq!(beside("./home.nix", "zoe"), "./home-zoe.nix");
        assert_eq!(beside("../../home", "zoe"), "../../home-zoe.nix");
        assert_eq!(beside("./ada/default.nix", "zoe"), "./ada-zoe.nix");
    }
}
