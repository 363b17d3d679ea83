//! What may name what: the rules of the house, kept by reading the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// Words that only some files may name.
struct Rule {
    words: &'static [&'static str],
    /// Files and folders below `src` that may.
    allowed: &'static [&'static str],
    because: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        words: &["ratatui::", "crossterm::", "inquire::"],
        allowed: &["front", "front.rs", "main.rs"],
        because: "the core never names a terminal library",
    },
    Rule {
        words: &["std::env::", "env::var", "env::args", "env::current_dir"],
        allowed: &["host.rs", "main.rs"],
        because: "only the host reads the environment, so that tests can pretend",
    },
    Rule {
        words: &["std::process::Command", "process::Command", "duct::"],
        allowed: &["run.rs", "run"],
        because: "children are spawned in one place, which says what they inherit",
    },
    Rule {
        words: &["println!", "print!", "eprintln!", "eprint!", "dbg!"],
        allowed: &["main.rs"],
        because: "what is written goes through a writer that a closed pipe cannot break",
    },
];

#[test]
fn modules_name_only_what_they_may() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    for file in rust_files(&source) {
        let place = file.strip_prefix(&source).expect("walked from there");
        let code = without_tests(&fs::read_to_string(&file).expect("it was just listed"));
        for rule in RULES.iter().filter(|r| !r.allows(place)) {
            for (number, line) in code.lines().enumerate() {
                let line = line.split("//").next().unwrap_or_default();
                if let Some(word) = rule.words.iter().find(|w| names(line, w)) {
                    broken.push(format!(
                        "src/{}:{}: `{word}`: {}",
                        place.display(),
                        number + 1,
                        rule.because
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

impl Rule {
    fn allows(&self, place: &Path) -> bool {
        // Tests in a file of their own are tests all the same.
        let is_test = place.file_name().is_some_and(|n| n == "tests.rs")
            || place.components().any(|c| c.as_os_str() == "tests");
        is_test || self.allowed.iter().any(|allowed| place.starts_with(allowed))
    }
}

/// Whether `line` names `word` itself, not a longer name that ends in it.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// The text up to its test module; by the house's habit that is the end of the file.
fn without_tests(text: &str) -> String {
    let lines = text.lines();
    let code = lines.take_while(|line| line.trim() != "#[cfg(test)]" || line.starts_with(' '));
    code.collect::<Vec<_>>().join("\n")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("sources can be listed") {
        let path = entry.expect("sources can be listed").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn the_rules_see_what_they_look_for() {
    assert!(names("use std::env::var;", "std::env::"));
    assert!(!names("my_duct::x", "duct::"));
    assert!(!names("an eprintln!()", "println!"));
    assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {}"), "a");
}
