//! A command of a step, run with everything that is heard of it told, folded and kept.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::kept_log::KeptLog;
use super::machines::{self, Ends};
use super::nix_log::{self, Build, Record, Report};
use crate::apply::{Attend, HandOver};
use crate::counted::counted;
use crate::event::Event;
use crate::problem::Problem;
use crate::run::{Asks, Command, Exit, Heard, Runner, Stream};

/// How many of a command's last lines its failure repeats.
const LAST_LINES: usize = 5;

/// How much of each.
const LONGEST_LAST: usize = 1000;

/// How often counts are told while they change.
const COUNTS: Duration = Duration::from_millis(250);

/// How often the progress of one transfer is told.
const TRANSFER: Duration = Duration::from_millis(100);

/// Transfers whose progress is remembered at a time.
const MOST_TRANSFERS: usize = 10_000;

/// Runs `command`; a failure names what failed first, where that can be told, and else repeats
/// the last lines.
///
/// Of Nix's records all are told but repeated counters and the progress of a transfer between two
/// looks: those are 98 in 100.
pub(crate) fn follow(
    command: &Command,
    step: &'static str,
    runner: &mut dyn Runner,
    attend: &mut dyn Attend,
    log: &mut KeptLog,
) -> Result<(), Problem> {
    follow_machines(command, step, runner, attend, log).1
}

/// The same, with how the update of each machine ended that `command` names; most name none.
pub(crate) fn follow_machines(
    command: &Command,
    step: &'static str,
    runner: &mut dyn Runner,
    attend: &mut dyn Attend,
    log: &mut KeptLog,
) -> (Ends, Result<(), Problem>) {
    log.began(step, &command.typed());
    let mut following = Following {
        step,
        began: Instant::now(),
        build: Build::of_command(&command.typed()),
        last: VecDeque::new(),
        counts: (0, 0),
        next_counts: Duration::ZERO,
        told: HashMap::new(),
        attend,
        log,
    };
    let probed = command.asks.as_ref().map(|asks| (asks, probe(asks, runner)));
    for host in probed.iter().flat_map(|(_, probed)| &probed.unreachable) {
        following.attend.event(Event::Said(format!("{host}.")));
    }
    let mut asks = probed.filter(|(_, probed)| probed.may_ask);
    // Without a terminal one that would ask is refused by its own ssh, and keeps no other waiting.
    if following.build.machines().len() > 1
        && !runner.has_terminal()
        && let Some((_, probed)) = asks.take()
    {
        let words = "There is no terminal: a machine that has to ask is not updated.".to_owned();
        let because = probed.because.map(|because| format!(" {because}")).unwrap_or_default();
        following.attend.event(Event::Said(words + &because));
    }
    let exit = match &asks {
        Some((asks, probed)) => following.hand_over(command, asks, probed, runner),
        None => runner.listen(command, &mut |heard| following.hear(heard)),
    };
    let exit = match exit {
        Ok(exit) => exit,
        Err(not_run) => return (machines::not_tried(&following.build, &not_run), Err(not_run)),
    };
    let asks = asks.map(|(asks, _)| asks);
    let result = following.end(command, exit, asks);
    (machines::ends_of(&following.build, result.as_ref().copied(), asks.is_none()), result)
}

/// What was found out about a command that may ask.
#[derive(Debug, Default)]
pub(super) struct Probed {
    /// Whether it may ask now.
    pub(super) may_ask: bool,
    /// What the first one that may ask has said instead.
    because: Option<String>,
    /// Hosts that asked nobody because there is no way to them, each with the reason.
    unreachable: Vec<String>,
}

