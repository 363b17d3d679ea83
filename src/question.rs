//! What a person is asked, one file a question. No question reads a terminal, a file or the
//! environment: a front end shows an [`Ask`] and hands back a [`Reply`], and what the outside
//! world says is in [`Found`].
//!
//! Ids are answers keys, file names, doc anchors and snapshot names. [`QUESTIONS`] is the order.

mod accounts;
mod aggregates;
mod choosing;
mod commit;
mod deploy;
mod email;
mod found;
mod hosts;
mod if_failed;
mod in_the_way;
mod key;
mod key_copy;
mod mode;
mod name;
mod near;
mod plain_text;
mod readers;
mod secrets;
mod shared;
mod ssh_keys;
mod username;

#[cfg(test)]
pub(crate) mod example;
#[cfg(test)]
mod tests;

use crate::answers::{self, Answers, SecretAnswer};
use crate::fleet::{Fleet, Machine, Platform, User};
use crate::host::Host;
use crate::problem::Problem;

pub use accounts::{AccountField, AccountRow, account_on, in_mode, same_for_all, with_field};
pub use found::{Anchor, Found, FoundKey, KeyPlace, KeyTrouble, SharedRule, SshIdentity};
pub use hosts::BY_HAND;
pub(crate) use key::is_theirs;
pub use key::{KeyHere, Trouble, keys_here, looked_in, troubles};
pub use key_copy::PROMISE;
pub use near::nearest;
pub use readers::{AS_OTHERS, readers_named};
pub use secrets::{names_of_others, owners, purpose};

/// Every question, in the order they are asked and settled. A later one may look at the answers
/// of the earlier ones, never the other way round.
pub const QUESTIONS: &[&dyn Question] = &[
    &username::Username,
    &name::Name,
    &email::Email,
    &ssh_keys::SshKeys,
    &mode::Mode,
    &hosts::Hosts,
    &accounts::Accounts,
    &aggregates::Aggregates,
    &key::Key,
    &key_copy::KeyCopy,
    &secrets::Secrets,
    &readers::Readers,
    &shared::Shared,
    &in_the_way::InTheWay,
    &deploy::Deploy,
    &if_failed::IfFailed,
    &commit::Commit,
];

/// Those about what follows once the files are written.
pub const AFTERWARDS: [&str; 3] = ["commit", "deploy", "if_failed"];

/// The question with this id.
pub fn question(id: &str) -> Option<&'static dyn Question> {
    QUESTIONS.iter().copied().find(|q| q.id() == id)
}

/// One question.
pub trait Question: Sync {
    fn id(&self) -> &'static str;

    /// What to ask now, given the answers so far.
    fn ask(&self, cx: &Context) -> Ask;

    /// A sentence or two below the question, for a front end with room: what it decides, or where
    /// the choice at the start comes from. May be empty.
    fn lead(&self, _cx: &Context) -> String {
        String::new()
    }

    /// Checks a reply and adds it to the answers. A refusal's `what` is one sentence, with a
    /// capital at its start, that fits under a field.
    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem>;

    /// The reply that given answers amount to. `None`: they leave the question open.
    fn given(&self, given: &Answers) -> Option<Reply>;

    /// What is left of a choice where answers before it have changed: what they took away is no
    /// part of it any more.
    fn carried(&self, _cx: &Context, reply: Reply) -> Reply {
        reply
    }

    /// What was answered, in a few words that could follow a comma. Empty: nothing to tell.
    fn told(&self, answers: &Answers) -> String;

    /// Why nothing can be suggested; follows the question's id.
    fn missing(&self, _cx: &Context) -> String {
        "has no suggestion here".to_owned()
    }

    /// Its lines in the example of an answers file.
    fn example(&self) -> &'static str;
}

/// What a question may look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub host: &'a Host,
    pub fleet: &'a Fleet,
    pub answers: &'a Answers,
    pub found: &'a Found,
    pub subject: &'a Subject,
}

/// Whose home is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The person at the keyboard, under the name of their account.
    Account,
    /// The person at the keyboard under a given name: practice, and root acting in a home.
    As(String),
    /// Somebody else: their private key must not be made here. The name is there when it was
    /// given beforehand; then it may be in the fleet already.
    Somebody(Option<String>),
}

impl Subject {
    /// Whose home an answers file is about: another name than the account's means somebody else,
    /// unless `as_user` says that the person at the keyboard acts under that name.
    pub fn of(host: &Host, given: &Answers, as_user: Option<&str>) -> Self {
        match (as_user, given.username.as_deref()) {
            (Some(name), _) => Self::As(name.to_owned()),
            (None, Some(name)) if name != host.account.name => Self::Somebody(Some(name.into())),
            (None, _) => Self::Account,
        }
    }

    /// The person's user name; empty when nobody said it yet.
    pub fn name(&self, host: &Host) -> String {
        match self {
            Self::Account => host.account.name.clone(),
            Self::As(name) => name.clone(),
            Self::Somebody(name) => name.clone().unwrap_or_default(),
        }
    }

    pub fn is_oneself(&self) -> bool {
        !matches!(self, Self::Somebody(_))
    }
}

