//! The conversation: prompts drive the same core.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::interrupt::Interrupt;
use super::onboard::{self, Looks, Options};
use super::{Exit, Where, checkpoint, practice};
use crate::activate::InTheWay;
use crate::answers::file::Given;
use crate::answers::{Answers, Settled};
use crate::apply::Attend;
use crate::counted::counted;
use crate::fleet::Fleet;
use crate::front::difference::{Difference, difference};
use crate::front::prompts::{
    self, Door, Ended, Errand, Journey, Outcome, Talk, Whereabouts, Wrong, whereabouts,
};
use crate::front::{Finish, Work};
use crate::host::Host;
use crate::lock::Lock;
use crate::look::{Look, Source};
use crate::onboard::Desk;
use crate::plan::Plan;
use crate::practice::{NEWCOMER, Practice};
use crate::problem::Problem;
use crate::question::{Found, Subject};
use crate::run::Real;
use crate::secrets::{Matrix, Store};

/// Finds the fleet, by asking if need be, and has the conversation in it.
pub(crate) fn start(options: &Options, host: &Host) -> Result<Exit, Problem> {
    let mut runner = Real::new(host.env().clone());
    let root = match Where::known(host)? {
        None if !options.at.is_named() => {
            let mut find = |name: &str| Where::named(name).find(host, &mut runner);
            // The terminal is let go of before anything else asks on it.
            let at = whereabouts(&mut *talk(options, host), &mut find);
            match at {
                Ok(Whereabouts::At(root)) => root,
                Ok(Whereabouts::Practice) => {
                    return practice::run(&practice::Options::default(), host);
                }
                Ok(Whereabouts::Quit) | Err(Ended::Quit) => return Ok(Exit::Done),
                Err(Ended::Failed(problem)) => return Err(problem),
                Err(Ended::NoInput) => options.at.find(host, &mut runner)?,
            }
        }
        _ => options.at.find(host, &mut runner)?,
    };
    let Some(folder) = Practice::around(&root) else { return run(options, host, &root, false) };
    // A practice fleet is for the pretend person: nothing of it belongs into the real home.
    let options = Options { as_user: Some(NEWCOMER.to_owned()), ..options.clone() };
    run(&options, &folder.host(host), &root, true)
}

/// Asks, shows, applies. In practice the door is chosen already.
pub(crate) fn run(
    options: &Options,
    host: &Host,
    root: &Path,
    in_practice: bool,
) -> Result<Exit, Problem> {
    let asked = options.asked(&Given::new(Answers::default()), in_practice);
    let checkpoint = checkpoint::of(host);
    let interrupt = Interrupt::watch_silently()?;
    let desk = onboard::open(host, root, &asked, &checkpoint, &interrupt)?;
    let _lock = Lock::take(desk.onboard.lock_folder())?;
    let notices = desk.onboard.notices.clone();
    let fleet = desk.onboard.fleet.clone();
    let doors: &[Door] = match in_practice {
        true => &[Door::SetUp],
        false => &[Door::SetUp, Door::AddSomebody, Door::SomethingIsWrong, Door::Practice],
    };
    let started = Instant::now();
    let look = Look::at(host, Some(root.to_owned()));
    let journey = Journey {
        host,
        fleet: &fleet,
        practice: in_practice,
        as_user: options.as_user.as_deref(),
        doors,
        notices: &notices,
        stop: interrupt.stop(),
        clock: &|| started.elapsed(),
        difference: &told,
        explain: &|log| look.failure(log),
    };
    let mut talk = talk(options, host);
    let mut work = Watched { desk, interrupt: &interrupt };
    match journey.run(&mut *talk, &mut work)? {
        Outcome::Finished(finish) => Ok(finish.end.into()),
        Outcome::NothingToDo | Outcome::Quit => Ok(Exit::Done),
        Outcome::Elsewhere(Door::Practice) => {
            drop(work);
            // The terminal is let go of before practice asks on it.
            drop(talk);
            practice::run(&practice::Options::default(), host)
        }
        Outcome::Elsewhere(Door::SomethingIsWrong) => wrong(&mut *talk, &look),
        Outcome::Elsewhere(_) => Err(Problem::bug("a door was offered that leads nowhere")),
    }
}

