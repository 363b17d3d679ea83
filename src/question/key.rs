//! Which age key opens the person's secrets.

mod places;
mod public_half;

use super::{Anchor, Ask, Choice, Context, KeyTrouble, Question, Reply, Suggestion, choosing};
use crate::answers::{Answers, KeyChoice};
use crate::counted::counted;
use crate::problem::Problem;
use crate::survey::is_key_of;

pub use places::{KeyHere, Trouble, keys_here, looked_in, troubles};
pub(crate) use public_half::is_theirs;

pub(super) struct Key;

const FOUND: &str = "found";
const GENERATE: &str = "generate";
const FROM_SSH: &str = "from-ssh";
const PUBLIC: &str = "public";
/// The one that `.sops.yaml` has for somebody.
const KNOWN: &str = "known";

impl Question for Key {
    fn id(&self) -> &'static str {
        "key"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if let Some(because) = unused(cx) {
            return Ask::Skip { because };
        }
        let mut options = vec![found(cx), generate(cx), from_ssh(cx), public(cx)];
        options.extend(known(cx));
        Ask::Pick {
            label: match cx.subject.is_oneself() {
                true => "Which key opens your secrets?".to_owned(),
                false => format!("Which key opens {}'s secrets?", cx.username()),
            },
            note: note(cx),
            help: match cx.subject.is_oneself() {
                true => {
                    "A key has two halves. The private one stays in a file only you can read; the \
                     public one goes into the fleet, so that secrets can be encrypted for you."
                }
                false => {
                    "A key has two halves. The private one stays with them; the public one goes \
                     into the fleet. A public ssh-ed25519 key is as good, and so is the path of a \
                     file with either."
                }
            }
            .to_owned(),
            suggested: suggestion(cx, &options),
            options,
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        if reply == Reply::Suggested && cx.answers.key.is_none() && unused(cx).is_some() {
            return Ok(cx.answers.clone());
        }
        let choice = match (&reply, &cx.answers.key) {
            (Reply::Suggested, Some(KeyChoice::Public(public))) => public_half::read(public)?,
            (Reply::Suggested, Some(KeyChoice::File(path))) => KeyChoice::File(path.clone()),
            (Reply::Text(text), _) => public_half::read(text)?,
            (Reply::Named(names), _) => match names.as_slice() {
                [name] if [FOUND, GENERATE, FROM_SSH, KNOWN].contains(&name.as_str()) => {
                    self.picked(cx, &reply)?
                }
                [text] => public_half::read(text)?,
                _ => return Err(Problem::user("Choose one key.")),
            },
            _ => self.picked(cx, &reply)?,
        };
        is_theirs(cx, &choice)?;
        // A copy is only promised for the key it was promised for.
        let key_copy = cx.answers.key_copy.filter(|_| choice == KeyChoice::Generate);
        Ok(Answers { key: Some(choice), key_copy, ..cx.answers.clone() })
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        let name = match given.key.as_ref()? {
            KeyChoice::Found => FOUND.to_owned(),
            KeyChoice::Generate => GENERATE.to_owned(),
            KeyChoice::FromSsh => FROM_SSH.to_owned(),
            KeyChoice::Public(key) => key.clone(),
            // What is written like a path is read as one.
            KeyChoice::File(path) => return Some(Reply::Text(public_half::as_path(path))),
        };
        Some(Reply::Named(vec![name]))
    }

    fn told(&self, answers: &Answers) -> String {
        match &answers.key {
            Some(KeyChoice::Found) => "the key you have".to_owned(),
            Some(KeyChoice::Generate) => "a new key".to_owned(),
            Some(KeyChoice::FromSsh) => "made from your SSH key".to_owned(),
            Some(KeyChoice::Public(key)) if key.starts_with("ssh-") => {
                "made from a public SSH key".to_owned()
            }
            Some(KeyChoice::Public(_)) => "a public key only".to_owned(),
            Some(KeyChoice::File(path)) => format!("the public key in {}", path.display()),
            None => String::new(),
        }
    }

    fn missing(&self, cx: &Context) -> String {
        match cx.subject.is_oneself() {
            true => "has no suggestion here: no key can be saved where it belongs".to_owned(),
            false => format!("is needed: {}'s public key", cx.username()),
        }
    }

