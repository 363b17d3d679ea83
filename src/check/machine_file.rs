//! What a machine's own file says that keeps it from being built or activated for the person.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::fleet::{Fleet, Machine, Platform};
use crate::nix::Source;
use crate::run::Runner;

pub(super) struct MachineFile;

impl Check for MachineFile {
    fn id(&self) -> &'static str {
        "machine-file"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "this machine is known, and its file fits your home"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let Some(machine) = fleet.machine(&scene.host.name) else {
            return Ok(named_otherwise(scene, fleet).into_iter().collect());
        };
        let Some(source) = fleet.files.nix(&machine.at.file) else { return Ok(Vec::new()) };
        let mut found: Vec<Finding> = home_module_for_all(machine, source).into_iter().collect();
        found.extend(home_unset(scene, machine, source));
        Ok(found)
    }
}

/// The tools look for a configuration called like the machine, letter for letter.
fn named_otherwise(scene: &Scene, fleet: &Fleet) -> Option<Finding> {
    let host = &scene.host.name;
    let meant = fleet.machines.iter().find(|machine| machine.name.eq_ignore_ascii_case(host))?;
    Some(
        Finding::of("flake-attr-hostname-mismatch", Severity::Warning)
            .said(format!("this machine is called {host}, and {} in the fleet", meant.name))
            .seen(
                format!("{}:{}", meant.at.file.display(), meant.at.line),
                format!("is {}", meant.name),
            )
            .by(
                Risk::ByHand,
                "Give the name yourself",
                &[format!("--flake {}#{}", scene.host.short(&fleet.root), meant.name)],
            ),
    )
}

/// A home module among the machine's own imports: its options are unknown there.
fn home_module_for_all(machine: &Machine, source: &Source) -> Option<Finding> {
    let is_systems = |list: &&crate::nix::List| {
        let parts: Vec<&str> = list.path.parts().iter().filter_map(|part| part.name()).collect();
        parts.last() == Some(&"imports")
            && !parts
                .iter()
                .any(|part| ["home-manager", "homeManager", "homeConfigurations"].contains(part))
    };
    let mut items = source.lists().iter().filter(is_systems).flat_map(|list| &list.items);
    let item = items.find(|item| {
        let names = |reference: &Vec<String>| reference.iter().any(|part| part == "homeManager");
        item.reference.as_ref().is_some_and(names)
    })?;
    let name =
        item.reference.as_ref().and_then(|reference| reference.last().cloned()).unwrap_or_default();
    let file = machine.at.file.display();
    let line = source.position(item.span.start).line;
    Some(
        Finding::of("hm-module-in-system-config", Severity::Error)
            .said(format!(
                "{} imports the home module {name} as if it were a machine's",
                machine.name
            ))
            .seen(format!("{file}:{line}"), item.span.of(source.text()).trim())
            .by(
                Risk::ForAdmin,
                "Import it for the person instead",
                &[format!("Move it from imports to home-manager.users.NAME.imports in {file}.")],
            ),
    )
}

/// nix-darwin takes no home folder for granted, as NixOS does.
fn home_unset(scene: &Scene, machine: &Machine, source: &Source) -> Option<Finding> {
    let is_bound = machine.binds(&scene.user);
    if machine.platform != Platform::Darwin || !is_bound {
        return None;
    }
    let own = || {
        source.bindings().iter().filter(|binding| {
            let account = binding.path.below(&["users", "users"]).and_then(|part| part.name());
            account == Some(scene.user.as_str())
        })
    };
    let account = own().next()?;
    if own().any(|binding| binding.path.last().and_then(|part| part.name()) == Some("home")) {
        return None;
    }
    let home = format!("users.users.{}.home = \"/Users/{}\";", scene.user, scene.user);
    Some(
        Finding::of("system-user-home-unset", Severity::Error)
            .seen(
                format!("{}:{}", machine.at.file.display(), account.line),
                "says nothing of your home folder",
            )
            .by(Risk::ForAdmin, "Say where it is", &[home]),
    )
}
