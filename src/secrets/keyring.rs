//! Every key with which sops would open a file here, and where each is.
//!
//! sops takes the union of all its sources (`age/keysource.go`), not the first: so does this. A key
//! that is protected with a passphrase is kept closed until none of the others fits, since asking
//! for a passphrase that is not needed teaches people to type it anywhere. Private halves are wiped
//! when dropped.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use age::secrecy::SecretString;
use zeroize::Zeroizing;

use crate::host::Host;
use crate::key::file::KeyKind;
use crate::key::plugin::{self, PluginError, Plugins};
use crate::key::ssh::SshKeyError;
use crate::key::{AnyIdentity, KeyFile, KeyFileError, Opens, SshIdentity};
use crate::run::{Command, Runner, Stream, shell_words};

/// No key file is larger.
const LARGEST: u64 = 1024 * 1024;

/// scrypt's work (a power of two) that a key file may ask for; age writes 18.
const MOST_WORK: u8 = 22;

/// What opens files, and what could not be read.
#[derive(Debug)]
pub struct Keyring {
    pub keys: Vec<Held>,
    troubles: Vec<Trouble>,
    locked: Vec<Locked>,
    commands: Vec<KeyCommand>,
    plugins: Arc<Plugins>,
}

/// A key and where it came from, such as `~/.config/sops/age/keys.txt, line 3`.
#[derive(Debug, Clone)]
pub struct Held {
    pub identity: AnyIdentity,
    pub from: String,
}

/// A source without a usable key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub from: String,
    pub why: String,
}

/// A command that a person has set, which may give another key for each recipient.
#[derive(Debug, Clone)]
struct KeyCommand {
    /// The variable that holds it.
    from: &'static str,
    typed: String,
    gives_ssh: bool,
    asked_for: HashSet<String>,
}

#[derive(Debug)]
struct Locked {
    from: String,
    what: Protected,
}

enum Protected {
    KeyFile(Zeroizing<Vec<u8>>),
    Ssh(Zeroizing<String>),
}

/// Not even its length.
impl std::fmt::Debug for Protected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

/// Asks for the passphrase of a key: gets its place, gives `None` to leave it closed.
pub type AskPassphrase<'a> = dyn FnMut(&str) -> Option<Zeroizing<String>> + 'a;

impl Keyring {
    /// Looks in every place that sops looks in. Runs the commands that people set for it, and talks
    /// with no plugin.
    pub fn gather(host: &Host, runner: &mut dyn Runner) -> Self {
        Self::gather_with(host, runner, Plugins::none())
    }

    /// The same, with plugins that open and seal what takes one.
    pub fn gather_with(host: &Host, runner: &mut dyn Runner, plugins: Arc<Plugins>) -> Self {
        Self::gathered(host, plugins, &mut |ring, command| ring.run(command, None, runner))
    }

    /// The same without running anything: what commands would give is unsure.
    pub fn gather_files(host: &Host) -> Self {
        Self::gathered(host, Plugins::none(), &mut |_, _| ())
    }

    fn gathered(
        host: &Host,
        plugins: Arc<Plugins>,
        run: &mut dyn FnMut(&mut Self, &KeyCommand),
    ) -> Self {
        let mut ring = Self { plugins, ..Self::of(Vec::new()) };
        if let Some(path) = host.var("SOPS_AGE_SSH_PRIVATE_KEY_FILE") {
            ring.ssh_file(&host.short(Path::new(path)), Path::new(path), true);
        }
        if let Some(typed) = host.var("SOPS_AGE_SSH_PRIVATE_KEY_CMD") {
            ring.command("SOPS_AGE_SSH_PRIVATE_KEY_CMD", typed, true, run);
        }
        for name in ["id_ed25519", "id_rsa"] {
            let path = host.home.join(".ssh").join(name);
            ring.ssh_file(&host.short(&path), &path, false);
        }
        if let Some(text) = host.var("SOPS_AGE_KEY") {
            ring.take("SOPS_AGE_KEY", &KeyFile::parse_variable(text));
        }
        let mut files: Vec<PathBuf> = Vec::new();
        if let Some(path) = host.var("SOPS_AGE_KEY_FILE") {
            ring.key_file(&host.short(Path::new(path)), Path::new(path), true);
            files.push(PathBuf::from(path));
        }
        if let Some(typed) = host.var("SOPS_AGE_KEY_CMD") {
            ring.command("SOPS_AGE_KEY_CMD", typed, false, run);
        }
        let usual = host.sops_default_key_file();
        if !files.contains(&usual) {
            ring.key_file(&host.short(&usual), &usual, false);
        }
        ring
    }

