//! Bringing one person in, or several in one run (`desk/turns`), from the fleet as it is to proved
//! facts at the end. Front ends drive this; it asks nothing and shows nothing itself.

mod account;
mod deploy;
mod desk;
mod left;
mod public_key;
mod secret_links;
mod secrets;
mod shared;

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::activate::{self, Backend, Places, preflight};
use crate::answers::{Deploy, Key, KeyChoice, Mode, Person, SecretFrom, Settled};
use crate::apply;
use crate::counted::counted;
use crate::event::{Checked, Verdict};
use crate::fleet::{Fleet, Standalone, layout};
use crate::git;
use crate::host::Host;
use crate::key::{self, Identity, ssh};
use crate::plan::{Change, Plan, Remark, Step};
use crate::problem::Problem;
use crate::question::{Found, Subject};
use crate::run::Runner;
use crate::sops::{EncryptedFile, Format};
use crate::step::{self, Activation, Surroundings};
use crate::survey;

pub(crate) use desk::save;
pub use desk::{Asked, Desk, Turn};
pub use shared::{AskPassphrase, Protected};

/// What the person decided on the command line.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Whether the fleet's own Nix settings (`nixConfig`) are trusted.
    pub accept_flake_config: bool,
    /// Build without network: practice fleets need none.
    pub offline: bool,
    /// Stop before building.
    pub no_activation: bool,
    /// The key may lie in a folder that is a git work tree or synced to other machines.
    pub any_key_folder: bool,
    pub practice: bool,
    /// Which program activates.
    pub backend: Backend,
}

/// A fleet opened for one person.
#[derive(Debug, Clone)]
pub struct Onboard {
    pub host: Host,
    /// Whose home it is.
    pub subject: Subject,
    pub fleet: Fleet,
    pub found: Found,
    pub options: Options,
    pub repository: Option<git::Repository>,
    /// Things to say before anything is asked, such as changes that are not committed.
    pub notices: Vec<String>,
    /// Public halves of keys that the run which is gone on with has saved.
    pub made_before: Vec<String>,
    /// Files that the run which is gone on with has made.
    pub written_before: Vec<PathBuf>,
    /// Steps that the run which is gone on with has planned and not done, by id; `None`: no run is
    /// gone on with.
    pub unfinished: Option<Vec<String>>,
    /// Machines of this run beyond one person's.
    pub machines: deploy::Machines,
    /// Keys of whoever is at the keyboard that a passphrase protects.
    pub protected: Protected,
}

impl Onboard {
    /// Reads the fleet at `root` and looks around for `subject`.
    ///
    /// # Errors
    /// Not a fleet, or one that cannot be read.
    pub fn open(
        host: &Host,
        root: &Path,
        subject: Subject,
        options: Options,
        runner: &mut dyn Runner,
    ) -> Result<Self, Problem> {
        Self::of(host, Fleet::read(root)?, subject, options, runner)
    }

    /// The same with a fleet that was read already.
    ///
    /// # Errors
    /// The repository cannot be worked on.
    pub fn of(
        host: &Host,
        fleet: Fleet,
        subject: Subject,
        options: Options,
        runner: &mut dyn Runner,
    ) -> Result<Self, Problem> {
        let mut notices = Vec::new();
        let repository = repository(host, &fleet, runner, &mut notices)?;
        let found = survey::found(host, &fleet, &subject.name(host), runner);
        notices.extend(fleet.unread.iter().map(|unread| format!("not read: {unread}")));
        let made_before = Vec::new();
        Ok(Self {
            host: host.clone(),
            subject,
            fleet,
            found,
            options,
            repository,
            notices,
            made_before,
            written_before: Vec::new(),
            unfinished: None,
            machines: deploy::Machines::default(),
            protected: Protected::default(),
        })
    }

    /// The answers as one whole.
    fn person(&self, settled: &Settled, key: Key) -> Person {
        let answers = settled.answers.clone();
        Person {
            username: settled.username().to_owned(),
            name: answers.name.unwrap_or_default(),
            email: answers.email.unwrap_or_default(),
            ssh_keys: answers.ssh_keys.unwrap_or_default(),
            mode: settled.mode(),
            hosts: settled.hosts().to_vec(),
            accounts: answers.accounts.unwrap_or_default(),
            aggregates: answers.aggregates.unwrap_or_default(),
            key,
            secrets: settled.secrets().to_vec(),
            readers: answers.readers.unwrap_or_default(),
            shared: answers.shared.unwrap_or_default(),
            in_the_way: settled.in_the_way(),
            deploy: answers.deploy.unwrap_or_default(),
            if_failed: answers.if_failed.unwrap_or_default(),
            commit: answers.commit.unwrap_or_default(),
        }
    }

