//! Many edits at once: a step that only edits files, such as one that encrypts a thousand again.
//!
//! What a disk makes one wait for is done for many files together, and nothing else is given up. In
//! this order:
//!
//! 1. Every file is looked at. One that is not as planned ends the step before anything is touched.
//! 2. Every `began` record is written, then the receipt is synced once: whatever happens from here
//!    on, it names each file, what it held and its temporary.
//!
//! Then, for a group of files at a time:
//!
//! 3. The new contents are written under their temporary names and each is synced, on several
//!    threads. Without that a power cut could leave an empty file under a name that is in place.
//! 4. Each is compared once more and put in place, one after the other, so that what fails here
//!    leaves a clear line between what was done and what was not. Its record is closed.
//!
//! At the end:
//!
//! 5. Each folder is synced once. That is early enough: until then a power cut may bring an old file
//!    back, which is whole, and which undo and another run take for one that was not done, since
//!    both look at the file and not at its record.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::Run;
use super::change::{At, lines_changed};
use crate::event::Changed;
use crate::files::{self, Fingerprint, Look, Place, Replacement};
use crate::parallel;
use crate::plan::{Change, Step};
use crate::problem::Problem;
use crate::receipt::{Ending, Fact};

/// Files of one group: each has a folder and a file open, and two while it is written; some systems
/// allow a process 256.
const MOST_FILES: usize = 64;

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

/// Cuts what is to be made into groups.
fn groups<'d, 'p>(mut due: &'d [Due<'p>]) -> Vec<&'d [Due<'p>]> {
    let mut groups = Vec::new();
    while !due.is_empty() {
        let mut text = 0_usize;
        let fits = due.iter().take(MOST_FILES).take_while(|due| {
            text = text.saturating_add(due.edit.after.len());
            text <= MOST_TEXT
        });
        let (group, rest) = due.split_at(fits.count().max(1));
        groups.push(group);
        due = rest;
    }
    groups
}

/// How many lines came and how many went.
type Lines = (usize, usize);

impl Run<'_> {
    /// Makes all of `edits`; those that are so already are left alone. What was done is in `done`,
    /// also when something fails.
    pub(super) fn edit_all(
        &mut self,
        edits: &[Edit<'_>],
        done: &mut Vec<Changed>,
    ) -> Result<(), Problem> {
        let (due, facts): (Vec<Due<'_>>, Vec<Fact>) = self.looked_at(edits)?.into_iter().unzip();
        let Some(first) = due.first() else { return Ok(()) };
        let mut next = self.journal.began_all(first.edit.at.step, facts)?;
        due.iter().for_each(|due| self.name(due, "recorded"));
        let mut folders = Folders::default();
        let mut made = Ok(());
        for group in groups(&due) {
            // After one that failed nothing more is done; the records of the rest are closed, too.
            let mut endings = vec![Ending::Failed; group.len()];
            if made.is_ok() {
                made = self.edit_group(group, &mut endings, &mut folders, done);
            }
            for (due, ending) in group.iter().zip(endings) {
                let closed = self.journal.ended(next, ending);
                made = made.and(closed);
                next += 1;
                self.name(due, "closed");
            }
        }
        // What went wrong first is what the person should hear of.
        let synced = folders.sync();
        made.and(synced)
    }

    /// Writes a group and puts it in place, as far as it goes.
    fn edit_group(
        &self,
        group: &[Due<'_>],
        endings: &mut [Ending],
        folders: &mut Folders,
        done: &mut Vec<Changed>,
    ) -> Result<(), Problem> {
        let place = |due: &Due<'_>| self.existing(due.edit.path);
        let places: Vec<Place> = group.iter().map(place).collect::<Result<_, _>>()?;
        // One that cannot be written: then none of the group is put in place.
        let written: Vec<_> = self.written(group, &places).into_iter().collect::<Result<_, _>>()?;
        for ((due, (replacement, lines)), ending) in group.iter().zip(written).zip(endings) {
            replacement.put()?;
            let (lines_added, lines_removed) = lines;
            let path = due.edit.path.to_owned();
            done.push(Changed::Edited { path, lines_added, lines_removed });
            *ending = Ending::Done;
            self.name(due, "replaced");
        }
        places.into_iter().try_for_each(|place| folders.note(place))
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
            Ok(Some((Due { edit: *edit, temporary }, fact)))
        };
        let looked = parallel::each(edits, &look).into_iter();
        looked.filter_map(Result::transpose).collect()
    }

    /// Every new content under its temporary name, and how many lines it changes.
    fn written<'d>(
        &self,
        group: &'d [Due<'_>],
        places: &'d [Place],
    ) -> Vec<Result<(Replacement<'d>, Lines), Problem>> {
        let write = |(due, place): &(&'d Due<'_>, &'d Place)| {
            let Edit { before, after, .. } = due.edit;
            let (was, is) = (before.as_bytes(), after.as_bytes());
            let replacement = Replacement::write(place, was, is, &due.temporary)?;
            Ok((replacement, lines_changed(before, after)))
        };
        let mut told = |at: usize, result: &Result<_, Problem>| {
            if let (Ok(_), Some(due)) = (result, group.get(at)) {
                self.name(due, "written");
            }
        };
        let pairs: Vec<_> = group.iter().zip(places).collect();
        parallel::telling(&pairs, parallel::WAITING, &write, &mut told)
    }

    fn name(&self, due: &Due<'_>, moment: &str) {
        (self.checkpoint)(&due.edit.at.named(moment));
    }
}

/// Folders in which something was put in place, each once.
#[derive(Default)]
struct Folders(HashMap<(u64, u64), Place>);

impl Folders {
    fn note(&mut self, place: Place) -> Result<(), Problem> {
        let folder = place.folder_id()?;
        self.0.entry(folder).or_insert(place);
        Ok(())
    }

    /// Makes the new names last.
    fn sync(&self) -> Result<(), Problem> {
        self.0.values().try_for_each(Place::sync_folder)
    }
}

#[cfg(test)]
mod tests;
