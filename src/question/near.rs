//! Did you mean: the known name closest to what was typed.

/// The candidate that is at most two slips away from `word` (one for short words); the first of
/// equals. A slip is a character added, left out, changed, or swapped with its neighbour.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let typed: Vec<char> = word.to_lowercase().chars().take(80).collect();
    let allowed = if typed.len() < 5 { 1 } else { 2 };
    let far =
        |candidate: &&str| slips(&typed, &candidate.to_lowercase().chars().collect::<Vec<_>>());
    candidates
        .into_iter()
        .filter(|c| !c.is_empty() && c.len() < 400)
        .map(|c| (far(&c), c))
        .filter(|(slips, _)| *slips <= allowed)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, c)| c)
}

/// ` Did you mean quartz?`, or nothing.
pub(crate) fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> String {
    nearest(word, candidates).map(|c| format!(" Did you mean {c}?")).unwrap_or_default()
}

/// The optimal string alignment distance.
fn slips(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_as_people_make_them() {
        let known = ["quartz", "core", "aggregate-shell", "AI"];
        assert_eq!(nearest("quatrz", known), Some("quartz"));
        assert_eq!(nearest("Quartz", known), Some("quartz"));
        assert_eq!(nearest("cor", known), Some("core"));
        assert_eq!(nearest("agregate-shel", known), Some("aggregate-shell"));
        assert_eq!(nearest("ai", known), Some("AI"));
        assert_eq!(nearest("kernel", known), None);
        assert_eq!(nearest("cxyz", known), None);
        assert_eq!(nearest("", known), None);
    }
}
