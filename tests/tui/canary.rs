//! A secret value and private keys that are typed and pasted on the way are nowhere afterwards but
//! where they belong: not in what the terminal was sent, no receipt, no log, no saved file.

use std::fs;
use std::path::{Path, PathBuf};

use super::pty::{Person, Seat, same};
use super::walks::{self, practises, pretend};
use super::world::{World, run, tool};

/// A value of a secret, and another person's private key.
const VALUE: &str = "canary-ghp-31415926535";
const PRIVATE: &str = "AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZCANARY";

/// Files under a folder that hold any of the texts; links are not followed.
fn holding(folder: &Path, texts: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            found.extend(holding(&path, texts));
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap();
            if texts.iter().any(|text| contains(&bytes, text)) {
                found.push(path);
            }
        }
    }
    found
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// As far as the second secret's value, which is typed hidden.
fn types_a_secret(zoe: &mut Person) {
    zoe.sees("Which secrets should be ready for you?").sees("▸[ Continue ]");
    zoe.types("<tab><tab><up><up><up><enter>").types(VALUE);
    zoe.sees(&"*".repeat(VALUE.len())).types("<enter>");
    zoe.sees(&format!("set, {} characters", VALUE.len()));
}

#[test]
fn secrets_are_only_where_they_belong() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    walks::welcome(&mut zoe);
    // Pasted where it does not belong: into a field, and where no field is.
    zoe.sees("1 field needs you: Email").pastes(PRIVATE).sees("not kept or shown");
    zoe.types("<tab>").pastes(PRIVATE).sees("Nothing was done with it.").types("<s-tab>");
    walks::you(&mut zoe);
    walks::every(&mut zoe);
    walks::key(&mut zoe);
    types_a_secret(&mut zoe);
    while !zoe.screen().iter().any(|row| row.contains("▸[ Continue ]")) {
        let before = zoe.looks();
        zoe.types("<tab>").sees_that("the focus elsewhere", |now| !same(now, &before));
    }
    zoe.types("<enter>").sees("Nothing has been changed yet.");
    zoe.types("<down><down>").sees("▸ 3 Create secrets file").types("s").sees("Saved as");
    walks::review(&mut zoe);
    walks::done(&mut zoe);
    zoe.types("s").sees("Saved as");
    let left = zoe.types("q").ends().well().sane();

    let home = pretend(&world, "home");
    let keys = home.join(".config/sops/age/keys.txt");
    let own = fs::read_to_string(&keys).unwrap();
    let own = own.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    for text in [VALUE, PRIVATE, own, "CANARY"] {
        assert!(!contains(&left.output, text), "{text} was on the screen");
    }
    assert!(left.copied.is_empty());

    // Her own key is in its file; the value, and a copy of the key, in the place where her home
    // opens its secrets.
    let open = pretend(&world, "run");
    let found = holding(&world.at(""), &[VALUE, PRIVATE, own]);
    let astray: Vec<_> = found.iter().filter(|p| **p != keys && !p.starts_with(&open)).collect();
    assert!(astray.is_empty(), "{astray:?}");
    assert_eq!(holding(&world.at(""), &[PRIVATE, "CANARY"]), [] as [PathBuf; 0]);
    let opened = run(tool("sops", ["-d", "secrets/users/zoe.sops.yaml"])
        .current_dir(pretend(&world, "fleet"))
        .env("SOPS_AGE_KEY_FILE", &keys))
    .expect(0);
    assert!(opened.stdout.contains(VALUE), "it did arrive");
}

#[test]
fn a_private_key_that_comes_as_keys_is_not_shown() {
    let world = World::new();
    let mut zoe = practises(&world, Seat::of(80, 24), &[]);
    walks::welcome(&mut zoe);
    zoe.sees("1 field needs you: Email").types(PRIVATE).types("<enter><enter><enter>");
    zoe.sees("not kept or shown").sees("Who is this home for?");
    let left = zoe.types("<c-c>").ends().well().sane();
    for text in ["CANARY", "SZQGPQYQ"] {
        assert!(!contains(&left.output, text), "{text} was on the screen");
    }
    assert_eq!(holding(&world.at(""), &["CANARY"]), [] as [PathBuf; 0]);
}
