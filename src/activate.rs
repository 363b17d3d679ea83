//! Puts a built home in place, checks that it is, and takes it back.
//!
//! home-manager's own rules are mirrored here, not re-invented: its profile link says which
//! generation is active, a generation's `home-files` folder says which files lead into it, and
//! its check before linking says what counts as in the way.

pub mod after;
pub mod backend;
mod coming;
pub(crate) mod follow;
pub mod kept_log;
pub mod machines;
pub mod nix_log;
pub mod preflight;
mod proof;
mod switch;
mod takeback;
pub mod update;
mod way;

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::apply::Attend;
use crate::event::Event;
use crate::host::Host;
use crate::problem::Problem;
use crate::run::{Command, Runner};

use follow::follow;
use kept_log::KeptLog;

pub use backend::{Backend, nix, package_link};
pub use coming::{Coming, Differences};
pub use machines::MachineEnd;
pub use proof::{proofs, secrets_on_disk};
pub use switch::{Switch, switch};
pub use takeback::{is_about, take_back};
pub use way::in_the_way;

/// The id of the step that activates; its lines carry it.
pub const STEP: &str = "activate";

/// What is needed to put a built home in place; facts about before are taken when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Puts it in place: the package's own `activate`, or a tool that builds and activates.
    pub command: Command,
    /// Link to the built package, made by the build step. `None` when `command` builds by itself.
    pub package: Option<PathBuf>,
    pub places: Places,
}

impl Activation {
    /// The store path that the new home brings for `file`, once it is built.
    pub fn source_of(&self, file: &Path) -> Option<PathBuf> {
        let package = fs::canonicalize(self.package.as_ref()?).ok()?;
        let target = file.strip_prefix(&self.places.home).ok()?;
        home_files(&package).into_iter().find(|f| f.target == target).map(|f| f.source)
    }
}

/// The folders that an activation writes in, absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// The person's home folder.
    pub home: PathBuf,
    /// Their `XDG_STATE_HOME`: home-manager keeps its profile in `nix/profiles` below it.
    pub state: PathBuf,
    /// Their `XDG_CONFIG_HOME`: sops-nix links the decrypted secrets at `sops-nix/secrets` there.
    pub config: PathBuf,
}

impl Places {
    /// The person's, by where their programs look.
    pub fn of(host: &Host) -> Self {
        Self { home: host.home.clone(), state: host.state_dir(), config: host.config_dir() }
    }

    /// The profile link of home-manager (modules/lib-bash/activation-init.sh: the state folder is
    /// preferred; the activation makes it when neither place exists in practice fleets).
    pub fn profile(&self) -> PathBuf {
        self.state.join("nix/profiles/home-manager")
    }

    /// The link that keeps the current generation from being collected.
    fn gc_root(&self) -> PathBuf {
        self.state.join("home-manager/gcroots/current-home")
    }

    /// sops-nix's `defaultSymlinkPath`, on macOS too.
    pub fn secrets_link(&self) -> PathBuf {
        self.config.join("sops-nix/secrets")
    }

    /// The number of the active generation: the profile link leads to `home-manager-N-link`.
    pub fn number(&self) -> Option<u64> {
        fs::read_link(self.profile())
            .ok()
            .and_then(|link| link.to_str()?.rsplit('-').nth(1)?.parse::<u64>().ok())
    }

    /// The active generation, fully resolved; `None` when there is none yet.
    pub fn generation(&self) -> Option<PathBuf> {
        fs::canonicalize(self.profile()).ok()
    }
}

/// A file of the person's own where the new home brings its own version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InTheWay {
    /// Absolute.
    pub file: PathBuf,
    /// Where it goes first. `None`: home-manager never backs up a foreign symlink, so it stops.
    pub kept_as: Option<PathBuf>,
}

/// What to do about files in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InTheWayChoice {
    Keep,
    #[default]
    Stop,
}

