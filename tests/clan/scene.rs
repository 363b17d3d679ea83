//! An administrator at a Mac of a fixture clan, who brings somebody in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use doorstep::answers::file::Given;
use doorstep::answers::{Account, Answers, KeyChoice, Mode, Settled, settle};
use doorstep::front::Work as _;
use doorstep::host::Os;
use doorstep::onboard::{Asked, Desk, Options};
use doorstep::plan::{Change, Content, Plan, Step};
use doorstep::problem::Problem;
use doorstep::question::{Context, Subject};
use doorstep::run::Real;

use crate::world::{Seat, World};

pub(crate) const ADMIN: Seat =
    Seat { user: "ada", machine: "quartz", os: Os::Darwin, arch: "aarch64" };
pub(crate) const KEY: &str = "age1ed5yf262fnwhpm3349gj2234vaxlx442s84lhqwwkxzumlucf4uqapvs75";
/// What the fixtures' `.sops.yaml` has for him.
const KAI: &str = "age1tzg03sh2elast48cuys7sdzclgl45xt5vuqa873c30p6q62v7f8s5ef8ed";
const ADA: &str = "age1ky3ysks3s79gytux9m6d0wyj3ch7ca2cxkcg9z432tgkx0npe5ssevqgkc";
pub(crate) const SSH: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOzHnTB88tNxcdotPX8HFWl57v5XKy8So+nJQXj30qKT zoe@opal";

/// Somebody who is brought in.
pub(crate) struct Newcomer {
    pub(crate) user: &'static str,
    pub(crate) key: &'static str,
    pub(crate) hosts: &'static [&'static str],
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) ssh_keys: Vec<String>,
}

impl Newcomer {
    pub(crate) fn zoe(hosts: &'static [&'static str]) -> Self {
        Self {
            user: "zoe",
            key: KEY,
            hosts,
            accounts: BTreeMap::new(),
            ssh_keys: vec![SSH.to_owned()],
        }
    }

    /// Somebody who is in the fleet with this key already.
    pub(crate) fn kai(hosts: &'static [&'static str]) -> Self {
        Self { user: "kai", key: KAI, ..Self::zoe(hosts) }
    }

    /// The administrator, who is on some of the machines.
    pub(crate) fn ada(hosts: &'static [&'static str]) -> Self {
        Self { user: "ada", key: ADA, ..Self::zoe(hosts) }
    }

    pub(crate) fn with(mut self, host: &str, account: Account) -> Self {
        self.accounts.insert(host.to_owned(), account);
        self
    }

    pub(crate) fn answers(&self) -> Answers {
        Answers {
            username: Some(self.user.to_owned()),
            name: Some("Zoe Adeyemi".to_owned()),
            email: Some("zoe@example.com".to_owned()),
            ssh_keys: Some(self.ssh_keys.clone()),
            mode: Some(Mode::Integrated),
            hosts: Some(self.hosts.iter().map(|host| (*host).to_owned()).collect()),
            accounts: Some(self.accounts.clone()),
            aggregates: Some(vec!["aggregate-core".to_owned(), "aggregate-shell".to_owned()]),
            key: Some(KeyChoice::Public(self.key.to_owned())),
            secrets: Some(Vec::new()),
            ..Answers::default()
        }
    }
}

pub(crate) fn desk<'w>(world: &'w World, newcomer: &Newcomer) -> Desk<'w> {
    let options = Options { no_activation: true, ..Options::default() };
    let asked = Asked { options, ..Asked::default() };
    let runner = Real::new(world.host.env().clone());
    let subject = Subject::Somebody(Some(newcomer.user.to_owned()));
    Desk::open(&world.host, &world.fleet(), &asked, &subject, &|_: &str| (), runner).unwrap()
}

pub(crate) fn plan(desk: &mut Desk, newcomer: &Newcomer) -> Result<Plan, Problem> {
    let settled = settled(desk, newcomer.answers())?;
    desk.plan(&settled)
}

fn settled(desk: &Desk, answers: Answers) -> Result<Settled, Problem> {
    let onboard = &desk.onboard;
    let nothing = Answers::default();
    let cx = Context {
        host: &onboard.host,
        fleet: &onboard.fleet,
        answers: &nothing,
        found: &onboard.found,
        subject: &onboard.subject,
    };
    settle(&cx, &Given { answers, ..Given::default() })
}

/// The step with this id.
pub(crate) fn step<'p>(plan: &'p Plan, id: &str) -> Option<&'p Step> {
    plan.steps.iter().find(|step| step.id == id)
}

/// What the clan step does: the file, and its text or the lines that come and go.
pub(crate) fn told(world: &World, plan: &Plan) -> String {
    let Some(step) = step(plan, "clan-user") else { return "nothing".to_owned() };
    let shown = |path: &PathBuf| path.strip_prefix(world.fleet()).unwrap().display().to_string();
    let changes = step.changes.iter().map(|change| match change {
        Change::Create { path, content: Content::Text(text), .. } => {
            format!("new {}\n{text}", shown(path))
        }
        Change::Edit { path, before, after } => {
            let diff = similar::TextDiff::from_lines(before, after);
            let diff = diff.unified_diff().context_radius(1).to_string();
            format!("edit {}\n{diff}", shown(path))
        }
        other => panic!("{other:?}"),
    });
    format!("{}\n{}", step.why, changes.collect::<Vec<_>>().join("\n"))
}

/// What the plan says of the clan, or why there is none.
pub(crate) fn outcome(world: &World, newcomer: &Newcomer) -> String {
    match plan(&mut desk(world, newcomer), newcomer) {
        Ok(plan) => told(world, &plan),
        Err(problem) => problem.to_string().replace(&world.at("").display().to_string(), "WORLD"),
    }
}

/// The same in a fixture fleet.
pub(crate) fn instance(fleet: &'static str, newcomer: &Newcomer) -> String {
    outcome(&World::new(fleet, ADMIN), newcomer)
}

/// Groups, and nothing else, decided for a machine.
pub(crate) fn groups(names: &[&str]) -> Account {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Account { groups: Some(names), ..Account::default() }
}
