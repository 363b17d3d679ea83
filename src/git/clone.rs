//! `git clone` of a fleet that somebody names by address.

use std::fs;
use std::path::Path;

use super::bare;
use crate::problem::Problem;
use crate::run::Runner;

/// How many of the last lines a failure repeats.
const LAST_LINES: usize = 5;

/// An address that may be cloned: https, ssh or a file, without a password in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloneUrl(String);

impl CloneUrl {
    /// # Errors
    /// For other kinds (git knows some that run a program), and for a password in the address: it
    /// would stand in the process list and in the clone's configuration.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        if text.starts_with('-') || text.chars().any(char::is_control) {
            return Err(not_an_address());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return if is_scp_like(text) {
                Ok(Self(text.to_owned()))
            } else {
                Err(not_an_address())
            };
        };
        if !["https", "ssh", "file"].contains(&scheme) {
            return Err(not_an_address());
        }
        let host = rest.split('/').next().unwrap_or_default();
        if host.starts_with('-') || (host.is_empty() && scheme != "file") {
            return Err(not_an_address());
        }
        if host.rsplit_once('@').is_some_and(|(who, _)| who.contains(':')) {
            return Err(Problem::user("the address has a password in it; it was not used")
                .hint("leave it out; git asks its credential helper"));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder that git would make of it.
    pub fn folder_name(&self) -> &str {
        let path = self.0.trim_end_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
        path.rsplit(['/', ':']).next().unwrap_or(path)
    }
}

/// `ada@git.example.org:fleet.git`, ssh's other form. `name::…` would run a program.
fn is_scp_like(text: &str) -> bool {
    text.split_once(':').is_some_and(|(host, path)| {
        !host.is_empty() && !host.contains(['/', '[']) && !path.is_empty() && !path.starts_with(':')
    })
}

fn not_an_address() -> Problem {
    Problem::user("that is neither a folder nor a git address that doorstep clones from")
        .cause("an address starts with https://, ssh:// or file://, or looks like git@host:path")
}

/// Clones into `folder`, which is not there yet or is empty. `progress` gets git's lines.
pub fn clone(
    runner: &mut dyn Runner,
    url: &CloneUrl,
    folder: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<(), Problem> {
    free(folder)?;
    let command = bare()
        .args(["clone", "--progress", "--"])
        .arg(url.as_str())
        .arg(folder)
        // A question from ssh would hang, since nobody sees it.
        .env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=20")
        // Set but empty, it keeps git from every program that asks in a window (prompt.c): where
        // nobody looks at one, it waits for ever. Credential helpers are asked all the same.
        .env("GIT_ASKPASS", "")
        .env("GIT_ALLOW_PROTOCOL", "https:ssh:file");
    let mut said: Vec<String> = Vec::new();
    let exit = runner.run(&command, &mut |_, line| {
        // Git draws its percentages over each other with carriage returns.
        let Some(text) = line.rsplit('\r').map(str::trim).find(|text| !text.is_empty()) else {
            return;
        };
        progress(text);
        // Where it goes is no reason for anything.
        if text.starts_with("Cloning into") {
            return;
        }
        if said.len() == LAST_LINES {
            said.remove(0);
        }
        said.push(text.to_owned());
    })?;
    if exit.ok() { Ok(()) } else { Err(explained(url, &said.join("\n"))) }
}

fn free(folder: &Path) -> Result<(), Problem> {
    let taken = |why: &str| Problem::user(format!("`{}` {why}", folder.display()));
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(taken("is not empty, so nothing is cloned into it")),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !folder.is_symlink() => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => Err(taken("is not a folder")),
        Err(e) => Err(taken("cannot be cloned into").cause(e)),
    }
}

/// What git and ssh say, told by what the person can do about it.
fn explained(url: &CloneUrl, said: &str) -> Problem {
    let has = |words: &[&str]| words.iter().any(|w| said.contains(w));
    let what = |why: &str| {
        Problem::tool(format!("`{}` cannot be cloned: {why}", url.as_str())).cause(said)
    };
    if has(&["Host key verification failed"]) {
        what("ssh does not know this host yet")
            .hint("connect once with `ssh` by hand and compare its fingerprint")
    } else if has(&[
        "Permission denied (",
        "Authentication failed",
        "could not read Username",
        "terminal prompts disabled",
        "HTTP 403",
        "error: 403",
    ]) {
        what("you have no access").hint("ask who looks after the fleet to let you in, and check your ssh key or credential helper")
    } else if has(&[
        "Could not resolve host",
        "Temporary failure in name resolution",
        "Connection refused",
        "Failed to connect",
        "timed out",
        "Network is unreachable",
    ]) {
        what("its host cannot be reached")
            .hint("look at the address and at your network, then run it again")
    } else if has(&[
        "not found",
        "does not appear to be a git repository",
        "does not exist",
        "not a git repository",
    ]) {
        what("there is no repository, or you may not see it").hint(
            "look at the address; if it is right, ask who looks after the fleet to let you in",
        )
    } else {
        what("git gave up")
    }
}
