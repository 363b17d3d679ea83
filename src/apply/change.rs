//! One change: looked at, written down, made, closed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Run;
use crate::activate::follow::follow_machines;
use crate::activate::{self, Activation, MachineEnd, Switch, machines};
use crate::event::Changed;
use crate::files::{self, Fingerprint, Look, Place, Spot};
use crate::git;
use crate::key::KeyFile;
use crate::key::file::KeyKind;
use crate::plan::{Change, Content};
use crate::problem::Problem;
use crate::receipt::{Ending, Fact, Keys};
use crate::run::Command;

/// Where in the plan a change stands; names its checkpoints.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) step: &'static str,
    /// Counted from 1 within the step.
    pub(super) index: usize,
}

impl At {
    pub(super) fn named(self, moment: &str) -> String {
        format!("{}/{}/{moment}", self.step, self.index)
    }
}

impl Run<'_> {
    /// Makes one change. `None`: it is already so.
    pub(super) fn change(
        &mut self,
        step: &'static str,
        index: usize,
        change: &Change,
    ) -> Result<Option<Changed>, Problem> {
        let at = At { step, index };
        match change {
            Change::Create { path, content, mode } => self.create(at, path, content, *mode),
            Change::Append { path, content } => self.append(at, path, content),
            Change::Edit { path, before, after } => self.edit(at, path, before, after),
            Change::Seal { path, before, after } => self.seal(at, path, before, after),
            Change::Mode { path, before, after } => self.mode(at, path, *before, *after),
            Change::Track { repository, paths } => self.track(at, repository, paths),
            Change::Commit(commit) => self.commit(at, commit),
            Change::Run { command } => self.run(at, command),
            Change::Activate(activation) => self.activate(at, activation),
            Change::Switch(switch) => self.switch(at, switch),
        }
    }

    fn create(
        &mut self,
        at: At,
        path: &Path,
        content: &Content,
        mode: u32,
    ) -> Result<Option<Changed>, Problem> {
        let spot = self.spot(path)?;
        if let Some(place) = spot.open()? {
            match files::look(&place)? {
                Look::Nothing => {}
                Look::File(seen) if is_so(&seen, content) => return Ok(None),
                Look::File(_) => return Err(files::appeared_since(path)),
                Look::Other(kind) => return Err(files::is_a(path, kind)),
            }
        }
        let secret = is_secret(content);
        let temporary = files::new_temporary_name();
        let fact = Fact::Create {
            path: path.to_owned(),
            after: Fingerprint::of(content.bytes(), mode),
            made: spot.missing_folders(),
            temporary: temporary.clone(),
            keys: keys_in(content),
        };
        let bounds = self.journal.bounds().to_vec();
        let checkpoint = self.checkpoint;
        self.recorded(at, fact, || {
            let mut made = Vec::new();
            let written = || checkpoint(&at.named("written"));
            let result = spot
                .make_folders(secret, &mut made)
                .and_then(|p| files::create(&p, content.bytes(), mode, &temporary, &written));
            if result.is_err() {
                files::remove_empty_folders(&bounds, &made);
            }
            result
        })?;
        Ok(Some(Changed::Created { path: path.to_owned(), mode, secret }))
    }

    fn append(
        &mut self,
        at: At,
        path: &Path,
        content: &Content,
    ) -> Result<Option<Changed>, Problem> {
        let place = self.existing(path)?;
        let seen = match files::look(&place)? {
            Look::Nothing => return Err(files::gone_since(path)),
            Look::Other(kind) => return Err(files::is_a(path, kind)),
            Look::File(seen) => seen,
        };
        if holds_lines(&seen.bytes, content.bytes()) {
            return Ok(None);
        }
        let before = seen.fingerprint();
        let whole: Zeroizing<Vec<u8>> = files::appended(&seen.bytes, content.bytes());
        let fact = Fact::Append {
            path: path.to_owned(),
            before: before.clone(),
            after: Fingerprint::of(&whole, seen.mode),
            keys: keys_in(content),
        };
        self.recorded(at, fact, || files::append(&place, &before, content.bytes()))?;
        Ok(Some(Changed::Appended { path: path.to_owned() }))
    }

    fn edit(
        &mut self,
        at: At,
        path: &Path,
        before: &str,
        after: &str,
    ) -> Result<Option<Changed>, Problem> {
        let place = self.existing(path)?;
        let mode = match files::look(&place)? {
            Look::Nothing => return Err(files::gone_since(path)),
            Look::Other(kind) => return Err(files::is_a(path, kind)),
            Look::File(seen) if *seen.bytes == after.as_bytes() => return Ok(None),
            Look::File(seen) => seen.mode,
        };
        let temporary = files::new_temporary_name();
        let fact = Fact::Edit {
            path: path.to_owned(),
            before: before.to_owned(),
            after: Fingerprint::of(after.as_bytes(), mode),
            temporary: temporary.clone(),
        };
        let checkpoint = self.checkpoint;
        self.recorded(at, fact, || {
            let written = || checkpoint(&at.named("written"));
            files::replace(&place, before.as_bytes(), after.as_bytes(), &temporary, &written)
        })?;
        let (lines_added, lines_removed) = lines_changed(before, after);
        Ok(Some(Changed::Edited { path: path.to_owned(), lines_added, lines_removed }))
    }

    fn seal(
        &mut self,
        at: At,
        path: &Path,
        before: &Content,
        after: &str,
    ) -> Result<Option<Changed>, Problem> {
        let place = self.existing(path)?;
        let seen = match files::look(&place)? {
            Look::Nothing => return Err(files::gone_since(path)),
            Look::Other(kind) => return Err(files::is_a(path, kind)),
            Look::File(seen) if *seen.bytes == after.as_bytes() => return Ok(None),
            Look::File(seen) => seen,
        };
        let temporary = files::new_temporary_name();
        let fact = Fact::Seal {
            path: path.to_owned(),
            before: Fingerprint::of(before.bytes(), seen.mode),
            after: Fingerprint::of(after.as_bytes(), seen.mode),
            temporary: temporary.clone(),
        };
        let checkpoint = self.checkpoint;
        self.recorded(at, fact, || {
            let written = || checkpoint(&at.named("written"));
            files::replace(&place, before.bytes(), after.as_bytes(), &temporary, &written)
        })?;
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count();
        Ok(Some(Changed::Edited {
            path: path.to_owned(),
            lines_added: after.lines().count(),
            lines_removed: lines(before.bytes().trim_ascii_end()),
        }))
    }

    fn mode(
        &mut self,
        at: At,
        path: &Path,
        before: u32,
        after: u32,
    ) -> Result<Option<Changed>, Problem> {
        let place = self.existing(path)?;
        if files::mode_of(&place)? == Some(after) {
            return Ok(None);
        }
        let fact = Fact::Mode { path: path.to_owned(), before, after };
        self.recorded(at, fact, || files::set_mode(&place, before, after))?;
        Ok(Some(Changed::Mode { path: path.to_owned(), mode: after }))
    }

    fn track(
        &mut self,
        at: At,
        repository: &Path,
        paths: &[PathBuf],
    ) -> Result<Option<Changed>, Problem> {
        let unknown = git::untracked(self.runner, repository, paths.to_vec())?;
        if unknown.is_empty() {
            return Ok(None);
        }
        let fact = Fact::Track { repository: repository.to_owned(), paths: unknown.clone() };
        let n = self.begin(at, fact)?;
        let names: Vec<&Path> = unknown.iter().map(PathBuf::as_path).collect();
        let result = git::intend_to_add(self.runner, repository, &names);
        self.close(at, n, result)?;
        Ok(Some(Changed::Tracked { paths: unknown }))
    }

    fn run(&mut self, at: At, command: &Command) -> Result<Option<Changed>, Problem> {
        let typed = command.typed();
        let leaves = command.leaves.clone();
        let n = self.begin(at, Fact::Run { command: typed.clone(), leaves })?;
        let Self { runner, attend, log, .. } = self;
        let (ends, result) = follow_machines(command, at.step, *runner, *attend, log);
        if !ends.is_empty() {
            self.journal.facts(n, machines::facts(&ends))?;
            (self.checkpoint)(&at.named("told"));
            self.machines.extend(ends);
        }
        self.close(at, n, result)?;
        Ok(Some(Changed::Ran { command: typed }))
    }

    fn activate(&mut self, at: At, activation: &Activation) -> Result<Option<Changed>, Problem> {
        let n = self.journal.began(at.step, Fact::Activate {})?;
        let Self { journal, runner, attend, checkpoint, log, .. } = self;
        let result = activate::put_in_place(activation, *runner, *attend, log, &mut |facts| {
            journal.facts(n, facts)?;
            checkpoint(&at.named("recorded"));
            Ok(())
        });
        let generation = self.close(at, n, result)?;
        Ok(Some(Changed::Activated { generation }))
    }

    fn switch(&mut self, at: At, switch: &Switch) -> Result<Option<Changed>, Problem> {
        let before = switch.runs();
        let n = self.journal.began(at.step, Fact::Activate {})?;
        let Self { journal, runner, attend, checkpoint, log, .. } = self;
        let result = activate::switch(switch, at.step, *runner, *attend, log, &mut |facts| {
            journal.facts(n, facts)?;
            checkpoint(&at.named("recorded"));
            Ok(())
        });
        if let Err(why) = &result
            && switch.runs() != before
        {
            let end = MachineEnd::Troubled(machines::in_short(why));
            self.machines.push((switch.machine.clone(), end));
        }
        let generation = self.close(at, n, result)?;
        Ok(Some(Changed::Activated { generation }))
    }

    /// Writes `fact` down, makes the change, and closes it.
    fn recorded<T>(
        &mut self,
        at: At,
        fact: Fact,
        make: impl FnOnce() -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let n = self.begin(at, fact)?;
        let result = make();
        self.close(at, n, result)
    }

    pub(super) fn begin(&mut self, at: At, fact: Fact) -> Result<u64, Problem> {
        let n = self.journal.began(at.step, fact)?;
        (self.checkpoint)(&at.named("recorded"));
        Ok(n)
    }

    pub(super) fn close<T>(
        &mut self,
        at: At,
        n: u64,
        result: Result<T, Problem>,
    ) -> Result<T, Problem> {
        if result.is_ok() {
            (self.checkpoint)(&at.named("replaced"));
        }
        let ending = if result.is_ok() { Ending::Done } else { Ending::Failed };
        let closed = self.journal.ended(n, ending);
        (self.checkpoint)(&at.named("closed"));
        // What went wrong first is what the person should hear of.
        let value = result?;
        closed?;
        Ok(value)
    }

    fn spot(&self, path: &Path) -> Result<Spot, Problem> {
        files::inside(self.journal.bounds(), path)
    }

    pub(super) fn existing(&self, path: &Path) -> Result<Place, Problem> {
        self.spot(path)?.open()?.ok_or_else(|| files::gone_since(path))
    }
}

