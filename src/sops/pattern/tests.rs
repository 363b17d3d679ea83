use super::*;
use proptest::prelude::*;

#[test]
fn is_unanchored_and_ascii() {
    let pattern = Pattern::new(r"^(data|\d+)").unwrap();
    assert!(pattern.matches("data_x") && pattern.matches("12"));
    assert!(!pattern.matches("xdata") && !pattern.matches("٣"));
    assert!(Pattern::new(r"^\pL$").unwrap().matches("é"));
    assert!(Pattern::new("ü").unwrap().matches("Grüße"));
    // Go looks at characters, not at bytes.
    assert!(Pattern::new("^.$").unwrap().matches("é"));
}

#[test]
fn what_cannot_be_evaluated_says_why() {
    let why = |p: &str| Pattern::new(p).unwrap_err().to_string();
    insta::assert_snapshot!(why("("), @"the pattern `(` cannot be evaluated: unclosed group");
    insta::assert_snapshot!(why(r"\Qa\E"), @r"the pattern `\Qa\E` cannot be evaluated: it holds an escape that Go and this program read differently");
    insta::assert_snapshot!(why("(?=x)"), @"the pattern `(?=x)` cannot be evaluated: look-around, including look-ahead and look-behind, is not supported");
    insta::assert_snapshot!(why("(?<!x)y"), @"the pattern `(?<!x)y` cannot be evaluated: look-around, including look-ahead and look-behind, is not supported");
    insta::assert_snapshot!(why("[a--b]"), @"the pattern `[a--b]` cannot be evaluated: `--` in a class is read differently by Go");
    assert!(Pattern::new(r"a--b\\<?").is_ok());
    // Signs that combine classes in the crate are themselves in Go.
    assert!(Pattern::new("^[a&&b]$").unwrap().matches("&"));
}

#[test]
fn ordinary_patterns_are_unanchored() {
    for (pattern, path, answer) in [
        (r"secrets/[^/]+\.(yaml|json)$", "x/secrets/zoe.yaml", true),
        (r"secrets/[^/]+\.(yaml|json)$", "secrets/users/zoe.yaml", false),
        (r"^secrets.yaml$", "secretsAyaml", true),
        (r"^secrets/zoe\.yaml$", "old/secrets/zoe.yaml", false),
        ("", "anything", true),
        (r".*", "é", true),
        (r"hosts/.{1,3}\.yaml", "hosts/é.yaml", true),
        (r"\.ya?ml$", "zoe.yml", true),
        (r"users/(?P<who>zoe|ada)/", "users/ada/x", true),
        (r"(?i)ZOE", "secrets/zoe", true),
        (r"a[&~[]b", "a~b", true),
        (r"a\<b", "a<b", true),
    ] {
        assert_eq!(matches(pattern, path), Ok(answer), "{pattern} on {path}");
    }
}

#[test]
fn perl_classes_are_ascii_as_in_go() {
    assert_eq!(matches(r"^\w$", "é"), Ok(false));
    assert_eq!(matches(r"^\d$", "٣"), Ok(false));
    assert_eq!(matches(r"^[\w-]+$", "a-b"), Ok(true));
    assert_eq!(matches(r"^\pL$", "é"), Ok(true));
    assert_eq!(matches(r"^\x{e9}$", "é"), Ok(true));
}

#[test]
fn what_go_reads_otherwise_is_unreadable_and_not_a_mismatch() {
    for pattern in [
        r"\Qa.b\E",
        "a{,3}",
        "a{b}",
        "a**",
        "a++",
        "a{1001}",
        r"\b{start}x",
        "(?x)a b",
        "a{2}{3}",
        r"[a--b]",
        r"\u00e9",
        "(unclosed",
        "a)",
        r"(?=x)",
        "x\\",
        "[",
        r"\123",
        "*x",
    ] {
        assert!(matches(pattern, "zz").is_err(), "{pattern}");
    }
}

proptest! {
    #[test]
    fn a_quoted_path_matches_itself_and_no_other(path in "[ -~é]{1,24}", other in "[ -~é]{1,24}") {
        let pattern = format!("^{}$", quote(&path));
        prop_assert_eq!(matches(&pattern, &path), Ok(true));
        prop_assert_eq!(matches(&pattern, &other), Ok(path == other));
    }

    #[test]
    fn the_short_cut_agrees_with_the_engine(pattern in "[ab./^$*+?\\[\\]\\\\-]{0,10}", path in "[ab./-]{0,10}") {
        if let (Ok(answer), Ok(regex)) = (matches(&pattern, &path), Regex::new(&pattern)) {
            prop_assert_eq!(answer, regex.is_match(path.as_bytes()));
        }
    }
}
