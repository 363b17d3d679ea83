//! What checks look at: the person, the machine, the fleet. Read when the first check needs it, and
//! then shared; a part that cannot be read is its own answer.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::NotChecked;
use crate::activate::Places;
use crate::explain::machine::{self, Answer, Here};
use crate::explain::{Catalogue, Explanation, Machine as _, Query, explain, read};
use crate::fleet::{Fleet, Machine, Platform, User};
use crate::host::{Host, Os};
use crate::key::{AnyIdentity, Identity};
use crate::nix::Source;
use crate::problem::Problem;
use crate::question::KeyPlace;
use crate::run::{Command, Output, Runner};
use crate::secrets::{Found, Keyring, Store};
use crate::survey;

/// Everything that checks share. Nothing in it is read before it is asked for.
#[derive(Debug)]
pub struct Scene {
    pub host: Host,
    /// Whose home it is about.
    pub user: String,
    /// The fleet's folder; `None`: no fleet was found.
    pub root: Option<PathBuf>,
    /// Where the machine's own folders begin: `/`, but in tests.
    system: PathBuf,
    fleet: OnceLock<Option<Result<Arc<Fleet>, Problem>>>,
    places: OnceLock<Vec<KeyPlace>>,
    store: OnceLock<Result<Store, NotChecked>>,
    files: OnceLock<Vec<Found>>,
    identities: OnceLock<Vec<AnyIdentity>>,
}

impl Scene {
    pub fn new(host: Host, user: &str, root: Option<PathBuf>) -> Self {
        Self {
            host,
            user: user.to_owned(),
            root,
            system: PathBuf::from("/"),
            fleet: OnceLock::new(),
            places: OnceLock::new(),
            store: OnceLock::new(),
            files: OnceLock::new(),
            identities: OnceLock::new(),
        }
    }

    /// The same with another place for the machine's own folders.
    #[must_use]
    pub fn with_system(self, system: PathBuf) -> Self {
        Self { system, ..self }
    }

    /// A path of the machine's own.
    pub(super) fn system(&self, path: &str) -> PathBuf {
        self.system.join(path.trim_start_matches('/'))
    }

    pub(super) fn is_oneself(&self) -> bool {
        self.user == self.host.account.name
    }

    fn read_fleet(&self) -> &Option<Result<Arc<Fleet>, Problem>> {
        self.fleet.get_or_init(|| Some(Fleet::read(self.root.as_ref()?).map(Arc::new)))
    }

    /// Why the fleet cannot be read, when it cannot.
    pub(super) fn fleet_trouble(&self) -> Option<&Problem> {
        self.read_fleet().as_ref()?.as_ref().err()
    }

    /// # Errors
    /// There is none, or it cannot be read.
    pub fn fleet(&self) -> Result<&Arc<Fleet>, NotChecked> {
        match self.read_fleet() {
            None => Err(NotChecked::because("no fleet was found here")),
            Some(Ok(fleet)) => Ok(fleet),
            Some(Err(_)) => Err(NotChecked::because("the fleet cannot be read")),
        }
    }

    /// The person's entry in the fleet.
    pub(super) fn person(&self) -> Result<&User, NotChecked> {
        let fleet = self.fleet()?;
        let user = fleet.user(&self.user);
        user.ok_or_else(|| NotChecked::because(format!("the fleet has no module of {}", self.user)))
    }

    /// This machine, as the fleet has it.
    pub(super) fn machine(&self) -> Option<&Machine> {
        self.fleet().ok()?.machine(&self.host.name)
    }

    /// The same where it is a Mac.
    pub(super) fn mac(&self) -> Option<&Machine> {
        self.machine().filter(|machine| machine.platform == Platform::Darwin)
    }

