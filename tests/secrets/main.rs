//! `doorstep secrets` and `doorstep recipients`, as people run them and under the real sops.
//!
//! sops and age must be installed: a missing one is a failure, not a skip.

// Clippy exempts only `#[test]` functions themselves, not what they call.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod bad_input;
mod canary;
mod commands;
mod crash;
mod documents;
mod edit;
mod groups;
mod identities;
mod large;
mod plugins;
mod rekey;
mod tamper;
mod typing;
mod world;
