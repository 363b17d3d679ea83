//! Where a machine's text takes the home of one more person: beside somebody who is bound there,
//! in the machine's own module, or by a file of their own that the machine imports.
//!
//! Reads only. A machine whose people come from a function has no such place, and says so.

use std::path::{Path, PathBuf};

use crate::fleet::mentions::names_word;
use crate::fleet::scope::{Found, bindings, is_declaration, naming};
use crate::fleet::{Fleet, Machine, Place};
use crate::nix::{AttrPath, Binding, Part, Set, SetKind, Source, Span, TokenKind, tokens};

use super::accounts::name_of;
use super::reach::{Import, is_path};
use super::together::{self, Listed};
use super::{ACCOUNTS, HOMES, Sign, told_by};

/// Somebody whose home a machine binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sibling {
    /// Who it most likely is, where an expression makes the name.
    pub(crate) name: String,
    /// Whether the name is written out.
    pub(crate) literal: bool,
    pub(crate) file: PathBuf,
    pub(crate) line: u32,
    /// The binding that writes the name, in that file.
    pub(crate) span: Span,
}

/// The place for one more person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Below somebody's binding, in text of this machine alone. Where an option gives their
    /// name, the module system merges the two.
    Beside(Sibling),
    /// In the machine's own module, because those who are bound are bound for several machines.
    Own { file: PathBuf, body: Span, like: Sibling },
    /// In a file of the person's own, which the machine's list names, as this one is named.
    Import { import: Import, like: Sibling },
    /// In the list that a function makes the machine's people of.
    Listed { file: PathBuf, list: Span, like: Sibling },
}

impl Slot {
    /// Whose binding is copied.
    pub(crate) fn like(&self) -> &Sibling {
        match self {
            Self::Beside(like)
            | Self::Own { like, .. }
            | Self::Import { like, .. }
            | Self::Listed { like, .. } => like,
        }
    }
}

/// Why there is no such place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) at: Place,
    /// A clause, such as `its users come from mkSystem`.
    pub(crate) why: String,
    /// Whether it is so because a function makes the machine's people.
    pub(crate) by_a_function: bool,
}

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (line {})", self.why, self.at.line)
    }
}

impl Fleet {
    /// Where `machine` takes the home of one more person, like `wished` if they are there.
    ///
    /// # Errors
    /// Why there is no such place.
    pub(crate) fn slot(
        &self,
        machine: &Machine,
        newcomer: &str,
        wished: Option<&str>,
    ) -> Result<Slot, Closed> {
        let found = self.found_on(machine);
        let mut siblings: Vec<(Sibling, &AttrPath)> = found
            .iter()
            .filter_map(|f| Some((self.sibling(&found, f)?, &f.binding.path)))
            .filter(|(sibling, _)| sibling.name != newcomer)
            .collect();
        siblings.sort_by_key(|(sibling, _)| Some(sibling.name.as_str()) != wished);
        let own = |sibling: &Sibling, path| !self.is_shared(machine, &sibling.file, path);
        let personal = |s: &Sibling| self.personal_import(machine, s);

        let literal = || siblings.iter().filter(|(sibling, _)| sibling.literal);
        if let Some((like, _)) = literal().find(|(s, path)| own(s, path) && personal(s).is_none()) {
            return Ok(Slot::Beside(like.clone()));
        }
        for (like, _) in literal() {
            if let Some(import) = personal(like) {
                return Ok(Slot::Import { import, like: like.clone() });
            }
        }
        if let Some(slot) = self.listed(machine, &found, wished) {
            return Ok(slot);
        }
        // What a function's argument names is that function's business.
        let known = |s: &Sibling| s.literal || !s.name.contains("${");
        let mut known = siblings.iter().filter(|(sibling, _)| known(sibling));
        if let Some((like, _)) = known.clone().find(|(sibling, path)| own(sibling, path)) {
            return Ok(Slot::Beside(like.clone()));
        }
        let bound = known.next().map(|(sibling, _)| sibling);
        match (bound, self.body(machine)) {
            (Some(like), Some((file, body))) => Ok(Slot::Own { file, body, like: like.clone() }),
            _ => Err(self.closed(machine, &siblings)),
        }
    }