    /// The key that an answer means. One that is made here exists in memory only.
    fn key(&self, choice: &KeyChoice) -> Result<Key, Problem> {
        let target = survey::key_file(&self.host, &self.fleet);
        let saved = |identity: Identity| -> Result<Key, Problem> {
            self.check_key_folder(&target)?;
            let recipient = identity.recipient().to_string();
            Ok(Key { recipient, save: Some(identity), file: Some(target.clone()), from_ssh: false })
        };
        match choice {
            KeyChoice::Generate => match self.own_key(&target) {
                // Made by an earlier run: a second one would only be another key to lose.
                Some(recipient) => {
                    Ok(Key { recipient, save: None, file: Some(target), from_ssh: false })
                }
                None => saved(Identity::generate()),
            },
            KeyChoice::FromSsh => {
                let path = survey::ssh_identity_file(&self.host);
                let shown = self.host.short(&path);
                let text = survey::read_small(&path).map(zeroize::Zeroizing::new);
                let text =
                    text.ok_or_else(|| Problem::user(format!("`{shown}` cannot be read")))?;
                let identity = ssh::identity_from_private(&text).map_err(|e| {
                    Problem::user(format!("no age key can be made from `{shown}`"))
                        .cause(e)
                        .hint("answer `key: generate` for a new key")
                })?;
                // Made a second time, it is the key that is there already.
                let there = survey::identities(&target);
                let known = there.iter().any(|i| i.recipient() == identity.recipient());
                if known {
                    let recipient = identity.recipient().to_string();
                    return Ok(Key { recipient, save: None, file: Some(target), from_ssh: false });
                }
                saved(identity)
            }
            KeyChoice::Found => {
                let (place, key) = self.found.best_key(|r| self.is_known(r)).ok_or_else(|| {
                    Problem::user("no age key was found on this machine")
                        .hint("answer `key: generate` for a new key")
                })?;
                Ok(Key {
                    recipient: key.recipient.clone(),
                    save: None,
                    file: place.path.clone(),
                    from_ssh: false,
                })
            }
            KeyChoice::Public(text) => public_key::of_text(text),
            KeyChoice::File(path) => public_key::in_file(path, &self.host),
        }
    }

    /// A key of the key file that an earlier, unfinished run made or that `.sops.yaml` names.
    fn own_key(&self, target: &Path) -> Option<String> {
        let ours =
            |recipient: &String| self.made_before.contains(recipient) || self.is_known(recipient);
        survey::identities(target).iter().map(|i| i.recipient().to_string()).find(ours)
    }

    /// Whether `.sops.yaml` names this recipient already.
    pub fn is_known(&self, recipient: &str) -> bool {
        self.found.anchors.iter().any(|anchor| anchor.recipient == recipient)
    }

    /// A private key must not be committed or copied to other machines by accident: `~/.config` is
    /// often a repository of dotfiles.
    fn check_key_folder(&self, file: &Path) -> Result<(), Problem> {
        if self.options.any_key_folder {
            return Ok(());
        }
        let existing = file.ancestors().skip(1).find_map(|folder| fs::canonicalize(folder).ok());
        let Some(folder) = existing else { return Ok(()) };
        let Some(why) = key::folder::shared(&folder) else { return Ok(()) };
        let shown = self.host.short(file);
        Err(Problem::user(format!(
            "your private key would be saved in `{shown}`, which is not private"
        ))
        .cause(why)
        .hint("move that folder elsewhere, or say that it is fine: `--any-key-folder`"))
    }

    /// Makes the plan; touches nothing.
    ///
    /// # Errors
    /// See [`step::plan`].
    pub fn plan(&self, person: &Person, runner: &mut dyn Runner) -> Result<Plan, Problem> {
        let surroundings = self.surroundings(person, runner)?;
        let mut plan = step::plan(&step::Context {
            host: &self.host,
            fleet: &self.fleet,
            person,
            surroundings: &surroundings,
        })?;
        secret_links::are_free(self, person, &plan)?;
        self.may_be_tracked(&plan, runner)?;
        self.may_commit(&plan, runner)?;
        if plan.steps.iter().any(|step| step.id == activate::STEP) {
            self.look_ahead(&mut plan, &surroundings.untracked, runner);
        }
        plan.remarks.extend(account::remark(&self.host, &self.fleet, person));
        self.deploy(person, &mut plan);
        Ok(plan)
    }

