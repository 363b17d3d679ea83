//! Home configurations that a person activates alone, and the names they have.

use std::path::{Path, PathBuf};

use crate::nix::{Literal, Part, Shape, Span, TokenKind, tokens};

use super::files::Files;
use super::layout::{fill, read_names};
use super::machines::together;
use super::mentions::names_word;
use super::scope::{Found, is_declaration, naming};
use super::{Fleet, Machine, Name, Standalone, User};

/// Below this name a flake has them.
pub(crate) const CONFIGURATIONS: [&str; 1] = ["homeConfigurations"];

/// A prediction longer than this helps nobody.
const MOST: usize = 64;

/// Every entry of `homeConfigurations`: those written out, and a prediction of those computed.
pub(super) fn read(files: &Files, users: &[User], machines: &[Machine]) -> Vec<Standalone> {
    let output = CONFIGURATIONS;
    let mut entries: Vec<Standalone> = Vec::new();
    let mut add = |entry: Standalone| {
        if entries.len() < MOST && !entries.iter().any(|e| e.name.text() == entry.name.text()) {
            entries.push(entry);
        }
    };
    let outputs: Vec<Found<'_>> = naming(files, &output)
        .filter(|f| f.binding.path.index_of(&output).is_some() && !is_declaration(&f.binding.path))
        .collect();
    for listed in together::lists(&outputs, &output) {
        for name in listed.names {
            let at = super::Place { file: listed.file.to_owned(), line: listed.list.line };
            add(Standalone { name: Name::Literal(name.clone()), user: Some(name), at });
        }
    }
    for (file, user, host) in folders(files) {
        let (name, user) = (Name::Literal(format!("{user}@{host}")), Some(user.to_owned()));
        add(Standalone { name, user, at: super::Place { file: file.to_owned(), line: 1 } });
    }
    for found in &outputs {
        let path = &found.binding.path;
        let at = path.index_of(&output).unwrap_or_default();
        match path.parts().get(at + 1) {
            None if found.binding.shape == Shape::Set => {}
            None => {
                let form = computed_form(found);
                predict(found, &form, users, machines).into_iter().for_each(&mut add);
            }
            // What a call is given is not yet an entry of what it makes.
            Some(_) if outputs.iter().any(|outer| makes(outer, found, at)) => {}
            Some(Part::Computed(text)) if path.parts().len() == at + 2 => {
                predict(found, &form_of(text), users, machines).into_iter().for_each(&mut add);
            }
            Some(part) => {
                if let Some(name) = part.name() {
                    let user = user_of(users, name).or_else(|| stated(found, name));
                    let name = Name::Literal(name.to_owned());
                    add(Standalone { name, user, at: found.place() });
                }
            }
        }
    }
    entries
}

/// Where a folder is a home configuration, by its name.
pub(crate) const FOLDER: &str = "homes/{system}/{user}@{host}/default.nix";

/// The homes that are folders, with whose each is, and for which machine.
fn folders(files: &Files) -> impl Iterator<Item = (&Path, &str, &str)> {
    files.all().iter().filter_map(|file| {
        let path = file.to_str()?;
        let inner = path.strip_prefix("homes/")?.strip_suffix("/default.nix")?;
        let (system, name) = inner.split_once('/')?;
        let (user, host) = name.split_once('@').filter(|_| !name.contains('/'))?;
        system.contains('-').then_some((file.as_path(), user, host))
    })
}

/// Whether `outer` binds the whole output, at index `at` of the path, to what something makes of
/// the text that `inner` is part of.
fn makes(outer: &Found<'_>, inner: &Found<'_>, at: usize) -> bool {
    outer.file == inner.file
        && outer.binding.path.parts().len() == at + 1
        && outer.binding.shape != Shape::Set
        && outer.binding.value.contains(inner.binding.span)
}

/// The person that a name is for: it is their name, or begins with it.
fn user_of(users: &[User], name: &str) -> Option<String> {
    let before = name.split('@').next().unwrap_or(name);
    users.iter().find(|user| user.name == before).map(|user| user.name.clone())
}

/// The person that an entry names: before the `@`, or as whose home it is.
fn stated(found: &Found<'_>, name: &str) -> Option<String> {
    if let Some((user, _)) = name.split_once('@') {
        return Some(user.to_owned());
    }
    let value = found.binding.value;
    let said = ["home.username", "username", "user"].iter().find_map(|path| {
        let mut inside = found.source.find(path).filter(|b| value.contains(b.span));
        inside.find_map(|b| found.source.literal(b.value)?.text().map(str::to_owned))
    });
    // `homeConfigurations.ada = … ./home/ada.nix …`
    let speaks_of_it = || names_word(value.of(found.source.text()), name);
    said.or_else(|| speaks_of_it().then(|| name.to_owned()))
}

/// `"${u}@${pkgs.system}"` as `{user}@{system}`, by what its parts are called.
fn form_of(text: &str) -> String {
    let mut form = String::new();
    let mut rest = text.trim_matches('"');
    while let Some((before, after)) = rest.split_once("${") {
        let (expression, after) = after.split_once('}').unwrap_or((after, ""));
        let word = expression.trim().rsplit('.').next().unwrap_or_default().to_lowercase();
        form.push_str(before);
        form.push_str(match word.as_str() {
            word if word.contains("system") || word.contains("platform") => "{system}",
            word if word.contains("host") || word.contains("machine") => "{host}",
            _ => "{user}",
        });
        rest = after;
    }
    form.push_str(rest);
    form
}

