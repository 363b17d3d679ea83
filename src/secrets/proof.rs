//! After a change the files are read from disk again, and what was meant is looked at.

use std::fs;

use serde_json::json;

use super::keyring::Keyring;
use super::rekey::Changed;
use super::store::{Store, format_of};
use crate::counted::counted;
use crate::event::{Checked, Verdict};
use crate::key::AnyRecipient;
use crate::parallel;
use crate::sops::EncryptedFile;

/// What one file on disk showed.
struct Seen {
    /// It opens with a key here, and its MAC is right.
    opens: bool,
    /// Everybody who was added has a stanza, and opens it where their key is here.
    added: bool,
    /// Nobody who was removed has one, and no key of theirs that is here opens it.
    removed: bool,
}

/// The facts about `changed`, as they are on disk.
pub(super) fn of(store: &Store, ring: &Keyring, changed: &[Changed]) -> Vec<Checked> {
    let seen = parallel::each(changed, &|changed: &Changed| look(store, ring, changed));
    let mut facts = Vec::new();
    let all = seen.len();
    let opens = seen.iter().filter(|seen| seen.opens).count();
    facts.push(fact(
        "secrets-open",
        opens == all,
        match opens == all {
            true => format!(
                "{} with your key, {}.",
                verb(all, "opens", "open"),
                if all == 1 { "and its MAC verifies" } else { "and their MACs verify" }
            ),
            false => format!("{} of {} do not open any more.", all - opens, files(all)),
        },
        all,
    ));
    let gains = changed.iter().filter(|changed| !changed.difference.added.is_empty()).count();
    if gains > 0 {
        let held = seen.iter().all(|seen| seen.added);
        let words = match held {
            true => format!("{} encrypted to everybody who was added.", verb(gains, "is", "are")),
            false => "Somebody who was added cannot open a file.".to_owned(),
        };
        facts.push(fact("added-can-read", held, words, gains));
    }
    let losses = changed.iter().filter(|changed| !changed.difference.removed.is_empty()).count();
    if losses > 0 {
        let held = seen.iter().all(|seen| seen.removed);
        let words = match held {
            true => {
                format!("{} no longer encrypted to whoever was removed.", verb(losses, "is", "are"))
            }
            false => "Somebody who was removed can still open a file.".to_owned(),
        };
        facts.push(fact("removed-cannot-read", held, words, losses));
    }
    facts
}

fn look(store: &Store, ring: &Keyring, changed: &Changed) -> Seen {
    let nothing = Seen { opens: false, added: false, removed: false };
    let Ok(text) = fs::read_to_string(store.at(&changed.path)) else { return nothing };
    let Ok(file) = EncryptedFile::parse(&text, format_of(&changed.path)) else { return nothing };
    let there = |recipient: &String| {
        let normal = |text: &str| AnyRecipient::parse(text).map(|known| known.text);
        let wanted = normal(recipient);
        file.metadata()
            .stanzas()
            .any(|s| s.recipient == *recipient || normal(&s.recipient) == wanted)
    };
    // The key of a newcomer is rarely here; where it is, it is tried by itself.
    let own_key = |recipient: &String| {
        let held = ring
            .keys
            .iter()
            .find(|held| crate::key::Opens::public(&held.identity) == *recipient)?;
        Some(file.open(std::slice::from_ref(&held.identity)).is_ok())
    };
    let groups = file.metadata().groups.len();
    let difference = &changed.difference;
    Seen {
        opens: file.open(&ring.identities()).is_ok(),
        added: difference
            .added
            .iter()
            .all(|added| there(added) && (groups > 1 || own_key(added).unwrap_or(true))),
        removed: difference
            .removed
            .iter()
            .all(|removed| !there(removed) && !own_key(removed).unwrap_or(false)),
    }
}

fn fact(what: &'static str, held: bool, words: String, files: usize) -> Checked {
    let verdict = if held { Verdict::Holds } else { Verdict::DoesNotHold };
    let mut data = serde_json::Map::new();
    data.insert("files".to_owned(), json!(files));
    Checked { what, verdict, words, data }
}

fn verb(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", files(count), if count == 1 { one } else { many })
}

fn files(count: usize) -> String {
    counted(count, "file")
}