impl<'a> Context<'a> {
    /// The same with other answers.
    #[must_use]
    pub fn with<'b>(self, answers: &'b Answers) -> Context<'b>
    where
        'a: 'b,
    {
        Context { answers, ..self }
    }

    /// The name that cannot be chosen, when it cannot.
    pub(crate) fn fixed_name(&self) -> Option<&'a str> {
        match self.subject {
            Subject::Account => Some(&self.host.account.name),
            Subject::As(name) => Some(name),
            Subject::Somebody(name) => name.as_deref(),
        }
    }

    /// The person's user name as far as it is known; empty when nobody said it yet.
    pub fn username(&self) -> &'a str {
        self.answers.username.as_deref().or(self.fixed_name()).unwrap_or_default()
    }

    /// What the fleet says of the person, if they are in it.
    pub(crate) fn user(&self) -> Option<&'a User> {
        self.fleet.user(self.username())
    }

    /// This machine, if it is one of the fleet's.
    pub fn machine(&self) -> Option<&'a Machine> {
        self.fleet.machine(&self.host.name)
    }

    /// Whether the person at the keyboard may change this machine.
    pub fn is_admin(&self) -> bool {
        let named = self.machine().and_then(|m| m.admin.as_deref());
        self.host.is_admin() || named == Some(self.host.account.name.as_str())
    }

    /// The people of the fleet: users that are not another name for somebody, without the one
    /// who is asked.
    pub(crate) fn others(&self) -> Vec<&'a User> {
        let me = self.username();
        self.fleet.people().filter(|u| u.name != me).collect()
    }

    /// What the home is for: the chosen machines' platform where they have one, else this
    /// machine's.
    pub(crate) fn platform(&self) -> Platform {
        let chosen = self.answers.hosts.iter().flatten();
        let mut platforms =
            chosen.filter_map(|name| self.fleet.machine(name)).map(|machine| machine.platform);
        match platforms.next() {
            Some(first) if platforms.all(|platform| platform == first) => first,
            _ => Platform::of(self.host.os),
        }
    }
}

/// How a question is put. `label` is the question or the field's name without a stop, `note` a
/// sentence about the state that stands beside it (may be empty), `help` what it means.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Nothing to ask, with the reason; suggestions stand.
    Skip { because: String },
    /// A line of text, or several with an entry each.
    Text { label: String, help: String, suggestion: Option<Suggestion<String>>, several: bool },
    /// One of several.
    Pick {
        label: String,
        note: String,
        help: String,
        options: Vec<Choice>,
        suggested: Option<Suggestion<usize>>,
    },
    /// Any of several; `Choice::chosen` says which are ticked at the start.
    PickMany {
        label: String,
        note: String,
        help: String,
        options: Vec<Choice>,
        /// Whether the ticks at the start are a suggestion, not only where choosing begins.
        complete: bool,
        /// Whether `note` says enough to go on without hearing the list.
        brief: bool,
    },
    /// Yes or no, never with a default of yes.
    Confirm { label: String, help: String },
    /// The list of secrets.
    Secrets { label: String, note: String, help: String, suggested: Vec<SecretAnswer> },
    /// An account on each chosen machine.
    Accounts { label: String, note: String, help: String, rows: Vec<AccountRow> },
}

impl Ask {
    /// Whether [`Reply::Suggested`] answers it.
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Skip { .. } | Self::Secrets { .. } | Self::Accounts { .. } => true,
            Self::Text { suggestion, .. } => suggestion.is_some(),
            Self::Pick { options, suggested, .. } => suggested
                .as_ref()
                .and_then(|s| options.get(s.value))
                .is_some_and(|choice| choice.asks.is_none()),
            Self::PickMany { complete, .. } => *complete,
            Self::Confirm { .. } => false,
        }
    }

    pub fn help(&self) -> &str {
        match self {
            Self::Skip { because } => because,
            Self::Text { help, .. }
            | Self::Pick { help, .. }
            | Self::PickMany { help, .. }
            | Self::Confirm { help, .. }
            | Self::Secrets { help, .. }
            | Self::Accounts { help, .. } => help,
        }
    }
}

/// A default with where it came from, in words that start with a capital and end with a stop;
/// `from` is empty where there is nothing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion<T> {
    pub value: T,
    pub from: String,
}

impl<T> Suggestion<T> {
    pub fn new(value: T, from: impl Into<String>) -> Self {
        Self { value, from: from.into() }
    }
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// What an answers file says for it.
    pub id: String,
    pub label: String,
    /// One or two short sentences, to be read or heard right after the label.
    pub detail: String,
    /// What there is to know beyond `detail`, for a front end with room.
    pub more: String,
    /// What is known of it by label, a column or a row each, for a front end with room.
    pub facts: Vec<(&'static str, String)>,
    /// The choice once made, in a few words in the middle of a sentence.
    pub told: String,
    pub chosen: bool,
    /// Why it cannot be chosen, when it cannot.
    pub off: Option<String>,
    /// The label of the one line of text that has to come with it; the reply is then the text.
    pub asks: Option<String>,
}

impl Choice {
    /// A row of a few that are known beforehand: once chosen it is told by its label.
    pub(crate) fn row(id: &str, label: &str, detail: &str) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            detail: detail.to_owned(),
            told: label.to_lowercase(),
            ..Self::default()
        }
    }

    /// One of its facts; empty where it has none of that label.
    pub fn fact(&self, label: &str) -> &str {
        let fact = self.facts.iter().find(|(known, _)| *known == label);
        fact.map_or("", |(_, text)| text.as_str())
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Take what is suggested.
    Suggested,
    Text(String),
    Picked(usize),
    Many(Vec<usize>),
    /// Choices by id: one for [`Ask::Pick`], any number for [`Ask::PickMany`].
    Named(Vec<String>),
    Yes,
    No,
    Secrets(Vec<SecretAnswer>),
    /// By machine, [`answers::ALL`] for every chosen one; what is left out takes its suggestion.
    Accounts(answers::Accounts),
}
