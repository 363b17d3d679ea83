//! One change, taken back.

use std::path::{Path, PathBuf};

use super::LeftAlone;
use super::commit;
use super::named::{self, Named};
use crate::activate;
use crate::files::{self, Fingerprint, Look, Place};
use crate::git;
use crate::problem::Problem;
use crate::receipt::{Ending, Fact, Header, Keys, Recorded};
use crate::run::Runner;

const CHANGED: &str = "changed since";

/// What became of one change.
#[derive(Debug, Default)]
pub(super) struct Back {
    /// Sentences.
    pub(super) restored: Vec<String>,
    pub(super) left: Vec<LeftAlone>,
}

pub(super) struct Undo<'a> {
    pub(super) header: &'a Header,
    pub(super) runner: &'a mut dyn Runner,
    pub(super) checkpoint: &'a dyn Fn(&str),
    /// Whether the run has committed what it wrote.
    pub(super) is_committed: bool,
    /// The commits that are known to be the run's.
    pub(super) commits: &'a [String],
}

/// `Ok(Some)`: a sentence of what was restored. `Ok(None)`: it was as before already. `Err`: why
/// it is left alone.
type Result1 = Result<Option<String>, String>;

impl Undo<'_> {
    pub(super) fn take_back(&mut self, change: &Recorded) -> Back {
        let result = match &change.change {
            Fact::Track { repository, paths } => return self.track(repository, paths),
            Fact::Commit { .. } => return self.commit(change),
            Fact::Activate {} => return self.activation(change),
            Fact::Create { after, made, keys, .. } => self
                .file(change, |undo, place| undo.create(change, place, after, keys.as_ref()))
                .inspect(|_| drop(files::remove_empty_folders(&self.header.bounds, made))),
            Fact::Append { before, after, keys, .. } => self.file(change, |undo, place| {
                undo.append(change, place, (before, after), keys.as_ref())
            }),
            Fact::Edit { before, after, temporary, .. } => {
                self.file(change, |undo, place| undo.edit(place, before, after, temporary))
            }
            Fact::Seal { before, .. } => self.file(change, |_, place| stays_sealed(place, before)),
            Fact::Mode { before, after, .. } => {
                self.file(change, |undo, place| undo.mode(place, *before, *after))
            }
            Fact::Run { command, leaves } => return stays(command, leaves.as_deref()),
            Fact::Unknown => Err("another doorstep did that".to_owned()),
        };
        let what = change.change.path().map_or_else(|| change.step.clone(), |p| self.short(p));
        match result {
            Ok(restored) => Back { restored: restored.into_iter().collect(), left: Vec::new() },
            Err(why) => Back { restored: Vec::new(), left: vec![LeftAlone { what, why }] },
        }
    }

    /// Opens the change's place and cleans up beside it, then does `work`. Without its folder a
    /// file is gone.
    fn file(
        &mut self,
        change: &Recorded,
        work: impl FnOnce(&mut Self, &Place) -> Result1,
    ) -> Result1 {
        let Some(path) = change.change.path() else { return Ok(None) };
        let place = files::inside(&self.header.bounds, path).and_then(|spot| spot.open());
        let Some(place) = place.map_err(in_short)? else {
            return match change.change {
                Fact::Create { .. } => Ok(None),
                _ => Err("gone since".to_owned()),
            };
        };
        if let Some(temporary) = change.change.temporary() {
            files::remove_temporary(&place, temporary).map_err(in_short)?;
        }
        work(self, &place)
    }

    fn create(
        &mut self,
        change: &Recorded,
        place: &Place,
        after: &Fingerprint,
        keys: Option<&Keys>,
    ) -> Result1 {
        match files::look(place).map_err(in_short)? {
            Look::Nothing => return Ok(None),
            Look::File(seen) if seen.fingerprint().same_content(after) => {}
            // What failed or was cut off in time did not make what is there.
            _ if is_not_ours(change) => return Ok(None),
            Look::File(_) | Look::Other(_) => return Err(CHANGED.to_owned()),
        }
        self.may_lose(place.path(), keys)?;
        files::remove(place, after).map_err(in_short)?;
        Ok(Some(format!("Removed {}.", self.short(place.path()))))
    }

    fn append(
        &mut self,
        change: &Recorded,
        place: &Place,
        (before, after): (&Fingerprint, &Fingerprint),
        keys: Option<&Keys>,
    ) -> Result1 {
        match files::look(place).map_err(in_short)? {
            Look::File(seen) if seen.fingerprint().same_content(before) => return Ok(None),
            Look::File(seen) if seen.fingerprint().same_content(after) => {}
            _ if is_not_ours(change) => return Ok(None),
            Look::Nothing => return Err("gone since".to_owned()),
            _ => return Err(CHANGED.to_owned()),
        }
        self.may_lose(place.path(), keys)?;
        files::cut_back(place, before, after).map_err(in_short)?;
        Ok(Some(format!("Took the added lines out of {}.", self.short(place.path()))))
    }

    fn edit(
        &mut self,
        place: &Place,
        before: &str,
        after: &Fingerprint,
        temporary: &str,
    ) -> Result1 {
        let seen = match files::look(place).map_err(in_short)? {
            Look::File(seen) if *seen.bytes == before.as_bytes() => return Ok(None),
            Look::File(seen) if seen.fingerprint().same_content(after) => seen,
            Look::Nothing => return Err("gone since".to_owned()),
            _ => return Err(CHANGED.to_owned()),
        };
        let written = || (self.checkpoint)("written");
        files::replace(place, &seen.bytes, before.as_bytes(), temporary, &written)
            .map_err(in_short)?;
        Ok(Some(format!("Put {} back as it was.", self.short(place.path()))))
    }

    fn mode(&mut self, place: &Place, before: u32, after: u32) -> Result1 {
        match files::mode_of(place).map_err(in_short)? {
            Some(now) if now == before => Ok(None),
            Some(now) if now == after => {
                files::set_mode(place, after, before).map_err(in_short)?;
                Ok(Some(format!("Gave {} mode {before:04o} back.", self.short(place.path()))))
            }
            Some(_) => Err("its mode was changed since".to_owned()),
            None => Err("gone since".to_owned()),
        }
    }

    fn track(&mut self, repository: &Path, paths: &[PathBuf]) -> Back {
        let mut back = Back::default();
        for path in paths {
            match self.forget(repository, path) {
                Ok(true) => {
                    back.restored.push(format!("Git does not know {} any more.", path.display()));
                }
                Ok(false) => {}
                Err(why) => {
                    back.left.push(LeftAlone { what: self.short(&repository.join(path)), why });
                }
            }
        }
        back
    }

    fn forget(&mut self, repository: &Path, path: &Path) -> Result<bool, String> {
        if !git::is_tracked(self.runner, repository, path).map_err(in_short)? {
            return Ok(false);
        }
        if !git::has_intent(self.runner, repository, path).map_err(in_short)? {
            if self.is_committed {
                return Ok(false);
            }
            return Err("added to git since".to_owned());
        }
        git::forget_intent(self.runner, repository, path).map_err(in_short)?;
        Ok(true)
    }

    /// Commits stay: history is never rewritten. A branch that got none goes.
    fn commit(&mut self, change: &Recorded) -> Back {
        let alone = |what: &str, why: String| Back {
            restored: Vec::new(),
            left: vec![LeftAlone { what: what.to_owned(), why }],
        };
        match commit::take_back(change, self.commits, self.runner) {
            Ok(commit::Taken::Nothing) => Back::default(),
            Ok(commit::Taken::Branch(name)) => {
                Back { restored: vec![format!("The branch {name} is gone.")], left: Vec::new() }
            }
            Ok(commit::Taken::Stays { commit, advice }) => {
                alone(&format!("commit {commit}"), format!("history is not rewritten{advice}"))
            }
            Err(problem) => alone("the commit", in_short(problem)),
        }
    }

    fn activation(&mut self, change: &Recorded) -> Back {
        let Some(facts) = &change.facts else { return Back::default() };
        // The header is what was looked at before anything was taken back.
        if !activate::is_about(facts, &self.header.home) {
            let why = "the receipt names another home".to_owned();
            return Back {
                restored: Vec::new(),
                left: vec![LeftAlone { what: "your home".to_owned(), why }],
            };
        }
        let left = match activate::take_back(facts, self.runner) {
            Ok(left) => left,
            Err(problem) => vec![format!("your home: {}", in_short(problem))],
        };
        let split = |line: String| match line.split_once(": ") {
            Some((what, why)) => {
                LeftAlone { what: self.short(Path::new(what)), why: why.to_owned() }
            }
            None => LeftAlone { what: "your home".to_owned(), why: line },
        };
        let left: Vec<_> = left.into_iter().map(split).collect();
        let restored = left.is_empty().then(|| "Your home is as it was before.".to_owned());
        Back { restored: restored.into_iter().collect(), left }
    }

    /// Whether the keys may go: nothing in the fleet may be encrypted to them. In doubt they stay.
    fn may_lose(&mut self, file: &Path, keys: Option<&Keys>) -> Result<(), String> {
        let Some(keys) = keys else { return Ok(()) };
        if keys.more {
            return Err("kept, because its public half is not known".to_owned());
        }
        for recipient in &keys.recipients {
            match named::named(self.runner, &self.header.fleet, recipient, file) {
                Named::Nowhere => {}
                Named::In(place) => {
                    return Err(format!("kept, because {place} still names its public half"));
                }
                Named::Unknown(why) => {
                    return Err(format!("kept, because the fleet cannot be searched ({why})"));
                }
            }
        }
        Ok(())
    }

    fn short(&self, path: &Path) -> String {
        short(self.header, path)
    }
}

