//! Keys that live in an age plugin (`age-plugin-NAME`): recipients `age1NAME1…`, identities
//! `AGE-PLUGIN-NAME-1…`, and post-quantum ones, whose plugin `pq` comes with age.
//!
//! Speaks the plugins' protocol over whatever [`Dialogue`] it is given; the age crate's own client is
//! not used, because it starts processes by itself, with all of our environment. An identity's text
//! is treated as a private key: with some plugins it is one.

mod client;
mod wire;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use age::{DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use bech32::{Bech32, Hrp};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::run::{Command, Dialogue};
use client::{Failed, Talked};
use wire::Wire;

/// The plugin that does what age itself does since 1.3, for everybody else.
pub(crate) const POST_QUANTUM: &str = "pq";

/// Answers what a plugin asks a person.
pub trait Answers: Send {
    /// Something to know or to do, such as touching a device.
    fn say(&mut self, plugin: &str, text: &str);

    /// A value, such as a PIN. `None`: nobody can be asked, or nothing was given.
    fn ask(&mut self, plugin: &str, question: &str, hidden: bool) -> Option<Zeroizing<String>>;

    /// A choice of two, or an acknowledgement if there is no second.
    fn confirm(&mut self, plugin: &str, text: &str, yes: &str, no: Option<&str>) -> Option<bool>;
}

/// Why a plugin did not do what it was asked for, to stand after its name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PluginError {
    #[error("is not on your PATH")]
    NotThere,
    #[error("is not asked here")]
    NotHere,
    /// The question, as the plugin puts it.
    #[error("has to ask you ({0}), and nobody answered")]
    Unasked(String),
    #[error("says: {0}")]
    Said(String),
    #[error("did not keep to the protocol of plugins: {0}")]
    Broken(String),
}

/// The plugins of this machine, shared by all keys that need one.
pub struct Plugins {
    talk: Option<Arc<dyn Dialogue>>,
    answers: Mutex<Box<dyn Answers>>,
    /// Those that failed for a reason that will not go away: a second try would only ask again.
    given_up: Mutex<BTreeMap<String, PluginError>>,
}

/// An identity whose private half only a plugin can use.
#[derive(Clone)]
pub struct PluginKey {
    name: String,
    text: Zeroizing<String>,
}

/// Such an identity with the plugin's help at hand.
#[derive(Clone)]
pub struct PluginIdentity {
    key: PluginKey,
    plugins: Arc<Plugins>,
}

/// A recipient to which only a plugin can encrypt.
pub(crate) struct PluginRecipient<'a> {
    name: &'a str,
    text: &'a str,
    plugins: &'a Plugins,
    /// Why nothing was wrapped: age's own errors have no room for it.
    why: Mutex<Option<PluginError>>,
}

/// Nobody is there.
struct Nobody;

impl Answers for Nobody {
    fn say(&mut self, _: &str, _: &str) {}

    fn ask(&mut self, _: &str, _: &str, _: bool) -> Option<Zeroizing<String>> {
        None
    }

    fn confirm(&mut self, _: &str, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }
}

/// The program of a plugin.
pub fn program(name: &str) -> String {
    format!("age-plugin-{name}")
}

impl Plugins {
    /// Talks with plugins by `talk`; what they ask goes to `answers`.
    pub fn new(talk: Arc<dyn Dialogue>, answers: Box<dyn Answers>) -> Arc<Self> {
        let (answers, given_up) = (Mutex::new(answers), Mutex::default());
        Arc::new(Self { talk: Some(talk), answers, given_up })
    }

    /// Talks with none: for whatever only looks around, and must not make a device blink.
    pub fn none() -> Arc<Self> {
        let (answers, given_up) = (Mutex::new(Box::new(Nobody) as Box<_>), Mutex::default());
        Arc::new(Self { talk: None, answers, given_up })
    }

    /// Each plugin that was given up, and why.
    pub fn given_up(&self) -> Vec<(String, PluginError)> {
        let given_up = kept(&self.given_up);
        given_up.iter().map(|(name, why)| (name.clone(), why.clone())).collect()
    }

