//! What is left to do after the end, and for whom.

use serde_json::json;

use super::Onboard;
use crate::answers::{Commit, Person, SecretFrom};
use crate::counted::{counted, listed};
use crate::front::Left;
use crate::run::shell_word;

/// Whoever looks after a machine where the fleet does not tell who does.
const SOME_ADMIN: &str = "an administrator";

/// Everything that is left, in the order in which it is best done; not what became of machines that
/// are `updated`.
pub(super) fn left(
    onboard: &Onboard,
    person: &Person,
    activated: bool,
    files: usize,
    updated: &[String],
) -> Vec<Left> {
    let mut left = Vec::new();
    let mut add = |who: &str, what, words: String, data: serde_json::Value| {
        let data = data.as_object().cloned().unwrap_or_default();
        left.push(Left { who: who.to_owned(), what, words, data });
    };
    let me = &person.username;
    if activated {
        add(me, "new-terminal", "Open a new Terminal window.".to_owned(), json!({}));
    }
    // Also when the key was made before the run was stopped and gone on with.
    let is_new = person.key.save.is_some()
        || onboard.made_before.contains(&person.key.recipient.to_string());
    if let (Some(file), true) = (&person.key.file, is_new) {
        let shown = onboard.host.short(file);
        add(
            me,
            "second-copy",
            format!("Keep a second copy of the key. It is the file {shown}."),
            json!({}),
        );
    }
    let fleet = onboard.host.typed(&onboard.fleet.root);
    let sops = sops(onboard, person);
    if let Some(path) = crate::survey::secrets_path(&onboard.fleet, me) {
        for secret in person.secrets.iter().filter(|s| s.from == SecretFrom::Later) {
            // sops looks for .sops.yaml from the working directory, not from the file.
            let name = &secret.name;
            add(
                me,
                "set-secret",
                format!("Set {name}. The command is: cd {fleet} && {sops} {}", shell_word(&path)),
                json!({ "name": name }),
            );
        }
    }
    left.extend(super::shared::left(onboard, person));
    left.extend(private_half(onboard, person));
    let mut add = |who: &str, what, words: String, data: serde_json::Value| {
        let data = data.as_object().cloned().unwrap_or_default();
        left.push(Left { who: who.to_owned(), what, words, data });
    };
    let admin_of = |host: &String| onboard.fleet.machine(host).and_then(|m| m.admin.as_deref());
    let admin = person.hosts.first().and_then(admin_of).unwrap_or(SOME_ADMIN);
    if person.commit != Commit::No {
        let words = format!("Look at the commit in {fleet}, and push it.");
        add(admin, "review-and-push", words, json!({}));
    } else if files > 0 {
        let count = counted(files, "file");
        add(
            admin,
            "review-and-commit",
            format!("Review and commit {count} in {fleet}."),
            json!({ "files": files }),
        );
    }
    for host in person.integrated().filter(|host| !updated.contains(host)) {
        let Some(machine) = onboard.fleet.machine(host) else { continue };
        let command = machine.update_command(&fleet);
        add(
            machine.admin.as_deref().unwrap_or(SOME_ADMIN),
            "update-machine",
            format!("Update {host}. The command is: {command}"),
            json!({ "host": host }),
        );
    }
    left
}

/// Who updates which machines, for the homes there to become active: `ada updates flint and quartz`.
pub(super) fn turns(onboard: &Onboard, person: &Person) -> String {
    let mut turns: Vec<(&str, Vec<&str>)> = Vec::new();
    for machine in person.integrated().filter_map(|host| onboard.fleet.machine(host)) {
        let admin = machine.admin.as_deref().unwrap_or(SOME_ADMIN);
        match turns.iter_mut().find(|(who, _)| *who == admin) {
            Some((_, machines)) => machines.push(&machine.name),
            None => turns.push((admin, vec![&machine.name])),
        }
    }
    let turn = |(who, machines): (&str, Vec<&str>)| format!("{who} updates {}", listed(&machines));
    let turns: Vec<String> = turns.into_iter().map(turn).collect();
    listed(&turns)
}

/// An age key that was made from somebody's public SSH key opens nothing until its private half is
/// made on their side: sops-nix reads age keys, or SSH keys where it is told to.
fn private_half(onboard: &Onboard, person: &Person) -> Option<Left> {
    if onboard.subject.is_oneself() || !person.key.from_ssh {
        return None;
    }
    let words = "Make the private half of the age key from the SSH key, on your own machine. The \
                 command is: doorstep onboard, with the answer `key: from-ssh`; or ssh-to-age \
                 -private-key -i ~/.ssh/id_ed25519 -o ~/.config/sops/age/keys.txt";
    Some(Left {
        who: person.username.clone(),
        what: "make-private-half",
        words: words.to_owned(),
        data: serde_json::Map::new(),
    })
}

/// `sops`, told where the key is when it would look for it in another home.
fn sops(onboard: &Onboard, person: &Person) -> String {
    match &person.key.file {
        Some(file) if onboard.options.practice => {
            let file = crate::run::shell_word(&file.display().to_string());
            format!("SOPS_AGE_KEY_FILE={file} sops")
        }
        _ => "sops".to_owned(),
    }
}
