//! Secrets files and `.sops.yaml`: which rule fits, what is in a file, whether it is whole.

use std::fs;
use std::path::{Path, PathBuf};

use super::keys::{named_file, own_file};
use super::{Answer, Here, Query};
use crate::sops::config::{Config, Rule};
use crate::sops::{EncryptedFile, Format, OpenError, is_encrypted};
use crate::survey;

type Result<T> = std::result::Result<T, Answer>;

impl Here<'_> {
    /// `no-config`, `yml-config`, `no-rule`, `no-keys`, `several-groups` or `matched`.
    pub(super) fn rule(&mut self, query: &Query) -> Result<Answer> {
        let named = query.about("file").map(str::to_owned);
        let user = self.host.account.name.clone();
        let fleet = self.fleet()?;
        let Some(sops) = &fleet.sops else {
            let yml = fleet.at(".sops.yml");
            return Ok(if yml.exists() {
                Answer::is("yml-config", ".sops.yml is there; sops reads only .sops.yaml")
            } else {
                Answer::is("no-config", "the fleet has no .sops.yaml")
            });
        };
        let path = match named {
            Some(named) => named_file(fleet, &named)
                .map(|file| file.file.clone())
                .or_else(|| Path::new(&named).strip_prefix(&fleet.root).ok().map(PathBuf::from))
                .unwrap_or_else(|| PathBuf::from(named)),
            None => survey::secrets_path(fleet, &user)
                .map(PathBuf::from)
                .or_else(|| Some(own_file(fleet, &user)?.file.clone()))
                .ok_or_else(|| Answer::unknown("the log does not say which file it is about"))?,
        };
        let config = Config::parse(&sops.text)
            .map_err(|e| Answer::unknown(format!(".sops.yaml cannot be read: {e}")))?;
        let below =
            survey::below(&path.to_string_lossy(), sops.file.parent().unwrap_or(Path::new("")));
        let winner = config.winner(&below).map_err(|e| Answer::unknown(e.to_string()))?;
        Ok(said_of_rule(winner, &sops.file, &below))
    }

    /// `invalid`, `bad-recipient` or `fine`.
    pub(super) fn sops_config(&mut self) -> Result<Answer> {
        let fleet = self.fleet()?;
        let sops =
            fleet.sops.as_ref().ok_or_else(|| Answer::unknown("the fleet has no .sops.yaml"))?;
        let file = sops.file.display();
        let config = match Config::parse(&sops.text) {
            Ok(config) => config,
            Err(e) => return Ok(Answer::is("invalid", format!("{file}, {e}"))),
        };
        Ok(match config.malformed().first() {
            Some((line, why)) => Answer::is("bad-recipient", format!("{file}:{line}: {why}")),
            None => Answer::is("fine", format!("{file} is well formed")),
        })
    }

    /// `plain` or `encrypted`.
    pub(super) fn encrypted(&mut self, query: &Query) -> Result<Answer> {
        let (shown, text) = self.text_of(query)?;
        Ok(if is_encrypted(&text) {
            Answer::is("encrypted", format!("{shown} has its sops block"))
        } else {
            Answer::is("plain", format!("{shown} has no sops block"))
        })
    }

    /// `tampered` or `whole`.
    pub(super) fn integrity(&mut self, query: &Query) -> Result<Answer> {
        let (shown, text) = self.text_of(query)?;
        let host = self.host;
        let places = survey::key_places(host, self.fleet()?);
        let files = places.iter().filter_map(|place| place.path.as_deref());
        let identities: Vec<_> = files.flat_map(survey::identities).collect();
        let file = EncryptedFile::parse(&text, Format::of(Path::new(&shown)))
            .map_err(|e| Answer::unknown(format!("{shown}: {e}")))?;
        Ok(match file.open(&identities) {
            Ok(_) => {
                Answer::is("whole", format!("{shown} opens with your key, and its MAC is right"))
            }
            Err(e @ (OpenError::NoIdentityMatches { .. } | OpenError::TooFewGroups { .. })) => {
                return Err(Answer::unknown(format!("{shown}: {e}")));
            }
            Err(e) => Answer::is("tampered", format!("{shown}: {e}")),
        })
    }

    /// `absent` or `present`.
    pub(super) fn secret_key(&mut self, query: &Query) -> Result<Answer> {
        let wanted = query.about("name").unwrap_or_default().to_owned();
        let (shown, text) = self.text_of(query)?;
        let file = EncryptedFile::parse(&text, Format::of(Path::new(&shown)))
            .map_err(|e| Answer::unknown(format!("{shown}: {e}")))?;
        let below = format!("{wanted}/");
        let names = file.names();
        Ok(if names.iter().any(|name| *name == wanted || name.starts_with(&below)) {
            Answer::is("present", format!("{shown} has {wanted}"))
        } else {
            Answer::is("absent", format!("{shown} has {}, not {wanted}", names.join(", ")))
        })
    }

    /// The file that the log names, with its text.
    fn text_of(&mut self, query: &Query) -> Result<(String, String)> {
        let named = query.about("file").map(str::to_owned);
        let fleet = self.fleet()?;
        let named =
            named.ok_or_else(|| Answer::unknown("the log does not say which file it is about"))?;
        let path = match named_file(fleet, &named) {
            Some(file) => fleet.at(&file.file),
            // A file in plain text is none of the fleet's encrypted ones.
            None => fleet.at(&named),
        };
        let shown = path.strip_prefix(&fleet.root).unwrap_or(&path).display().to_string();
        let is_inside = path.starts_with(&fleet.root) && !shown.contains("..");
        let text = is_inside.then(|| survey::read_small(&path)).flatten();
        let is_there = fs::symlink_metadata(&path).is_ok();
        text.map(|text| (shown.clone(), text)).ok_or_else(|| {
            let why = if is_there { "cannot be read" } else { "is no file of this fleet" };
            Answer::unknown(format!("{shown} {why}"))
        })
    }
}

fn said_of_rule(winner: Option<&Rule>, file: &Path, path: &str) -> Answer {
    let file = file.display();
    let Some(rule) = winner else {
        return Answer::is("no-rule", format!("no rule of {file} fits {path}"));
    };
    let at = format!("{file}:{} is the rule for {path}", rule.line);
    let has_keys = rule.groups.iter().any(|g| !g.age.is_empty() || !g.others.is_empty());
    match rule.groups.len() {
        _ if !has_keys => Answer::is("no-keys", format!("{at}, and it names no keys")),
        2.. => {
            Answer::is("several-groups", format!("{at}, and it has {} groups", rule.groups.len()))
        }
        _ => Answer::is("matched", at),
    }
}
