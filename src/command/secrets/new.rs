//! `doorstep secrets new`: an encrypted file that was never in plain text, for whom its rule names.

use std::sync::Arc;

use clap::Args;

use super::super::{Exit, Where};
use super::Desk;
use super::asking::Source;
use super::desk::{One, done, now};
use crate::host::Host;
use crate::problem::Problem;
use crate::run::shell_word;
use crate::secrets::store::{format_of, refused};
use crate::sops::{Creation, Format, Wanted, create};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file, which must not be there yet; its ending says the format: yaml, json, env, ini,
    /// anything else
    /// is binary
    file: String,
    /// Names of the values in it, `a/b` for key `b` below `a`; each is asked for. A binary file
    /// needs none
    keys: Vec<String>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    at: Where,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let mut desk = Desk::open(&self.at, host)?;
        let store = desk.store()?.clone();
        let path = store.relative(&self.file, &desk.here, host)?;
        let file = store.at(&path);
        let shown =
            desk.target(&self.file).map_or_else(|_| host.short(&file), |target| target.shown);
        let cannot = || Problem::user(format!("`{shown}` cannot be made"));
        if std::fs::symlink_metadata(&file).is_ok() {
            return Err(cannot()
                .cause("something is there already")
                .hint("change it with `doorstep secrets set`"));
        }
        let rule = store.winner(&path, host)?.ok_or_else(|| {
            Problem::fleet(format!("no rule of `{}` matches `{path}`", host.short(&store.file)))
                .hint(format!(
                    "add one: `doorstep recipients add NAME age1… {}`",
                    shell_word(&path)
                ))
        })?;
        let wanted = Wanted::by(rule)
            .map_err(|(line, why)| refused(&store.file, host, format!("line {line}: {why}")))?;
        if !wanted.is_possible() {
            return Err(refused(
                &store.file,
                host,
                format!("line {}: the rule has no age recipients", rule.line),
            ));
        }
        if wanted.groups.iter().any(|group| !group.others.is_empty()) {
            return Err(cannot()
                .cause("its rule also names keys of other kinds, which only sops can encrypt to"));
        }
        let creation = Creation::by_rule(&store.text, rule.index)
            .map_err(|why| refused(&store.file, host, why))?;
        let format = format_of(&path);
        let names: Vec<&str> = match (format, &self.keys[..]) {
            (Format::Binary, []) => vec!["data"],
            (Format::Binary, _) => {
                return Err(cannot().cause("a file of that ending is one value, which has no name"));
            }
            (_, []) => {
                return Err(cannot()
                    .cause("no name of a value was given")
                    .hint("give one after the file"));
            }
            (_, [_, _, ..]) if !self.source.is_prompt() => {
                return Err(
                    cannot().cause("`--stdin` and `--from` hold one value, and several were named")
                );
            }
            (_, keys) => keys.iter().map(String::as_str).collect(),
        };
        names.iter().try_for_each(|name| super::desk::no_private_key(name))?;
        let mut secrets = Vec::new();
        for name in names {
            secrets.push((name, self.source.value(name, host)?));
        }
        let plugins = Arc::clone(desk.ring().plugins());
        let text = create(format, &secrets, &wanted, &creation, &plugins, now())
            .map_err(|e| cannot().cause(e))?;
        let readers = wanted.age().count();
        let root = store.folder().to_owned();
        let target = super::Target { file, root, shown: shown.clone(), format };
        let step = One {
            id: "secrets-file",
            title: "Create secrets file".to_owned(),
            why: format!("For {readers} recipients, as its rule says."),
            by_hand: vec![format!("sops {}", shell_word(&path))],
        };
        let carried = desk.change(&target, step, None, text)?;
        done(host, &carried, &format!("{shown} is made."));
        Ok(if carried.proved { Exit::Done } else { Exit::Failed })
    }
}
