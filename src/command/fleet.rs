//! `doorstep fleet`: what a fleet holds, with the file and line of each.

use std::fmt::Write as _;

use clap::Args;

use super::{Exit, Where, print};
use crate::counted::counted;
use crate::fleet::{Fleet, Name, Place};
use crate::front::sanitise;
use crate::host::Host;
use crate::problem::Problem;
use crate::run::Real;
use crate::sops::config::Config;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    at: Where,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(options: &Options, host: &Host) -> Result<Exit, Problem> {
    let mut runner = Real::new(host.env().clone());
    let root = options.at.find(host, &mut runner)?;
    let fleet = Fleet::read(&root)?;
    if options.json {
        let json = serde_json::to_string_pretty(&fleet.to_json())
            .map_err(|e| Problem::bug("the fleet cannot be written as JSON").cause(e))?;
        print(&format!("{json}\n"))?;
    } else {
        print(&words(&fleet, host))?;
    }
    Ok(Exit::Done)
}

fn words(fleet: &Fleet, host: &Host) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut out, fleet, host);
    // Names of files and what stands in them are other people's text.
    out.lines().map(|line| format!("{}\n", sanitise(line))).collect()
}

fn write_all(out: &mut String, fleet: &Fleet, host: &Host) -> std::fmt::Result {
    writeln!(out, "Fleet {}", host.short(&fleet.root))?;
    match &fleet.layout.id {
        Some(id) => writeln!(out, "Layout {id}, because:")?,
        None => writeln!(out, "Layout unknown to doorstep. Looked for:")?,
    }
    for evidence in &fleet.layout.evidence {
        match &evidence.at {
            Some(at) => writeln!(out, "  {}   {}", evidence.what, place(at))?,
            None => writeln!(out, "  {}", evidence.what)?,
        }
    }
    writeln!(out, "\nPeople")?;
    for user in &fleet.users {
        let alias = user.alias_of.as_deref().map(|of| format!(", the same as {of}"));
        writeln!(out, "  {}{}   {}", user.name, alias.unwrap_or_default(), place(&user.module))?;
        detail(out, "feature sets", &user.aggregates)?;
        detail(out, "secrets", &user.secrets)?;
        detail(out, "machines", &user.machines)?;
    }
    writeln!(out, "\nMachines")?;
    for machine in &fleet.machines {
        let system = machine.system.as_deref().unwrap_or(match machine.platform {
            crate::fleet::Platform::Darwin => "macOS",
            crate::fleet::Platform::Nixos => "NixOS",
        });
        writeln!(out, "  {}   {system}   {}", machine.name, place(&machine.at))?;
        let users: Vec<String> = machine.users.iter().map(|u| named(&u.name)).collect();
        detail(out, "people", &users)?;
        detail(out, "mainly for", machine.primary.as_slice())?;
        detail(out, "looked after by", machine.admin.as_slice())?;
        detail(out, "updated with", machine.deploy.as_slice())?;
    }
    writeln!(out, "\nFeature sets")?;
    for aggregate in &fleet.aggregates {
        let what = aggregate.description.as_deref().unwrap_or("no description in the fleet");
        writeln!(out, "  {}   {what}   {}", aggregate.name, place(&aggregate.at))?;
        detail(out, "used by", &aggregate.used_by)?;
    }
    writeln!(out, "\nHome configurations")?;
    for entry in &fleet.standalone {
        writeln!(out, "  {}   {}", named(&entry.name), place(&entry.at))?;
    }
    write_sops(out, fleet)?;
    for unread in &fleet.unread {
        writeln!(out, "\nNot read: {unread}")?;
    }
    Ok(())
}

fn write_sops(out: &mut String, fleet: &Fleet) -> std::fmt::Result {
    let Some(sops) = &fleet.sops else {
        return writeln!(out, "\nNo .sops.yaml");
    };
    let file = sops.file.display();
    writeln!(out, "\nKeys   {file}")?;
    if let Some(by) = &sops.generated_by {
        writeln!(out, "  made by {by}, so doorstep does not change it")?;
    }
    let config = Config::parse(&sops.text);
    match &config {
        Ok(config) => {
            for key in &config.keys {
                let name = key.name.as_deref().unwrap_or("(no name)");
                writeln!(out, "  {name}   {}   {file}:{}", key.value.trim(), key.line)?;
            }
        }
        Err(e) => writeln!(out, "  cannot be read: {e}")?,
    }
    writeln!(out, "\nSecrets files")?;
    for secrets in &fleet.secrets {
        let count = counted(secrets.recipients.len(), "recipient");
        let rule = config.as_ref().ok().and_then(|config| fleet.winning_rule(secrets, config));
        let rule = rule.map(|line| format!("   rule {file}:{line}")).unwrap_or_default();
        writeln!(out, "  {}   {count}{rule}", secrets.file.display())?;
    }
    Ok(())
}

fn detail(out: &mut String, what: &str, values: &[String]) -> std::fmt::Result {
    if values.is_empty() { Ok(()) } else { writeln!(out, "    {what}: {}", values.join(", ")) }
}

fn named(name: &Name) -> String {
    match name {
        Name::Literal(name) => name.clone(),
        Name::Computed(name) => format!("{name} (computed; confirmed before a build)"),
    }
}

fn place(at: &Place) -> String {
    format!("{}:{}", at.file.display(), at.line)
}
