//! What is done, one file a step: context in, changes out, no writing. `STEPS` is the order.

mod activate;
mod age_key;
mod build;
mod clan_key;
mod clan_user;
mod clan_vars;
mod commit;
mod confirm_name;
pub(crate) mod deploy;
mod likeness;
mod machine_import;
mod neighbour;
mod rekey;
mod secrets_file;
mod sops_cli;
mod sops_yaml;
mod standalone;
mod track;
mod user_module;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::activate::Backend;
use crate::answers::{Mode, Person, SecretAnswer};
use crate::files;
use crate::fleet::layout::{self, Layout};
use crate::fleet::{Fleet, Machine, Mention, Platform, SopsBase, Standalone, User};
use crate::host::Host;
use crate::nix::{Binding, Part};
use crate::plan::{Change, Content, Plan, Remark, Step};
use crate::problem::Problem;
use crate::question::SharedRule;
use crate::secrets::{Found, Held};
use crate::sops::{SecretValue, Utc};
use crate::survey;

use likeness::{in_the_name_of, replace_words, says_word};

/// What a step may look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub host: &'a Host,
    pub fleet: &'a Fleet,
    pub person: &'a Person,
    pub surroundings: &'a Surroundings,
}

/// Facts about the outside that steps need and that no file of the fleet holds.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// For what carries a date.
    pub now: Utc,
    /// Files of this person's in the fleet that git does not know yet, left by an earlier run,
    /// relative to the fleet's root.
    pub untracked: Vec<PathBuf>,
    /// The work tree's top folder; `None`: not a git repository.
    pub repository: Option<PathBuf>,
    /// The text of the person's secrets file, when there is one.
    pub secrets_file: Option<String>,
    /// Values of the secrets to encrypt, in the order of the answers.
    pub values: Vec<(String, SecretValue)>,
    /// Whether the person at the keyboard sets up a home of their own.
    pub for_oneself: bool,
    /// Shared rules that the person joins, with what opens their files.
    pub shared: Shared,
    /// How a home is built and activated here; `None` with the reason when it cannot be.
    pub activation: Activation,
    /// Whether a generation of the person's home is active.
    pub home_active: bool,
    /// Steps that the run which is gone on with has planned and not done, by id; `None`: no run is
    /// gone on with. One that is may have written files before.
    pub unfinished: Option<Vec<String>>,
}

/// Rules that the person joins, the files under them, and what opens those.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    pub rules: Vec<SharedRule>,
    /// Paths are relative to the folder of `.sops.yaml`, as rules see them.
    pub files: Vec<Found>,
    /// The keys of the person at the keyboard; wiped when dropped.
    pub keys: Vec<Held>,
    /// Where keys are that a passphrase keeps closed, if a file is closed to all others.
    pub locked: Vec<String>,
}

/// Whether the plan ends with an activated home.
#[derive(Debug, Clone)]
pub enum Activation {
    /// Not offered, with the reason in a sentence.
    No(String),
    /// `nix` is here.
    Nix { accept_config: bool, offline: bool, backend: Backend },
}

type Make = fn(&Context, &Plan) -> Result<Option<Step>, Problem>;

/// Every step, in order. A step gives `None` when there is nothing to do.
const STEPS: &[Make] = &[
    age_key::step,
    sops_yaml::step,
    rekey::step,
    secrets_file::step,
    user_module::step,
    machine_import::step,
    clan_user::step,
    standalone::step,
    track::step,
    clan_key::step,
    clan_vars::step,
    build::step,
    commit::step,
    activate::step,
];

/// Makes the whole plan. Nothing is touched.
///
/// # Errors
/// The first step that cannot be planned, with the reason and what to do by hand.
pub fn plan(cx: &Context) -> Result<Plan, Problem> {
    let mut plan = Plan {
        bounds: vec![cx.fleet.root.clone(), cx.host.home.clone(), cx.host.state_dir()],
        ..Plan::default()
    };
    for make in STEPS {
        if let Some(step) = make(cx, &plan)? {
            plan.steps.push(step);
        }
    }
    plan.remarks = remarks(cx, &plan);
    Ok(plan)
}

/// The step that writes the home module alone, to be shown while features are chosen.
///
/// # Errors
/// As [`plan`].
pub fn module(cx: &Context) -> Result<Option<Step>, Problem> {
    user_module::step(cx, &Plan::default())
}

impl<'a> Context<'a> {
    /// The existing user whose files are copied.
    fn neighbour(&self) -> Option<&User> {
        let machine = self.machine();
        let platform = machine.map_or(Platform::of(self.host.os), |m| m.platform);
        self.fleet
            .neighbour(machine.map(|m| m.name.as_str()), platform, self.person.mode)
            .filter(|user| user.name != self.person.username)
    }

