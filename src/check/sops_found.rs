//! Which `.sops.yaml` the sops command takes: the nearest from the folder in which it is run upwards,
//! or what a variable names.

use std::path::{Path, PathBuf};

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;

pub(super) struct SopsFound;

impl Check for SopsFound {
    fn id(&self) -> &'static str {
        "sops-found"
    }

    fn group(&self) -> Group {
        Group::SopsYaml
    }

    fn title(&self) -> &'static str {
        "sops takes the fleet's own .sops.yaml"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let Some(sops) = &fleet.sops else { return Ok(Vec::new()) };
        let shown = sops.file.display().to_string();
        let found = |summary: String| {
            Finding::new(
                "sops-config-elsewhere",
                Severity::Warning,
                summary,
                "sops reads one .sops.yaml alone. With another one it encrypts for other people, or finds no rule.",
            )
            .seen(&shown, "is the fleet's")
        };
        let mut all = Vec::new();
        let meant = fleet.at(&sops.file);
        if let Some(named) = scene.host.var("SOPS_CONFIG").map(|file| fleet.at(file))
            && !is_same(&named, &meant)
        {
            let what = if named.exists() { "is another file" } else { "is not there" };
            all.push(
                found("SOPS_CONFIG names another file than the fleet's .sops.yaml".to_owned())
                    .seen(
                        "SOPS_CONFIG",
                        format!("names {}, which {what}", scene.host.short(&named)),
                    )
                    .by(
                        Risk::ByHand,
                        "Take it out of your shell's start file",
                        &["unset SOPS_CONFIG".to_owned()],
                    ),
            );
        }
        // Whoever runs sops beside the file gets that one.
        let own = scene.secrets_path().unwrap_or_default();
        let between = Path::new(&own).ancestors().skip(1).map(|folder| folder.join(".sops.yaml"));
        let nearer: Option<PathBuf> =
            between.take_while(|file| *file != sops.file).find(|file| fleet.at(file).is_file());
        all.extend(nearer.map(|file| {
            let folder = file.parent().unwrap_or(Path::new("")).display().to_string();
            found(format!("there is a second .sops.yaml, in {folder}"))
                .seen(
                    file.display().to_string(),
                    format!("is what sops takes when it is run in {folder}"),
                )
                .by(
                    Risk::ByHand,
                    "Run sops where the rules are that you mean",
                    &[format!("cd {}", scene.host.typed(meant.parent().unwrap_or(&fleet.root)))],
                )
        }));
        Ok(all)
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(a) == real(b)
}
