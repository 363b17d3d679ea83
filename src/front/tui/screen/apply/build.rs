//! What is being built and fetched, as far as Nix tells.

use crate::front::tui::paint::Paint;
use crate::front::tui::run::Run;
use crate::front::tui::screen::Cx;
use crate::front::tui::theme::Role;

/// How far it is, in lines of at most `columns`.
pub(super) fn counts(run: &Run, _columns: usize) -> Vec<String> {
    match run.counts {
        Some((done, waiting)) => vec![format!("{done} done, {waiting} to come")],
        None => Vec::new(),
    }
}

/// What is at work.
pub(super) fn view(run: &Run, _cx: &Cx, _small: bool, paint: &mut Paint) {
    if run.running().is_some_and(|(_, step)| step.command.is_some()) && run.counts.is_none() {
        let words = "Nix is reading the fleet. It says nothing while it reads.";
        let columns = paint.width().saturating_sub(2);
        paint.prose(1, 0, columns, Role::Text, words);
    }
}
