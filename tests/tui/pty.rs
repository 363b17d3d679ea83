//! A scripted person before a real pseudo-terminal: types, looks, waits for what is shown, and
//! notices what a program leaves behind. Owns no knowledge of doorstep; never sleeps.
//!
//! ```ignore
//! let mut zoe = Seat::of(80, 24).runs(&mut world.doorstep(&["practice"]));
//! zoe.sees("Set up my home").decides("<enter>").sees("Is this you?");
//! zoe.types("<c-c>").ends().well().sane();
//! ```
//!
//! `benches/tui.rs` takes this file in by its path, as does `tests/tui/main.rs`; the paths below
//! say where its parts lie for both.

#[path = "pty/hearing.rs"]
mod hearing;
#[path = "pty/keys.rs"]
mod keys;
#[path = "pty/leaving.rs"]
mod leaving;
#[path = "pty/person.rs"]
mod person;
#[path = "pty/seat.rs"]
mod seat;
#[path = "pty/terminal.rs"]
mod terminal;

pub(crate) use hearing::heard;
pub(crate) use person::Person;
pub(crate) use seat::Seat;
pub(crate) use terminal::same;
