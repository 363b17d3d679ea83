//! An explanation as one JSON object, for scripts.

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
