//! Saves the person's age key, or makes an existing key file private.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::Context;
use crate::plan::{Change, Content, Needs, Plan, Step};
use crate::problem::Problem;

pub(super) fn step(cx: &Context, _: &Plan) -> Result<Option<Step>, Problem> {
    let key = &cx.person.key;
    let Some(path) = &key.file else { return Ok(None) };
    let shown = cx.host.typed(path);
    let mut changes = Vec::new();
    // First, so that a new key is never in a file that others can read.
    if let Some(mode) = open_mode(path) {
        changes.push(Change::Mode { path: path.clone(), before: mode, after: mode & 0o700 });
    }
    let there_already = fs::symlink_metadata(path).is_ok();
    match (&key.save, there_already) {
        (Some(identity), false) => {
            let content = Content::Secret(identity.key_file_text(cx.surroundings.now));
            changes.push(Change::Create { path: path.clone(), content, mode: 0o600 });
        }
        (Some(identity), true) => {
            let content = Content::Secret(identity.key_file_text(cx.surroundings.now));
            changes.push(Change::Append { path: path.clone(), content });
        }
        (None, _) => {}
    }
    if changes.is_empty() {
        return Ok(None);
    }
    let saved = key.save.is_some();
    let folder = path.parent().map(|p| cx.host.typed(p)).unwrap_or_default();
    Ok(Some(Step {
        id: "age-key",
        title: if saved { "Save your age key" } else { "Make your key private" }.to_owned(),
        why: match (saved, there_already) {
            (true, false) => "One new file, readable by you alone.",
            (true, true) => "One more key in your key file.",
            (false, _) => "Other accounts can read your private key file.",
        }
        .to_owned(),
        needs: Needs::You,
        by_hand: if saved {
            vec![
                format!("mkdir -p -m 700 {folder}"),
                format!("age-keygen -o {shown}"),
                format!("age-keygen -y {shown}"),
            ]
        } else {
            vec![format!("chmod 600 {shown}")]
        },
        changes,
        decided_by: Some("key"),
    }))
}

/// The mode of a key file that others may read; `None` when it is private or not there.
fn open_mode(path: &std::path::Path) -> Option<u32> {
    let metadata = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}
