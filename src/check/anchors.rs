//! Names in `.sops.yaml` that are defined twice: the later one wins below it, and nobody sees.

use super::{Check, Finding, Group, NotChecked, Scene};
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
            .map(|named| super::sops_yaml::defined_twice(&file, &named.name, named.line))
            .collect())
    }
}
