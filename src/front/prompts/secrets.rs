//! The list of secrets, one by one.

use super::asking::{Came, Typed, join, left, numbers, refuse, speak, typed};
use super::talk::{Ended, Talk};
use super::wording::{count, is_or_are};
use crate::answers::{SecretAnswer, SecretFrom};
use crate::question::{Context, Question, Reply};

/// Asks for the secrets, beginning with those suggested.
pub(super) fn put(
    talk: &mut dyn Talk,
    cx: &Context,
    question: &dyn Question,
    opening: &str,
    help: &str,
    suggested: Vec<SecretAnswer>,
) -> Result<Came, Ended> {
    let mut secrets = suggested;
    let help = format!("{help} Type a number to change a secret, or add to name another one.");
    let number = match secrets.len() {
        0 => "None is suggested.".to_owned(),
        n => format!("{n} {} suggested.", is_or_are(n)),
    };
    talk.say(&join(opening, &format!("Secrets. {number}")));
    speak(talk, &secrets.iter().map(told).collect::<Vec<_>>());
    talk.say(match secrets.len() {
        0 => "Type add to name one, or Enter to go on.",
        _ => "Type a number to change one, or Enter to go on.",
    });
    loop {
        let changed = match typed(talk, &help)? {
            Typed::Nothing => match question.accept(cx, Reply::Secrets(secrets.clone())) {
                Ok(answers) => return Ok(Came::Answer(answers, String::new())),
                Err(problem) => {
                    refuse(talk, &problem, "");
                    None
                }
            },
            Typed::Text(text) if text == "add" => add(talk, cx, question, &mut secrets)?,
            Typed::Text(text) => match numbers(&text, secrets.len()).as_deref() {
                Some([row]) => change(talk, &mut secrets, *row)?,
                _ => {
                    talk.say("Problem: Type the number of a secret, or add.");
                    None
                }
            },
            Typed::Back => {
                return Ok(Came::Back(question.accept(cx, Reply::Secrets(secrets)).ok()));
            }
            other => return Ok(left(&other)),
        };
        if let Some(said) = changed {
            talk.say(&said);
            talk.say("A number, add, or Enter to go on.");
        }
    }
}

/// A row of the list.
fn told(secret: &SecretAnswer) -> String {
    let from = match &secret.from {
        SecretFrom::NewEd25519 => "A new one is made for you.".to_owned(),
        SecretFrom::Later => "Later: a placeholder goes in.".to_owned(),
        SecretFrom::Kept => "Kept as it is in the file.".to_owned(),
        SecretFrom::Stdin => "From standard input.".to_owned(),
        SecretFrom::File(path) => format!("From the file {}.", path.display()),
        SecretFrom::Given(value) => set(&value.0),
    };
    format!("{}. {from}", secret.name)
}

/// How much was typed, never what.
fn set(value: &str) -> String {
    let characters = count(value.chars().count(), "character", "characters");
    match value.lines().count() {
        0 | 1 => format!("Set, {characters}."),
        lines => format!("Set, {characters} in {lines} lines."),
    }
}

fn add(
    talk: &mut dyn Talk,
    cx: &Context,
    question: &dyn Question,
    secrets: &mut Vec<SecretAnswer>,
) -> Result<Option<String>, Ended> {
    talk.say("Name of the secret:");
    let Typed::Text(name) = typed(talk, "A short name, such as github-token.")? else {
        return Ok(Some("Nothing is added.".to_owned()));
    };
    secrets.push(SecretAnswer { name, from: SecretFrom::Later, path: None, mode: None });
    // The question is asked with the whole list, so that a name that is there twice is refused.
    if let Err(problem) = question.accept(cx, Reply::Secrets(secrets.clone())) {
        secrets.pop();
        refuse(talk, &problem, "");
        return Ok(Some("Nothing is added.".to_owned()));
    }
    change(talk, secrets, secrets.len() - 1)
}

/// Asks where the value of one secret comes from. Says what is so afterwards.
fn change(
    talk: &mut dyn Talk,
    secrets: &mut Vec<SecretAnswer>,
    row: usize,
) -> Result<Option<String>, Ended> {
    let Some(secret) = secrets.get_mut(row) else { return Ok(None) };
    let mut rows = vec![
        ("Type or paste it now, hidden as you type.", Source::Type),
        ("Read it from a file.", Source::File),
        ("Make a new ed25519 key.", Source::New),
        ("Later. A placeholder goes in, so that your home can be built.", Source::Later),
    ];
    if secret.from != SecretFrom::Kept {
        rows.push(("Leave it out.", Source::Out));
    }
    talk.say(&format!("{}. Where does its value come from?", secret.name));
    speak(talk, &rows.iter().map(|(text, _)| (*text).to_owned()).collect::<Vec<_>>());
    talk.say("Type a number, or Enter to leave it as it is.");
    loop {
        let Typed::Text(text) = typed(talk, "The value is encrypted when you apply.")? else {
            return Ok(Some(told(secret)));
        };
        let Some(source) = numbers(&text, rows.len()).and_then(|n| rows.get(*n.first()?)) else {
            talk.say(&format!("Problem: Type a number from 1 to {}.", rows.len()));
            continue;
        };
        match source.1 {
            Source::Type => {
                talk.say("What you type is hidden.");
                let value = match talk.ask_hidden() {
                    Ok(value) if !value.0.is_empty() => value,
                    // Ctrl-C while typing a value leaves the value, not everything.
                    Ok(_) | Err(Ended::Quit) => return Ok(Some(told(secret))),
                    Err(ended) => return Err(ended),
                };
                let said = set(&value.0);
                secret.from = SecretFrom::Given(value);
                return Ok(Some(said));
            }
            Source::File => {
                talk.say("Which file? A path, such as ~/token.txt:");
                if let Typed::Text(path) = typed(talk, "The file is read when you apply.")? {
                    secret.from = SecretFrom::File(path.into());
                }
            }
            Source::New => secret.from = SecretFrom::NewEd25519,
            Source::Later => secret.from = SecretFrom::Later,
            Source::Out => {
                let name = secrets.remove(row).name;
                return Ok(Some(format!("{name} is left out.")));
            }
        }
        return Ok(Some(told(secret)));
    }
}

#[derive(Clone, Copy)]
enum Source {
    Type,
    File,
    New,
    Later,
    Out,
}
