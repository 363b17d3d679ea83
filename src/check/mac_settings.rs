//! What a Mac's own file must say since nix-darwin activates as root.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::nix::{Pattern, Source};
use crate::run::Runner;

pub(super) struct MacSettings;

impl Check for MacSettings {
    fn id(&self) -> &'static str {
        "mac-settings"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "this Mac's file says whose it is, and who manages Nix"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.mac().is_some()
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let Some(machine) = scene.machine() else { return Ok(Vec::new()) };
        let file = machine.at.file.display();
        let source = scene.file_of(machine)?;
        // A module for all machines may say it as well.
        let says = |dotted: &str, value: Option<&str>| {
            fleet.files.sources().any(|(_, source)| {
                source.find(dotted).any(|binding| {
                    // What declares the option says nothing of its value.
                    binding.path.index_of(&["options"]).is_none()
                        && value.is_none_or(|value| binding.value.of(source.text()).trim() == value)
                })
            })
        };
        let mut found = Vec::new();
        let determinate = scene.system("usr/local/bin/determinate-nixd");
        if determinate.exists() && !says("nix.enable", Some("false")) {
            found.push(
                Finding::of("determinate-conflict", Severity::Error)
                    .seen("/usr/local/bin/determinate-nixd", "is there: Determinate manages Nix")
                    .seen(file.to_string(), "does not set nix.enable = false")
                    .by(
                        Risk::ForAdmin,
                        "Say so in the machine's file",
                        &["nix.enable = false;".to_owned()],
                    ),
            );
        }
        if let Some((line, text)) =
            of_a_person(source).filter(|_| !says("system.primaryUser", None))
        {
            found.push(
                Finding::of("darwin-primary-user-unset", Severity::Error)
                    .seen(format!("{file}:{line}"), text)
                    .seen("system.primaryUser", "is in no file of the fleet")
                    .by(
                        Risk::ForAdmin,
                        "Name the person whose settings they are",
                        &[format!("system.primaryUser = \"{}\";", scene.user)],
                    ),
            );
        }
        Ok(found)
    }
}

/// A setting that belongs to a person (nix-darwin modules/system/primary-user.nix lists them).
fn of_a_person(source: &Source) -> Option<(u32, String)> {
    let options = [
        "homebrew",
        "system.defaults.dock",
        "system.defaults.finder",
        "system.defaults.trackpad",
        "system.defaults.NSGlobalDomain",
    ];
    let patterns = options.map(Pattern::new);
    let binding = source.bindings().iter().find(|b| patterns.iter().any(|p| b.path.contains(p)))?;
    Some((binding.line, source.line(binding.line).unwrap_or_default().trim().to_owned()))
}
