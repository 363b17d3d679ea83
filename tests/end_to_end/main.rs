//! The binary, from its command line to proved facts on disk, with the real nix, sops, age and
//! git. `tests/run` runs this as root and once more as an unprivileged account that Nix does not
//! trust, since that is our user.
//!
//! `sops-install-secrets` is the stand-in of `tests/stand-ins` unless the real one is on `PATH`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test prints its counts, and one that cannot go on has failed"
)]

mod activate;
mod admin;
mod crash;
mod later;
mod people;
mod practice;
mod refusals;
mod world;
