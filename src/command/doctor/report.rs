//! A report for somebody else: what was found, with versions and the last failure explained, and
//! without what must stay here.

use std::fmt::Write as _;
use std::fs::File;
use std::time::Duration;

use serde_json::{Value, json};

use super::redact::Redact;
use super::{json, words};
use crate::activate::kept_log;
use crate::check::report::Report;
use crate::check::{Finding, Risk, has_failed};
use crate::explain::{Catalogue, Cause, explain_elsewhere, read};
use crate::fleet::Fleet;
use crate::front::sanitise;
use crate::look::Look;
use crate::problem::Problem;
use crate::run::{Command, Real, Runner as _};

pub(super) fn of(
    look: &Look,
    report: &Report,
    as_json: bool,
    no_names: bool,
) -> Result<String, Problem> {
    let fleet = look.root.as_deref().and_then(|root| Fleet::read(root).ok());
    let redact = Redact::new(&look.host, fleet.as_ref(), no_names);
    let (versions, last) = (versions(look), last_failure(look));
    let text = match as_json {
        true => {
            let mut all = json::value(look, report);
            if let Value::Object(all) = &mut all {
                let versions =
                    versions.iter().map(|(tool, said)| json!({ "tool": tool, "version": said }));
                all.insert("versions".to_owned(), versions.collect());
                all.insert("last_failure".to_owned(), json!(last));
            }
            redacted(&mut all, &redact);
            let text = serde_json::to_string_pretty(&all)
                .map_err(|e| Problem::bug("the report cannot be written as JSON").cause(e))?;
            return Ok(format!("{text}\n"));
        }
        false => markdown(look, report, &versions, last.as_ref()),
    };
    let lines = redact.text(&text);
    Ok(lines.lines().map(|line| format!("{}\n", sanitise(line))).collect())
}

fn redacted(value: &mut Value, redact: &Redact) {
    match value {
        Value::String(text) => *text = redact.text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| redacted(item, redact)),
        Value::Object(fields) => fields.values_mut().for_each(|field| redacted(field, redact)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn markdown(
    look: &Look,
    report: &Report,
    versions: &[(String, String)],
    last: Option<&Cause>,
) -> String {
    let mut out = String::new();
    let host = &look.host;
    let _ = writeln!(
        out,
        "# Report of doorstep\n\n{} on {} ({})\n",
        look.user,
        host.name,
        host.system()
    );
    for (tool, said) in versions {
        let _ = writeln!(out, "- {tool}: {said}");
    }
    let _ = writeln!(out, "\n## Found: {}\n", report.findings.len());
    for finding in &report.findings {
        section(&mut out, finding);
    }
    if let Some(cause) = last {
        let _ = writeln!(
            out,
            "## The last failure\n\n{} (class {}, {})\n",
            cause.summary,
            cause.class,
            cause.confidence.word()
        );
        for shown in cause.shown.iter().take(3) {
            let _ = writeln!(out, "    {}", shown.text.trim());
        }
        out.push('\n');
    }
    if !report.not_checked.is_empty() {
        out.push_str("## Not checked\n\n");
        for left in &report.not_checked {
            let _ = writeln!(out, "- {}: {}", left.check, left.because);
        }
        out.push('\n');
    }
    let fine: Vec<&str> = report.fine.iter().map(|fine| fine.check).collect();
    let _ = writeln!(out, "## Fine: {}\n\n{}", fine.len(), fine.join(", "));
    out
}

fn section(out: &mut String, finding: &Finding) {
    let _ =
        writeln!(out, "### {}: {} ({})\n", finding.severity.word(), finding.summary, finding.id);
    if let Some(cause) = finding.follows_from {
        let _ = writeln!(out, "Most likely follows from {cause}.\n");
    }
    for seen in &finding.evidence {
        let at = if seen.at.is_empty() { String::new() } else { format!("`{}`: ", seen.at) };
        let _ = writeln!(out, "- {at}{}", seen.shown);
    }
    for fix in &finding.fixes {
        let whose = match fix.risk {
            Risk::Safe => "doorstep can do it",
            Risk::ByHand => "by hand",
            Risk::ForReader => "by somebody who can open the file",
            Risk::ForAdmin => "by an administrator",
        };
        let _ = writeln!(out, "\n{} ({whose})\n", fix.title);
        for line in words::lines(fix) {
            let _ = writeln!(out, "    {line}");
        }
    }
    out.push('\n');
}

/// What the tools say of themselves; one that does not answer in time is left out.
fn versions(look: &Look) -> Vec<(String, String)> {
    const PATIENCE: Duration = Duration::from_secs(3);
    let mut runner = Real::new(look.host.env().clone()).ended_after(PATIENCE);
    let mut found = vec![("doorstep".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    for tool in ["nix", "sops", "age", "git", "home-manager", "nh"] {
        if look.host.tool(tool).is_none() {
            continue;
        }
        let said = runner.output(&Command::new(tool).arg("--version"));
        let line = said.ok().and_then(|said| said.stdout.lines().next().map(str::to_owned));
        found.push((tool.to_owned(), line.unwrap_or_else(|| "does not say".to_owned())));
    }
    found
}

/// What the newest log that was kept shows, if its run failed.
fn last_failure(look: &Look) -> Option<Cause> {
    let log = kept_log::newest(&look.host.logs_dir()).filter(|log| has_failed(log))?;
    let catalogue = Catalogue::built_in().ok()?;
    let log = read(&mut File::open(log).ok()?, catalogue).ok()?;
    explain_elsewhere(&log, catalogue).causes.into_iter().next()
}
