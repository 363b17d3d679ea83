//! Shows new files to git: a flake sees only what git knows, and leaves the rest out without a
//! word.

use std::path::PathBuf;

use super::Context;
use crate::counted::counted;
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::run::shell_word;

pub(super) fn step(cx: &Context, plan: &Plan) -> Result<Option<Step>, Problem> {
    let Some(repository) = &cx.surroundings.repository else { return Ok(None) };
    let paths: Vec<PathBuf> = plan
        .steps
        .iter()
        .flat_map(|step| &step.changes)
        .filter_map(|change| match change {
            Change::Create { path, .. } => path.strip_prefix(&cx.fleet.root).ok(),
            _ => None,
        })
        .map(PathBuf::from)
        .chain(cx.surroundings.untracked.iter().cloned())
        .filter_map(|path| {
            let absolute = cx.fleet.at(&path);
            absolute.strip_prefix(repository).map(PathBuf::from).ok()
        })
        .collect();
    if paths.is_empty() {
        return Ok(None);
    }
    let files = counted(paths.len(), "file");
    let words: Vec<String> = paths.iter().map(|p| shell_word(&p.to_string_lossy())).collect();
    Ok(Some(Step {
        id: "track",
        title: "Show files to git".to_owned(),
        why: format!("{files}. Nothing is committed."),
        needs: Needs::You,
        by_hand: vec![format!(
            "git -C {} add --intent-to-add -- {}",
            cx.host.typed(repository),
            words.join(" ")
        )],
        changes: vec![Change::Track { repository: repository.clone(), paths }],
        decided_by: None,
    }))
}
