//! What failed, and why, read out of Nix's error texts: the protocol itself does not say.
//!
//! Two generations of wording are known: `Cannot build '…'.` with `Reason:` lines (Nix 2.34), and
//! `builder for '…' failed with exit code N` (Nix 2.8, Lix).

use super::record::Position;
use super::words::cut;
use crate::run::shell_word;

/// The longest error text that is kept; one with a trace of evaluation can be very long.
const LONGEST: usize = 16 * 1024;

/// The longest reason, which is one line.
const LONGEST_REASON: usize = 1024;

/// One thing that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub what: Failing,
    /// One line, such as `builder failed with exit code 3`.
    pub reason: String,
    /// Whether it failed only because something it needs has failed.
    pub is_consequence: bool,
    /// On which machine, where several are updated at once.
    pub machine: Option<String>,
    /// The whole message, without colours.
    pub text: String,
}

/// What it is that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failing {
    /// The path of a derivation.
    Derivation(String),
    /// Of the fleet, or of a home. Line and column are 0 when they are not known.
    File { file: String, line: u64, column: u64 },
    /// Nothing that has a name.
    Unnamed,
}

impl Failure {
    /// Reads an error message without colours. `None` when it is none.
    pub(super) fn read(text: &str, at: Option<&Position<'_>>) -> Option<Self> {
        let text = cut(text.trim(), LONGEST);
        let text = quoted_error(text).unwrap_or(text);
        if !text.starts_with("error:") {
            return in_the_way(text);
        }
        let built = cannot_build(text)
            .or_else(|| builder_failed(text))
            .or_else(|| dependencies_failed(text))
            .or_else(|| hash_mismatch(text))
            .or_else(|| names_derivation(text));
        let (what, reason, is_consequence) = match built {
            Some((drv, reason, is_consequence)) => {
                (Failing::Derivation(drv.to_owned()), reason, is_consequence)
            }
            None => {
                let named = at.map(|p| Failing::File {
                    file: p.file.clone().into_owned(),
                    line: p.line,
                    column: p.column,
                });
                let what = named.or_else(|| place_in(text)).unwrap_or(Failing::Unnamed);
                (what, main_line(text), false)
            }
        };
        let reason = cut(reason.trim(), LONGEST_REASON).to_owned();
        Some(Self { what, reason, is_consequence, machine: None, text: text.to_owned() })
    }

    /// Reads what a tool around Nix says of its end, which counts where nothing else is known: it
    /// may have gone on by another way, and why it had to is said better elsewhere.
    pub(super) fn suspected(text: &str) -> Option<Self> {
        let text = cut(text.trim(), LONGEST);
        let known = [unreachable, not_let_in, refused, given_up, reported];
        let reason = known.iter().find_map(|read| read(text))?;
        let reason = cut(&reason, LONGEST_REASON).to_owned();
        Some(Self {
            what: Failing::Unnamed,
            reason,
            is_consequence: false,
            machine: None,
            text: text.to_owned(),
        })
    }

    /// Which derivation failed, if it is one.
    pub fn derivation(&self) -> Option<&str> {
        match &self.what {
            Failing::Derivation(drv) => Some(drv),
            _ => None,
        }
    }

    /// One line that names what failed and why.
    pub fn headline(&self) -> String {
        let failed = self.named();
        match self.machine.as_ref().map(|machine| format!("`{machine}`")) {
            Some(machine) if !failed.starts_with(&machine) => format!("{machine}: {failed}"),
            _ => failed,
        }
    }

    fn named(&self) -> String {
        let reason = &self.reason;
        match &self.what {
            Failing::Derivation(drv) => {
                format!("`{}` could not be built: {reason}", super::name_of(drv))
            }
            Failing::File { file, line: 0, .. } => format!("`{file}`: {reason}"),
            Failing::File { file, line, column } => format!("`{file}:{line}:{column}`: {reason}"),
            Failing::Unnamed => reason.clone(),
        }
    }

    /// Whether this says more of the same failure than `other`.
    pub(super) fn says_more_than(&self, other: &Self) -> bool {
        let names_less = self.what == Failing::Unnamed && other.what != Failing::Unnamed;
        let is_longer = self.text.len() > other.text.len() && !names_less;
        (!self.is_consequence && other.is_consequence)
            || (self.is_consequence == other.is_consequence && is_longer)
    }
}

type Built<'a> = (&'a str, String, bool);

