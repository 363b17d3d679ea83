//! The group and accounts that build on a Mac: their numbers here, and those that nix-darwin expects.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::nix::Source;
use crate::run::{Command, Runner};

pub(super) struct BuildUsers;

impl Check for BuildUsers {
    fn id(&self) -> &'static str {
        "build-users"
    }

    fn group(&self) -> Group {
        Group::Nix
    }

    fn title(&self) -> &'static str {
        "the accounts that build have the numbers that nix-darwin expects"
    }

    fn applies(&self, scene: &Scene) -> bool {
        // Where Determinate manages Nix, nix-darwin does not look.
        scene.mac().is_some() && !scene.system("usr/local/bin/determinate-nixd").exists()
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let Some(machine) = scene.machine() else { return Ok(Vec::new()) };
        let file = &machine.at.file;
        let source = scene.file_of(machine)?;
        // A module for all machines may say it as well.
        let is_off = fleet.files.sources().any(|(_, source)| {
            source.find("nix.enable").any(|b| b.value.of(source.text()).trim() == "false")
        });
        if is_off {
            return Ok(Vec::new());
        }
        let said = |dotted: &str| {
            number(source, dotted)
                .or_else(|| fleet.files.sources().find_map(|(_, source)| number(source, dotted)))
        };
        // nix-darwin modules/misc/ids.nix; the first account has the number after the base.
        let by_version = |version: i64| if version < 5 { 30_000 } else { 350 };
        let group = said("ids.gids.nixbld")
            .or_else(|| number(source, "system.stateVersion").map(by_version));
        let first = said("ids.uids.nixbld").unwrap_or(350) + 1;
        let asked = [
            ("/Groups/nixbld", "PrimaryGroupID", "ids.gids.nixbld", group, 0),
            ("/Users/_nixbld1", "UniqueID", "ids.uids.nixbld", Some(first), 1),
        ];
        for (record, attribute, option, expected, offset) in asked {
            let Some(expected) = expected else { continue };
            let read = Command::new("dscl").args([".", "-read", record, attribute]);
            let said = Scene::hear(runner, &read)?;
            let line = said.stdout.lines().find(|line| line.starts_with(attribute));
            let real = line.and_then(|line| line.split_whitespace().last()?.parse::<i64>().ok());
            if let Some(real) = real.filter(|real| *real != expected) {
                return Ok(vec![
                    Finding::of("nixbld-id-mismatch", Severity::Warning)
                        .said(format!(
                            "Nix's build accounts have number {real}, and {} expects {expected}",
                            machine.name
                        ))
                        .seen(read.typed(), line.unwrap_or_default())
                        .seen(file.display().to_string(), format!("{option} comes to {expected}"))
                        .by(
                            Risk::ForAdmin,
                            "Write the real number into the machine's file",
                            &[format!("{option} = {};", real - offset)],
                        ),
                ]);
            }
        }
        Ok(Vec::new())
    }
}

/// A number that the machine's file writes out.
fn number(source: &Source, dotted: &str) -> Option<i64> {
    let binding = source.find(dotted).last()?;
    source.literal(binding.value)?.int()
}
