//! Does a key of this person open the file, and if not, why? The question behind most failures.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Answer, Here, Query, another_account, brief};
use crate::fleet::{Fleet, SecretsFile};
use crate::host::Host;
use crate::question::{KeyPlace, KeyTrouble};
use crate::sops::config::Config;
use crate::survey;

type Result<T> = std::result::Result<T, Answer>;

impl Here<'_> {
    /// `no-key`, `wrong-place`, `malformed-key`, `no-recipients`, `opens`, `ssh-recipient`,
    /// `named-by-rule` or `not-named`.
    pub(super) fn decryption(&mut self, query: &Query) -> Result<Answer> {
        if let Some(path) = query.about("path")
            && self.own_path(path).is_none()
        {
            return Err(another_account(path));
        }
        let host = self.host;
        let fleet = self.fleet()?;
        let places = survey::key_places(host, fleet);
        if let Some(answer) = keys_trouble(host, &places, query.about("path")) {
            return Ok(answer);
        }
        let file = file_of(host, fleet, query)?;
        let answer = who_opens(host, fleet, file, &places);
        let answer = answer.with("file", file.file.display().to_string());
        Ok(match named_readers(fleet, file) {
            names if names.is_empty() => answer,
            names => answer.with("readers", names.join(" or ")),
        })
    }
}

/// What is wrong with the keys themselves, whatever the file.
fn keys_trouble(host: &Host, places: &[KeyPlace], named: Option<&str>) -> Option<Answer> {
    let with_keys = || places.iter().filter(|place| !place.keys.is_empty());
    let damaged = places.iter().find_map(|place| match &place.trouble {
        Some(KeyTrouble::Malformed { line, why }) => Some((place, line, why)),
        _ => None,
    });
    if let Some((place, line, why)) = damaged {
        let words = format!("{}:{line} is no key: {why}", place.place);
        return Some(Answer::is("malformed-key", words));
    }
    let Some(found) = with_keys().next() else {
        let names: Vec<&str> = places.iter().map(|place| place.place.as_str()).collect();
        return Some(Answer::is("no-key", format!("there is no age key in {}", names.join(", "))));
    };
    // Where the log says it was looked, else where the sops command would look now.
    let looked =
        named.map_or_else(|| host.sops_default_key_file(), |path| host.expand(path, &host.home));
    let is_used = |place: &KeyPlace| {
        let from_variable = host.var("SOPS_AGE_KEY_FILE").map(Path::new);
        place.path.as_deref().is_none_or(|path| path == looked || Some(path) == from_variable)
    };
    if with_keys().any(is_used) {
        return None;
    }
    let words = format!(
        "your key is in {}; sops looked in {}, where there is none",
        found.place,
        host.short(&looked)
    );
    Some(Answer::is("wrong-place", words))
}

/// The file that the log is about: named by it, or told by its recipients, or the person's own.
fn file_of<'f>(host: &Host, fleet: &'f Fleet, query: &Query) -> Result<&'f SecretsFile> {
    if let Some(named) = query.about("file") {
        let found = named_file(fleet, named);
        return found.ok_or_else(|| Answer::unknown(format!("{named} is no file of this fleet")));
    }
    if !query.recipients.is_empty() {
        let has_all = |file: &&SecretsFile| {
            query.recipients.iter().all(|wanted| {
                file.recipients.iter().any(|known| wanted.starts_with(known.as_str()))
            })
        };
        return fleet.secrets.iter().find(has_all).ok_or_else(|| {
            Answer::unknown("no file of this fleet is for the recipients that the log names")
        });
    }
    own_file(fleet, &host.account.name)
        .ok_or_else(|| Answer::unknown("the log does not say which file it is about"))
}

/// The secrets file of `user`: where the layout keeps it, else the one that is called so.
pub(super) fn own_file<'f>(fleet: &'f Fleet, user: &str) -> Option<&'f SecretsFile> {
    let usual = survey::secrets_path(fleet, user).map(PathBuf::from);
    let is_usual = |file: &&SecretsFile| usual.as_ref() == Some(&file.file);
    let is_named = |file: &&SecretsFile| {
        file.file.iter().any(|part| part.to_string_lossy().split('.').next() == Some(user))
    };
    fleet.secrets.iter().find(is_usual).or_else(|| fleet.secrets.iter().find(is_named))
}

