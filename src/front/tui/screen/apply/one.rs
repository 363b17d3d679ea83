//! The log of one derivation. Nix's records say whose each line is; its end is kept with the build
//! and made a log of its own when it is looked at.

use std::sync::Arc;

use crate::activate::nix_log::{Build, name_of};
use crate::front::tui::log::{Lines, Pane, Store, Which};
use crate::front::tui::screen::Cx;
use crate::run::Stream;

/// More than the build keeps of one derivation.
const ROOM: usize = 1 << 20;

/// One derivation that is looked at.
#[derive(Debug, Clone)]
pub(super) struct One {
    /// The step that builds it.
    step: &'static str,
    drv: String,
    pub(super) pane: Pane,
    store: Arc<Store>,
    /// How much was said when the store was made.
    said: u64,
}

impl One {
    pub(super) fn new(cx: &Cx, step: &'static str, drv: String) -> Self {
        let (store, pane) = (Arc::new(Store::new(ROOM)), Pane::default());
        let mut one = Self { step, drv, pane, store, said: u64::MAX };
        one.refresh(cx);
        one
    }

    pub(super) fn name(&self) -> String {
        crate::front::sanitise(name_of(&self.drv)).into_owned()
    }

    fn build<'a>(&self, cx: &Cx<'a>) -> Option<&'a Build> {
        cx.run?.build(self.step)
    }

    /// How many lines there were, those that are not kept any more among them.
    fn said(&self, cx: &Cx) -> u64 {
        self.build(cx).map_or(0, |build| {
            build.log_lines_gone(&self.drv) + build.log(&self.drv).count() as u64
        })
    }

    /// Its lines as they are now.
    pub(super) fn store(&self, cx: &Cx) -> Arc<Store> {
        if self.said(cx) == self.said {
            return Arc::clone(&self.store);
        }
        let mut store = Store::new(ROOM);
        for line in self.build(cx).into_iter().flat_map(|build| build.log(&self.drv)) {
            store.push(self.step, Stream::Err, line);
        }
        Arc::new(store)
    }

    /// Takes in what was said since.
    pub(super) fn refresh(&mut self, cx: &Cx) {
        (self.store, self.said) = (self.store(cx), self.said(cx));
    }
}

/// Whose lines are looked at.
pub(super) enum Shown {
    Of(Which),
    One(Arc<Store>),
}

impl Shown {
    pub(super) fn lines<'a>(&'a self, cx: &Cx<'a>) -> Lines<'a> {
        match self {
            Self::Of(which) => cx.log.lines(*which),
            Self::One(store) => store.lines(Which::All),
        }
    }
}
