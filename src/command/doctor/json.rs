//! What was found as one JSON object, for scripts. Keys are only ever added within a version.
//!
//! ```json
//! { "version": 1, "user": "zoe", "host": "granite", "system": "x86_64-linux", "fleet": "~/fleet",
//!   "checks": 48, "seconds": 0.2,
//!   "findings": [{                       the likely cause first, what follows from it next to it
//!     "id": "key-file-open",             a class of `assets/diagnosis`, or the check's own
//!     "check": "key-files", "group": "keys", "severity": "error" or "warning",
//!     "summary": "…", "why": "…",
//!     "evidence": [{ "at": "file:line, a path or a command; may be empty", "shown": "…" }],
//!     "follows_from": null,              the id of another finding that explains this one
//!     "fixes": [{
//!       "title": "…", "risk": "safe", "by_hand", "for_reader" or "for_admin",
//!       "plan": [],                      steps as in a preview; null where doorstep has none
//!       "text": null                     else lines to carry out or to hand on
//!     }]
//!   }],
//!   "not_checked": [{ "check": "agent", "group": "agent", "because": "…" }],
//!   "fine": [{ "check": "store", "group": "nix" }],
//!   "fixed": [{ "id": "…", "summary": "…", "title": "…", "receipt": "~/…" }]   with --fix
//! }
//! ```

use std::path::Path;

use serde_json::{Value, json};

use super::mend::Mended;
use crate::check::report::Report;
use crate::check::{Finding, Fix, How};
use crate::front::preview::Preview;
use crate::look::Look;
use crate::problem::Problem;

pub(super) fn of(look: &Look, report: &Report, mended: &[Mended]) -> Result<String, Problem> {
    let mut all = value(look, report);
    if let Value::Object(all) = &mut all {
        let fixed = mended.iter().map(|mended| {
            json!({
                "id": mended.id,
                "summary": mended.summary,
                "title": mended.title,
                "receipt": look.host.short(&mended.receipt),
            })
        });
        all.insert("fixed".to_owned(), fixed.collect());
    }
    let text = serde_json::to_string_pretty(&all)
        .map_err(|e| Problem::bug("the findings cannot be written as JSON").cause(e))?;
    Ok(format!("{text}\n"))
}

/// The report itself.
pub(super) fn value(look: &Look, report: &Report) -> Value {
    let left = report.not_checked.iter().map(
        |left| json!({ "check": left.check, "group": left.group.word(), "because": left.because }),
    );
    let fine =
        report.fine.iter().map(|fine| json!({ "check": fine.check, "group": fine.group.word() }));
    json!({
        "version": 1,
        "user": look.user,
        "host": look.host.name,
        "system": look.host.system(),
        "fleet": look.root.as_ref().map(|root| look.host.short(root)),
        "checks": report.checks(),
        "seconds": report.took.as_secs_f64(),
        "findings": report.findings.iter().map(|f| finding(look, f)).collect::<Vec<_>>(),
        "not_checked": left.collect::<Vec<_>>(),
        "fine": fine.collect::<Vec<_>>(),
    })
}

fn finding(look: &Look, finding: &Finding) -> Value {
    let evidence = finding.evidence.iter().map(|e| json!({ "at": e.at, "shown": e.shown }));
    json!({
        "id": finding.id,
        "check": finding.check,
        "group": finding.group.word(),
        "severity": finding.severity.word(),
        "summary": finding.summary,
        "why": finding.why,
        "evidence": evidence.collect::<Vec<_>>(),
        "follows_from": finding.follows_from,
        "fixes": finding.fixes.iter().map(|f| fix(look, f)).collect::<Vec<_>>(),
    })
}

fn fix(look: &Look, fix: &Fix) -> Value {
    let fleet = look.root.as_deref().unwrap_or(Path::new("/"));
    let (plan, text) = match &fix.how {
        How::Plan(plan) => {
            let preview = Preview { plan, host: &look.host, fleet, user: &look.user };
            (preview.json().get("steps").cloned().unwrap_or_default(), Value::Null)
        }
        How::Text(lines) => (Value::Null, json!(lines)),
    };
    json!({ "title": fix.title, "risk": fix.risk.word(), "plan": plan, "text": text })
}