/// The form of names that the value of `homeConfigurations` makes: an interpolated string with a
/// person in it and nothing else but names, or the people's own names.
fn computed_form(found: &Found<'_>) -> String {
    let text = found.binding.value.of(found.source.text());
    let pieces = tokens(text);
    let starts = pieces.iter().filter(|t| t.kind == TokenKind::Code && t.text == "\"");
    let ends = starts.clone().skip(1);
    starts
        .zip(ends)
        .map(|(start, end)| Span::new(start.start, end.start + 1).of(text))
        .filter(|string| string.contains("${") && string.contains('@'))
        .map(form_of)
        .find(|form| form.contains("{user}"))
        .unwrap_or_else(|| "{user}".to_owned())
}

fn predict(found: &Found<'_>, form: &str, users: &[User], machines: &[Machine]) -> Vec<Standalone> {
    // A form without a part is filled once, with nothing for it.
    let systems = match form.contains("{system}") {
        true => systems(found, machines),
        false => vec![String::new()],
    };
    let mut entries = Vec::new();
    for user in users {
        let hosts = match form.contains("{host}") {
            true => user.machines.clone(),
            false => vec![String::new()],
        };
        for (host, system) in hosts.iter().flat_map(|h| systems.iter().map(move |s| (h, s))) {
            let names = [("user", user.name.as_str()), ("system", system), ("host", host)];
            let name = Name::Computed(fill(form, &names));
            let user = Some(user.name.clone());
            entries.push(Standalone { name, user, at: found.place() });
        }
    }
    entries
}

/// The systems that the file lists, else those of the fleet's machines.
fn systems(found: &Found<'_>, machines: &[Machine]) -> Vec<String> {
    let listed = found.source.find("systems").find_map(|binding| {
        match found.source.literal(binding.value)? {
            Literal::List(items) => {
                items.iter().map(|item| item.text().map(str::to_owned)).collect::<Option<_>>()
            }
            _ => None,
        }
    });
    let mut systems: Vec<String> =
        listed.unwrap_or_else(|| machines.iter().filter_map(|m| m.system.clone()).collect());
    systems.sort_unstable();
    systems.dedup();
    systems
}

impl Fleet {
    /// Every binding of the files that speak of home configurations.
    pub(crate) fn configurations(&self) -> Vec<Found<'_>> {
        let all = naming(&self.files, &CONFIGURATIONS);
        all.filter(|found| !is_declaration(&found.binding.path)).collect()
    }

    /// Whether a folder of the right name is all that makes a home configuration here.
    pub(crate) fn keeps_homes_in_folders(&self) -> bool {
        folders(&self.files).next().is_some()
    }

    /// The list of names that home configurations are made of, and the first in it.
    pub(crate) fn configuration_list(&self) -> Option<(PathBuf, Span, String)> {
        let listed = together::lists(&self.configurations(), &CONFIGURATIONS);
        listed.into_iter().find_map(|listed| {
            let first = listed.names.first()?.clone();
            Some((listed.file.to_owned(), listed.list.span, first))
        })
    }

    /// The form of the names of its home configurations, such as `{user}@{system}`: what the
    /// entries have, else what the layout says, else the person's name.
    pub fn standalone_form(&self) -> String {
        let known = ["{user}@{system}", "{user}@{host}", "{user}"];
        let fits = |form: &str, entry: &Standalone| {
            let names = read_form(form, entry.name.text())?;
            let get = |key: &str| names.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
            let user = entry.user.as_deref().is_none_or(|user| get("user") == Some(user));
            let system =
                get("system").is_none_or(|s| s.contains("-linux") || s.contains("-darwin"));
            // Without machines of its own a fleet may name those that homes are for.
            let known = |host| self.machine(host).is_some() || self.machines.is_empty();
            let host = get("host").is_none_or(known);
            (user && system && host).then_some(())
        };
        let written = self.standalone.iter().find_map(|entry| {
            known.iter().find(|form| fits(form, entry).is_some()).map(|form| (*form).to_owned())
        });
        let layout = self.layout.layout.as_ref().map(|layout| layout.places.standalone.clone());
        written.or(layout).unwrap_or_else(|| "{user}".to_owned())
    }

    /// The name that a person's own home configuration has, or would have, in this fleet.
    pub fn standalone_name(&self, user: &str, host: &str, system: &str) -> String {
        fill(&self.standalone_form(), &[("user", user), ("host", host), ("system", system)])
    }
}

/// [`read_names`] for a form with two placeholders around an `@`.
fn read_form<'f, 't>(form: &'f str, name: &'t str) -> Option<Vec<(&'f str, &'t str)>> {
    match (form.split_once('@'), name.split_once('@')) {
        (Some((user, rest)), Some((name, at))) => {
            let mut names = read_names(user, name)?;
            names.extend(read_names(rest, at)?);
            Some(names)
        }
        (None, None) => read_names(form, name),
        _ => None,
    }
}
