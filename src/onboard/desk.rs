//! What front ends have done for them: looking, planning, applying, all for one fleet.

mod turns;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::deploy;
use super::{Onboard, Options, left};
use crate::activate::machines::{self, Told};
use crate::activate::{self, after};
use crate::answers::file::Given;
use crate::answers::{self, Answers, Key, KeyChoice, Mode, Person, Settled};
use crate::apply::{self, Attend, Overheard, Summary};
use crate::event::{Checked, Event, Outcome, Verdict};
use crate::files;
use crate::fleet::Fleet;
use crate::front::{End, Finish, Note, Work};
use crate::host::Host;
use crate::key::copy::Original;
use crate::plan::Plan;
use crate::problem::{Kind, Problem};
use crate::question::{self, Context, Found, Subject};
use crate::receipt::{Header, Journal, Receipt, VERSION};
use crate::run::Real;
use crate::sops::Utc;
use crate::step::Activation;
use crate::step::deploy::machines_of;

pub use turns::Turn;

/// What a run was asked for, as its receipt keeps it, so that it can be gone on with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Asked {
    pub answers: Answers,
    /// Those of further people, whose turn comes after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<Answers>,
    /// The name under which the person at the keyboard acts, when it is not the account's.
    pub as_user: Option<String>,
    pub options: Options,
}

/// One fleet, opened, with somebody at it.
pub struct Desk<'a> {
    pub onboard: Onboard,
    runner: Real,
    checkpoint: &'a (dyn Fn(&str) + Sync),
    as_user: Option<String>,
    /// Made once, so that going back and forth does not change the key that was shown.
    generated: Option<Key>,
    person: Option<Person>,
    answers: Answers,
    /// Answers of the people whose turn comes after the first one's.
    more: Vec<Answers>,
    /// Whether somebody's turn comes after this one.
    is_followed: bool,
    /// The receipt that is gone on with.
    receipt: Option<PathBuf>,
}

impl<'a> Desk<'a> {
    /// Opens the fleet at `root` for `subject`.
    ///
    /// # Errors
    /// See [`Onboard::open`].
    pub fn open(
        host: &Host,
        root: &Path,
        asked: &Asked,
        subject: &Subject,
        checkpoint: &'a (dyn Fn(&str) + Sync),
        mut runner: Real,
    ) -> Result<Self, Problem> {
        let options = asked.options.clone();
        let onboard = Onboard::open(host, root, subject.clone(), options, &mut runner)?;
        Ok(Self::at(onboard, asked, checkpoint, runner))
    }

    /// A desk in a fleet that is open.
    pub fn at(
        onboard: Onboard,
        asked: &Asked,
        checkpoint: &'a (dyn Fn(&str) + Sync),
        runner: Real,
    ) -> Self {
        Self {
            onboard,
            runner,
            checkpoint,
            as_user: asked.as_user.clone(),
            generated: None,
            person: None,
            answers: Answers::default(),
            more: Vec::new(),
            is_followed: false,
            receipt: None,
        }
    }

    /// The same person in a fleet that was read again: the key that was made for them stays the
    /// same, in this run or in the one that is gone on with.
    pub fn renew(&mut self, onboard: Onboard) {
        let made_before = std::mem::take(&mut self.onboard.made_before);
        let written_before = std::mem::take(&mut self.onboard.written_before);
        let unfinished = std::mem::take(&mut self.onboard.unfinished);
        let machines = std::mem::take(&mut self.onboard.machines);
        let protected = std::mem::take(&mut self.onboard.protected);
        self.onboard =
            Onboard { made_before, written_before, unfinished, machines, protected, ..onboard };
    }

