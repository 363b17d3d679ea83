//! `doorstep onboard` and `doorstep plan`: from answers to a home, without a conversation or with
//! one.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::interrupt::Interrupt;
use super::secrets::asking::passphrase;
use super::{Exit, Where, checkpoint, has_terminal, note, print, screen};
use crate::activate::Backend;
use crate::answers::Answers;
use crate::answers::file::{self, Given};
use crate::front::End;
use crate::front::headless::{Json, Report, Scene, Unattended, Words};
use crate::front::preview::Preview;
use crate::front::tui;
use crate::front::world::Which;
use crate::host::Host;
use crate::lock::Lock;
use crate::onboard::{self, Asked, Desk, Turn};
use crate::plan::Plan;
use crate::problem::{Kind, Problem};
use crate::question::Subject;
use crate::run::Real;

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) at: Where,
    /// Answers instead of questions; `doorstep answers` prints an example
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// Apply without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print JSON events on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
    /// With `plan`: show every file as a diff
    #[arg(long)]
    pub(crate) diff: bool,
    #[command(flatten)]
    pub(crate) looks: Looks,
    /// Act under this name in this home, for example as root in a container
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) as_user: Option<String>,
    /// Trust the fleet's own Nix settings (`nixConfig`), such as extra caches
    #[arg(long)]
    pub(crate) accept_flake_config: bool,
    /// Which program activates
    #[arg(long, value_enum, default_value_t)]
    pub(crate) backend: Backend,
    /// Neither build nor activate
    #[arg(long)]
    pub(crate) no_activation: bool,
    /// Save the key even where its folder is a git work tree or synced to other machines
    #[arg(long)]
    pub(crate) any_key_folder: bool,
}

/// How doorstep talks with a person.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Looks {
    /// Plain questions instead of the full screen
    #[arg(long)]
    pub(crate) plain: bool,
    /// Colours of the full screen [env: DOORSTEP_THEME] [default: 16]
    #[arg(long, value_enum, value_name = "THEME")]
    pub(crate) theme: Option<tui::Palette>,
    /// Draw with ASCII signs alone
    #[arg(long)]
    pub(crate) ascii: bool,
}

impl Looks {
    /// Whether the person wants to be spoken to line by line, as screen readers like it.
    pub(super) fn is_accessible(host: &Host) -> bool {
        host.var("ACCESSIBLE").is_some_and(|value| value != "0")
    }

    pub(super) fn theme(&self, host: &Host) -> tui::Theme {
        tui::Theme::choose(host, tui::Wish { palette: self.theme, ascii: self.ascii })
    }
}

impl Options {
    /// What a run is asked for, as its receipt keeps it.
    pub(super) fn asked(&self, given: &Given, practice: bool) -> Asked {
        Asked {
            answers: given.answers.clone(),
            more: Vec::new(),
            as_user: self.as_user.clone(),
            options: onboard::Options {
                accept_flake_config: self.accept_flake_config,
                offline: practice,
                no_activation: self.no_activation,
                any_key_folder: self.any_key_folder,
                practice,
                backend: self.backend,
            },
        }
    }
}

/// `doorstep onboard`, and `doorstep` alone.
pub(crate) fn run(options: &Options, host: &Host) -> Result<Exit, Problem> {
    if options.answers.is_none() && !options.yes && !options.json && has_terminal() {
        return screen::start(options, host, Which::Known);
    }
    let root = options.at.find(host, &mut Real::new(host.env().clone()))?;
    all(options, host, &root, &given(options)?, false)
}

/// Everybody of these answers, without questions.
pub(crate) fn all(
    options: &Options,
    host: &Host,
    root: &Path,
    given: &[Given],
    practice: bool,
) -> Result<Exit, Problem> {
    let checkpoint = checkpoint::of(host);
    let asked = options.asked(&first(given), practice);
    let interrupt = Interrupt::watch()?;
    let desk = open(host, root, &asked, &checkpoint, &interrupt)?;
    // Practice without a terminal says that it runs as with `--yes`.
    let consent = Consent { yes: options.yes || practice };
    carry_out(desk, given, &asked, consent, &interrupt, options.json)
}

/// Whether the person said yes beforehand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Consent {
    pub(super) yes: bool,
}

/// Opens the fleet for the person whom the answers are about.
pub(super) fn open<'a>(
    host: &'a Host,
    root: &Path,
    asked: &Asked,
    checkpoint: &'a (dyn Fn(&str) + Sync),
    interrupt: &Interrupt,
) -> Result<Desk<'a>, Problem> {
    refuse_other_home(host)?;
    let subject = Subject::of(host, &asked.answers, asked.as_user.as_deref());
    let runner = Real::new(host.env().clone()).ended_by(interrupt.end());
    let mut desk = Desk::open(host, root, asked, &subject, checkpoint, runner)?;
    desk.onboard.protected.ask = Some(passphrase);
    Ok(desk)
}

