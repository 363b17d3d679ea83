//! What is really so after an activation: secrets that arrive late, and units that failed while the
//! activation itself said nothing.
//!
//! sops-nix decrypts in a user unit or a launch agent. home-manager's success says nothing about
//! it: on macOS the agent is only started, on Linux a session without systemd leaves it out.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::Places;
use crate::event::{Checked, Verdict};
use crate::host::{Host, Os};
use crate::run::{Command, Runner};

/// The agent of sops-nix's home module on macOS (modules/home-manager/sops.nix).
pub(crate) const AGENT: &str = "org.nix-community.home.sops-nix";

/// How long is waited for secrets: an agent mounts a file system first.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What is said of a home that is active without them.
pub const NOT_THERE: &str = "Activated, but your secrets are not there yet";

/// How often is looked.
const LOOK: Duration = Duration::from_millis(250);

/// The secrets that a generation of a home installs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    pub names: Vec<String>,
    /// The link that leads to them.
    pub link: PathBuf,
}

/// What `generation` says of secrets. `None`: it has none.
///
/// sops-nix's unit or agent runs a script of the store that names the manifest, a JSON file with
/// every secret.
pub fn secrets(generation: &Path, places: &Places) -> Option<Secrets> {
    if let Ok(facts) = fs::read_to_string(generation.join("manifest.nix")) {
        // A practice generation (assets/practice/README.md).
        let manifest = facts.lines().find_map(|line| line.strip_prefix("sopsManifest\t"))?;
        return from_manifest(Path::new(manifest), places);
    }
    let starts = [
        generation.join(format!("LaunchAgents/{AGENT}.plist")),
        generation.join("home-files/.config/systemd/user/sops-nix.service"),
    ];
    let text = starts.iter().find_map(|file| fs::read_to_string(file).ok())?;
    let script = store_path(&text, |path| path.ends_with("sops-nix-user"));
    let script = script.and_then(|script| fs::read_to_string(script).ok()).unwrap_or(text);
    let manifest =
        store_path(&script, |path| path.contains("manifest") && path.ends_with(".json"))?;
    from_manifest(Path::new(&manifest), places)
}

fn from_manifest(manifest: &Path, places: &Places) -> Option<Secrets> {
    let manifest: Value = serde_json::from_str(&fs::read_to_string(manifest).ok()?).ok()?;
    let names: Vec<String> = manifest["secrets"]
        .as_array()?
        .iter()
        .filter_map(|secret| secret["name"].as_str().map(str::to_owned))
        .collect();
    let link = manifest["symlinkPath"].as_str().map(PathBuf::from).filter(|p| p.is_absolute());
    (!names.is_empty())
        .then(|| Secrets { names, link: link.unwrap_or_else(|| places.secrets_link()) })
}

/// The first store path in `text` that `fits`.
fn store_path(text: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let end = |c: char| !(c.is_ascii_alphanumeric() || "+-._?=/".contains(c));
    text.match_indices("/nix/store/")
        .map(|(at, _)| text[at..].split(end).next().unwrap_or_default())
        .find(|path| fits(path))
        .map(str::to_owned)
}

