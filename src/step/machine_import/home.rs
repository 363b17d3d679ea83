//! What is bound for the newcomer: a neighbour's home in the newcomer's name, without what is the
//! neighbour's own.

mod kept;
mod own_file;
mod spelled_out;

pub(in crate::step) use kept::with_identity_anywhere as with_identity;
pub(in crate::step) use own_file::{by_name, own_file};
pub(in crate::step) use spelled_out::without_aliases;

use std::path::{Path, PathBuf};

use crate::fleet::layout::AggregatesIn;
use crate::fleet::slot::{Sibling, written_part};
use crate::fleet::{HOMES, Machine};
use crate::nix::{self, Binding, SetKind, Shape, Source, Span, TokenKind};
use crate::splice::nix::{self as splice, outdented};
use crate::step::Context;
use crate::step::likeness::says_word;

use super::drafts::Drafts;
use super::{aggregates, home_file};

/// A home as a machine binds it.
pub(in crate::step) struct Home {
    /// One binding each, never none.
    pub(in crate::step) parts: Vec<Bound>,
    /// The neighbour's last binding, where they have several: the newcomer's follow it.
    pub(in crate::step) last: Option<Span>,
    /// A home file that it names and that is not there yet.
    pub(in crate::step) file: Option<NewFile>,
}

/// One binding of a home.
pub(in crate::step) struct Bound {
    /// What is bound below the person's name: `imports`, or nothing.
    pub(in crate::step) below: Vec<String>,
    pub(in crate::step) value: String,
}

impl Home {
    fn of(below: &[&str], value: String, file: Option<NewFile>) -> Self {
        let below = below.iter().map(|name| (*name).to_owned()).collect();
        Self { parts: vec![Bound { below, value }], last: None, file }
    }

    fn says_word(&self, word: &str) -> bool {
        self.parts.iter().any(|part| says_word(&part.value, word))
    }
}

pub(in crate::step) struct NewFile {
    pub(in crate::step) path: PathBuf,
    /// Whose file it is modelled on.
    pub(in crate::step) like: Option<(PathBuf, String)>,
}

impl NewFile {
    pub(in crate::step) fn draft(
        self,
        cx: &Context,
        drafts: &mut Drafts,
    ) -> Result<(), crate::problem::Problem> {
        let like = self.like.as_ref().map(|(path, name)| (path.as_path(), name.as_str()));
        let text = home_file::text(cx, &self.path, like, None)?;
        // Machines whose neighbours differ still share the one home.
        drafts.create(self.path, text);
        Ok(())
    }
}

/// The neighbour's home as the newcomer's, bound in `file`.
///
/// # Errors
/// Why it cannot be copied, and nothing else can be said to be theirs.
pub(in crate::step) fn like(
    cx: &Context,
    machine: &Machine,
    like: &Sibling,
    file: &Path,
) -> Result<Home, String> {
    let gone = || format!("{}'s binding was not found again", like.name);
    let source = cx.fleet.files.nix(&like.file).ok_or_else(gone)?;
    let bindings = || source.bindings().iter();
    let binding = bindings().find(|b| b.span == like.span).ok_or_else(gone)?;
    if file == like.file {
        let copy = copied(cx, machine, like, source, binding)?;
        if cx.layout().is_err() || copy.says_word(&cx.person.username) {
            return Ok(copy);
        }
    }
    let target = cx.fleet.files.nix(file).ok_or_else(gone)?;
    composed(cx, machine, like, target, file)
}

/// The homes that a function makes, all alike, of names: the newcomer's file, where each has one.
///
/// # Errors
/// Which file that is cannot be told.
pub(in crate::step) fn listed(
    cx: &Context,
    machine: &Machine,
    like: &Sibling,
) -> Result<Option<NewFile>, String> {
    match cx.layout() {
        Ok(_) => Ok(None),
        Err(_) => by_name(cx, Some(machine), &like.name),
    }
}

fn copied(
    cx: &Context,
    machine: &Machine,
    like: &Sibling,
    source: &Source,
    binding: &Binding,
) -> Result<Home, String> {
    let (name, newcomer) = (like.name.as_str(), cx.person.username.as_str());
    let (mut parts, mut file) = (Vec::new(), None);
    let all = all_of(source, binding);
    for binding in &all {
        let code = outdented(source, binding.value);
        let value = behind_name(source, binding).unwrap_or(code);
        let value = spelled_out::spelled_out(source, binding, &value, name, newcomer)?;
        let below = below_name(binding);
        let Some(value) = kept::without_own(cx, &below, &value)? else { continue };
        let mut renamed = cx.in_their_name(&value, name);
        if cx.layout().is_err() {
            let own;
            (renamed, own) = own_file(cx, Some(machine), like, &value, renamed)?;
            file = file.or(own);
        }
        let value = aggregates::replaced(cx, &renamed)?;
        if let Some(other) = cx.another_in(&value) {
            return Err(format!("what {name} gets there is also {other}'s"));
        }
        parts.push(Bound { below, value });
    }
    let parts = in_one(parts)?;
    Ok(Home { parts, last: all.last().map(|binding| binding.span), file })
}

/// Bindings that Nix takes side by side: beside a whole home nothing below it is bound, so that goes
/// into its set.
fn in_one(mut parts: Vec<Bound>) -> Result<Vec<Bound>, String> {
    let Some(whole) = parts.iter().position(|part| part.below.is_empty()) else {
        if parts.is_empty() {
            parts.push(Bound { below: Vec::new(), value: "{ }".to_owned() });
        }
        return Ok(parts);
    };
    let mut home = parts.remove(whole);
    for part in parts {
        let source = Source::parse(home.value.as_str()).map_err(|e| e.to_string())?;
        let set = source.sets().first().filter(|set| set.span.start == 0);
        let set = set.ok_or("it is bound several times, once to what is no set")?;
        let below: Vec<&str> = part.below.iter().map(String::as_str).collect();
        let slot = splice::Slot::In(set.span);
        let added = splice::add_binding(&home.value, slot, &below, &part.value);
        if let splice::Splice::Changed(change) = added.map_err(|e| e.to_string())? {
            home.value = change.text;
        }
    }
    Ok(vec![home])
}

