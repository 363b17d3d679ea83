//! `doorstep activate`: builds and activates a home, or a machine, from the fleet as it is.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::interrupt::Interrupt;
use super::onboard::{self, Looks, refuse_other_home};
use super::{Exit, Where, checkpoint, has_terminal, note, screen};
use crate::activate::update::{self, About, Asked, Run, Update, Wish};
use crate::activate::{Backend, Coming, InTheWay, InTheWayChoice, after};
use crate::apply::{Attend, HandOver};
use crate::event::Event;
use crate::fleet::Fleet;
use crate::front::difference::{Difference, difference};
use crate::front::headless::{Json, Report, Scene, Unattended, Words};
use crate::front::preview::Preview;
use crate::front::prompts::{self, Talk};
use crate::front::world::Errand;
use crate::host::Host;
use crate::plan::{Change, Plan};
use crate::practice::{NEWCOMER, Practice};
use crate::problem::{Kind, Problem};
use crate::receipt::Receipt;
use crate::run::Real;

/// Lines of a difference that are shown.
const MOST: usize = 40;

#[derive(Debug, Clone, Args)]
#[command(after_help = "Exit: 0 active, 1 failed, 2 a name or a yes is missing, 3 stopped, \
                        4 active without its secrets.")]
pub(crate) struct Options {
    #[command(flatten)]
    at: Where,
    /// Whose home [default: yours]
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The home configuration [default: found in the flake]
    #[arg(long, value_name = "CONFIG", conflicts_with = "host")]
    name: Option<String>,
    /// A machine instead of a home; clan takes several
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// Which program activates [default: what fits here]
    #[arg(long, value_enum)]
    backend: Option<Backend>,
    /// Build it and activate nothing
    #[arg(long, conflicts_with = "rollback")]
    build_only: bool,
    /// Go back to the generation before
    #[arg(long, conflicts_with_all = ["name", "backend"])]
    rollback: bool,
    /// Activate without asking
    #[arg(long)]
    yes: bool,
    /// Keep a copy of each file of yours that is in the way, instead of stopping there
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    looks: Looks,
    /// Trust the fleet's own Nix settings (`nixConfig`), such as extra caches
    #[arg(long)]
    accept_flake_config: bool,
    /// Print JSON events on standard output, and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

impl Options {
    fn wish(&self, practice: bool) -> Wish {
        Wish {
            user: self.user.clone().or_else(|| practice.then(|| NEWCOMER.to_owned())),
            name: self.name.clone(),
            backend: self.backend,
            hosts: self.host.clone(),
            build_only: self.build_only,
            rollback: self.rollback,
            accept_flake_config: self.accept_flake_config,
            offline: practice,
            practice,
            in_the_way: if self.keep { InTheWayChoice::Keep } else { InTheWayChoice::Stop },
        }
    }
}

pub(crate) fn run(options: &Options, real: &Host) -> Result<Exit, Problem> {
    let asks = !options.yes && !options.json && has_terminal();
    if asks {
        let base = onboard::Options {
            at: options.at.clone(),
            looks: options.looks.clone(),
            accept_flake_config: options.accept_flake_config,
            ..onboard::Options::default()
        };
        // What is pretended is found out when the fleet is opened.
        let errand = Errand::Update(options.wish(false));
        if let Some(ended) = screen::errand(&base, real, errand) {
            return ended;
        }
    }
    let root = options.at.find(real, &mut Real::new(real.env().clone()))?;
    // What is pretended is activated in the pretend home, never in the real one.
    let practice = Practice::around(&root);
    let pretend = practice.as_ref().map(|practice| practice.host(real));
    let host = pretend.as_ref().unwrap_or(real);
    if !options.yes && !options.build_only && !asks {
        return Err(Problem::user("nothing is activated without a yes")
            .of_kind(Kind::Answers)
            .hint("look at it with `doorstep activate --build-only`, then add `--yes`"));
    }
    let wish = options.wish(practice.is_some());
    carry_out(&Job { host, root: &root, wish: &wish, asks, json: options.json, resuming: None })
}

/// `doorstep resume` with the receipt of such a run. That was agreed to.
pub(crate) fn resume(
    asked: &Asked,
    receipt: &Receipt,
    host: &Host,
    json: bool,
) -> Result<Exit, Problem> {
    let header = &receipt.header;
    note(&format!("Going on with the run of {}.", header.started));
    carry_out(&Job {
        host,
        root: &header.fleet,
        wish: &asked.left(receipt),
        asks: false,
        json,
        resuming: Some(&receipt.path),
    })
}

/// One update.
struct Job<'a> {
    host: &'a Host,
    root: &'a Path,
    wish: &'a Wish,
    /// Whether a person can be asked.
    asks: bool,
    json: bool,
    resuming: Option<&'a Path>,
}

