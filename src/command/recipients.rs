//! `doorstep recipients`: who may open what, as `.sops.yaml` says and as the files are; adding and
//! removing somebody, for scripts too.

mod add;
mod check;
mod matrix;
mod remove;
mod who;

use clap::Subcommand;

use super::Exit;
use super::secrets::Desk;
use crate::event::{Checked, Verdict};
use crate::host::Host;
use crate::plan::{Change, Needs, Plan, Step};
use crate::problem::Problem;
use crate::run::shell_word;
use crate::secrets::{Asked, Carried, Store};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The creation rule that wins for a file, and who can read it
    Who(who::Options),
    /// Every encrypted file against every key: who can read it, who shall, who no longer
    Matrix(matrix::Options),
    /// What is wrong with the rules, and with files under them
    Check(check::Options),
    /// Give somebody a key and a rule of their own in `.sops.yaml`
    Add(add::Options),
    /// Take somebody out of a rule of `.sops.yaml`
    Remove(remove::Options),
}

impl Verb {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Who(o) => o.json,
            Self::Matrix(o) => o.json,
            Self::Check(o) => o.json,
            Self::Add(_) | Self::Remove(_) => false,
        }
    }
}

pub(crate) fn run(verb: &Verb, host: &Host) -> Result<Exit, Problem> {
    match verb {
        Verb::Who(options) => options.run(host),
        Verb::Matrix(options) => options.run(host),
        Verb::Check(options) => options.run(host),
        Verb::Add(options) => options.run(host),
        Verb::Remove(options) => options.run(host),
    }
}

/// What `.sops.yaml` shall say afterwards.
struct Meant<'a> {
    recipient: &'a str,
    /// Who that is, for people.
    name: &'a str,
    path: &'a str,
    /// Whether they may read `path`.
    reads: bool,
}

impl Meant<'_> {
    /// Read from disk again.
    fn proof(&self, store: &Store, host: &Host) -> Checked {
        let Self { recipient, name, path, reads } = self;
        let lists = Store::read(&store.file, host)
            .ok()
            .and_then(|store| store.config.winner(path).ok().flatten().map(|r| r.lists(recipient)));
        let holds = lists.map_or(!reads, |lists| lists == *reads);
        let words = match (holds, reads) {
            (true, true) => format!("The rule that wins for {path} names {name}."),
            (true, false) => format!("The rule that wins for {path} does not name {name}."),
            (false, true) => format!("{name} is not named by the rule that wins for {path}."),
            (false, false) => format!("{name} is still named by the rule that wins for {path}."),
        };
        let verdict = if holds { Verdict::Holds } else { Verdict::DoesNotHold };
        Checked { what: "rule-names", verdict, words, data: serde_json::Map::new() }
    }
}

/// `.sops.yaml` with another text, by a plan under a receipt, and looked at afterwards.
fn rewrite(
    desk: &mut Desk<'_>,
    store: &Store,
    after: String,
    why: &str,
    meant: &Meant<'_>,
) -> Result<Carried, Problem> {
    let change = Change::Edit { path: store.file.clone(), before: store.text.clone(), after };
    let step = Step {
        id: "sops-yaml",
        title: "Change .sops.yaml".to_owned(),
        why: why.to_owned(),
        needs: Needs::You,
        by_hand: vec![format!("$EDITOR {}", shell_word(&store.file.display().to_string()))],
        changes: vec![change],
        decided_by: None,
    };
    let bounds = vec![store.folder().to_owned()];
    let plan = Plan { steps: vec![step], bounds, ..Plan::default() };
    let host = desk.host;
    let prove = || vec![meant.proof(store, host)];
    desk.carry_out(&plan, store.folder(), &Asked::Edit, &prove, None)
}
