//! Names in `.sops.yaml` that are defined twice: the later one wins below it, and nobody sees.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;

pub(super) struct Anchors;

impl Check for Anchors {
    fn id(&self) -> &'static str {
        "anchors"
    }

    fn group(&self) -> Group {
        Group::SopsYaml
    }

    fn title(&self) -> &'static str {
        "no name in .sops.yaml is defined twice"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let store = scene.store()?;
        let file = scene.host.short(&store.file);
        let twice = store.config.duplicate_anchors.iter();
        Ok(twice
            .map(|named| {
                Finding::new(
                    "duplicate-anchor",
                    Severity::Warning,
                    format!("&{} is defined twice in .sops.yaml", named.name),
                    "Each use means the definition above it, so who reads a file depends on the order of lines.",
                )
                .seen(format!("{file}:{}", named.line), format!("defines &{} again", named.name))
                .by(
                    Risk::ForReader,
                    "Give one of them another name",
                    &[format!("Rename &{} at line {} and the uses that mean it, then sops updatekeys for their files.", named.name, named.line)],
                )
            })
            .collect())
    }
}
