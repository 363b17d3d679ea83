//! The core as the full screen sees it: a fleet that is opened late, and a desk for each person
//! who is asked about.

mod looking;
mod rekey;
mod update;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rekey::Rekeying;
use update::Updating;

use super::doctor::redact::Redact;
use super::onboard::{Options, refuse_other_home};
use super::{Where, place};
use crate::answers::file::Given;
use crate::answers::{Answers, Hidden, KeyChoice, Settled};
use crate::apply::Attend;
use crate::check::report::Report;
use crate::fleet::Fleet;
use crate::front::headless::Scene;
use crate::front::world::{
    Core, Errand, Module, Opened, Readers, Resumed, Standing, Unfinished, Which, World,
};
use crate::front::{Finish, Work as _};
use crate::host::Host;
use crate::key::copy::{Copied, Likeness};
use crate::lock::Lock;
use crate::look::Look;
use crate::onboard::{Asked, Desk, Onboard, under_way as under_way_words};
use crate::plan::{Change, Content, Plan};
use crate::practice::{self, NEWCOMER, Practice};
use crate::problem::Problem;
use crate::question::{Found, Subject};
use crate::receipt::{self, Receipt};
use crate::run::{Real, shell_word};
use crate::secrets::{Held, Matrix};
use crate::undo::{self, TakenBack};
use crate::{activate, git, survey};

/// So many logs of one name are saved beside each other.
const MOST_LOGS: u32 = 99;

/// One run of the full screen.
pub(crate) struct Session<'a> {
    /// The real account at the real machine.
    real: &'a Host,
    options: &'a Options,
    /// Where `doorstep practice` unpacks.
    practice_dir: PathBuf,
    checkpoint: &'a (dyn Fn(&str) + Sync),
    end: Arc<AtomicBool>,
    here: Option<Here<'a>>,
    /// The fleet that was opened last, even if it could not be read.
    root: Option<PathBuf>,
    /// Keys that a passphrase has opened.
    opened: Vec<Held>,
    updating: Option<Updating>,
    rekeying: Option<Rekeying>,
}

/// A fleet that is open.
struct Here<'a> {
    /// The pretend one in practice.
    host: Host,
    fleet: Fleet,
    asked: Asked,
    desk: Option<Desk<'a>>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        real: &'a Host,
        options: &'a Options,
        practice_dir: PathBuf,
        checkpoint: &'a (dyn Fn(&str) + Sync),
        end: Arc<AtomicBool>,
    ) -> Self {
        Self {
            real,
            options,
            practice_dir,
            checkpoint,
            end,
            here: None,
            root: None,
            opened: Vec::new(),
            updating: None,
            rekeying: None,
        }
    }

    fn runner(&self, host: &Host) -> Real {
        Real::new(host.env().clone()).ended_by(Arc::clone(&self.end))
    }

    /// Where it was, for words at the end.
    pub(crate) fn scene(&self) -> Option<Scene<'_>> {
        let here = self.here.as_ref()?;
        let practice = here.asked.options.practice;
        Some(Scene { host: &here.host, fleet: &here.fleet.root, practice })
    }

    fn here(&mut self) -> Result<&mut Here<'a>, Problem> {
        self.here.as_mut().ok_or_else(|| Problem::bug("no fleet is open"))
    }

    fn desk(&mut self) -> Result<&mut Desk<'a>, Problem> {
        let desk = self.here()?.desk.as_mut();
        desk.ok_or_else(|| Problem::bug("nobody was asked about yet"))
    }

    /// Opens the fleet at `root`; a practice fleet for its pretend person.
    fn at(&mut self, root: &Path) -> Result<Opened, Problem> {
        let practice = Practice::around(root);
        let host = match &practice {
            Some(practice) => practice.host(self.real),
            None => self.real.clone(),
        };
        refuse_other_home(&host)?;
        self.root = Some(root.to_owned());
        let fleet = match Fleet::read(root) {
            Ok(fleet) => fleet,
            Err(problem) => return Ok(Opened::Broken(problem)),
        };
        let none = Given::new(Answers::default());
        let mut asked = self.options.asked(&none, practice.is_some());
        if practice.is_some() {
            asked.as_user = Some(NEWCOMER.to_owned());
        }
        let world = world(&host, &fleet, &asked, self.real.short(&fleet.root));
        self.here = Some(Here { host, fleet, asked, desk: None });
        Ok(Opened::World(Box::new(world)))
    }

    fn practice(&mut self, afresh: bool) -> Result<Opened, Problem> {
        let dir = self.practice_dir.clone();
        if Practice::standing(&dir)? == practice::Standing::Earlier {
            if !afresh {
                return Ok(Opened::EarlierPractice { place: self.real.short(&dir) });
            }
            Practice::move_aside(&dir)?;
        }
        let practice = Practice::at(&dir)?;
        let host = practice.host(self.real);
        practice.unpack(&host, &mut self.runner(&host))?;
        self.at(&practice.fleet())
    }

    fn set_up(&mut self, plan: &Plan, attend: &mut dyn Attend) -> Finish {
        let lock = self.lock();
        match (lock, self.desk()) {
            (Ok(_lock), Ok(desk)) => desk.apply(plan, attend),
            (Err(problem), _) | (_, Err(problem)) => Finish::failed(problem),
        }
    }

    /// Nobody else works on the fleet while this is held.
    fn lock(&mut self) -> Result<Lock, Problem> {
        if let Some(desk) = self.here.as_ref().and_then(|here| here.desk.as_ref()) {
            return Lock::take(desk.onboard.lock_folder());
        }
        // What was mended without a fleet is taken back without one.
        let Look { host, root, .. } = self.place();
        let folder = root.unwrap_or_else(|| host.home.clone());
        super::takeback::lock(&host, &folder, &mut self.runner(&host))
    }
}

