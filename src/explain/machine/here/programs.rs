//! What launchd, systemd, the environment and Nix's socket say.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::{Answer, Here, Query};
use crate::host::Os;
use crate::run::{Command, Output};

type Result<T> = std::result::Result<T, Answer>;

/// sops-nix's agent (modules/home-manager/sops.nix).
const SOPS_AGENT: &str = "org.nix-community.home.sops-nix";

impl Here<'_> {
    /// `no-plist`, `bad-plist-mode`, `disabled`, `program-missing`, `failed-78`, `loaded` or
    /// `not-loaded`.
    pub(super) fn agent(&mut self, query: &Query) -> Result<Answer> {
        self.only_on(Os::Darwin, "launchd")?;
        let label = query.about("label").unwrap_or(SOPS_AGENT).to_owned();
        let plist = self.host.home.join(format!("Library/LaunchAgents/{label}.plist"));
        let shown = self.host.short(&plist);
        let Ok(found) = fs::metadata(&plist) else {
            return Ok(Answer::is("no-plist", format!("{shown} is not there")));
        };
        if found.uid() != self.host.account.uid || found.mode() & 0o022 != 0 {
            let mode = found.mode() & 0o777;
            let words = format!("{shown} belongs to account {} with mode {mode:04o}", found.uid());
            return Ok(Answer::is("bad-plist-mode", words));
        }
        let domain = format!("gui/{}", self.host.account.uid);
        let disabled = self.ask(Command::new("launchctl").args(["print-disabled", &domain]))?;
        let says = |line: &str| {
            line.contains(&format!("\"{label}\""))
                && (line.contains("disabled") || line.contains("true"))
        };
        if disabled.stdout.lines().any(says) {
            return Ok(Answer::is("disabled", format!("launchctl print-disabled lists {label}")));
        }
        let service = format!("{domain}/{label}");
        let printed = self.ask(Command::new("launchctl").args(["print", &service]))?;
        if !printed.ok() {
            return Ok(Answer::is(
                "not-loaded",
                format!("{shown} is there, and the agent is not loaded"),
            ));
        }
        Ok(of_loaded(&printed.stdout, &label))
    }

    /// `none` or `there`.
    pub(super) fn gui_session(&mut self) -> Result<Answer> {
        self.only_on(Os::Darwin, "launchd")?;
        let domain = format!("gui/{}", self.host.account.uid);
        let printed = self.ask(Command::new("launchctl").args(["print", &domain]))?;
        Ok(if printed.ok() {
            Answer::is("there", "you are logged in on the screen now")
        } else {
            Answer::is("none", "you are not logged in on the screen")
        })
    }

    /// `unknown-unit` or `known`.
    pub(super) fn user_unit(&mut self, query: &Query) -> Result<Answer> {
        self.only_on(Os::Linux, "systemd")?;
        let unit = query.about("name").unwrap_or("sops-nix.service").to_owned();
        let command = Command::new("systemctl").args([
            "--user",
            "show",
            "--property=LoadState",
            "--value",
            &unit,
        ]);
        let said = self.ask(command)?;
        match said.stdout.trim() {
            "loaded" => Ok(Answer::is("known", format!("systemd knows {unit} now"))),
            "" => Err(Answer::unknown(said.reason())),
            state => Ok(Answer::is("unknown-unit", format!("systemd says of {unit}: {state}"))),
        }
    }

    /// `running` or `not-running`.
    pub(super) fn user_systemd(&mut self) -> Result<Answer> {
        self.only_on(Os::Linux, "systemd")?;
        let said = self.ask(Command::new("systemctl").args(["--user", "is-system-running"]))?;
        let state = said.stdout.trim().to_owned();
        Ok(if matches!(state.as_str(), "running" | "degraded") {
            Answer::is("running", format!("systemctl --user is-system-running: {state}"))
        } else {
            let state = if state.is_empty() { said.reason() } else { state };
            Answer::is("not-running", format!("systemctl --user is-system-running: {state}"))
        })
    }

    /// `on-path`, `not-on-path` (in the default profile) or `absent`.
    pub(super) fn tool(&self, query: &Query) -> Answer {
        let Some(name) = query.about("name").filter(|name| !name.contains('/')) else {
            return Answer::unknown("the log does not name the tool");
        };
        if let Some(path) = self.host.tool(name) {
            return Answer::is("on-path", format!("{name} is {} here", path.display()));
        }
        let default = self.system(&format!("nix/var/nix/profiles/default/bin/{name}"));
        if default.exists() {
            return Answer::is(
                "not-on-path",
                format!("{} is there, not on PATH", default.display()),
            );
        }
        Answer::is("absent", format!("{name} is neither on PATH nor in the default profile"))
    }

    /// `local`, `no-socket`, `refused`, `not-allowed` or `answers`.
    pub(super) fn daemon(&self) -> Answer {
        if self.host.var("NIX_REMOTE") == Some("local") {
            return Answer::is("local", "NIX_REMOTE is local: Nix does not use its service");
        }
        let socket = self.system("nix/var/nix/daemon-socket/socket");
        let shown = socket.display();
        match UnixStream::connect(&socket) {
            Ok(_) => Answer::is("answers", format!("{shown} takes connections now")),
            Err(e) if e.kind() == ErrorKind::NotFound => {
                Answer::is("no-socket", format!("{shown} is not there"))
            }
            Err(e) if e.kind() == ErrorKind::PermissionDenied => {
                Answer::is("not-allowed", format!("this account may not use {shown}"))
            }
            Err(e) => Answer::is("refused", format!("{shown}: {e}")),
        }
    }

    /// `unset` or `set`.
    pub(super) fn variable(&self, query: &Query) -> Answer {
        let name = query.about("name").unwrap_or_default();
        match self.host.var(name) {
            Some(_) => Answer::is("set", format!("{name} is set here")),
            None => Answer::is("unset", format!("{name} is not set here")),
        }
    }

    /// `missing`, `there` or `unset`: of the file that a variable names.
    pub(super) fn variable_file(&self, query: &Query) -> Answer {
        let name = query.about("name").unwrap_or_default();
        match self.host.var(name) {
            None => Answer::is("unset", format!("{name} is not set here")),
            Some(file) if Path::new(file).exists() => {
                Answer::is("there", format!("{name} is {file}"))
            }
            Some(file) => Answer::is("missing", format!("{name} is {file}, which is not there")),
        }
    }

    fn only_on(&self, os: Os, what: &str) -> Result<()> {
        let here = self.host.os == os;
        here.then_some(()).ok_or_else(|| Answer::unknown(format!("this machine has no {what}")))
    }

    fn ask(&mut self, command: Command) -> Result<Output> {
        self.runner.output(&command).map_err(|e| Answer::unknown(e.what))
    }
}

fn of_loaded(printed: &str, label: &str) -> Answer {
    let line = |start: &str| printed.lines().map(str::trim).find(|line| line.starts_with(start));
    let program = line("program = ").and_then(|line| line.split_once(" = ")).map(|(_, path)| path);
    if let Some(program) = program.filter(|program| !Path::new(program).exists()) {
        return Answer::is(
            "program-missing",
            format!("{program}, which {label} starts, is not there"),
        );
    }
    match line("last exit code") {
        Some(said) if said.contains("78") => Answer::is("failed-78", format!("{label}: {said}")),
        _ => Answer::is("loaded", format!("{label} is loaded")),
    }
}