    fn example(&self) -> &'static str {
        "key: generate                     # found | generate | from-ssh | age1... or ssh-ed25519 ... public key | { file: PATH }"
    }
}

impl Key {
    fn picked(&self, cx: &Context, reply: &Reply) -> Result<KeyChoice, Problem> {
        let ask = self.ask(cx);
        match choosing::one(&ask, reply, "a key")?.id.as_str() {
            FOUND => Ok(KeyChoice::Found),
            GENERATE => Ok(KeyChoice::Generate),
            FROM_SSH => Ok(KeyChoice::FromSsh),
            KNOWN => match theirs(cx) {
                Some(anchor) => Ok(KeyChoice::Public(anchor.recipient.clone())),
                None => Err(Problem::user("The .sops.yaml names no key of theirs.")),
            },
            _ => Err(Problem::user("Please paste the public key. It starts with age1.")),
        }
    }
}

/// Why nobody's plan would have a step with somebody else's key in it.
fn unused(cx: &Context) -> Option<String> {
    let found = cx.found;
    let none = found.no_secrets_file.is_some() && found.no_rule.is_some();
    let nowhere = none && found.shared.is_empty() && cx.fleet.clan.people.is_empty();
    (nowhere && !cx.subject.is_oneself())
        .then(|| format!("Nothing is encrypted for {} here, so no key is needed.", cx.username()))
}

/// Why no private half may be made or used here, for somebody else.
fn not_theirs(cx: &Context) -> Option<String> {
    (!cx.subject.is_oneself())
        .then(|| format!("the private half would be on your machine, not {}'s", cx.username()))
}

fn in_fleet(cx: &Context, recipient: &str) -> bool {
    cx.found.anchors.iter().any(|a| a.recipient == recipient)
        || cx.fleet.secrets.iter().any(|s| s.recipients.iter().any(|r| r == recipient))
}

fn found(cx: &Context) -> Choice {
    let best = cx.found.best_key(|recipient| in_fleet(cx, recipient));
    let places = cx.found.key_places.len();
    let trouble = cx.found.key_places.iter().find_map(|p| {
        p.trouble.as_ref().filter(|t| t.blocks()).map(|t| format!("{} {}", p.place, t.words()))
    });
    let off = match &best {
        _ if !cx.subject.is_oneself() => not_theirs(cx),
        Some(_) => None,
        None => {
            Some(trouble.unwrap_or_else(|| format!("none found in {}", counted(places, "place"))))
        }
    };
    Choice {
        id: FOUND.to_owned(),
        label: "Use the key you have".to_owned(),
        detail: match &best {
            Some((place, _)) => format!("It is in {}.", place.place),
            None => String::new(),
        },
        more: match &best {
            Some((place, key)) => {
                format!("{}, line {}. Its public half is {}.", place.place, key.line, key.recipient)
            }
            None => String::new(),
        },
        told: "the key you have".to_owned(),
        off,
        ..Choice::default()
    }
}

fn generate(cx: &Context) -> Choice {
    let target = cx.found.key_places.iter().find(|p| p.is_target);
    let off = not_theirs(cx).or_else(|| not_savable(cx));
    let detail = match target {
        Some(place) if !place.keys.is_empty() => {
            format!("It is added to {}, below the key that is there.", place.place)
        }
        _ => String::new(),
    };
    let place = target.map_or("your key file", |p| p.place.as_str());
    Choice {
        id: GENERATE.to_owned(),
        label: "Create a new key".to_owned(),
        detail,
        more: format!("Saved in {place} when you apply, never before."),
        told: "a new key".to_owned(),
        off,
        ..Choice::default()
    }
}

fn from_ssh(cx: &Context) -> Choice {
    let off = not_theirs(cx).or_else(|| match &cx.found.ssh_identity {
        None => Some("there is no id_ed25519 in .ssh in your home".to_owned()),
        Some(key) => key.trouble.as_ref().map(|why| format!("{} {why}", key.place)),
    });
    Choice {
        id: FROM_SSH.to_owned(),
        label: "Make it from your SSH key".to_owned(),
        more: "Can be made again from that key, by you and by anybody who gets it.".to_owned(),
        told: "made from your SSH key".to_owned(),
        off: off.or_else(|| not_savable(cx)),
        ..Choice::default()
    }
}

