//! Somebody's public key, given as it is, as an ssh key, or in a file. A private one is refused and
//! never repeated.

use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use crate::answers::Key;
use crate::host::Host;
use crate::key::{Recipient, private, ssh};
use crate::problem::{Kind, Problem};
use crate::survey;

/// An `age1…` recipient, or the one that an `ssh-ed25519` line stands for.
pub(super) fn of_text(text: &str) -> Result<Key, Problem> {
    let refused = |e: &dyn std::fmt::Display| {
        Problem::user("the public key cannot be used").of_kind(Kind::Answers).cause(e)
    };
    let from_ssh = text.trim().starts_with("ssh-");
    let recipient = match from_ssh {
        true => ssh::recipient_from_public(text).map_err(|e| refused(&e))?,
        false => Recipient::parse(text).map_err(|e| refused(&e))?,
    };
    Ok(Key { recipient: recipient.to_string(), save: None, file: None, from_ssh })
}

/// The one key of a file, such as `id_ed25519.pub` or what `age-keygen -y` printed.
pub(super) fn in_file(path: &Path, host: &Host) -> Result<Key, Problem> {
    let path = host.expand(&path.to_string_lossy(), Path::new(""));
    let shown = host.short(&path);
    let refused = |why: &str| Problem::user(format!("`{shown}` {why}")).of_kind(Kind::Answers);
    let text = survey::read_small(&path).map(Zeroizing::new).ok_or_else(|| {
        // Only a file is opened: a pipe would wait for somebody.
        let opens = fs::metadata(&path).and_then(|seen| match seen.is_file() {
            true => fs::File::open(&path).map(drop),
            false => Ok(()),
        });
        let why = opens.err().map(|e| e.to_string());
        refused("cannot be read as a public key's file")
            .cause(why.unwrap_or_else(|| "it is not a small file of text".to_owned()))
    })?;
    if private::is_in(&text) {
        return Err(refused("holds a private key; it was not kept or shown")
            .hint("ask for the public half alone: `age-keygen -y FILE` prints it")
            .hint("if it came by mail or chat, let its owner make a new one"));
    }
    let mut lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    match (lines.next(), lines.next()) {
        (Some(line), None) => of_text(line).map_err(|mut problem| {
            problem.what = format!("the public key in `{shown}` cannot be used");
            problem
        }),
        (None, _) => Err(refused("holds no key")),
        (Some(_), Some(_)) => Err(refused("holds several lines; one public key is needed")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::host::{Account, Os};
    use crate::key::{Identity, ssh};

    fn read(text: &str) -> Result<Key, String> {
        read_at("~/zoe.pub", text)
    }

    /// The key in the file `path`, where `~/zoe.pub` holds `text`.
    fn read_at(path: &str, text: &str) -> Result<Key, String> {
        let folder = tempfile::tempdir().unwrap();
        let account = Account {
            name: "ada".into(),
            uid: 1000,
            home: folder.path().to_owned(),
            full_name: None,
        };
        let host = Host::pretend(account, "quartz", Os::Linux, "x86_64", BTreeMap::new());
        fs::write(folder.path().join("zoe.pub"), text).unwrap();
        in_file(Path::new(path), &host).map_err(|problem| problem.to_string())
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        insta::assert_snapshot!(read_at("no-such.pub", "").unwrap_err(), @r"
        error: `no-such.pub` cannot be read as a public key's file
        cause: No such file or directory (os error 2)
        ");
        insta::assert_snapshot!(read_at("~", "").unwrap_err(), @r"
        error: `~` cannot be read as a public key's file
        cause: it is not a small file of text
        ");
    }

    #[test]
    fn a_file_holds_one_public_key_of_either_kind() {
        let age = Identity::generate().recipient().to_string();
        assert_eq!(read(&format!("# zoe's\n\n{age}\n")).unwrap().recipient, age);
        let made = ssh::generate("zoe@quartz").unwrap();
        let derived = ssh::identity_from_private(&made.private).unwrap().recipient();
        assert_eq!(read(&made.public).unwrap().recipient, derived.as_str());
    }

    #[test]
    fn a_private_key_in_it_is_refused_and_not_shown() {
        let identity = Identity::generate();
        let secret = identity.secret_text();
        let refusal = read(&format!("# public key: x\n{}\n", *secret)).unwrap_err();
        assert!(refusal.contains("`~/zoe.pub` holds a private key; it was not kept or shown"));
        assert!(!refusal.contains(secret.as_str()));
    }

    #[test]
    fn anything_else_is_said() {
        let refusal = |text: &str| read(text).unwrap_err();
        assert!(refusal("# nothing\n").contains("`~/zoe.pub` holds no key"));
        assert!(refusal("a\nb\n").contains("several lines"));
        assert!(refusal("hello").contains("the public key in `~/zoe.pub` cannot be used"));
    }
}
