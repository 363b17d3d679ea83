//! Activities that have begun and not ended.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use super::counting::{Bytes, Counts, Tally, sane, size};
use super::{Finished, LONGEST_NAME, name_of};
use crate::activate::nix_log::record::Activity;
use crate::activate::nix_log::words::cut;

/// Activities at a time. Nix runs a few hundred at most; more is nonsense or hostile.
const MOST: usize = 10_000;

/// Ids of what was read out of plain text; a process id never reaches so high.
const GUESSED: u64 = 1 << 63;

/// Nix's number of the activity type "file transfer".
const TRANSFERS: u64 = 101;

/// What an activity does, with names cut to 512 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    Build {
        drv: String,
        /// Empty for this machine.
        host: String,
    },
    /// From a cache.
    Substitute {
        path: String,
        from: String,
    },
    /// Between stores.
    Copy {
        path: String,
        from: String,
    },
    Transfer {
        url: String,
    },
    /// An input of the flake.
    Fetch {
        what: String,
    },
    /// Part of an evaluation.
    Reading {
        what: String,
    },
    /// For a lock, a build user or a machine.
    Waiting {
        what: String,
    },
    Hook {
        drv: String,
    },
    /// Counters of a run of builds.
    #[doc(hidden)]
    Builds,
    /// Counters of a run of copies.
    #[doc(hidden)]
    Copies,
    /// What a run expects.
    #[doc(hidden)]
    Realise,
    /// Nothing that a person wants to see.
    #[doc(hidden)]
    Quiet,
}

/// Something that runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Running<'a> {
    pub task: &'a Task,
    pub elapsed: Duration,
    /// The phase of a build.
    pub phase: Option<&'a str>,
    /// Of a copy or transfer.
    pub bytes: Option<Bytes>,
    /// Read out of plain text: it may have ended already, since text does not say so.
    pub is_guess: bool,
}

#[derive(Debug, Default)]
pub(super) struct Tasks {
    live: HashMap<u64, Live>,
    begun: u64,
    /// Builds that ended, where no counter says so.
    builds_ended: u64,
    copies_ended: u64,
    /// Counters of processes that have ended.
    past_builds: Tally,
    past_copies: Tally,
    has_build_counters: bool,
    has_copy_counters: bool,
    downloaded: u64,
}

#[derive(Debug)]
struct Live {
    /// Decides between two that began at once.
    order: u64,
    parent: u64,
    began: Duration,
    task: Task,
    phase: Option<Box<str>>,
    bytes: Bytes,
    tally: Tally,
    /// Of a run: what had been downloaded before it.
    base: u64,
}

impl Task {
    pub(super) fn of(activity: &Activity<'_>, text: &str, level: u64) -> Self {
        let kept = |text: &str| cut(text, LONGEST_NAME).to_owned();
        let named =
            |field: &Cow<'_, str>| kept(if field.is_empty() { quoted(text) } else { field });
        match activity {
            Activity::Build { drv, host } => Self::Build { drv: named(drv), host: kept(host) },
            Activity::Substitute { path, from } => {
                Self::Substitute { path: named(path), from: kept(from) }
            }
            Activity::CopyPath { path, from } => Self::Copy { path: named(path), from: kept(from) },
            Activity::Transfer { url } => Self::Transfer { url: named(url) },
            Activity::FetchTree => Self::Fetch { what: kept(text) },
            Activity::Waiting => Self::Waiting { what: kept(text) },
            Activity::Hook { drv } => Self::Hook { drv: named(drv) },
            Activity::Realise => Self::Realise,
            Activity::Builds => Self::Builds,
            Activity::Copies => Self::Copies,
            Activity::QueryPath => Self::Quiet,
            // "evaluating derivation '…'", "copying '…' to the store"; what is less important
            // than talkative comes by the thousand.
            Activity::Other(_) if level <= 4 && !text.is_empty() => {
                Self::Reading { what: kept(text) }
            }
            Activity::Other(_) => Self::Quiet,
        }
    }

    /// Short words for people, such as `building neovim-0.11.5`; `None` for what is not shown.
    pub fn words(&self) -> Option<String> {
        Some(match self {
            Self::Build { drv, .. } => format!("building {}", name_of(drv)),
            Self::Substitute { path, .. } => format!("fetching {}", name_of(path)),
            Self::Copy { path, .. } => format!("copying {}", name_of(path)),
            Self::Transfer { url } => format!("downloading {url}"),
            Self::Fetch { what } | Self::Reading { what } | Self::Waiting { what } => what.clone(),
            Self::Hook { drv } => format!("running the hook after {}", name_of(drv)),
            Self::Builds | Self::Copies | Self::Realise | Self::Quiet => return None,
        })
    }
}

