//! Lines that are no records: what a person would read, of Nix where it gives no records, of
//! activation scripts and of tools around them.

use std::time::Duration;

use super::{Build, LONGEST_LAST, LONGEST_NAME, MOST_PHASES, Phase, Stage, Task};
use crate::activate::nix_log::failure::{self, Failure};
use crate::activate::nix_log::words::{self, cut};

/// The longest error in plain text.
const LONGEST_ERROR: usize = 16 * 1024;

/// What a line means.
enum Meaning<'a> {
    /// `building '/nix/store/….drv'...`, maybe `on 'ssh://…'`.
    Builds {
        drv: &'a str,
        host: &'a str,
    },
    /// `copying path '/nix/store/…' from 'https://…'...`
    Copies {
        path: &'a str,
        from: &'a str,
    },
    /// `tool> a line of its log`
    Log {
        name: &'a str,
        line: &'a str,
    },
    /// `  /nix/store/…` in a list of what will be built.
    Plans(&'a str),
    /// A script says which part of it begins.
    Phase(&'a str),
    Other,
}

impl Build {
    pub(super) fn plain_line(&mut self, at: Duration, raw: &str) {
        let text = words::plain(raw);
        let (machine, text) = self.machine_of(&text);
        let text = text.to_owned();
        if let Some(machine) = machine.and_then(|at| self.machines.get_mut(at)) {
            machine.said.push(&text);
            if !text.trim().is_empty() {
                machine.last = cut(text.trim(), LONGEST_LAST).to_owned();
            }
        }
        if !text.trim().is_empty() {
            self.note(&text);
        }
        self.hear_of_end(machine, &text);
        if self.is_part_of_error(&text, machine) {
            return self.said.push(&text);
        }
        match meaning(&text, self.is_activating(machine)) {
            Meaning::Phase(name) => self.begin_phase(at, name, machine),
            // Records have said it, or will.
            _ if self.has_records => {}
            Meaning::Builds { drv, host } => {
                let (drv, host) = (cut(drv, LONGEST_NAME).to_owned(), host.to_owned());
                self.planned.remove(drv.as_str());
                self.stage = self.stage.max_of_building();
                self.tasks.guess(at, Task::Build { drv, host });
            }
            Meaning::Copies { path, from } => {
                let (path, from) = (cut(path, LONGEST_NAME).to_owned(), from.to_owned());
                self.planned.remove(path.as_str());
                self.stage = self.stage.max_of_building();
                self.tasks.guess(at, Task::Substitute { path, from });
            }
            Meaning::Log { name, line } => {
                if let Some(drv) = self.tasks.derivation_named(name).map(str::to_owned) {
                    return self.tails.push(&drv, line);
                }
            }
            Meaning::Plans(path) => self.plan(path),
            Meaning::Other => {}
        }
        self.said.push(&text);
    }

    /// Which machine a line is from, and the line without its mark.
    fn machine_of<'a>(&self, text: &'a str) -> (Option<usize>, &'a str) {
        let marked = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let Some((name, rest)) = marked else { return (None, text) };
        match self.machines.iter().position(|machine| machine.name == name) {
            Some(at) => (Some(at), rest.strip_prefix(' ').unwrap_or(rest)),
            None => (None, text),
        }
    }

    /// What tells how a machine's update ends. Where there is one alone, all is about it.
    fn hear_of_end(&mut self, machine: Option<usize>, text: &str) {
        self.gave_up_on = failure::gave_up_on(text).or(self.gave_up_on);
        let at = machine.or((self.machines.len() == 1).then_some(0));
        let Some(machine) = at.and_then(|at| self.machines.get_mut(at)) else { return };
        if let Some(why) = failure::unreachable(text) {
            machine.unreachable = Some(cut(&why, LONGEST_NAME).to_owned());
        } else if let Some(why) = failure::gave_up(text) {
            machine.gave_up = Some(cut(why, LONGEST_NAME).to_owned());
        }
    }

    /// Nix indents what belongs to an error; the first line of the same machine that is not
    /// indented ends it.
    fn is_part_of_error(&mut self, text: &str, machine: Option<usize>) -> bool {
        if let Some(error) = self.errors.get_mut(&machine) {
            if text.is_empty() || text.starts_with([' ', '\t']) {
                if error.len() + text.len() < LONGEST_ERROR {
                    error.push('\n');
                    error.push_str(text);
                }
                return true;
            }
            self.end_error(machine);
        }
        if text.starts_with("error:") || text.starts_with("Error:") {
            self.errors.insert(machine, cut(text, LONGEST_ERROR).to_owned());
            return true;
        }
        if let Some(failure) = Failure::suspected(text) {
            self.suspect(machine, failure);
            return false;
        }
        let in_the_way = Failure::read(text, None);
        let found = in_the_way.is_some();
        self.fail(in_the_way);
        found
    }

    pub(super) fn end_errors(&mut self) {
        let machines: Vec<_> = self.errors.keys().copied().collect();
        machines.into_iter().for_each(|machine| self.end_error(machine));
    }

    fn end_error(&mut self, machine: Option<usize>) {
        let Some(error) = self.errors.remove(&machine) else { return };
        if let Some(failure) = Failure::read(&error, None) {
            let failure = self.blame(machine, failure);
            self.fail(Some(failure));
        } else if let Some(failure) = Failure::suspected(&error) {
            self.suspect(machine, failure);
        }
    }

    fn suspect(&mut self, machine: Option<usize>, failure: Failure) {
        let failure = self.blame(machine, failure);
        self.suspicion.get_or_insert(failure);
    }

    /// Puts a failure down to the machine that it is from. What comes first is its cause.
    fn blame(&mut self, machine: Option<usize>, failure: Failure) -> Failure {
        let Some(machine) = machine.and_then(|at| self.machines.get_mut(at)) else {
            return failure;
        };
        machine.failure.get_or_insert_with(|| failure.clone());
        Failure { machine: Some(machine.name.clone()), ..failure }
    }

    /// Whether a part of an activation has begun there.
    fn is_activating(&self, machine: Option<usize>) -> bool {
        let name = machine.and_then(|at| self.machines.get(at)).map(|m| &m.name);
        self.phases.iter().any(|phase| phase.machine.as_ref() == name)
    }

    fn begin_phase(&mut self, at: Duration, name: &str, machine: Option<usize>) {
        self.stage = Stage::Activating;
        let machine = machine.and_then(|at| self.machines.get(at)).map(|m| m.name.clone());
        let before = self.phases.iter_mut().rev().find(|phase| phase.machine == machine);
        if let Some(before) = before {
            before.ended.get_or_insert(at);
        }
        if self.phases.len() < MOST_PHASES {
            let name = cut(name, LONGEST_NAME).to_owned();
            self.phases.push(Phase { name, machine, began: at, ended: None });
        }
    }
}

