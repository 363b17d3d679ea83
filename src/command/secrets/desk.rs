//! What every verb needs: the folder, the rules if there are any, the keys, and hands to change
//! files with.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::super::interrupt::Interrupt;
use super::super::{Where, checkpoint, note};
use super::asking;
use crate::activate::InTheWayChoice;
use crate::event::{Checked, Outcome, Verdict};
use crate::front::headless::{Report, Scene, Unattended, Words};
use crate::host::Host;
use crate::key::plugin::{self, PluginError, Plugins};
use crate::key::{AnyIdentity, Opens as _};
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::run::{Command, Exit, Real, Runner as _, shell_word};
use crate::secrets::matrix::short;
use crate::secrets::{Asked, Carried, Hands, Held, Keyring, Store, carry_out};
use crate::sops::{EditError, EncryptedFile, Format, OpenError, Unlocked, Utc};

/// Where a command works.
pub(crate) struct Desk<'h> {
    pub(crate) host: &'h Host,
    pub(crate) here: PathBuf,
    /// The rules, where there are any: one file can be opened without.
    store: Option<Store>,
    /// Why there are none.
    no_store: Option<Problem>,
    runner: Real,
    ring: Option<Keyring>,
    interrupt: Interrupt,
}

/// One file that a person named.
pub(crate) struct Target {
    /// Absolute.
    pub(crate) file: PathBuf,
    /// The folder that may be written in: that of `.sops.yaml`, else the file's own.
    pub(crate) root: PathBuf,
    /// For people.
    pub(crate) shown: String,
    pub(crate) format: Format,
}

impl<'h> Desk<'h> {
    pub(crate) fn open(at: &Where, host: &'h Host) -> Result<Self, Problem> {
        let here = Host::current_folder()?;
        let folder = at.fleet.as_ref().map(|folder| host.expand(folder, &here));
        let (store, no_store) = match Store::find(host, folder.as_deref(), &here) {
            Ok(store) => (Some(store), None),
            Err(problem) => (None, Some(problem)),
        };
        let interrupt = Interrupt::watch()?;
        let mut env = host.env().clone();
        // The one key command that reads its environment is told whose keys are wanted by sops
        // alone; key texts are for nobody's children.
        env.retain(|name, _| !name.starts_with("SOPS_AGE_KEY"));
        let runner = Real::new(env).ended_by(interrupt.end());
        Ok(Self { host, here, store, no_store, runner, ring: None, interrupt })
    }

    /// The rules.
    ///
    /// # Errors
    /// There is no `.sops.yaml`, or it cannot be used.
    pub(crate) fn store(&self) -> Result<&Store, Problem> {
        self.store.as_ref().ok_or_else(|| {
            let problem = self.no_store.clone();
            problem.unwrap_or_else(|| Problem::bug("the rules were not looked for"))
        })
    }

    /// The file that is meant: from here if it is there, else below the folder of `.sops.yaml`.
    pub(crate) fn target(&self, given: &str) -> Result<Target, Problem> {
        let (file, root) = match &self.store {
            Some(store) => match store.relative(given, &self.here, self.host) {
                Ok(path) => (store.at(&path), store.folder().to_owned()),
                // Outside of the rules it can be opened all the same.
                Err(problem) => self.alone(given).ok_or(problem)?,
            },
            None => self
                .alone(given)
                .ok_or_else(|| Problem::user(format!("there is no file `{given}` here")))?,
        };
        let real = std::fs::canonicalize(&self.here);
        let below = real.ok().and_then(|here| file.strip_prefix(here).ok().map(Path::to_owned));
        let shown =
            below.map_or_else(|| self.host.short(&file), |below| below.display().to_string());
        let format = Format::of(&file);
        Ok(Target { file, root, shown, format })
    }

    fn alone(&self, given: &str) -> Option<(PathBuf, PathBuf)> {
        let file = self.host.expand(given, &self.here);
        let folder = std::fs::canonicalize(file.parent()?).ok()?;
        let file = folder.join(file.file_name()?);
        std::fs::symlink_metadata(&file).is_ok().then_some((file, folder))
    }

    /// Paths that people gave, as the rules see them.
    pub(crate) fn below(&self, given: &[String]) -> Result<Vec<String>, Problem> {
        let store = self.store()?;
        let one = |path: &String| -> Result<String, Problem> {
            let whole = self.host.expand(path, &self.here);
            // The folder of the rules itself means all that is in it.
            if std::fs::canonicalize(&whole).is_ok_and(|whole| whole == store.folder()) {
                return Ok(String::new());
            }
            let path = path.trim_end_matches('/');
            let path = store.relative(path, &self.here, self.host)?;
            if std::fs::symlink_metadata(store.at(&path)).is_err() {
                return Err(Problem::user(format!("there is no `{path}`")));
            }
            Ok(path)
        };
        let paths: Vec<String> = given.iter().map(one).collect::<Result<_, _>>()?;
        Ok(if paths.contains(&String::new()) { Vec::new() } else { paths })
    }

