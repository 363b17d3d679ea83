//! Fleets of a few lines, a newcomer, and the plan that brings them in: no git, no answers, no key.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use doorstep::activate::InTheWayChoice;
use doorstep::answers::{Commit, Deploy, IfFailed, Key, Mode, Person};
use doorstep::fleet::Fleet;
use doorstep::host::{Account, Host, Os};
use doorstep::plan::{Change, Content, Needs, Plan, Step};
use doorstep::problem::Problem;
use doorstep::sops::Utc;
use doorstep::step::{self, Activation, Context, Shared, Surroundings};

use crate::world::copy_folder;

/// A `flake.nix` that makes the machine `quartz` of `quartz.nix`.
pub(crate) fn flake(darwin: bool) -> &'static str {
    match darwin {
        true => {
            "{ outputs = { darwin, ... }: { darwinConfigurations.quartz = darwin.lib.darwinSystem { modules = [ ./quartz.nix ]; }; }; }"
        }
        false => {
            "{ outputs = { nixpkgs, ... }: { nixosConfigurations.quartz = nixpkgs.lib.nixosSystem { modules = [ ./quartz.nix ]; }; }; }"
        }
    }
}

pub(crate) struct Small {
    fleet: Fleet,
    folder: tempfile::TempDir,
    host: Host,
    surroundings: Surroundings,
    pub(crate) person: Person,
}

impl Small {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let account =
            Account { name: "admin".into(), uid: 501, home: "/nowhere".into(), full_name: None };
        let host = Host::pretend(account, "elsewhere", Os::Linux, "x86_64", BTreeMap::new());
        let surroundings = Surroundings {
            now: Utc::from_seconds(0),
            untracked: Vec::new(),
            repository: None,
            secrets_file: None,
            values: Vec::new(),
            for_oneself: false,
            shared: Shared::default(),
            unfinished: None,
            activation: Activation::No(String::new()),
            home_active: false,
        };
        let fleet = Fleet::read(folder.path()).unwrap();
        Self { fleet, folder, host, surroundings, person: zoe() }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn plan(&self) -> Result<Plan, Problem> {
        self.plan_on(&self.fleet)
    }

    /// The plan where one file has this text.
    pub(crate) fn plan_where(&self, file: &str, text: &str) -> Result<Plan, Problem> {
        let path = self.fleet.at(file);
        let written = Change::Edit { path, before: String::new(), after: text.to_owned() };
        let step = Step {
            id: "given",
            title: String::new(),
            why: String::new(),
            needs: Needs::You,
            by_hand: Vec::new(),
            changes: vec![written],
            decided_by: None,
        };
        self.plan_on(&self.fleet.after(&Plan { steps: vec![step], ..Plan::default() }))
    }

    fn plan_on(&self, fleet: &Fleet) -> Result<Plan, Problem> {
        let (person, host, surroundings) = (&self.person, &self.host, &self.surroundings);
        step::plan(&Context { host, fleet, person, surroundings })
    }

    /// A copy of the fleet at `folder` with everything that the plan writes.
    pub(crate) fn applied(&self, plan: &Plan, folder: &Path) {
        copy_folder(self.folder.path(), folder);
        for change in plan.steps.iter().flat_map(|step| &step.changes) {
            let text = match change {
                Change::Edit { after, .. } => after,
                Change::Create { content: Content::Text(text), .. } => text,
                other => panic!("{other:?}"),
            };
            let path = change.path().unwrap().strip_prefix(self.folder.path()).unwrap();
            fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
            fs::write(folder.join(path), text).unwrap();
        }
    }
}

/// What a plan does to files, as a few lines: what it adds, and which files are new.
pub(crate) fn told(plan: &Plan) -> String {
    let mut out = String::new();
    for change in plan.steps.iter().flat_map(|step| &step.changes) {
        match change {
            Change::Edit { before, after, .. } => {
                let diff = similar::TextDiff::from_lines(before, after);
                for change in diff.iter_all_changes() {
                    let line = change.value().trim_end();
                    match change.tag() {
                        similar::ChangeTag::Equal => {}
                        similar::ChangeTag::Delete => out.push_str(&format!("-{line}\n")),
                        similar::ChangeTag::Insert => out.push_str(&format!("+{line}\n")),
                    }
                }
            }
            Change::Create { path, .. } => {
                let name = path.file_name().unwrap().to_string_lossy();
                out.push_str(&format!("new {name}\n"));
            }
            other => panic!("{other:?}"),
        }
    }
    out
}

fn zoe() -> Person {
    Person {
        username: "zoe".to_owned(),
        name: "Zoe".to_owned(),
        email: "zoe@example.com".to_owned(),
        ssh_keys: Vec::new(),
        mode: Mode::Integrated,
        hosts: vec!["quartz".to_owned()],
        accounts: BTreeMap::new(),
        aggregates: Vec::new(),
        key: Key::none(),
        secrets: Vec::new(),
        readers: Vec::new(),
        shared: Vec::new(),
        in_the_way: InTheWayChoice::Stop,
        deploy: Deploy::Later,
        if_failed: IfFailed::Stop,
        commit: Commit::No,
    }
}
