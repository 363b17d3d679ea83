//! Runs that went well, and failures of programs that have nothing to do with a home: none of them
//! may get a confident cause.

use std::fs;

use doorstep::explain::Confidence;

use crate::{explained, folder, told};

/// The logs of `others`: those that stand one after another in a file, and whole files.
fn others() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for file in ["real.txt", "failures.txt", "fine.txt"] {
        let text = fs::read_to_string(folder("others").join(file)).unwrap();
        for log in text.split("=== ").skip(1) {
            let (name, log) = log.split_once('\n').unwrap_or((log, ""));
            all.push((format!("{file}: {name}"), log.as_bytes().to_vec()));
        }
    }
    for entry in fs::read_dir(folder("others/nix")).unwrap() {
        let path = entry.unwrap().path();
        all.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    all
}

#[test]
fn logs_of_others_get_no_confident_cause() {
    let logs = others();
    assert!(logs.len() >= 200, "only {} logs", logs.len());
    let mut wrong = Vec::new();
    for (name, log) in logs {
        let explanation = explained(&log);
        if explanation.causes.iter().any(|cause| cause.confidence > Confidence::Possible) {
            wrong.push(format!("{name}: {:?}", told(&explanation)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
