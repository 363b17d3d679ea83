//! Writes the person's home configuration: the entry that they build and activate by themselves.

mod entry;

use std::path::PathBuf;

use serde::Serialize;

use super::likeness::{in_the_name_of, on_system, replace_words};
use super::{Context, new_file};
use crate::fleet::layout::AggregatesIn;
use crate::fleet::{Place, Standalone};
use crate::nix::{self, Source, TokenKind};
use crate::plan::{Needs, Plan, Remark, Step};
use crate::problem::Problem;
use crate::template;

#[derive(Debug, Serialize)]
struct Values<'a> {
    user: &'a str,
    configuration: String,
    system: String,
    home_folder: String,
    /// What the person's module does not import by itself.
    aggregates: Vec<String>,
    /// Whether the fleet has a function of its own that makes homes, and package sets.
    own_maker: bool,
    own_packages: bool,
    /// Whether home modules here take an argument `flake`, which home-manager does not give.
    flake: bool,
}

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    if !cx.person.stands_alone() || cx.has_configuration() {
        return Ok(None);
    }
    match cx.layout() {
        Err(_) => return entry::step(cx, plan),
        // Without a file for it, the fleet makes the entry by itself.
        Ok(layout) if layout.places.standalone_file.is_none() => return Ok(None),
        Ok(_) => {}
    }
    let (path, text) = match neighbours_own_file(cx) {
        Some(copy) => copy,
        None => from_template(cx)?,
    };
    let lines = text.lines().count();
    Ok(Some(Step {
        id: "standalone",
        title: "Add configuration".to_owned(),
        why: format!("One new file of {lines} lines."),
        needs: Needs::You,
        by_hand: vec![format!("write {}", cx.shown(&path))],
        changes: vec![new_file(cx, &path, text)?],
        decided_by: Some("mode"),
    }))
}

/// What a person writes by hand where the fleet takes no entry.
pub(super) fn remark(cx: &Context) -> Option<Remark> {
    let wanted = cx.person.stands_alone() && !cx.has_configuration() && cx.layout().is_err();
    wanted.then(|| entry::remark(cx)).flatten()
}

/// A copy of a neighbour's file, when one person's configuration is all that it holds.
fn neighbours_own_file(cx: &Context) -> Option<(PathBuf, String)> {
    let own = |s: &&Standalone| {
        let alone = cx.fleet.standalone.iter().filter(|o| o.at.file == s.at.file).count() == 1;
        alone && s.user.is_some()
    };
    let wished = cx.neighbour().map(|n| n.name.as_str());
    let entries = || cx.fleet.standalone.iter().filter(own);
    let entry = entries().find(|s| s.user.as_deref() == wished).or_else(|| entries().next())?;
    let (old, new) = (entry.user.as_deref()?, cx.person.username.as_str());
    let Place { file, .. } = &entry.at;
    let path = replace_words(&file.to_string_lossy(), old, new);
    if path == file.to_string_lossy() || cx.fleet.has(&path) {
        return None;
    }
    let text = in_the_name_of(&cx.fleet.text(file).ok()?, old, new);
    let text = on_system(&text, &cx.system(), new);
    Source::parse(text.as_str()).ok()?;
    Some((PathBuf::from(path), text))
}

fn from_template(cx: &Context) -> Result<(PathBuf, String), Problem> {
    let layout = cx.layout()?;
    let in_machines = layout.places.aggregates_in == AggregatesIn::Machine;
    let values = Values {
        user: &cx.person.username,
        configuration: cx.configuration(),
        home_folder: home_folder(cx),
        system: cx.system(),
        aggregates: if in_machines { cx.aggregates() } else { Vec::new() },
        own_maker: binds(cx, "lib.mkHomeConfiguration"),
        own_packages: binds(cx, "flake.pkgs"),
        flake: modules_ask_for_flake(cx),
    };
    let text = template::of(layout, cx.fleet, "standalone.nix")?.render(&values)?;
    let place = layout.places.standalone_file.as_deref().unwrap_or_default();
    Ok((PathBuf::from(cx.fill(place)), text))
}

/// One's own as it is; somebody else's as their system has it.
fn home_folder(cx: &Context) -> String {
    let user = &cx.person.username;
    match cx.surroundings.for_oneself {
        true => cx.host.home.display().to_string(),
        false if cx.system().ends_with("-darwin") => format!("/Users/{user}"),
        false => format!("/home/{user}"),
    }
}

fn binds(cx: &Context, path: &str) -> bool {
    cx.fleet.files.sources().any(|(_, source)| source.find(path).next().is_some())
}

/// The fleet passes it to homes on machines; a home on its own has to get it too.
pub(super) fn modules_ask_for_flake(cx: &Context) -> bool {
    let takes = |text: &str| {
        let tokens = nix::tokens(text);
        let mut code = tokens.iter().filter(|t| t.kind == TokenKind::Code).map(|t| t.text);
        let mut before = "";
        // `{ flake, ... }:` and nothing like `flake.modules = …`.
        code.any(|text| {
            let is_argument = before == "flake" && text == ",";
            before = text;
            is_argument
        })
    };
    cx.fleet.files.sources().any(|(_, source)| {
        source.find("modules.homeManager.*").any(|b| takes(b.value.of(source.text())))
            || source.find("modules.homeManager.users/*").any(|b| takes(b.value.of(source.text())))
    })
}