impl Tasks {
    pub(super) fn start(&mut self, at: Duration, id: u64, parent: u64, task: Task) {
        if self.live.len() >= MOST {
            return;
        }
        match task {
            Task::Builds => self.has_build_counters = true,
            Task::Copies => self.has_copy_counters = true,
            _ => {}
        }
        self.begun += 1;
        let live = Live {
            order: self.begun,
            parent,
            began: at,
            task,
            phase: None,
            bytes: Bytes::default(),
            tally: Tally::default(),
            base: self.downloaded,
        };
        self.live.insert(id, live);
    }

    /// Something read out of plain text.
    pub(super) fn guess(&mut self, at: Duration, task: Task) {
        self.start(at, GUESSED | self.begun, 0, task);
    }

    pub(super) fn forget_guesses(&mut self) {
        self.live.retain(|id, _| *id < GUESSED);
    }

    pub(super) fn stop(&mut self, at: Duration, id: u64) -> Option<Finished> {
        let live = self.live.remove(&id)?;
        match live.task {
            Task::Build { drv, host } => {
                self.builds_ended += 1;
                return Some(Finished { drv, host, took: at.saturating_sub(live.began) });
            }
            Task::Substitute { .. } => self.copies_ended += 1,
            Task::Transfer { .. } => {
                self.downloaded = self.downloaded.saturating_add(live.bytes.done);
            }
            Task::Builds => live.tally.close(&mut self.past_builds),
            Task::Copies => live.tally.close(&mut self.past_copies),
            _ => {}
        }
        None
    }

    pub(super) fn cut_off(&mut self) {
        let ids: Vec<u64> = self.live.keys().copied().collect();
        for id in ids {
            let ended = self.live.get(&id).map(|live| &live.task);
            if matches!(ended, Some(Task::Builds | Task::Copies | Task::Transfer { .. })) {
                self.stop(Duration::ZERO, id);
            } else {
                self.live.remove(&id);
            }
        }
    }

    pub(super) fn phase(&mut self, id: u64, phase: &str) {
        if let Some(live) = self.live.get_mut(&id) {
            live.phase = Some(cut(phase, LONGEST_NAME).into());
        }
    }

    pub(super) fn progress(&mut self, id: u64, numbers: [u64; 4]) {
        let Some(live) = self.live.get_mut(&id) else { return };
        if matches!(live.task, Task::Builds | Task::Copies) {
            return live.tally.update(numbers);
        }
        live.bytes = Bytes::reported(numbers[0], numbers[1]);
        let (bytes, parent, is_copy) =
            (live.bytes, live.parent, matches!(live.task, Task::Copy { .. }));
        // A copy is a part of its substitution, which is what is shown.
        if let Some(parent) = self.live.get_mut(&parent)
            && is_copy
            && matches!(parent.task, Task::Substitute { .. })
        {
            parent.bytes = bytes;
        }
    }

    pub(super) fn expect(&mut self, id: u64, kind: u64, count: u64) {
        if let Some(live) = self.live.get_mut(&id).filter(|_| kind == TRANSFERS) {
            live.bytes.expected = Some(sane(count)).filter(|count| *count > 0);
        }
    }

    pub(super) fn counts_by(&self, id: u64) -> bool {
        self.live.get(&id).is_some_and(|live| matches!(live.task, Task::Builds | Task::Copies))
    }

    /// Whose log a line with this id belongs to.
    pub(super) fn derivation(&self, id: u64) -> Option<&str> {
        match &self.live.get(&id)?.task {
            Task::Build { drv, .. } | Task::Hook { drv } => Some(drv),
            _ => None,
        }
    }

    /// The newest build of this name that runs.
    pub(super) fn derivation_named(&self, name: &str) -> Option<&str> {
        let builds = self.live.values().filter_map(|live| match &live.task {
            Task::Build { drv, .. } if name_of(drv) == name => Some((live.order, drv)),
            _ => None,
        });
        builds.max().map(|(_, drv)| drv.as_str())
    }

