//! The command line: one file a subcommand. Parses arguments, picks a front end, gives an exit
//! code; the work is done by the core.

mod activate;
mod answers;
mod checkpoint;
mod crash;
mod doctor;
mod explain;
mod fleet;
mod interrupt;
mod journey;
mod onboard;
mod place;
mod practice;
mod recipients;
mod replay;
mod screen;
mod secrets;
mod session;
mod takeback;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};

use clap::{Args, Parser, Subcommand};

use crate::front::{self, End, headless};
use crate::host::Host;
use crate::problem::{Kind, Problem};

/// How a run ended, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or already so.
    Done = 0,
    /// Failed or refused.
    Failed = 1,
    /// Answers are missing or wrong.
    Answers = 2,
    /// Stopped; `doorstep resume` goes on.
    Stopped = 3,
    /// The home is active, but its secrets are not readable yet.
    NoSecrets = 4,
}

impl From<End> for Exit {
    fn from(end: End) -> Self {
        match end {
            End::Done | End::AlreadySo => Self::Done,
            End::Failed => Self::Failed,
            End::Stopped => Self::Stopped,
            End::NotReadable => Self::NoSecrets,
        }
    }
}

/// Brings a person into a Nix fleet: home module, age key, encrypted secrets, activated home.
#[derive(Debug, Parser)]
#[command(name = "doorstep", version, max_term_width = 90)]
struct Cli {
    #[command(subcommand)]
    command: Option<Verb>,
    #[command(flatten)]
    onboard: onboard::Options,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Set up a person's home in a fleet
    #[command(mut_arg("diff", |arg| arg.hide(true)))]
    Onboard(onboard::Options),
    /// Show what onboarding would do, and change nothing
    #[command(mut_arg("yes", |arg| arg.hide(true)), mut_arg("plain", |arg| arg.hide(true)), mut_arg("theme", |arg| arg.hide(true)), mut_arg("ascii", |arg| arg.hide(true)))]
    Plan(onboard::Options),
    /// Try it on a pretend fleet; nothing of yours is touched
    Practice(practice::Options),
    /// Build and activate your home, or a machine, from the fleet as it is
    Activate(activate::Options),
    /// Show what a fleet holds: people, machines, feature sets, keys, secrets
    Fleet(fleet::Options),
    /// Who may open which secrets file
    #[command(subcommand)]
    Recipients(recipients::Verb),
    /// Name the cause that a log shows, and what to do
    Explain(explain::Options),
    /// Look for what is wrong here, say how that is known, and fix what is safe to fix
    Doctor(doctor::Options),
    /// Write down what doctor finds for somebody else, without homes and secrets
    Report(doctor::ReportOptions),
    /// Look at encrypted files and change them
    #[command(subcommand)]
    Secrets(secrets::Verb),
    /// Print an example of an answers file
    Answers,
    /// Take back what a run did, byte for byte
    Undo(takeback::Options),
    /// Go on with a run that was stopped
    Resume(takeback::Options),
    /// Show the log of a build or an activation again
    Replay(replay::Options),
}

/// Where the fleet is.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Where {
    /// The fleet's folder, or a git address to clone [default: found from the current folder up]
    #[arg(long, value_name = "DIR")]
    fleet: Option<String>,
}

/// Runs the command line and gives the exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> u8 {
    crash::prepare();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are answers, not errors. A closed pipe is nobody's problem.
            let _ = e.print();
            return if e.use_stderr() { Exit::Answers as u8 } else { Exit::Done as u8 };
        }
    };
    let json = cli.json();
    match cli.run() {
        Ok(exit) => exit as u8,
        Err(problem) => {
            let exit = match problem.kind {
                Kind::Answers => Exit::Answers,
                _ => Exit::Failed,
            };
            if json {
                // The problem itself is told below, whatever becomes of standard output.
                let _ = print(&format!("{}\n", headless::problem_event(&problem, exit as u8)));
            }
            note_problem(&problem);
            exit as u8
        }
    }
}

impl Cli {
    fn json(&self) -> bool {
        match &self.command {
            None => self.onboard.json,
            Some(Verb::Onboard(o) | Verb::Plan(o)) => o.json,
            Some(Verb::Activate(o)) => o.json,
            Some(Verb::Practice(o)) => o.json,
            Some(Verb::Fleet(o)) => o.json,
            Some(Verb::Undo(o) | Verb::Resume(o)) => o.json,
            Some(Verb::Recipients(verb)) => verb.json(),
            Some(Verb::Explain(o)) => o.json,
            Some(Verb::Doctor(o)) => o.json,
            Some(Verb::Answers | Verb::Replay(_) | Verb::Report(_)) => false,
            Some(Verb::Secrets(verb)) => verb.json(),
        }
    }

    fn run(self) -> Result<Exit, Problem> {
        let host = Host::read()?;
        match self.command {
            None => onboard::run(&self.onboard, &host),
            Some(Verb::Onboard(options)) => onboard::run(&options, &host),
            Some(Verb::Plan(options)) => onboard::plan(&options, &host),
            Some(Verb::Activate(options)) => activate::run(&options, &host),
            Some(Verb::Practice(options)) => practice::run(&options, &host),
            Some(Verb::Fleet(options)) => fleet::run(&options, &host),
            Some(Verb::Recipients(verb)) => recipients::run(&verb, &host),
            Some(Verb::Explain(options)) => explain::run(&options, &host),
            Some(Verb::Doctor(options)) => doctor::run(&options, &host),
            Some(Verb::Report(options)) => doctor::report(&options, &host),
            Some(Verb::Secrets(verb)) => secrets::run(&verb, &host),
            Some(Verb::Answers) => answers::run(),
            Some(Verb::Undo(options)) => takeback::undo(&options, &host),
            Some(Verb::Resume(options)) => takeback::resume(&options, &host),
            Some(Verb::Replay(options)) => replay::run(&options, &host),
        }
    }
}

/// Writes to standard output; a reader that has gone away is a success.
pub(crate) fn print(text: &str) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Problem::tool("the output cannot be written").cause(e))
        }
        _ => Ok(()),
    }
}

/// Writes `text` and a line end; a line that would be wider than `widest` columns goes on below
/// column `margin`, where the first one begins too. Words stay whole: they may be commands.
pub(crate) fn paragraph(out: &mut String, text: &str, margin: usize, widest: usize) {
    let mut at = margin;
    for (index, word) in text.split_whitespace().enumerate() {
        let width = word.chars().count();
        if index > 0 && at + 1 + width > widest {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', margin));
            at = margin;
        } else if index > 0 {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += width;
    }
    out.push('\n');
}

/// Says something to people, on standard error: standard output is for results.
pub(crate) fn note(text: &str) {
    // Nobody to tell is no trouble.
    let _ = writeln!(io::stderr(), "{}", front::sanitise(text));
}

fn note_problem(problem: &Problem) {
    for line in problem.to_string().lines() {
        note(line);
    }
}

/// Whether a person can be asked.
pub(crate) fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}
