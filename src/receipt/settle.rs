//! What became of the changes that a cut-off run left open: nobody wrote it down, so their files
//! are looked at.

use std::path::PathBuf;

use super::{Ending, Fact, Journal};
use crate::files::{self, Fingerprint, Look, Place};
use crate::problem::Problem;

/// Gives every open change its ending. What cannot be looked at is left to undo.
pub(super) fn settle(journal: &mut Journal) -> Result<(), Problem> {
    for open in journal.receipt().changes() {
        if open.ending.is_none() && !open.undone {
            let ending = ending(journal.bounds(), &open.change).unwrap_or(Ending::Unsure);
            journal.ended(open.n, ending)?;
        }
    }
    Ok(())
}

fn ending(bounds: &[PathBuf], change: &Fact) -> Result<Ending, Problem> {
    let Some(path) = change.path() else {
        return Ok(match change {
            Fact::Run { leaves: None, .. } => Ending::NotDone,
            _ => Ending::Unsure,
        });
    };
    let Some(place) = files::inside(bounds, path)?.open()? else {
        return Ok(match change {
            Fact::Create { .. } => Ending::NotDone,
            _ => Ending::Changed,
        });
    };
    if let Some(temporary) = change.temporary() {
        files::remove_temporary(&place, temporary)?;
    }
    match change {
        Fact::Create { after, .. } => content(&place, None, after),
        Fact::Append { before, after, .. } | Fact::Seal { before, after, .. } => {
            content(&place, Some(before), after)
        }
        Fact::Edit { before, after, .. } => {
            let before = Fingerprint::of(before.as_bytes(), after.mode);
            content(&place, Some(&before), after)
        }
        Fact::Mode { before, after, .. } => Ok(match files::mode_of(&place)? {
            Some(now) if now == *after => Ending::Done,
            Some(now) if now == *before => Ending::NotDone,
            _ => Ending::Changed,
        }),
        _ => Ok(Ending::Unsure),
    }
}

fn content(
    place: &Place,
    before: Option<&Fingerprint>,
    after: &Fingerprint,
) -> Result<Ending, Problem> {
    Ok(match (files::look(place)?, before) {
        (Look::Nothing, None) => Ending::NotDone,
        (Look::File(now), _) if now.fingerprint().same_content(after) => Ending::Done,
        (Look::File(now), Some(before)) if now.fingerprint().same_content(before) => {
            Ending::NotDone
        }
        _ => Ending::Changed,
    })
}
