//! Ctrl-C while a plan is carried out: once stops after the running step, twice ends the running
//! command. Either way the receipt stays whole and the run can go on or be undone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::note;
use crate::problem::Problem;

/// What was asked for so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt {
    stop: Arc<AtomicBool>,
    end: Arc<AtomicBool>,
    /// Whether something is carried out. Before and after, a signal does what it always does.
    busy: Arc<AtomicBool>,
}

impl Interrupt {
    /// Takes the signals over. Children are in process groups of their own, so a Ctrl-C at the
    /// terminal reaches doorstep alone.
    pub(crate) fn watch() -> Result<Self, Problem> {
        Self::watched(|| note("Stopping after this step. Press Ctrl-C again to end it now."))
    }

    /// The same for a conversation, which says by itself that it stops.
    pub(crate) fn watch_silently() -> Result<Self, Problem> {
        Self::watched(|| ())
    }

    fn watched(stopping: impl Fn() + Send + 'static) -> Result<Self, Problem> {
        let interrupt = Self::default();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
            .map_err(|e| Problem::bug("signals cannot be watched").cause(e))?;
        let told = interrupt.clone();
        std::thread::spawn(move || {
            for signal in signals.forever() {
                if !told.busy.load(Ordering::Relaxed) {
                    crate::secrets::scratch::wipe_open();
                    // Ends the process; the only error is an unknown signal.
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                } else if told.stop.swap(true, Ordering::Relaxed) {
                    told.end.store(true, Ordering::Relaxed);
                } else {
                    stopping();
                }
            }
        });
        Ok(interrupt)
    }

    /// Runs `work`, which looks at [`Self::stop`], with signals taken over.
    pub(crate) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        self.busy.store(true, Ordering::Relaxed);
        let done = work();
        self.busy.store(false, Ordering::Relaxed);
        done
    }

    pub(crate) fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    pub(crate) fn end(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.end)
    }
}