    /// Every binding of the machine, wherever its text is.
    pub(crate) fn found_on(&self, machine: &Machine) -> Vec<Found<'_>> {
        let found = bindings(&self.files, &machine.reach.scopes());
        found.into_iter().filter(|f| !is_declaration(&f.binding.path)).collect()
    }

    /// Everything that the machine declares of the account `name`, however the name is written.
    pub(crate) fn account_on<'f>(&'f self, machine: &Machine, name: &str) -> Vec<Found<'f>> {
        let found = self.found_on(machine);
        let theirs = |f: &Found<'_>| {
            let part = f.below(&ACCOUNTS);
            part.is_some_and(|part| name_of(&self.files, &found, f, part).text() == name)
        };
        found.iter().copied().filter(theirs).collect()
    }

    /// Where the machine binds the home of `name`, however the name is written.
    pub(crate) fn home_on(&self, machine: &Machine, name: &str) -> Option<Place> {
        let found = self.found_on(machine);
        let bound = found.iter().find_map(|f| {
            let part = f.below(&HOMES)?;
            (name_of(&self.files, &found, f, part).text() == name).then(|| f.place())
        });
        let named = || together::named(&found, &HOMES).into_iter().find(|(named, _)| named == name);
        bound.or_else(|| named().map(|(_, at)| at))
    }

    /// Whether the machine has the account `name`, with a binding of its own or without.
    pub(crate) fn has_account(&self, machine: &Machine, name: &str) -> bool {
        let named = || together::named(&self.found_on(machine), &ACCOUNTS);
        !self.account_on(machine, name).is_empty() || named().iter().any(|(named, _)| named == name)
    }

    /// The list of this machine alone that makes the account of `name`, and where it is.
    pub(crate) fn account_list(&self, machine: &Machine, name: &str) -> Option<(PathBuf, Span)> {
        let lists = together::lists(&self.found_on(machine), &ACCOUNTS).into_iter();
        let mut theirs = lists.filter(|listed| listed.names.iter().any(|known| known == name));
        theirs.find_map(|listed| self.own_list(machine, &listed))
    }

    fn own_list(&self, machine: &Machine, listed: &Listed<'_>) -> Option<(PathBuf, Span)> {
        let shared = self.is_shared(machine, listed.file, &listed.list.path);
        (!shared).then(|| (listed.file.to_owned(), listed.list.span))
    }

    /// The place in a list that a function makes homes of.
    fn listed(&self, machine: &Machine, found: &[Found<'_>], wished: Option<&str>) -> Option<Slot> {
        together::lists(found, &HOMES).into_iter().find_map(|listed| {
            let (file, list) = self.own_list(machine, &listed)?;
            let wished = listed.names.iter().find(|name| Some(name.as_str()) == wished);
            let by = &listed.by;
            let like = Sibling {
                name: wished.or(listed.names.first())?.clone(),
                literal: true,
                file: by.file.to_owned(),
                line: by.binding.line,
                span: by.binding.span,
            };
            Some(Slot::Listed { file, list, like })
        })
    }

    /// Whether another machine is made from this binding of `file` too.
    pub(crate) fn is_shared(&self, machine: &Machine, file: &Path, path: &AttrPath) -> bool {
        let others = self.machines.iter().filter(|other| other.name != machine.name);
        others.into_iter().any(|other| other.reach.holds(file, path))
    }

    /// Who a binding binds, when it is one that writes the name below `home-manager.users`.
    fn sibling(&self, all: &[Found<'_>], found: &Found<'_>) -> Option<Sibling> {
        let path = &found.binding.path;
        let part = written_part(found.binding, &HOMES).filter(|_| found.below(&HOMES).is_some())?;
        // Clan's instances are no text of one machine.
        if path.parts().iter().any(|part| part.name() == Some("instances")) {
            return None;
        }
        Some(Sibling {
            name: name_of(&self.files, all, found, part).text().to_owned(),
            literal: part.name().is_some(),
            file: found.file.to_owned(),
            line: found.binding.line,
            span: found.binding.span,
        })
    }

    /// The item that imports, by path, the file in which this person is bound and that is named
    /// for them.
    fn personal_import(&self, machine: &Machine, sibling: &Sibling) -> Option<Import> {
        let parts = machine.reach.parts().iter();
        let part = parts.filter(|p| p.is_in(&sibling.file)).find_map(|p| p.by.as_ref())?;
        let source = self.files.nix(&part.file)?;
        let item = part.item.of(source.text());
        let named = Path::new(item).iter().any(|name| {
            Path::new(name).file_stem().is_some_and(|stem| stem == sibling.name.as_str())
        });
        let list = source.lists().iter().find(|list| list.span == part.list)?;
        let own = !self.is_shared(machine, &part.file, &list.path);
        (is_path(item) && named && own).then(|| part.clone())
    }

    /// The set of a machine's own module: where `networking.hostName` and the like are.
    pub(crate) fn body(&self, machine: &Machine) -> Option<(PathBuf, Span)> {
        let first = std::iter::once(&machine.at.file);
        let own = machine.reach.parts().iter().filter(|p| p.by.is_none());
        let imported = machine.reach.parts().iter().filter(|p| {
            p.by.is_some() && names_word(&p.scope.file.to_string_lossy(), &machine.name)
        });
        first.chain(own.chain(imported).map(|part| &part.scope.file)).find_map(|file| {
            let source = self.files.nix(file)?;
            let set = body_of(source, &machine.name)?;
            let path = &source.bindings()[*set.bindings.first()?].path;
            let own = machine.reach.holds(file, path) && !self.is_shared(machine, file, path);
            own.then(|| (file.clone(), set.span))
        })
    }

    /// The file that is called after a machine of which nothing says what modules it is made of: a
    /// function imports it by the name.
    pub(crate) fn namesake(&self, machine: &Machine) -> Option<&Path> {
        let name = machine.name.as_str();
        let called = |path: &&PathBuf| {
            let in_folder = ["default.nix", "configuration.nix"];
            path.file_name().is_some_and(|file| file == format!("{name}.nix").as_str())
                || in_folder.iter().any(|file| path.ends_with(Path::new(name).join(file)))
        };
        let file = self.files.all().iter().find(called)?;
        self.body(machine).is_none().then_some(file)
    }

    /// Whether that file has the person below `option`, as they are told to paste it.
    pub(crate) fn is_pasted(&self, machine: &Machine, option: &[&str], name: &str) -> bool {
        let source = self.namesake(machine).and_then(|file| self.files.nix(file));
        let mut bindings = source.into_iter().flat_map(|source| source.bindings());
        bindings.any(|b| b.path.below(option).is_some_and(|part| part.name() == Some(name)))
    }

    fn closed(&self, machine: &Machine, siblings: &[(Sibling, &AttrPath)]) -> Closed {
        if let Some((at, function)) = self.maker(machine) {
            let why = format!("its users come from {function}");
            return Closed { at, why, by_a_function: true };
        }
        match siblings.first() {
            Some((sibling, _)) => Closed {
                at: Place { file: sibling.file.clone(), line: sibling.line },
                why: format!("its users are named by {}", sibling.name),
                by_a_function: sibling.name.contains("${"),
            },
            None => Closed {
                at: machine.at.clone(),
                why: "nobody is bound there in a way that could be copied".to_owned(),
                by_a_function: false,
            },
        }
    }

    /// The fleet's own function that makes the machine, and where it is called.
    fn maker(&self, machine: &Machine) -> Option<(Place, String)> {
        let mut argument = naming(&self.files, &["home-manager"]).filter(|f| {
            let part = f.binding.path.below(&HOMES);
            part.is_some_and(|part| part.name().is_none())
                && self.machines.iter().all(|m| !m.reach.holds(f.file, &f.binding.path))
        });
        argument.next()?;
        self.files.sources().find_map(|(file, source)| {
            let binding = source.bindings().iter().find(|binding| {
                let told = told_by(&binding.path);
                let whole = told.is_some_and(|(sign, _, name, _)| {
                    sign == Sign::Configuration && name == machine.name
                });
                whole && binding.path.last().and_then(Part::name) == Some(machine.name.as_str())
            })?;
            let function = called(source, binding)?;
            let at = Place { file: file.to_owned(), line: binding.line };
            Some((at, function))
        })
    }
}

/// The functions of nixpkgs and nix-darwin that make a machine of modules.
const MAKERS: [&str; 4] = ["nixosSystem", "darwinSystem", "evalModules", "mkMerge"];

/// The name of the function that a binding's value calls, when it is the fleet's own.
fn called(source: &Source, binding: &Binding) -> Option<String> {
    let mut name = None;
    for token in tokens(binding.value.of(source.text())) {
        match token.kind {
            TokenKind::Space if name.is_some() => break,
            TokenKind::Code if token.text == "." => {}
            TokenKind::Code if token.text.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                name = Some(token.text);
            }
            TokenKind::Code => break,
            _ => {}
        }
    }
    name.filter(|name| !MAKERS.contains(name)).map(str::to_owned)
}

