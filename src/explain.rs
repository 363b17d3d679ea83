//! Explains a log: names the cause that it shows, the line that shows it, and how sure that is.
//!
//! ```text
//! bytes ─► read ─► lines made plain ─► signals ─► causes ─► machine ─► explanation
//!          (prefilter)   (catalogue's patterns)    (resolve)  (confirms, rules out)
//! ```
//!
//! What is known stands in `assets/diagnosis` as data; nothing here knows one cause from another.
//! No terminal, no process and no network: what the machine says comes through [`Machine`].
//!
//! How sure a cause is:
//! - [`Confidence::Sure`]: its text has no other cause, or the machine was looked at and confirms it.
//! - [`Confidence::Likely`]: its text has this cause nearly always; nothing was checked.
//! - [`Confidence::Possible`]: the text fits, but others are as probable. Never alone a reason to act.

pub mod catalogue;
mod literal;
pub mod machine;
mod mask;
mod plain;
mod read;
mod resolve;
mod scan;
mod suspects;
mod wrap;

pub use catalogue::Catalogue;
pub use machine::{Answer, Elsewhere, Machine, Query};
pub(crate) use mask::Mask;
pub use mask::mask;
pub use read::{Contents, Log, read};
pub(crate) use resolve::fill;
pub use resolve::{
    Cause, Checked, Confidence, Explanation, Noise, RuledOut, Shown, explain, explain_elsewhere,
};

#[cfg(test)]
mod tests;
