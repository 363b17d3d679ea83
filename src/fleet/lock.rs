//! What `flake.lock` says.

use std::path::Path;

use serde_json::Value;

use super::{Files, Lock, Locked, Place, Unread};

/// Reads `flake.lock`; a fleet without one has no inputs.
pub(super) fn read(files: &Files) -> Result<Lock, Unread> {
    let file = Path::new("flake.lock");
    if !files.contains(file) {
        return Ok(Lock::default());
    }
    let text = files.text(file)?;
    parse(&text).map_err(|error| Unread {
        at: Place { file: file.to_owned(), line: u32::try_from(error.line()).unwrap_or(1).max(1) },
        column: Some(u32::try_from(error.column()).unwrap_or(1)),
        why: "it is not valid JSON".to_owned(),
    })
}

fn parse(text: &str) -> Result<Lock, serde_json::Error> {
    let lock: Value = serde_json::from_str(text)?;
    let nodes = &lock["nodes"];
    let root = lock["root"].as_str().unwrap_or("root");
    let inputs = nodes[root]["inputs"].as_object();
    let node = inputs.and_then(|inputs| follow(nodes, root, inputs.get("home-manager")?));
    let locked = node.map(|name| &nodes[name]["locked"]);
    Ok(Lock {
        home_manager_rev: locked.and_then(|l| l["rev"].as_str()).map(str::to_owned),
        home_manager_date: locked.and_then(|l| l["lastModified"].as_u64()),
        inputs: inputs.map(|inputs| inputs.keys().cloned().collect()).unwrap_or_default(),
        locked: inputs
            .into_iter()
            .flatten()
            .filter_map(|(name, input)| of_node(name, &nodes[follow(nodes, root, input)?]))
            .collect(),
    })
}

fn of_node(name: &str, node: &Value) -> Option<Locked> {
    let original = &node["original"];
    let branch = original["ref"].as_str().or(original["url"].as_str());
    Some(Locked {
        name: name.to_owned(),
        branch: branch.map(str::to_owned),
        date: node.get("locked")?["lastModified"].as_u64(),
    })
}

/// The node that an input leads to: its name, or a path of inputs from the root (`follows`).
fn follow<'l>(nodes: &'l Value, root: &'l str, input: &'l Value) -> Option<&'l str> {
    // Paths may lead through each other; a lock file that goes in circles has no answer.
    follow_within(nodes, root, input, 16)
}

fn follow_within<'l>(
    nodes: &'l Value,
    root: &'l str,
    input: &'l Value,
    hops: usize,
) -> Option<&'l str> {
    let path = match input {
        Value::String(name) => return Some(name),
        Value::Array(path) => path,
        _ => return None,
    };
    let hops = hops.checked_sub(1)?;
    path.iter().try_fold(root, |node, name| {
        follow_within(nodes, root, &nodes[node]["inputs"][name.as_str()?], hops)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_followed_to_their_node() {
        let lock = parse(
            r#"{ "nodes": {
                "root": { "inputs": { "base": "base_2", "home-manager": ["base", "hm"] } },
                "base_2": { "inputs": { "hm": "hm_3" } },
                "hm_3": { "locked": { "rev": "abc", "lastModified": 1762000000 } }
            }, "root": "root", "version": 7 }"#,
        )
        .unwrap();
        assert_eq!(lock.home_manager_rev.as_deref(), Some("abc"));
        assert_eq!(lock.home_manager_date, Some(1_762_000_000));
        assert_eq!(lock.inputs, ["base", "home-manager"]);
        let locked: Vec<_> = lock.locked.iter().map(|l| (l.name.as_str(), l.date)).collect();
        assert_eq!(locked, [("home-manager", Some(1_762_000_000))]);
    }

    #[test]
    fn odd_lock_files_say_nothing() {
        let circular = r#"{ "nodes": { "r": { "inputs": { "home-manager": ["home-manager"] } } },
            "root": "r" }"#;
        for text in ["{}", "[]", "1", r#"{ "nodes": 3, "root": [] }"#, circular] {
            assert_eq!(parse(text).unwrap().home_manager_rev, None, "{text}");
        }
        assert!(parse("{").is_err());
    }
}