/// Finds out without asking. A probe that cannot be run is no reassurance; a host that cannot be
/// reached asks nobody, and the command, which will say the same, can be listened to.
pub(super) fn probe(asks: &Asks, runner: &mut dyn Runner) -> Probed {
    let mut probed = Probed { may_ask: asks.unless.is_empty(), ..Probed::default() };
    for probe in &asks.unless {
        let because = match runner.output(probe) {
            Ok(output) if output.ok() => continue,
            Ok(output) => match output.stderr.lines().find_map(nix_log::unreachable) {
                Some(host) => {
                    probed.unreachable.push(host);
                    continue;
                }
                None => output.stderr,
            },
            Err(_) => String::new(),
        };
        let last = because.lines().map(str::trim).rfind(|line| !line.is_empty());
        let because = last.map(|last| format!("`{}` said: {last}", probe.typed()));
        return Probed { may_ask: true, because, ..probed };
    }
    probed
}

struct Following<'a> {
    step: &'static str,
    began: Instant,
    build: Build,
    last: VecDeque<String>,
    /// Done and to come, as told last.
    counts: (usize, usize),
    next_counts: Duration,
    /// The progress of each activity, as told last.
    told: HashMap<(u64, u64), ([u64; 4], Duration)>,
    attend: &'a mut dyn Attend,
    log: &'a mut KeptLog,
}

