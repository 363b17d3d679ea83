//! Accounts that nix-darwin is told to own: what it may make, and take away.

use super::finding::Risk;
use super::{Check, Finding, Group, NotChecked, Scene, Severity};
use crate::nix::{Literal, Pattern};
use crate::run::Runner;

pub(super) struct KnownUsers;

impl Check for KnownUsers {
    fn id(&self) -> &'static str {
        "known-users"
    }

    fn group(&self) -> Group {
        Group::Identity
    }

    fn title(&self) -> &'static str {
        "nix-darwin does not take your account for one that it may remove"
    }

    fn applies(&self, scene: &Scene) -> bool {
        scene.mac().is_some()
    }

    fn look(&self, scene: &Scene, _: &mut dyn Runner) -> Result<Vec<Finding>, NotChecked> {
        let fleet = scene.fleet()?;
        let Some(machine) = scene.machine() else { return Ok(Vec::new()) };
        let file = machine.at.file.display();
        let source = scene.file_of(machine)?;
        let user = scene.user.as_str();
        let is_listed = |value: Literal| match value {
            Literal::List(items) => items.iter().any(|item| item.text() == Some(user)),
            _ => false,
        };
        let wanted = Pattern::new("users.knownUsers");
        let mut lists = source.bindings().iter().filter(|b| b.path.ends_with(&wanted));
        let Some(list) = lists.find(|b| source.literal(b.value).is_some_and(is_listed)) else {
            return Ok(Vec::new());
        };
        let found = |id, severity, summary: String, why: &str| {
            Finding::new(id, severity, summary, why).seen(
                format!("{file}:{}", list.line),
                source.line(list.line).unwrap_or_default().trim(),
            )
        };
        let declares = |option: Option<&str>| {
            fleet.files.sources().any(|(_, source)| {
                source.bindings().iter().any(|binding| {
                    let named = binding.path.below(&["users", "users"]).and_then(|p| p.name());
                    let last = binding.path.last().and_then(|part| part.name());
                    named == Some(user) && option.is_none_or(|option| last == Some(option))
                })
            })
        };
        // nix-darwin modules/users/default.nix: whoever is known and not declared is deleted, with
        // numbers of 502 and above.
        if !declares(None) {
            return Ok(vec![
                found(
                    "account-would-be-removed",
                    Severity::Error,
                    format!("the next update of {} may delete your account", machine.name),
                    "nix-darwin removes accounts that users.knownUsers names and that nothing declares any more.",
                )
                .seen(format!("users.users.{user}"), "is nowhere in the fleet")
                .by(
                    Risk::ForAdmin,
                    "Take the name out of that list before anything is activated",
                    &[format!("Remove \"{user}\" from users.knownUsers in {file}, or declare users.users.{user}.")],
                ),
            ]);
        }
        if !declares(Some("uid")) {
            let uid = scene.host.account.uid;
            return Ok(vec![
                found(
                    "known-user-without-number",
                    Severity::Error,
                    format!("{} lists your account as its own, without its number", machine.name),
                    "An account that nix-darwin owns needs users.users.NAME.uid; without it the machine's configuration cannot be evaluated.",
                )
                .seen(format!("users.users.{user}"), "has no uid")
                .by(
                    Risk::ForAdmin,
                    "Write the account's real number there",
                    &[format!("users.users.{user}.uid = {uid};")],
                ),
            ]);
        }
        Ok(Vec::new())
    }
}
