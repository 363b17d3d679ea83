//! Whether the fleet has a home module of this person.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;

pub(super) struct UserModule;

impl Check for UserModule {
    fn id(&self) -> &'static str {
        "user-module"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "the fleet has a home module of yours"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        if fleet.user(&scene.user).is_some() {
            return Ok(Vec::new());
        }
        let user = &scene.user;
        let known: Vec<&str> = fleet.users.iter().map(|user| user.name.as_str()).collect();
        let near = known
            .iter()
            .find(|name| name.eq_ignore_ascii_case(user) || name.starts_with(user.as_str()));
        let mut lines = vec![format!("doorstep onboard --as {user}")];
        lines.extend(
            near.map(|name| format!("If you are {name} there: doorstep doctor --user {name}")),
        );
        Ok(vec![
            Finding::new(
                "user-module-missing",
                Severity::Error,
                format!("the fleet has no home module of {user}"),
                "Without one there is nothing to build for you.",
            )
            .seen(scene.host.short(&fleet.root), format!("has {}", known.join(", ")))
            .by(Risk::ByHand, "Have doorstep write it", &lines)
            .follows(&[
                "nix-syntax-error",
                "module-wrong-name",
                "fleet-unreadable",
                "merge-conflict",
            ]),
        ])
    }
}
