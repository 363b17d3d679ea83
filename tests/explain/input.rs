//! Logs that are none, are huge, or hold what nobody may see.

use std::io::{Cursor, Read};
use std::process::{Command, Output, Stdio};

use doorstep::explain::{Catalogue, Contents, explain_elsewhere, read};

use crate::{explained, told};

const KEY: &str = "AGE-SECRET-KEY-1QQPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGP";

fn doorstep(args: &[&str], input: &[u8]) -> Output {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_doorstep"))
        .arg("explain")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It may end before it has read everything.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn an_empty_log_holds_nothing() {
    for empty in ["", "\n\n  \n"] {
        let output = doorstep(&["--elsewhere"], empty.as_bytes());
        assert_eq!(
            (text(&output.stdout).as_str(), output.status.code()),
            ("Nothing in it.\n", Some(1))
        );
    }
}

#[test]
fn garbage_is_no_log() {
    let garbage: Vec<u8> =
        (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let output = doorstep(&["-", "--elsewhere"], &garbage);
    assert_eq!(text(&output.stdout), "This is no log: it holds something other than text.\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let output = doorstep(&["/nowhere/log"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: `/nowhere/log` cannot be read\ncause: "));
    let output = doorstep(&["/"], b"");
    assert!(text(&output.stderr).contains("hint: name the log itself"));
}

#[test]
fn an_unknown_error_is_said_to_be_unknown() {
    let log = "compiling\nerror: the moon is not in its place\n";
    let output = doorstep(&["--elsewhere"], log.as_bytes());
    assert_eq!(
        text(&output.stdout),
        "doorstep does not know this error. These lines look most like its cause:\n  line 2: error: the moon is not in its place\n"
    );
    assert_eq!(output.status.code(), Some(1));
    let output = doorstep(&["--elsewhere", "--json"], log.as_bytes());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["causes"], serde_json::json!([]));
    assert_eq!(json["suspects"][0]["line"], 2);
}

#[test]
fn a_private_key_appears_in_no_output() {
    let log = format!(
        "SOPS_AGE_KEY={KEY} sops -d x\nerror: failed to parse '{KEY}' age identities: malformed secret key\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----\nerror: no {KEY}\n"
    );
    for args in [&["--elsewhere"][..], &["--elsewhere", "--json"]] {
        let output = doorstep(args, log.as_bytes());
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(!all.contains("1QQPQYQ") && !all.contains("b3Blbn"), "{all}");
        assert!(
            all.contains("age-key-malformed") && all.to_lowercase().contains("private"),
            "{all}"
        );
    }
}

#[test]
fn what_a_log_holds_cannot_act_on_the_terminal() {
    let log = "\u{1b}]0;title\u{7}error: Path '\u{1b}[2Jx\u{202e}y' in the repository \"/f\" is not tracked by Git.\n";
    let output = doorstep(&["--elsewhere"], log.as_bytes());
    let shown = text(&output.stdout);
    assert!(
        !shown.contains('\u{1b}')
            && !shown.contains('\u{202e}')
            && shown.contains("untracked-file"),
        "{shown}"
    );
}