fn carry_out(job: &Job) -> Result<Exit, Problem> {
    let Job { host, root, wish, .. } = *job;
    refuse_other_home(host)?;
    let interrupt = Interrupt::watch()?;
    let mut runner = Real::new(host.env().clone()).ended_by(interrupt.end());
    let _lock = super::takeback::lock(host, root, &mut runner)?;
    let fleet = Fleet::read(root)?;
    let update = update::plan(host, &fleet, wish, &mut runner)?;
    show(job, &update);

    let scene = Scene { host, fleet: root, practice: wish.practice };
    let people: Box<dyn Write> =
        if job.json { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
    let mut words = Words::new(people, scene);
    let mut events = Json::new(io::stdout(), scene);
    let mut reports: Vec<&mut dyn Report> = vec![&mut words];
    if job.json {
        reports.push(&mut events);
    }
    for report in &mut reports {
        report.planned(&update.plan, &update.about.subject);
    }
    let checkpoint = checkpoint::of(host);
    let finish = {
        let reports = reports.iter_mut().map(|report| &mut **report as &mut dyn Report).collect();
        let (stop, in_the_way) = (interrupt.stop(), wish.in_the_way);
        let told = Unattended { reports, in_the_way, stop };
        let mut attend = Person { told, stop, asks: job.asks, plan: &update.plan };
        let run = Run {
            host,
            fleet: root,
            wish,
            runner: &mut runner,
            checkpoint: &checkpoint,
            resuming: job.resuming,
            patience: after::PATIENCE,
        };
        interrupt.during(|| run.carry_out(&update.plan, &update.about, &mut attend))
    };
    for report in &mut reports {
        report.finish(&finish);
    }
    Ok(finish.end.into())
}

/// Each step with its exact command, before anything is done.
fn show(job: &Job, update: &Update) {
    let Update { plan, about: About { subject, chosen, .. } } = update;
    let preview = Preview { plan, host: job.host, fleet: job.root, user: subject };
    for line in preview.words(false).lines() {
        note(line);
    }
    if let Some((backend, why)) = chosen {
        note(&format!("\nBy {}: {why}. The commands:", backend.id()));
    }
    for change in plan.steps.iter().flat_map(|step| &step.changes) {
        let command = match change {
            Change::Run { command } => command,
            Change::Activate(activation) => &activation.command,
            Change::Switch(switch) => &switch.command,
            _ => continue,
        };
        note(&format!("  $ {}", command.typed()));
    }
    note("");
}

/// Whoever ran the command: told in lines, and asked where there is a terminal.
struct Person<'a> {
    told: Unattended<'a>,
    stop: &'a AtomicBool,
    asks: bool,
    plan: &'a Plan,
}

impl Attend for Person<'_> {
    fn event(&mut self, event: Event) {
        self.told.event(event);
    }

    fn rest(&mut self) {
        self.told.rest();
    }

    fn in_the_way(&mut self, files: &[InTheWay]) -> InTheWayChoice {
        let choice = self.told.in_the_way(files);
        if !self.asks || choice == InTheWayChoice::Keep {
            return choice;
        }
        if files.iter().any(|file| file.kept_as.is_none()) {
            // There is nothing to choose, and why is told as what failed.
            return InTheWayChoice::Stop;
        }
        let mut talk = prompts::on_terminal(true);
        for file in files {
            let kept = file.kept_as.as_ref().and_then(|kept| kept.file_name());
            let kept = kept.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            talk.say(&format!(
                "{} is in the way. It would be kept as {kept}.",
                file.file.display()
            ));
        }
        loop {
            talk.say("Type keep, difference or stop.");
            match talk.ask().as_deref() {
                Ok("keep") => return InTheWayChoice::Keep,
                Ok("difference") => {
                    for file in files {
                        self.tell_difference(&mut *talk, file);
                    }
                }
                // Without an answer nothing is replaced.
                Ok("stop" | "") | Err(_) => return InTheWayChoice::Stop,
                Ok(_) => {}
            }
        }
    }

    fn stop(&mut self) -> bool {
        self.told.stop()
    }

    fn agree(&mut self, _: &Coming) -> bool {
        if !self.asks {
            return true;
        }
        let mut talk = prompts::on_terminal(true);
        talk.say("It is built. Put it in place? Type yes to go on.");
        let answer = talk.ask().unwrap_or_default().to_lowercase();
        let agreed = matches!(answer.as_str(), "y" | "yes");
        if !agreed {
            // A no is a stop, not a failure.
            self.stop.store(true, Ordering::Relaxed);
        }
        agreed
    }

    fn hand_over(&mut self, hand: &HandOver) {
        self.told.hand_over(hand);
    }

    fn taken_back(&mut self, hand: &HandOver, exit: Option<&str>) {
        self.told.taken_back(hand, exit);
    }
}

impl Person<'_> {
    fn tell_difference(&self, talk: &mut dyn Talk, file: &InTheWay) {
        talk.say(&format!("{}:", file.file.display()));
        for line in difference(self.plan, &file.file).into_iter().take(MOST) {
            let line = match line {
                Difference::Yours(line) => format!("- {line}"),
                Difference::Coming(line) => format!("+ {line}"),
            };
            talk.say(&crate::front::sanitise(&line));
        }
    }
}
