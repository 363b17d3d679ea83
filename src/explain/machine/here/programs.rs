//! What launchd, systemd, the environment and Nix's socket say.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::super::heard;
use super::{Answer, Here, Query};
use crate::host::Os;
use crate::run::{Command, Output};

type Result<T> = std::result::Result<T, Answer>;

impl Here<'_> {
    /// `none` or `there`.
    pub(super) fn gui_session(&mut self) -> Result<Answer> {
        self.only_on(Os::Darwin, "launchd")?;
        let domain = format!("gui/{}", self.host.account.uid);
        let print = Command::new("launchctl").args(["print", &domain]);
        let answer = match self.ask(&print)?.ok() {
            true => Answer::is("there", "you are logged in on the screen now"),
            false => Answer::is("none", "you are not logged in on the screen"),
        };
        Ok(answer.by(&print))
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
        let said = self.ask(&command)?;
        match said.stdout.trim() {
            "loaded" => Ok(Answer::is("known", format!("systemd knows {unit} now")).by(&command)),
            "" => Err(Answer::unknown(said.reason())),
            state => Ok(Answer::is("unknown-unit", state).by(&command)),
        }
    }

    /// `running` or `not-running`.
    pub(super) fn user_systemd(&mut self) -> Result<Answer> {
        self.only_on(Os::Linux, "systemd")?;
        let command = Command::new("systemctl").args(["--user", "is-system-running"]);
        let said = self.ask(&command)?;
        let state = said.stdout.trim().to_owned();
        let what = match state.as_str() {
            "running" | "degraded" => "running",
            _ => "not-running",
        };
        let state = if state.is_empty() { said.reason() } else { state };
        Ok(Answer::is(what, state).by(&command))
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
        let answer = match UnixStream::connect(&socket) {
            Ok(_) => Answer::is("answers", format!("{shown} takes connections now")),
            Err(e) if e.kind() == ErrorKind::NotFound => {
                Answer::is("no-socket", format!("{shown} is not there"))
            }
            Err(e) if e.kind() == ErrorKind::PermissionDenied => {
                Answer::is("not-allowed", format!("this account may not use {shown}"))
            }
            Err(e) => Answer::is("refused", format!("{shown}: {e}")),
        };
        answer.with("start", self.start_of_daemon())
    }

    /// What an administrator types; on a Mac whoever installed Nix named its service.
    fn start_of_daemon(&self) -> String {
        let label = ["systems.determinate.nix-daemon", "org.nixos.nix-daemon"]
            .into_iter()
            .find(|label| self.system(&format!("Library/LaunchDaemons/{label}.plist")).exists());
        match (self.host.os, label) {
            (Os::Linux, _) => "sudo systemctl start nix-daemon".to_owned(),
            (Os::Darwin, label) => {
                let label = label.unwrap_or("org.nixos.nix-daemon");
                format!("sudo launchctl kickstart -k system/{label}")
            }
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

    pub(super) fn only_on(&self, os: Os, what: &str) -> Result<()> {
        let here = self.host.os == os;
        here.then_some(()).ok_or_else(|| Answer::unknown(format!("this machine has no {what}")))
    }

    pub(super) fn ask(&mut self, command: &Command) -> Result<Output> {
        heard(self.runner, command).map_err(|e| Answer::unknown(e.what))
    }
}
