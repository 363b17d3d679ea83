//! What a person is asked, one file a question. No question reads a terminal: a front end shows
//! an [`Ask`] and hands back a [`Reply`].
//!
//! Ids are answers keys, doc anchors and snapshot names. [`QUESTIONS`] is the order.

use crate::answers::Answers;
use crate::fleet::Fleet;
use crate::host::Host;
use crate::problem::Problem;

/// What a question may look at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub host: &'a Host,
    pub fleet: &'a Fleet,
    pub answers: &'a Answers,
}

/// One question.
pub trait Question: Sync {
    fn id(&self) -> &'static str;

    /// What to ask now, given the answers so far.
    fn ask(&self, cx: &Context) -> Ask;

    /// Checks a reply and adds it to the answers; a refusal says what is wrong in one sentence
    /// that fits under the field.
    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem>;
}

/// How a question is put.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Nothing to ask, with the reason; suggestions stand.
    Skip { because: String },
    /// One line of text.
    Text { label: String, help: String, suggestion: Option<Suggestion<String>> },
    /// One of several.
    Pick { label: String, help: String, options: Vec<Choice>, suggested: Suggestion<usize> },
    /// Any of several; `Choice::chosen` says which are ticked at the start.
    PickMany { label: String, help: String, options: Vec<Choice> },
    /// Yes or no, never with a default of yes.
    Confirm { label: String, help: String },
    /// The list of secrets.
    Secrets { label: String, help: String, suggested: Vec<crate::answers::SecretAnswer> },
}

/// A default with where it came from, in words that start with a capital and end with a stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion<T> {
    pub value: T,
    pub from: String,
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// What an answers file says for it.
    pub id: String,
    pub label: String,
    pub detail: String,
    pub chosen: bool,
    /// Why it cannot be chosen, when it cannot.
    pub off: Option<String>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Take what is suggested.
    Suggested,
    Text(String),
    Picked(usize),
    Many(Vec<usize>),
    Yes,
    No,
    Secrets(Vec<crate::answers::SecretAnswer>),
}
