//! The changed text is read again and must say what was intended.

use super::EditError;
use crate::sops::cipher::DataKey;
use crate::sops::file::{EncryptedFile, Format, Opening};
use crate::sops::tree::{Map, Step};

/// `text` opens with `key`, its MAC is right, and it holds exactly `intended`.
pub(super) fn holds(
    text: &str,
    format: Format,
    key: &DataKey,
    intended: &[Opening],
) -> Result<(), EditError> {
    let file = EncryptedFile::parse(text, format)?;
    if file.open_with(key)? == intended {
        Ok(())
    } else {
        Err(EditError::Proof("it holds other values"))
    }
}

/// Every `sops` block of `text` is that of `before`, but for the keys `except`.
pub(super) fn same_block(
    before: &EncryptedFile,
    text: &str,
    format: Format,
    except: &[&str],
) -> Result<(), EditError> {
    let after = EncryptedFile::parse(text, format)?;
    let kept = |map: &Map| -> Vec<(String, crate::sops::tree::Node)> {
        let pairs = map.pairs().filter(|(key, _)| !except.contains(key));
        pairs.map(|(key, node)| (key.to_owned(), node.clone())).collect()
    };
    let mut pairs = before.blocks().zip(after.blocks());
    let same = before.blocks().count() == after.blocks().count()
        && pairs.all(|(before, after)| {
            let (Some(before), Some(after)) = (before.node.as_map(), after.node.as_map()) else {
                return false;
            };
            let (before, after) = (kept(before), kept(after));
            before.len() == after.len()
                && before.iter().zip(&after).all(|((ka, a), (kb, b))| ka == kb && a.same(b))
        });
    if same { Ok(()) } else { Err(EditError::Proof("its `sops` block has other entries")) }
}

/// Puts `value` at `at`, as the text's change did. `None`: it cannot be there.
pub(super) fn put(opening: &mut Opening, at: &[Step], value: Opening) -> Option<()> {
    let Some((step, rest)) = at.split_first() else {
        *opening = value;
        return Some(());
    };
    let child = match (opening, step) {
        (Opening::Map(pairs), Step::Key(key)) => {
            let at = pairs.iter().position(|(name, _)| name == key);
            let at = at.unwrap_or_else(|| {
                pairs.push((key.clone(), Opening::Map(Vec::new())));
                pairs.len() - 1
            });
            &mut pairs.get_mut(at)?.1
        }
        (Opening::List(items), Step::Index(index)) => {
            if *index == items.len() {
                items.push(Opening::Map(Vec::new()));
            }
            items.get_mut(*index)?
        }
        _ => return None,
    };
    put(child, rest, value)
}

/// Takes out what is at `at`.
pub(super) fn take(opening: &mut Opening, at: &[Step]) -> Option<()> {
    let (step, rest) = at.split_first()?;
    match (opening, step) {
        (Opening::Map(pairs), Step::Key(key)) => {
            let at = pairs.iter().position(|(name, _)| name == key)?;
            if rest.is_empty() {
                pairs.remove(at);
                return Some(());
            }
            take(&mut pairs.get_mut(at)?.1, rest)
        }
        (Opening::List(items), Step::Index(index)) if rest.is_empty() => {
            (*index < items.len()).then(|| drop(items.remove(*index)))
        }
        (Opening::List(items), Step::Index(index)) => take(items.get_mut(*index)?, rest),
        _ => None,
    }
}
