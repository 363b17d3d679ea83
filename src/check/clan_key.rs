//! Clan's own look-up of the key, which differs from that of sops.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;

pub(super) struct ClanKey;

impl Check for ClanKey {
    fn id(&self) -> &'static str {
        "clan-key"
    }

    fn group(&self) -> Group {
        Group::Clan
    }

    fn title(&self) -> &'static str {
        "clan finds the key that you use"
    }

    fn applies(&self, scene: &Scene) -> bool {
        let uses = |fleet: &std::sync::Arc<crate::fleet::Fleet>| {
            fleet.lock.inputs.iter().any(|input| input.contains("clan"))
        };
        scene.fleet().is_ok_and(uses)
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        if scene.host.tool("clan").is_none() {
            return Err(NotChecked::because("clan is not installed here, and not needed by you"));
        }
        // The first that is set, or the default place: clan does not go on to the next
        // (clan_cli/secrets/sops.py, collect_public_keys).
        if scene.host.var("SOPS_AGE_KEY").is_some() {
            return Ok(Vec::new());
        }
        let looked = match scene.host.var("SOPS_AGE_KEY_FILE") {
            Some(file) => std::path::PathBuf::from(file),
            None => scene.host.sops_default_key_file(),
        };
        let own = scene.key_file()?;
        if !Scene::keys_in(&looked).is_empty() || Scene::keys_in(&own).is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![
            Finding::new(
                "clan-no-key",
                Severity::Warning,
                "clan does not find your key, and would make a second one",
                "clan looks in one place only. A second key opens none of your files.",
            )
            .seen(scene.host.short(&looked), "is where clan looks; there is no key")
            .seen(scene.host.short(&own), "is where your key is")
            .by(
                Risk::ByHand,
                "Tell clan where it is",
                &[format!("export SOPS_AGE_KEY_FILE={}", scene.host.typed(&own))],
            )
            .follows(&["key-file-wrong-macos-path"]),
        ])
    }
}
