//! What only one of several people can have, and whose answer it is.

use std::collections::BTreeMap;

use crate::answers::file::Given;
use crate::answers::{ALL, Account, Answers, KeyChoice};
use crate::host::Host;
use crate::onboard::public_key;
use crate::plan::Remark;
use crate::problem::{Kind, Problem};
use crate::sops::config::edit;

/// What the people of a run have so far.
pub(super) struct Taken<'g> {
    /// For keys in files.
    host: &'g Host,
    /// By the words that follow "have": whose it is, and the question's id.
    by: BTreeMap<String, (&'g Given, &'static str)>,
}

impl<'g> Taken<'g> {
    pub(super) fn new(host: &'g Host) -> Self {
        Self { host, by: BTreeMap::new() }
    }

    /// Whether nobody else has what these answers of `given` ask for.
    ///
    /// # Errors
    /// Somebody has: both are named, with the lines of their answers.
    pub(super) fn is_free(&self, given: &Given, answers: &Answers) -> Result<(), Problem> {
        for (what, id) in owned(answers, self.host) {
            let Some((first, of_first)) = self.by.get(&what) else { continue };
            if std::ptr::eq(*first, given) {
                continue;
            }
            return Err(Problem::user(format!("two people have {what}"))
                .of_kind(Kind::Answers)
                .cause(format!("{} and {}", place(first, of_first), place(given, id)))
                .hint("give each of them their own"));
        }
        Ok(())
    }

    /// The same, and then it is theirs.
    ///
    /// # Errors
    /// As [`Self::is_free`].
    pub(super) fn take(&mut self, given: &'g Given, answers: &Answers) -> Result<(), Problem> {
        self.is_free(given, answers)?;
        let owned = owned(answers, self.host).into_iter();
        self.by.extend(owned.map(|(what, id)| (what, (given, id))));
        Ok(())
    }
}

/// Whether everybody has a name, and no two people want what only one can have: before anything is
/// looked at for them.
pub(super) fn apart(everybody: &[Given], host: &Host) -> Result<(), Problem> {
    let mut taken = Taken::new(host);
    for given in everybody {
        if everybody.len() > 1 && given.answers.username.is_none() {
            return Err(Problem::user("one of the people has no user name")
                .of_kind(Kind::Answers)
                .cause(place(given, "username"))
                .hint("answer `username` for each of them"));
        }
        taken.take(given, &given.answers)?;
    }
    Ok(())
}

/// What belongs to one person alone, in words that follow "have", with the question's id.
fn owned(answers: &Answers, host: &Host) -> Vec<(String, &'static str)> {
    let mut owned = Vec::new();
    if let Some(name) = &answers.username {
        owned.push((format!("the user name `{name}`"), "username"));
        // `jan.b` and `jan-b` are one name there.
        if let Some(anchor) = edit::anchor_from(name) {
            owned.push((format!("the name `{anchor}` in `.sops.yaml`"), "username"));
        }
    }
    // One that cannot be read is refused when it is looked at.
    let recipient = match &answers.key {
        Some(KeyChoice::Public(text)) => public_key::of_text(text).ok(),
        Some(KeyChoice::File(path)) => public_key::in_file(path, host).ok(),
        _ => None,
    };
    owned.extend(recipient.map(|key| (format!("the public key `{}`", key.recipient), "key")));
    let uid = |account: &Account| account.uid;
    for (machine, uid) in answers.accounts.iter().flatten().filter_map(|(m, a)| Some((m, uid(a)?)))
    {
        let machines = match machine == ALL {
            true => answers.hosts.clone().unwrap_or_default(),
            false => vec![machine.clone()],
        };
        let words = machines.into_iter().map(|machine| format!("uid {uid} on `{machine}`"));
        owned.extend(words.map(|words| (words, "accounts")));
    }
    owned
}

/// What several people have that is rarely meant: it is said, and stays.
pub(super) fn alike(before: &[&Given], given: &Given) -> Vec<Remark> {
    let email = |given: &Given| given.answers.email.clone();
    let keys = |given: &Given| -> Vec<String> {
        let keys = given.answers.ssh_keys.iter().flatten();
        // A comment at the end makes no other key.
        keys.map(|key| key.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    let mut remarks = Vec::new();
    let mut say = |first: &Given, id: &str, what: &str| {
        let text = format!("{} and {} have {what}.", place(first, id), place(given, id));
        remarks.push(Remark { warns: true, text, places: Vec::new() });
    };
    for first in before {
        if email(given).is_some() && email(first) == email(given) {
            say(first, "email", "one email address");
        }
        if keys(first).iter().any(|key| keys(given).contains(key)) {
            say(first, "ssh_keys", "one SSH key, and can log in as each other");
        }
    }
    remarks
}

/// Whose answer it is and where it stands; where it was not given, where the person stands.
pub(super) fn place(given: &Given, id: &str) -> String {
    let who = given.answers.username.as_deref().unwrap_or("somebody without a name");
    let line = given.lines.get(id).or_else(|| given.lines.get("username"));
    match (line.or_else(|| given.lines.values().min()), &given.file) {
        (Some(line), Some(file)) => format!("{who} (line {line} of `{file}`)"),
        _ => who.to_owned(),
    }
}
