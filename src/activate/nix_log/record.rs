//! One record, typed. Numbers of types are Nix's (`ActivityType` and `ResultType` in
//! src/libutil/include/nix/util/logging.hh); one that is not known keeps its number.

use std::borrow::Cow;

/// One thing that Nix said. Borrowed from the line that it was read from, or owned.
#[derive(Debug, Clone, PartialEq)]
pub enum Record<'a> {
    Message(Message<'a>),
    Start {
        /// Unique among all processes of a run: the process id is in its upper half.
        id: u64,
        /// The activity that this one is part of; 0 for none.
        parent: u64,
        level: u64,
        activity: Activity<'a>,
        /// What Nix would show, such as `building '/nix/store/…-x.drv'`; often empty.
        text: Cow<'a, str>,
    },
    /// It ended. Whether it succeeded is not said.
    Stop {
        id: u64,
    },
    Result {
        id: u64,
        report: Report<'a>,
    },
    /// A whole object of a kind that is not known here.
    Unknown,
}

/// A message for people.
#[derive(Debug, Clone, PartialEq)]
pub struct Message<'a> {
    /// 0 error, 1 warning, 2 notice, 3 info, 4 talkative … 7. Not how bad it is: `trace:` is 0.
    pub level: u64,
    /// With colours, and several lines long for an error.
    pub text: Cow<'a, str>,
    /// Where in the fleet, for an error of evaluation.
    pub at: Option<Position<'a>>,
}

/// A place in a file; line and column are counted from 1, and 0 when they are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position<'a> {
    pub file: Cow<'a, str>,
    pub line: u64,
    pub column: u64,
}

/// What an activity does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Activity<'a> {
    /// 105: one derivation, on this machine where `host` is empty.
    Build { drv: Cow<'a, str>, host: Cow<'a, str> },
    /// 108: one store path from a cache. Parent of the copy and its transfer.
    Substitute { path: Cow<'a, str>, from: Cow<'a, str> },
    /// 100: one store path between stores.
    CopyPath { path: Cow<'a, str>, from: Cow<'a, str> },
    /// 101: one download.
    Transfer { url: Cow<'a, str> },
    /// 102: the root of a run of builds; carries what is expected.
    Realise,
    /// 103: all substitutions of a run; its progress counts them.
    Copies,
    /// 104: all builds of a run; its progress counts them.
    Builds,
    /// 111: a lock, a build user or a machine is waited for.
    Waiting,
    /// 112: an input of a flake.
    FetchTree,
    /// 109: a question to a cache.
    QueryPath,
    /// 110: a hook after a build.
    Hook { drv: Cow<'a, str> },
    /// 0 (text only) and everything else.
    Other(u64),
}

/// What an activity tells while it lasts.
#[derive(Debug, Clone, PartialEq)]
pub enum Report<'a> {
    /// 101, 107: a line of a build's log.
    Log(Cow<'a, str>),
    /// 104: the phase of a build.
    Phase(Cow<'a, str>),
    /// 105: things or bytes.
    Progress { done: u64, expected: u64, running: u64, failed: u64 },
    /// 106: how much of a type of activity is expected.
    Expect { kind: u64, count: u64 },
    /// 108: what a fetcher says.
    Fetching(Cow<'a, str>),
    /// 110 of Determinate Nix: the only word there is about how one build ended.
    Ended { drv: Cow<'a, str>, outcome: Outcome },
    /// Anything else, by its type.
    Other(u64),
}

/// How a build ended, where it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Built,
    Failed,
}

impl Record<'_> {
    /// The same with texts of its own, to be sent elsewhere.
    pub fn into_owned(self) -> Record<'static> {
        match self {
            Self::Message(Message { level, text, at }) => Record::Message(Message {
                level,
                text: owned(text),
                at: at.map(|p| Position { file: owned(p.file), line: p.line, column: p.column }),
            }),
            Self::Start { id, parent, level, activity, text } => Record::Start {
                id,
                parent,
                level,
                activity: activity.into_owned(),
                text: owned(text),
            },
            Self::Stop { id } => Record::Stop { id },
            Self::Result { id, report } => Record::Result { id, report: report.into_owned() },
            Self::Unknown => Record::Unknown,
        }
    }
}

impl Activity<'_> {
    fn into_owned(self) -> Activity<'static> {
        match self {
            Self::Build { drv, host } => Activity::Build { drv: owned(drv), host: owned(host) },
            Self::Substitute { path, from } => {
                Activity::Substitute { path: owned(path), from: owned(from) }
            }
            Self::CopyPath { path, from } => {
                Activity::CopyPath { path: owned(path), from: owned(from) }
            }
            Self::Transfer { url } => Activity::Transfer { url: owned(url) },
            Self::Realise => Activity::Realise,
            Self::Copies => Activity::Copies,
            Self::Builds => Activity::Builds,
            Self::Waiting => Activity::Waiting,
            Self::FetchTree => Activity::FetchTree,
            Self::QueryPath => Activity::QueryPath,
            Self::Hook { drv } => Activity::Hook { drv: owned(drv) },
            Self::Other(kind) => Activity::Other(kind),
        }
    }
}

impl Report<'_> {
    fn into_owned(self) -> Report<'static> {
        match self {
            Self::Log(line) => Report::Log(owned(line)),
            Self::Phase(phase) => Report::Phase(owned(phase)),
            Self::Progress { done, expected, running, failed } => {
                Report::Progress { done, expected, running, failed }
            }
            Self::Expect { kind, count } => Report::Expect { kind, count },
            Self::Fetching(text) => Report::Fetching(owned(text)),
            Self::Ended { drv, outcome } => Report::Ended { drv: owned(drv), outcome },
            Self::Other(kind) => Report::Other(kind),
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}