    /// One talk with the plugin `name`.
    fn talk<T>(
        &self,
        name: &str,
        machine: &str,
        with: &mut dyn FnMut(&mut Wire<'_>, &mut Talked<'_>) -> Result<T, Failed>,
    ) -> Result<T, PluginError> {
        // One after the other: two that ask at once would get each other's answers.
        let mut answers = kept(&self.answers);
        if let Some(why) = kept(&self.given_up).get(name) {
            return Err(why.clone());
        }
        let Some(talk) = &self.talk else { return Err(self.give_up(name, PluginError::NotHere)) };
        // As age has it: no plugin may rely on where it is started.
        let command = Command::new(program(name)).arg(format!("--age-plugin={machine}")).cwd("/");
        let mut talked = Talked { plugin: name, answers: answers.as_mut(), unasked: None };
        let mut done = None;
        let ended = talk.talk(&command, &mut |ends| {
            match with(&mut Wire::new(ends), &mut talked) {
                Err(Failed::Wire(e)) => return Err(e),
                other => done = Some(other),
            }
            Ok(())
        });
        let why = match (done, ended) {
            (Some(Ok(made)), _) => return Ok(made),
            (Some(Err(Failed::ThisOne(why))), _) => return Err(why),
            (Some(Err(Failed::Plugin(why))), _) => why,
            (_, Err(e)) => not_talked(&e),
            (Some(Err(Failed::Wire(e))), Ok(())) => not_talked(&e),
            (None, Ok(())) => PluginError::Broken("it said nothing".to_owned()),
        };
        Err(self.give_up(name, why))
    }

    fn give_up(&self, name: &str, why: PluginError) -> PluginError {
        kept(&self.given_up).insert(name.to_owned(), why.clone());
        why
    }
}

fn not_talked(e: &io::Error) -> PluginError {
    match e.kind() {
        io::ErrorKind::NotFound => PluginError::NotThere,
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            PluginError::Broken("it ended before it had answered".to_owned())
        }
        io::ErrorKind::InvalidData => PluginError::Broken("it wrote something else".to_owned()),
        _ => PluginError::Broken(e.to_string()),
    }
}

/// A panic elsewhere is no reason to lose what is held here.
fn kept<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PluginKey {
    /// `text` is known to be `AGE-PLUGIN-NAME-1…` with this name, in lower case here.
    pub(super) fn new(name: String, text: &str) -> Self {
        Self { name, text: Zeroizing::new(text.to_owned()) }
    }

    /// A post-quantum identity as its plugin wants it: the same bytes under another name
    /// (`extra/age-plugin-pq/plugin-pq.go` of age 1.3.1).
    pub(super) fn post_quantum(seed: &Zeroizing<[u8; 32]>) -> Self {
        let prefix = Hrp::parse_unchecked("AGE-PLUGIN-PQ-");
        let text = bech32::encode_upper::<Bech32>(prefix, seed.as_slice())
            .unwrap_or_else(|_| unreachable!("32 bytes are far below Bech32's length limit"));
        Self { name: POST_QUANTUM.to_owned(), text: Zeroizing::new(text) }
    }

    /// The plugin's name, without `age-plugin-`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn with(self, plugins: &Arc<Plugins>) -> PluginIdentity {
        PluginIdentity { key: self, plugins: Arc::clone(plugins) }
    }
}

impl PluginIdentity {
    /// The plugin's name, without `age-plugin-`.
    pub fn plugin(&self) -> &str {
        &self.key.name
    }

    /// Whether it is the same key: the public half of one tells no more than its plugin.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.key.text == other.key.text
    }

    /// How the recipients of its plugin begin. Which one is its own, only the plugin knows.
    pub fn public(&self) -> String {
        format!("age1{}1", self.key.name)
    }
}

impl age::Identity for PluginIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let PluginKey { name, text } = &self.key;
        let unwrapped = self.plugins.talk(name, "identity-v1", &mut |wire, talked| {
            client::unwrap(wire, text, stanza, talked)
        });
        // Why it failed stays with the plugins: to age it is a key that does not fit.
        unwrapped.ok().flatten().map(Ok)
    }
}

impl age::Recipient for PluginRecipient<'_> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let wrapped = self.plugins.talk(self.name, "recipient-v1", &mut |wire, talked| {
            client::wrap(wire, self.text, file_key, talked)
        });
        wrapped.map(|stanzas| (stanzas, HashSet::new())).map_err(|why| {
            *kept(&self.why) = Some(why);
            EncryptError::Io(io::Error::other("the plugin failed"))
        })
    }
}

impl<'a> PluginRecipient<'a> {
    pub(crate) fn new(name: &'a str, text: &'a str, plugins: &'a Plugins) -> Self {
        Self { name, text, plugins, why: Mutex::default() }
    }

    /// Why the last attempt failed.
    pub(crate) fn why(&self) -> Option<PluginError> {
        kept(&self.why).clone()
    }
}

/// The plugin's name alone.
impl fmt::Debug for PluginKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PluginKey({})", self.name)
    }
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugins").field("given_up", &self.given_up()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
