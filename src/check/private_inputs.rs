//! Inputs that are fetched over ssh: whether this account has a key to show, and knows the servers.

use std::collections::BTreeSet;
use std::fs;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::activate::backend;
use crate::run::{Command, Runner};
use crate::survey;

pub(super) struct PrivateInputs;

impl Check for PrivateInputs {
    fn id(&self) -> &'static str {
        "private-inputs"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "you can reach the fleet's private inputs"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let urls = backend::ssh_inputs(&fleet.root);
        let inputs: Vec<(&str, &str)> =
            urls.iter().filter_map(|url| Some((url.as_str(), host_of(url)?))).collect();
        let Some((url, host)) = inputs.first() else { return Ok(Vec::new()) };
        let about = |said: String| {
            Finding::of("private-input-unreachable", Severity::Warning)
                .said(said)
                .seen("flake.lock", format!("{url} is fetched over ssh"))
        };
        if !has_key(scene) {
            let looked = scene.host.short(&scene.host.home.join(".ssh"));
            return Ok(vec![
                about(format!(
                    "an input of the fleet is private ({host}), and you have no SSH key here"
                ))
                .seen(looked, "holds no key, and SSH_AUTH_SOCK is not set")
                .by(
                    Risk::ByHand,
                    "Make an SSH key, and have its public half let in there",
                    &["ssh-keygen -t ed25519".to_owned(), format!("ssh -T git@{host}")],
                ),
            ]);
        }
        // Of hashed entries only ssh-keygen can tell.
        let hosts: BTreeSet<&str> = inputs.iter().map(|(_, host)| *host).collect();
        for host in hosts {
            let find = Command::new("ssh-keygen").args(["-F", host]);
            let said = Scene::hear(runner, &find)?;
            if !said.ok() {
                return Ok(vec![
                    about(format!("your SSH does not know {host}, from where an input comes"))
                        .seen(find.typed(), "finds nothing: Host key verification failed")
                        .by(
                            Risk::ByHand,
                            "Connect once, and compare what it shows with what the server's owner publishes",
                            &[format!("ssh -T git@{}", host)],
                        ),
                ]);
            }
        }
        Ok(Vec::new())
    }
}

/// The server of `ssh://git@code.example.com:2222/zoe/notes`.
fn host_of(url: &str) -> Option<&str> {
    let place = url.strip_prefix("ssh://")?.split('/').next()?;
    let host = place.rsplit('@').next()?.split(':').next()?;
    // It becomes part of a command.
    (!host.is_empty() && !host.starts_with('-')).then_some(host)
}

fn has_key(scene: &Scene) -> bool {
    if scene.host.var("SSH_AUTH_SOCK").is_some() {
        return true;
    }
    let folder = scene.host.home.join(".ssh");
    // A file of another name is told to ssh there.
    let config = survey::read_small(&folder.join("config")).unwrap_or_default().to_lowercase();
    if config.contains("identityfile") || config.contains("identityagent") {
        return true;
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.into_iter().any(|name| name.starts_with("id_") && !name.ends_with(".pub"))
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn servers_of_addresses() {
        assert_eq!(host_of("ssh://git@code.example.com:2222/x/y"), Some("code.example.com"));
        assert_eq!(host_of("ssh://code.example.com/x"), Some("code.example.com"));
        assert_eq!(host_of("ssh://git@-oProxyCommand=x/y"), None);
        assert_eq!(host_of("https://example.com/x"), None);
    }
}