/// Behind the third door, until the person has heard enough.
fn wrong(talk: &mut dyn Talk, look: &Look) -> Result<Exit, Problem> {
    loop {
        let lines = match Wrong::ask(talk) {
            Ok(None) | Err(Ended::Quit | Ended::NoInput) => return Ok(Exit::Done),
            Err(Ended::Failed(problem)) => return Err(problem),
            Ok(Some(errand)) => match heard(look, &errand) {
                Ok(lines) => lines,
                // What cannot be looked at is no reason to leave.
                Err(problem) => problem.to_string().lines().map(str::to_owned).collect(),
            },
        };
        lines.iter().for_each(|line| talk.say(line));
    }
}

fn heard(look: &Look, errand: &Errand) -> Result<Vec<String>, Problem> {
    Ok(match errand {
        Errand::Findings => Wrong::findings(&look.now()),
        Errand::Log(file) => {
            let path = look.host.expand(file, &Host::current_folder()?);
            let source = Source::File(path);
            Wrong::log(&look.explain(&source, &|| false, &mut |_| ())?)
        }
        Errand::Readers => {
            let root = look.root.clone().unwrap_or_else(|| look.host.home.clone());
            let store = Store::find(&look.host, Some(&root), &root)?;
            Wrong::readers(&Matrix::of(&store.config, &store.files(&[])))
        }
    })
}

/// The desk, with Ctrl-C taken over while it applies.
struct Watched<'a> {
    desk: Desk<'a>,
    interrupt: &'a Interrupt,
}

impl Work for Watched<'_> {
    fn look(&mut self, subject: &Subject) -> Result<Found, Problem> {
        self.desk.look(subject)
    }

    fn read_again(&mut self) -> Result<Option<Fleet>, Problem> {
        self.desk.read_again()
    }

    fn plan(&mut self, settled: &Settled) -> Result<Plan, Problem> {
        self.desk.plan(settled)
    }

    fn apply(&mut self, plan: &Plan, attend: &mut dyn Attend) -> Finish {
        self.interrupt.during(|| self.desk.apply(plan, attend))
    }

    fn save(&mut self, name: &str, text: &str) -> Result<PathBuf, Problem> {
        self.desk.save(name, text)
    }
}

/// Cursor menus for `--plain` at a terminal; line by line for `ACCESSIBLE` and everything else.
fn talk(options: &Options, host: &Host) -> Box<dyn Talk> {
    prompts::on_terminal(!options.looks.plain || Looks::is_accessible(host))
}

/// Whether an earlier practice folder may be moved aside.
pub(crate) fn start_afresh(shown: &str) -> Result<bool, Problem> {
    let mut out = io::stdout();
    let question = format!(
        "{shown} holds an earlier practice. Move it aside and start afresh? Type yes or no.\n> "
    );
    let mut line = String::new();
    out.write_all(question.as_bytes())
        .and_then(|()| out.flush())
        .and_then(|()| io::stdin().lock().read_line(&mut line))
        .map_err(|e| Problem::tool("the question cannot be asked").cause(e))?;
    Ok(line.trim().eq_ignore_ascii_case("yes"))
}

/// A few lines of a file in the way and of the one that comes, to be heard.
fn told(plan: &Plan, file: &InTheWay) -> Vec<String> {
    const MOST: usize = 10;
    let differences = difference(plan, &file.file);
    let more = differences.len().saturating_sub(MOST);
    let mut lines: Vec<String> = differences
        .into_iter()
        .take(MOST)
        .map(|line| match line {
            Difference::Yours(line) => format!("Yours: {line}"),
            Difference::Coming(line) => format!("The one that comes: {line}"),
        })
        .collect();
    if more > 0 {
        let differ = if more == 1 { "differs" } else { "differ" };
        lines.push(format!("{} {differ}.", counted(more, "more line")));
    }
    lines
}
