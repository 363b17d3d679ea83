//! What commands say, heard on its way to whoever attends.

use super::{Attend, HandOver};
use crate::activate::{Coming, InTheWay, InTheWayChoice};
use crate::event::Event;

/// Whoever attends, with every line of a command heard before: `hear` gets its step and its text.
pub(crate) struct Overheard<'a, F> {
    inner: &'a mut dyn Attend,
    hear: F,
}

impl<'a, F: FnMut(&str, &str)> Overheard<'a, F> {
    pub(crate) fn new(inner: &'a mut dyn Attend, hear: F) -> Self {
        Self { inner, hear }
    }
}

impl<F: FnMut(&str, &str)> Attend for Overheard<'_, F> {
    fn event(&mut self, event: Event) {
        if let Event::Line { step, text, .. } = &event {
            (self.hear)(step, text);
        }
        self.inner.event(event);
    }

    fn rest(&mut self) {
        self.inner.rest();
    }

    fn in_the_way(&mut self, files: &[InTheWay]) -> InTheWayChoice {
        self.inner.in_the_way(files)
    }

    fn stop(&mut self) -> bool {
        self.inner.stop()
    }

    fn agree(&mut self, coming: &Coming) -> bool {
        self.inner.agree(coming)
    }

    fn hand_over(&mut self, hand: &HandOver) {
        self.inner.hand_over(hand);
    }

    fn taken_back(&mut self, hand: &HandOver, exit: Option<&str>) {
        self.inner.taken_back(hand, exit);
    }
}
