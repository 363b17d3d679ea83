//! How the program that opens secrets ended at its last run, and what it wrote: an agent on a Mac, a
//! unit of systemd on Linux.
//!
//! A Mac's log is appended to over runs, so an old failure stays in it for ever: it counts only if
//! launchd does not say that the last run went well, and if it is newer than what was opened.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::finding::Risk;
use super::machine::SECRETS;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::activate::after::AGENT;
use crate::host::Os;
use crate::run::{Command, Runner};

const UNIT: &str = "sops-nix.service";

pub(super) struct AgentLog;

impl Check for AgentLog {
    fn id(&self) -> &'static str {
        "agent-log"
    }

    fn group(&self) -> Group {
        Group::Agent
    }

    fn title(&self) -> &'static str {
        "what opens your secrets ended well"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.wants_secrets()
    }

    fn look(&self, scene: &Scene, runner: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let heard = match scene.host.os {
            Os::Darwin => of_agent(scene, runner)?,
            Os::Linux => of_unit(runner)?,
        };
        let Some(heard) = heard else { return Ok(Vec::new()) };
        let explained = scene.explain(&mut heard.text.as_slice(), runner)?;
        let found = |severity, summary: String| {
            let found = Finding::new(
                "agent-failed",
                severity,
                summary,
                "It opens your secrets at each login. While it fails, they are missing or old.",
            );
            let found = heard.exit.iter().fold(found, |f, (command, said)| f.seen(command, said));
            found.follows(SECRETS)
        };
        let explain = vec![heard.explain.clone()];
        let cause = explained.causes.first();
        let line = match cause {
            Some(cause) => cause.shown.first(),
            None => explained.suspects.last(),
        };
        let line = line.map(|line| line.text.trim().to_owned());
        Ok(match (cause, line) {
            (Some(cause), line) => {
                let lines: Vec<String> = cause.run.iter().chain(&cause.admin).cloned().collect();
                vec![
                    found(
                        Severity::Error,
                        format!("your secrets were not opened: {}", cause.summary),
                    )
                    .seen(&heard.shown, line.unwrap_or_default())
                    .by(
                        Risk::ByHand,
                        format!("{} (class {})", cause.next, cause.class),
                        &lines,
                    ),
                ]
            }
            (None, None) if heard.exit.is_none() => Vec::new(),
            (None, line) => vec![
                found(
                    if heard.exit.is_some() { Severity::Error } else { Severity::Warning },
                    "what opens your secrets failed at its last run".to_owned(),
                )
                .seen(&heard.shown, line.unwrap_or_else(|| "says nothing of it".to_owned()))
                .by(Risk::ByHand, "Look at what it wrote", &explain),
            ],
        })
    }
}

/// What a run that failed left behind.
struct Heard {
    /// The command that says how it ended, and what that says.
    exit: Option<(String, String)>,
    /// Where its words are, for people.
    shown: String,
    /// The command that reads them.
    explain: String,
    text: Vec<u8>,
}

fn of_agent(scene: &Scene, runner: &mut dyn Runner) -> Result<Option<Heard>, NotChecked> {
    let log = scene.host.home.join("Library/Logs/SopsNix/stderr");
    let service = format!("gui/{}/{AGENT}", scene.host.account.uid);
    let print = Command::new("launchctl").args(["print", &service]);
    // One that is not loaded, or not to be asked, is another check's; its log still speaks.
    let printed = Scene::hear(runner, &print).ok().filter(|said| said.ok());
    let exit = printed.and_then(|said| {
        let mut lines = said.stdout.lines().map(|line| line.trim().to_owned());
        lines.find(|line| line.starts_with("last exit code"))
    });
    if exit.as_deref().is_some_and(|exit| exit.ends_with("= 0")) {
        return Ok(None);
    }
    let exit = exit.filter(|exit| !exit.contains("never exited"));
    let link = scene.activation().secrets_link();
    let plist = scene.host.home.join(format!("Library/LaunchAgents/{AGENT}.plist"));
    let written = |path: &Path| fs::symlink_metadata(path).and_then(|m| m.modified()).ok();
    let older_than = |path: &Path| written(path).zip(written(&log)).is_some_and(|(p, l)| l <= p);
    let is_empty = fs::metadata(&log).map_or(true, |found| found.len() == 0);
    let is_old = is_empty || (link.exists() && older_than(&link)) || older_than(&plist);
    if is_old && exit.is_none() {
        return Ok(None);
    }
    let shown = scene.host.short(&log);
    let text = match is_old {
        true => Vec::new(),
        false => tail(&log).map_err(|e| NotChecked(format!("{shown}: {e}")))?,
    };
    Ok(Some(Heard {
        exit: exit.map(|exit| (print.typed(), exit)),
        shown,
        explain: format!("doorstep explain {}", scene.host.typed(&log)),
        text,
    }))
}

fn of_unit(runner: &mut dyn Runner) -> Result<Option<Heard>, NotChecked> {
    /// How a unit can end badly (systemd.exec, `Result=`).
    const BAD: [&str; 6] = ["core-dump", "exit-code", "oom-kill", "resources", "signal", "timeout"];
    let show =
        Command::new("systemctl").args(["--user", "show", "--property=Result", "--value", UNIT]);
    let said = Scene::hear(runner, &show)?;
    let result = said.stdout.trim().to_owned();
    if !BAD.contains(&result.as_str()) {
        return Ok(None);
    }
    let journal = Command::new("journalctl").args([
        "--user",
        "--unit",
        UNIT,
        "--lines",
        "80",
        "--output",
        "cat",
        "--no-pager",
    ]);
    // An account that may not read the journal still learns how the unit ended.
    let text = Scene::hear(runner, &journal).map(|said| said.stdout).unwrap_or_default();
    Ok(Some(Heard {
        exit: Some((show.typed(), result)),
        shown: format!("journalctl --user --unit {UNIT}"),
        explain: format!("journalctl --user --unit {UNIT} --boot | doorstep explain"),
        text: text.into_bytes(),
    }))
}

/// The end of a file: the last run is there.
fn tail(path: &Path) -> std::io::Result<Vec<u8>> {
    const ENOUGH: u64 = 32 * 1024;
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(ENOUGH)))?;
    let mut bytes = Vec::new();
    file.take(ENOUGH).read_to_end(&mut bytes)?;
    Ok(bytes)
}
