//! Tells clan the person's public key, where it keeps the keys of people like them:
//! `clan secrets users add NAME KEY` (clan_cli/secrets/users.py), which writes `sops/users/NAME`.

use std::path::Path;

use super::{Context, clan_user, clan_vars};
use crate::answers::Person;
use crate::fleet::public_keys;
use crate::plan::{Change, Needs, Plan, Remark, Step};
use crate::problem::Problem;
use crate::run::Command;

pub(super) fn step(cx: &Context, _: &Plan) -> Result<Option<Step>, Problem> {
    // clan knows age keys and PGP keys; an SSH key it does not take.
    let fits = cx.person.key.recipient.starts_with("age1");
    if !clan_user::keeps_keys(cx) || !fits || cx.host.tool("clan").is_none() {
        return Ok(None);
    }
    let user = &cx.person.username;
    let command = add(cx);
    let by_hand = clan_vars::by_hand(cx, &command);
    let command = command.leaving(format!(
        "the key stays with clan; `clan secrets users remove {user}` takes it away"
    ));
    let mut changes = vec![Change::Run { command }];
    let folder = Path::new("sops/users").join(user);
    changes.extend(clan_vars::shown_to_git(cx, &[folder]));
    Ok(Some(Step {
        id: "clan-key",
        title: "Tell clan the key".to_owned(),
        why: format!("{user} is one of those whom clan's own secrets may be encrypted to."),
        needs: Needs::You,
        by_hand,
        changes,
        decided_by: Some("key"),
    }))
}

/// Clan knows the person by another key than theirs: for them alone it would encrypt in vain.
pub(super) fn remark(cx: &Context) -> Option<Remark> {
    let Person { username: user, key, .. } = cx.person;
    let file = Path::new("sops/users").join(user).join("key.json");
    let is_known = cx.fleet.clan.people.contains(user) && key.recipient.starts_with("age1");
    let text = is_known.then(|| cx.fleet.text(&file).ok()).flatten()?;
    let known = public_keys(&text);
    if known.is_empty() || known.contains(&key.recipient) {
        return None;
    }
    let command = clan_vars::clan(cx).args(["secrets", "users", "add-key"]).arg(user);
    let command = command.arg("--age-key").arg(&key.recipient).typed();
    Some(Remark {
        warns: false,
        text: format!(
            "clan knows {user} by another key. Whoever looks after its secrets adds this one:"
        ),
        places: vec![
            (file.display().to_string(), known.join(", ")),
            (format!("in {}", cx.host.typed(&cx.fleet.root)), command),
        ],
    })
}

/// The command.
pub(super) fn add(cx: &Context) -> Command {
    let (user, key) = (&cx.person.username, &cx.person.key.recipient);
    clan_vars::clan(cx).args(["secrets", "users", "add"]).arg(user).arg(key)
}