/// `Cannot build '/nix/store/….drv'.` with a line `Reason: builder failed with exit code 3.`
fn cannot_build(text: &str) -> Option<Built<'_>> {
    let drv = quoted_after(text, "Cannot build '")?;
    let lines = text.lines().map(str::trim);
    let reason = lines.filter_map(|l| l.strip_prefix("Reason: ")).next();
    let reason = reason.unwrap_or("it cannot be built").trim_end_matches('.');
    let is_consequence =
        reason.ends_with("dependency failed") || reason.ends_with("dependencies failed");
    Some((drv, reason.to_owned(), is_consequence))
}

/// `builder for '/nix/store/….drv' failed with exit code 1;`
fn builder_failed(text: &str) -> Option<Built<'_>> {
    const BEFORE: &str = "builder for '";
    let drv = quoted_after(text, BEFORE)?;
    let rest = &text[text.find(BEFORE)? + BEFORE.len() + drv.len() + 1..];
    let how = rest.lines().next()?.trim().trim_end_matches([';', ':', '.']);
    Some((drv, format!("builder {how}"), false))
}

/// `1 dependencies of derivation '/nix/store/….drv' failed to build`
fn dependencies_failed(text: &str) -> Option<Built<'_>> {
    let line = text.lines().find(|l| l.contains("failed to build"))?;
    let drv = quoted_after(line, "of derivation '")?;
    Some((drv, "something it needs failed to build".to_owned(), true))
}

/// `hash mismatch in fixed-output derivation '…':`, then `specified:` and `got:`.
fn hash_mismatch(text: &str) -> Option<Built<'_>> {
    let drv = quoted_after(text, "hash mismatch in fixed-output derivation '")?;
    let value = |name: &str| {
        let mut lines = text.lines().map(str::trim);
        lines.find_map(|l| l.strip_prefix(name)).map(|value| value.trim().to_owned())
    };
    let reason = match (value("specified:"), value("got:")) {
        (Some(specified), Some(got)) => format!("hash mismatch: specified {specified}, got {got}"),
        _ => "hash mismatch".to_owned(),
    };
    Some((drv, reason, false))
}

/// Any other error with a derivation in it, such as `build of '….drv' on 'ssh://…' failed`.
fn names_derivation(text: &str) -> Option<Built<'_>> {
    let line = text.lines().find(|l| l.contains(".drv'"))?;
    // A trace of evaluation may name derivations too, and they are not what failed.
    if line.trim_start().starts_with('…') {
        return None;
    }
    let drv = quoted_after(line, "'/nix/store/").filter(|rest| rest.ends_with(".drv"))?;
    let start = line.find(drv)? - "/nix/store/".len();
    let drv = &line[start..start + "/nix/store/".len() + drv.len()];
    Some((drv, main_line(text), false))
}

/// home-manager names a file that it would replace, one a line and without `error:` (its
/// modules/files/check-link-targets.sh). The second wording is from before mid 2025.
fn in_the_way(text: &str) -> Option<Failure> {
    let rest = text.strip_prefix("Existing file ")?;
    let at = rest.find(" would be clobbered").or_else(|| rest.find(" is in the way of "))?;
    let file = rest[..at].trim_matches('\'').to_owned();
    Some(Failure {
        what: Failing::File { file, line: 0, column: 0 },
        reason: "the file is there already and would be replaced".to_owned(),
        is_consequence: false,
        machine: None,
        text: text.to_owned(),
    })
}

/// ssh gave up on a machine without asking anybody (OpenSSH sshconnect.c): there was no way to it,
/// `ssh: connect to host quartz port 22: No route to host`, or it is not the one that it was,
/// `Host key for quartz has changed and you have requested strict checking.`
pub fn unreachable(line: &str) -> Option<String> {
    let line = line.trim();
    if let Some(host) = changed_key(line) {
        return Some(format!("`{host}` is not trusted: its host key has changed"));
    }
    let rest = line.strip_prefix("ssh: ")?;
    let (host, why) = match rest.strip_prefix("connect to host ") {
        Some(rest) => (rest.split(' ').next()?, rest.split_once(": ")?.1),
        None => rest.strip_prefix("Could not resolve hostname ")?.split_once(": ")?,
    };
    Some(format!("`{host}` cannot be reached: {}", why.trim()))
}

/// ssh had to ask and could not, or was not let in (sshconnect.c, sshconnect2.c).
fn not_let_in(line: &str) -> Option<String> {
    if line.starts_with("Host key verification failed") {
        return Some("ssh refused: its host key is not known here".to_owned());
    }
    let (who, keys) = line.split_once(": Permission denied (")?;
    let is_one_word = !who.is_empty() && !who.contains(' ');
    (is_one_word && keys.ends_with(").")).then(|| "ssh refused: no key was accepted".to_owned())
}