    /// The machine the person sits at, or the first that they get a home on.
    fn machine(&self) -> Option<&Machine> {
        self.person.hosts.first().and_then(|host| self.fleet.machine(host))
    }

    /// The secrets to declare and encrypt: none where the fleet has no `.sops.yaml`, since nothing
    /// would be encrypted.
    fn secrets(&self) -> &'a [SecretAnswer] {
        if self.fleet.sops.is_some() { &self.person.secrets } else { &[] }
    }

    /// The aggregates of the person's home, in the neighbour's order, which is the fleet's habit;
    /// what the neighbour does not have comes last. Secrets bring in what declares their options.
    fn aggregates(&self) -> Vec<String> {
        let mut names = self.person.aggregates.clone();
        if let Some(SopsBase::Aggregate(base)) = self.fleet.sops_base()
            && !self.secrets().is_empty()
            && !names.contains(&base)
        {
            names.push(base);
        }
        if let Some(like) = self.neighbour() {
            let rank = |name: &String| like.aggregates.iter().position(|a| a == name);
            names.sort_by_key(|name| rank(name).unwrap_or(usize::MAX));
        }
        names
    }

    /// Whether the person's module may be used on machines of `platform`.
    fn serves(&self, platform: Platform) -> bool {
        let person = self.person;
        let mut platforms: Vec<Platform> =
            person.hosts.iter().filter_map(|h| self.fleet.machine(h)).map(|m| m.platform).collect();
        if person.mode == Mode::Standalone || platforms.is_empty() {
            platforms.push(Platform::of(self.host.os));
        }
        platforms.contains(&platform)
    }

    /// Nix's name of the system that the person's own home configuration is for.
    fn system(&self) -> String {
        let person = self.person;
        let mut alone = person.hosts.iter().filter(|h| person.mode_on(h) == Mode::Standalone);
        let machine = alone.find_map(|host| self.fleet.machine(host)).or(self.machine());
        machine.and_then(|m| m.system.clone()).unwrap_or_else(|| self.host.system())
    }

    /// Whether there is a home configuration for them.
    fn has_configuration(&self) -> bool {
        let own = |s: &Standalone| s.user.as_deref() == Some(self.person.username.as_str());
        self.fleet.standalone.iter().any(own)
    }

    /// The name of their home configuration.
    fn configuration(&self) -> String {
        let own = |s: &&Standalone| s.user.as_deref() == Some(self.person.username.as_str());
        if let Some(there) = self.fleet.standalone.iter().find(own) {
            return there.name.text().to_owned();
        }
        match self.layout() {
            Ok(layout) => self.fill(&layout.places.standalone),
            Err(_) => self.fill(&self.fleet.standalone_form()),
        }
    }

    /// `path`, relative to the fleet's root, as people read it.
    fn shown(&self, path: &Path) -> String {
        self.host.short(&self.fleet.at(path))
    }

    /// Where the fleet keeps things.
    ///
    /// # Errors
    /// The layout is unknown.
    fn layout(&self) -> Result<&Layout, Problem> {
        self.fleet.layout.layout.as_ref().ok_or_else(|| {
            let looked: Vec<_> =
                self.fleet.layout.evidence.iter().map(|e| e.what.as_str()).collect();
            Problem::fleet("this fleet's layout is unknown to doorstep")
                .cause(format!("looked for {}", looked.join(", ")))
                .hint("describe it in `.doorstep/LAYOUT/layout.yaml`; your key and `.sops.yaml` still work without")
        })
    }

    /// A place of the layout, `{user}` and the like filled in.
    fn fill(&self, place: &str) -> String {
        let machine = self.machine();
        let host = machine.map_or(self.host.name.as_str(), |m| m.name.as_str());
        let system = self.system();
        let user = self.person.username.as_str();
        layout::fill(place, &[("user", user), ("host", host), ("system", &system)])
    }

    /// The text that the steps before leave in a file of the fleet; `None`: none of them edits it.
    fn edited<'p>(&self, file: &Path, plan: &'p Plan) -> Option<&'p str> {
        let path = self.fleet.at(file);
        let changes = plan.steps.iter().flat_map(|step| &step.changes);
        let mut texts = changes.filter_map(|change| match change {
            Change::Edit { path: edited, after, .. } if *edited == path => Some(after.as_str()),
            _ => None,
        });
        texts.next_back()
    }

    /// A neighbour's text in the person's name. A machine may know the neighbour by another name
    /// than their module does.
    fn in_their_name(&self, text: &str, neighbour: &str) -> String {
        let text = in_the_name_of(text, neighbour, &self.person.username);
        match self.fleet.user(neighbour).and_then(|user| user.alias_of.as_deref()) {
            Some(module) => in_the_name_of(&text, module, &self.person.username),
            None => text,
        }
    }

    /// Somebody else of the fleet whom the code names.
    fn another_in(&self, code: &str) -> Option<&'a str> {
        let fleet: &'a Fleet = self.fleet;
        let others = fleet.users.iter().map(|user| user.name.as_str());
        others.filter(|name| *name != self.person.username).find(|name| says_word(code, name))
    }

    /// The person's secrets file, relative to the fleet's root.
    ///
    /// # Errors
    /// The layout is unknown, and so is where other people's secrets are.
    fn secrets_path(&self) -> Result<String, Problem> {
        match survey::secrets_path(self.fleet, &self.person.username) {
            Some(path) => Ok(path),
            None => Err(self.layout().err().unwrap_or_else(|| {
                Problem::bug("a layout says nothing of secrets").cause("this cannot be")
            })),
        }
    }

    /// The folder of `.sops.yaml`, absolute: what its rules are relative to.
    fn rules_folder(&self) -> PathBuf {
        let file = self.fleet.sops.as_ref().map_or(Path::new(""), |sops| &sops.file);
        self.fleet.at(file.parent().unwrap_or(Path::new("")))
    }

    /// What the person's key is called in `.sops.yaml`: as the fleet's own layout has it, else as
    /// the neighbour's is.
    fn anchor(&self) -> String {
        let layout = self.layout().ok();
        let own = layout.filter(|layout| layout.folder.is_some());
        let like = || self.neighbour().and_then(|like| sops_yaml::anchor_like(self, &like.name));
        let usual = || layout.map_or(survey::ANCHOR, |layout| &layout.places.anchor).to_owned();
        let name = own.map(|own| own.places.anchor.clone());
        self.fill(&name.or_else(like).unwrap_or_else(usual))
    }
}

