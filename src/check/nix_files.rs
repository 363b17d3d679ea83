//! Files of the fleet that cannot be read.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::run::Runner;

pub(super) struct NixFiles;

impl Check for NixFiles {
    fn id(&self) -> &'static str {
        "nix-files"
    }

    fn group(&self) -> Group {
        Group::Fleet
    }

    fn title(&self) -> &'static str {
        "every Nix file can be parsed"
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let is_nix = |path: &std::path::Path| path.extension().is_some_and(|e| e == "nix");
        let unread = fleet.unread.iter().filter(|unread| is_nix(&unread.at.file));
        Ok(unread
            .map(|unread| {
                let file = unread.at.file.display().to_string();
                let at = format!("{file}:{}", unread.at.line);
                match unread.column {
                    Some(_) => Finding::of("nix-syntax-error", Severity::Error)
                        .said(format!("{file} has a mistake in line {}", unread.at.line))
                        .part("file", &file)
                        .part("path", &file)
                        .seen(at, &unread.why)
                        .by(
                            Risk::ByHand,
                            "Mend the line, then look again",
                            &[
                                format!("nix-instantiate --parse {file}"),
                                format!("git diff {file}"),
                            ],
                        )
                        .follows(&["merge-conflict"]),
                    None => Finding::new(
                        "file-unreadable",
                        Severity::Warning,
                        format!("{file} cannot be read"),
                        "What it says is missing from everything that doorstep tells you.",
                    )
                    .seen(at, &unread.why),
                }
            })
            .collect())
    }
}
