//! Lines at the end of a key file. What is there already is never written again, not even with
//! the same bytes: another program may be adding to the file at this moment.

use std::io::Write as _;

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::look::{Fingerprint, Look, Seen, look_with};
use super::{Place, changed_since, failed, gone_since, is_a};
use crate::problem::Problem;

/// The whole content after [`append`]: on a line of its own, whatever stood at the end.
pub fn appended(prior: &[u8], addition: &[u8]) -> Zeroizing<Vec<u8>> {
    // Room for all of it from the start: a vector that grows leaves copies of a secret behind.
    let mut whole = Zeroizing::new(Vec::with_capacity(prior.len() + 1 + addition.len()));
    whole.extend_from_slice(prior);
    if prior.last().is_some_and(|last| *last != b'\n') {
        whole.push(b'\n');
    }
    whole.extend_from_slice(addition);
    whole
}

/// Adds to a file that still is what `before` says.
pub fn append(place: &Place, before: &Fingerprint, addition: &[u8]) -> Result<(), Problem> {
    let mut seen = open(place)?;
    if !seen.fingerprint().same_content(before) {
        return Err(changed_since(&place.path));
    }
    let whole = appended(&seen.bytes, addition);
    // One write: it lands whole or not at all as far as anybody can see.
    let added = seen.file.write_all(&whole[seen.bytes.len()..]).and_then(|()| seen.file.sync_all());
    added.map_err(|e| {
        let prefix_of_ours = |now: &Seen| {
            now.bytes.len() <= whole.len()
                && now.bytes.len() > before.length as usize
                && whole.starts_with(&now.bytes)
        };
        // A full disk can take half of it. That half is ours to take back; nothing else is.
        if open(place).is_ok_and(|now| prefix_of_ours(&now)) {
            let _ = seen.file.set_len(before.length);
        }
        failed("written", &place.path, e)
    })
}

/// Takes an addition back: only when the file is exactly what it was after it.
///
/// # Errors
/// When it is anything else; it stays as it is.
pub fn cut_back(place: &Place, before: &Fingerprint, after: &Fingerprint) -> Result<(), Problem> {
    let seen = open(place)?;
    let prior = usize::try_from(before.length).unwrap_or(usize::MAX);
    let prefix = seen.bytes.get(..prior).map(|bytes| Fingerprint::of(bytes, before.mode));
    let ours = seen.fingerprint().same_content(after)
        && prefix.is_some_and(|prefix| prefix.same_content(before));
    if !ours {
        return Err(changed_since(&place.path));
    }
    seen.file
        .set_len(before.length)
        .and_then(|()| seen.file.sync_all())
        .map_err(|e| failed("cut back", &place.path, e))
}

fn open(place: &Place) -> Result<Seen, Problem> {
    match look_with(place, OFlags::RDWR | OFlags::APPEND)? {
        Look::Nothing => Err(gone_since(&place.path)),
        Look::Other(kind) => Err(is_a(&place.path, kind)),
        Look::File(seen) => Ok(seen),
    }
}
