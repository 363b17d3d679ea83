//! Which files a machine is made from: its own, and those that its `imports` and `modules` lead
//! to, by path or by the name of an exported module.
//!
//! Text alone is followed. What a function makes of names (`map (n: ./. + n)`) leads nowhere, so
//! a file that nothing reaches may still be part of a machine.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::fleet::files::Files;
use crate::fleet::scope::{Scope, is_declaration, naming};
use crate::nix::{AttrPath, Item, List, Pattern, Shape, Source, Span, Token, TokenKind, tokens};

/// Everything a machine is made from, its own text first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    parts: Vec<Reached>,
    /// Files that are led to and are not understood.
    unread: Vec<PathBuf>,
}

/// One file, or part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) scope: Scope,
    /// `None`: the machine's own text.
    pub(crate) by: Option<Import>,
}

impl Reached {
    pub(crate) fn is_in(&self, file: &Path) -> bool {
        self.scope.file.as_os_str() == file.as_os_str()
    }
}

/// The list item that leads to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) file: PathBuf,
    pub(crate) list: Span,
    pub(crate) item: Span,
}

impl Reach {
    pub(crate) fn parts(&self) -> &[Reached] {
        &self.parts
    }

    /// Whether a binding of `file` with this path is part of the machine.
    pub(crate) fn holds(&self, file: &Path, path: &AttrPath) -> bool {
        self.parts.iter().filter(|part| part.is_in(file)).any(|part| part.scope.holds(path))
    }

    /// Files of the tree that are part of the machine and could not be read or parsed.
    pub(crate) fn unread(&self) -> &[PathBuf] {
        &self.unread
    }

    pub(super) fn scopes(&self) -> Vec<Scope> {
        self.parts.iter().map(|part| part.scope.clone()).collect()
    }
}

/// Where modules are exported, by the class of machine and their name.
pub(super) struct Exports(BTreeMap<(String, String), Vec<Scope>>);

impl Exports {
    pub(super) fn of(files: &Files) -> Self {
        let mut exports: BTreeMap<(String, String), Vec<Scope>> = BTreeMap::new();
        for found in naming(files, &["modules", "nixosModules", "darwinModules"]) {
            let path = &found.binding.path;
            let Some((class, name)) = exported(path).filter(|_| !is_declaration(path)) else {
                continue;
            };
            let scopes = exports.entry((class.to_owned(), name.to_owned())).or_default();
            if !scopes.iter().any(|scope| scope.file == found.file) {
                let below = Some(Pattern::exact(&[name]));
                scopes.push(Scope { file: found.file.to_owned(), below });
            }
        }
        Self(exports)
    }

    /// The text of the module that a reference names; modules of other flakes are not here.
    fn named(&self, reference: &[String]) -> &[Scope] {
        let mut names = reference.iter();
        let input = names.find(|name| *name == "inputs").and_then(|_| names.next());
        if input.is_some_and(|input| input != "self") {
            return &[];
        }
        let key = match reference {
            [.., modules, class, name] if modules == "modules" => {
                Some((class.clone(), name.clone()))
            }
            [.., class, name] => {
                class.strip_suffix("Modules").map(|c| (c.to_owned(), name.clone()))
            }
            _ => None,
        };
        key.and_then(|key| self.0.get(&key)).map_or(&[], Vec::as_slice)
    }
}

/// The class and name of the machine module that a path is at or below.
fn exported(path: &AttrPath) -> Option<(&str, &str)> {
    for class in ["darwin", "nixos"] {
        let modules = format!("{class}Modules");
        let module = path.below(&["modules", class]).or_else(|| path.below(&[&modules]));
        if let Some(name) = module.and_then(|part| part.name()) {
            return Some((class, name));
        }
    }
    None
}

/// What `own` leads to, each once, nearest first.
pub(super) fn follow(files: &Files, exports: &Exports, own: Vec<Scope>) -> Reach {
    let mut parts: Vec<Reached> =
        own.into_iter().map(|scope| Reached { scope, by: None }).collect();
    let (mut next, mut unread) = (0, Vec::new());
    while let Some(part) = parts.get(next).cloned() {
        next += 1;
        let Some((file, source)) = files.get(&part.scope.file) else { continue };
        for list in source.lists().iter().filter(|l| part.scope.holds(&l.path) && imports(l)) {
            for item in &list.items {
                let by = Import { file: file.to_owned(), list: list.span, item: item.span };
                let (scopes, not_understood) = leads_to(files, exports, file, source, item);
                for scope in scopes {
                    if !parts.iter().any(|known| known.scope.covers(&scope)) {
                        parts.push(Reached { scope, by: Some(by.clone()) });
                    }
                }
                unread.extend(not_understood);
            }
        }
    }
    Reach { parts, unread }
}

/// Whether a list names modules of the machine, and not of somebody's home.
fn imports(list: &List) -> bool {
    let mut names = list.path.parts().iter().map(|part| part.name());
    let of_home = names.clone().any(|name| matches!(name, Some("home-manager" | "sharedModules")));
    !of_home && matches!(names.next_back().flatten(), Some("imports" | "modules" | "extraModules"))
}

/// The text that an item leads to, and the file of the tree that cannot be followed.
fn leads_to(
    files: &Files,
    exports: &Exports,
    file: &Path,
    source: &Source,
    item: &Item,
) -> (Vec<Scope>, Option<PathBuf>) {
    // What a set or function in the list says is walked with the file that it stands in.
    if matches!(item.shape, Shape::Set | Shape::Function) {
        return (Vec::new(), None);
    }
    let named = item.reference.as_deref().unwrap_or_default();
    let alias = match named {
        [name] => source.let_binding(name),
        _ => None,
    };
    let code = alias.map_or(item.span, |binding| binding.value).of(source.text());
    let is_path = |t: &Token| t.kind == TokenKind::Code && is_path(t.text);
    let path = tokens(code).into_iter().find(is_path).and_then(|t| resolved(file, t.text));
    let Some(path) = path else { return (exports.named(named).to_vec(), None) };
    match module_at(files, &path) {
        Some(file) => (vec![Scope { file, below: None }], None),
        None => {
            let default = path.join("default.nix");
            (Vec::new(), [path, default].into_iter().find(|path| files.contains(path)))
        }
    }
}

/// Whether a token is a relative path.
pub(crate) fn is_path(token: &str) -> bool {
    token.starts_with("./") || token.starts_with("../")
}

/// A relative path that stands in `file`, from the root of the fleet; `None`: it leads out of it.
pub(crate) fn resolved(file: &Path, path: &str) -> Option<PathBuf> {
    let mut names: Vec<&std::ffi::OsStr> =
        file.parent()?.components().map(Component::as_os_str).collect();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                names.pop()?;
            }
            part => names.push(part.as_os_str()),
        }
    }
    Some(names.into_iter().collect())
}

/// The file that Nix reads at `path`: itself, or the `default.nix` of a folder.
pub(crate) fn module_at(files: &Files, path: &Path) -> Option<PathBuf> {
    let default = path.join("default.nix");
    [path, &default].into_iter().find(|path| files.nix(path).is_some()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_from_the_file_they_stand_in() {
        let from = Path::new("hosts/quartz/default.nix");
        let told = |path| resolved(from, path).map(|path| path.display().to_string());
        assert_eq!(told("../common/users/ada").as_deref(), Some("hosts/common/users/ada"));
        assert_eq!(told("./disk.nix").as_deref(), Some("hosts/quartz/disk.nix"));
        assert_eq!(told("../../..").as_deref(), None, "out of the fleet");
    }
}