/// The same content; for a secret also that nobody else can read it.
fn is_so(seen: &files::Seen, content: &Content) -> bool {
    *seen.bytes == content.bytes() && (!is_secret(content) || seen.mode & 0o077 == 0)
}

fn is_secret(content: &Content) -> bool {
    matches!(content, Content::Secret(_))
}

/// Whether `lines` stand in `text` as whole lines.
fn holds_lines(text: &[u8], lines: &[u8]) -> bool {
    let lines = lines.trim_ascii();
    !lines.is_empty()
        && (0..text.len()).any(|at| {
            (at == 0 || text[at - 1] == b'\n')
                && text[at..].strip_prefix(lines).is_some_and(|rest| {
                    rest.is_empty() || rest.starts_with(b"\n") || rest.starts_with(b"\r\n")
                })
        })
}

/// The public halves of the keys in a secret, computed from the keys themselves: a comment beside
/// one may be wrong, and undo relies on it.
fn keys_in(content: &Content) -> Option<Keys> {
    let Content::Secret(text) = content else { return None };
    let lines = KeyFile::parse(text.as_bytes()).ok()?.lines;
    let mut keys = Keys { recipients: Vec::new(), more: false };
    for line in lines {
        match line.kind {
            KeyKind::X25519(identity) => keys.recipients.push(identity.recipient().to_string()),
            KeyKind::PostQuantum(_) | KeyKind::Plugin(_) => keys.more = true,
            KeyKind::Bad(_) => {}
        }
    }
    // A kind of key that is not known here is a key all the same.
    let all = text.lines().filter(|line| line.trim_start().starts_with("AGE-")).count();
    keys.more |= all > keys.recipients.len();
    (keys.more || !keys.recipients.is_empty()).then_some(keys)
}

/// How many lines came and went. Lines that both begin or end with are left out first; what is left
/// is counted without their order, since comparing that takes time that grows with its square, and a
/// file with new data keys differs in every line.
pub(super) fn lines_changed(before: &str, after: &str) -> (usize, usize) {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (before.lines().collect(), after.lines().collect());
    let alike = |(a, b): &(&&str, &&str)| a == b;
    let start = before.iter().zip(&after).take_while(alike).count();
    let (before, after) = (&before[start..], &after[start..]);
    let end = before.iter().rev().zip(after.iter().rev()).take_while(alike).count();
    let (before, after) = (&before[..before.len() - end], &after[..after.len() - end]);
    let mut counts: HashMap<&str, isize> = HashMap::new();
    before.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    after.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    let (more, fewer): (Vec<isize>, Vec<isize>) =
        counts.into_values().partition(|count| *count > 0);
    (more.iter().sum::<isize>().unsigned_abs(), fewer.iter().sum::<isize>().unsigned_abs())
}
