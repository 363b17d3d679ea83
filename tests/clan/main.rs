//! Clan fleets: people who get their accounts by instances of clan's `users` service, and machines
//! that are updated by clan.
//!
//! Nix, git, sops and age must be on `PATH`; without them these tests fail, they never skip.
//! `INSTA_UPDATE=always` rewrites the expected texts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../end_to_end/world.rs"]
#[allow(dead_code, reason = "it is the end-to-end tests' world, and they use all of it")]
mod binary;
mod deploy;
mod evaluated;
mod instances;
mod joined;
#[path = "../tui/pty.rs"]
#[allow(dead_code, unused_imports, reason = "it is the full screen's, whose tests use all of it")]
mod pty;
mod scene;
mod spelled;
#[path = "../layouts/world.rs"]
#[allow(dead_code, reason = "it is the layouts' world, and they use all of it")]
mod world;

/// The text is as `expected/NAME.snap` has it.
fn shown(name: &str, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("expected");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
