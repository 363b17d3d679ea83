//! Many edits at once: a step that only edits files, such as one that encrypts a thousand again.
//!
//! What a disk makes one wait for is done for a group of files together, and nothing else is given
//! up. For each group, in this order:
//!
//! 1. Every file is looked at. One that is not as planned ends the step before anything is touched.
//! 2. Every `began` record is written, then the receipt is synced once: whatever happens from here
//!    on, it names each file, what it held and its temporary.
//! 3. The new contents are written under their temporary names and each is synced, on several
//!    threads. Without that a power cut could leave an empty file under a name that is in place.
//! 4. Each is compared once more and put in place, one after the other, so that what fails here
//!    leaves a clear line between what was done and what was not.
//! 5. Each folder is synced once. That is early enough: until the run is finished a power cut may
//!    bring an old file back, which is what undo and another run expect of one that was not done.
//! 6. The records are closed.

use std::collections::HashSet;
use std::path::Path;

use super::Run;
use super::change::{At, lines_changed};
use crate::event::Changed;
use crate::files::{self, Fingerprint, Look, Place, Replacement};
use crate::parallel;
use crate::plan::{Change, Step};
use crate::problem::Problem;
use crate::receipt::{Ending, Fact};

/// Files of one group: each has a few files open at once, and some systems allow 256.
const MOST_FILES: usize = 48;

/// Text of one group, in bytes: so much may lie on the disk twice for a moment.
const MOST_TEXT: usize = 64 * 1024 * 1024;

/// One edit as it is planned.
#[derive(Clone, Copy)]
pub(super) struct Edit<'p> {
    at: At,
    path: &'p Path,
    before: &'p str,
    after: &'p str,
}

/// One that is to be made.
struct Due<'p> {
    edit: Edit<'p>,
    place: Place,
    temporary: String,
}

/// The edits of a step, if it does nothing else and no file comes twice.
pub(super) fn edits(step: &Step) -> Option<Vec<Edit<'_>>> {
    let mut paths = HashSet::new();
    let mut edits = Vec::new();
    for (index, change) in (1..).zip(&step.changes) {
        let Change::Edit { path, before, after } = change else { return None };
        if !paths.insert(path) {
            return None;
        }
        edits.push(Edit { at: At { step: step.id, index }, path, before, after });
    }
    (edits.len() > 1).then_some(edits)
}

/// Cuts edits into groups that are made at once.
fn groups<'e, 'p>(mut edits: &'e [Edit<'p>]) -> Vec<&'e [Edit<'p>]> {
    let mut groups = Vec::new();
    while !edits.is_empty() {
        let mut text = 0_usize;
        let fits = edits.iter().take(MOST_FILES).take_while(|edit| {
            text = text.saturating_add(edit.after.len());
            text <= MOST_TEXT
        });
        let (group, rest) = edits.split_at(fits.count().max(1));
        groups.push(group);
        edits = rest;
    }
    groups
}

impl Run<'_> {
    /// Makes all of `edits`; those that are so already are left alone. What was done is in `done`,
    /// also when something fails.
    pub(super) fn edit_all(
        &mut self,
        edits: &[Edit<'_>],
        done: &mut Vec<Changed>,
    ) -> Result<(), Problem> {
        groups(edits).into_iter().try_for_each(|group| self.edit_group(group, done))
    }

    fn edit_group(&mut self, edits: &[Edit<'_>], done: &mut Vec<Changed>) -> Result<(), Problem> {
        let (due, facts): (Vec<Due<'_>>, Vec<Fact>) = self.looked_at(edits)?.into_iter().unzip();
        let Some(first) = due.first() else { return Ok(()) };
        let first = self.journal.began_all(first.edit.at.step, facts)?;
        due.iter().for_each(|due| self.name(due, "recorded"));
        let mut written = self.written(&due);
        let mut failed = None;
        // One that could not be written: then none of the group is put in place.
        if let Some(at) = written.iter().position(Result::is_err) {
            failed = written.swap_remove(at).err();
            written.clear();
        }
        let mut put = 0;
        for (due, replacement) in due.iter().zip(written) {
            match replacement.and_then(|(replacement, lines)| replacement.put().map(|()| lines)) {
                Ok((lines_added, lines_removed)) => {
                    let path = due.edit.path.to_owned();
                    done.push(Changed::Edited { path, lines_added, lines_removed });
                    self.name(due, "replaced");
                    put += 1;
                }
                Err(why) => {
                    failed = Some(why);
                    break;
                }
            }
        }
        let synced = files::sync_folders(due.iter().take(put).map(|due| &due.place));
        let mut closed = Ok(());
        for (at, (n, due)) in (first..).zip(&due).enumerate() {
            let ending = if at < put { Ending::Done } else { Ending::Failed };
            closed = closed.and(self.journal.ended(n, ending));
            self.name(due, "closed");
        }
        // What went wrong first is what the person should hear of.
        failed.map_or(Ok(()), Err).and(synced).and(closed)
    }

    /// Those that are not so yet, with what the receipt says of each.
    fn looked_at<'p>(&self, edits: &[Edit<'p>]) -> Result<Vec<(Due<'p>, Fact)>, Problem> {
        let bounds = self.journal.bounds();
        let look = |edit: &Edit<'p>| -> Result<Option<(Due<'p>, Fact)>, Problem> {
            let Edit { path, before, after, .. } = *edit;
            let place = files::inside(bounds, path)?.open()?;
            let place = place.ok_or_else(|| files::gone_since(path))?;
            let mode = match files::look(&place)? {
                Look::Nothing => return Err(files::gone_since(path)),
                Look::Other(kind) => return Err(files::is_a(path, kind)),
                Look::File(seen) if *seen.bytes == after.as_bytes() => return Ok(None),
                Look::File(seen) if *seen.bytes != before.as_bytes() => {
                    return Err(files::changed_since(path));
                }
                Look::File(seen) => seen.mode,
            };
            let temporary = files::new_temporary_name();
            let fact = Fact::Edit {
                path: path.to_owned(),
                before: before.to_owned(),
                after: Fingerprint::of(after.as_bytes(), mode),
                temporary: temporary.clone(),
            };
            Ok(Some((Due { edit: *edit, place, temporary }, fact)))
        };
        let looked = parallel::each(edits, &look).into_iter();
        looked.filter_map(Result::transpose).collect()
    }

    /// Every new content under its temporary name, and how many lines it changes.
    #[allow(clippy::type_complexity, reason = "it is used once, and a name would hide what it is")]
    fn written<'d>(
        &self,
        due: &'d [Due<'_>],
    ) -> Vec<Result<(Replacement<'d>, (usize, usize)), Problem>> {
        let write = |due: &'d Due<'_>| {
            let Edit { before, after, .. } = due.edit;
            let (was, is) = (before.as_bytes(), after.as_bytes());
            let replacement = Replacement::write(&due.place, was, is, &due.temporary)?;
            Ok((replacement, lines_changed(before, after)))
        };
        let mut told = |at: usize, result: &Result<_, Problem>| {
            if let (Ok(_), Some(due)) = (result, due.get(at)) {
                self.name(due, "written");
            }
        };
        let due: Vec<&Due<'_>> = due.iter().collect();
        parallel::telling(&due, parallel::WAITING, &|due| write(due), &mut told)
    }

    fn name(&self, due: &Due<'_>, moment: &str) {
        (self.checkpoint)(&due.edit.at.named(moment));
    }
}

#[cfg(test)]
mod tests;