    /// One that holds these alone.
    pub fn of(keys: Vec<Held>) -> Self {
        let (troubles, locked, commands) = (Vec::new(), Vec::new(), Vec::new());
        Self { keys, troubles, locked, commands, plugins: Plugins::none() }
    }

    /// What is not usable and why, plugins that were tried with it.
    pub fn troubles(&self) -> Vec<Trouble> {
        let plugins = self.plugins.given_up().into_iter();
        let of_plugin = |(name, why): (String, PluginError)| Trouble {
            from: plugin::program(&name),
            why: format!("it {why}"),
        };
        self.troubles.iter().cloned().chain(plugins.map(of_plugin)).collect()
    }

    /// Those by which recipients are sealed to that take one.
    pub fn plugins(&self) -> &Arc<Plugins> {
        &self.plugins
    }

    pub fn identities(&self) -> Vec<AnyIdentity> {
        self.keys.iter().map(|held| held.identity.clone()).collect()
    }

    pub fn has_locked(&self) -> bool {
        !self.locked.is_empty()
    }

    /// Where keys are that are closed.
    pub fn locked(&self) -> impl Iterator<Item = &str> {
        self.locked.iter().map(|locked| locked.from.as_str())
    }

    /// Keys of which nobody knows yet what they open: those that a passphrase protects and those
    /// that a command gives.
    pub fn unsure(&self) -> Vec<String> {
        let locked = self.locked().map(|from| format!("{from} (it has a passphrase)"));
        locked.chain(self.commands.iter().map(|command| command.from.to_owned())).collect()
    }

    /// Opens what is protected, one after the other, as far as passphrases are given.
    pub fn unlock(&mut self, ask: &mut AskPassphrase<'_>) {
        for Locked { from, what } in std::mem::take(&mut self.locked) {
            match what {
                Protected::KeyFile(bytes) => match ask(&from).map(|word| unwrapped(&bytes, word)) {
                    Some(Ok(plain)) => self.key_bytes(&from, &plain),
                    Some(Err(why)) => self.trouble(&from, why),
                    None => self.trouble(&from, KeyFileError::PassphraseProtected),
                },
                Protected::Ssh(text) => match SshIdentity::parse(&text, &mut || ask(&from)) {
                    Ok(identity) => self.hold(identity, from),
                    Err(why) => self.trouble(&from, why),
                },
            }
        }
    }

    /// Runs the commands that people have set once more for each of `recipients`, whose name they
    /// get as sops gives it: a command may give another key for each.
    pub fn ask_commands(&mut self, recipients: &[String], runner: &mut dyn Runner) {
        let mut commands = std::mem::take(&mut self.commands);
        for command in &mut commands {
            for recipient in recipients {
                if command.asked_for.insert(recipient.clone()) {
                    self.run(command, Some(recipient), runner);
                }
            }
        }
        self.commands = commands;
    }

    /// Where the key is whose public half this is.
    pub fn place_of(&self, recipient: &str) -> Option<&str> {
        let mut keys = self.keys.iter();
        keys.find(|held| recipient.starts_with(&held.identity.public()))
            .map(|held| held.from.as_str())
    }

    /// A command that is run for several recipients may give one key for all.
    fn hold(&mut self, identity: impl Into<AnyIdentity>, from: String) {
        let identity = identity.into();
        let same = |held: &Held| held.from == from && held.identity.is_same(&identity);
        if !self.keys.iter().any(same) {
            self.keys.push(Held { identity, from });
        }
    }

    /// A command that is run for several recipients fails alike for each.
    fn trouble(&mut self, from: &str, why: impl std::fmt::Display) {
        let trouble = Trouble { from: from.to_owned(), why: why.to_string() };
        if !self.troubles.contains(&trouble) {
            self.troubles.push(trouble);
        }
    }

    fn key_file(&mut self, from: &str, path: &Path, named: bool) {
        if let Some(bytes) = self.read(from, path, named) {
            self.key_bytes(from, &bytes);
        }
    }

    fn key_bytes(&mut self, from: &str, bytes: &[u8]) {
        match KeyFile::parse(bytes) {
            Ok(file) => self.take(from, &file),
            Err(KeyFileError::PassphraseProtected) => self.locked.push(Locked {
                from: from.to_owned(),
                what: Protected::KeyFile(Zeroizing::new(bytes.to_vec())),
            }),
            Err(why) => self.trouble(from, why),
        }
    }

