//! Explaining logs: every class on logs of its own, precision on logs of others, bad input.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod classes;
mod input;
mod machine;
mod precision;
mod real;

use std::path::PathBuf;

use doorstep::explain::{Catalogue, Explanation, explain_elsewhere, read};

/// A folder of these tests.
fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/explain").join(name)
}

/// What is said of a log from nowhere in particular.
fn explained(bytes: &[u8]) -> Explanation {
    let catalogue = Catalogue::built_in().unwrap();
    let log = read(&mut &bytes[..], catalogue).unwrap();
    explain_elsewhere(&log, catalogue)
}

/// Its causes, as a failing test shows them.
fn told(explanation: &Explanation) -> Vec<String> {
    let causes = explanation.causes.iter();
    causes
        .map(|c| {
            format!("{} {} {:?}", c.class, c.confidence.word(), c.shown.first().map(|s| s.line))
        })
        .collect()
}
