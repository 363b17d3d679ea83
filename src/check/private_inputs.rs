//! Inputs that are fetched over ssh: whether this account has a key to show, and knows the servers.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::{Command, Runner, shell_word};
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
        let text = survey::read_small(&fleet.at("flake.lock")).unwrap_or_default();
        let inputs = over_ssh(&text);
        let Some((name, host)) = inputs.first() else { return Ok(Vec::new()) };
        let about = |said: String| {
            Finding::of("private-input-unreachable", Severity::Warning)
                .said(said)
                .part("input", name)
                .seen("flake.lock", format!("{name} is fetched over ssh from {host}"))
        };
        if !has_key(scene) {
            let looked = scene.host.short(&scene.host.home.join(".ssh"));
            return Ok(vec![
                about(format!("the fleet's input {name} is private, and you have no SSH key here"))
                    .seen(looked, "holds no key, and SSH_AUTH_SOCK is not set")
                    .by(
                        Risk::ByHand,
                        "Make an SSH key, and have its public half let in there",
                        &["ssh-keygen -t ed25519".to_owned(), format!("ssh -T git@{host}")],
                    ),
            ]);
        }
        // Of hashed entries only ssh-keygen can tell.
        let hosts: BTreeSet<&String> = inputs.iter().map(|(_, host)| host).collect();
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
                            &[format!("ssh -T git@{}", shell_word(host))],
                        ),
                ]);
            }
        }
        Ok(Vec::new())
    }
}

/// Name and host of each.
fn over_ssh(lock: &str) -> Vec<(String, String)> {
    let lock: Value = serde_json::from_str(lock).unwrap_or_default();
    let nodes = lock["nodes"].as_object().into_iter().flatten();
    let host = |node: &Value| {
        let url = node["locked"]["url"].as_str()?;
        let rest = url.strip_prefix("git+").unwrap_or(url).strip_prefix("ssh://")?;
        let place = rest.split('/').next()?;
        let host = place.rsplit('@').next()?.split(':').next()?;
        // It becomes part of a command.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        (!host.is_empty() && !host.starts_with('-') && host.chars().all(plain))
            .then(|| host.to_owned())
    };
    nodes.filter_map(|(name, node)| Some((name.clone(), host(node)?))).collect()
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
    use super::over_ssh;

    #[test]
    fn hosts_of_inputs_over_ssh() {
        let lock = r#"{"nodes":{
            "a":{"locked":{"type":"git","url":"ssh://git@code.example.com:2222/x/y"}},
            "b":{"locked":{"type":"git","url":"https://example.com/x"}},
            "c":{"locked":{"type":"git","url":"ssh://git@-oProxyCommand=x/y"}},
            "d":{"locked":{"type":"github","owner":"x"}}}}"#;
        assert_eq!(over_ssh(lock), [("a".to_owned(), "code.example.com".to_owned())]);
        assert_eq!(over_ssh("{"), []);
    }
}
