//! What the three screens behind the third door share: their tabs.

use super::{Effect, Place};
use crate::front::tui::key::Key;

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
