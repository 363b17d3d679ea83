//! Public SSH keys: taken from `~/.ssh` for oneself, asked for somebody else.

use base64::Engine as _;

use super::plain_text::one_line;
use super::{Ask, Context, Question, Reply};
use crate::answers::Answers;
use crate::key::private;
use crate::problem::Problem;

pub(super) struct SshKeys;

/// What OpenSSH writes at the start of a public key's line.
const ALGORITHMS: &[&str] = &[
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

impl Question for SshKeys {
    fn id(&self) -> &'static str {
        "ssh_keys"
    }

    fn ask(&self, cx: &Context) -> Ask {
        if cx.subject.is_oneself() {
            let because = match usable(cx).len() {
                0 => "No public SSH key was found in .ssh in your home.".to_owned(),
                1 => "Your public SSH key is taken from .ssh in your home.".to_owned(),
                n => format!("Your {n} public SSH keys are taken from .ssh in your home."),
            };
            return Ask::Skip { because };
        }
        Ask::Text {
            label: "Public SSH keys".to_owned(),
            help: "Lines of files that end in .pub, such as .ssh/id_ed25519.pub in their home. \
                   Most start with ssh-ed25519. Several are pasted together or one after the \
                   other. None: leave it empty, or type none."
                .to_owned(),
            suggestion: Some(super::Suggestion::new("none".to_owned(), "")),
            several: true,
        }
    }

    fn accept(&self, cx: &Context, reply: Reply) -> Result<Answers, Problem> {
        let keys = match reply {
            Reply::Suggested if cx.subject.is_oneself() => usable(cx),
            Reply::Suggested => Vec::new(),
            Reply::Text(text) if text.trim() == "none" => Vec::new(),
            Reply::Text(text) => {
                text.lines().filter(|l| !l.trim().is_empty()).map(key).collect::<Result<_, _>>()?
            }
            Reply::Named(keys) => keys.iter().map(|k| key(k)).collect::<Result<_, _>>()?,
            _ => return Err(Problem::user("Please paste it.")),
        };
        Ok(Answers { ssh_keys: Some(keys), ..cx.answers.clone() })
    }

    fn lead(&self, _cx: &Context) -> String {
        "Lines of .pub files, one or several, or none.".to_owned()
    }

    fn given(&self, given: &Answers) -> Option<Reply> {
        given.ssh_keys.clone().map(Reply::Named)
    }

    fn told(&self, answers: &Answers) -> String {
        match answers.ssh_keys.as_deref() {
            None | Some([]) => "no SSH key".to_owned(),
            Some([_]) => "1 SSH key".to_owned(),
            Some(keys) => format!("{} SSH keys", keys.len()),
        }
    }

    fn example(&self) -> &'static str {
        "ssh_keys: []                      # lines of .pub files; left out: those in ~/.ssh"
    }
}

/// What was found, without lines that are no keys: a stray file must not stop anybody.
fn usable(cx: &Context) -> Vec<String> {
    cx.found.ssh_keys.iter().filter_map(|line| key(line).ok()).collect()
}

/// A public key's line, checked and without blanks around it.
fn key(line: &str) -> Result<String, Problem> {
    if private::is_in(line) {
        return Err(Problem::user(
            "That is a private key; it was not kept or shown. A public one starts with \
             ssh-ed25519. If it came by mail or chat, let its owner make a new one.",
        ));
    }
    let line = one_line(line.trim().to_owned())?;
    let mut words = line.split_whitespace();
    let algorithm = words.next().unwrap_or_default();
    if !ALGORITHMS.contains(&algorithm) {
        return Err(Problem::user(
            "A public SSH key starts with its kind, such as ssh-ed25519, and then has one long word.",
        ));
    }
    let blob = words.next().unwrap_or_default();
    let engine = base64::engine::general_purpose::STANDARD;
    let whole = engine.decode(blob).ok().filter(|bytes| named_inside(bytes) == Some(algorithm));
    match whole {
        Some(_) => Ok(line),
        None => {
            Err(Problem::user("This key has a wrong or missing character. Please copy it again."))
        }
    }
}

/// The kind that a key's bytes name at their start: a 4-byte length, then the text (RFC 4253, 6.6).
/// `None` also when the bytes end early.
fn named_inside(bytes: &[u8]) -> Option<&str> {
    let mut rest = bytes;
    let mut first = None;
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let field = tail.get(..length)?;
        first = first.or(Some(field));
        rest = tail.get(length..)?;
    }
    std::str::from_utf8(first?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::super::example::Example;
    use super::*;

    /// Made up: 32 bytes of sevens.
    pub(super) fn made_up_key() -> String {
        let mut bytes = vec![0, 0, 0, 11];
        bytes.extend(b"ssh-ed25519");
        bytes.extend([0, 0, 0, 32]);
        bytes.extend([7; 32]);
        let blob = base64::engine::general_purpose::STANDARD.encode(bytes);
        format!("ssh-ed25519 {blob} zoe@quartz")
    }

    #[test]
    fn ones_own_keys_are_taken_without_asking() {
        let mut example = Example::raquel();
        example.found.ssh_keys = vec![made_up_key(), "junk".into()];
        assert!(matches!(SshKeys.ask(&example.cx()), Ask::Skip { .. }));
        let answers = SshKeys.accept(&example.cx(), Reply::Suggested).unwrap();
        assert_eq!(answers.ssh_keys, Some(vec![made_up_key()]));
    }

    #[test]
    fn a_damaged_or_private_key_is_refused() {
        let example = Example { subject: Subject::Somebody(None), ..Example::raquel() };
        let typed = |text: &str| SshKeys.accept(&example.cx(), Reply::Text(text.into()));
        assert_eq!(typed(&made_up_key()).unwrap().ssh_keys.unwrap().len(), 1);
        assert_eq!(typed("none").unwrap().ssh_keys, Some(vec![]));
        let cut = made_up_key().replace("Bwc", "");
        assert!(typed(&cut).unwrap_err().what.contains("wrong or missing character"));
        assert!(typed("raquel").unwrap_err().what.starts_with("A public SSH key starts"));
        let private = "-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXk";
        let refusal = typed(private).unwrap_err().to_string();
        assert!(refusal.contains("That is a private key") && !refusal.contains("b3Blb"));
    }
}