impl Following<'_> {
    /// Lets the command have the person's terminal.
    fn hand_over(
        &mut self,
        command: &Command,
        asks: &Asks,
        probed: &Probed,
        runner: &mut dyn Runner,
    ) -> Result<Exit, Problem> {
        let hand = HandOver {
            step: self.step,
            command: command.told(),
            why: asks.why.clone(),
            program: asks.program.clone(),
        };
        // Where there is none, nothing is handed over, and the command is refused.
        let is_handed = runner.has_terminal();
        if is_handed {
            self.attend.hand_over(&hand);
        }
        let result = runner.run_attached(command);
        // However it ended, the terminal is taken back.
        if is_handed {
            let exit = result.as_ref().ok().map(|exit| exit.words());
            self.attend.taken_back(&hand, exit.as_deref());
        }
        // What it would be asked for is known from whoever was tried before.
        let because = probed.because.as_deref();
        result.map_err(|problem| because.into_iter().fold(problem, Problem::cause))
    }

    fn hear(&mut self, heard: Heard<'_>) {
        let at = self.began.elapsed();
        match heard {
            Heard::Line(stream, text) => {
                self.log.heard(at, heard);
                self.build.line(at, text);
                self.line(stream, text.to_owned());
            }
            Heard::Record { json, has_text } => {
                // Half a record is what a process that was killed leaves.
                let Some(record) = nix_log::record(json.as_bytes()) else { return };
                if self.record(at, record, has_text) {
                    self.log.heard(at, heard);
                }
            }
            Heard::LeftOut(lines) => {
                self.log.heard(at, heard);
                self.build.leave_out(lines);
            }
            Heard::Rest => self.attend.rest(),
        }
        if at >= self.next_counts {
            self.tell_counts(at);
        }
        if let Some(trouble) = self.log.take_trouble() {
            let words = format!("The log of this run cannot be kept: {trouble}. The run goes on.");
            self.attend.event(Event::Said(words));
        }
    }

    fn line(&mut self, stream: Stream, text: String) {
        if !text.trim().is_empty() {
            // The oldest makes room, in its own room.
            let full = self.last.len() == LAST_LINES;
            let mut last = if full { self.last.pop_front() } else { None }.unwrap_or_default();
            last.clear();
            last.push_str(nix_log::cut(&text, LONGEST_LAST));
            self.last.push_back(last);
        }
        self.attend.event(Event::Line { step: self.step, stream, text });
    }

    /// Whether it was told.
    fn record(&mut self, at: Duration, record: Record<'_>, has_text: bool) -> bool {
        if !self.is_news(at, &record) {
            self.build.record(at, &record);
            return false;
        }
        self.build.record(at, &record);
        if !has_text {
            for text in self.build.human(&record) {
                self.line(Stream::Err, text);
            }
        }
        self.attend.event(Event::Nix { step: self.step, record: record.into_owned() });
        true
    }

    fn is_news(&mut self, at: Duration, record: &Record<'_>) -> bool {
        let (key, numbers, is_count) = match record {
            Record::Result { id, report: Report::Progress { done, expected, running, failed } } => {
                ((*id, 0), [*done, *expected, *running, *failed], self.build.counts_by(*id))
            }
            Record::Result { id, report: Report::Expect { kind, count } } => {
                ((*id, *kind), [*count, 0, 0, 0], true)
            }
            Record::Stop { id } => {
                self.told.remove(&(*id, 0));
                return true;
            }
            _ => return true,
        };
        match self.told.get(&key) {
            Some((before, _)) if *before == numbers => return false,
            // Counts are never told late; bytes may be.
            Some((_, told)) if !is_count && at < *told + TRANSFER => return false,
            _ => {}
        }
        if self.told.len() < MOST_TRANSFERS {
            self.told.insert(key, (numbers, at));
        }
        true
    }

    fn tell_counts(&mut self, at: Duration) {
        self.next_counts = at + COUNTS;
        // Plain text does not say when something is done.
        if !self.build.has_records() {
            return;
        }
        let (builds, copies) = (self.build.builds(), self.build.copies());
        let done = builds.done + copies.done;
        let waiting = builds.running + builds.waiting + copies.running + copies.waiting;
        if (done, waiting) != self.counts {
            self.counts = (done, waiting);
            self.attend.event(Event::Progress { step: self.step, done, waiting });
        }
    }

    /// `asked` is set where the command had the terminal.
    fn end(&mut self, command: &Command, exit: Exit, asked: Option<&Asks>) -> Result<(), Problem> {
        let at = self.began.elapsed();
        // One code stands for all machines, and it may come from a program around clan.
        let is_ok = exit.ok() && !self.build.machines().iter().any(|m| m.gave_up.is_some());
        self.build.ended(at, is_ok);
        self.log.ended(at, exit);
        self.tell_counts(at);
        let left_out = self.build.left_out();
        if left_out > 0 {
            let words = format!("{} came too fast to be shown.", counted(left_out, "line"));
            self.attend.event(Event::Said(words));
        }
        if is_ok {
            return Ok(());
        }
        let ended = match exit.ok() {
            true => format!("`{}` ended well, and has given up a machine", command.told()),
            false => format!("`{}` ended with {}", command.told(), exit.words()),
        };
        Err(match asked {
            Some(asks) => unheard(asks, command, ended),
            None => self.heard_to_fail(ended),
        })
    }

    fn heard_to_fail(&self, ended: String) -> Problem {
        let Some(cause) = self.build.cause() else {
            let last: Vec<&str> = self.last.iter().map(String::as_str).collect();
            return match last.is_empty() {
                true => Problem::tool(ended).cause("it printed nothing"),
                false => Problem::tool(ended).cause(last.join("\n")),
            };
        };
        let mut problem = Problem::tool(cause.headline());
        if let Some(drv) = cause.derivation() {
            let mut lines: Vec<_> = self.build.log(drv).rev().take(LAST_LINES).collect();
            lines.reverse();
            if !lines.is_empty() {
                problem = problem.cause(nix_log::plain(&lines.join("\n")));
            }
        }
        problem = problem.cause(ended);
        if let Some(advice) = nix_log::advice(&cause.text) {
            return problem.hint(advice);
        }
        match self.log.path() {
            Some(log) => {
                let log = crate::run::shell_word(&log.display().to_string());
                problem.hint(format!("see all of it with `doorstep replay {log}`"))
            }
            None => problem,
        }
    }
}

/// Why a command that had the terminal failed stands there: nothing of it was heard.
fn unheard(asks: &Asks, command: &Command, ended: String) -> Problem {
    let only_asks = command.program == *asks.program && command.args == ["-v"];
    let start = match only_asks {
        true => Problem::tool(format!("{} refused: it gave you no rights", asks.program))
            .cause("a wrong password, none at all, or rules of this machine that leave you out"),
        false => Problem::tool(ended.clone()),
    };
    let there = "what it said stands on the terminal: it was read by nobody but you";
    if only_asks { start.cause(ended) } else { start.cause(there) }
}

#[cfg(test)]
mod tests;
