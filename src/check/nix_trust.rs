//! Whether Nix takes the caches that the fleet names from this account.

use super::finding::Risk;
use super::nix_features::Settings;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::nix::{Literal, Source};
use crate::run::Runner;

pub(super) struct NixTrust;

impl Check for NixTrust {
    fn id(&self) -> &'static str {
        "nix-trust"
    }

    fn group(&self) -> Group {
        Group::Nix
    }

    fn title(&self) -> &'static str {
        "Nix takes the fleet's caches from you"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let Some(flake) = fleet.files.nix(std::path::Path::new("flake.nix")) else {
            return Err(NotChecked::because("flake.nix cannot be read"));
        };
        let named = caches(flake);
        let settings = Settings::read(scene);
        let known: Vec<&str> = ["substituters", "trusted-substituters"]
            .iter()
            .flat_map(|name| settings.list(name))
            .map(bare)
            .collect();
        let user = scene.user.as_str();
        let is_trusted = settings.list("trusted-users").iter().any(|name| {
            *name == user || *name == "*" || (name.starts_with('@') && scene.host.is_admin())
        });
        let refused: Vec<&str> = named
            .iter()
            .map(|cache| bare(cache))
            .filter(|cache| !known.contains(cache) && !cache.contains("cache.nixos.org"))
            .collect();
        if is_trusted || refused.is_empty() {
            return Ok(Vec::new());
        }
        let caches = refused.join(" ");
        Ok(vec![
            Finding::of("untrusted-user", Severity::Warning)
                .said("Nix does not take the fleet's caches from your account, so it builds more itself")
                .seen("flake.nix: nixConfig", &caches)
                .by(
                    Risk::ForAdmin,
                    "Have the caches trusted, not the account",
                    &[
                        format!("Add to /etc/nix/nix.conf: extra-trusted-substituters = {caches}"),
                        "and their keys to extra-trusted-public-keys (they stand in the fleet's flake.nix).".to_owned(),
                        format!("Do not add {user} to trusted-users: that is the same as root."),
                    ],
                ),
        ])
    }
}

fn bare(address: &str) -> &str {
    address.split('?').next().unwrap_or(address).trim_end_matches('/')
}

/// What `nixConfig` of a flake adds.
fn caches(flake: &Source) -> Vec<String> {
    let lists = ["nixConfig.extra-substituters", "nixConfig.substituters"];
    let bindings = lists.iter().flat_map(|name| flake.find(name));
    bindings
        .filter_map(|binding| match flake.literal(binding.value)? {
            Literal::List(items) => {
                Some(items.iter().filter_map(|i| i.text().map(str::to_owned)).collect::<Vec<_>>())
            }
            other => other.text().map(|text| vec![text.to_owned()]),
        })
        .flatten()
        .collect()
}
