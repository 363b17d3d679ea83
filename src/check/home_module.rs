//! What the person's module says about them: name, home folder, state version.

use super::finding::{Fix, Risk};
use super::module_name::replaced;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::nix::{self, Binding, Shape, Source};
use crate::plan::Change;
use crate::run::Runner;
use crate::splice::nix::{Slot, Splice, add_binding};

pub(super) struct HomeModule;

impl Check for HomeModule {
    fn id(&self) -> &'static str {
        "home-module"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "your module says who you are"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let user = scene.person()?;
        let fleet = scene.fleet()?;
        let Some(source) = fleet.files.nix(&user.module.file) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        found.extend(wrong_name(scene, source));
        found.extend(no_version(scene, source));
        Ok(found)
    }
}

/// The file is the person's own: nobody else's name is in its path.
fn edit(scene: &Scene, source: &Source, after: String) -> Option<Change> {
    let user = scene.person().ok()?;
    let fleet = scene.fleet().ok()?;
    (user.alias_of.is_none()).then(|| Change::Edit {
        path: fleet.at(&user.module.file),
        before: source.text().to_owned(),
        after,
    })
}

/// The text of a value, with `lib.mkDefault` and the like taken off; `None` where it is computed.
fn literal(source: &Source, binding: &Binding) -> Option<String> {
    if binding.shape != Shape::Text {
        return None;
    }
    let text = binding.value.of(source.text());
    let (_, quoted) = text.split_once('"')?;
    let (inside, _) = quoted.rsplit_once('"')?;
    (!inside.contains("${") && !inside.contains('"')).then(|| inside.to_owned())
}

fn wrong_name(scene: &Scene, source: &Source) -> Option<Finding> {
    let user = scene.person().ok()?;
    let binding = source.find("home.username").last()?;
    let said = literal(source, binding)?;
    if said == user.name || user.alias_of.is_some() {
        return None;
    }
    let at = format!("{}:{}", user.module.file.display(), binding.line);
    let found = Finding::of("home-env-mismatch", Severity::Error)
        .said(format!("your module is made for the account {said}, not for {}", user.name))
        .seen(&at, source.line(binding.line).unwrap_or_default().trim());
    let quoted = |name: &str| nix::quote(name).ok();
    let after = replaced(source.text(), binding.value, &quoted(&said)?, &quoted(&user.name)?);
    Some(match after.and_then(|after| edit(scene, source, after)) {
        Some(change) => found.fix(
            Fix::plan("home-username", "Correct your name", scene.bounds())
                .why("home.username is the name of your account.")
                .by_hand(format!("write {} for {said} at {at}", user.name))
                .changes(vec![change]),
        ),
        None => found.by(Risk::ByHand, format!("Write {} there", user.name), &[at]),
    })
}

/// Nobody says `home.stateVersion`, though the others' modules do in their own.
fn no_version(scene: &Scene, source: &Source) -> Option<Finding> {
    let user = scene.person().ok()?;
    let fleet = scene.fleet().ok()?;
    let says = |source: &Source| source.find("home.stateVersion").next().is_some();
    if user.alias_of.is_some() || says(source) {
        return None;
    }
    let others = || fleet.people().filter(|u| u.name != user.name);
    let theirs = others().filter_map(|other| fleet.files.nix(&other.module.file));
    let version = theirs
        .filter_map(|theirs| literal(theirs, theirs.find("home.stateVersion").last()?))
        .next()?;
    // A feature set or the home configuration may say it for everybody.
    let is_said_elsewhere = fleet.files.sources().any(|(path, other)| {
        says(other)
            && !others().any(|user| user.module.file == path)
            && (super::tracked::is_of(path, &user.name)
                || path.components().any(|c| c.as_os_str() == "aggregates"))
    });
    if is_said_elsewhere && fleet.standalone.iter().any(|s| s.user.as_deref() == Some(&user.name)) {
        return None;
    }
    let file = user.module.file.display().to_string();
    let found = Finding::of("home-stateversion-missing", Severity::Error)
        .said("your module does not say home.stateVersion")
        .seen(&file, "has no home.stateVersion; the others' modules have");
    let value = nix::quote(&version).ok()?;
    // Beside what else is said of the home.
    let beside = source.find("home.homeDirectory").last().or(source.find("home.username").last());
    let after = beside.and_then(|beside| {
        match add_binding(
            source.text(),
            Slot::After(beside.span),
            &["home", "stateVersion"],
            &value,
        ) {
            Ok(Splice::Changed(change)) => Some(change.text),
            _ => None,
        }
    });
    Some(match after.and_then(|after| edit(scene, source, after)) {
        Some(change) => found.fix(
            Fix::plan("state-version", "Add stateVersion", scene.bounds())
                .why(format!("{version}, as the others have it."))
                .by_hand(format!("add home.stateVersion = {value}; in {file}"))
                .changes(vec![change]),
        ),
        None => found.by(
            Risk::ByHand,
            "Add it to your module",
            &[format!("home.stateVersion = {value};")],
        ),
    })
}
