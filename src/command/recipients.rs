//! `doorstep recipients`: who may open what, and adding somebody, for scripts too.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Exit, Where, print};
use crate::files;
use crate::host::Host;
use crate::key;
use crate::problem::{Kind, Problem};
use crate::sops::config::edit::{self, Addition, Mode};
use crate::sops::config::{Config, Who};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The creation rule that wins for a file, and who can read it
    Who(Look),
    /// Give somebody a key and a rule of their own in `.sops.yaml`
    Add(Add),
}

#[derive(Debug, Args)]
pub(crate) struct Look {
    /// The secrets file, there already or not, relative to the folder of `.sops.yaml`
    path: String,
    #[command(flatten)]
    at: Where,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Name of the key, such as `zoe-quartz`
    name: String,
    /// The public key, `age1…`
    recipient: String,
    /// The file to be opened with it, relative to the folder of `.sops.yaml`
    path: String,
    #[command(flatten)]
    at: Where,
    /// Print the whole new `.sops.yaml` and write nothing
    #[arg(long)]
    print: bool,
    /// Join the rule that wins for PATH, instead of a rule of one's own: every file under that rule
    /// can then be encrypted to NAME
    #[arg(long)]
    join: bool,
    /// With --join: agree to the files that it lists
    #[arg(long, requires = "join")]
    yes: bool,
}

impl Verb {
    pub(crate) fn json(&self) -> bool {
        matches!(self, Self::Who(Look { json: true, .. }))
    }
}

pub(crate) fn run(verb: &Verb, host: &Host) -> Result<Exit, Problem> {
    match verb {
        Verb::Who(who) => who.run(host),
        Verb::Add(add) => add.run(host),
    }
}

impl Look {
    fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let found = ConfigFile::find(&self.at, host)?;
        let config = found.config()?;
        let path = found.relative(&self.path)?;
        let who = config.who(&path).map_err(|e| found.refused(e))?;
        if self.json {
            let readers = who.iter().flat_map(|who| &who.readers);
            let readers: Vec<_> = readers
                .map(|reader| json!({ "name": reader.name, "recipient": reader.recipient }))
                .collect();
            let rule = who.as_ref().map(|Who { rule, .. }| {
                json!({ "line": rule.line, "index": rule.index, "path_regex": rule.path_regex })
            });
            let answer = json!({
                "version": 1, "file": found.file, "path": path, "rule": rule, "readers": readers,
            });
            print(&format!("{answer}\n"))?;
            return Ok(Exit::Done);
        }
        let shown = host.short(&found.file);
        let Some(Who { rule, readers }) = who else {
            print(&format!("No rule of {shown} matches {path}.\n"))?;
            return Ok(Exit::Done);
        };
        let regex = rule.path_regex.as_deref().unwrap_or("(every path)");
        let mut out = format!("{path}\nRule   {shown}:{}   {regex}\n", rule.line);
        for reader in readers {
            let name = reader.name.as_deref().unwrap_or("(no name)");
            out.push_str(&format!("Opens  {name}   {}\n", reader.recipient));
        }
        print(&out)?;
        Ok(Exit::Done)
    }
}

impl Add {
    fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let found = ConfigFile::find(&self.at, host)?;
        let path = found.relative(&self.path)?;
        let addition = Addition {
            name: &self.name,
            recipient: &self.recipient,
            path: &path,
            admins: None,
            mode: if self.join { Mode::Join } else { Mode::OwnRule },
        };
        if self.join {
            self.agree(&found, &path, host)?;
        }
        let change = edit::add_person(&found.text, &addition).map_err(|refusal| {
            Problem::fleet(format!("`{}` is left as it is", host.short(&found.file)))
                .cause(format!("{refusal} ({})", refusal.id()))
        })?;
        let (after, notes) = match change {
            edit::Change::AlreadySo { .. } => (found.text.clone(), Vec::new()),
            edit::Change::Edited(edited) => (edited.text, edited.notes),
        };
        for note in notes {
            super::note(&format!("Note: {note}."));
        }
        if self.print {
            print(&after)?;
        } else if after != found.text {
            found.replace(&after)?;
        } else {
            super::note("It is already so.");
        }
        Ok(Exit::Done)
    }
}

