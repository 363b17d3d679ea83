//! What is bound for the newcomer: a neighbour's home in the newcomer's name, without what is the
//! neighbour's own.

use std::path::{Path, PathBuf};

use crate::fleet::layout::AggregatesIn;
use crate::fleet::slot::{Sibling, written_part};
use crate::fleet::{Machine, reach};
use crate::nix::{self, Binding, Part, Set, SetKind, Shape, Source, Span, TokenKind};
use crate::splice;
use crate::step::Context;
use crate::step::likeness::{replace_words, says_word};

use super::drafts::Drafts;
use super::{aggregates, home_file};

/// A home as a machine binds it.
pub(super) struct Home {
    /// What is bound below the person's name: `imports`, or nothing.
    pub(super) below: Vec<String>,
    pub(super) value: String,
    /// A home file that it names and that is not there yet.
    pub(super) file: Option<NewFile>,
}

pub(super) struct NewFile {
    pub(super) path: PathBuf,
    /// Whose file it is modelled on.
    pub(super) like: Option<(PathBuf, String)>,
}

impl NewFile {
    pub(super) fn draft(
        self,
        cx: &Context,
        drafts: &mut Drafts,
    ) -> Result<(), crate::problem::Problem> {
        let like = self.like.as_ref().map(|(path, name)| (path.as_path(), name.as_str()));
        let text = home_file::text(cx, &self.path, like)?;
        // Machines whose neighbours differ still share the one home.
        drafts.create(self.path, text);
        Ok(())
    }
}

/// The neighbour's home as the newcomer's, bound in `file`.
///
/// # Errors
/// Why it cannot be copied, and nothing else can be said to be theirs.
pub(super) fn like(
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
        if cx.layout().is_err() || says_word(&copy.value, &cx.person.username) {
            return Ok(copy);
        }
    }
    let target = cx.fleet.files.nix(file).ok_or_else(gone)?;
    composed(cx, machine, like, target, file)
}

fn copied(
    cx: &Context,
    machine: &Machine,
    like: &Sibling,
    source: &Source,
    binding: &Binding,
) -> Result<Home, String> {
    let (name, newcomer) = (like.name.as_str(), cx.person.username.as_str());
    let value = splice::nix::outdented(source, binding.value);
    let value = behind_name(source, binding).unwrap_or(value);
    let value = without_expression(binding, &value, newcomer)?;
    let value = without_own(cx, &value)?;
    let mut file = None;
    let mut renamed = cx.in_their_name(&value, name);
    if cx.layout().is_err() {
        (renamed, file) = own_file(cx, machine, like, &value, renamed)?;
    }
    let value = aggregates::replaced(cx, &renamed)?;
    if let Some(other) = cx.another_in(&value) {
        return Err(format!("what {name} gets there is also {other}'s"));
    }
    let part = written_part(binding, &["home-manager", "users"]);
    let below = binding.written().iter().rev().take_while(|p| Some(*p) != part);
    let mut below: Vec<String> = below.map(|part| part.text().to_owned()).collect();
    below.reverse();
    Ok(Home { below, value, file })
}

/// The value of the `let` that a binding's value names: `users.ada = adaHome;`.
fn behind_name(source: &Source, binding: &Binding) -> Option<String> {
    let name = binding.value.of(source.text());
    let alias = source.let_binding(name)?;
    let reference = matches!(alias.shape, Shape::Reference);
    (!reference).then(|| splice::nix::outdented(source, alias.value))
}

/// The value with the newcomer's name where it repeats the expression that makes the neighbour's.
fn without_expression(binding: &Binding, value: &str, newcomer: &str) -> Result<String, String> {
    let computed = binding.path.parts().iter().find_map(|part| match part {
        Part::Computed(text) => Some(text),
        _ => None,
    });
    let Some(text) = computed else { return Ok(value.to_owned()) };
    let expression = text.trim_start_matches("${").trim_end_matches('}').trim();
    let value = value.replace(&**text, newcomer);
    match value.contains(expression) && expression.contains('.') {
        true => Err(format!("what is bound there depends on `{expression}`")),
        false => Ok(value),
    }
}

/// What a home says of itself that another may say too.
const COMMON: [&str; 6] = [
    "imports",
    "home.username",
    "home.homeDirectory",
    "home.stateVersion",
    "programs.home-manager.enable",
    "systemd.user.startServices",
];

/// A home that is written out in the machine's file, without what only its owner wants. Git's
/// identity becomes the newcomer's.
fn without_own(cx: &Context, value: &str) -> Result<String, String> {
    let mut text = value.to_owned();
    // Each turn takes one binding out, so there are no more turns than bindings.
    loop {
        let source = Source::parse(text.as_str()).map_err(|e| e.to_string())?;
        let homes: Vec<Span> =
            source.sets().iter().filter(|s| is_home(&source, s)).map(|s| s.span).collect();
        let own = source.bindings().iter().rfind(|binding| {
            let path = binding.path.to_string();
            is_leaf(&source, binding)
                && in_sets_of(&source, binding, &homes)
                && !COMMON.contains(&path.as_str())
                && identity(cx, &path).is_none()
        });
        let Some(own) = own else { break };
        text = splice::nix::remove_binding(&text, own.span).map_err(|e| e.to_string())?.text;
    }
    if text != value {
        // What is said of the neighbour's own things is nothing to say of the newcomer's.
        text = without_comments(&text);
    }
    with_identity(cx, &text)
}