/// The part below `names` that a binding writes itself, not inherits from a set around it.
pub(crate) fn written_part<'b>(binding: &'b Binding, names: &[&str]) -> Option<&'b Part> {
    let at = binding.path.index_of(names)? + names.len();
    let inherited = binding.path.parts().len() - binding.own;
    binding.path.parts().get(at).filter(|_| at >= inherited)
}

/// The set that most looks like a machine's module: of those at the module's own path, the one
/// with most entries.
pub(super) fn body_of<'s>(source: &'s Source, machine: &str) -> Option<&'s Set> {
    let modules = source.bindings().iter().filter_map(|binding| {
        let (sign, _, name, _) = told_by(&binding.path)?;
        let parts = binding.path.parts();
        let last = parts.last()?.name()?;
        let whole = last == machine || last.rsplit('/').next() == Some(machine);
        let plain = sign == Sign::Module || called_nothing(source, binding);
        (name == machine && whole && plain).then_some(parts)
    });
    let mut roots: Vec<&[Part]> = modules.collect();
    if !source.bindings().iter().any(|binding| told_by(&binding.path).is_some()) {
        roots.push(&[]);
    }
    let bodies = source.sets().iter().filter(|set| {
        set.kind == SetKind::Plain
            && !set.bindings.is_empty()
            && roots.iter().any(|root| set.path.parts() == *root)
            && is_outermost(source, set)
    });
    bodies.max_by_key(|set| set.bindings.len())
}

/// A configuration that is the module itself, where no function is given one.
fn called_nothing(source: &Source, binding: &Binding) -> bool {
    let value = binding.value.of(source.text());
    value.starts_with('{')
}

/// Whether no set of the same path is around it, as one is around the items of its lists.
fn is_outermost(source: &Source, set: &Set) -> bool {
    let parent = set.parent.map(|parent| &source.sets()[parent]);
    parent.is_none_or(|parent| parent.kind == SetKind::Let || parent.path != set.path)
}
