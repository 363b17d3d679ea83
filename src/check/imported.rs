//! Whether this machine, or a home configuration, brings the person's module in.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;

pub(super) struct Imported;

impl Check for Imported {
    fn id(&self) -> &'static str {
        "imported"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "your module is used here"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let user = scene.person()?;
        let fleet = scene.fleet()?;
        let is_own = |entry: &&crate::fleet::Standalone| {
            entry.user.as_deref() == Some(&user.name)
                // One whose name is wrong is another check's.
                || super::tracked::is_of(&entry.at.file, &user.name)
        };
        let is_standalone = fleet.standalone.iter().any(|entry| is_own(&entry));
        let host = &scene.host.name;
        // Where somebody else is at home, their own machine knows.
        let is_elsewhere = !scene.is_oneself() && !user.machines.is_empty();
        if is_standalone || is_elsewhere || user.machines.contains(host) {
            return Ok(Vec::new());
        }
        let machine = fleet.machine(host);
        let at = match machine {
            Some(machine) => format!("{}:{}", machine.at.file.display(), machine.at.line),
            None => scene.host.short(&fleet.root),
        };
        let shown = match (machine, user.machines.is_empty()) {
            (Some(_), true) => format!("{host} does not import it, nor does any machine"),
            (Some(_), false) => {
                format!("{host} does not import it; {} do", user.machines.join(", "))
            }
            (None, _) => {
                format!("{host} is no machine of this fleet, and no home configuration is yours")
            }
        };
        let name = fleet.standalone_name(&user.name, host, &scene.host.system());
        Ok(vec![
            Finding::new(
                "module-not-imported",
                Severity::Error,
                format!("no configuration for {host} brings your home module in"),
                "A module that nothing imports is never built, and Nix says nothing about it.",
            )
            .seen(at, shown)
            .by(
                Risk::ByHand,
                "Have doorstep add it",
                &[
                    format!("doorstep onboard --as {}", user.name),
                    format!("It adds you to {host}, or a home configuration called {name}."),
                ],
            )
            .follows(&[
                "nix-syntax-error",
                "user-module-missing",
                "module-wrong-name",
                "flake-attr-missing",
                "flake-attr-hostname-mismatch",
            ]),
        ])
    }
}