    /// Every answer of these, checked, with suggestions for the rest.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn settle(&self, given: &Given) -> Result<Settled, Problem> {
        let cx = Context {
            host: &self.onboard.host,
            fleet: &self.onboard.fleet,
            answers: &given.answers,
            found: &self.onboard.found,
            subject: &self.onboard.subject,
        };
        answers::settle(&cx, given)
    }

    fn is_theirs(&self, settled: &Settled, key: &Key) -> Result<(), Problem> {
        let onboard = &self.onboard;
        let cx = Context {
            host: &onboard.host,
            fleet: &onboard.fleet,
            answers: &settled.answers,
            found: &onboard.found,
            subject: &onboard.subject,
        };
        let why = question::is_theirs(&cx, &KeyChoice::Public(key.recipient.clone()));
        why.map_err(|why| {
            Problem::user("the public key cannot be used").of_kind(Kind::Answers).cause(why.what)
        })
    }

    /// The public half of the key that a choice means.
    ///
    /// # Errors
    /// There is no such key, or it may not be saved where it would be.
    pub fn public_key(&mut self, choice: &KeyChoice) -> Result<String, Problem> {
        self.key(choice).map(|key| key.recipient)
    }

    /// Goes on with the run of this receipt.
    pub fn resuming(mut self, path: &Path, made_before: Vec<String>) -> Self {
        self.receipt = Some(path.to_owned());
        self.onboard.made_before = made_before;
        self.onboard.unfinished = Some(Vec::new());
        if let Ok(receipt) = Receipt::read(path) {
            let steps = receipt.state().steps.into_iter();
            let open = steps.filter(|step| !step.is_done()).map(|step| step.id);
            self.onboard.unfinished = Some(open.collect());
            self.onboard.written_before = receipt.files_made();
            let made = &self.onboard.written_before;
            self.onboard.fleet.keep_roles_before(made, &receipt.texts_before());
            self.onboard.machines.updated = deploy::updated(&receipt);
        }
        self
    }

    /// The key that a choice means, for a second copy of it.
    ///
    /// # Errors
    /// There is no such key, or its private half is not on this machine.
    pub fn original(&mut self, choice: &KeyChoice) -> Result<Original, Problem> {
        let key = self.key(choice)?;
        let file = key.file.ok_or_else(|| {
            Problem::user("the private half of this key is not on this machine")
                .hint("copy it where it was made")
        })?;
        Ok(Original { file, recipient: key.recipient })
    }

    fn key(&mut self, choice: &KeyChoice) -> Result<Key, Problem> {
        if *choice != KeyChoice::Generate {
            return self.onboard.key(choice);
        }
        if let Some(key) = &self.generated {
            return Ok(key.clone());
        }
        let key = self.onboard.key(choice)?;
        self.generated = Some(key.clone());
        Ok(key)
    }

    fn journal(&self, plan: &Plan, person: &Person) -> Result<Journal, Problem> {
        if let Some(path) = &self.receipt {
            return Journal::reopen(path);
        }
        let onboard = &self.onboard;
        let asked = Asked {
            answers: self.answers.clone(),
            more: self.more.clone(),
            as_user: self.as_user.clone(),
            options: onboard.options.clone(),
        };
        let header = Header {
            version: VERSION,
            doorstep: env!("CARGO_PKG_VERSION").to_owned(),
            practice: onboard.options.practice,
            user: match self.more.len() {
                0 => person.username.clone(),
                more => format!("{} and {more} more", person.username),
            },
            host: onboard.host.name.clone(),
            home: onboard.host.home.clone(),
            fleet: onboard.fleet.root.clone(),
            bounds: plan.bounds.clone(),
            started: Utc::from(SystemTime::now()).to_string(),
            answers: serde_json::to_value(asked)
                .map_err(|e| Problem::bug("the answers cannot be written down").cause(e))?,
        };
        Journal::create(&onboard.host.receipts_dir(), header)
    }

    fn run(
        &mut self,
        plan: &Plan,
        person: &Person,
        attend: &mut dyn Attend,
    ) -> Result<Finish, Problem> {
        if plan.is_empty() && self.receipt.is_none() {
            // A receipt of nothing would stand before the one that can be taken back.
            return Ok(already_so());
        }
        let mut journal = self.journal(plan, person)?;
        journal.is_followed(self.is_followed);
        let receipt = journal.path().to_owned();
        let began = SystemTime::now();
        let mut trouble = None;
        let mut overheard = Overheard::new(attend, |_, line| after::hear(&mut trouble, line));
        let (runner, checkpoint) = (&mut self.runner, &self.checkpoint);
        let summary = apply::apply(plan, &mut journal, runner, &mut overheard, checkpoint)?;
        let told = machines::tell(deploy::ends(&summary), attend);
        let activated = summary
            .steps
            .iter()
            .any(|(id, outcome)| *id == activate::STEP && *outcome == Outcome::Done);
        let mut readable = true;
        if matches!(summary.outcome, Outcome::Done) {
            for proof in self.onboard.proofs(person, activated) {
                let proof = self.wait_for_secrets(person, proof, began, trouble.as_deref());
                readable &= proof.what != "secrets" || proof.verdict != Verdict::DoesNotHold;
                attend.event(Event::Checked(proof));
            }
            for proof in super::shared::proofs(&self.onboard, person, &mut self.runner) {
                attend.event(Event::Checked(proof));
            }
        }
        let ends = Ends { summary: &summary, activated, readable, told };
        Ok(self.finish(plan, person, &ends, receipt))
    }

    /// What opens them may only have been started, and says why when it cannot.
    fn wait_for_secrets(
        &mut self,
        person: &Person,
        proof: Checked,
        began: SystemTime,
        heard: Option<&str>,
    ) -> Checked {
        if proof.what != "secrets" || proof.verdict != Verdict::DoesNotHold {
            return proof;
        }
        let names = person.secrets.iter().map(|secret| secret.name.clone()).collect();
        let secrets = after::Secrets { names, link: self.onboard.places().secrets_link() };
        let (host, patience) = (&self.onboard.host, after::PATIENCE);
        let waited = after::readable(&secrets, host, began, patience, heard, &mut self.runner);
        match waited.verdict {
            Verdict::Holds => self.onboard.secrets_readable(person),
            _ => waited,
        }
    }

    fn finish(&self, plan: &Plan, person: &Person, ends: &Ends<'_>, receipt: PathBuf) -> Finish {
        let Ends { summary, activated, readable, told } = ends;
        let activated = *activated;
        let files = plan
            .steps
            .iter()
            .flat_map(|step| &step.changes)
            .filter(|change| change.path().is_some_and(|p| p.starts_with(&self.onboard.fleet.root)))
            .count();
        let (end, heading) = match &summary.outcome {
            Outcome::Done if !*readable => (
                End::NotReadable,
                "Your home is active, but your secrets are not readable yet.".to_owned(),
            ),
            Outcome::Done => match told {
                Some(told) => (End::Done, told.sentence()),
                None => (End::Done, self.done_heading(person, activated)),
            },
            Outcome::Failed { .. } if ends.only_machines_failed() => {
                (End::Failed, some_missing(told.as_ref()))
            }
            Outcome::AlreadySo => {
                (End::AlreadySo, "Everything is already so. Nothing to apply.".to_owned())
            }
            Outcome::Stopped => {
                (End::Stopped, cut_short(plan, summary, self.practice_folder().as_deref()))
            }
            Outcome::Failed { .. } | Outcome::NotRun { .. } => {
                (End::Failed, cut_short(plan, summary, self.practice_folder().as_deref()))
            }
        };
        let mut updated = self.onboard.machines.updated.clone();
        updated.extend(told.iter().flat_map(|told| told.updated.clone()));
        let left = match end {
            End::Done | End::NotReadable => {
                left::left(&self.onboard, person, activated, files, &updated)
            }
            End::Failed if ends.only_machines_failed() => {
                left::left(&self.onboard, person, activated, files, &updated)
            }
            _ => Vec::new(),
        };
        let note = self.note(person, &left);
        Finish { end, heading, receipt: Some(receipt), left, note, problem: None, back: None }
    }

    fn done_heading(&self, person: &Person, activated: bool) -> String {
        let state = self.state(person, activated);
        let Some(folder) = self.practice_folder() else { return state };
        format!("{state} Practice is over. Nothing of yours was touched. Delete it: rm -r {folder}")
    }

    /// The practice folder as a word of a shell.
    fn practice_folder(&self) -> Option<String> {
        let fleet = &self.onboard.fleet.root;
        let folder = fleet.parent().unwrap_or(fleet);
        let word = || crate::run::shell_word(&folder.display().to_string());
        self.onboard.options.practice.then(word)
    }

    fn state(&self, person: &Person, activated: bool) -> String {
        if activated {
            return "Your home is set up and active.".to_owned();
        }
        let turns = left::turns(&self.onboard, person);
        match person.mode {
            Mode::Integrated if !turns.is_empty() => {
                let home = self.onboard.whose_home(person);
                format!("Everything is prepared. {home} becomes active when {turns}.")
            }
            _ => match self.onboard.activation(person) {
                // The reason says already whose turn it is.
                Activation::No(why) if !self.onboard.subject.is_oneself() => {
                    format!("Everything is prepared. {why}")
                }
                Activation::No(why) => {
                    format!("Everything is prepared. Your home is not active yet. {why}")
                }
                Activation::Nix { .. } => "Everything is prepared.".to_owned(),
            },
        }
    }

    /// What somebody else has to know, with the public key.
    fn note(&self, person: &Person, left: &[crate::front::Left]) -> Option<Note> {
        // Nobody needs a note to themselves.
        let me = match self.onboard.subject.is_oneself() {
            true => &person.username,
            false => self.as_user.as_ref().unwrap_or(&self.onboard.host.account.name),
        };
        let theirs: Vec<_> = left.iter().filter(|left| left.who != *me).collect();
        let who = theirs.first()?.who.clone();
        let fleet = self.onboard.host.short(&self.onboard.fleet.root);
        let what = match self.onboard.subject.is_oneself() {
            true => format!("{} has set up a home in {fleet}.", person.name),
            false => format!("A home for {} is prepared in {fleet}.", person.name),
        };
        let mut text = format!("{what}\n");
        if !person.key.recipient.is_empty() {
            text.push_str(&format!("Public key: {}\n", person.key.recipient));
        }
        for left in theirs {
            if left.who != who {
                text.push_str(&format!("For {}: ", left.who));
            }
            text.push_str(&left.words);
            text.push('\n');
        }
        Some(Note { who, text })
    }
}