    /// What is known to go wrong when the home is built and activated. Where that makes no sense at
    /// all, those steps are left out: the others are good without them.
    fn look_ahead(&self, plan: &mut Plan, shown: &[PathBuf], runner: &mut dyn Runner) {
        let places = self.places();
        let (host, fleet) = (&self.host, self.fleet.root.as_path());
        let subject =
            preflight::Subject { host, fleet, system: None, places: Some(&places), shown };
        let findings = preflight::look(&subject, runner);
        if findings.iter().any(|finding| finding.stops) {
            plan.steps.retain(|step| !matches!(step.id, "build" | activate::STEP));
            plan.remarks.push(Remark {
                warns: true,
                text: "Your home is not built and activated now. When it is mended, run \
                       `doorstep activate`."
                    .to_owned(),
                places: Vec::new(),
            });
        }
        plan.remarks.extend(findings.iter().map(preflight::Finding::remark));
    }

    /// Whether git would know the files that the plan makes: Nix sees no others of a flake.
    fn may_be_tracked(&self, plan: &Plan, runner: &mut dyn Runner) -> Result<(), Problem> {
        let Some(repository) = &self.repository else { return Ok(()) };
        let below = |path: &Path| path.strip_prefix(&repository.top).map(PathBuf::from).ok();
        let changes = plan.steps.iter().flat_map(|step| &step.changes);
        let made = changes.filter_map(|change| match change {
            Change::Create { path, .. } if path.starts_with(&self.fleet.root) => below(path),
            _ => None,
        });
        let made: Vec<PathBuf> = made.collect();
        let ignored = git::ignored(runner, &repository.top, &made)?;
        let Some((path, rule)) = ignored.first() else { return Ok(()) };
        Err(Problem::fleet(format!("git ignores `{}`, which the fleet needs", path.display()))
            .cause(rule)
            .hint("take that line out, or write `!` and the path below it; then try again"))
    }

    /// Whether what the plan commits can be committed, and is all of the plan's making.
    fn may_commit(&self, plan: &Plan, runner: &mut dyn Runner) -> Result<(), Problem> {
        let changes = || plan.steps.iter().flat_map(|step| &step.changes);
        let wish = changes().find_map(|change| match change {
            Change::Commit(commit) => Some(commit),
            _ => None,
        });
        let (Some(wish), Some(repository)) = (wish, &self.repository) else { return Ok(()) };
        git::commit::may_commit(runner, repository, wish.branch.as_deref())?;
        // What a run that is gone on with has written is not committed yet; its receipt knows.
        if self.unfinished.is_some() {
            return Ok(());
        }
        let edited: Vec<PathBuf> = changes()
            .filter_map(|change| match change {
                Change::Edit { path, .. } => path.strip_prefix(&repository.top).ok(),
                _ => None,
            })
            .map(PathBuf::from)
            .collect();
        match git::commit::uncommitted(runner, &repository.top, &edited)?.first() {
            Some(path) => Err(apply::own_changes(path)),
            None => Ok(()),
        }
    }

    /// The step that writes the home module, as these answers would have it; `None` where the
    /// module is so already. The key may still be open.
    ///
    /// # Errors
    /// The fleet's shape is not understood.
    pub fn module(&self, settled: &Settled) -> Result<Option<Step>, Problem> {
        let file = Some(survey::key_file(&self.host, &self.fleet));
        let person = self.person(settled, Key { file, ..Key::none() });
        let surroundings = Surroundings {
            now: std::time::SystemTime::now().into(),
            untracked: Vec::new(),
            repository: None,
            values: Vec::new(),
            secrets_file: None,
            for_oneself: self.subject.is_oneself(),
            shared: step::Shared::default(),
            activation: self.activation(&person),
            home_active: false,
            unfinished: None,
        };
        step::module(&step::Context {
            host: &self.host,
            fleet: &self.fleet,
            person: &person,
            surroundings: &surroundings,
        })
    }