/// The key that `.sops.yaml` names for somebody else.
fn theirs<'a>(cx: &Context<'a>) -> Option<&'a Anchor> {
    let name = cx.username();
    let named = |anchor: &&Anchor| is_key_of(name, &anchor.name);
    cx.found.anchors.iter().find(named).filter(|_| !cx.subject.is_oneself() && !name.is_empty())
}

fn known(cx: &Context) -> Option<Choice> {
    let anchor = theirs(cx)?;
    Some(Choice {
        id: KNOWN.to_owned(),
        label: "Use the key that the fleet has".to_owned(),
        detail: format!("It is {} in .sops.yaml, line {}.", anchor.name, anchor.line),
        more: format!("{}, .sops.yaml:{}. {}", anchor.name, anchor.line, anchor.recipient),
        told: "the key that the fleet has".to_owned(),
        ..Choice::default()
    })
}

fn public(cx: &Context) -> Choice {
    Choice {
        id: PUBLIC.to_owned(),
        label: "Give a public key only".to_owned(),
        more: match cx.subject.is_oneself() {
            true => "Its private half is somewhere else.".to_owned(),
            false => format!("Its private half is with {}.", cx.username()),
        },
        told: "a public key only".to_owned(),
        asks: Some("Public key".to_owned()),
        ..Choice::default()
    }
}

/// Why nothing can be saved in the key file.
fn not_savable(cx: &Context) -> Option<String> {
    let place = cx.found.key_places.iter().find(|p| p.is_target)?;
    let trouble = place.trouble.as_ref().filter(|t| t.refuses_more())?;
    Some(format!("{} {}", place.place, trouble.words()))
}

fn note(cx: &Context) -> String {
    if !cx.subject.is_oneself() {
        return String::new();
    }
    let open = cx.found.key_places.iter().find_map(|p| match p.trouble {
        Some(KeyTrouble::Mode(mode)) => Some(mode),
        _ => None,
    });
    match (cx.found.keys().count(), open) {
        (0, _) => match cx.found.key_places.len() {
            0 => "No age key was found.".to_owned(),
            n => format!("No age key was found in {}.", counted(n, "place")),
        },
        (_, Some(mode)) => format!(
            "Other accounts can read your private key file (mode {mode:04o}). It is made private when you apply."
        ),
        (n, _) => match cx.found.key_places.iter().find(|p| p.is_target && !p.keys.is_empty()) {
            Some(place) => format!(
                "{} is there already and holds {}. It is used as it is, never overwritten.",
                place.place,
                counted(place.keys.len(), "key")
            ),
            None => format!("{} found.", counted(n, "key")),
        },
    }
}

/// A found key that is a recipient already, else a found key, else a new one.
fn suggestion(cx: &Context, options: &[Choice]) -> Option<Suggestion<usize>> {
    let at = |id: &str| options.iter().position(|c| c.id == id && c.off.is_none());
    if let Some(answered) = &cx.answers.key {
        let id = match answered {
            KeyChoice::Found => FOUND,
            KeyChoice::Generate => GENERATE,
            KeyChoice::FromSsh => FROM_SSH,
            KeyChoice::Public(key) if theirs(cx).is_some_and(|a| a.recipient == *key) => KNOWN,
            KeyChoice::Public(_) | KeyChoice::File(_) => PUBLIC,
        };
        return at(id).map(|index| Suggestion::new(index, ""));
    }
    if !cx.subject.is_oneself() {
        if let Some(known) = at(KNOWN) {
            return Some(Suggestion::new(known, "Suggested because the fleet has it already."));
        }
        return at(PUBLIC).map(|index| Suggestion::new(index, ""));
    }
    let known = cx.found.keys().any(|(_, key)| in_fleet(cx, &key.recipient));
    let from = match known {
        true => "Suggested because it is a recipient in this fleet already.",
        false => "Suggested because you have it already.",
    };
    at(FOUND)
        .map(|index| Suggestion::new(index, from))
        .or_else(|| [GENERATE, PUBLIC].iter().find_map(|id| at(id)).map(|i| Suggestion::new(i, "")))
}

#[cfg(test)]
mod tests;
