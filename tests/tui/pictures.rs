//! Pictures of screens for the README, made by walking through the practice run.
//!
//! `DOORSTEP_PICTURES=write cargo test --test tui pictures` writes them to `assets/pictures/`.
//! Otherwise the walk is taken all the same and the pictures are made and forgotten: nobody wants
//! a test to fail over a clock in the corner of a screen.

use std::fs;
use std::path::{Path, PathBuf};

use super::pty::Person;

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

#[test]
fn demo() {
    let mut command = std::process::Command::new("/bin/cat");
    command.arg(std::env::var_os("FRAME").unwrap_or_else(|| "/dev/null".into()));
    let mut zoe = crate::pty::Seat::of(80, 24).runs(&command);
    zoe.sees_that("x", |s| s.contents().contains("help"));
    let mut album = Album::open();
    album.takes("demo", "doorstep", &zoe);
}
