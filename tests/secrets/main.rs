//! `doorstep secrets` and `doorstep recipients`, as people run them and under the real sops.
//!
//! sops, age and `age-plugin-pq` must be installed: a missing one is a failure, not a skip.
//!
//! | what is shown | where |
//! |---|---|
//! | every verb, its words and exit codes | `commands`, `rekey`, `edit` |
//! | documents of every format both ways, through every change that we make | `documents` |
//! | 12,000 tamperings | `tamper` |
//! | every kind of bad input, and rules that are wrong | `bad_input`, `large` |
//! | each place of a key, protected ones, each named | `identities` |
//! | plugins and post-quantum keys, and what they ask | `plugins` |
//! | groups of keys (Shamir) | `groups` |
//! | 1,000 files at once; killed, gone on with, taken back | `rekey`, `crash` |
//! | canaries in children, files, receipts, panics, cores | `canary`, `edit` |
//!
//! The vectors of sops itself are in `tests/sops.rs` and beside the reader.

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