    /// The file that makes this machine.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn file_of(&self, machine: &Machine) -> Result<&Source, NotChecked> {
        let file = &machine.at.file;
        let source = self.fleet()?.files.nix(file);
        source.ok_or_else(|| NotChecked(format!("{} cannot be read", file.display())))
    }

    pub(super) fn platform(&self) -> Platform {
        Platform::of(self.host.os)
    }

    /// Every place where an age key may be, with public halves.
    pub(super) fn key_places(&self) -> Result<&[KeyPlace], NotChecked> {
        let fleet = self.fleet()?;
        Ok(self.places.get_or_init(|| survey::key_places(&self.host, fleet)))
    }

    /// `.sops.yaml` and what it says.
    pub(super) fn store(&self) -> Result<&Store, NotChecked> {
        let read = self.store.get_or_init(|| {
            let fleet = self.fleet()?;
            let sops = fleet.sops.as_ref();
            let sops = sops.ok_or_else(|| NotChecked::because("the fleet has no .sops.yaml"))?;
            Store::read(&fleet.at(&sops.file), &self.host)
                .map_err(|_| NotChecked::because(".sops.yaml cannot be read"))
        });
        read.as_ref().map_err(Clone::clone)
    }

    /// Every encrypted file below the folder of `.sops.yaml`.
    pub(super) fn encrypted(&self) -> Result<&[Found], NotChecked> {
        let store = self.store()?;
        Ok(self.files.get_or_init(|| store.files(&[])))
    }

    /// Where the person's secrets file is, relative to the fleet.
    pub(super) fn secrets_path(&self) -> Result<String, NotChecked> {
        survey::secrets_path(self.fleet()?, &self.user)
            .ok_or_else(|| NotChecked::because("the fleet does not show where secrets files are"))
    }

    /// The same as the rules see it: below the folder of `.sops.yaml`.
    pub(super) fn ruled_path(&self) -> Result<String, NotChecked> {
        let folder = self.fleet()?.sops.as_ref().and_then(|sops| sops.file.parent());
        Ok(survey::below(&self.secrets_path()?, folder.unwrap_or(Path::new(""))))
    }

    /// Every key of this person: what sops takes, and what the fleet's own place holds. A key behind
    /// a passphrase stays closed, since a check asks nobody.
    pub(super) fn identities(&self, runner: &mut dyn Runner) -> &[AnyIdentity] {
        self.identities.get_or_init(|| {
            let mut all = Keyring::gather(&self.host, runner).identities();
            let places = self.key_places().unwrap_or_default();
            let files = places.iter().filter_map(|place| place.path.as_deref());
            let more = files.flat_map(survey::identities).map(AnyIdentity::from);
            for identity in more {
                if !all.iter().any(|known| known.is_same(&identity)) {
                    all.push(identity);
                }
            }
            all
        })
    }

    /// The file that sops-nix takes the key from.
    pub(super) fn key_file(&self) -> Result<PathBuf, NotChecked> {
        Ok(survey::key_file(&self.host, self.fleet()?))
    }

    /// The keys in one file.
    pub(super) fn keys_in(path: &Path) -> Vec<Identity> {
        survey::identities(path)
    }

    pub(super) fn activation(&self) -> Places {
        let host = &self.host;
        Places { home: host.home.clone(), state: host.state_dir(), config: host.config_dir() }
    }

    /// Whether the person's module asks for secrets, so that something has to put them on disk.
    pub(super) fn wants_secrets(&self) -> bool {
        self.person().is_ok_and(|user| !user.secrets.is_empty())
    }

    /// Whether home-manager has ever put a home in place here.
    pub(super) fn is_active(&self) -> bool {
        let root = self.host.state_dir().join("home-manager/gcroots/current-home");
        self.activation().generation().is_some() || root.exists()
    }

    /// Asks the machine what `doorstep explain` asks it.
    pub(super) fn ask(
        &self,
        check: &str,
        about: &[(&str, &str)],
        runner: &mut dyn Runner,
    ) -> Answer {
        let about =
            about.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        self.here(runner).look(&Query { check: check.to_owned(), about, recipients: Vec::new() })
    }

    fn here<'h>(&'h self, runner: &'h mut dyn Runner) -> Here<'h> {
        let fleet = match self.read_fleet() {
            None => None,
            Some(Ok(fleet)) => Some(Ok(Arc::clone(fleet))),
            Some(Err(problem)) => Some(Err(problem.what.clone())),
        };
        Here::new(&self.host, self.root.clone(), runner)
            .with_system(self.system.clone())
            .with_fleet(fleet)
    }

    /// What a log of this machine shows, with what the machine says to it.
    pub(super) fn explain(
        &self,
        log: &mut dyn Read,
        runner: &mut dyn Runner,
    ) -> Result<Explanation, NotChecked> {
        let unreadable =
            |e: &dyn std::fmt::Display| NotChecked(format!("the log cannot be read: {e}"));
        let catalogue = Catalogue::built_in().map_err(|e| unreadable(&e))?;
        let log = read(log, catalogue).map_err(|e| unreadable(&e))?;
        Ok(explain(&log, catalogue, &mut self.here(runner)))
    }

    /// What a program says.
    ///
    /// # Errors
    /// It cannot be run.
    pub(super) fn hear(runner: &mut dyn Runner, command: &Command) -> Result<Output, NotChecked> {
        machine::heard(runner, command).map_err(|e| NotChecked(e.what))
    }

    /// What checks read, for whoever wants to look again when some of it changes: a folder stands for
    /// everything in it, and for what is not there yet the nearest folder that is. Programs that
    /// checks ask are not among them.
    pub fn watched(&self) -> Vec<PathBuf> {
        let (host, places) = (&self.host, self.activation());
        let mut paths: Vec<PathBuf> = self.root.clone().into_iter().collect();
        let keys = self.key_places().unwrap_or_default();
        paths.extend(keys.iter().filter_map(|place| place.path.clone()));
        paths.extend([places.profile(), places.secrets_link(), host.logs_dir()]);
        paths.extend([host.config_dir().join("nix/nix.conf"), host.home.join(".ssh")]);
        paths.extend(
            ["etc/nix/nix.conf", "nix/var/nix/daemon-socket"].map(|path| self.system(path)),
        );
        if host.os == Os::Darwin {
            paths.push(host.home.join("Library/LaunchAgents"));
            paths.push(host.home.join("Library/Logs/SopsNix"));
        }
        let there = |path: &Path| fs::symlink_metadata(path).is_ok();
        let nearest = |path: PathBuf| path.ancestors().find(|path| there(path)).map(Path::to_owned);
        let mut paths: Vec<PathBuf> = paths.into_iter().filter_map(nearest).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// Where fixes may write.
    pub(super) fn bounds(&self) -> Vec<PathBuf> {
        let mut bounds: Vec<PathBuf> =
            self.fleet().ok().map(|f| f.root.clone()).into_iter().collect();
        bounds.push(self.host.home.clone());
        bounds
    }
}
