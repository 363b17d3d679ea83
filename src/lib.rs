//! The core of doorstep: it reads a fleet, asks, plans, shows, applies, records and undoes.
//!
//! ```text
//! host + fleet ─► questions ─► answers ─► plan ─► preview ─► apply ─► receipt ─► undo
//!                     ▲                    │ pure               │ emits Event
//!        tui │ prompts │ headless ◄────────┴────────────────────┘  each folds the same events
//! ```
//!
//! Only [`front`] may name a terminal library; only [`host`] reads the environment; only
//! [`apply`] and [`receipt`] change the world, and they do it through the few verbs of
//! [`plan::Change`].

pub mod activate;
pub mod answers;
pub mod apply;
pub mod command;
pub mod event;
pub mod files;
pub mod fleet;
pub mod front;
pub mod git;
pub mod host;
pub mod key;
pub mod lock;
pub mod nix;
pub mod onboard;
pub mod plan;
pub mod practice;
pub mod problem;
pub mod question;
pub mod receipt;
pub mod run;
pub mod sops;
pub mod splice;
pub mod step;
mod survey;
pub mod template;
pub mod undo;