    /// One bad line makes a source useless to sops.
    fn take(&mut self, from: &str, file: &KeyFile) {
        if let Err(why) = file.identities() {
            self.trouble(from, why);
            return;
        }
        for line in &file.lines {
            let at = format!("{from}, line {}", line.line);
            match &line.kind {
                KeyKind::X25519(identity) => self.hold(identity.clone(), at),
                KeyKind::PostQuantum(key) | KeyKind::Plugin(key) => {
                    self.hold(key.clone().with(&self.plugins), at);
                }
                KeyKind::Bad(_) => {}
            }
        }
    }

    fn ssh_file(&mut self, from: &str, path: &Path, named: bool) {
        let Some(bytes) = self.read(from, path, named) else { return };
        match std::str::from_utf8(&bytes) {
            Ok(text) => self.ssh_text(from, text),
            Err(_) => self.trouble(from, SshKeyError::NotSsh),
        }
    }

    fn ssh_text(&mut self, from: &str, text: &str) {
        match SshIdentity::parse(text, &mut || None) {
            Ok(identity) => self.hold(identity, from.to_owned()),
            Err(SshKeyError::PassphraseProtected) => self.locked.push(Locked {
                from: from.to_owned(),
                what: Protected::Ssh(Zeroizing::new(text.to_owned())),
            }),
            Err(SshKeyError::Algorithm(kind)) if kind == "ssh-rsa" => self.trouble(
                from,
                "it is an ssh-rsa key, with which sops opens files and doorstep does not",
            ),
            Err(why) => self.trouble(from, why),
        }
    }

    /// `None`: it is not there and nobody named it, or the trouble is noted.
    fn read(&mut self, from: &str, path: &Path, named: bool) -> Option<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = fs::File::open(path).and_then(|file| {
            // Room for all of it at once: a vector that grows leaves copies behind.
            let length = file.metadata()?.len().min(LARGEST);
            bytes.reserve_exact(usize::try_from(length).unwrap_or(0) + 1);
            file.take(LARGEST).read_to_end(&mut bytes)
        });
        match read {
            Ok(_) => Some(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && !named => None,
            Err(e) => {
                self.trouble(from, e);
                None
            }
        }
    }

    /// Takes the keys that a command gives without a recipient, and keeps it in case none fits.
    fn command(
        &mut self,
        from: &'static str,
        typed: &str,
        gives_ssh: bool,
        run: &mut dyn FnMut(&mut Self, &KeyCommand),
    ) {
        let asked_for = HashSet::new();
        let command = KeyCommand { from, typed: typed.to_owned(), gives_ssh, asked_for };
        run(self, &command);
        self.commands.push(command);
    }

    fn run(&mut self, command: &KeyCommand, recipient: Option<&str>, runner: &mut dyn Runner) {
        let from = command.from;
        let Some(text) = self.output(from, &command.typed, recipient, runner) else { return };
        if command.gives_ssh {
            self.ssh_text(from, &text);
        } else {
            self.key_bytes(from, text.as_bytes());
        }
    }

    /// What a command prints, as sops runs it: split into words, without a shell.
    fn output(
        &mut self,
        from: &str,
        command: &str,
        recipient: Option<&str>,
        runner: &mut dyn Runner,
    ) -> Option<Zeroizing<String>> {
        let mut words = shell_words(command).into_iter();
        let mut call = Command::new(words.next()?).args(words);
        if let Some(recipient) = recipient {
            call = call.env("SOPS_AGE_RECIPIENT", recipient);
        }
        let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
        let ended = runner.run(&call, &mut |stream, line| {
            if stream == Stream::Out {
                text.push_str(line);
                text.push('\n');
            }
        });
        match ended {
            Ok(exit) if exit.ok() => Some(text),
            Ok(exit) => {
                self.trouble(from, format!("its command ended with {}", exit.words()));
                None
            }
            Err(problem) => {
                self.trouble(from, problem.what);
                None
            }
        }
    }
}

/// A key file that is itself an age file, opened with a passphrase.
fn unwrapped(bytes: &[u8], word: Zeroizing<String>) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut identity = age::scrypt::Identity::new(SecretString::from(word.to_string()));
    identity.set_max_work_factor(MOST_WORK);
    let reader = age::armor::ArmoredReader::new(bytes);
    let wrong = || "the passphrase does not fit".to_owned();
    let decryptor = age::Decryptor::new_buffered(reader).map_err(|e| e.to_string())?;
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let one = std::iter::once(&identity as &dyn age::Identity);
    let mut opened = decryptor.decrypt(one).map_err(|_| wrong())?;
    opened.read_to_end(&mut plain).map_err(|_| wrong())?;
    Ok(plain)
}

#[cfg(test)]
mod tests;