/// Settles, plans, applies and tells.
pub(super) fn carry_out(
    mut desk: Desk,
    given: &[Given],
    asked: &Asked,
    consent: Consent,
    interrupt: &Interrupt,
    json: bool,
) -> Result<Exit, Problem> {
    let _lock = Lock::take(desk.onboard.lock_folder())?;
    let (host, fleet) = (desk.onboard.host.clone(), desk.onboard.fleet.root.clone());
    let scene = Scene { host: &host, fleet: &fleet, practice: asked.options.practice };
    for notice in &desk.onboard.notices {
        note(notice);
    }
    let turns = desk.turns(given)?;
    if !consent.yes {
        return Err(Problem::user("nothing is applied without a yes")
            .of_kind(Kind::Answers)
            .hint("look at it with `doorstep plan`, then add `--yes`"));
    }
    let mut words = Words::new(people(json), scene);
    let mut events = Json::new(io::stdout(), scene);
    let mut reports: Vec<&mut dyn Report> = vec![&mut words];
    if json {
        reports.push(&mut events);
    }
    let stop = interrupt.stop();
    let mut exit = Exit::Done;
    let mut turns = turns.into_iter().peekable();
    while let Some(turn) = turns.next() {
        remark(&turn.plan);
        for report in &mut reports {
            report.planned(&turn.plan, turn.settled.username());
        }
        let in_the_way = turn.settled.in_the_way();
        let is_followed = turns.peek().is_some();
        let finish = {
            let reports =
                reports.iter_mut().map(|report| &mut **report as &mut dyn Report).collect();
            let mut attend = Unattended { reports, in_the_way, stop };
            interrupt.during(|| desk.take(turn, is_followed, &mut attend))
        };
        for report in &mut reports {
            report.finish(&finish);
        }
        exit = finish.end.into();
        if !matches!(finish.end, End::Done | End::AlreadySo) {
            break;
        }
    }
    let not_begun: Vec<String> = turns.map(|turn| turn.settled.username().to_owned()).collect();
    if !not_begun.is_empty() {
        note(&format!("Not begun: {}.", not_begun.join(", ")));
    }
    Ok(exit)
}

/// What a plan leaves to people.
fn remark(plan: &Plan) {
    for remark in &plan.remarks {
        note(&remark.text);
        for (place, line) in &remark.places {
            note(&format!("  {place}   {line}"));
        }
    }
}

/// The first person's answers, for whom the fleet is opened.
fn first(given: &[Given]) -> Given {
    given.first().cloned().unwrap_or_default()
}

/// Where words for people go: standard output, unless that is for JSON.
fn people(json: bool) -> Box<dyn Write> {
    if json { Box::new(io::stderr()) } else { Box::new(io::stdout()) }
}

/// Root in somebody else's home would leave files there that they cannot change.
pub(super) fn refuse_other_home(host: &Host) -> Result<(), Problem> {
    let owner = fs::metadata(&host.home).map(|m| std::os::unix::fs::MetadataExt::uid(&m));
    match owner {
        Ok(owner) if host.is_root() && owner != 0 => {
            let home = host.home.display();
            Err(Problem::user(format!(
                "doorstep runs as root, but `{home}` is somebody else's home"
            ))
            .hint("run it as the person whose home it is, without sudo"))
        }
        _ => Ok(()),
    }
}

/// `doorstep plan`.
pub(crate) fn plan(options: &Options, host: &Host) -> Result<Exit, Problem> {
    let root = options.at.find(host, &mut Real::new(host.env().clone()))?;
    let checkpoint = checkpoint::of(host);
    let given = given(options)?;
    let asked = options.asked(&first(&given), false);
    let mut desk = open(host, &root, &asked, &checkpoint, &Interrupt::default())?;
    for Turn { plan, settled, .. } in &desk.turns(&given)? {
        let preview = Preview { plan, host, fleet: &root, user: settled.username() };
        print(&match options.json {
            true => format!("{}\n", preview.json()),
            false => preview.words(options.diff),
        })?;
    }
    Ok(Exit::Done)
}

/// The answers of everybody in the answers file; one person without any when there is no file.
fn given(options: &Options) -> Result<Vec<Given>, Problem> {
    let Some(path) = &options.answers else { return Ok(vec![Given::new(Answers::default())]) };
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|e| {
        Problem::user(format!("`{shown}` cannot be read"))
            .of_kind(Kind::Answers)
            .cause(e)
            .hint("`doorstep answers` prints an example")
    })?;
    file::read(&text, &shown).map_err(|problem| problem.of_kind(Kind::Answers))
}