    pub(crate) fn read(&self, target: &Target) -> Result<String, Problem> {
        crate::secrets::store::read_encrypted(&target.file, &target.shown)
    }

    /// The keys of this person, closed ones closed.
    pub(crate) fn ring(&mut self) -> &Keyring {
        let Self { ring, host, runner, .. } = self;
        ring.get_or_insert_with(|| {
            let plugins = Plugins::new(runner.dialogue(), Box::new(asking::Person));
            Keyring::gather_with(host, runner, plugins)
        })
    }

    /// Looks for keys that fit none of what was tried: those that a command gives for one of
    /// `recipients` alone, and protected ones, if somebody can be asked. Whether there is a point
    /// in trying again.
    pub(crate) fn more_keys(&mut self, recipients: &[String]) -> bool {
        self.ring();
        let Self { ring: Some(ring), runner, .. } = self else { return false };
        let before = ring.keys.len();
        ring.ask_commands(recipients, runner);
        if ring.keys.len() > before {
            return true;
        }
        if !ring.has_locked() || !asking::has_person() {
            return false;
        }
        ring.unlock(&mut asking::passphrase);
        ring.keys.len() > before
    }

    /// Opens a file with whatever key fits, a protected one last.
    pub(crate) fn unlocked<'t>(
        &mut self,
        target: &Target,
        text: &'t str,
    ) -> Result<Unlocked<'t>, Problem> {
        loop {
            let identities: Vec<AnyIdentity> = self.ring().identities();
            let problem = match Unlocked::open(text, target.format, &identities) {
                Ok(unlocked) => return Ok(unlocked.with_plugins(self.ring().plugins())),
                Err(EditError::Open(e)) if needs_key(&e) => {
                    if self.more_keys(&recipients_of(text)) {
                        continue;
                    }
                    self.no_key(target, text, &e)
                }
                Err(e) => Problem::fleet(format!("`{}` cannot be opened", target.shown)).cause(e),
            };
            return Err(problem);
        }
    }

    /// What people hear when none of their keys fits.
    pub(crate) fn no_key(&mut self, target: &Target, text: &str, e: &OpenError) -> Problem {
        let shown = &target.shown;
        let ring = self.ring();
        let problem = Problem::fleet(format!("`{shown}` cannot be decrypted with your keys"));
        let count = EncryptedFile::parse(text, target.format)
            .map_or(0, |file| file.metadata().stanzas().count());
        let given_up = ring.plugins().given_up();
        // What a plugin could not try is not known not to fit: why is said below.
        let tried = |held: &&Held| match &held.identity {
            AnyIdentity::Plugin(key) => given_up.iter().all(|(name, _)| name != key.plugin()),
            _ => true,
        };
        let shown_key = |held: &Held| match &held.identity {
            AnyIdentity::Plugin(key) => {
                format!("a key of {} ({})", plugin::program(key.plugin()), held.from)
            }
            known => format!("{} ({})", short(&known.public()), held.from),
        };
        let held: Vec<String> = ring.keys.iter().filter(tried).map(shown_key).collect();
        let mut problem = match (e, held.is_empty()) {
            (OpenError::TooFewGroups { .. }, _) => problem.cause(e),
            (_, true) if ring.keys.is_empty() => problem.cause("sops would find no age key here"),
            (_, true) => problem,
            (_, false) => {
                problem.cause(format!("none of its {count} recipients is {}", held.join(" or ")))
            }
        };
        for trouble in ring.troubles() {
            problem = problem.cause(format!("{}: {}", trouble.from, trouble.why));
        }
        for (name, why) in &given_up {
            match why {
                PluginError::NotThere => {
                    return problem.hint(format!("install `{}`", plugin::program(name)));
                }
                PluginError::Unasked(_) => {
                    return problem.hint("run it in a terminal, where the plugin can ask you");
                }
                _ => {}
            }
        }
        if ring.has_locked() {
            return problem
                .hint("run it in a terminal, where the passphrase of a key can be asked for");
        }
        problem.hint(format!(
            "ask somebody who can open it to run `doorstep secrets rekey {}`",
            shell_word(shown)
        ))
    }

    /// Runs a program on the person's terminal.
    pub(crate) fn attached(&mut self, command: &Command) -> Result<Exit, Problem> {
        let runner = &mut self.runner;
        // A signal ends the program, not us: what it worked on is still to be wiped.
        self.interrupt.during(|| runner.run_attached(command))
    }

    /// That a file may be changed: undo follows a receipt only into a fleet.
    pub(crate) fn in_fleet(&self, target: &Target) -> Result<(), Problem> {
        if target.file.starts_with(self.store()?.folder()) {
            return Ok(());
        }
        Err(Problem::user(format!("`{}` is in no fleet", target.shown))
            .cause("there is no `.sops.yaml` in its folder, nor in any above it"))
    }

    /// Changes one file by a plan, under a receipt.
    pub(crate) fn change(
        &mut self,
        target: &Target,
        step: One,
        before: Option<String>,
        after: String,
    ) -> Result<Carried, Problem> {
        self.in_fleet(target)?;
        let One { id, title, why, by_hand } = step;
        let path = target.file.clone();
        let change = match before {
            Some(before) => Change::Edit { path, before, after },
            None => {
                Change::Create { path, content: crate::plan::Content::Text(after), mode: 0o644 }
            }
        };
        let mut changes = vec![change];
        if let Some(track) = self.tracked(target, &changes[0]) {
            changes.push(track);
        }
        let step = Step { id, title, why, needs: Needs::You, by_hand, changes, decided_by: None };
        let bounds = vec![target.root.clone()];
        let plan = Plan { steps: vec![step], bounds, ..Plan::default() };
        let identities = self.ring().identities();
        let (file, format) = (target.file.clone(), target.format);
        let prove = move || vec![opens(&file, format, &identities)];
        self.carry_out(&plan, &target.root.clone(), &Asked::Edit, &prove, None)
    }

    /// A flake sees only files that git knows.
    fn tracked(&mut self, target: &Target, change: &Change) -> Option<Change> {
        if !matches!(change, Change::Create { .. }) {
            return None;
        }
        crate::git::ready(self.host, &mut self.runner).ok()?;
        let repository = crate::git::repository(&mut self.runner, &target.root).ok().flatten()?;
        let path = target.file.strip_prefix(&repository.top).ok()?.to_owned();
        Some(Change::Track { repository: repository.top, paths: vec![path] })
    }

    /// Carries a plan out, telling what happens on standard error.
    pub(crate) fn carry_out(
        &mut self,
        plan: &Plan,
        root: &Path,
        asked: &Asked,
        prove: &dyn Fn() -> Vec<Checked>,
        resuming: Option<&Path>,
    ) -> Result<Carried, Problem> {
        let host = self.host;
        let scene = Scene { host, fleet: root, practice: false };
        let mut words = Words::new(std::io::stderr(), scene);
        let reports: Vec<&mut dyn Report> = vec![&mut words];
        let stop = self.interrupt.stop();
        let mut attend = Unattended { reports, in_the_way: InTheWayChoice::Stop, stop };
        let checkpoint = checkpoint::of(host);
        let runner = &mut self.runner;
        let carried = self.interrupt.during(|| {
            let hands =
                Hands { host, runner, attend: &mut attend, checkpoint: &checkpoint, resuming };
            carry_out(plan, root, asked, prove, hands)
        })?;
        match &carried.summary.outcome {
            Outcome::Failed { why } => Err(why.clone()),
            _ => Ok(carried),
        }
    }
}