    fn surroundings(
        &self,
        person: &Person,
        runner: &mut dyn Runner,
    ) -> Result<Surroundings, Problem> {
        let secrets_file = survey::secrets_path(&self.fleet, &person.username)
            .and_then(|path| self.fleet.text(path).ok());
        Ok(Surroundings {
            now: std::time::SystemTime::now().into(),
            untracked: self.untracked(&person.username, runner)?,
            repository: self.repository.as_ref().map(|r| r.top.clone()),
            values: match &secrets_file {
                Some(_) => Vec::new(),
                None => secrets::values(person, &self.host)?,
            },
            secrets_file,
            for_oneself: self.subject.is_oneself(),
            shared: shared::of(self, person, runner)?,
            activation: self.activation(person),
            home_active: self.places().generation().is_some(),
            unfinished: self.unfinished.clone(),
        })
    }

    /// Files that a run which was cut off has left without showing them to git.
    fn untracked(&self, username: &str, runner: &mut dyn Runner) -> Result<Vec<PathBuf>, Problem> {
        if self.repository.is_none() {
            return Ok(Vec::new());
        }
        let user = self.fleet.user(username).map(|user| user.module.file.clone());
        let own = |s: &&Standalone| s.user.as_deref() == Some(username);
        let entry = self.fleet.standalone.iter().find(own).map(|s| s.at.file.clone());
        let secrets = survey::secrets_path(&self.fleet, username).map(PathBuf::from);
        let instances = self.fleet.clan.instances_of(username).map(|own| own.at.file.clone());
        let by_clan = self.fleet.files.all().iter().filter(|path| is_made_by_clan(path, username));
        let made = instances.chain(by_clan.cloned());
        let root = &self.fleet.root;
        let before = self.written_before.iter().filter_map(|path| path.strip_prefix(root).ok());
        let before = before.map(PathBuf::from);
        let places = self.fleet.layout.layout.iter().flat_map(|l| &l.places.user_files);
        let files = places.map(|place| PathBuf::from(layout::fill(place, &[("user", username)])));
        let mut there: Vec<PathBuf> = Vec::new();
        for path in files.chain(user).chain(entry).chain(secrets).chain(made).chain(before) {
            if self.fleet.at(&path).is_file() && !there.contains(&path) {
                there.push(path);
            }
        }
        git::untracked(runner, &self.fleet.root, there)
    }

    /// Whose home it is, to whoever is at the keyboard.
    fn whose_home(&self, person: &Person) -> String {
        match self.subject.is_oneself() {
            true => "Your home".to_owned(),
            false => format!("The home of {}", person.username),
        }
    }

    /// Whether the home can be built and activated here, or why not.
    fn activation(&self, person: &Person) -> Activation {
        if self.options.no_activation {
            return Activation::No("Building was left out, as you asked.".to_owned());
        }
        if person.mode == Mode::Integrated {
            return Activation::No(match person.deploy {
                Deploy::Now => "The home becomes active when its machine is updated.".to_owned(),
                Deploy::Later => format!(
                    "{} becomes active when the machine's administrator updates it.",
                    self.whose_home(person)
                ),
            });
        }
        if !self.subject.is_oneself() {
            return Activation::No(format!(
                "{} activates this home on their own account.",
                person.username
            ));
        }
        if self.host.tool("nix").is_none() {
            return Activation::No(
                "Nix is not installed here, so your home cannot be built or activated yet."
                    .to_owned(),
            );
        }
        if let Some(c) = not_for_nix(&self.fleet.root) {
            return Activation::No(format!(
                "Nix cannot be given a folder with {c:?} in its name, so your home is not built; move the fleet to another one."
            ));
        }
        Activation::Nix {
            accept_config: self.options.accept_flake_config,
            offline: self.options.offline,
            backend: self.options.backend,
        }
    }

    /// The folder whose lock keeps a second doorstep out: git's, which all work trees share.
    pub fn lock_folder(&self) -> &Path {
        self.repository.as_ref().map_or(&self.fleet.root, |repository| &repository.common)
    }

    pub fn places(&self) -> Places {
        Places {
            home: self.host.home.clone(),
            state: self.host.state_dir(),
            config: self.host.config_dir(),
        }
    }