impl Core for Session<'_> {
    fn open(&mut self, which: &Which) -> Result<Opened, Problem> {
        match which {
            Which::Known if self.options.at.is_named() => {
                let mut runner = self.runner(self.real);
                let root = self.options.at.find_telling(self.real, &mut runner, &mut |_| ())?;
                self.at(&root)
            }
            Which::Known => match Where::known(self.real)? {
                Some(root) => self.at(&root),
                None => Ok(Opened::NoFleet { before: place::before(self.real) }),
            },
            Which::Again => {
                let root = self.here()?.fleet.root.clone();
                self.at(&root)
            }
            Which::Named(name) => {
                // Progress must not get onto the screen that is drawn.
                let named = Where::named(name);
                let root =
                    named.find_telling(self.real, &mut self.runner(self.real), &mut |_| ())?;
                self.at(&root)
            }
            Which::Practice { afresh } => self.practice(*afresh),
        }
    }

    fn look(&mut self, subject: &Subject) -> Result<Found, Problem> {
        let (checkpoint, end) = (self.checkpoint, Arc::clone(&self.end));
        let here = self.here()?;
        let mut runner = Real::new(here.host.env().clone()).ended_by(end);
        let options = here.asked.options.clone();
        let fleet = here.fleet.clone();
        let onboard = Onboard::of(&here.host, fleet, subject.clone(), options, &mut runner)?;
        let found = onboard.found.clone();
        match &mut here.desk {
            Some(desk) if desk.onboard.subject == *subject => desk.renew(onboard),
            desk => *desk = Some(Desk::at(onboard, &here.asked, checkpoint, runner)),
        }
        Ok(found)
    }

    fn public_key(&mut self, choice: &KeyChoice) -> Result<String, Problem> {
        self.desk()?.public_key(choice)
    }

    fn module(&mut self, settled: &Settled) -> Result<Module, Problem> {
        let desk = self.desk()?;
        let root = desk.onboard.fleet.root.clone();
        let step = desk.onboard.module(settled)?;
        let written = step.into_iter().flat_map(|step| step.changes).find_map(|change| {
            let (path, before, after) = match change {
                Change::Create { path, content: Content::Text(text), .. } => {
                    (path, String::new(), text)
                }
                Change::Edit { path, before, after } => (path, before, after),
                _ => return None,
            };
            let path = path.strip_prefix(&root).unwrap_or(&path).to_owned();
            Some(Module { path, before, after })
        });
        if let Some(module) = written {
            return Ok(module);
        }
        let user = desk.onboard.fleet.user(settled.username());
        let path = user.map(|user| user.module.file.clone());
        let path = path.ok_or_else(|| Problem::fleet("no home module is written here"))?;
        let text = survey::read_small(&root.join(&path)).unwrap_or_default();
        Ok(Module { path, before: text.clone(), after: text })
    }

    fn plan(&mut self, errand: &Errand) -> Result<Plan, Problem> {
        match errand {
            Errand::Onboard(settled) => {
                // What was unlocked where people look at who reads what.
                let opened = self.opened.clone();
                let desk = self.desk()?;
                desk.onboard.protected.opened = opened;
                desk.plan(settled)
            }
            Errand::Update(wish) => self.plan_update(wish),
            Errand::Rekey => self.plan_rekey(),
            Errand::Fix { .. } => Err(Problem::bug("the plan of a fix is made with its finding")),
        }
    }

    fn changed(&mut self) -> Result<Option<(Fleet, Vec<PathBuf>)>, Problem> {
        let here = self.here()?;
        let now = Fleet::read(&here.fleet.root)?;
        let changed = here.fleet.differing(&now);
        if changed.is_empty() {
            return Ok(None);
        }
        here.fleet = now.clone();
        if let Some(desk) = &mut here.desk {
            desk.onboard.fleet = now.clone();
        }
        Ok(Some((now, changed)))
    }

    fn resume(&mut self, path: &Path) -> Result<Resumed, Problem> {
        let receipt = Receipt::read(path)?;
        let (checkpoint, end) = (self.checkpoint, Arc::clone(&self.end));
        let opened = self.opened.clone();
        let here = self.here()?;
        receipt.check(&here.host.home, &here.host.state_dir())?;
        if let Some(asked) = activate::update::Asked::of(&receipt.header) {
            return self.resume_update(&receipt, asked.left(&receipt));
        }
        let asked = super::takeback::asked(&receipt)?;
        if !asked.more.is_empty() {
            let all = std::iter::once(&asked.answers).chain(&asked.more);
            let names: Vec<&str> = all.filter_map(|person| person.username.as_deref()).collect();
            let what = format!("the run is for {} people: {}", names.len(), names.join(", "));
            let place = shell_word(&path.to_string_lossy());
            return Err(Problem::user(what)
                .cause("The full screen shows one person's plan at a time, and this one is for all of them.")
                .hint(format!("leave, and go on with this command:\n  doorstep resume {place}"))
                .hint(format!("or take it back with this one:\n  doorstep undo {place}")));
        }
        let runner = Real::new(here.host.env().clone()).ended_by(end);
        let subject = Subject::of(&here.host, &asked.answers, asked.as_user.as_deref());
        let root = &receipt.header.fleet;
        let desk = Desk::open(&here.host, root, &asked, &subject, checkpoint, runner)?;
        let mut desk = desk.resuming(path, receipt.saved_keys());
        desk.onboard.protected.opened = opened;
        let settled = desk.settle(&Given::new(asked.answers.clone()))?;
        let plan = desk.plan(&settled)?;
        let done = done(&receipt);
        let found = desk.onboard.found.clone();
        here.fleet = desk.onboard.fleet.clone();
        here.desk = Some(desk);
        let errand = Errand::Onboard(Box::new(settled));
        Ok(Resumed { errand, asked: Some((subject, found, asked.answers)), plan, done })
    }

    fn apply(&mut self, errand: &Errand, plan: &Plan, attend: &mut dyn Attend) -> Finish {
        match errand {
            Errand::Onboard(_) => self.set_up(plan, attend),
            Errand::Update(_) => self.update(plan, attend),
            Errand::Rekey => self.rekey(plan, attend),
            Errand::Fix { title } => self.fix(title, plan, attend),
        }
    }

    fn looking(&mut self) -> Look {
        self.place()
    }

    fn unlock(&mut self, passphrase: &Hidden) -> Result<Readers, Problem> {
        self.open_keys(passphrase)?;
        self.readers()
    }

    fn report(&mut self, found: &Report) -> Result<PathBuf, Problem> {
        let text = super::doctor::report_text(&self.place(), found)?;
        self.save("doorstep-report.md", &text)
    }

    fn readers(&mut self) -> Result<Readers, Problem> {
        let (store, ring) = self.secrets()?;
        let matrix = Matrix::of(&store.config, &store.files(&[]));
        let columns = matrix.columns.iter();
        let here = columns.map(|column| ring.place_of(&column.recipient).is_some()).collect();
        let is_open = |from: &&str| self.opened.iter().any(|held| held.from.starts_with(*from));
        let locked = ring.locked().filter(|from| !is_open(from)).map(str::to_owned).collect();
        Ok(Readers { matrix, here, locked })
    }

    fn undo(&mut self, path: &Path, attend: &mut dyn Attend) -> Result<TakenBack, Problem> {
        let receipt = Receipt::read(path)?;
        let host = self.place().host;
        receipt.check(&host.home, &host.state_dir())?;
        let _lock = self.lock()?;
        let mut runner = self.runner(&host);
        undo::undo(&receipt.path, &mut runner, attend, &self.checkpoint)
    }

    fn copy_key(&mut self, choice: &KeyChoice, folder: &str) -> Result<Copied, Problem> {
        let folder = self.here()?.host.expand(folder, &Host::current_folder()?);
        self.desk()?.original(choice)?.copy_to(&folder)
    }

    fn private_key(&mut self, choice: &KeyChoice) -> Result<Hidden, Problem> {
        self.desk()?.original(choice)?.private_half().map(Hidden)
    }

    fn check_copy(&mut self, choice: &KeyChoice, copy: &Hidden) -> Result<Likeness, Problem> {
        Ok(self.desk()?.original(choice)?.compare(&copy.0))
    }

    fn save_log(&mut self, name: &str, text: &str, names: bool) -> Result<PathBuf, Problem> {
        let here = self.here.as_ref();
        let host = here.map_or(self.real, |here| &here.host);
        let redact = Redact::new(host, here.map(|here| &here.fleet), !names);
        let text = redact.text(text);
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, "log"));
        let names = (2..=MOST_LOGS).map(|number| format!("{stem}-{number}.{ending}"));
        let is_free = |name: &String| fs::symlink_metadata(host.home.join(name)).is_err();
        let free = std::iter::once(name.to_owned()).chain(names).find(is_free);
        crate::onboard::save(&host.home, free.as_deref().unwrap_or(name), &text)
    }

    fn save(&mut self, name: &str, text: &str) -> Result<PathBuf, Problem> {
        let home = &self.here.as_ref().map_or(self.real, |here| &here.host).home;
        crate::onboard::save(home, name, text)
    }
}

