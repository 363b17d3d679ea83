//! `doorstep replay`: a kept log, or what Nix itself has written, as the build that it tells of.

use std::fmt::Write as _;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::onboard::Looks;
use super::{Exit, has_terminal, print, screen};
use crate::activate::kept_log::{self, Entry, What};
use crate::activate::nix_log::Build;
use crate::front::headless::view;
use crate::front::sanitise;
use crate::front::tui::Replayed;
use crate::host::Host;
use crate::practice::Practice;
use crate::problem::Problem;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A log that doorstep kept, or the output of `nix build --log-format internal-json`
    /// [default: the newest that was kept]
    log: Option<PathBuf>,
    #[command(flatten)]
    looks: Looks,
}

pub(crate) fn run(options: &Options, host: &Host) -> Result<Exit, Problem> {
    let here = Host::current_folder()?;
    // In a practice folder, the pretend person's.
    let host = &Practice::around(&here).map_or_else(|| host.clone(), |p| p.host(host));
    let path = match &options.log {
        Some(path) => here.join(path),
        None => kept_log::newest(&host.logs_dir()).ok_or_else(|| {
            let shown = host.short(&host.logs_dir());
            Problem::user(format!("`{shown}` holds no log")).hint("name one: `doorstep replay LOG`")
        })?,
    };
    if has_terminal()
        && let Some(exit) = screen::replay(&options.looks, host, || shown(&path))
    {
        return exit;
    }
    print(&replay(&path)?)?;
    Ok(Exit::Done)
}

fn cannot_read(path: &Path) -> impl Fn(std::io::Error) -> Problem {
    move |e| Problem::user(format!("`{}` cannot be read", path.display())).cause(e)
}

/// The log for the full screen.
fn shown(path: &Path) -> Result<Replayed, Problem> {
    let file = File::open(path).map_err(cannot_read(path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let entries = kept_log::entries(BufReader::new(file));
    Replayed::read(name, entries).map_err(cannot_read(path))
}

fn replay(path: &Path) -> Result<String, Problem> {
    let file = File::open(path).map_err(cannot_read(path))?;
    let mut replay = Replay::default();
    for entry in kept_log::entries(BufReader::new(file)) {
        replay.take(entry.map_err(cannot_read(path))?);
    }
    // Ours says how a command ended, unless doorstep itself was killed.
    let cut = replay.has_commands.then_some(CUT);
    replay.close(cut);
    Ok(replay.out)
}

/// One build after the other.
#[derive(Default)]
struct Replay {
    out: String,
    build: Option<Build>,
    at: Duration,
    /// Whether it says where commands begin and end.
    has_commands: bool,
}

/// What is said of a command without an end.
const CUT: &str = "It was cut short.";

impl Replay {
    fn take(&mut self, entry: Entry) {
        let at = entry.at;
        match entry.what {
            What::Began { step, command } => {
                self.close(Some(CUT));
                self.has_commands = true;
                self.put(&format!("{step}: {command}"));
                self.build = Some(Build::of_command(&command));
            }
            What::Line(_, text) => self.now(at).line(at, &text),
            What::Record { record, .. } => self.now(at).record(at, &record),
            What::LeftOut(lines) => self.now(at).leave_out(lines),
            What::Ended { success, how } => {
                self.now(at).ended(at, success);
                self.close(None);
                self.put(&format!("ended with {how}, after {:.1} s", at.as_secs_f64()));
            }
            What::Note(note) => self.put(&note),
        }
    }

    fn now(&mut self, at: Duration) -> &mut Build {
        self.at = at;
        self.build.get_or_insert_default()
    }

    /// A log of Nix alone does not say how it ended; its errors do.
    fn close(&mut self, cut: Option<&str>) {
        let Some(mut build) = self.build.take() else { return };
        if build.succeeded().is_none() && cut.is_none() {
            let failed = build.failures().next().is_some();
            build.ended(self.at, !failed);
        }
        view(&build, self.at).iter().for_each(|line| self.put(line));
        if let Some(cut) = cut {
            self.put(cut);
        }
    }

    fn put(&mut self, line: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{}", sanitise(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(name: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nix-logs");
        replay(&Path::new(folder).join(name)).unwrap()
    }

    #[test]
    fn what_nix_wrote_is_told() {
        insta::assert_snapshot!(recorded("2.34-fail.stderr"), @r"
        failed: `bad` could not be built: builder failed with exit code 3
          | line 1
          | line 2
          | line 3
          | boom
        not built because of it: top
        builds: 1 failed
        ");
        insta::assert_snapshot!(recorded("2.34-json-log-path.jsonl"), @"builds: 3 done");
        insta::assert_snapshot!(recorded("2.34-eval.stderr"), @"failed: `/home/zoe/fleet/eval.nix:1:83`: attribute 'nope' missing");
    }

    #[test]
    fn a_kept_log_is_told_command_by_command() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let drv = "/nix/store/00000000000000000000000000000000-neovim-0.11.drv";
        let log = format!(
            "doorstep log 1\n\
             0 $ build nix build .#x\n\
             5 r {{\"action\":\"start\",\"id\":1,\"level\":3,\"type\":105,\"fields\":[\"{drv}\",\"ssh://b\"],\"text\":\"\"}}\n\
             9 - 12\n\
             65000 r {{\"action\":\"stop\",\"id\":1}}\n\
             65100 . 0 exit code 0\n\
             0 $ activate /home/zoe/built/activate\n\
             10 o Activating writeBoundary\n\
             2010 o Activating sops-nix\n\
             \x1b[2J 2020 e junk\n\
             2030 e it broke \x1b]0;x\x07\n\
             0 $ activate again\n\
             4 r {{\"action\":\"start\",\"id\":1,\"level\":3,\"type\":105,\"fields\":[\"{drv}\",\"\"],\"text\":\"\"}}\n\
             40000 e\n\
             40000 # and so on\n"
        );
        std::fs::write(&path, log).unwrap();
        insta::assert_snapshot!(replay(&path).unwrap(), @r"
        build: nix build .#x
        builds: 1 done
        longest: neovim-0.11 1 min 04 s
        12 lines came too fast to be kept here
        ended with exit code 0, after 65.1 s
        activate: /home/zoe/built/activate
        activated: writeBoundary, 2 s
        activating: sops-nix, 0 s
        It was cut short.
        activate: again
        and so on
            39 s  building neovim-0.11
        builds: 1 at work
        It was cut short.
        ");
        assert!(replay(&folder.path().join("none")).is_err());
    }

    #[test]
    fn machines_of_a_kept_log_have_a_part_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let log = "doorstep log 1\n\
             0 $ activate clan machines update slate basalt\n\
             10 e [slate] activating the configuration...\n\
             20 e [basalt] ssh: connect to host basalt port 22: No route to host\n\
             30 e [slate] setting up /etc...\n\
             40 e [basalt] failed with error: failed to upload sources\n\
             2040 . 1 exit code 1\n";
        std::fs::write(&path, log).unwrap();
        insta::assert_snapshot!(replay(&path).unwrap(), @r"
        activate: clan machines update slate basalt
        [slate] activated: activating the configuration, 0 s
        [slate] activated: setting up /etc, 2 s
        [slate] last: setting up /etc...
        [basalt] failed: `basalt` cannot be reached: No route to host
        ended with exit code 1, after 2.0 s
        ");
    }
}
