//! The full-screen front end, driven through a real pseudo-terminal by a scripted person.
//!
//! `pty` is that person and knows nothing of doorstep. No test waits for a time to pass: a person
//! waits for what the screen shows, for output to come or for the program to end.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test prints its counts, and one that cannot go on has failed"
)]

mod added;
mod admin;
mod asking;
mod bad_input;
mod canary;
mod deploys;
mod dice;
mod gate;
#[path = "../end_to_end/admin/ground.rs"]
#[allow(dead_code, reason = "the end-to-end tests use the rest of it")]
mod ground;
mod harness;
mod journeys;
#[path = "../end_to_end/later.rs"]
#[allow(dead_code, reason = "the end-to-end tests use the rest of it")]
mod later;
mod pictures;
#[allow(dead_code, reason = "a benchmark uses it too, and each leaves some of it")]
mod pty;
mod refused;
mod signals;
mod spoken;
mod updates;
mod walks;
#[path = "../end_to_end/world.rs"]
#[allow(dead_code, reason = "the end-to-end tests use the rest of it")]
mod world;
mod wrong;