/// Titles of the steps that a run has done.
fn done(receipt: &Receipt) -> Vec<String> {
    let steps = receipt.state().steps.into_iter();
    steps.filter(receipt::StepState::is_done).map(|step| step.title).collect()
}

/// What the first screen shows, from files alone.
fn world(host: &Host, fleet: &Fleet, asked: &Asked, folder: String) -> World {
    let person = asked.as_user.as_deref().unwrap_or(&host.account.name);
    let places = activate::Places {
        home: host.home.clone(),
        state: host.state_dir(),
        config: host.config_dir(),
    };
    let secrets = survey::secrets_path(fleet, person).map(|path| fleet.at(path));
    let standing = Standing {
        key: !survey::identities(&survey::key_file(host, fleet)).is_empty(),
        secrets_file: secrets.is_some_and(|path| path.is_file()),
        module: fleet.user(person).is_some(),
        generation: places.number(),
    };
    World {
        host: host.clone(),
        fleet: fleet.clone(),
        folder,
        practice: asked.options.practice,
        as_user: asked.as_user.clone(),
        standing,
        unfinished: unfinished(host, fleet),
        branch: git::branch(&fleet.root),
        read_only: read_only(host, fleet),
        notices: notices(host, fleet),
    }
}

/// What is worth knowing before anything is asked, what stands in the way of most first.
fn notices(host: &Host, fleet: &Fleet) -> Vec<String> {
    let under_way = git::commit::seen_under_way(&fleet.root);
    let under_way = under_way.map(|what| under_way_words(&host.short(&fleet.root), what));
    let unread = fleet.unread.iter().map(|unread| format!("not read: {unread}"));
    under_way.into_iter().chain(unread).collect()
}

fn unfinished(host: &Host, fleet: &Fleet) -> Option<Unfinished> {
    let receipt = receipt::unfinished(&host.receipts_dir())?;
    let state = receipt.state();
    (receipt.header.fleet == fleet.root).then(|| Unfinished {
        user: receipt.header.user.clone(),
        done: state.steps_done(),
        steps: state.steps.len(),
        started: receipt.header.started.clone(),
        at: state.stopped_at().map(|step| step.title.clone()),
        receipt: receipt.path.clone(),
    })
}

/// Why the fleet cannot be written here, when it cannot.
fn read_only(host: &Host, fleet: &Fleet) -> Option<String> {
    let writable = rustix::fs::access(&fleet.root, rustix::fs::Access::WRITE_OK).is_ok();
    let shown = host.short(&fleet.root);
    (!writable).then(|| format!("{shown} is not yours to change; you can look, save and copy"))
}
