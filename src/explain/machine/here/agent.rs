//! A launchd agent of the person's own: its plist, whether launchd has it, where, and how it ended.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::{Answer, Here, Query};
use crate::activate::after::AGENT;
use crate::host::Os;
use crate::run::Command;
use crate::survey;

type Result<T> = std::result::Result<T, Answer>;

/// Where an activation of sops-nix is ordered before that of agents, it loads what is not there yet
/// and stops before that is put there: every further one fails alike (Mic92/sops-nix#910).
const NO_PLIST: &str = "Copy the plist from result/LaunchAgents and activate again; if it comes back, have sops-nix ordered after setupLaunchAgents (lib.hm.dag.entryAfter)";

impl Here<'_> {
    /// `no-plist`, `bad-plist-mode`, `bad-plist`, `empty-path`, `disabled`, `program-missing`,
    /// `failed-78`, `failed`, `as-root`, `other-domain`, `not-loaded` or `loaded`.
    pub(super) fn agent(&mut self, query: &Query) -> Result<Answer> {
        self.only_on(Os::Darwin, "launchd")?;
        let label = query.about("label").unwrap_or(AGENT).to_owned();
        if let Some(answer) = self.plist(&label) {
            return Ok(answer);
        }
        let uid = self.host.account.uid;
        let domain = format!("gui/{uid}");
        let list = Command::new("launchctl").args(["print-disabled", &domain]);
        let says = |line: &str| {
            line.contains(&format!("\"{label}\""))
                && (line.contains("disabled") || line.contains("true"))
        };
        if let Some(line) = self.ask(&list)?.stdout.lines().find(|line| says(line)) {
            return Ok(Answer::is("disabled", line.trim()).by(&list));
        }
        let print = Command::new("launchctl").args(["print", &format!("{domain}/{label}")]);
        let printed = self.ask(&print)?;
        if printed.ok() {
            return Ok(of_loaded(&printed.stdout, &label).by(&print));
        }
        // In another domain it runs at another time, or as somebody else.
        for (other, what) in
            [("system".to_owned(), "as-root"), (format!("user/{uid}"), "other-domain")]
        {
            let print = Command::new("launchctl").args(["print", &format!("{other}/{label}")]);
            if self.ask(&print).is_ok_and(|printed| printed.ok()) {
                let words = format!("{label} is loaded in {other}, not in {domain}");
                return Ok(Answer::is(what, words).by(&print));
            }
        }
        let words = "Could not find service: the plist is there, and the agent is not loaded";
        Ok(Answer::is("not-loaded", words).by(&print))
    }

    /// What is wrong with the file that launchd reads, before launchd is asked.
    fn plist(&self, label: &str) -> Option<Answer> {
        let plist = self.host.home.join(format!("Library/LaunchAgents/{label}.plist"));
        let shown = self.host.short(&plist);
        let Ok(found) = fs::metadata(&plist) else {
            let answer = Answer::is("no-plist", format!("{shown} is not there"));
            return Some(answer.with("mend", NO_PLIST));
        };
        if found.uid() != self.host.account.uid || found.mode() & 0o022 != 0 {
            let mode = found.mode() & 0o777;
            let words = format!("{shown} belongs to account {} with mode {mode:04o}", found.uid());
            return Some(Answer::is("bad-plist-mode", words));
        }
        let text = survey::read_small(&plist)?;
        // A binary one is as good; home-manager writes XML.
        if text.starts_with("bplist") {
            return None;
        }
        if !text.contains("<plist") || !text.contains("</plist>") {
            return Some(Answer::is("bad-plist", format!("{shown} is no whole property list")));
        }
        match string_of(&text, "Label") {
            Some(other) if other != label => {
                let words = format!("{shown} has the label {other}; launchctl asks for {label}");
                return Some(Answer::is("bad-plist", words));
            }
            _ => {}
        }
        // An agent gets nothing of the shell's PATH: what the plist says is all that it has.
        match string_of(&text, "PATH") {
            Some(path) if !path.split(':').any(|folder| folder == "/usr/bin") => {
                let said = if path.is_empty() { "is empty" } else { "lacks /usr/bin" };
                Some(Answer::is("empty-path", format!("PATH in {shown} {said}")))
            }
            _ => None,
        }
    }
}

/// The `<string>` after `<key>name</key>`.
fn string_of<'t>(plist: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = plist.split_once(&format!("<key>{name}</key>"))?;
    let rest = rest.trim_start();
    if rest.starts_with("<string/>") {
        return Some("");
    }
    Some(rest.strip_prefix("<string>")?.split_once("</string>")?.0)
}

fn of_loaded(printed: &str, label: &str) -> Answer {
    let line = |start: &str| printed.lines().map(str::trim).find(|line| line.starts_with(start));
    let program = line("program = ").and_then(|line| line.split_once(" = ")).map(|(_, path)| path);
    if let Some(program) = program.filter(|program| !Path::new(program).exists()) {
        let words = format!("program = {program}, which is not there");
        return Answer::is("program-missing", words);
    }
    let Some(said) = line("last exit code") else {
        return Answer::is("loaded", format!("{label} is loaded"));
    };
    // `last exit code = 78: EX_CONFIG`, `= 0`, `= (never exited)`.
    let code = said.split_once('=').and_then(|(_, code)| {
        code.trim().split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
    });
    match code {
        Some(78) => Answer::is("failed-78", said),
        Some(1..) => Answer::is("failed", said),
        _ => Answer::is("loaded", said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(answer: Answer) -> &'static str {
        match answer {
            Answer::Is { what, .. } => what,
            Answer::Unknown { .. } => "unknown",
        }
    }

    #[test]
    fn how_an_agent_ended() {
        for (said, expected) in [
            ("last exit code = 0", "loaded"),
            ("last exit code = (never exited)", "loaded"),
            ("last exit code = 78: EX_CONFIG", "failed-78"),
            ("last exit code = 1", "failed"),
            ("state = running", "loaded"),
            ("program = /nix/store/gone/bin/x\nlast exit code = 0", "program-missing"),
        ] {
            assert_eq!(what(of_loaded(said, "x")), expected, "{said}");
        }
    }

    #[test]
    fn strings_of_a_property_list() {
        let text =
            "<dict><key>Label</key>\n\t<string>org.x</string><key>PATH</key><string/></dict>";
        assert_eq!(string_of(text, "Label"), Some("org.x"));
        assert_eq!(string_of(text, "PATH"), Some(""));
        assert_eq!(string_of(text, "Program"), None);
        assert_eq!(string_of("<key>Label</key><string>cut", "Label"), None);
    }
}
