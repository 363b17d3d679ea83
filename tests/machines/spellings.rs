//! Every way in which people write who lives on a machine: what is added for one person more, or why
//! nothing is, and that Nix sees them and nobody else changed.

use std::fs;
use std::path::Path;

use doorstep::fleet::Fleet;
use serde_json::Value;

use crate::generated::{Generated, with_newcomer};

fn cases() -> Vec<(String, String)> {
    let folder = std::env::var("AUDIT").unwrap();
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "nix"))
        .map(|p| {
            (p.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&p).unwrap())
        })
        .collect();
    found.sort();
    found
}

#[test]
#[ignore]
fn audit() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let out = std::env::var("AUDIT_OUT").unwrap();
    for (name, text) in cases() {
        if !name.contains(&only) {
            continue;
        }
        println!("=============== {name}");
        let darwin = !name.starts_with("linux");
        let planned = if text.starts_with("###") {
            Generated::audit(&text)
        } else {
            Generated::new(darwin).plan(&text)
        };
        match planned {
            Err(problem) => println!("{problem}"),
            Ok(plan) => {
                for step in &plan.steps {
                    for change in &step.changes {
                        if let doorstep::plan::Change::Edit { path, before, after } = change {
                            println!(
                                "{}",
                                similar::TextDiff::from_lines(before, after)
                                    .unified_diff()
                                    .context_radius(2)
                            );
                            if path.ends_with("quartz.nix") {
                                fs::write(Path::new(&out).join(format!("{name}.nix")), after)
                                    .unwrap();
                            }
                        } else if let doorstep::plan::Change::Create { path, content, .. } = change
                        {
                            println!("new {} {content:?}", path.display());
                        } else {
                            println!("{change:?}");
                        }
                    }
                }
                if plan.steps.is_empty() {
                    println!("NOTHING");
                }
                for remark in &plan.remarks {
                    if !remark.text.contains("layout is unknown") {
                        println!("REMARK {} {:?}", remark.text, remark.places);
                    }
                }
            }
        }
    }
}