#[test]
fn prefixes_colours_and_progress_do_not_hide_a_cause() {
    for (log, class) in [
        (
            "[quartz] \u{1b}[31;1merror:\u{1b}[0m experimental Nix feature '\u{1b}[35;1mflakes\u{1b}[0m' is disabled",
            "experimental-features-disabled",
        ),
        (
            "[1/3 built] fetching\r\u{1b}[Kerror: cannot connect to daemon at '/nix/var/nix/daemon-socket/socket': Connection refused",
            "nix-daemon-not-running",
        ),
        (
            "@nix {\"action\":\"msg\",\"level\":0,\"msg\":\"\\u001b[31;1merror:\\u001b[0m syntax error, unexpected '='\\n       at /f/syn.nix:2:5:\"}",
            "nix-syntax-error",
        ),
        (
            "┃ error: Package ‘x’ in /nix/store/a/b.nix:1 has an unfree license (‘unfree’), refusing to evaluate.",
            "unfree-package",
        ),
        (
            "2025-06-01T10:00:00.1234567Z ##[error]error: Determinate detected, aborting activation",
            "determinate-conflict",
        ),
        // Broken by a terminal of 80 columns, between words and within one.
        (
            "error: Path 'modules/home/users/zoe/default.nix' in the repository \"/home/zoe/\nfleet\" is not tracked by Git.",
            "untracked-file",
        ),
        (
            "error: flake 'git+file:///Users/zoe/.dotfiles?dir=nix-darwin' does not provide\nattribute 'packages.x86_64-darwin.darwinConfigurations.\"MBP.local\".system'",
            "flake-attr-hostname-mismatch",
        ),
        (
            "2025/01/01 10:00:00 failed to create reader for decrypting sops data key: no identity mat\nched any of the recipients",
            "key-not-recipient",
        ),
    ] {
        let explanation = explained(log.as_bytes());
        assert_eq!(
            explanation.causes.first().map(|c| c.class.as_str()),
            Some(class),
            "{:?}",
            told(&explanation)
        );
    }
}

/// A log that is never in memory as a whole: `lines` times a line, with something in between.
struct Long {
    lines: u64,
    done: u64,
    /// After which line, and what.
    special: Vec<(u64, &'static str)>,
    rest: Cursor<Vec<u8>>,
}

impl Long {
    fn new(lines: u64, special: &[(u64, &'static str)]) -> Self {
        Self { lines, done: 0, special: special.to_vec(), rest: Cursor::default() }
    }
}

impl Read for Long {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.rest.read(buffer)?;
        if read > 0 || self.done == self.lines {
            return Ok(read);
        }
        self.done += 1;
        let text = match self.special.iter().find(|(at, _)| *at == self.done) {
            Some((_, text)) => format!("{text}\n"),
            None => format!("hello> checking for function number {} ... yes\n", self.done),
        };
        self.rest = Cursor::new(text.into_bytes());
        self.rest.read(buffer)
    }
}

#[test]
fn a_cause_in_the_middle_of_a_long_log_is_found_with_its_line() {
    let special = [
        (23_456, "       error: attribute 'inputs' missing"),
        (23_458, "          (args.${name} or config._module.args.${name})"),
        (40_000, "    - | failed to create reader for decrypting sops data key with"),
        (40_001, "      | age: no identity matched any of the"),
        (40_002, "      | recipients"),
    ];
    let catalogue = Catalogue::built_in().unwrap();
    let log = read(&mut Long::new(60_000, &special), catalogue).unwrap();
    assert_eq!((log.contents, log.lines), (Contents::Text, 60_000));
    let causes = explain_elsewhere(&log, catalogue).causes;
    let found = |class: &str| {
        causes.iter().find(|c| c.class == class).map(|c| (c.confidence.word(), c.shown[0].line))
    };
    assert_eq!(found("special-arg-not-passed"), Some(("sure", 23_456)));
    assert_eq!(found("key-not-recipient"), Some(("likely", 40_001)));
    assert_eq!(found("attribute-missing"), None);
}

#[test]
fn what_must_not_be_near_is_seen_before_and_after_in_a_long_log() {
    for near in [29_990, 30_010] {
        let special = [
            (near, "homebrew.mxcl.postgresql"),
            (30_000, "Bootstrap failed: 5: Input/output error"),
        ];
        let catalogue = Catalogue::built_in().unwrap();
        let log = read(&mut Long::new(50_000, &special), catalogue).unwrap();
        assert_eq!(explain_elsewhere(&log, catalogue).causes, []);
    }
}

#[test]
fn a_log_without_an_end_of_line_is_read_all_the_same() {
    let mut log = "x".repeat(3_000_000);
    log.push_str("\nerror: Determinate detected, aborting activation");
    let explanation = explained(log.as_bytes());
    assert_eq!(explanation.causes[0].class, "determinate-conflict");
}