impl Add {
    /// Joining opens every file under the rule, so each is named and the default is no.
    fn agree(&self, found: &ConfigFile, path: &str, host: &Host) -> Result<(), Problem> {
        let shown = host.short(&found.file);
        if !found.folder().join(path).is_file() {
            return Err(Problem::user(format!(
                "`{path}` is not there, so there is nothing to share"
            ))
            .hint("leave out `--join` for a rule of their own"));
        }
        let config = found.config()?;
        let Some(rule) = config.winner(path).map_err(|e| found.refused(e))? else {
            return Err(Problem::fleet(format!("no rule of `{shown}` matches `{path}`")));
        };
        let wins = |file: &String| {
            config.winner(file).ok().flatten().is_some_and(|winner| winner.index == rule.index)
        };
        let files: Vec<String> = found.encrypted_files().into_iter().filter(wins).collect();
        if self.yes {
            return Ok(());
        }
        let mut problem =
            Problem::user(format!("{} would be able to open more than `{path}`", self.name))
                .of_kind(Kind::Answers)
                .hint("look at each of them, then add `--yes`");
        for file in files {
            problem = problem.cause(file);
        }
        Err(problem)
    }
}

/// The `.sops.yaml` that is meant.
struct ConfigFile {
    file: PathBuf,
    text: String,
}

impl ConfigFile {
    /// In the folder given, else as sops does: from the current folder upwards. Only `.sops.yaml`:
    /// sops ignores `.sops.yml`.
    fn find(at: &Where, host: &Host) -> Result<Self, Problem> {
        let start = match &at.fleet {
            Some(folder) => host.expand(folder, &Host::current_folder()?),
            None => Host::current_folder()?,
        };
        let file = start
            .ancestors()
            .take(if at.fleet.is_some() { 1 } else { 100 })
            .map(|folder| folder.join(".sops.yaml"))
            .find(|file| file.is_file())
            .ok_or_else(|| {
                Problem::user(format!("there is no `.sops.yaml` in `{}`", host.short(&start)))
                    .hint("name its folder: `--fleet DIR`")
            })?;
        let text = fs::read_to_string(&file).map_err(|e| {
            Problem::fleet(format!("`{}` cannot be read", host.short(&file))).cause(e)
        })?;
        Ok(Self { file, text })
    }

    /// Encrypted files below its folder, relative to it, in order.
    fn encrypted_files(&self) -> Vec<String> {
        fn walk(folder: &Path, below: &Path, found: &mut Vec<String>) {
            let Ok(entries) = fs::read_dir(folder) else { return };
            let mut entries: Vec<_> = entries.flatten().collect();
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                let path = below.join(entry.file_name());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && entry.file_name() != ".git" => {
                        walk(&entry.path(), &path, found);
                    }
                    Ok(kind) if kind.is_file() => {
                        let text = crate::survey::read_small(&entry.path());
                        if text.is_some_and(|text| crate::sops::is_encrypted(&text)) {
                            found.push(path.to_string_lossy().into_owned());
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder(), Path::new(""), &mut found);
        found
    }

    fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new("."))
    }

    fn replace(&self, after: &str) -> Result<(), Problem> {
        let spot = files::inside(&[self.folder().to_owned()], &self.file)?;
        let place = spot.open()?.ok_or_else(|| self.refused("its folder is gone"))?;
        let temporary = files::new_temporary_name();
        files::replace(&place, self.text.as_bytes(), after.as_bytes(), &temporary, &|| ())
    }

    fn config(&self) -> Result<Config, Problem> {
        Config::parse(&self.text).map_err(|e| self.refused(e))
    }

    fn refused(&self, e: impl std::fmt::Display) -> Problem {
        Problem::fleet(format!("`{}` cannot be used", self.file.display())).cause(e)
    }

    /// sops matches rules against the path below the folder of `.sops.yaml`.
    fn relative(&self, path: &str) -> Result<String, Problem> {
        if key::private::is_in(path) {
            return Err(Problem::user(
                "a private key was given where a path belongs; it is not repeated",
            )
            .hint("take it out of your shell's history, and make a new key if others saw it"));
        }
        let given = Path::new(path);
        let below =
            if given.is_absolute() { given.strip_prefix(self.folder()).ok() } else { Some(given) };
        below.map(|p| p.to_string_lossy().into_owned()).ok_or_else(|| {
            Problem::user(format!("`{path}` is not below the folder of `{}`", self.file.display()))
        })
    }
}
