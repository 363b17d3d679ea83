//! What the three screens behind the third door share: their tabs, and where in the body they are.

use ratatui::layout::Rect;

use super::{Cx, Effect, Place, Screen};
use crate::front::tui::key::Key;
use crate::front::tui::paint::Paint;
use crate::front::tui::pane::{view_help, with_help};

/// As they stand in the row of tabs; the keys count from 1.
pub(crate) const TABS: [Place; 3] = [Place::Findings, Place::Explain, Place::Matrix];

pub(crate) const NAMES: [&str; 3] = ["Findings", "Explain a log", "Who can read what"];

/// The tab that a place belongs to.
pub(crate) fn of(place: Place) -> Option<usize> {
    if place == Place::Finding { Some(0) } else { place.tab() }
}

/// Their lines in a key table.
pub(crate) fn keys() -> [Key; 3] {
    [
        Key::quiet("1", "what is wrong here"),
        Key::quiet("2", "explain a log"),
        Key::quiet("3", "who can read what"),
    ]
}

/// Where a letter leads.
pub(crate) fn letter(letter: char) -> Option<Vec<Effect>> {
    let at = usize::try_from(letter.to_digit(10)?).ok()?.checked_sub(1)?;
    TABS.get(at).map(|place| vec![Effect::Turn(*place)])
}

/// Where the page of one of them is in its body: all of it, but for the help where that has a place.
pub(super) fn page(cx: &Cx) -> Rect {
    with_help(cx.body(), cx.size).0
}

/// Draws the help where it has a place.
pub(super) fn help(screen: &dyn Screen, cx: &Cx, paint: &mut Paint) {
    if let Some(area) = with_help(cx.body(), cx.size).1 {
        view_help(paint, area, &screen.help(cx));
    }
}