/// Waits until every secret can be read, `patience` at most, and says which cannot and why.
/// `began` is when the activation did: what a log said before is another run's. `heard` is what
/// the activation itself has said of it, see [`trouble`]: then there is nothing to wait for.
pub fn readable(
    secrets: &Secrets,
    host: &Host,
    began: SystemTime,
    patience: Duration,
    heard: Option<&str>,
    runner: &mut dyn Runner,
) -> Checked {
    // Where nothing runs that would bring them, there is nothing to wait for either.
    let told = heard.map(|heard| stopped(format!("sops-nix said: {heard}")));
    let told = told.or_else(|| {
        let any = !secrets.unreadable().is_empty();
        any.then(|| nobody_brings(host, runner)).flatten()
    });
    let until = Instant::now() + if told.is_some() { Duration::ZERO } else { patience };
    let missing = loop {
        let missing = secrets.unreadable();
        if missing.is_empty() || Instant::now() >= until {
            break missing;
        }
        std::thread::sleep(LOOK);
    };
    let mut data = serde_json::Map::new();
    if missing.is_empty() {
        data.insert("value".to_owned(), secrets.names.clone().into());
        let words = match secrets.names.len() {
            1 => "The secret is on disk and readable.".to_owned(),
            n => format!("All {n} secrets are on disk and readable."),
        };
        return Checked { what: "secrets", verdict: Verdict::Holds, words, data };
    }
    let why = told.unwrap_or_else(|| match host.os {
        Os::Darwin => agent(host, began, runner),
        Os::Linux => unit(runner),
    });
    data.insert("value".to_owned(), missing.clone().into());
    data.insert("because".to_owned(), why.clone().into());
    let words = format!("{NOT_THERE}, because {why} Not readable: {}.", missing.join(", "));
    Checked { what: "secrets", verdict: Verdict::DoesNotHold, words, data }
}

impl Secrets {
    /// The names of those that cannot be read now.
    pub fn unreadable(&self) -> Vec<String> {
        let missing = |name: &&String| fs::File::open(self.link.join(name)).is_err();
        self.names.iter().filter(missing).cloned().collect()
    }
}

/// What the program that installs secrets has said of its trouble, if `line` of an activation is
/// that (pkgs/sops-install-secrets/main.go; older versions begin with a capital).
pub fn trouble(line: &str) -> Option<String> {
    let line = line.trim();
    let text = line.split_once("sops-install-secrets: ").map_or(line, |(_, text)| text);
    let starts = [
        "failed to decrypt",
        "cannot read key",
        "manifest is not valid",
        "failed to mount",
        "cannot figure out runtime",
    ];
    let lower = text.to_lowercase();
    starts.iter().any(|start| lower.starts_with(start)).then(|| text.chars().take(300).collect())
}

/// Keeps the last trouble that was said: nothing says it afterwards.
pub(crate) fn hear(last: &mut Option<String>, line: &str) {
    if let Some(said) = trouble(line) {
        *last = Some(said);
    }
}

fn launchctl_print(target: String) -> Command {
    Command::new("launchctl").arg("print").arg(target)
}

fn systemctl_user(words: &[&str]) -> Command {
    Command::new("systemctl").arg("--user").args(words.iter().copied())
}

/// Why nothing runs here that would install them; `None`: something does.
fn nobody_brings(host: &Host, runner: &mut dyn Runner) -> Option<String> {
    match host.os {
        Os::Darwin => {
            let session = runner.output(&launchctl_print(format!("gui/{}", host.account.uid)));
            (!session.is_ok_and(|output| output.ok())).then(|| {
                format!(
                    "{} is not logged in at this Mac's screen, and sops-nix is started in that \
                     session alone: log in there once.",
                    host.account.name
                )
            })
        }
        Os::Linux => {
            let state = runner.output(&systemctl_user(&["is-system-running"]));
            let state = state.map(|output| output.stdout.trim().to_owned()).unwrap_or_default();
            let runs = matches!(state.as_str(), "running" | "degraded");
            let state = if state.is_empty() { "not there" } else { &state };
            (!runs).then(|| {
                format!(
                    "your own systemd is {state}, so home-manager has not started sops-nix: log \
                     in properly, or run `loginctl enable-linger`."
                )
            })
        }
    }
}