/// What is known at the end of a run.
struct Ends<'a> {
    summary: &'a Summary,
    activated: bool,
    readable: bool,
    /// Machines that were to be updated.
    told: Option<Told>,
}

impl Ends<'_> {
    /// Whether all that was to be written is written, and what failed is a machine's update.
    fn only_machines_failed(&self) -> bool {
        let is_done = |outcome: &Outcome| matches!(outcome, Outcome::Done | Outcome::AlreadySo);
        let mut others = self.summary.steps.iter().filter(|(id, _)| machines_of(id).is_empty());
        self.told.is_some() && others.all(|(_, outcome)| is_done(outcome))
    }
}

/// How machines that were not updated leave a run.
fn some_missing(told: Option<&Told>) -> String {
    let sentence = told.map(Told::sentence).unwrap_or_default();
    format!(
        "{sentence} When it is mended, go on with doorstep resume, or take back what was written with doorstep undo."
    )
}

/// What is done, what is not, and the two ways from here.
fn cut_short(plan: &Plan, summary: &Summary, practice: Option<&str>) -> String {
    // A practice run is known inside its folder only.
    let way = |verb: &str| match practice {
        Some(folder) => format!("cd {folder} && doorstep {verb}"),
        None => format!("doorstep {verb}"),
    };
    let (resume, undo) = (way("resume"), way("undo"));
    let is_done =
        |(_, outcome): &&(&str, Outcome)| matches!(outcome, Outcome::Done | Outcome::AlreadySo);
    let done = summary.steps.iter().take_while(is_done).count();
    let before = match done {
        0 => "Nothing is done".to_owned(),
        1 => "Step 1 is done".to_owned(),
        n => format!("Steps 1 to {n} are done"),
    };
    let cut = done + 1;
    let what = plan.steps.get(done).map_or("", |step| step.title.as_str());
    // A stop between two steps cuts none short.
    let begun = !matches!(summary.steps.get(done), Some((_, Outcome::NotRun { .. })));
    let state = if begun { "was cut short" } else { "has not begun" };
    match summary.outcome {
        Outcome::Stopped => format!(
            "Stopped. {before}, step {cut} {state}. Go on with {resume}, or take them back with {undo}."
        ),
        _ => format!(
            "Step {cut}, {what}, failed. {before}. When it is mended, go on with {resume}, or take them back with {undo}."
        ),
    }
}

