//! A random walk before the real terminal: whatever is pressed, it is given back sane, and as long
//! as nobody applies, nothing is written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use rustix::process::Signal;

use super::pty::Seat;
use super::walks::{practises, pretend};
use super::world::World;

/// Without `a`, and the keys that save and undo.
const KEYS: [&str; 34] = [
    "<enter>", "<enter>", "<enter>", "<tab>", "<tab>", "<s-tab>", "<esc>", "<space>", "<space>",
    "<up>", "<down>", "<down>", "<left>", "<right>", "<home>", "<end>", "?", "/", "n", "1", "2",
    "b", "c", "f", "v", "w", "x", "g", "G", "<c-u>", "<c-t>", "<c-l>", "z", "@",
];
const EVENTS: usize = 600;
const SEEDS: u64 = 8;

/// Every file with its content.
fn tree(folder: &Path, at: &Path, seen: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(at).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            tree(folder, &path, seen);
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            seen.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
        }
    }
}

fn pictured(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut seen = BTreeMap::new();
    for part in ["home", "fleet"] {
        tree(&pretend(world, ""), &pretend(world, part), &mut seen);
    }
    // Looking at what git knows freshens its index.
    seen.retain(|path, _| !path.ends_with(".git/index"));
    seen
}

#[test]
fn a_random_walk_writes_nothing_and_leaves_the_terminal_sane() {
    let mut events = 0;
    for seed in 0..SEEDS {
        let mut rng = StdRng::seed_from_u64(seed);
        let world = World::new();
        let mut zoe = practises(&world, Seat::of(80, 24), &[]);
        let before = pictured(&world);
        for event in 0..EVENTS {
            match rng.gen_range(0..100) {
                0..70 => zoe.types(KEYS[rng.gen_range(0..KEYS.len())]),
                70..76 => zoe.types("zoe@example.com<enter>"),
                76..84 => zoe.clicks(rng.gen_range(0..90), rng.gen_range(0..23)),
                84..90 => zoe.wheel(rng.gen_range(0..80), rng.gen_range(0..24), 1),
                90..94 => zoe.pastes("one\x1b[2J\ntwo"),
                94..97 => zoe.resizes(rng.gen_range(1..130), rng.gen_range(1..45)),
                97 => zoe.resizes(80, 24),
                _ => zoe.types("<esc><esc>"),
            };
            events += 1;
            if zoe.has_ended() {
                break;
            }
            // Applying and saving are for other tests: a button of that name is not pressed.
            if event % 5 == 0 && zoe.screen().iter().any(|row| row.contains("▸[ Apply")) {
                zoe.types("<tab>");
            }
        }
        if !zoe.has_ended() {
            zoe.resizes(80, 24).waits_for_keys_to_be_read();
            zoe.signals(Signal::TERM);
        }
        let left = zoe.ends();
        // Who has left goes on typing for a moment, and the terminal shows that.
        let mut insane = left.insane;
        insane.retain(|what| !(left.status.success() && what.contains("middle of a line")));
        assert!(insane.is_empty(), "seed {seed}: {insane:?}\n{}", left.text);
        assert_eq!(pictured(&world), before, "seed {seed}");
    }
    println!("{events} events in {SEEDS} walks");
}