    pub(super) fn is_at_work(&self) -> bool {
        let works = |task: &Task| {
            matches!(task, Task::Build { .. } | Task::Substitute { .. } | Task::Copy { .. })
        };
        self.live.iter().any(|(id, live)| *id < GUESSED && works(&live.task))
    }

    pub(super) fn running<'a>(&'a self, now: Duration) -> Vec<Running<'a>> {
        let mut shown: Vec<(&u64, &'a Live)> =
            self.live.iter().filter(|(_, live)| self.is_shown(live)).collect();
        shown.sort_unstable_by_key(|(_, live)| (live.began, live.order));
        let running = |(id, live): (&u64, &'a Live)| Running {
            task: &live.task,
            elapsed: now.saturating_sub(live.began),
            phase: live.phase.as_deref(),
            bytes: Some(live.bytes).filter(|bytes| *bytes != Bytes::default()),
            is_guess: *id >= GUESSED,
        };
        shown.into_iter().map(running).collect()
    }

    /// As Nix's own progress bar does (src/libmain/progress-bar.cc): a part is not shown beside its
    /// whole.
    fn is_shown(&self, live: &Live) -> bool {
        let parent = self.live.get(&live.parent).map(|parent| &parent.task);
        match live.task {
            Task::Builds | Task::Copies | Task::Realise | Task::Quiet => false,
            Task::Transfer { .. } => {
                !matches!(parent, Some(Task::Copy { .. } | Task::Quiet | Task::Fetch { .. }))
            }
            Task::Copy { .. } => !matches!(parent, Some(Task::Substitute { .. })),
            _ => true,
        }
    }

    fn tally(&self, of: &Task, past: Tally) -> (Tally, u64) {
        let mut all = past;
        let mut waiting = 0_u64;
        for live in self.live.values().filter(|live| live.task == *of) {
            live.tally.close(&mut all);
            waiting = waiting.saturating_add(live.tally.waiting());
        }
        (all, waiting)
    }

    /// `failed` and `planned` are what is known from messages.
    pub(super) fn builds(&self, failed: usize, planned: Option<usize>) -> Counts {
        let running = |live: &&Live| matches!(live.task, Task::Build { .. });
        let running = self.live.values().filter(running).count();
        let (tally, waiting) = self.tally(&Task::Builds, self.past_builds);
        if !self.has_build_counters {
            let done = size(self.builds_ended).saturating_sub(failed);
            return Counts { done, failed, running, waiting: planned.unwrap_or(0) };
        }
        // A list of what will be built is exact; the counters grow while Nix looks.
        let waiting = planned.unwrap_or(size(waiting));
        // Nix counts a build as done before it stops the activity.
        let stopping = (tally.done() + tally.failed()).saturating_sub(self.builds_ended);
        let running = running.saturating_sub(size(stopping));
        let failed = failed.max(size(tally.failed()));
        Counts { done: size(tally.done()), failed, running, waiting }
    }

    pub(super) fn copies(&self, planned: Option<usize>) -> Counts {
        let running = |live: &&Live| matches!(live.task, Task::Substitute { .. });
        let running = self.live.values().filter(running).count();
        let (tally, waiting) = self.tally(&Task::Copies, self.past_copies);
        if !self.has_copy_counters {
            let waiting = planned.unwrap_or(0);
            return Counts { done: size(self.copies_ended), failed: 0, running, waiting };
        }
        let waiting = planned.unwrap_or(size(waiting));
        Counts { done: size(tally.done()), failed: size(tally.failed()), running, waiting }
    }

    pub(super) fn downloads(&self) -> Bytes {
        let transfers = self.live.values().filter(|l| matches!(l.task, Task::Transfer { .. }));
        let (mut done, mut own) = (self.downloaded, self.downloaded);
        for live in transfers {
            done = done.saturating_add(live.bytes.done);
            own = own.saturating_add(live.bytes.expected.unwrap_or(live.bytes.done));
        }
        let runs = self.live.values().filter(|live| live.task == Task::Realise);
        let told = runs.filter_map(|live| Some(live.base.saturating_add(live.bytes.expected?)));
        let expected = told.max().unwrap_or(0).max(own).max(done);
        Bytes { done, expected: (expected > 0).then_some(expected) }
    }
}

/// What stands in the first quotes of Nix's words.
fn quoted(text: &str) -> &str {
    text.split('\'').nth(1).unwrap_or(text)
}
