//! `secrets:` where a value comes from. A value itself is refused, and never repeated.

use zeroize::Zeroize as _;

use super::{Source, shown};
use crate::answers::{SecretAnswer, SecretFrom};
use crate::problem::Problem;
use crate::question::nearest;
use crate::splice::yaml::{Entry, Node};

const SOURCES: &str =
    "`{ file: PATH }`, `{ stdin: true }`, `{ new: ed25519 }` or `{ later: true }`";
const KEYS: [&str; 7] = ["file", "stdin", "new", "later", "kept", "path", "mode"];

/// Keys that people reach for to write a value.
const VALUE_KEYS: [&str; 7] = ["value", "inline", "text", "content", "secret", "password", "token"];

impl Source<'_> {
    pub(super) fn secrets(self, value: &Node) -> Result<Vec<SecretAnswer>, Problem> {
        self.refuse_alias(value)?;
        // `[]` and `{}` both say: none.
        if value.items().is_some_and(<[_]>::is_empty) {
            return Ok(Vec::new());
        }
        let entries = value.entries().ok_or_else(|| {
            self.wrong(value.line, "`secrets` has one line a secret: its name, then its source")
                .hint(format!("the source is {SOURCES}"))
        })?;
        let mut secrets: Vec<SecretAnswer> = Vec::new();
        for entry in entries {
            let secret = self.secret(entry)?;
            if secrets.iter().any(|s| s.name == secret.name) {
                let what = format!("the secret `{}` is there twice", shown(&secret.name));
                return Err(self.wrong(entry.key.line, &what));
            }
            secrets.push(secret);
        }
        match secrets.iter().filter(|s| s.from == SecretFrom::Stdin).count() {
            0 | 1 => Ok(secrets),
            _ => Err(self.wrong(value.line, "only one secret can come from standard input")),
        }
    }

    fn secret(self, entry: &Entry) -> Result<SecretAnswer, Problem> {
        let name = self.text("secrets", &entry.key)?;
        self.refuse_alias(&entry.value)?;
        let Some(fields) = entry.value.entries() else {
            return Err(match entry.value.scalar() {
                Some(_) => self.inline(&name, entry.value.line),
                None => self.unsourced(&name, entry.key.line),
            });
        };
        let mut secret = SecretAnswer { name, from: SecretFrom::Later, path: None, mode: None };
        let mut sources = 0;
        let mut seen: Vec<&str> = Vec::new();
        for field in fields {
            let key = self.secret_key(&secret.name, field)?;
            if seen.contains(&key) {
                return Err(self.wrong(field.key.line, &format!("`{key}` is there twice")));
            }
            seen.push(key);
            match key {
                "path" => secret.path = Some(self.text(key, &field.value)?),
                "mode" => secret.mode = Some(self.text(key, &field.value)?),
                _ => {
                    secret.from = self.source(key, &field.value)?;
                    sources += 1;
                }
            }
        }
        match sources {
            1 => Ok(secret),
            0 => Err(self.unsourced(&secret.name, entry.key.line)),
            _ => Err(self.wrong(
                entry.key.line,
                &format!("the secret `{}` has {sources} sources", shown(&secret.name)),
            )),
        }
    }

    fn secret_key(self, name: &str, field: &Entry) -> Result<&'static str, Problem> {
        let key = field.key.scalar().unwrap_or_default();
        if let Some(known) = KEYS.iter().find(|known| **known == key) {
            return Ok(known);
        }
        if VALUE_KEYS.contains(&key.to_ascii_lowercase().as_str()) {
            return Err(self.inline(name, field.key.line));
        }
        // The key itself may be the value, as in `{ ghp_x }`: only a near miss is told.
        let problem = self.wrong(
            field.key.line,
            &format!("the secret `{}` has a key that is unknown here", shown(name)),
        );
        Err(match nearest(key, KEYS) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("the source is {SOURCES}")),
        })
    }

    fn source(self, key: &str, value: &Node) -> Result<SecretFrom, Problem> {
        let mut text = self.text(key, value)?;
        let from = match (key, text.as_str()) {
            ("file", _) => return Ok(SecretFrom::File(text.into())),
            ("stdin", "true") => Ok(SecretFrom::Stdin),
            ("later", "true") => Ok(SecretFrom::Later),
            ("kept", "true") => Ok(SecretFrom::Kept),
            ("new", "ed25519") => Ok(SecretFrom::NewEd25519),
            ("new", _) => Err(self.wrong(value.line, "`new` makes an `ed25519` key, nothing else")),
            _ => Err(self.wrong(value.line, &format!("`{key}` is `true` or left out"))),
        };
        // What stood there instead may have been the value.
        text.zeroize();
        from
    }

    fn inline(self, name: &str, line: u32) -> Problem {
        self.wrong(line, &format!("the value of `{}` stands there", shown(name)))
            .cause("an answers file is not secret, so it says only where a value comes from")
            .hint(format!("write {SOURCES}"))
            .hint("if anybody else saw the file, change that value where it came from")
    }

    fn unsourced(self, name: &str, line: u32) -> Problem {
        self.wrong(line, &format!("the secret `{}` has no source", shown(name)))
            .hint(format!("write {SOURCES}"))
    }
}