/// What was encrypted stays so: its plain text is kept nowhere.
fn stays_sealed(place: &Place, before: &Fingerprint) -> Result1 {
    match files::look(place).map_err(in_short)? {
        // It never took effect.
        Look::File(seen) if seen.fingerprint().same_content(before) => Ok(None),
        Look::Nothing => Err("gone since".to_owned()),
        _ => {
            Err("stays encrypted, because its values would be in plain text again; if a value was \
                  seen by others, replace it with `doorstep secrets set`"
                .to_owned())
        }
    }
}

/// A path as people know it.
fn short(header: &Header, path: &Path) -> String {
    if let Ok(below) = path.strip_prefix(&header.fleet) {
        return below.display().to_string();
    }
    match path.strip_prefix(&header.home) {
        Ok(below) => format!("~/{}", below.display()),
        Err(_) => path.display().to_string(),
    }
}

/// What another program made is that program's to take away.
fn stays(command: &str, leaves: Option<&str>) -> Back {
    let left = leaves.map(|why| LeftAlone { what: format!("`{command}`"), why: why.to_owned() });
    Back { restored: Vec::new(), left: left.into_iter().collect() }
}

/// A mode that is not given back, because a key that others could then read stays in the file.
pub(super) fn left_private(header: &Header, change: &Recorded) -> Back {
    let what = change.change.path().map_or_else(|| change.step.clone(), |p| short(header, p));
    let why = "kept private, because a key of yours stays in it".to_owned();
    Back { restored: Vec::new(), left: vec![LeftAlone { what, why }] }
}

/// Whether the change failed, or was cut off before it took effect.
fn is_not_ours(change: &Recorded) -> bool {
    matches!(change.ending, Some(Ending::Failed | Ending::NotDone))
}

/// A problem as the end of a sentence.
fn in_short(problem: Problem) -> String {
    match problem.causes.first() {
        Some(cause) => format!("{} ({cause})", problem.what),
        None => problem.what,
    }
}