/// The bindings of one person's home that stand in one set, in the order of the text:
/// `users.ada.imports = …; users.ada.home.stateVersion = …;`
fn all_of<'s>(source: &'s Source, binding: &'s Binding) -> Vec<&'s Binding> {
    let Some(part) = written_part(binding, &HOMES) else { return vec![binding] };
    let here = source.sets()[binding.set].bindings.iter().map(|id| &source.bindings()[*id]);
    here.filter(|other| written_part(other, &HOMES) == Some(part)).collect()
}

/// The names that a binding writes below the person's.
fn below_name(binding: &Binding) -> Vec<String> {
    let part = written_part(binding, &HOMES);
    let below = binding.written().iter().rev().take_while(|p| Some(*p) != part);
    let mut below: Vec<String> = below.map(|part| part.text().to_owned()).collect();
    below.reverse();
    below
}

/// The value of the `let` that a binding's value names: `users.ada = adaHome;`.
fn behind_name(source: &Source, binding: &Binding) -> Option<String> {
    let name = binding.value.of(source.text());
    let alias = source.let_binding(name)?;
    let reference = matches!(alias.shape, Shape::Reference);
    (!reference).then(|| outdented(source, alias.value))
}

/// A home that no neighbour's can be copied for: the newcomer's module, or their file.
fn composed(
    cx: &Context,
    machine: &Machine,
    like: &Sibling,
    target: &Source,
    file: &Path,
) -> Result<Home, String> {
    let Ok(layout) = cx.layout() else {
        let path = home_place(cx, &like.name);
        let value = format!("import {}", home_file::relative(file, &path));
        let there = cx.fleet.has(&path);
        let file = (!there).then_some(NewFile { path, like: None });
        return Ok(Home::of(&[], value, file));
    };
    let newcomer = &cx.person.username;
    if layout.places.aggregates_in == AggregatesIn::Registry {
        let registry = registry_in(target).ok_or("it has no name for the fleet's people")?;
        let name = nix::attr(newcomer).map_err(|e| e.to_string())?;
        let value = format!("{registry}.{name}.modules");
        return Ok(Home::of(&["imports"], value, None));
    }
    let scope = scope_in(target).ok_or_else(|| {
        format!("nothing there leads to the homes of {}'s fleet by name", machine.name)
    })?;
    let module = nix::quote(&format!("users/{newcomer}")).map_err(|e| e.to_string())?;
    let mut items = vec![format!("{scope}.{module}")];
    if layout.places.aggregates_in == AggregatesIn::Machine {
        for name in cx.aggregates() {
            items.push(format!("{scope}.{}", nix::attr(&name).map_err(|e| e.to_string())?));
        }
    }
    let value = match &items[..] {
        [only] => format!("[ {only} ]"),
        items => {
            let items = items.iter().map(|item| format!("\n  {item}"));
            format!("[{}\n]", items.collect::<String>())
        }
    };
    Ok(Home::of(&["imports"], value, None))
}

/// Where a home file goes: where the neighbour's machine-wide binding keeps one, else `home/`.
pub(in crate::step) fn home_place(cx: &Context, like: &str) -> PathBuf {
    let newcomer = &cx.person.username;
    let places = ["home", "homes", "users"];
    let used = |folder: &&&str| {
        let mut files = cx.fleet.files.all().iter();
        files.any(|file| file.starts_with(folder) && file.parent() != Some(Path::new("")))
    };
    let named = |folder: &str| {
        let file = Path::new(folder).join(format!("{like}.nix"));
        cx.fleet.files.contains(&file)
    };
    let folder = places.iter().find(|folder| named(folder)).or_else(|| places.iter().find(used));
    Path::new(folder.unwrap_or(&"home")).join(format!("{newcomer}.nix"))
}

/// How a file names the fleet's home modules: a name of a `let`, or the full path where the
/// flake's own `config` is not hidden by a machine's.
fn scope_in(source: &Source) -> Option<String> {
    named(source, &["modules", "homeManager"], "config.flake.modules.homeManager")
}

fn registry_in(source: &Source) -> Option<String> {
    named(source, &["flake", "users"], "config.flake.users")
}

fn named(source: &Source, end: &[&str], full: &str) -> Option<String> {
    let alias = source.bindings().iter().find_map(|binding| {
        let names = binding.reference.as_ref()?;
        let fits = names.len() >= end.len() && names[names.len() - end.len()..].iter().eq(end);
        let of_let = source.sets()[binding.set].kind == SetKind::Let;
        let [part] = binding.written() else { return None };
        (fits && of_let).then(|| part.name().map(str::to_owned)).flatten()
    });
    alias.or_else(|| takes_config_once(source).then(|| full.to_owned()))
}

/// Whether `config` is an argument of one function of the file only, the flake's.
fn takes_config_once(source: &Source) -> bool {
    let code: Vec<&str> = nix::tokens(source.text())
        .into_iter()
        .filter(|t| t.kind == TokenKind::Code)
        .map(|t| t.text)
        .collect();
    let argument = |run: &&[&str]| {
        matches!(run[0], "{" | ",") && run[1] == "config" && matches!(run[2], "," | "}")
    };
    code.windows(3).filter(argument).count() == 1 && code.first() == Some(&"{")
}