/// A new text file of the fleet.
///
/// # Errors
/// When its folder is really somewhere else: a layout names places, and a link in the tree must not
/// lead them out of it.
fn new_file(cx: &Context, path: &Path, text: String) -> Result<Change, Problem> {
    let path = cx.fleet.at(path);
    files::inside(std::slice::from_ref(&cx.fleet.root), &path)?;
    Ok(Change::Create { path, content: Content::Text(text), mode: 0o644 })
}

/// Things that the plan leaves to people.
fn remarks(cx: &Context, plan: &Plan) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if let Activation::No(why) = &cx.surroundings.activation {
        remarks.push(Remark { warns: false, text: why.clone(), places: Vec::new() });
    }
    remarks.extend(own_settings(cx));
    remarks.extend(unknown_layout(cx, plan));
    remarks.extend(secrets_in_doubt(cx, plan));
    remarks.extend(rekey::remark(cx, plan));
    remarks.extend(machine_import::remarks(cx));
    remarks.extend(standalone::remark(cx));
    remarks.extend(clan_user::remarks(cx));
    remarks.extend(clan_key::remark(cx));
    remarks.extend(clan_vars::remark(cx));
    remarks.extend(not_mirrored(cx, plan));
    remarks
}

/// The fleet's own Nix settings, and whether they are trusted: they may name caches and keys, so
/// that is the person's decision, and no unless they say so.
fn own_settings(cx: &Context) -> Option<Remark> {
    let Activation::Nix { accept_config, .. } = cx.surroundings.activation else { return None };
    let flake = Path::new("flake.nix");
    let source = cx.fleet.files.nix(flake)?;
    let own = |b: &&Binding| b.path.parts().first().and_then(Part::name) == Some("nixConfig");
    let line = |b: &Binding| {
        let text = source.line(b.line).unwrap_or_default().trim().to_owned();
        (format!("{}:{}", flake.display(), b.line), text)
    };
    let mut places: Vec<_> = source.bindings().iter().filter(own).map(line).collect();
    places.dedup();
    if places.is_empty() {
        return None;
    }
    let text = if accept_config {
        "The fleet brings Nix settings of its own. They are used, as you asked."
    } else {
        "The fleet brings Nix settings of its own, such as caches to trust. They are not used. To trust them, add --accept-flake-config."
    };
    Some(Remark { warns: false, text: text.to_owned(), places })
}

