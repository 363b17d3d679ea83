//! Pictures of screens for the README, made by walking through the practice run.
//!
//! `DOORSTEP_PICTURES=write cargo test --test tui pictures` writes them to `assets/pictures/`.
//! Otherwise the walk is taken all the same and the pictures are made and forgotten: nobody wants
//! a test to fail over a clock in the corner of a screen.

use std::fs;
use std::path::{Path, PathBuf};

use super::gate::{Gate, WAITS};
use super::pty::{Person, Seat};
use super::walks;
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

/// What Nix says when it builds more than a practice home.
const BUILD: &str = "\
    echo 'these 12 derivations will be built:' >&2
    for n in zsh-5.9 git-2.47 neovim-0.11.5 ripgrep-14.1 fd-10.2 starship-1.23; do
        echo \"building '/nix/store/8gmsbcpl4x2q1m0i9s7d3f6k5h2j4l1z-$n.drv'...\" >&2
    done";

/// The dark theme where the terminal can show all colours.
const LOOKS: [(&str, &str); 2] = [("COLORTERM", "truecolor"), ("DOORSTEP_THEME", "dark")];

/// The pictures' window: room for eight stations and what is beside the steps.
const WINDOW: (u16, u16) = (100, 30);

#[test]
fn pictures_of_the_screens() {
    let world = World::new();
    let mut gate = Gate::shut(&world, BUILD);
    let mut album = Album::open();
    // Under a short name, which goes into the pictures.
    let mut command = world.doorstep(&["practice"]);
    gate.before(&mut command);
    command.env("USER", "zoe").env("LOGNAME", "zoe").envs(LOOKS);
    let mut zoe = walks::comes(Seat::of(WINDOW.0, WINDOW.1).runs(&command));
    let title = "doorstep practice";
    album.takes("welcome", title, &zoe);
    walks::welcome(&mut zoe);
    walks::you(&mut zoe);
    album.takes("you", title, &zoe);
    zoe.types("?").sees("Help: You");
    album.takes("help", title, &zoe);
    zoe.types("<esc>").sees("▸[ Continue ]").types("<enter>").sees("Who puts your home in place");
    album.takes("where", title, &zoe);
    zoe.sees("▸[ Continue ]").types("<enter>").sees("Which features do you want?");
    zoe.types("<up>").sees("▸ [ ] aggregate-ai").sees("imports = with homeManager");
    album.takes("features", title, &zoe);
    zoe.types("<tab><tab>").sees("▸[ Continue ]").types("<enter>").sees("Which key opens");
    zoe.types("<space>").sees("▸[ Continue ]");
    album.takes("key", title, &zoe);
    zoe.types("<enter>").sees("Which secrets should be ready");
    album.takes("secrets", title, &zoe);
    zoe.types("<enter>").sees("Nothing has been changed yet.").types("<down>");
    zoe.sees("▸ 2 Add you to .sops.yaml").sees("path_regex");
    album.takes("review", title, &zoe);
    zoe.types("a").sees(WAITS).sees("Build your home");
    album.takes("apply", title, &zoe);
    gate.opens();
    walks::done(&mut zoe);
    zoe.sees("Practice is over.");
    album.takes("done", title, &zoe);
    println!("{} pictures: {}", album.taken.len(), album.taken.join(", "));
}
