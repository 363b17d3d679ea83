//! The log of a run: everything the steps' commands say, kept within a fixed amount of memory,
//! and the pane that shows it.
//!
//! ```text
//! worker ─► Inlet ══ bounded, swapped ══► Outlet ─► Store ─► Lines ─► Pane
//!           blocks when it is full         drained by    of one     what is seen:
//!           wakes when it was empty        each frame    step, or   follow, scroll,
//!                                                        all        search, wrap
//! ```
//!
//! It must never hold more than [`feed::WAITING`] and [`store::KEPT`] bytes, however much is
//! said; never keep text that a terminal would obey; and never spend more on a picture than the
//! rows in it cost, however many lines there are.

use std::borrow::Cow;

mod draw;
pub mod feed;
mod layout;
mod lines;
pub mod pane;
mod rows;
mod search;
mod steps;
pub mod store;

pub use draw::Styles;
pub use feed::{Inlet, Outlet, feed};
pub use lines::{Line, Lines, Which};
pub use pane::{Input, Pane};
pub use store::Store;

/// Bytes as text, with what is not UTF-8 replaced. The lossy reader of the standard library goes
/// through good text a byte at a time, four times as slow as checking it.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// A number as people read it: `1,204`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests;
