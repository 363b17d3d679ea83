//! The client's side of age's plugin protocol (<https://c2sp.org/age-plugin>), read beside
//! `plugin/client.go` of age 1.3.1, which sops links: the same order, and as strict.

use std::io;

use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::{Zeroize as _, Zeroizing};

use super::wire::Wire;
use super::{Answers, PluginError};

/// Why a talk came to nothing.
pub(super) enum Failed {
    /// For a reason of the plugin's own, which holds for the next talk, too.
    Plugin(PluginError),
    /// For a reason of this recipient or this file alone.
    ThisOne(PluginError),
    Wire(io::Error),
}

impl Failed {
    /// An `error` stanza.
    fn said(stanza: &Stanza) -> Self {
        let said = PluginError::Said(text(&stanza.body));
        match stanza.args.first().map(String::as_str) {
            Some("recipient" | "stanza") => Self::ThisOne(said),
            _ => Self::Plugin(said),
        }
    }
}

impl From<io::Error> for Failed {
    fn from(e: io::Error) -> Self {
        Self::Wire(e)
    }
}

/// Has `file_key` wrapped for `recipient`.
pub(super) fn wrap(
    wire: &mut Wire<'_>,
    recipient: &str,
    file_key: &FileKey,
    talked: &mut Talked<'_>,
) -> Result<Vec<Stanza>, Failed> {
    wire.send("add-recipient", &[recipient], &[])?;
    wire.send("wrap-file-key", &[], file_key.expose_secret())?;
    wire.send("extension-labels", &[], &[])?;
    wire.send("done", &[], &[])?;
    let mut stanzas = Vec::new();
    loop {
        let stanza = talked.next(wire)?;
        match (stanza.tag.as_str(), &stanza.args[..]) {
            // One file key was given, so that its number is 0.
            ("recipient-stanza", [file, tag, args @ ..]) if file == "0" => {
                let (tag, args) = (tag.clone(), args.to_vec());
                stanzas.push(Stanza { tag, args, body: stanza.body });
                wire.send("ok", &[], &[])?;
            }
            ("error", _) => {
                wire.send("ok", &[], &[])?;
                return Err(talked.refused().unwrap_or_else(|| Failed::said(&stanza)));
            }
            ("done", _) => break,
            // They say which recipients may stand beside each other; in sops each stands alone.
            ("labels", _) => wire.send("ok", &[], &[])?,
            ("recipient-stanza", _) => return Err(malformed()),
            _ => wire.send("unsupported", &[], &[])?,
        }
    }
    match stanzas.is_empty() {
        true => Err(talked.refused().unwrap_or_else(malformed)),
        false => Ok(stanzas),
    }
}

/// Has the file key of `stanza` unwrapped with `identity`. `None`: that identity does not open it.
pub(super) fn unwrap(
    wire: &mut Wire<'_>,
    identity: &str,
    stanza: &Stanza,
    talked: &mut Talked<'_>,
) -> Result<Option<FileKey>, Failed> {
    wire.send("add-identity", &[identity], &[])?;
    wire.send_stanza("recipient-stanza", stanza)?;
    wire.send("done", &[], &[])?;
    let mut found = None;
    loop {
        let mut stanza = talked.next(wire)?;
        match (stanza.tag.as_str(), &stanza.args[..]) {
            ("file-key", [file]) if file == "0" && found.is_none() => {
                let key = FileKey::try_init_with_mut(|key| {
                    let fits = key.len() == stanza.body.len();
                    if fits {
                        key.copy_from_slice(&stanza.body);
                    }
                    fits.then_some(()).ok_or_else(malformed)
                });
                stanza.body.zeroize();
                found = Some(key?);
                wire.send("ok", &[], &[])?;
            }
            ("error", _) => {
                wire.send("ok", &[], &[])?;
                return Err(talked.refused().unwrap_or_else(|| Failed::said(&stanza)));
            }
            ("done", _) => break,
            ("file-key", _) => return Err(malformed()),
            _ => wire.send("unsupported", &[], &[])?,
        }
    }
    match (found, talked.refused()) {
        (None, Some(refused)) => Err(refused),
        (found, _) => Ok(found),
    }
}

/// One talk's questions, and whether one of them could not be asked.
pub(super) struct Talked<'a> {
    pub(super) plugin: &'a str,
    pub(super) answers: &'a mut dyn Answers,
    pub(super) unasked: Option<String>,
}

impl Talked<'_> {
    /// The next stanza that is none of the questions and messages, which are answered here.
    fn next(&mut self, wire: &mut Wire<'_>) -> Result<Stanza, Failed> {
        loop {
            let stanza = wire.receive()?;
            let said = || text(&stanza.body);
            match stanza.tag.as_str() {
                "msg" => {
                    self.answers.say(self.plugin, &said());
                    wire.send("ok", &[], &[])?;
                }
                tag @ ("request-secret" | "request-public") => {
                    let hidden = tag == "request-secret";
                    match self.answers.ask(self.plugin, &said(), hidden) {
                        Some(answer) => wire.send("ok", &[], answer.as_bytes())?,
                        None => self.refuse(wire, said())?,
                    }
                }
                "confirm" => {
                    let (yes, no) = match &stanza.args[..] {
                        [yes] => (choice(yes)?, None),
                        [yes, no] => (choice(yes)?, Some(choice(no)?)),
                        _ => return Err(malformed()),
                    };
                    match self.answers.confirm(self.plugin, &said(), &yes, no.as_deref()) {
                        Some(true) => wire.send("ok", &["yes"], &[])?,
                        Some(false) => wire.send("ok", &["no"], &[])?,
                        None => self.refuse(wire, said())?,
                    }
                }
                _ => return Ok(stanza),
            }
        }
    }

    fn refuse(&mut self, wire: &mut Wire<'_>, question: String) -> io::Result<()> {
        self.unasked.get_or_insert(question);
        wire.send("fail", &[], &[])
    }

    /// That a question stayed without an answer is why what came after it failed.
    fn refused(&mut self) -> Option<Failed> {
        let question = self.unasked.take()?;
        Some(Failed::Plugin(PluginError::Unasked(question)))
    }
}

fn choice(encoded: &str) -> Result<String, Failed> {
    STANDARD_NO_PAD.decode(encoded).map(|bytes| text(&bytes)).map_err(|_| malformed())
}

/// One line for people, no longer than one.
fn text(bytes: &[u8]) -> String {
    let all = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
    all.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(500).collect()
}

fn malformed() -> Failed {
    Failed::Wire(io::ErrorKind::InvalidData.into())
}
