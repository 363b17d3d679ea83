//! Pictures of screens for the README, made by walking through the practice run, an
//! administrator's fleet and a home with something wrong.
//!
//! `DOORSTEP_PICTURES=write cargo test --test tui pictures` writes them to `assets/pictures/`.
//! Otherwise the walk is taken all the same and the pictures are made and forgotten: nobody wants
//! a test to fail over a clock in the corner of a screen.

use std::fs;
use std::path::{Path, PathBuf};

use doorstep::host::Host;
use vt100::Screen;

use super::deploys::{self, Clan};
use super::gate::{Gate, WAITS};
use super::pty::{Person, Seat};
use super::world::World;
use super::{walks, wrong};

#[path = "pictures/svg.rs"]
mod svg;

/// Where the pictures of one walk go.
struct Album {
    folder: Option<PathBuf>,
    /// What belongs to the machine that a picture is taken on, with what is shown for it.
    told: Vec<(String, String)>,
    taken: Vec<&'static str>,
}

impl Album {
    /// `home`: the pretended real home, which lies where a test may put it.
    fn open(home: &Path) -> Self {
        let wanted = std::env::var_os("DOORSTEP_PICTURES").is_some_and(|value| value == "write");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pictures");
        Self {
            folder: wanted.then_some(folder),
            told: vec![(home.display().to_string(), "/home/zoe".to_owned())],
            taken: Vec::new(),
        }
    }

    /// `who`: whose pictures these are and on which machine, in place of the test's own.
    fn of(mut self, who: &str) -> Self {
        let host = Host::read().unwrap();
        let ours = format!("{} on {}", host.account.name, host.name);
        let who = format!("{who:>width$}", width = ours.len());
        self.tells(ours, &who);
        self
    }

    /// `told` is seen in place of `ours`; what stands at the end of a line stays there.
    fn tells(&mut self, ours: String, told: &str) {
        let more = told.len().saturating_sub(ours.len());
        if more > 0 {
            self.told.push((format!("{}{ours}", " ".repeat(more)), told.to_owned()));
        }
        self.told.push((ours, told.to_owned()));
    }

    /// What a person with a home in the usual place would see.
    fn told(&self, screen: &Screen) -> Screen {
        let (height, width) = screen.size();
        let mut parser = vt100::Parser::new(height, width, 0);
        for (n, row) in screen.rows_formatted(0, width.get()).enumerate() {
            let row = self.told.iter().fold(row, |row, (ours, told)| row.replace(ours, told));
            parser.process(format!("\x1b[m\x1b[{};1H{row}", n + 1).as_bytes());
        }
        let (row, column) = screen.cursor_position();
        let cursor = if screen.hide_cursor() { 'l' } else { 'h' };
        parser.process(format!("\x1b[{};{}H\x1b[?25{cursor}", row + 1, column + 1).as_bytes());
        parser.screen().clone()
    }

    /// Takes a picture of what the person sees, as `NAME.svg`.
    #[track_caller]
    fn takes(&mut self, name: &'static str, title: &str, of: &Person) {
        let svg = svg::window(&self.told(&of.looks()), title);
        assert!(svg.contains("<text") && svg.ends_with("</svg>\n"), "{name}: {svg}");
        if let Some(folder) = &self.folder {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join(format!("{name}.svg")), svg).unwrap();
        }
        self.taken.push(name);
    }
}

/// What Nix says, in its own records, when it builds more than a practice home.
const BUILD: &str = r#"
    say() { echo "@nix $1" >&2; }
    say '{"action":"start","fields":[],"id":1,"level":0,"parent":0,"text":"","type":104}'
    say '{"action":"start","fields":[],"id":2,"level":0,"parent":0,"text":"","type":103}'
    n=10
    for path in zsh-5.9 git-2.51.0 neovim-0.11.5 starship-1.24.0; do
        n=$((n + 1))
        drv=/nix/store/8gmsbcpl4x2q1m0i9s7d3f6k5h2j4l1z-$path.drv
        say '{"action":"start","fields":["'$drv'","",1,1],"id":'$n',"level":3,"parent":1,"text":"building '"'$drv'"'","type":105}'
    done
    say '{"action":"result","fields":[7,19,4,0],"id":1,"type":105}'
    say '{"action":"stop","id":11}'
    say '{"action":"result","fields":["buildPhase"],"id":13,"type":104}'
    say '{"action":"result","fields":["[ 41%] Building C object nvim/eval.c.o"],"id":13,"type":101}'
    say '{"action":"result","fields":["[ 42%] Building C object nvim/ex_docmd.c.o"],"id":13,"type":101}'
    say '{"action":"result","fields":["   Compiling starship v1.24.0"],"id":14,"type":101}'
"#;

/// The dark theme where the terminal can show all colours.
const LOOKS: [(&str, &str); 2] = [("COLORTERM", "truecolor"), ("DOORSTEP_THEME", "dark")];

/// The pictures' window: room for eight stations and what is beside the steps.
const WINDOW: (u16, u16) = (100, 30);

#[test]
fn pictures_of_the_screens() {
    let world = World::new();
    let mut gate = Gate::shut(&world, BUILD);
    let mut album = Album::open(&world.at("real-home"));
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
    zoe.types("a").sees(WAITS).sees("at work");
    album.takes("apply", title, &zoe);
    gate.opens();
    walks::done(&mut zoe);
    zoe.sees("Practice is over.");
    album.takes("done", title, &zoe);
    println!("{} pictures: {}", album.taken.len(), album.taken.join(", "));
}

/// What an administrator sees: a table of machines, and their updates with one that fails.
#[test]
fn pictures_of_adding_somebody() {
    let clan = Clan::new();
    clan.says("broken", "shale");
    let mut album = Album::open(&clan.world.at("real-home")).of("ada on quartz");
    let mut command = clan.doorstep(&[]);
    // The fleet lies in her home.
    command.env("HOME", clan.world.at("")).envs(LOOKS);
    let mut ada = deploys::chooses(Seat::of(WINDOW.0, WINDOW.1).runs(&command));
    album.takes("machines", "doorstep", &ada);
    deploys::plans(&mut ada, true);
    ada.types("a").sees("✗ Update 3 machines: shale cannot be reached");
    album.takes("updates", "doorstep", &ada);
}

/// What somebody sees whose home and key are not as they should be.
#[test]
fn pictures_of_what_is_wrong() {
    let world = wrong::broken(|practice| {
        wrong::untrack(practice);
        wrong::lend_the_key(practice);
    });
    let mut album = Album::open(&world.at("real-home"));
    album.tells(world.at("practice").display().to_string(), "/home/zoe/doorstep-trial");
    let mut zoe = Seat::of(WINDOW.0, WINDOW.1).runs(world.as_zoe(&["doctor"]).envs(LOOKS));
    wrong::goes_to(&mut zoe, wrong::UNTRACKED);
    zoe.types("f").sees("[Fix]").sees("git -C");
    album.takes("findings", "doorstep doctor", &zoe);
}
