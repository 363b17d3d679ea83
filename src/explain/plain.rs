//! A line as its program wrote it: without colours, progress that was overwritten, and what other
//! programs put before it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::front::sanitise;

/// What programs put before the lines of others, taken off again and again.
static PREFIXES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // Boxes of terraform and nix-output-monitor, quotes of mail and markdown, Nix's last lines
        // of a log. Not `| `: that is sops's own wrapping.
        r"^\s*[│┃▌]\s?|^\s*> ",
        // clan's machine.
        r"^\[[A-Za-z0-9_.@-]+\]:? +",
        // The journal and syslog, in any language's months; then dmesg-like and ISO forms.
        r"^\p{L}{3,4}\.? +\d{1,2} \d\d:\d\d:\d\d \S+ [^\s\[\]:]+(?:\[\d+\])?: ",
        r"^\d{4}-\d\d-\d\dT\S+ \S+ [^\s\[\]:]+\[\d+\]: ",
        r"^\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\s+",
        r"^\d\d:\d\d:\d\d(?:[.,]\d+)?\s+",
        // Nix's builders with `--print-build-logs`.
        r"^[A-Za-z0-9][A-Za-z0-9+._?=-]*> ",
        // GitHub's runners.
        r"^##\[(?:error|warning|debug)\]",
    ]
    .iter()
    // Fixed expressions; a test compiles every one.
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// The texts that one line of a log stands for: a progress line that was overwritten is several,
/// and so is a record of Nix's structured log.
pub(super) fn texts(line: &str) -> Vec<Cow<'_, str>> {
    let line = kept(line.trim_end_matches(['\r', '\n']));
    let record = line.find("@nix {").map(|at| &line[at + 5..]);
    let record = record.or_else(|| line.starts_with("{\"action\":").then_some(line));
    if let Some(texts) = record.and_then(of_record) {
        return texts;
    }
    line.split('\r').filter(|part| !part.is_empty()).map(sanitise).collect()
}

/// A line of a log that doorstep kept, without its time and mark (`crate::activate::kept_log`).
fn kept(line: &str) -> &str {
    let marked =
        line.split_once(' ').filter(|(at, _)| at.bytes().all(|byte| byte.is_ascii_digit()));
    let text = marked.and_then(|(at, rest)| {
        let text = ["o ", "e ", "r ", "t "].iter().find_map(|mark| rest.strip_prefix(mark))?;
        (!at.is_empty()).then_some(text)
    });
    text.unwrap_or(line)
}

/// The words of a record of `--log-format internal-json`: a message, or a line of a build's log.
fn of_record(json: &str) -> Option<Vec<Cow<'static, str>>> {
    let record: Value = serde_json::from_str(json).ok()?;
    let text = match record.get("action")?.as_str()? {
        "msg" => record.get("msg")?.as_str()?,
        "result" => record.get("fields")?.get(0)?.as_str().unwrap_or_default(),
        _ => "",
    };
    Some(text.lines().map(|line| Cow::Owned(sanitise(line).into_owned())).collect())
}

/// The line to be matched: without prefixes, and with every kind of quotation mark as `"`, because
/// programs differ in theirs from version to version.
pub(super) fn to_match(text: &str) -> String {
    let mut rest = text;
    for _ in 0..4 {
        let before = rest;
        for prefix in PREFIXES.iter() {
            if let Some(found) = prefix.find(rest).filter(|found| !is_tag(found.as_str())) {
                rest = &rest[found.end()..];
            }
        }
        if rest.len() == before.len() {
            break;
        }
    }
    rest.trim_end()
        .chars()
        .map(|c| match c {
            '\'' | '`' | '´' | '‘' | '’' | '“' | '”' | '«' | '»' => '"',
            '\u{a0}' | '\u{202f}' => ' ',
            c => c,
        })
        .collect()
}

/// Brackets in which a program names itself or how bad it is, rather than clan a machine.
fn is_tag(prefix: &str) -> bool {
    const TAGS: [&str; 8] =
        ["age", "agenix", "cmd", "error", "helm-secrets", "info", "pgp", "warn"];
    let inside = prefix.trim_end().trim_end_matches(':').trim_matches(['[', ']']);
    prefix.starts_with('[') && TAGS.contains(&inside.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Vec<String> {
        texts(line).iter().map(|text| to_match(text)).collect()
    }

    #[test]
    fn prefixes_come_off() {
        assert_eq!(PREFIXES.len(), 8);
        for (line, text) in [
            ("[quartz] error: x", "error: x"),
            ("[helm-secrets] Decrypt", "[helm-secrets] Decrypt"),
            ("Nov 20 14:02:11 granite hm-activate-zoe[1234]: Starting", "Starting"),
            ("nov 27 12:08:59 laptop systemd[1]: Starting", "Starting"),
            ("2025-06-01T10:00:00+0000 granite sops-install-secrets[12]: y", "y"),
            ("2024/07/01 23:10:40 mount ret", "mount ret"),
            ("2025-01-02T03:04:05.1234567Z ##[error]z", "z"),
            ("home-manager-path> created 3 symlinks", "created 3 symlinks"),
            ("┃        > error: w", "error: w"),
            ("18:05:04    age1qq: FAILED", "age1qq: FAILED"),
            ("    - | failed", "    - | failed"),
            ("plain: text", "plain: text"),
        ] {
            assert_eq!(shown(line), [text], "{line}");
        }
    }

    #[test]
    fn what_was_overwritten_is_kept_as_well() {
        assert_eq!(shown("[1/3 built]\r\u{1b}[Kerror: late"), ["[1/3 built]", "error: late"]);
    }

    #[test]
    fn every_quotation_mark_is_the_same() {
        assert_eq!(shown("path ‘/x’ or `y' or “z”"), [r#"path "/x" or "y" or "z""#]);
    }

    #[test]
    fn records_of_the_structured_log_are_read() {
        let line = r#"@nix {"action":"msg","level":0,"msg":"\u001b[31;1merror:\u001b[0m attribute '\u001b[35;1mnope\u001b[0m' missing\n       at /x:1:2:"}"#;
        assert_eq!(shown(line), [r#"error: attribute "nope" missing"#, "       at /x:1:2:"]);
        let line = r#"@nix {"action":"result","fields":["no space"],"id":1,"type":101}"#;
        assert_eq!(shown(line), ["no space"]);
        assert_eq!(shown(r#"@nix {"action":"stop","id":1}"#), Vec::<String>::new());
        assert_eq!(shown("@nix {broken"), ["@nix {broken"]);
    }

    #[test]
    fn a_log_that_doorstep_kept_is_read() {
        assert_eq!(shown("31 e     - | failed"), ["    - | failed"]);
        let line = r#"40 r {"action":"msg","level":0,"msg":"error: x"}"#;
        assert_eq!(shown(line), ["error: x"]);
        assert_eq!(shown("12 errors"), ["12 errors"]);
        assert_eq!(shown("0 $ build nix build"), ["0 $ build nix build"]);
    }
}
