//! Whether home-manager has put a home in place.

use super::finding::Risk;
use super::machine::BUILD;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;

pub(super) struct HomeActive;

impl Check for HomeActive {
    fn id(&self) -> &'static str {
        "home-active"
    }

    fn group(&self) -> Group {
        Group::Home
    }

    fn title(&self) -> &'static str {
        "a generation of your home is active"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        if scene.is_active() {
            return Ok(Vec::new());
        }
        let profile = scene.activation().profile();
        let shown = scene.host.short(&profile);
        let seen = match std::fs::symlink_metadata(&profile) {
            Ok(_) => "leads nowhere: its generation was collected",
            Err(_) => "is not there",
        };
        let found = Finding::new(
            "home-not-active",
            Severity::Error,
            "no home is active for you: there is no generation yet",
            "What your module says takes effect only once it is built and activated.",
        )
        .seen(shown, seen)
        .follows(BUILD);
        let machine = scene
            .machine()
            .filter(|machine| machine.platform == scene.platform() && machine.binds(&scene.user));
        Ok(vec![match machine {
            Some(machine) => {
                let who = machine.admin.as_deref().unwrap_or("its administrator");
                found.by(
                    Risk::ForAdmin,
                    format!("{who} updates {}; your home comes with it", machine.name),
                    &[format!("Please update {}: my home module is in the fleet.", machine.name)],
                )
            }
            None => found.by(
                Risk::ByHand,
                "Build and activate it",
                &[format!("doorstep onboard --as {}", scene.user)],
            ),
        }])
    }
}
