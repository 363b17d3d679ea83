//! A person added to machines of every shape that fleets have: the edits as people see them, what
//! Nix says of the result, and the way back.
//!
//! Nix and git must be on `PATH`; without them these tests fail, they never skip.
//! `INSTA_UPDATE=always` rewrites the expected edits.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test prints its counts, and one that cannot go on has failed"
)]

mod evaluated;
mod generated;
mod partial;
mod refusals;
mod shapes;
mod small;
mod spellings;
#[allow(dead_code, reason = "the layouts' own tests use more of it")]
#[path = "../layouts/world.rs"]
mod world;
