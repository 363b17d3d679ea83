//! Looks, after the end, whether what was said is so.

use std::fs;

use serde_json::json;

use super::{Places, home_files};
use crate::event::{Checked, Verdict};

/// The active generation and the files that lead into it.
pub fn proofs(places: &Places) -> Vec<Checked> {
    let Some(generation) = places.generation() else {
        return vec![checked(
            "generation",
            Verdict::DoesNotHold,
            "No generation of your home is active.",
            json!({}),
        )];
    };
    let number = places.number();
    let which = match number {
        Some(number) => format!("Generation {number} of your home is active."),
        None => "Your home is active.".to_owned(),
    };
    let files = home_files(&generation);
    let of = files.len();
    let lead = files.iter().filter(|f| f.is_linked(&places.home)).count();
    let verdict = if lead == of { Verdict::Holds } else { Verdict::DoesNotHold };
    vec![
        checked("generation", Verdict::Holds, &which, json!({ "value": number })),
        checked(
            "home-files",
            verdict,
            &format!("{lead} of {of} files lead into it."),
            json!({ "value": lead, "of": of }),
        ),
    ]
}

/// Whether each of `names` can be read where sops-nix puts it.
pub fn secrets_on_disk(places: &Places, names: &[String], placeholders: &[String]) -> Checked {
    let link = places.secrets_link();
    let missing: Vec<&String> =
        names.iter().filter(|name| fs::read(link.join(name)).is_err()).collect();
    let data = json!({ "value": names, "placeholders": placeholders });
    if missing.is_empty() {
        let all = match names.len() {
            1 => "The secret is on disk and readable.".to_owned(),
            2 => "both secrets are on disk and readable.".to_owned(),
            n => format!("all {n} secrets are on disk and readable."),
        };
        return checked("secrets", Verdict::Holds, &all, data);
    }
    let names: Vec<&str> = missing.iter().map(|n| n.as_str()).collect();
    let words = format!("Not readable on disk: {}.", names.join(", "));
    checked(
        "secrets",
        Verdict::DoesNotHold,
        &words,
        json!({ "value": names, "placeholders": placeholders }),
    )
}

fn checked(what: &'static str, verdict: Verdict, words: &str, data: serde_json::Value) -> Checked {
    let data = match data {
        serde_json::Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    Checked { what, verdict, words: words.to_owned(), data }
}
