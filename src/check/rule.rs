//! The creation rule that wins for the person's secrets file.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::explain::Answer;
use crate::run::Runner;
use crate::sops::config::edit::{Addition, Mode, lines_to_paste};

pub(super) struct RuleFor;

impl Check for RuleFor {
    fn id(&self) -> &'static str {
        "rule"
    }

    fn group(&self) -> Group {
        Group::SopsYaml
    }

    fn title(&self) -> &'static str {
        "a rule of .sops.yaml is for your secrets file"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.wants_secrets()
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        // A file that cannot be parsed is another check's.
        let file = scene.host.short(&scene.store()?.file);
        let path = scene.secrets_path()?;
        let (what, words) = match scene.ask("rule", &[("file", &path)], runner) {
            Answer::Unknown { because } => return Err(NotChecked(because)),
            Answer::Is { what, words, .. } => (what, words),
        };
        let class = match what {
            "no-rule" => "no-creation-rule",
            "no-keys" => "creation-rule-without-keys",
            _ => return Ok(Vec::new()),
        };
        Ok(vec![
            Finding::of(class, Severity::Error)
                .part("file", &path)
                .part("path", &path)
                .seen(&file, words)
                .by(Risk::ForReader, "Add a rule for it", &paste(scene, &path)),
        ])
    }
}

fn paste(scene: &Scene, path: &str) -> Vec<String> {
    let keys = scene.key_file().map(|file| Scene::keys_in(&file)).unwrap_or_default();
    let Some(key) = keys.first() else {
        return vec![format!("doorstep onboard --as {}", scene.user)];
    };
    let recipient = key.recipient().to_string();
    let name = format!("{}-{}", scene.user, scene.host.name);
    let addition =
        Addition { name: &name, recipient: &recipient, path, admins: None, mode: Mode::OwnRule };
    lines_to_paste(&addition).lines().map(str::to_owned).collect()
}
