//! What is known to go wrong, looked for before anything is built: each finding with its reason and
//! what to do. Files in the way are looked for later, when it is known what comes
//! ([`super::in_the_way`]).

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Places;
use crate::explain::machine::Here;
use crate::explain::{Answer, Machine as _, Query};
use crate::git;
use crate::host::{Host, Os};
use crate::plan::Remark;
use crate::problem::Problem;
use crate::run::{Command, Runner};

/// Below this a build most likely fails.
const LITTLE: u64 = 2 << 30;

/// Below this it is not even begun.
const NONE: u64 = 64 << 20;

/// How many files are named.
const MOST: usize = 5;

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable id.
    pub what: &'static str,
    /// Whether going on makes no sense.
    pub stops: bool,
    pub problem: Problem,
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub host: &'a Host,
    pub fleet: &'a Path,
    /// Nix's name of the system that it is for, where that is known.
    pub system: Option<&'a str>,
    /// A home's; `None` for a machine.
    pub places: Option<&'a Places>,
    /// Files that will be shown to git before anything is built.
    pub shown: &'a [PathBuf],
}

impl Finding {
    /// The same as something to know before a plan is carried out.
    pub fn remark(&self) -> Remark {
        let sentences = std::iter::once(&self.problem.what).chain(&self.problem.causes);
        let text: Vec<String> = sentences.map(|text| sentence(text)).collect();
        let helps = |hint: &String| ("what helps".to_owned(), hint.clone());
        Remark {
            warns: true,
            text: text.join(" "),
            places: self.problem.hints.iter().map(helps).collect(),
        }
    }
}

fn sentence(text: &str) -> String {
    format!("{}.", crate::front::prompts::capital(text.trim_end_matches('.')))
}

/// Looks at everything.
pub fn look(subject: &Subject, runner: &mut dyn Runner) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(wrong_system(subject));
    findings.extend(daemon(subject.host, Path::new("/"), runner));
    findings.extend(space(Path::new("/nix/store")));
    findings.extend(untracked(subject, runner));
    if let Some(places) = subject.places {
        findings.extend(space(&places.home).filter(|_| !same_disk(&places.home)));
        findings.extend(profile_folder(subject.host, places));
        if subject.host.os == Os::Darwin {
            findings.extend(gui_session(subject.host, runner));
            findings.extend(over_ssh(subject.host));
        }
    }
    findings
}

fn wrong_system(subject: &Subject) -> Option<Finding> {
    let (wanted, here) = (subject.system?, subject.host.system());
    (wanted != here).then(|| Finding {
        what: "wrong-system",
        stops: true,
        problem: Problem::user(format!("this is for `{wanted}`, and this machine is `{here}`"))
            .cause("Nix would refuse to build it here, or build what cannot run")
            .hint("name another configuration with `--name`"),
    })
}

/// That there is a Nix at all.
pub fn nix(host: &Host) -> Result<(), Problem> {
    match host.tool("nix") {
        Some(_) => Ok(()),
        None => Err(Problem::tool("`nix` is not on PATH")
            .hint("open a new Terminal window after installing Nix, then try again")),
    }
}

/// Nix's service, for everybody but the one whom the store belongs to. `system` is `/`.
fn daemon(host: &Host, system: &Path, runner: &mut dyn Runner) -> Option<Finding> {
    let owner = fs::metadata(system.join("nix/var/nix")).ok()?.uid();
    // Another store, or another socket, is not looked into.
    let is_elsewhere = host.var("NIX_REMOTE").is_some_and(|remote| remote != "daemon")
        || host.var("NIX_DAEMON_SOCKET_PATH").is_some();
    if host.is_root() || owner == host.account.uid || is_elsewhere {
        return None;
    }
    let ask = Query { check: "daemon".into(), about: Default::default(), recipients: Vec::new() };
    let answer = Here::new(host, None, runner).with_system(system.to_owned()).look(&ask);
    let Answer::Is { what: "no-socket" | "refused" | "not-allowed", words, parts, .. } = answer
    else {
        return None;
    };
    let problem = Problem::tool("Nix's own service does not answer").cause(words);
    let problem = parts.get("start").into_iter().fold(problem, Problem::hint);
    Some(Finding { what: "nix-daemon", stops: true, problem })
}