/// What a change of one file is called.
pub(crate) struct One {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) why: String,
    pub(crate) by_hand: Vec<String>,
}

/// A private key that is given where a name belongs must not come back in a message.
pub(crate) fn no_private_key(name: &str) -> Result<(), Problem> {
    if !crate::key::private::is_in(name) {
        return Ok(());
    }
    Err(Problem::user("a private key was given where a name belongs; it is not repeated")
        .hint("take it out of your shell's history, and make a new key if others saw it"))
}

pub(crate) fn now() -> Utc {
    SystemTime::now().into()
}

/// Whoever a file is encrypted to.
pub(crate) fn recipients_of(text: &str) -> Vec<String> {
    let stanzas = crate::sops::recipients_of(text).unwrap_or_default();
    stanzas.into_iter().map(|stanza| stanza.recipient).collect()
}

pub(crate) fn needs_key(e: &OpenError) -> bool {
    matches!(e, OpenError::NoIdentityMatches { .. } | OpenError::TooFewGroups { .. })
}

/// Says how a change can be taken back.
pub(crate) fn done(host: &Host, carried: &Carried, what: &str) {
    note(&format!(
        "{what} Take it back with `doorstep undo`. Receipt: {}",
        host.short(&carried.receipt)
    ));
}

/// Read from disk again.
fn opens(file: &Path, format: Format, identities: &[AnyIdentity]) -> Checked {
    let opened = std::fs::read_to_string(file).map_err(|e| e.to_string()).and_then(|text| {
        let file = EncryptedFile::parse(&text, format).map_err(|e| e.to_string())?;
        file.open(identities).map(|_| ()).map_err(|e| (needs_key(&e), e)).or_else(|e| match e {
            // Somebody may make a file for others alone.
            (true, _) => Ok(()),
            (false, e) => Err(e.to_string()),
        })
    });
    let (verdict, words) = match opened {
        Ok(()) => (Verdict::Holds, "The file is whole and its MAC verifies.".to_owned()),
        Err(why) => (Verdict::DoesNotHold, format!("The file does not open: {why}.")),
    };
    Checked { what: "secrets-open", verdict, words, data: serde_json::Map::new() }
}
