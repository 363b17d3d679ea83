//! Lists of files: a fleet that does not read every file of a folder names each in an `imports`, and
//! so the newcomer's beside the neighbour's.

use std::path::Path;

use super::{Context, text_of};
use crate::fleet::reach;
use crate::nix::{Item, List, Source, TokenKind, tokens};
use crate::plan::{Change, Plan};
use crate::splice::nix::{Splice, append_item};
use crate::step::likeness::in_the_name_of;

/// Edits that name `newcomers` wherever a list names `neighbours`.
///
/// # Errors
/// A sentence: a list cannot take one more.
pub(super) fn with_neighbours(
    cx: &Context,
    plan: &Plan,
    neighbours: &Path,
    newcomers: &Path,
    neighbour: &str,
) -> Result<Vec<Change>, String> {
    let named = neighbours.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let mut changes = Vec::new();
    for (file, source) in cx.fleet.files.sources() {
        if !source.text().contains(named) {
            continue;
        }
        let Some(before) = text_of(cx, plan, file) else { continue };
        let mut after = before.clone();
        // Each turn adds one item, and an item that is there is not added again.
        while let Some(text) = extended(cx, file, &after, neighbours, newcomers, neighbour)? {
            after = text;
        }
        if after != before {
            changes.push(Change::Edit { path: cx.fleet.at(file), before, after });
        }
    }
    Ok(changes)
}

/// The text of `file` with one more item; `None`: no list lacks it.
fn extended(
    cx: &Context,
    file: &Path,
    text: &str,
    neighbours: &Path,
    newcomers: &Path,
    neighbour: &str,
) -> Result<Option<String>, String> {
    let source = Source::parse(text).map_err(|e| e.to_string())?;
    let lists = |item: &Item, target: &Path| leads_to(&source, file, item) == Some(target.into());
    let lacks = |list: &&List| !list.items.iter().any(|item| lists(item, newcomers));
    for list in source.lists().iter().filter(lacks) {
        let Some(theirs) = list.items.iter().find(|item| lists(item, neighbours)) else { continue };
        let item = in_the_name_of(theirs.span.of(text), neighbour, &cx.person.username);
        let refused = |why: String| format!("`{}` lists it, and {why}", file.display());
        let edit =
            append_item(text, list.span, &item).map_err(|r| refused(r.reason.to_string()))?;
        let Splice::Changed(change) = edit else { continue };
        let now = Source::parse(change.text.as_str()).map_err(|e| e.to_string())?;
        let is_listed = now.lists().iter().filter(|l| l.span.start == list.span.start).any(|l| {
            l.items.iter().any(|item| leads_to(&now, file, item) == Some(newcomers.into()))
        });
        return match is_listed {
            true => Ok(Some(change.text)),
            false => Err(refused("the newcomer's file cannot be named in the same way".to_owned())),
        };
    }
    Ok(None)
}

/// The one file that an item names: `./ada.nix`, `(import ./ada.nix)`.
fn leads_to(source: &Source, file: &Path, item: &Item) -> Option<std::path::PathBuf> {
    let tokens = tokens(item.span.of(source.text())).into_iter();
    let mut paths = tokens.filter(|t| t.kind == TokenKind::Code && reach::is_path(t.text));
    let path = paths.next()?;
    paths.next().is_none().then(|| reach::resolved(file, path.text)).flatten()
}
