//! Recipients that only an age plugin can encrypt to: without it sops stops at the person's own file.

use std::collections::HashSet;

use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::key::AnyRecipient;
use crate::key::plugin::program;
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
        let mut told = HashSet::new();
        missing.retain(|(_, program)| told.insert(program.clone()));
        let finding = |(recipient, program): (&str, String)| {
            let recipient = crate::secrets::matrix::short(recipient);
            Finding::of("age-plugin-unsupported", Severity::Warning)
                .part("plugin", &program)
                .seen(&path, format!("is also encrypted for {recipient}; {program} is not on PATH"))
        };
        Ok(missing.into_iter().map(finding).collect())
    }
}

/// `age1yubikey1…` needs `age-plugin-yubikey`.
fn plugin(recipient: &str) -> Option<String> {
    AnyRecipient::parse(recipient).ok()?.plugin().map(program)
}

#[cfg(test)]
mod tests {
    use super::plugin;

    #[test]
    fn only_a_plugins_recipient_names_a_plugin() {
        assert_eq!(
            plugin("age1yubikey1qurswpc8qurswpc8qursukzwmj").as_deref(),
            Some("age-plugin-yubikey")
        );
        assert_eq!(
            plugin("age1fido2-hmac1qurswpc8qurswpc8qursumtfwe").as_deref(),
            Some("age-plugin-fido2-hmac")
        );
        let own = crate::key::Identity::generate().recipient().to_string();
        assert_eq!(plugin(&own), None);
        assert_eq!(plugin("age1pq1xyz"), None);
        assert_eq!(plugin("ssh-ed25519 AAAA1"), None);
    }
}
