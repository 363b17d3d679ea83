//! An explanation as one JSON object, for scripts. Keys are only ever added within a version.
//!
//! ```json
//! { "version": 1,
//!   "log": { "contents": "text", "empty" or "binary", "lines": 1, "bytes": 1, "private_keys": 0 },
//!   "causes": [{                         best first; empty when the cause is unknown
//!     "class": "key-not-recipient",      of `assets/diagnosis`
//!     "confidence": "sure", "likely" or "possible",
//!     "line": 6,                         the first that shows it; null if only the machine does
//!     "summary": "…", "why": "…", "next": "…", "command": "…" or null,
//!     "who": "you", "admin" or "reader", "admin": "…" or null, "fix": "safe", "offered" or "none",
//!     "shown": [{ "line": 6, "text": "…" }],
//!     "checked": [{ "check": "decryption", "words": "…" }], "not_checked": [], "look": ["…"]
//!   }],
//!   "ruled_out": [{ "class": "…", "called": "…", "because": "…" }],
//!   "noise": [{ "line": 2, "text": "…", "words": "…" }],
//!   "suspects": [{ "line": 9, "text": "…" }]   when there is no cause: a guess
//! }
//! ```

use serde_json::{Value, json};

use crate::explain::{Cause, Contents, Explanation, Log};
use crate::problem::Problem;

pub(super) fn of(log: &Log, explanation: &Explanation) -> Result<String, Problem> {
    let causes: Vec<Value> = explanation.causes.iter().map(cause).collect();
    let contents = match log.contents {
        Contents::Empty => "empty",
        Contents::Binary => "binary",
        Contents::Text => "text",
    };
    let all = json!({
        "version": 1,
        "log": {
            "contents": contents, "lines": log.lines, "bytes": log.bytes,
            "private_keys": log.private_keys,
        },
        "causes": causes,
        "ruled_out": explanation.ruled_out,
        "noise": explanation.noise,
        "suspects": explanation.suspects,
    });
    let text = serde_json::to_string_pretty(&all)
        .map_err(|e| Problem::bug("the explanation cannot be written as JSON").cause(e))?;
    Ok(format!("{text}\n"))
}

fn cause(cause: &Cause) -> Value {
    json!({
        "class": cause.class,
        "confidence": cause.confidence,
        "line": cause.shown.first().map(|shown| shown.line),
        "summary": cause.summary,
        "why": cause.why,
        "next": cause.next,
        "command": cause.run,
        "who": cause.who,
        "admin": cause.admin,
        "fix": cause.fix,
        "shown": cause.shown,
        "checked": cause.checked,
        "not_checked": cause.not_checked,
        "look": cause.look,
    })
}
