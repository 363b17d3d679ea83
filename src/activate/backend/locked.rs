//! Programs that a fleet is locked to: what `nix run` is told, so that exactly the revision that
//! the fleet trusts already is fetched.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The flake reference of the first of `inputs` that the fleet's own `flake.lock` has.
pub(super) fn reference(fleet: &Path, inputs: &[&str]) -> Option<String> {
    let lock: Value =
        serde_json::from_str(&fs::read_to_string(fleet.join("flake.lock")).ok()?).ok()?;
    let nodes = &lock["nodes"];
    let root = lock["root"].as_str().unwrap_or("root");
    inputs.iter().find_map(|input| {
        let node = match &nodes[root]["inputs"][*input] {
            Value::String(node) => node.clone(),
            // An input that follows another: each name leads on from the root.
            Value::Array(path) => follow(nodes, root, path)?,
            _ => return None,
        };
        of_node(&nodes[node.as_str()]["locked"])
    })
}

fn follow(nodes: &Value, root: &str, path: &[Value]) -> Option<String> {
    let mut at = root.to_owned();
    for name in path {
        at = nodes[at.as_str()]["inputs"][name.as_str()?].as_str()?.to_owned();
    }
    Some(at)
}

fn of_node(locked: &Value) -> Option<String> {
    let text = |key: &str| locked[key].as_str().filter(|text| is_plain(text));
    match text("type")? {
        kind @ ("github" | "gitlab" | "sourcehut") => {
            let (owner, repo, rev) = (text("owner")?, text("repo")?, text("rev")?);
            Some(format!("{kind}:{owner}/{repo}/{rev}"))
        }
        "git" => Some(format!("git+{}?rev={}", text("url")?, text("rev")?)),
        "tarball" => text("url").map(str::to_owned),
        _ => None,
    }
}

/// Inputs that are fetched over ssh, which may ask for a passphrase or a host key: as git takes
/// them.
pub(super) fn ssh_inputs(fleet: &Path) -> Vec<String> {
    let text = fs::read_to_string(fleet.join("flake.lock")).unwrap_or_default();
    let lock: Value = serde_json::from_str(&text).unwrap_or_default();
    let nodes = lock["nodes"].as_object().into_iter().flatten();
    let url = |node: &Value| {
        let url = node["locked"]["url"].as_str()?.strip_prefix("ssh://")?;
        is_plain(url).then(|| format!("ssh://{url}"))
    };
    let mut urls: Vec<String> = nodes.filter_map(|(_, node)| url(node)).collect();
    urls.sort();
    urls.dedup();
    urls
}

/// What stands in a lock file is other people's text, and becomes part of a command.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+~%=&?".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}
