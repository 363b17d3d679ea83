//! Nix's structured log: its records read, and folded into a state that any front end can draw.
//!
//! A record is one JSON object on a line of its own: behind `@nix ` on standard error with
//! `--log-format internal-json`, bare on the socket or file of `json-log-path`. The protocol is
//! not documented and differs between versions and forks, so whatever is not known here (an
//! action, a type, a field) is left out and never an error: a log must not stop a build.
//!
//! Nothing here reads a clock, runs a program or writes to a terminal. Texts are Nix's own, with
//! whatever a builder printed in them: they are hostile until a front end has sanitised them.

mod build;
mod failure;
mod parse;
mod record;
mod speaker;
mod version;
mod words;

pub use build::{Build, Bytes, Counts, Finished, Machine, Phase, Running, Stage, Task, name_of};
pub(crate) use failure::advice;
pub use failure::{Failing, Failure, unreachable};
pub use parse::{Line, line, record};
pub use record::{Activity, Message, Outcome, Position, Record, Report};
pub use speaker::{Speaker, Transport};
pub use version::Version;
pub(crate) use words::cut;
pub use words::{human, plain};
