//! What the agent that opens secrets on a Mac wrote at its last run.
//!
//! The log is appended to over runs, so an old failure stays in it for ever: it counts only if it is
//! newer than the secrets on disk.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::explain::{Catalogue, explain_elsewhere, read};
use crate::host::Os;
use crate::run::Runner;

pub(super) struct AgentLog;

impl Check for AgentLog {
    fn id(&self) -> &'static str {
        "agent-log"
    }

    fn group(&self) -> Group {
        Group::Agent
    }

    fn title(&self) -> &'static str {
        "the agent did not complain"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.host.os == Os::Darwin && scene.wants_secrets()
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let log = scene.host.home.join("Library/Logs/SopsNix/stderr");
        let Ok(metadata) = fs::metadata(&log) else { return Ok(Vec::new()) };
        let link = scene.activation().secrets_link();
        let written = |path: &Path| fs::symlink_metadata(path).and_then(|m| m.modified()).ok();
        let is_older =
            || written(&link).zip(metadata.modified().ok()).is_some_and(|(link, log)| log <= link);
        if metadata.len() == 0 || (link.exists() && is_older()) {
            return Ok(Vec::new());
        }
        let text =
            tail(&log).map_err(|e| NotChecked(format!("{}: {e}", scene.host.short(&log))))?;
        let catalogue = Catalogue::built_in()
            .map_err(|e| NotChecked(format!("the catalogue of causes cannot be read: {e}")))?;
        let heard = read(&mut text.as_slice(), catalogue)
            .map_err(|e| NotChecked(format!("{}: {e}", scene.host.short(&log))))?;
        let explained = explain_elsewhere(&heard, catalogue);
        let shown = scene.host.short(&log);
        let why =
            "The agent opens your secrets at each login. While it fails, they are missing or old.";
        Ok(match explained.causes.first() {
            Some(cause) => {
                let line = cause.shown.first().map(|line| line.text.clone()).unwrap_or_default();
                let mut lines = vec![cause.next.clone()];
                lines.extend(cause.run.clone());
                vec![
                    Finding::new(
                        "agent-failed",
                        Severity::Error,
                        format!("the agent failed: {}", cause.summary),
                        why,
                    )
                    .seen(shown, line.trim())
                    .by(Risk::ByHand, format!("{} (class {})", cause.called, cause.class), &lines)
                    .follows(super::machine::SECRETS),
                ]
            }
            None if explained.suspects.is_empty() => Vec::new(),
            None => {
                let line =
                    explained.suspects.first().map(|line| line.text.clone()).unwrap_or_default();
                vec![
                    Finding::new(
                        "agent-failed",
                        Severity::Warning,
                        "the agent complained at its last run",
                        why,
                    )
                    .seen(&shown, line.trim())
                    .by(
                        Risk::ByHand,
                        "Look at its log",
                        &[format!("doorstep explain {}", scene.host.typed(&log))],
                    )
                    .follows(super::machine::SECRETS),
                ]
            }
        })
    }
}

/// The end of a file: the last run is there.
fn tail(path: &Path) -> std::io::Result<Vec<u8>> {
    const ENOUGH: u64 = 32 * 1024;
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(ENOUGH)))?;
    let mut bytes = Vec::new();
    file.take(ENOUGH).read_to_end(&mut bytes)?;
    Ok(bytes)
}
