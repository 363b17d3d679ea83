//! A newcomer in every layout, by themselves and together with a machine, on both platforms: the
//! plan as people see it, and what Nix, git, sops and age say of the result.
//!
//! Nix, git, sops and age must be on `PATH`; without them these tests fail, they never skip.
//! `INSTA_UPDATE=always` rewrites the expected plans.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test prints its counts, and one that cannot go on has failed"
)]

mod hostile;
mod machines;
mod newcomer;
mod own_layout;
mod unknown_layout;
mod world;