fn meaning(text: &str, is_activating: bool) -> Meaning<'_> {
    if let Some(rest) = text.strip_prefix("building '") {
        let (drv, rest) = rest.split_once('\'').unwrap_or((rest, ""));
        let host = rest.split('\'').nth(1).unwrap_or("");
        return Meaning::Builds { drv, host };
    }
    if let Some(rest) = text.strip_prefix("copying path '") {
        let (path, rest) = rest.split_once('\'').unwrap_or((rest, ""));
        let from = rest.split('\'').nth(1).unwrap_or("");
        return Meaning::Copies { path, from };
    }
    if let Some(path) = text.strip_prefix("  /nix/store/") {
        return Meaning::Plans(path);
    }
    if let Some(name) = phase(text, is_activating) {
        return Meaning::Phase(name);
    }
    match text.split_once("> ") {
        Some((name, line)) if !name.is_empty() && !name.contains(' ') => {
            Meaning::Log { name, line }
        }
        _ => Meaning::Other,
    }
}

/// home-manager says `Activating NAME` (modules/home-environment.nix). NixOS says `activating the
/// configuration...` and nix-darwin nothing before its first `setting up …...`
/// (modules/system/activation-scripts.nix); then each part comes with three dots behind it.
fn phase(text: &str, is_activating: bool) -> Option<&str> {
    if let Some(name) = text.strip_prefix("Activating ") {
        return (!name.is_empty() && !name.contains(' ')).then_some(name);
    }
    let part = text.strip_suffix("...")?;
    let begins = part == "activating the configuration" || part.starts_with("setting up ");
    let is_part = is_activating && part.chars().next().is_some_and(char::is_alphabetic);
    (begins || is_part).then_some(part)
}
