//! The way of lines from the thread that works to the one that draws.
//!
//! The one that works appends under a lock; the other takes all of it by swapping buffers, so it
//! never holds the lock while it copies. It is woken once for what came since it last took, not
//! once a line, and a worker that is too fast waits: nobody polls and nothing grows.
//!
//! The one that draws should take lines when it is about to draw, and sooner only if
//! [they press](Outlet::is_pressing). Taking them at each wake is right too, but then two quick
//! threads wake each other for every few lines, which halves their speed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::store::Store;
use super::text_of;
use crate::front::sanitise;
use crate::run::Stream;

/// Bytes that may wait to be taken. More would only make the lines on screen older.
pub const WAITING: usize = 4 << 20;

/// A line longer than this is made harmless, and thereby short, before it waits.
const LONG: usize = 16 << 10;

/// Where lines go in. One for each thread that has some.
#[derive(Clone)]
pub struct Inlet {
    shared: Arc<Shared>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// Where they come out. When it is dropped, whoever still has lines is let go.
#[derive(Debug)]
pub struct Outlet {
    shared: Arc<Shared>,
    /// Swapped with the one that fills, so neither is ever allocated again.
    taken: Batch,
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    taken: Condvar,
    limit: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    batch: Batch,
    /// Nobody takes any more.
    is_closed: bool,
    /// Workers that wait for room; telling nobody would still be a system call.
    blocked: usize,
}

/// Lines one after the other, and where each ends. Who said them is noted only when it changes.
#[derive(Debug, Default)]
struct Batch {
    text: String,
    ends: Vec<usize>,
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    step: &'static str,
    stream: Stream,
    lines: usize,
}

/// A feed that holds up to `limit` bytes; [`WAITING`] is a good limit. `wake` is called, on the
/// worker's thread and without any lock, when there is something where there was nothing, and
/// once more when half of the limit waits.
pub fn feed(limit: usize, wake: impl Fn() + Send + Sync + 'static) -> (Inlet, Outlet) {
    let waiting = Mutex::default();
    let shared = Arc::new(Shared { waiting, taken: Condvar::new(), limit });
    let inlet = Inlet { shared: Arc::clone(&shared), wake: Arc::new(wake) };
    (inlet, Outlet { shared, taken: Batch::default() })
}

impl std::fmt::Debug for Inlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inlet").finish_non_exhaustive()
    }
}

impl Inlet {
    /// Hands one line over; waits while too much is waiting. Without anybody to take it, it is
    /// dropped.
    pub fn line(&self, step: &'static str, stream: Stream, text: &str) {
        if text.len() > LONG {
            self.put(step, stream, &sanitise(text));
        } else {
            self.put(step, stream, text);
        }
    }

    /// The same for what came as bytes: what is not UTF-8 is replaced.
    pub fn bytes(&self, step: &'static str, stream: Stream, bytes: &[u8]) {
        self.line(step, stream, &text_of(bytes));
    }

    fn put(&self, step: &'static str, stream: Stream, text: &str) {
        let mut waiting = self.shared.lock();
        while waiting.batch.size() >= self.shared.limit && !waiting.is_closed {
            waiting.blocked += 1;
            let woken = self.shared.taken.wait(waiting);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
            waiting.blocked -= 1;
        }
        if waiting.is_closed {
            return;
        }
        let (was_empty, before) = (waiting.batch.ends.is_empty(), waiting.batch.size());
        waiting.batch.push(step, stream, text);
        let after = waiting.batch.size();
        drop(waiting);
        let half = self.shared.limit / 2;
        if was_empty || (before < half && after >= half) {
            (self.wake)();
        }
    }
}

impl Outlet {
    /// Moves everything that waits into `store`, and says how many lines that were. Never waits
    /// for more.
    pub fn drain(&mut self, store: &mut Store) -> usize {
        self.taken.clear();
        let mut waiting = self.shared.lock();
        if waiting.batch.ends.is_empty() {
            return 0;
        }
        std::mem::swap(&mut waiting.batch, &mut self.taken);
        let blocked = waiting.blocked;
        drop(waiting);
        if blocked > 0 {
            self.shared.taken.notify_all();
        }
        self.taken.for_each(|step, stream, text| store.push(step, stream, text));
        self.taken.ends.len()
    }

    /// Whether so much waits that workers will soon have to: the reason to take it before the
    /// next picture is due.
    pub fn is_pressing(&self) -> bool {
        // Half leaves a worker the other half to go on with while the first is taken.
        self.waiting() >= self.shared.limit / 2
    }

    /// Bytes that wait now.
    pub fn waiting(&self) -> usize {
        self.shared.lock().batch.size()
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        let mut waiting = self.shared.lock();
        waiting.is_closed = true;
        waiting.batch = Batch::default();
        drop(waiting);
        self.shared.taken.notify_all();
    }
}

impl Shared {
    /// A thread that panicked with the lock in its hand leaves at worst two lines joined to one,
    /// so the others go on.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    fn size(&self) -> usize {
        self.text.len()
            + self.ends.len() * size_of::<usize>()
            + self.sources.len() * size_of::<Source>()
    }

    fn push(&mut self, step: &'static str, stream: Stream, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
        match self.sources.last_mut() {
            // Nearly always it is the very same text; only then need it not be compared.
            Some(last)
                if last.stream == stream
                    && (std::ptr::eq(last.step, step) || last.step == step) =>
            {
                last.lines += 1;
            }
            _ => self.sources.push(Source { step, stream, lines: 1 }),
        }
    }

    fn for_each(&self, mut line: impl FnMut(&'static str, Stream, &str)) {
        let mut ends = self.ends.iter();
        let mut start = 0;
        for source in &self.sources {
            for &end in ends.by_ref().take(source.lines) {
                line(source.step, source.stream, self.text.get(start..end).unwrap_or_default());
                start = end;
            }
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.sources.clear();
    }
}
