//! The core of doorstep: it reads a fleet, asks, plans, shows, applies, records and undoes.
//!
//! ```text
//! host + fleet ─► questions ─► answers ─► plan ─► preview ─► apply ─► receipt ─► undo
//!                     ▲                    │ pure               │ emits Event
//!        tui │ prompts │ headless ◄────────┴────────────────────┘  each folds the same events
//! ```
//!
//! - Looking: [`host`] (the only reader of the environment), [`fleet`] with [`nix`] and [`sops`],
//!   [`key`], [`git`]; `survey` gathers from them what questions and steps are given.
//! - Asking: [`question`], [`answers`]; neither reads anything.
//! - Planning: [`step`] and [`template`] make a [`plan`], [`splice`] its edits; nothing is touched.
//! - Doing: [`apply`] carries it out through the verbs of [`files`], [`git`] and [`activate`] and
//!   writes a [`receipt`]; [`undo`] takes it back. Only [`run`] spawns, under a [`lock`]. What happens
//!   is an [`event`], what cannot be done a [`problem`].
//! - Showing: [`front`], the only one that may name a terminal library; [`command`] picks one.
//! - [`explain`] names the cause that a log shows; [`check`] looks for what is wrong here; [`look`]
//!   does either beside everything else.
//! - [`secrets`] finds, opens and changes a fleet's encrypted files, one or all of them.
//! - [`onboard`] leads through all of it, for one person or for several in one run; [`practice`]
//!   brings a fleet to try it on.

pub mod activate;
pub mod answers;
pub mod apply;
pub mod check;
pub mod command;
mod counted;
pub mod event;
pub mod explain;
pub mod files;
pub mod fleet;
pub mod front;
pub mod git;
pub mod host;
pub mod key;
pub mod lock;
pub mod look;
pub mod nix;
pub mod onboard;
mod parallel;
pub mod plan;
pub mod practice;
pub mod problem;
pub mod question;
pub mod receipt;
pub mod run;
pub mod secrets;
pub mod sops;
pub mod splice;
pub mod step;
mod survey;
pub mod template;
pub mod undo;
