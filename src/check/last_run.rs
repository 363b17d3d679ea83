//! The last run of doorstep on this machine, if it failed: what its log shows.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::finding::Risk;
use super::machine::{BUILD, SECRETS};
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::activate::kept_log::{self, What};
use crate::run::Runner;

pub(super) struct LastRun;

impl Check for LastRun {
    fn id(&self) -> &'static str {
        "last-run"
    }

    fn group(&self) -> Group {
        Group::Home
    }

    fn title(&self) -> &'static str {
        "the last build or activation here went well"
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let Some(log) = kept_log::newest(&scene.host.logs_dir()) else { return Ok(Vec::new()) };
        if !has_failed(&log) {
            return Ok(Vec::new());
        }
        // What was put in place since was put there some other way, and well.
        let changed = |path: &Path| std::fs::symlink_metadata(path).and_then(|m| m.modified()).ok();
        let since = changed(&scene.activation().profile()).zip(changed(&log));
        if since.is_some_and(|(home, log)| home > log) {
            return Ok(Vec::new());
        }
        let shown = scene.host.short(&log);
        let mut file = File::open(&log).map_err(|e| NotChecked(format!("{shown}: {e}")))?;
        let explained = scene.explain(&mut file, runner)?;
        let found = |summary: String| {
            Finding::new(
                "last-run-failed",
                Severity::Warning,
                summary,
                "Nothing was tried since, so what stopped it is most likely still so.",
            )
            .follows(BUILD)
            .follows(SECRETS)
        };
        let replay = format!("doorstep replay {}", scene.host.typed(&log));
        Ok(vec![match explained.causes.first() {
            Some(cause) => {
                let line = cause.shown.first();
                let at =
                    line.map_or_else(|| shown.clone(), |line| format!("{shown}:{}", line.line));
                let line = line.map(|line| line.text.trim().to_owned());
                let mut lines: Vec<String> = cause.run.clone().into_iter().collect();
                lines.extend(cause.admin.clone());
                lines.push(replay);
                found(format!("the last run stopped: {}", cause.summary))
                    .seen(at, line.unwrap_or_default())
                    .by(Risk::ByHand, format!("{} (class {})", cause.next, cause.class), &lines)
            }
            None => {
                let suspect = explained.suspects.last().map(|line| line.text.trim().to_owned());
                found("the last run stopped, and doorstep does not know its error".to_owned())
                    .seen(
                        shown,
                        suspect.unwrap_or_else(|| "no line looks like an error".to_owned()),
                    )
                    .by(Risk::ByHand, "Read what was heard", &[replay])
            }
        }])
    }
}

/// Whether the last command that a kept log has of its run failed.
pub(crate) fn has_failed(log: &Path) -> bool {
    let Ok(file) = File::open(log) else { return false };
    let ends = kept_log::entries(BufReader::new(file)).map_while(Result::ok);
    let ends = ends.filter_map(|entry| match entry.what {
        What::Ended { success, .. } => Some(success),
        _ => None,
    });
    ends.last() == Some(false)
}
