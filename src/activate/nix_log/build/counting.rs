//! Numbers that never mislead: what is not known is not guessed, and nothing overflows.

/// Things, such as derivations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub done: usize,
    pub failed: usize,
    pub running: usize,
    /// To come, as far as is known now: Nix learns of more while it works, and of less.
    pub waiting: usize,
}

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bytes {
    pub done: u64,
    /// `None` while it is not known.
    pub expected: Option<u64>,
}

/// Nobody builds or loads as much: Nix has been seen to report 2^63 (nix-output-monitor#179).
const MOST: u64 = 1 << 53;

/// What one Nix process says of its builds or its copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    done: u64,
    failed: u64,
    /// Expected, but neither done nor failed.
    left: u64,
    running: u64,
}

impl Tally {
    /// The four numbers of a progress report. Of one thing that has just ended Nix still says that
    /// it is expected, until the next report.
    pub(super) fn update(&mut self, [done, expected, running, failed]: [u64; 4]) {
        if [done, expected, running, failed].iter().any(|n| *n > MOST) {
            return;
        }
        let ended = (done + failed).saturating_sub(self.done + self.failed);
        let left = expected.saturating_sub(done).saturating_sub(ended);
        *self = Self { done, failed, left, running };
    }

    pub(super) fn done(self) -> u64 {
        self.done
    }

    pub(super) fn failed(self) -> u64 {
        self.failed
    }

    pub(super) fn waiting(self) -> u64 {
        self.left.saturating_sub(self.running)
    }

    /// Of a process that has ended, nothing waits any more.
    pub(super) fn close(self, into: &mut Self) {
        into.done = into.done.saturating_add(self.done);
        into.failed = into.failed.saturating_add(self.failed);
    }
}

impl Bytes {
    /// A report of one transfer. Nix says 0 for a size that it does not know.
    pub(super) fn reported(done: u64, expected: u64) -> Self {
        let expected = (expected > 0 && expected <= MOST).then_some(expected);
        Self { done: if done > MOST { 0 } else { done }, expected }
    }
}

pub(super) fn sane(count: u64) -> u64 {
    if count > MOST { 0 } else { count }
}

pub(super) fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
