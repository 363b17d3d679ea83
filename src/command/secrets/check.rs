//! `doorstep secrets check`: would sops open these files here, and are they whole? Exit code 0 only
//! then.

use clap::Args;
use serde_json::{Value, json};

use super::super::{Exit, Where, print};
use super::Desk;
use crate::front::sanitise;
use crate::host::Host;
use crate::problem::Problem;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Files [default: every encrypted file below the folder of `.sops.yaml`]
    files: Vec<String>,
    #[command(flatten)]
    at: Where,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let mut desk = Desk::open(&self.at, host)?;
        let files = match &self.files[..] {
            [] => {
                let store = desk.store()?;
                let paths = store.files(&[]).into_iter().map(|file| file.path);
                paths.map(|path| store.at(&path).display().to_string()).collect()
            }
            named => named.to_vec(),
        };
        let mut results = Vec::new();
        for file in &files {
            results.push((file, one(&mut desk, file)));
        }
        let all = results.iter().all(|(_, result)| result.is_ok());
        if self.json {
            let files: Vec<Value> =
                results.iter().map(|(file, result)| told(&desk, file, result)).collect();
            print(&format!("{}\n", json!({ "version": 1, "ok": all, "files": files })))?;
        } else {
            let mut out = String::new();
            for (file, result) in &results {
                match result {
                    Ok(good) => out.push_str(&good.words()),
                    Err(problem) => {
                        let file = desk
                            .target(file)
                            .map_or_else(|_| file.to_string(), |target| target.shown);
                        out.push_str(&format!("✗ {file}\n"));
                        out.push_str(
                            &problem
                                .to_string()
                                .lines()
                                .map(|l| format!("  {l}\n"))
                                .collect::<String>(),
                        );
                    }
                }
            }
            if results.is_empty() {
                out.push_str("No encrypted files in this fleet.\n");
            }
            print(&out.lines().map(|line| format!("{}\n", sanitise(line))).collect::<String>())?;
        }
        Ok(if all { Exit::Done } else { Exit::Failed })
    }
}

/// What a file that is whole showed.
struct Good {
    shown: String,
    /// Each recipient with the place of its key.
    opened_by: Vec<(String, Option<String>)>,
    /// Some versions of sops stumble over it.
    comments_in_lists: bool,
}

impl Good {
    fn words(&self) -> String {
        let by: Vec<String> = self
            .opened_by
            .iter()
            .map(|(recipient, from)| match from {
                Some(from) => format!("{} from {from}", crate::secrets::matrix::short(recipient)),
                None => crate::secrets::matrix::short(recipient),
            })
            .collect();
        let mut words = format!("✓ {}   opened with {}\n", self.shown, by.join(" and "));
        if self.comments_in_lists {
            words.push_str("  sops 3.13.2 says `MAC mismatch` of it, for the comments in its lists; use 3.13.3 or newer\n");
        }
        words
    }
}

fn one(desk: &mut Desk<'_>, file: &str) -> Result<Good, Problem> {
    let target = desk.target(file)?;
    let text = desk.read(&target)?;
    let unlocked = desk.unlocked(&target, &text)?;
    let opened_by = unlocked.opened().opened_by.clone();
    let comments_in_lists = unlocked.file().has_comments_in_lists();
    let ring = desk.ring();
    let from = |recipient: String| {
        let from = ring.place_of(&recipient).map(str::to_owned);
        (recipient, from)
    };
    let opened_by = opened_by.into_iter().map(from).collect();
    Ok(Good { shown: target.shown, opened_by, comments_in_lists })
}

fn told(desk: &Desk<'_>, file: &str, result: &Result<Good, Problem>) -> Value {
    match result {
        Ok(good) => {
            let by = good.opened_by.iter();
            let by: Vec<_> = by
                .map(|(recipient, from)| json!({ "recipient": recipient, "from": from }))
                .collect();
            json!({ "file": good.shown, "ok": true, "opened_by": by, "comments_in_lists": good.comments_in_lists })
        }
        Err(problem) => json!({
            "file": desk.target(file).map_or_else(|_| file.to_owned(), |target| target.shown), "ok": false, "error": problem.what,
            "causes": problem.causes, "hints": problem.hints,
        }),
    }
}