/// A file as logs name it: whole, below some folder, or as a copy in the store.
pub(super) fn named_file<'f>(fleet: &'f Fleet, named: &str) -> Option<&'f SecretsFile> {
    let named = Path::new(named.trim_matches(['"', '\'']));
    let name = named.file_name()?.to_str()?;
    let copied = name.split_once('-').filter(|_| named.starts_with("/nix/store")).map(|(_, n)| n);
    let is_it = |file: &&SecretsFile| match copied {
        Some(copied) => file.file.file_name().is_some_and(|n| n == copied),
        None => {
            fleet.at(&file.file) == named
                || named.ends_with(&file.file)
                || file.file.ends_with(named)
        }
    };
    fleet.secrets.iter().find(is_it)
}

fn who_opens(host: &Host, fleet: &Fleet, file: &SecretsFile, places: &[KeyPlace]) -> Answer {
    let shown = file.file.display();
    if file.recipients.is_empty() {
        return Answer::is("no-recipients", format!("{shown} lists no recipient"));
    }
    let mut keys = places.iter().flat_map(|place| {
        place.keys.iter().map(move |key| (place.place.as_str(), key.recipient.as_str()))
    });
    let all: Vec<(&str, &str)> = keys.by_ref().collect();
    if let Some((place, key)) = all.iter().find(|(_, key)| file.recipients.iter().any(|r| r == key))
    {
        let words = format!("{shown} is encrypted for {}, your key in {place}", brief(key));
        return Answer::is("opens", words);
    }
    // A key was found before this was asked.
    let Some((place, key)) = all.first().copied() else {
        return Answer::unknown("no key was found");
    };
    let yours = format!("your key in {place} is {}", brief(key));
    if let Some(recipient) = own_ssh_recipient(host, file) {
        let words = format!("{yours}; {shown} is for your SSH key, {}", brief(recipient));
        return Answer::is("ssh-recipient", words);
    }
    match rule_that_names(fleet, file, &all) {
        Some(named) => Answer::is("named-by-rule", format!("{yours}. {named}, {shown} does not")),
        None => {
            let words = format!("{yours}; neither {shown} nor the rule for it names it");
            Answer::is("not-named", words)
        }
    }
}

/// The recipient of `file` that is the person's SSH key.
fn own_ssh_recipient<'f>(host: &Host, file: &'f SecretsFile) -> Option<&'f str> {
    let text = fs::read_to_string(host.home.join(".ssh/id_ed25519.pub")).ok()?;
    let own: Vec<&str> = text.split_whitespace().take(2).collect();
    let is_own = |recipient: &&String| {
        recipient.split_whitespace().take(2).collect::<Vec<_>>() == own && own.len() == 2
    };
    file.recipients.iter().find(is_own).map(String::as_str)
}

/// Who can open the file, as `.sops.yaml` calls them.
fn named_readers(fleet: &Fleet, file: &SecretsFile) -> Vec<String> {
    let config = fleet.sops.as_ref().and_then(|sops| Config::parse(&sops.text).ok());
    let name = |recipient: &String| config.as_ref()?.key_of(recipient)?.name.clone();
    file.recipients.iter().filter_map(name).collect()
}

/// `.sops.yaml:24 names it (raquel-blackphos)`, when the rule for the file names one of the keys.
fn rule_that_names(fleet: &Fleet, file: &SecretsFile, keys: &[(&str, &str)]) -> Option<String> {
    let sops = fleet.sops.as_ref()?;
    let config = Config::parse(&sops.text).ok()?;
    let path = file.file.strip_prefix(sops.file.parent()?).ok()?;
    let who = config.who(path.to_str()?).ok()??;
    let mut readers = who.readers.into_iter();
    let reader = readers.find(|reader| keys.iter().any(|(_, key)| *key == reader.recipient))?;
    let name = reader.name.map(|name| format!(" ({name})")).unwrap_or_default();
    Some(format!("{}:{} names it{name}", sops.file.display(), reader.line))
}
