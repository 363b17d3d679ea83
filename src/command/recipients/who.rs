//! `doorstep recipients who`: the rule that wins for one path.

use clap::Args;
use serde_json::json;

use super::super::{Exit, Where, print};
use super::Desk;
use crate::front::sanitise;
use crate::host::Host;
use crate::problem::Problem;
use crate::secrets::store::refused;
use crate::sops::config::Who;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The secrets file, there already or not, relative to the folder of `.sops.yaml`
    path: String,
    #[command(flatten)]
    at: Where,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl Options {
    pub(super) fn run(&self, host: &Host) -> Result<Exit, Problem> {
        let desk = Desk::open(&self.at, host)?;
        let store = desk.store()?;
        let path = store.relative(&self.path, store.folder(), host)?;
        let who = store.config.who(&path).map_err(|e| refused(&store.file, host, e))?;
        if self.json {
            let readers = who.iter().flat_map(|who| &who.readers);
            let readers: Vec<_> = readers
                .map(|reader| json!({ "name": reader.name, "recipient": reader.recipient }))
                .collect();
            let rule = who.as_ref().map(|Who { rule, .. }| {
                json!({ "line": rule.line, "index": rule.index, "path_regex": rule.path_regex })
            });
            let answer = json!({
                "version": 1, "file": store.file, "path": path, "rule": rule, "readers": readers,
            });
            print(&format!("{answer}\n"))?;
            return Ok(Exit::Done);
        }
        let shown = host.short(&store.file);
        let Some(Who { rule, readers }) = who else {
            print(&format!("No rule of {shown} matches {}.\n", sanitise(&path)))?;
            return Ok(Exit::Done);
        };
        let regex = rule.path_regex.as_deref().unwrap_or("(every path)");
        let mut out = format!("{path}\nRule   {shown}:{}   {regex}\n", rule.line);
        for reader in readers {
            let name = reader.name.as_deref().unwrap_or("(no name)");
            out.push_str(&format!("Opens  {name}   {}\n", reader.recipient));
        }
        print(&out.lines().map(|line| format!("{}\n", sanitise(line))).collect::<String>())?;
        Ok(Exit::Done)
    }
}
