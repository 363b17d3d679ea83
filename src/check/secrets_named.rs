//! Values that the person's module asks for and that their file does not have.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::explain::Answer;
use crate::run::{Runner, shell_word};

pub(super) struct Named;

impl Check for Named {
    fn id(&self) -> &'static str {
        "secret-names"
    }

    fn group(&self) -> Group {
        Group::Secrets
    }

    fn title(&self) -> &'static str {
        "the file has every value that your module asks for"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.wants_secrets()
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let user = scene.person()?;
        let path = scene.secrets_path()?;
        let fleet = scene.fleet()?;
        if !fleet.secrets.iter().any(|file| file.file.to_str() == Some(&path)) {
            return Err(NotChecked::because(format!("{path} is not there, or not encrypted")));
        }
        let source = fleet.files.nix(&user.module.file);
        let mut found = Vec::new();
        for name in &user.secrets {
            // One that is kept elsewhere, or under another key, says so.
            let says = |option: &str| {
                let binding = |source: &crate::nix::Source| {
                    source.bindings().iter().any(|binding| {
                        binding.path.below(&["sops", "secrets"]).and_then(|p| p.name())
                            == Some(name)
                            && binding.path.last().and_then(|part| part.name()) == Some(option)
                    })
                };
                source.is_some_and(binding)
            };
            if says("sopsFile") || says("key") {
                continue;
            }
            if let Answer::Is { what: "absent", words, .. } =
                scene.ask("secret-key", &[("file", &path), ("name", name)], runner)
            {
                found.push(
                    Finding::of("secret-key-not-in-file", Severity::Error)
                        .said(format!("your module asks for {name}, which {path} does not have"))
                        .part("name", name)
                        .part("file", &path)
                        .seen(&path, words)
                        .seen(
                            format!("{}:{}", user.module.file.display(), user.module.line),
                            format!("asks for {name}"),
                        )
                        .by(
                            Risk::ByHand,
                            "Put the value in; you are asked for it",
                            &[format!(
                                "doorstep secrets set {} {}",
                                shell_word(&path),
                                shell_word(name)
                            )],
                        )
                        .follows(&["secrets-file-damaged"]),
                );
            }
        }
        Ok(found)
    }
}
