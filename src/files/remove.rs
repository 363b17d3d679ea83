//! A file that we made, taken away again.

use rustix::fs::AtFlags;

use super::look::{Fingerprint, Look, look};
use super::{Place, changed_since, failed, is_a};
use crate::problem::Problem;

/// Removes a file that still holds what `expected` says. Whether there was one.
///
/// # Errors
/// When it holds anything else; it stays as it is.
pub fn remove(place: &Place, expected: &Fingerprint) -> Result<bool, Problem> {
    match look(place)? {
        Look::Nothing => return Ok(false),
        Look::Other(kind) => return Err(is_a(&place.path, kind)),
        Look::File(seen) if !seen.fingerprint().same_content(expected) => {
            return Err(changed_since(&place.path));
        }
        Look::File(_) => {}
    }
    rustix::fs::unlinkat(&place.folder, &place.name, AtFlags::empty())
        .map_err(|e| failed("removed", &place.path, e))?;
    place.sync_folder()?;
    Ok(true)
}
