//! What is done, one file a step: context in, changes out, no writing. [`STEPS`] is the order.

mod activate;
mod age_key;
mod build;
mod likeness;
mod machine_import;
mod secrets_file;
mod sops_yaml;
mod standalone;
mod track;
mod user_module;

use std::path::{Path, PathBuf};

use crate::activate::Backend;
use crate::answers::{Mode, Person};
use crate::fleet::layout::{self, Layout};
use crate::fleet::{Fleet, Machine, Platform, Standalone, User};
use crate::host::Host;
use crate::plan::{Change, Content, Plan, Remark, Step};
use crate::problem::Problem;
use crate::sops::{SecretValue, Utc};

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
    /// How a home is built and activated here; `None` with the reason when it cannot be.
    pub activation: Activation,
    /// Whether a generation of the person's home is active.
    pub home_active: bool,
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
    secrets_file::step,
    user_module::step,
    machine_import::step,
    standalone::step,
    track::step,
    build::step,
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

impl Context<'_> {
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

    /// The name of their home configuration.
    fn configuration(&self) -> String {
        let own = |s: &&Standalone| s.user.as_deref() == Some(self.person.username.as_str());
        if let Some(there) = self.fleet.standalone.iter().find(own) {
            return there.name.text().to_owned();
        }
        let place = self.layout().map_or("{user}", |layout| layout.places.standalone.as_str());
        self.fill(place)
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
}

impl Context<'_> {
    /// A place of the layout, `{user}` and the like filled in.
    fn fill(&self, place: &str) -> String {
        let machine = self.machine();
        let host = machine.map_or(self.host.name.as_str(), |m| m.name.as_str());
        let system = machine.and_then(|m| m.system.clone()).unwrap_or_else(|| self.host.system());
        let user = self.person.username.as_str();
        layout::fill(place, &[("user", user), ("host", host), ("system", &system)])
    }

    /// The person's secrets file, relative to the fleet's root.
    fn secrets_path(&self) -> Result<String, Problem> {
        Ok(self.fill(&self.layout()?.places.secrets_file))
    }

    /// What the person's key is called in `.sops.yaml`.
    fn anchor(&self) -> String {
        let place = self.layout().map(|l| l.places.anchor.as_str()).unwrap_or("{user}-{host}");
        self.fill(place)
    }
}

/// A new text file of the fleet.
fn new_file(cx: &Context, path: &Path, text: String) -> Change {
    Change::Create { path: cx.fleet.at(path), content: Content::Text(text), mode: 0o644 }
}

/// Things that the plan leaves to people.
fn remarks(cx: &Context, plan: &Plan) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if let Activation::No(why) = &cx.surroundings.activation {
        remarks.push(Remark { text: why.clone(), places: Vec::new() });
    }
    remarks.extend(not_mirrored(cx, plan));
    remarks
}

/// Every other place that names the neighbour and that the plan does not mirror: real fleets name
/// people in checks, scripts and ignore files.
fn not_mirrored(cx: &Context, plan: &Plan) -> Option<Remark> {
    let neighbour = cx.neighbour()?;
    let mirrored = |file: &Path| {
        let own = neighbour.module.file.parent().is_some_and(|folder| file.starts_with(folder));
        let secrets = file.to_string_lossy().contains(&format!("/{}", neighbour.name))
            && file.to_string_lossy().contains(".sops.");
        let edited = plan.steps.iter().flat_map(|s| &s.changes).any(
            |change| matches!(change, Change::Edit { path, .. } if *path == cx.fleet.at(file)),
        );
        let copied = cx.person.mode == Mode::Standalone
            && cx
                .fleet
                .standalone
                .iter()
                .any(|s| s.user.as_deref() == Some(&neighbour.name) && s.at.file == file);
        own || secrets || edited || copied
    };
    let places: Vec<(String, String)> = cx
        .fleet
        .mentions(&neighbour.name)
        .into_iter()
        .filter(|m| !mirrored(&m.at.file))
        .map(|m| (format!("{}:{}", m.at.file.display(), m.at.line), m.text.trim().to_owned()))
        .collect();
    if places.is_empty() {
        return None;
    }
    let text = format!(
        "These places name {} and are left as they are; look whether {} belongs there too.",
        neighbour.name, cx.person.username
    );
    Some(Remark { text, places })
}
