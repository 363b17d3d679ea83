//! Whether doorstep knows how the fleet is laid out.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;

pub(super) struct KnownLayout;

impl Check for KnownLayout {
    fn id(&self) -> &'static str {
        "layout"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "doorstep knows how the fleet is laid out"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let layout = &scene.fleet()?.layout;
        if layout.layout.is_some() {
            return Ok(Vec::new());
        }
        let found = Finding::new(
            "layout-unknown",
            Severity::Warning,
            "doorstep does not know how this fleet is laid out",
            "It can look at secrets and keys, and cannot tell where modules of people belong.",
        );
        let found = layout.evidence.iter().take(5).fold(found, |found, evidence| {
            let at = evidence.at.as_ref();
            let at = at.map(|at| format!("{}:{}", at.file.display(), at.line)).unwrap_or_default();
            found.seen(at, &evidence.what)
        });
        let found = if found.evidence.is_empty() {
            found.seen("flake.nix", "fits none of the layouts")
        } else {
            found
        };
        Ok(vec![
            found
                .by(
                    Risk::ForAdmin,
                    "Describe it once for everybody, in .doorstep/ of the fleet",
                    &["It goes to .doorstep/NAME/layout.yaml; doorstep's README says how."
                        .to_owned()],
                )
                .follows(&["nix-syntax-error", "merge-conflict"]),
        ])
    }
}
