//! Pictures of screens for the README, made by walking through the practice run.
//!
//! `DOORSTEP_PICTURES=write cargo test --test tui pictures` writes them to `assets/pictures/`.
//! Otherwise the walk is taken all the same and the pictures are made and forgotten: nobody wants
//! a test to fail over a clock in the corner of a screen.

use std::fs;
use std::path::{Path, PathBuf};

use super::pty::{Person, Seat};
use super::walks::{self, practises};
use super::world::World;

#[path = "pictures/svg.rs"]
mod svg;

/// Where the pictures of one walk go.
struct Album {
    folder: Option<PathBuf>,
    taken: Vec<&'static str>,
}

impl Album {
    fn open() -> Self {
        let wanted = std::env::var_os("DOORSTEP_PICTURES").is_some_and(|value| value == "write");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pictures");
        Self { folder: wanted.then_some(folder), taken: Vec::new() }
    }

    /// Takes a picture of what the person sees, as `NAME.svg`.
    #[track_caller]
    fn takes(&mut self, name: &'static str, title: &str, of: &Person) {
        let svg = svg::window(&of.looks(), title);
        assert!(svg.contains("<text") && svg.ends_with("</svg>\n"), "{name}: {svg}");
        if let Some(folder) = &self.folder {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join(format!("{name}.svg")), svg).unwrap();
        }
        self.taken.push(name);
    }
}

/// The dark theme where the terminal can show all colours.
const LOOKS: [(&str, &str); 2] = [("COLORTERM", "truecolor"), ("DOORSTEP_THEME", "dark")];

#[test]
fn pictures_of_the_screens() {
    let world = World::new();
    let mut album = Album::open();
    let mut zoe = practises(&world, Seat::of(80, 24), &LOOKS);
    album.takes("welcome", "doorstep practice", &zoe);
    walks::welcome(&mut zoe);
    walks::you(&mut zoe);
    album.takes("you", "doorstep practice", &zoe);
    zoe.types("?").sees("Help: You");
    album.takes("help", "doorstep practice", &zoe);
    println!("{} pictures: {}", album.taken.len(), album.taken.join(", "));
}
