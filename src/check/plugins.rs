//! Recipients that only an age plugin can encrypt to: without it sops stops at the person's own file.

use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;

pub(super) struct Plugins;

impl Check for Plugins {
    fn id(&self) -> &'static str {
        "plugins"
    }

    fn group(&self) -> Group {
        Group::Secrets
    }

    fn title(&self) -> &'static str {
        "the age plugins that your file needs are here"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let path = scene.secrets_path()?;
        let files = scene.fleet()?.secrets.iter().filter(|file| file.file.to_str() == Some(&path));
        let mut missing: Vec<(&str, String)> = files
            .flat_map(|file| &file.recipients)
            .filter_map(|recipient| Some((recipient.as_str(), plugin(recipient)?)))
            .filter(|(_, program)| scene.host.tool(program).is_none())
            .collect();
        missing.dedup_by(|a, b| a.1 == b.1);
        let finding = |(recipient, program): (&str, String)| {
            let recipient = crate::secrets::matrix::short(recipient);
            Finding::of("age-plugin-unsupported", Severity::Warning)
                .part("plugin", &program)
                .seen(&path, format!("is also encrypted for {recipient}; {program} is not on PATH"))
        };
        Ok(missing.into_iter().map(finding).collect())
    }
}

/// `age1yubikey1…` needs `age-plugin-yubikey`. The key types of age itself have no second `1`, but
/// for the post-quantum one.
fn plugin(recipient: &str) -> Option<String> {
    let (name, rest) = recipient.strip_prefix("age1")?.split_once('1')?;
    let is_name =
        !name.is_empty() && name != "pq" && name.chars().all(|c| c.is_ascii_alphanumeric());
    // An X25519 key has 58 signs, and none of them is a `1`.
    (is_name && !rest.is_empty()).then(|| format!("age-plugin-{name}"))
}