/// The facts of one activation, as its receipt keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub places: Places,
    pub user: String,
    /// The built home, when it was known before: what a run that was cut off has linked.
    #[serde(default)]
    pub package: Option<PathBuf>,
    /// The generation that was active before.
    pub previous: Option<PathBuf>,
    /// The generation that is active after; `None` while it runs.
    pub generation: Option<PathBuf>,
    pub kept: Vec<InTheWay>,
    /// Folders of the home that were not there before, outermost first.
    pub new_folders: Vec<PathBuf>,
    /// Whether decrypted secrets were linked before.
    pub had_secrets: bool,
}

/// Activates, after asking about files in the way. `record` writes a fact down and syncs it; it is
/// called once before anything changes and once after.
pub fn put_in_place(
    activation: &Activation,
    runner: &mut dyn Runner,
    attend: &mut dyn Attend,
    log: &mut KeptLog,
    record: &mut dyn FnMut(serde_json::Value) -> Result<(), Problem>,
) -> Result<PathBuf, Problem> {
    let places = &activation.places;
    let package = activation.package.as_ref().map(resolve).transpose()?;
    let previous = places.generation();
    let way = match &package {
        Some(package) => in_the_way(package, previous.as_deref(), places),
        None => Vec::new(),
    };
    if let Some(package) = &package {
        show(&Coming::look(package, previous.as_deref(), runner), attend)?;
    }
    let mut command = activation.command.clone();
    if !way.is_empty() {
        agree(&way, &places.home, attend)?;
        let extension = way::backup_extension(&way);
        command = command.env("HOME_MANAGER_BACKUP_EXT", extension);
    }
    let mut facts = Record {
        places: places.clone(),
        user: user_of(&command),
        new_folders: package
            .as_deref()
            .map(|p| way::missing_folders(p, places))
            .unwrap_or_default(),
        package,
        previous,
        generation: None,
        kept: way,
        had_secrets: fs::symlink_metadata(places.secrets_link()).is_ok(),
    };
    record(as_json(&facts)?)?;
    if let Err(problem) = follow(&command, STEP, runner, attend, log) {
        let active = facts.package.as_deref().filter(|package| is_active(package, places));
        // Stopped, or failed before it was in place: nothing is known of the rest.
        if attend.stop() || !active.is_some_and(|package| lacks_secrets(package, places)) {
            return Err(problem);
        }
        // home-manager installs secrets last, and ends there when that fails. The home is active
        // then; that its secrets are not there is an end of its own, which the proofs tell.
        attend.event(Event::Said(problem.what));
    }
    let generation = places.generation().ok_or_else(|| {
        Problem::tool("the activation ended well, but no generation of your home is active")
            .cause(format!("there is no `{}`", places.profile().display()))
    })?;
    let built = facts.package.as_deref();
    if built.is_some_and(|built| built != generation) {
        if facts.previous.as_ref() == Some(&generation) {
            return Err(Problem::tool(
                "the activation ended well, but the generation before is still active",
            )
            .cause(format!("`{}` leads to it", places.profile().display())));
        }
        attend.event(Event::Said("Another home is active than the one built here.".to_owned()));
    }
    facts.generation = Some(generation.clone());
    record(as_json(&facts)?)?;
    for kept in facts.kept {
        if let Some(kept_as) = kept.kept_as {
            attend.event(Event::InTheWay { file: kept.file, kept_as });
        }
    }
    Ok(generation)
}

/// Whether `package` is the active generation, with all its files in place.
fn is_active(package: &Path, places: &Places) -> bool {
    places.generation().as_deref() == Some(package)
        && home_files(package).iter().all(|file| file.is_linked(&places.home))
}

fn lacks_secrets(package: &Path, places: &Places) -> bool {
    after::secrets(package, places).is_some_and(|secrets| !secrets.unreadable().is_empty())
}

/// Says what a new generation brings, and leaves the last word to the person.
fn show(coming: &Coming, attend: &mut dyn Attend) -> Result<(), Problem> {
    for words in coming.words() {
        attend.event(Event::Said(words));
    }
    if attend.agree(coming) {
        return Ok(());
    }
    Err(Problem::user("it was built, and not put in place").cause("nobody has said yes"))
}

fn resolve(link: &PathBuf) -> Result<PathBuf, Problem> {
    fs::canonicalize(link).map_err(|e| {
        Problem::tool("the built home is not there").cause(format!("`{}`: {e}", link.display()))
    })
}