/// `launchctl print` gives `last exit code = N` for an agent that has run, and fails where there is
/// no such agent.
fn agent(host: &Host, began: SystemTime, runner: &mut dyn Runner) -> String {
    let asked = runner.output(&launchctl_print(format!("gui/{}/{AGENT}", host.account.uid)));
    let Some(printed) = asked.ok().filter(crate::run::Output::ok) else {
        return format!("the agent `{AGENT}` is not loaded.");
    };
    let field = |name: &str| {
        let line = printed.stdout.lines().map(str::trim).find(|line| line.starts_with(name))?;
        line.split_once(" = ").map(|(_, value)| value.trim().to_owned())
    };
    let code = field("last exit code").unwrap_or_else(|| "(never exited)".to_owned());
    // Lines of earlier runs stay in the log: it says something of this one only when it is newer.
    let log = host.home.join("Library/Logs/SopsNix/stderr");
    let is_new = fs::metadata(&log).and_then(|m| m.modified()).is_ok_and(|at| at >= began);
    let said = if is_new { last_line(&fs::read_to_string(&log).unwrap_or_default()) } else { None };
    match (code.as_str(), said) {
        (code, Some(said)) => stopped(format!("sops-nix ended with {code} and said: {said}")),
        ("0", None) => "sops-nix ended well and said nothing; it may have installed another \
                        generation's secrets."
            .to_owned(),
        (code, None) => format!("sops-nix has said nothing yet; its last exit code is {code}."),
    }
}

fn unit(runner: &mut dyn Runner) -> String {
    let show = ["show", "sops-nix.service", "-p", "ActiveState,Result"];
    let show = runner.output(&systemctl_user(&show));
    let shown = show.map(|output| output.stdout).unwrap_or_default();
    let field = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name));
    let result = field("Result=").unwrap_or("unknown").to_owned();
    let journal = Command::new("journalctl").args([
        "--user",
        "--unit=sops-nix.service",
        "--lines=20",
        "--output=cat",
        "--no-pager",
    ]);
    let said = runner.output(&journal).ok().and_then(|output| last_line(&output.stdout));
    match said {
        Some(said) => stopped(format!("sops-nix.service ended with {result} and said: {said}")),
        None => format!("sops-nix.service ended with {result}."),
    }
}

/// With a stop at its end: what a program says may have none.
fn stopped(text: String) -> String {
    if text.ends_with(['.', '!', '?']) { text } else { text + "." }
}

/// The last line that says what was wrong; systemd's own lines come after it.
fn last_line(text: &str) -> Option<String> {
    let mut lines = text.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    let systemd = ["sops-nix.service:", "Failed to start", "Started ", "Starting ", "Finished "];
    lines
        .find(|line| !systemd.iter().any(|start| line.starts_with(start)))
        .map(|line| line.chars().take(300).collect())
}

/// Units of `scope` (`--user` or `--system`) that have failed; `None` where systemd does not answer.
pub fn failed_units(scope: &str, runner: &mut dyn Runner) -> Option<Vec<String>> {
    let list = Command::new("systemctl").arg(scope).args([
        "list-units",
        "--state=failed",
        "--plain",
        "--no-legend",
        "--no-pager",
    ]);
    let output = runner.output(&list).ok().filter(|output| output.ok())?;
    let name = |line: &str| line.split_whitespace().next().map(str::to_owned);
    Some(output.stdout.lines().filter_map(name).collect())
}

/// Whether units have failed that had not before. `None`: there is nothing to compare.
pub fn units(before: Option<&[String]>, after: Option<&[String]>) -> Option<Checked> {
    let (before, after) = (before?, after?);
    let is_new = |unit: &&String| !before.contains(unit) && *unit != "sops-nix.service";
    let failed: Vec<String> = after.iter().filter(is_new).cloned().collect();
    let (verdict, words) = if failed.is_empty() {
        (Verdict::Holds, "No unit has failed.".to_owned())
    } else {
        (Verdict::DoesNotHold, format!("Activated, but these units failed: {}.", failed.join(", ")))
    };
    let mut data = serde_json::Map::new();
    data.insert("value".to_owned(), failed.into());
    Some(Checked { what: "units", verdict, words, data })
}

#[cfg(test)]
mod tests;
