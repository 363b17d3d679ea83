//! Rules that an earlier one keeps from ever winning.

use crate::secrets::Found;
use crate::sops::config::Rule;

/// Signs by which a part of a pattern may be left out or stand for something else.
const SIGNS: &[char] = &['|', '?', '*', '+', '{', '[', '(', '.', '^', '$', '\\'];

/// Whether `before` matches whatever `rule` does, as far as that can be told from the patterns
/// alone: it matches everything, is the same, or is a plain text that every match of `rule` holds.
pub(super) fn covers(before: &Rule, rule: &Rule) -> bool {
    let Some(broad) = before.path_regex.as_deref() else { return true };
    if matches!(broad, "" | ".*" | "^.*$" | ".") || before.path_regex == rule.path_regex {
        return true;
    }
    let narrow = rule.path_regex.as_deref().unwrap_or_default();
    !broad.contains(SIGNS) && always_holds(narrow).contains(broad)
}

/// A text that is in every match of `pattern`: what it begins with, up to the first sign.
fn always_holds(pattern: &str) -> &str {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    if pattern.contains('|') {
        return "";
    }
    match pattern.find(SIGNS) {
        // The sign before `?` or `*` may be left out.
        Some(end) if pattern[end..].starts_with(['?', '*', '{']) => {
            let last = pattern[..end].chars().next_back().map_or(0, char::len_utf8);
            &pattern[..end - last]
        }
        Some(end) => &pattern[..end],
        None => pattern,
    }
}

/// Whether, of the files that are here, `before` matches all that `rule` does and others besides: then
/// it is no exception from `rule`, which stands below it in vain.
pub(super) fn is_broader(before: &Rule, rule: &Rule, files: &[Found]) -> bool {
    let matches = |rule: &Rule, file: &Found| rule.matches(&file.path) == Ok(true);
    let (own, others): (Vec<&Found>, Vec<&Found>) =
        files.iter().partition(|file| matches(rule, file));
    !own.is_empty()
        && own.iter().all(|file| matches(before, file))
        && others.iter().any(|file| matches(before, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(broad: &str, narrow: &str) -> bool {
        let rule = |pattern: &str| Rule {
            index: 0,
            line: 1,
            path_regex: Some(pattern.to_owned()),
            groups: Vec::new(),
        };
        covers(&rule(broad), &rule(narrow))
    }

    #[test]
    fn a_plain_text_covers_what_always_holds_it() {
        for (broad, narrow) in [
            (".*", "anything"),
            ("secrets/", "secrets/zoe\\.yaml$"),
            ("secrets/", "^secrets/users/[^/]+$"),
            ("secrets", "secrets/?zoe"),
            ("a(b", "a(b"),
        ] {
            assert!(covered(broad, narrow), "{broad} {narrow}");
        }
        for (broad, narrow) in [
            ("secrets/", "secrets/?zoe"),
            ("secrets/", "other|secrets/zoe"),
            ("^secrets/", "secrets/zoe"),
            ("zoe", "secrets/.*zoe"),
            ("secrets/zoe", "secrets/"),
        ] {
            assert!(!covered(broad, narrow), "{broad} {narrow}");
        }
    }
}