fn as_json(record: &impl Serialize) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(record)
        .map_err(|e| Problem::bug("the facts of an activation cannot be written down").cause(e))
}

/// Asks what to do; a yes is not enough where home-manager would stop all the same.
fn agree(way: &[InTheWay], home: &Path, attend: &mut dyn Attend) -> Result<(), Problem> {
    let short = |w: &InTheWay| match w.file.strip_prefix(home) {
        Ok(below) => format!("`~/{}`", below.display()),
        Err(_) => format!("`{}`", w.file.display()),
    };
    let list = |files: &mut dyn Iterator<Item = &InTheWay>| {
        files.map(short).collect::<Vec<_>>().join(", ")
    };
    // Whoever attends sees all of it, also where there is nothing to choose.
    let choice = attend.in_the_way(way);
    let links: Vec<_> = way.iter().filter(|w| w.kept_as.is_none()).collect();
    if !links.is_empty() {
        return Err(Problem::user(format!(
            "links of yours are in the way of your new home: {}",
            list(&mut links.into_iter())
        ))
        .cause("home-manager keeps copies of files, never of links that are not its own")
        .hint("move each of them aside, then go on with `doorstep resume`"));
    }
    match choice {
        InTheWayChoice::Keep => Ok(()),
        InTheWayChoice::Stop => Err(Problem::user(format!(
            "files of yours are in the way of your new home: {}",
            list(&mut way.iter())
        ))
        .cause("nothing was replaced, because `in_the_way` is `stop`")
        .hint("keep a copy beside each (`--keep`, or the answer `in_the_way: keep`), or move them aside; then `doorstep resume`")),
    }
}

/// The account an activation is for, as its command's environment says.
fn user_of(command: &Command) -> String {
    let user = command.env.get("USER").cloned().flatten().unwrap_or_default();
    user.to_string_lossy().into_owned()
}

/// One file of a generation: where it goes in the home and what the link there says.
struct HomeFile {
    /// Relative to the home.
    target: PathBuf,
    /// The store path that the link in the home leads to.
    source: PathBuf,
}

impl HomeFile {
    /// Whether the home's link for this file is this generation's.
    fn is_linked(&self, home: &Path) -> bool {
        let Ok(target) = fs::read_link(home.join(&self.target)) else { return false };
        target == self.source
            || fs::canonicalize(&target)
                .is_ok_and(|t| fs::canonicalize(&self.source).ok() == Some(t))
    }
}

/// Every file of a generation, in order.
fn home_files(generation: &Path) -> Vec<HomeFile> {
    if let Some(listed) = listed_files(generation) {
        return listed;
    }
    fn walk(folder: &Path, below: &Path, found: &mut Vec<HomeFile>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let target = below.join(entry.file_name());
            // A link to a folder is one file: home-manager links it as a whole.
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                walk(&entry.path(), &target, found);
            } else {
                found.push(HomeFile { target, source: entry.path() });
            }
        }
    }
    let mut found = Vec::new();
    // The folder itself is usually a link to `…-home-manager-files`, and links in the home lead
    // to where that leads.
    if let Ok(root) = fs::canonicalize(generation.join("home-files")) {
        walk(&root, Path::new(""), &mut found);
    }
    found
}

/// The `file TARGET SOURCE` lines of a practice generation: without a shell in its build, it
/// cannot put files made from text into a folder, so it lists them (assets/practice/README.md).
fn listed_files(generation: &Path) -> Option<Vec<HomeFile>> {
    let manifest = fs::read_to_string(generation.join("manifest.nix")).ok()?;
    let file = |line: &str| {
        let mut fields = line.split('\t');
        let (kind, target, source) = (fields.next()?, fields.next()?, fields.next()?);
        // Joined to the home, anything else would lead out of it.
        let plain = Path::new(target).components().all(|c| matches!(c, Component::Normal(_)));
        (kind == "file" && plain).then(|| HomeFile { target: target.into(), source: source.into() })
    };
    Some(manifest.lines().filter_map(file).collect())
}

#[cfg(test)]
mod tests;
