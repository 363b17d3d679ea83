//! One binding and one item more in every attribute set and every list of every fixture fleet: Nix
//! parses each result, nothing else has changed, and taking it out gives the same bytes.

use std::fs;
use std::path::{Path, PathBuf};

use doorstep::nix::Source;
use doorstep::splice::nix::{
    Change, Slot, Splice, add_binding, append_item, remove_binding, remove_item,
};

use crate::generated::parse;

/// A name and values that no fixture has.
const NAME: &str = "quite-new";
const VALUES: [&str; 2] = ["true", "{\n  # one\n  a = [\n    \"b\"\n  ];\n}"];

fn nix_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            nix_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "nix") {
            found.push(path);
        }
    }
}

fn changed(splice: Result<Splice, impl std::fmt::Debug>, file: &Path) -> Change {
    match splice {
        Ok(Splice::Changed(change)) => change,
        other => panic!("{}: {other:?}", file.display()),
    }
}

/// Every text with one more in it.
fn every(file: &Path, text: &str) -> Vec<String> {
    let source = Source::parse(text).unwrap();
    let mut all = Vec::new();
    let ends = source.sets().iter().filter(|set| {
        // Nothing may be added to a `let` that binds nothing.
        !set.bindings.is_empty() || set.kind != doorstep::nix::SetKind::Let
    });
    let slots = ends.map(|set| Slot::In(set.span));
    let slots = slots.chain(source.bindings().iter().map(|binding| Slot::After(binding.span)));
    for slot in slots {
        for value in VALUES {
            let change = changed(add_binding(text, slot, &[NAME], value), file);
            let new = Source::parse(change.text.as_str()).unwrap();
            let added = new.find(NAME).next().unwrap().span;
            assert_eq!(remove_binding(&change.text, added).unwrap().text, text);
            assert_eq!(change.revert(), text);
            all.push(change.text);
        }
    }
    for list in source.lists() {
        let change = changed(append_item(text, list.span, "\"quite-new\""), file);
        let new = Source::parse(change.text.as_str()).unwrap();
        let items = new.lists().iter().filter(|known| known.span.start == list.span.start);
        let (whole, item) =
            items.map(|list| (list.span, list.items.last().unwrap().span)).next().unwrap();
        assert_eq!(remove_item(&change.text, whole, item).unwrap().text, text);
        assert_eq!(change.revert(), text);
        all.push(change.text);
    }
    all
}

#[test]
fn every_set_and_list_of_the_fixtures_takes_one_more() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["tests/fleets", "assets/practice/fleet/modules"] {
        nix_files(&here.join(folder), &mut files);
    }
    let results = tempfile::tempdir().unwrap();
    let count = std::thread::scope(|threads| {
        let halves = files.chunks(files.len().div_ceil(2)).enumerate();
        let halves = halves.map(|(half, files)| {
            let folder = results.path().join(half.to_string());
            threads.spawn(move || parsed(files, &folder))
        });
        halves.collect::<Vec<_>>().into_iter().map(|half| half.join().unwrap()).sum::<usize>()
    });
    println!("{count} results of {} files", files.len());
    assert!(files.len() > 100 && count > 4000);
}

/// How many results Nix has parsed.
fn parsed(files: &[PathBuf], folder: &Path) -> usize {
    fs::create_dir(folder).unwrap();
    let mut written = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let other = text.trim_end().replace('\n', "\r\n");
        for result in every(file, &text).into_iter().chain(every(file, &other)) {
            let path = folder.join(format!("{}.nix", written.len()));
            fs::write(&path, result).unwrap();
            written.push(path);
        }
    }
    written.chunks(2000).for_each(parse);
    written.len()
}
