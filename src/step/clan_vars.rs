//! Has clan make the passwords of the accounts that it makes: `clan vars generate HOST…`, which asks
//! where the instance says so, and makes nothing a second time.
//!
//! clan commits nothing of it (see [`surrounded`]).

use std::path::PathBuf;

use super::Context;
use super::clan_user::{self, Made};
use crate::activate::backend::clan::surrounded;
use crate::plan::{Change, Needs, Plan, Remark, Step};
use crate::problem::Problem;
use crate::run::{Asks, Command};

const ID: &str = "clan-vars";

pub(super) fn step(cx: &Context, _: &Plan) -> Result<Option<Step>, Problem> {
    let wanting = wanting(cx);
    if wanting.is_empty() || cx.host.tool("clan").is_none() {
        return Ok(None);
    }
    let user = &cx.person.username;
    let command = generate(cx, &wanting)
        .leaving("what it made stays in `vars`, which is for clan to look after");
    let prompt = wanting.iter().any(|made| made.prompt);
    let asks =
        Asks::new("clan", format!("clan asks for a password of {user}; an empty one has it made."));
    let by_hand = by_hand(cx, &command);
    let command = if prompt { command.asks(asks) } else { command };
    let made = if prompt { "asks for a password" } else { "makes a password" };
    let on = wanting.iter().map(|made| made.host).collect::<Vec<_>>().join(", ");
    let mut changes = vec![Change::Run { command }];
    changes.extend(shown_to_git(cx, &[PathBuf::from("vars")]));
    Ok(Some(Step {
        id: ID,
        title: "Generate passwords".to_owned(),
        why: format!("clan {made} of {user} for {on}, and keeps it encrypted."),
        needs: Needs::Admin,
        by_hand,
        changes,
        decided_by: Some("hosts"),
    }))
}

/// What is left to do with clan where there is none.
pub(super) fn remark(cx: &Context) -> Option<Remark> {
    if cx.host.tool("clan").is_some() {
        return None;
    }
    let key = clan_user::keeps_keys(cx).then(|| super::clan_key::add(cx).typed());
    let wanting = wanting(cx);
    let vars = (!wanting.is_empty()).then(|| generate(cx, &wanting).typed());
    let commands: Vec<String> = key.into_iter().chain(vars).collect();
    let place = cx.host.typed(&cx.fleet.root);
    (!commands.is_empty()).then(|| Remark {
        warns: false,
        text: "`clan` is not on PATH, so this is left for later, before a machine is updated:"
            .to_owned(),
        places: commands.into_iter().map(|command| (format!("in {place}"), command)).collect(),
    })
}

/// A command of clan's, in the fleet that it is about.
pub(super) fn clan(cx: &Context) -> Command {
    surrounded(Command::new("clan")).cwd(&cx.fleet.root)
}

/// The same as a person would type it.
pub(super) fn by_hand(cx: &Context, command: &Command) -> Vec<String> {
    vec![format!("cd {}", cx.host.typed(&cx.fleet.root)), command.typed()]
}

/// Makes git know what clan has made in these folders of the fleet, since a flake sees nothing else.
pub(super) fn shown_to_git(cx: &Context, folders: &[PathBuf]) -> Option<Change> {
    let repository = cx.surroundings.repository.clone()?;
    let below =
        |folder: &PathBuf| cx.fleet.at(folder).strip_prefix(&repository).map(PathBuf::from).ok();
    let paths: Vec<PathBuf> = folders.iter().filter_map(below).collect();
    (!paths.is_empty()).then_some(Change::Track { repository, paths })
}

fn generate(cx: &Context, wanting: &[Made]) -> Command {
    clan(cx).args(["vars", "generate"]).args(wanting.iter().map(|made| made.host))
}

/// Accounts without a password. What clan keeps of them is `user-password-NAME`, for one machine or
/// shared (clanServices/users; clan_cli/vars). Where the fleet has nobody's, it is kept elsewhere.
fn wanting<'a>(cx: &Context<'a>) -> Vec<Made<'a>> {
    let kept = |folder: &str, name: &str| {
        let start = format!("{folder}/user-password-{name}");
        cx.fleet.files.all().iter().any(|file| {
            let file = file.to_string_lossy();
            file.strip_prefix(start.as_str())
                .is_some_and(|rest| name.is_empty() || rest.starts_with('/'))
        })
    };
    let user = cx.person.username.as_str();
    // It was planned and cut off: then the account is there, and nothing tells that it is new.
    let begun = cx.surroundings.unfinished.iter().flatten().any(|id| id == ID);
    let keeps = begun
        || cx.fleet.files.all().iter().any(|file| {
            file.starts_with("vars") && file.to_string_lossy().contains("/user-password-")
        });
    let lacks = |made: &Made| {
        let own = format!("vars/per-machine/{}", made.host);
        !kept("vars/shared", user) && !kept(&own, user) && (made.is_new || keeps)
    };
    clan_user::accounts(cx).into_iter().filter(lacks).collect()
}