/// Whether a set of a value is a home itself, perhaps behind a function, a `let` or `mkMerge`.
fn is_home(source: &Source, set: &Set) -> bool {
    let parent = set.parent.map(|parent| source.sets()[parent].kind);
    set.kind != SetKind::Let
        && set.path.parts().is_empty()
        && parent.is_none_or(|kind| kind == SetKind::Let)
}

/// Whether a binding is no set of further ones.
fn is_leaf(source: &Source, binding: &Binding) -> bool {
    let inner = source.sets().iter().find(|set| set.span == binding.value);
    inner.is_none_or(|set| set.bindings.is_empty() && set.inherits.is_empty())
}

/// Whether a binding is in one of the sets at `homes` by sets alone, not in a list or behind a
/// function.
fn in_sets_of(source: &Source, binding: &Binding, homes: &[Span]) -> bool {
    let mut set = &source.sets()[binding.set];
    loop {
        if homes.contains(&set.span) {
            return true;
        }
        match source.bindings().iter().find(|b| b.value == set.span) {
            Some(holder) => set = &source.sets()[holder.set],
            None => return false,
        }
    }
}

fn identity<'a>(cx: &Context<'a>, path: &str) -> Option<&'a str> {
    match path {
        "programs.git.userName" | "programs.git.settings.user.name" => Some(&cx.person.name),
        "programs.git.userEmail" | "programs.git.settings.user.email" => Some(&cx.person.email),
        _ => None,
    }
}

fn with_identity(cx: &Context, text: &str) -> Result<String, String> {
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let mut out = text.to_owned();
    for binding in source.bindings().iter().rev() {
        if let Some(own) = identity(cx, &binding.path.to_string()) {
            let quoted = nix::quote(own).map_err(|e| e.to_string())?;
            out.replace_range(binding.value.start..binding.value.end, &quoted);
        }
    }
    Ok(out)
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for token in nix::tokens(text) {
        match token.kind {
            TokenKind::Comment => out.truncate(out.trim_end().len()),
            _ => out.push_str(token.text),
        }
    }
    // Lines that are left blank.
    let lines = out.lines().filter(|line| !line.trim().is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// In a fleet that keeps homes in files: the value naming the newcomer's file, and that file when
/// it is to be written. A file that is about nobody is everybody's; of several that are about the
/// neighbour, the newcomer has one.
fn own_file(
    cx: &Context,
    machine: &Machine,
    like: &Sibling,
    value: &str,
    mut renamed: String,
) -> Result<(String, Option<NewFile>), String> {
    let newcomer = &cx.person.username;
    let mut own: Option<PathBuf> = None;
    let mut new = None;
    for written in paths(value) {
        let Some(path) = on_machine(&like.file, &written, machine) else { continue };
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
    Ok((renamed, new))
}

/// The value without the list item that is exactly `text`.
fn without_item(value: &str, text: &str) -> Result<String, String> {
    let source = Source::parse(value).map_err(|e| e.to_string())?;
    let found = source.lists().iter().find_map(|list| {
        let item = list.items.iter().find(|item| item.span.of(value) == text)?;
        Some((list.span, item.span))
    });
    let (list, item) = found.ok_or_else(|| format!("`{text}` would be a second file of theirs"))?;
    let change = splice::nix::remove_item(value, list, item).map_err(|e| e.to_string())?;
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
fn on_machine(file: &Path, written: &str, machine: &Machine) -> Option<PathBuf> {
    let mut path = written.to_owned();
    while let Some((before, rest)) = path.split_once("${") {
        let (expression, after) = rest.split_once('}')?;
        let word = expression.rsplit('.').next()?.to_lowercase();
        if !["host", "machine"].iter().any(|known| word.contains(known)) {
            return None;
        }
        path = format!("{before}{}{after}", machine.name);
    }
    reach::resolved(file, &path)
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
        let path = home_place(cx, like);
        let value = format!("import {}", home_file::relative(file, &path));
        let there = cx.fleet.has(&path);
        let file = (!there).then_some(NewFile { path, like: None });
        return Ok(Home { below: Vec::new(), value, file });
    };
    let newcomer = &cx.person.username;
    if layout.places.aggregates_in == AggregatesIn::Registry {
        let registry = registry_in(target).ok_or("it has no name for the fleet's people")?;
        let name = nix::attr(newcomer).map_err(|e| e.to_string())?;
        let value = format!("{registry}.{name}.modules");
        return Ok(Home { below: vec!["imports".to_owned()], value, file: None });
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
    Ok(Home { below: vec!["imports".to_owned()], value, file: None })
}

/// Where a home file goes: where the neighbour's machine-wide binding keeps one, else `home/`.
fn home_place(cx: &Context, like: &Sibling) -> PathBuf {
    let newcomer = &cx.person.username;
    let places = ["home", "homes", "users"];
    let used = |folder: &&&str| {
        let mut files = cx.fleet.files.all().iter();
        files.any(|file| file.starts_with(folder) && file.parent() != Some(Path::new("")))
    };
    let named = |folder: &str| {
        let file = Path::new(folder).join(format!("{}.nix", like.name));
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