    /// Looks, after the end, at what is now true.
    pub fn proofs(&self, person: &Person, activated: bool) -> Vec<Checked> {
        let mut proofs = Vec::new();
        if activated {
            proofs.extend(activate::proofs(&self.places()));
        }
        proofs.extend(self.key_opens(person));
        if activated && !person.secrets.is_empty() {
            proofs.push(self.secrets_readable(person));
        }
        proofs
    }

    pub(crate) fn secrets_readable(&self, person: &Person) -> Checked {
        let names: Vec<String> = person.secrets.iter().map(|s| s.name.clone()).collect();
        let placeholders: Vec<String> = person
            .secrets
            .iter()
            .filter(|s| s.from == SecretFrom::Later)
            .map(|s| s.name.clone())
            .collect();
        // In practice the program may be missing; then nothing can be said of the real thing.
        if self.options.practice && self.host.tool("sops-install-secrets").is_none() {
            return Checked {
                what: "secrets",
                verdict: Verdict::NotChecked,
                words: "Secrets were not put on disk: sops-install-secrets is not on PATH, and in practice nothing brings it. In a real home sops-nix does.".to_owned(),
                data: serde_json::Map::new(),
            };
        }
        activate::secrets_on_disk(&self.places(), &names, &placeholders)
    }

    /// Opens the person's secrets file with the key in their key file.
    fn key_opens(&self, person: &Person) -> Option<Checked> {
        let path = survey::secrets_path(&self.fleet, &person.username)?;
        // Looked for on disk: what was planned proves nothing.
        let text = survey::read_small(&self.fleet.at(&path))?;
        let checked = |verdict, words: String| {
            Some(Checked { what: "key-opens", verdict, words, data: serde_json::Map::new() })
        };
        let Some(key_file) = &person.key.file else {
            // Somebody else's is looked at with the keys of whoever adds them.
            if !self.subject.is_oneself() {
                return None;
            }
            return checked(
                Verdict::NotChecked,
                format!("Whether the key opens {path}: its private half is elsewhere."),
            );
        };
        let identities = survey::identities(key_file);
        let opened = EncryptedFile::parse(&text, Format::Yaml)
            .map_err(|e| e.to_string())
            .and_then(|file| file.open(&identities).map_err(|e| e.to_string()));
        match opened {
            Ok(_) => checked(Verdict::Holds, format!("Your key opens {path}.")),
            Err(why) => {
                checked(Verdict::DoesNotHold, format!("Your key does not open {path}: {why}."))
            }
        }
    }
}

/// The work tree of the fleet, with what is worth saying about it.
fn repository(
    host: &Host,
    fleet: &Fleet,
    runner: &mut dyn Runner,
    notices: &mut Vec<String>,
) -> Result<Option<git::Repository>, Problem> {
    git::ready(host, runner)?;
    let Some(repository) = git::repository(runner, &fleet.root)? else {
        let shown = host.short(&fleet.root);
        notices.push(format!("{shown} is not a git repository; files are written all the same."));
        return Ok(None);
    };
    if let Some(what) = git::commit::under_way(runner, &repository.top)? {
        notices.push(under_way(&host.short(&fleet.root), what));
    }
    let changes = git::status(runner, &repository.top)?.len();
    if changes > 0 {
        let shown = host.short(&fleet.root);
        let count = counted(changes, "change");
        let verb = if changes == 1 { "is" } else { "are" };
        notices.push(format!(
            "{shown} has {count} that {verb} not committed. That is fine; they stay as they are."
        ));
    }
    Ok(Some(repository))
}

/// What it means that git is in the middle of something there.
pub(crate) fn under_way(shown: &str, what: &str) -> String {
    format!(
        "{shown} is in the middle of a {what}: nothing is committed before it has ended. Files can be written all the same."
    )
}

/// Whether clan makes this file of the fleet when it is told of the person: their key
/// (clan_cli/secrets/users.py), or a password of theirs (clanServices/users, clan_cli/vars).
fn is_made_by_clan(path: &Path, username: &str) -> bool {
    let password = format!("user-password-{username}");
    path.starts_with(Path::new("sops/users").join(username))
        || path.starts_with("vars") && path.iter().any(|part| *part == *password)
}

/// What Nix takes for the end of a flake's path: it would build what lies at the shorter one.
fn not_for_nix(root: &Path) -> Option<char> {
    let is_end = |c: &char| matches!(c, '#' | '?' | '%') || c.is_control();
    root.to_string_lossy().chars().find(is_end)
}

#[cfg(test)]
mod tests;
