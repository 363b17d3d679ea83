//! Clan fleets: people who get their accounts by instances of clan's `users` service, and machines
//! that are updated by clan.
//!
//! Nix, git, sops and age must be on `PATH`; without them these tests fail, they never skip.
//! `INSTA_UPDATE=always` rewrites the expected texts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod instances;
mod scene;
#[path = "../layouts/world.rs"]
#[allow(dead_code, reason = "it is the layouts' world, and they use all of it")]
mod world;
