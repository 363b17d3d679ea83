//! The value of each key but `secrets` and `accounts`. Only its kind is looked at here; what it may say is
//! the question's to check, so that a file and a person are refused alike.

use super::Source;
use crate::activate::InTheWayChoice;
use crate::answers::{Answers, Commit, Deploy, IfFailed, KeyChoice, KeyCopy, Mode};
use crate::problem::Problem;
use crate::question::nearest;
use crate::splice::yaml::Node;

pub(super) const MODES: [(&str, Mode); 2] =
    [("standalone", Mode::Standalone), ("integrated", Mode::Integrated)];

impl Source<'_> {
    pub(super) fn field(
        self,
        answers: &mut Answers,
        id: &'static str,
        value: &Node,
    ) -> Result<(), Problem> {
        match id {
            "username" => answers.username = Some(self.text(id, value)?),
            "name" => answers.name = Some(self.text(id, value)?),
            "email" => answers.email = Some(self.text(id, value)?),
            "ssh_keys" => answers.ssh_keys = Some(self.list(id, value)?),
            "mode" => answers.mode = Some(self.word(id, value, &MODES)?),
            // `all` and one machine alone are as clear as a list.
            "hosts" if value.scalar().is_some() => {
                answers.hosts = Some(vec![self.text(id, value)?]);
            }
            "hosts" => answers.hosts = Some(self.list(id, value)?),
            "accounts" => answers.accounts = Some(self.accounts(value)?),
            "aggregates" => answers.aggregates = Some(self.list(id, value)?),
            "key" => answers.key = Some(self.key(id, value)?),
            "key_copy" => {
                let known = [("acknowledged", KeyCopy::Acknowledged)];
                answers.key_copy = Some(self.word(id, value, &known)?);
            }
            "secrets" => answers.secrets = Some(self.secrets(value)?),
            "readers" => answers.readers = Some(self.list(id, value)?),
            "shared" => answers.shared = Some(self.list(id, value)?),
            "in_the_way" => {
                let known = [("keep", InTheWayChoice::Keep), ("stop", InTheWayChoice::Stop)];
                answers.in_the_way = Some(self.word(id, value, &known)?);
            }
            "deploy" => {
                let known = [("later", Deploy::Later), ("now", Deploy::Now)];
                answers.deploy = Some(self.word(id, value, &known)?);
            }
            "if_failed" => {
                let known = [("stop", IfFailed::Stop), ("go_on", IfFailed::GoOn)];
                answers.if_failed = Some(self.word(id, value, &known)?);
            }
            "commit" => answers.commit = Some(self.commit(id, value)?),
            // A test walks the questions; a new one that is forgotten here is told, not lost.
            other => return Err(Problem::bug(format!("`{other}` cannot be read from a file yet"))),
        }
        Ok(())
    }

    /// Any scalar is text: YAML's `no`, `007` and `1.0` are what was written.
    pub(super) fn text(self, id: &str, value: &Node) -> Result<String, Problem> {
        self.refuse_alias(value)?;
        value
            .scalar()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong(value.line, &format!("`{id}` is one line of text")))
    }

    pub(super) fn list(self, id: &str, value: &Node) -> Result<Vec<String>, Problem> {
        self.refuse_alias(value)?;
        let items = value.items().ok_or_else(|| {
            let name = if value.scalar().is_some() { "[one, two]" } else { "[]" };
            self.wrong(value.line, &format!("`{id}` is a list, such as {name}"))
        })?;
        items.iter().map(|item| self.text(id, &item.node)).collect()
    }

    /// What stands behind the one key of a mapping such as `{ branch: NAME }`; `None`: it is no
    /// mapping.
    fn behind(self, id: &str, key: &str, value: &Node) -> Result<Option<String>, Problem> {
        self.refuse_alias(value)?;
        let Some(entries) = value.entries() else { return Ok(None) };
        match entries {
            [entry] if entry.key.scalar() == Some(key) => self.text(key, &entry.value).map(Some),
            _ => Err(self.wrong(value.line, &format!("`{id}` has one key there: `{key}`"))),
        }
    }

    fn key(self, id: &str, value: &Node) -> Result<KeyChoice, Problem> {
        match self.behind(id, "file", value)? {
            Some(path) => Ok(KeyChoice::File(path.into())),
            None => Ok(key(self.text(id, value)?)),
        }
    }

    fn commit(self, id: &str, value: &Node) -> Result<Commit, Problem> {
        if let Some(name) = self.behind(id, "branch", value)? {
            return Ok(Commit::Branch(name));
        }
        let known = [("no", Commit::No), ("one", Commit::One)];
        self.word(id, value, &known)
            .map_err(|problem| problem.hint("a branch is written `{ branch: NAME }`"))
    }

    pub(super) fn word<T: Clone>(
        self,
        id: &str,
        value: &Node,
        known: &[(&str, T)],
    ) -> Result<T, Problem> {
        let text = self.text(id, value)?;
        if let Some((_, choice)) = known.iter().find(|(word, _)| *word == text) {
            return Ok(choice.clone());
        }
        let words: Vec<_> = known.iter().map(|(word, _)| format!("`{word}`")).collect();
        let problem = self.wrong(value.line, &format!("`{id}` is {}", words.join(" or ")));
        Err(match nearest(&text, known.iter().map(|(word, _)| *word)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        })
    }
}

fn key(text: String) -> KeyChoice {
    match text.as_str() {
        "found" => KeyChoice::Found,
        "generate" => KeyChoice::Generate,
        "from-ssh" => KeyChoice::FromSsh,
        _ => KeyChoice::Public(text),
    }
}