/// What is left out where the fleet's layout is unknown, with what was looked for.
fn unknown_layout(cx: &Context, plan: &Plan) -> Option<Remark> {
    cx.layout().err()?;
    let looked = cx.fleet.layout.evidence.iter();
    let has = |id: &str| plan.steps.iter().any(|step| step.id == id);
    let rules = if has("standalone") {
        "Machines, keys, `.sops.yaml` and a home configuration of one's own do not need it; secrets in the home are left out."
    } else if has("machine-import") {
        "Machines, keys and `.sops.yaml` do not need it; a home configuration of one's own and secrets in the home are left out."
    } else if cx.secrets_path().is_ok() {
        "Your key and `.sops.yaml` do not need it; the home module and all that uses it are left out."
    } else {
        "Your key does not need it; everything else is left out, since it is not known where your secrets would be."
    };
    Some(Remark {
        warns: false,
        text: format!(
            "This fleet's layout is unknown to doorstep. {rules} Describe it in `.doorstep/LAYOUT/layout.yaml`; this was looked for:"
        ),
        places: looked.map(|e| ("not found".to_owned(), e.what.clone())).collect(),
    })
}

/// Secrets that the fleet does not provide for, as far as its text tells.
fn secrets_in_doubt(cx: &Context, plan: &Plan) -> Option<Remark> {
    let declared = plan.steps.iter().any(|step| step.id == "user-module");
    let text = if cx.person.secrets.is_empty() {
        return None;
    } else if cx.fleet.sops.is_none() {
        "This fleet has no `.sops.yaml`, so your secrets are neither encrypted nor declared."
    } else if declared && cx.fleet.sops_base().is_none() {
        "Nothing that doorstep knows brings sops-nix into the homes of this fleet. Unless something else does, a home with secrets cannot be built."
    } else {
        return None;
    };
    Some(Remark { warns: false, text: text.to_owned(), places: Vec::new() })
}

/// Every other place that names the neighbour and that the plan does not mirror: real fleets name
/// people in checks, scripts and ignore files.
fn not_mirrored(cx: &Context, plan: &Plan) -> Option<Remark> {
    let neighbour = cx.neighbour()?;
    let (old, new) = (neighbour.name.as_str(), cx.person.username.as_str());
    let machines: Vec<&String> = cx.person.integrated().collect();
    // Somebody without a module of their own is known from the machine that binds them.
    let is_machine = |file: &Path| cx.fleet.machines.iter().any(|m| m.at.file == file);
    let folder = neighbour.module.file.parent().filter(|_| !is_machine(&neighbour.module.file));
    let named = |part: &OsStr| Path::new(part).file_stem().is_some_and(|stem| stem == old);
    let own = |file: &Path| {
        let module =
            folder.is_some_and(|folder| file.starts_with(folder)) || file.iter().any(named);
        let text = file.to_string_lossy();
        let secrets = text.contains(&format!("/{old}")) && text.contains(".sops.");
        // The question of who can read what has covered it.
        let rules = cx.fleet.sops.as_ref().is_some_and(|sops| sops.file == file);
        // The newcomer has an instance like theirs.
        let instance = plan.steps.iter().any(|step| step.id == "clan-user")
            && cx.fleet.clan.instances_of(old).any(|instance| instance.at.file == file);
        module || secrets || rules || instance
    };
    // What the newcomer will not have: homes on further machines, or a configuration of their own.
    let elsewhere = |file: &Path| {
        let entry = cx.fleet.standalone.iter().any(|s| s.at.file == file);
        let other = |m: &Machine| m.at.file == file && !machines.contains(&&m.name);
        entry || cx.fleet.machines.iter().any(other)
    };
    // A line is mirrored where the file will say the same of the newcomer, or name both.
    let mirrored = |mention: &Mention| {
        plan.steps.iter().flat_map(|step| &step.changes).any(|change| match change {
            Change::Edit { path, before, after } if *path == cx.fleet.at(&mention.at.file) => {
                let line = replace_words(&mention.text, old, new);
                let both = |line: &str| says_word(line, old) && says_word(line, new);
                let bare = |line: &str| {
                    line.split_once(" #").map_or(line, |(code, _)| code).trim().to_owned()
                };
                after
                    .lines()
                    .any(|after| after.trim() == line.trim() || after.trim() == bare(&line))
                    || (after.lines().filter(|line| !before.contains(line)))
                        .any(|line| both(line) && line.trim().starts_with(head(&mention.text)))
            }
            _ => false,
        })
    };
    let places: Vec<(String, String)> = cx
        .fleet
        .mentions(old)
        .into_iter()
        .filter(|m| !own(&m.at.file) && !elsewhere(&m.at.file) && !mirrored(m))
        .map(|m| (format!("{}:{}", m.at.file.display(), m.at.line), m.text.trim().to_owned()))
        .collect();
    if places.is_empty() {
        return None;
    }
    let text = format!(
        "These places name {old} and are left as they are. Look whether {new} belongs there too."
    );
    Some(Remark { warns: false, text, places })
}

/// What a line begins with, whatever its list holds.
fn head(line: &str) -> &str {
    line.split(['[', '"']).next().unwrap_or_default().trim()
}
