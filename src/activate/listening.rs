//! Listens to an activation for what it says of secrets, which nothing says afterwards.

use super::after;
use super::{Coming, InTheWay, InTheWayChoice};
use crate::apply::{Attend, HandOver};
use crate::event::Event;

/// Whoever attends, and what the activation says of secrets meanwhile.
pub(crate) struct Listening<'a> {
    inner: &'a mut dyn Attend,
    /// The last that was said.
    pub(crate) trouble: Option<String>,
}

impl<'a> Listening<'a> {
    pub(crate) fn new(inner: &'a mut dyn Attend) -> Self {
        Self { inner, trouble: None }
    }
}

impl Attend for Listening<'_> {
    fn event(&mut self, event: Event) {
        if let Event::Line { text, .. } = &event {
            self.trouble = after::trouble(text).or_else(|| self.trouble.take());
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

    fn taken_back(&mut self, hand: &HandOver, exit: &str) {
        self.inner.taken_back(hand, exit);
    }
}