/// Whose host key has changed.
fn changed_key(line: &str) -> Option<&str> {
    let line = ["RSA ", "DSA ", "ECDSA ", "ED25519 "]
        .iter()
        .find_map(|kind| line.strip_prefix(kind))
        .unwrap_or(line);
    let lower =
        line.strip_prefix("Host key for ").or_else(|| line.strip_prefix("host key for "))?;
    lower.split_once(" has changed and you have requested strict checking").map(|(host, _)| host)
}

/// What to do about what ssh or sudo has refused, where one action follows from its words.
pub(crate) fn advice(said: &str) -> Option<String> {
    said.lines().map(str::trim).find_map(|line| {
        if let Some(host) = changed_key(line) {
            let host = shell_word(host);
            return Some(format!(
                "if it was set up anew, forget its old key with `ssh-keygen -R {host}`, then go on with `doorstep resume`"
            ));
        }
        if let Some(why) = unreachable(line) {
            let host = why.split('`').nth(1).map(shell_word)?;
            return Some(format!(
                "see with `ssh {host}` whether it is on and in reach, then go on with `doorstep resume`"
            ));
        }
        if not_let_in(line).is_some() {
            return Some(match line.contains("Permission denied") {
                true => "load your key with `ssh-add`, then go on with `doorstep resume`".into(),
                false => "connect to it once with `ssh`, which shows its host key to compare, then go on with `doorstep resume`".into(),
            });
        }
        let refusal = refused(line)?;
        Some(match refusal.contains("password") {
            true => "run doorstep in a terminal, where the password of that account can be typed".into(),
            false => "ask whoever administers that machine to let you use `sudo`, then go on with `doorstep resume`".into(),
        })
    })
}

/// sudo has said no (src/tgetpass.c, plugins/sudoers/logging.c).
fn refused(line: &str) -> Option<String> {
    const REPORTED: &str = "This incident will be reported.";
    let line = line.strip_suffix(REPORTED).unwrap_or(line).trim_end().trim_end_matches('.');
    let is_unknown = line.ends_with(" is not in the sudoers file");
    let is_forbidden = line.starts_with("Sorry, user ");
    let said = match line.strip_prefix("sudo: ") {
        Some(said)
            if said.contains(" is required")
                || said.contains("incorrect password")
                || said.starts_with("no password was provided") =>
        {
            said
        }
        None if is_unknown || is_forbidden => line,
        _ => return None,
    };
    Some(format!("sudo refused: {said}"))
}

/// clan tells in the end which machines failed, each with the first line of its error, which may be
/// empty (clan_lib/async_run, `check_all`).
pub(super) fn gave_up(line: &str) -> Option<&str> {
    let why = line.strip_prefix("failed with error:")?;
    Some(why.trim().trim_end_matches('.'))
}

fn given_up(line: &str) -> Option<String> {
    gave_up(line).filter(|why| !why.is_empty()).map(str::to_owned)
}

/// And how many they were.
pub(super) fn gave_up_on(line: &str) -> Option<usize> {
    line.split_once(" hosts failed with an error. Check the logs above")
        .and_then(|(count, _)| count.rsplit(' ').next()?.parse().ok())
}

/// `Error:` and a chain of reasons, a line or more each (nh, and what else is written with
/// color-eyre): the first says what was wanted, the last line why it failed.
fn reported(text: &str) -> Option<String> {
    let reasons = text.strip_prefix("Error:")?.lines().map(str::trim);
    let number = |line: &str| {
        let (number, reason) = line.split_once(": ")?;
        number.bytes().all(|b| b.is_ascii_digit()).then(|| reason.to_owned())
    };
    let said = |line: &str| number(line).unwrap_or_else(|| line.to_owned());
    let mut reasons = reasons.filter(|line| !line.is_empty()).map(said);
    let wanted = reasons.next()?;
    Some(match reasons.next_back() {
        Some(why) => format!("{wanted}: {why}"),
        None => wanted,
    })
}

/// Nix's own error within such a report.
fn quoted_error(text: &str) -> Option<&str> {
    let mut at = text.starts_with("Error:").then_some(0)?;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("error:") {
            return Some(text[at..].trim_start());
        }
        at += line.len();
    }
    None
}

fn quoted_after<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let start = text.find(before)? + before.len();
    let length = text[start..].find('\'')?;
    (length > 0).then(|| &text[start..start + length])
}