fn space(folder: &Path) -> Option<Finding> {
    let free = free(folder)?;
    (free < LITTLE).then(|| Finding {
        what: "disk-space",
        stops: free < NONE,
        problem: Problem::tool(format!(
            "only {} MiB are free where `{}` lies",
            free >> 20,
            folder.display()
        ))
        .hint("make room with `nix-collect-garbage`"),
    })
}

/// Bytes that this account may still write.
fn free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

fn same_disk(home: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).map(|m| m.dev()).ok();
    device(home) == device(Path::new("/nix/store"))
}

/// A flake sees only what git knows and leaves the rest out, in some fleets without a word
/// (`import-tree`, NixOS/nix#16012).
fn untracked(subject: &Subject, runner: &mut dyn Runner) -> Option<Finding> {
    let entries = git::status(runner, subject.fleet).ok()?;
    let files: Vec<String> = entries
        .into_iter()
        .filter(|entry| entry.state == ['?', '?'])
        // A folder of which nothing is known is told as one.
        .filter(|entry| !subject.shown.iter().any(|shown| shown.starts_with(&entry.path)))
        .map(|entry| entry.path.display().to_string())
        .filter(|path| path.ends_with(".nix") || path.ends_with('/') || path.contains(".sops."))
        .collect();
    let first = files.first()?;
    let named: Vec<_> = files.iter().take(MOST).map(|file| format!("`{file}`")).collect();
    let more = match files.len().saturating_sub(MOST) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Some(Finding {
        what: "untracked",
        stops: false,
        problem: Problem::fleet(format!("git does not know {}{more}", named.join(", ")))
            .cause("a flake sees only files that git knows; these are left out of what is built")
            .hint(format!(
                "git -C {} add --intent-to-add {}",
                subject.host.typed(subject.fleet),
                crate::run::shell_word(first)
            )),
    })
}

/// home-manager's own search (modules/lib-bash/activation-init.sh): the state folder when it is
/// there or can be made, else a per-user folder.
fn profile_folder(host: &Host, places: &Places) -> Option<Finding> {
    let profiles = places.state.join("nix/profiles");
    let there = profiles.ancestors().find(|folder| folder.exists())?;
    let metadata = fs::metadata(there).ok()?;
    let is_ours = metadata.uid() == rustix::process::geteuid().as_raw();
    let can_write = rustix::fs::access(there, rustix::fs::Access::WRITE_OK).is_ok();
    if can_write && (is_ours || !there.starts_with(&places.home)) {
        return None;
    }
    let shown = host.short(there);
    Some(Finding {
        what: "profile-folder",
        stops: !can_write,
        problem: Problem::tool(format!("`{shown}` does not belong to {}", host.account.name))
            .cause("home-manager keeps its profile below it; `sudo` with your HOME has probably made it")
            .hint(format!(
                "sudo chown -R {} {}",
                crate::run::shell_word(&host.account.name),
                host.typed(there)
            )),
    })
}

/// `gui/<uid>` exists only while its person is logged in at the screen; agents cannot be started
/// without it ("Bootstrap failed: 125: Domain does not support specified action").
fn gui_session(host: &Host, runner: &mut dyn Runner) -> Option<Finding> {
    let domain = format!("gui/{}", host.account.uid);
    let asked = runner.output(&Command::new("launchctl").args(["print", &domain]));
    if asked.is_ok_and(|output| output.ok()) {
        return None;
    }
    Some(Finding {
        what: "gui-session",
        stops: false,
        problem: Problem::tool(format!(
            "{} is not logged in at this Mac's screen",
            host.account.name
        ))
        .cause("macOS starts a home's agents, sops-nix among them, in that session alone")
        .hint("log in at the screen once, and activate there"),
    })
}

/// home-manager's copyApps (modules/targets/darwin/copyapps.nix) stops outside of an Aqua session.
fn over_ssh(host: &Host) -> Option<Finding> {
    host.var("SSH_CONNECTION")?;
    Some(Finding {
        what: "app-management",
        stops: false,
        problem: Problem::tool("you are here over ssh, where macOS lets nobody change apps")
            .cause("a home that brings apps stops with `permission denied when trying to update apps over SSH`")
            .hint("activate in Terminal at the Mac, and allow App Management when it asks"),
    })
}

#[cfg(test)]
mod tests;
