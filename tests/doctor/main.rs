//! `doorstep doctor`: one thing is broken on a healthy machine, found first, and mended where that
//! is safe.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod commands;
mod machines;
mod mending;
mod more;
mod world;