/// The line that says what is wrong. A trace of evaluation comes before it in newer versions, and
/// `error:` stands again at its end.
fn main_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let mut main = String::new();
    while let Some(line) = lines.next() {
        let Some(said) = line.strip_prefix("error:").map(str::trim) else { continue };
        let mut whole = said.to_owned();
        // An announcement alone says nothing, and a bare `error:` stands above what it is about.
        while whole.is_empty() || whole.ends_with(':') {
            match lines.clone().next() {
                Some(next) if !next.starts_with(['…', '>']) => {
                    let space = if whole.is_empty() { "" } else { " " };
                    whole = format!("{whole}{space}{}", next.trim_start_matches("- "));
                    lines.next();
                }
                _ => break,
            }
        }
        if !whole.is_empty() {
            main = whole;
        }
    }
    if main.trim().is_empty() { text.to_owned() } else { main.trim().to_owned() }
}

/// The last place that a text points to with `at /fleet/x.nix:1:83:`. Not one in the store: there
/// is nothing to be mended there, and the one before it may be the person's own.
fn place_in(text: &str) -> Option<Failing> {
    let places = text.lines().filter_map(|line| {
        let place = line.trim().strip_prefix("at ")?.trim_end_matches(':');
        let mut parts = place.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        let file = parts.next()?.trim_start_matches('«').trim_end_matches('»');
        file.starts_with('/').then(|| (file.to_owned(), line, column))
    });
    let places: Vec<_> = places.collect();
    let own = places.iter().rev().find(|(file, ..)| !file.starts_with("/nix/store/"));
    let (file, line, column) = own.or(places.last())?.clone();
    Some(Failing::File { file, line, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headline(text: &str) -> String {
        Failure::read(text, None).map_or_else(|| "no failure".to_owned(), |f| f.headline())
    }

    #[test]
    fn each_wording_names_what_failed_and_why() {
        let drv = "/nix/store/00000000000000000000000000000000-tool-1.2.drv";
        let at = "/home/zoe/fleet/a.nix";
        for (text, expected) in [
            (
                format!(
                    "error: Cannot build '{drv}'.\n       Reason: builder failed with exit code 3.\n       Output paths:"
                ),
                "`tool-1.2` could not be built: builder failed with exit code 3",
            ),
            (
                format!(
                    "error: builder for '{drv}' failed with exit code 2;\n       last 10 log lines:\n       > x"
                ),
                "`tool-1.2` could not be built: builder failed with exit code 2",
            ),
            (
                format!("error: builder for '{drv}' failed due to signal 9 (Killed: 9)"),
                "`tool-1.2` could not be built: builder failed due to signal 9 (Killed: 9)",
            ),
            (
                format!(
                    "error: hash mismatch in fixed-output derivation '{drv}':\n   specified: sha256-AA=\n      got:    sha256-BB="
                ),
                "`tool-1.2` could not be built: hash mismatch: specified sha256-AA=, got sha256-BB=",
            ),
            (
                format!(
                    "error: a 'x86_64-linux' with features {{}} is required to build '{drv}', but I am a 'aarch64-darwin'"
                ),
                "`tool-1.2` could not be built: a 'x86_64-linux' with features {} is required to build '/nix/store/00000000000000000000000000000000-tool-1.2.drv', but I am a 'aarch64-darwin'",
            ),
            (
                format!(
                    "error:\n       … while evaluating the attribute 'x'\n         at /nix/store/y-source/lib.nix:3:1:\n\n       error: attribute 'nope' missing\n       at {at}:1:83:\n            1| x"
                ),
                "`/home/zoe/fleet/a.nix:1:83`: attribute 'nope' missing",
            ),
            (
                "error:\n       Failed assertions:\n       - No key source is configured."
                    .to_owned(),
                "Failed assertions: No key source is configured.",
            ),
            (
                "error: cannot connect to socket at '/nix/var/x'".to_owned(),
                "cannot connect to socket at '/nix/var/x'",
            ),
            (
                "Existing file '/home/zoe/.zshrc' would be clobbered".to_owned(),
                "`/home/zoe/.zshrc`: the file is there already and would be replaced",
            ),
            (
                "Existing file '/home/zoe/.zshrc' is in the way of '/nix/store/x'".to_owned(),
                "`/home/zoe/.zshrc`: the file is there already and would be replaced",
            ),
            (
                "Error: \n   0: Failed running nix eval\n   1: nix command failed\n      stderr:\n      warning: dirty\n      error: syntax error, unexpected end of file\n\n             at /home/zoe/fleet/zoe.nix:1:1:\n"
                    .to_owned(),
                "`/home/zoe/fleet/zoe.nix:1:1`: syntax error, unexpected end of file",
            ),
            ("Error: \n   0: no such error: it is ours".to_owned(), "no failure"),
            ("warning: error: unable to download".to_owned(), "no failure"),
            ("error (ignored): x".to_owned(), "no failure"),
            ("error:".to_owned(), "error:"),
        ] {
            assert_eq!(headline(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_tools_around_nix_say_is_suspected() {
        let reason = |line: &str| Failure::suspected(line).map(|failure| failure.reason);
        for (line, expected) in [
            (
                "ssh: connect to host quartz port 22: No route to host",
                "`quartz` cannot be reached: No route to host",
            ),
            (
                "ssh: Could not resolve hostname quartz.example: Name or service not known\r",
                "`quartz.example` cannot be reached: Name or service not known",
            ),
            ("sudo: a password is required", "sudo refused: a password is required"),
            ("sudo: 3 incorrect password attempts", "sudo refused: 3 incorrect password attempts"),
            (
                "zoe is not in the sudoers file.  This incident will be reported.",
                "sudo refused: zoe is not in the sudoers file",
            ),
            (
                "Sorry, user zoe is not allowed to execute '/bin/true' as root on slate.",
                "sudo refused: Sorry, user zoe is not allowed to execute '/bin/true' as root on slate",
            ),
            (
                "ED25519 host key for quartz has changed and you have requested strict checking.",
                "`quartz` is not trusted: its host key has changed",
            ),
            ("Host key verification failed.", "ssh refused: its host key is not known here"),
            ("ada@quartz: Permission denied (publickey).", "ssh refused: no key was accepted"),
            ("failed with error: nix build failed for 'slate'.", "nix build failed for 'slate'"),
            ("Error: No clan flake was found", "No clan flake was found"),
            (
                "Error: \n   0: Activation failed\n   1: Activating configuration (exit status 1)\n      stderr:\n      cannot read keyfile\n\n",
                "Activation failed: cannot read keyfile",
            ),
        ] {
            assert_eq!(reason(line).as_deref(), Some(expected), "{line}");
        }
        for line in ["ssh: ", "sudo: zoe: command not found", "failed with error: ", "Sorry", ""] {
            assert_eq!(reason(line), None, "{line}");
        }
    }

    #[test]
    fn what_ssh_and_sudo_refuse_has_a_next_action() {
        for (said, action) in [
            ("ssh: connect to host quartz port 22: No route to host", "`ssh quartz`"),
            (
                "Host key for quartz has changed and you have requested strict checking.",
                "`ssh-keygen -R quartz`",
            ),
            ("Host key verification failed.", "compare"),
            ("x\nada@quartz: Permission denied (publickey,password).", "`ssh-add`"),
            ("sudo: a password is required", "in a terminal"),
            ("sudo: 3 incorrect password attempts", "in a terminal"),
            ("zoe is not in the sudoers file.", "let you use `sudo`"),
        ] {
            let advice = advice(said).unwrap_or_default();
            assert!(advice.contains(action), "{said}: {advice}");
        }
        assert_eq!(advice("error: attribute 'x' missing"), None);
    }

    #[test]
    fn what_clan_says_of_its_end_is_read() {
        assert_eq!(gave_up("failed with error: no\n"), Some("no"));
        assert_eq!(gave_up("failed with error:"), Some(""));
        assert_eq!(gave_up("it failed with error: no"), None);
        let how_many = |line| gave_up_on(line);
        assert_eq!(how_many("12 hosts failed with an error. Check the logs above"), Some(12));
        let whole = "clan: Error: 1 hosts failed with an error. Check the logs above";
        assert_eq!(how_many(whole), Some(1));
        assert_eq!(how_many("some hosts failed with an error. Check the logs above"), None);
    }

    #[test]
    fn what_only_needed_it_is_a_consequence() {
        for text in [
            "error: Cannot build '/nix/store/h-top.drv'.\n       Reason: 1 dependency failed.",
            "error: 2 dependencies of derivation '/nix/store/h-top.drv' failed to build",
        ] {
            assert!(Failure::read(text, None).unwrap().is_consequence, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "(error:|Error:|Cannot build '|builder for '|.drv'|at /|:|\n|'|…|Reason: |\\PC){0,40}") {
            let _ = Failure::read(&text, None).map(|f| f.headline());
            let _ = Failure::read(&format!("error: {text}"), None).map(|f| f.headline());
            let _ = Failure::read(&format!("Error:{text}"), None).map(|f| f.headline());
            let _ = Failure::suspected(&text).or_else(|| Failure::suspected(&format!("Error:{text}")));
        }
    }
}
