//! The verbs on files: create, replace, append, set a mode, remove. All that ever touches a
//! person's files goes through here.
//!
//! What holds for every verb:
//! * the folder is resolved once, must lie in the bounds, and is then held open: names are looked
//!   up in it and never followed, so that a link swapped in later leads nowhere;
//! * a file is whole or not there: it is written under a name of its own in the same folder,
//!   synced, and put in place by one rename;
//! * what is replaced is compared once more just before the rename;
//! * what was there is never overwritten by a verb that makes something new.
//!
//! It must never print, log or put into a problem what a file holds.

mod append;
mod create;
mod look;
mod mode;
mod place;
mod remove;
mod replace;
mod temporary;

use std::io;
use std::path::Path;

use rustix::io::Errno;

use crate::problem::Problem;

pub use append::{append, appended, cut_back};
pub use create::create;
pub use look::{Fingerprint, Look, Seen, digest, look};
pub(crate) use mode::octal;
pub use mode::{mode_of, set_mode};
pub use place::{Place, Spot, inside, remove_empty_folders};
pub use remove::remove;
pub use replace::{Replacement, replace};
pub(crate) use temporary::is_temporary;
pub use temporary::{new_temporary_name, remove_temporary};

/// What an operation on `path` failed with, for people. `doing` continues "cannot be", such as
/// `written`.
pub(crate) fn failed(doing: &str, path: &Path, error: impl Into<io::Error>) -> Problem {
    let error = error.into();
    let shown = path.display();
    let cannot = format!("`{shown}` cannot be {doing}");
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOSPC | Errno::DQUOT) => Problem::tool(format!("{cannot}: the disk is full"))
            .cause(error)
            .hint("free some space, then go on with `doorstep resume`"),
        Some(Errno::ROFS) => Problem::tool(format!("{cannot}: its file system is read-only")),
        Some(Errno::ACCESS | Errno::PERM) => {
            Problem::user(format!("{cannot}: you may not")).cause(error)
        }
        Some(Errno::LOOP) => is_a(path, "a symbolic link"),
        Some(Errno::ISDIR) => is_a(path, "a folder"),
        _ => Problem::tool(cannot).cause(error),
    }
}

/// Something other than an ordinary file is at `path`.
pub(crate) fn is_a(path: &Path, kind: &str) -> Problem {
    Problem::user(format!("`{}` is {kind}, so it is left alone", path.display()))
        .cause("doorstep changes ordinary files only, and follows no link to one")
}

/// `path` is not what the plan was made from.
pub(crate) fn changed_since(path: &Path) -> Problem {
    Problem::user(format!("`{}` was changed since the plan was made", path.display()))
        .hint("look it over and run doorstep again; it plans anew from what is there now")
}

/// `path` was free when the plan was made.
pub(crate) fn appeared_since(path: &Path) -> Problem {
    Problem::user(format!("`{}` is there already", path.display()))
        .cause(
            "it was not there, or was something else, when the plan was made; it was not touched",
        )
        .hint("look it over and run doorstep again; it plans anew from what is there now")
}

/// `path` was there when the plan was made.
pub(crate) fn gone_since(path: &Path) -> Problem {
    Problem::user(format!("`{}` is not there any more", path.display()))
        .hint("run doorstep again; it plans anew from what is there now")
}

#[cfg(test)]
mod tests;
