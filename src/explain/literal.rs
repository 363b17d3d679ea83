//! Which words a pattern cannot match without: with them a log of any size is searched once, fast,
//! before any pattern is tried.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// A fragment shorter than this is in too many lines to sift anything.
const SHORTEST: usize = 4;

/// Fragments of which every matching line holds at least one. `None`: the pattern has none.
///
/// A fragment never reaches over a quotation mark or a `label: `: Nix writes colour codes there,
/// and the log is searched before those are taken out.
pub(super) fn required(pattern: &str) -> Option<Vec<String>> {
    let hir = ParserBuilder::new().build().parse(pattern).ok()?;
    of(&hir)
}

fn of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            let fragments = text.split('"').flat_map(|part| part.split(": "));
            let longest = fragments.max_by_key(|fragment| fragment.len())?;
            (longest.len() >= SHORTEST).then(|| vec![longest.to_ascii_lowercase()])
        }
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Concat(parts) => {
            parts.iter().filter_map(of).max_by_key(|fragments| {
                let shortest = fragments.iter().map(String::len).min().unwrap_or(0);
                // Of two equally long the one that needs fewer words sifts better.
                (shortest, usize::MAX - fragments.len())
            })
        }
        HirKind::Alternation(ways) => {
            let each: Option<Vec<_>> = ways.iter().map(of).collect();
            Some(each?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Option<Vec<String>> {
        required(pattern)
    }

    #[test]
    fn the_longest_fragment_sifts() {
        assert_eq!(of("MAC mismatch"), Some(vec!["mac mismatch".into()]));
        assert_eq!(of(r#"path ".*" does not exist"#), Some(vec![" does not exist".into()]));
        assert_eq!(
            of("error: syntax error, unexpected"),
            Some(vec!["syntax error, unexpected".into()])
        );
        assert_eq!(of(r"(?:Bootstrap|Load) failed\b"), Some(vec![" failed".into()]));
        assert_eq!(of("(?:disk full|no space)"), Some(vec!["disk full".into(), "no space".into()]));
    }

    #[test]
    fn a_pattern_without_words_has_none() {
        assert_eq!(of(r"\d+ [a-z]+"), None);
        assert_eq!(of("(?:long enough)?x"), None);
        assert_eq!(of("(?:long enough|x)"), None);
    }
}