impl Work for Desk<'_> {
    fn look(&mut self, subject: &Subject) -> Result<Found, Problem> {
        let username = subject.name(&self.onboard.host);
        let found = crate::survey::found(
            &self.onboard.host,
            &self.onboard.fleet,
            &username,
            &mut self.runner,
        );
        self.onboard.found = found.clone();
        self.onboard.subject = subject.clone();
        Ok(found)
    }

    fn read_again(&mut self) -> Result<Option<Fleet>, Problem> {
        let now = Fleet::read(&self.onboard.fleet.root)?;
        if self.onboard.fleet.differing(&now).is_empty() {
            return Ok(None);
        }
        self.onboard.fleet = now.clone();
        Ok(Some(now))
    }

    fn plan(&mut self, settled: &Settled) -> Result<Plan, Problem> {
        let choice = settled.answers.key.as_ref();
        let key = choice.map_or(Ok(Key::none()), |choice| self.key(choice))?;
        if let Some(KeyChoice::File(_)) = choice {
            // Only now is it known which key is in it.
            self.is_theirs(settled, &key)?;
        }
        let person = self.onboard.person(settled, key);
        super::shared::unlock(&mut self.onboard, &person, &mut self.runner)?;
        let plan = self.onboard.plan(&person, &mut self.runner)?;
        self.answers = settled.answers.clone();
        self.person = Some(person);
        Ok(plan)
    }

    fn apply(&mut self, plan: &Plan, attend: &mut dyn Attend) -> Finish {
        let Some(person) = self.person.take() else {
            return Finish::failed(Problem::bug("nothing was planned before it was applied"));
        };
        let finish = self.run(plan, &person, attend).unwrap_or_else(Finish::failed);
        self.person = Some(person);
        finish
    }

    fn save(&mut self, name: &str, text: &str) -> Result<PathBuf, Problem> {
        save(&self.onboard.host.home, name, text)
    }
}

fn already_so() -> Finish {
    nothing(End::AlreadySo, "Everything is already so. Nothing to apply.")
}

/// The end of a run that changed nothing.
fn nothing(end: End, heading: &str) -> Finish {
    let heading = heading.to_owned();
    Finish { end, heading, receipt: None, left: Vec::new(), note: None, problem: None, back: None }
}

/// Saves a text as a new file of this name in `home`, never over another.
///
/// # Errors
/// It is there already, or cannot be written.
pub(crate) fn save(home: &Path, name: &str, text: &str) -> Result<PathBuf, Problem> {
    let home = home.to_owned();
    let path = home.join(name);
    let place =
        files::inside(std::slice::from_ref(&home), &path)?.make_folders(true, &mut Vec::new())?;
    files::create(&place, text.as_bytes(), 0o600, &files::new_temporary_name(), &|| ())?;
    Ok(path)
}
