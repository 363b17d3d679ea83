//! A new file.

use super::temporary::Temporary;
use super::{Look, Place, appeared_since, look};
use crate::problem::Problem;

/// Makes a new file with exactly `mode`, whatever the umask. `written` is called when it is whole
/// under `temporary` and not in place yet.
///
/// # Errors
/// When anything is there: it stays as it is, whoever put it there and however late.
pub fn create(
    place: &Place,
    bytes: &[u8],
    mode: u32,
    temporary: &str,
    written: &dyn Fn(),
) -> Result<(), Problem> {
    // Saves writing where it cannot end well; the rename below is what really protects.
    if !matches!(look(place)?, Look::Nothing) {
        return Err(appeared_since(&place.path));
    }
    let mut file = Temporary::write(place, temporary, bytes)?;
    file.finish(mode)?;
    written();
    file.place_new()
}
