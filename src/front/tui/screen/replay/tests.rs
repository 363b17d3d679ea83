use std::io::BufReader;

use crate::activate::kept_log::entries;
use crate::front::tui::screen::Place;
use crate::front::tui::stage::Stage;
use crate::front::tui::worker::Job;
use crate::front::tui::{Begin, Ended, Replayed};

const DRV: &str = "/nix/store/00000000000000000000000000000000-zoes-tool.drv";

/// A build in which one derivation failed, and what it said; an activation that was never told to
/// its end.
fn kept() -> String {
    let record = |at: u64, json: &str| format!("{at} r {json}\n");
    let mut log = "doorstep log 1\n0 $ build nix build .#zoe\n".to_owned();
    let start = |id: u64, drv: &str| {
        format!(
            r#"{{"action":"start","id":{id},"level":3,"type":105,"fields":["{drv}",""],"text":"building '{drv}'"}}"#
        )
    };
    log += &record(10, &start(1, DRV));
    log += &record(12, &start(2, &DRV.replace("zoes", "adas")));
    for n in 0..30 {
        let line =
            format!(r#"{{"action":"result","id":1,"type":101,"fields":["line {n} of hers"]}}"#);
        log += &record(20 + n, &line);
    }
    log += &record(60, r#"{"action":"stop","id":2}"#);
    log += &record(70, r#"{"action":"stop","id":1}"#);
    let error = format!("error: builder for '{DRV}' failed with exit code 3");
    log += &record(80, &format!(r#"{{"action":"msg","level":0,"msg":"{error}"}}"#));
    log += "5100 . 1 exit code 1\n0 $ activate ./activate\n10 o Activating \u{1b}[2Jx\n";
    log
}

fn stage(log: &str) -> Stage {
    let read = entries(BufReader::new(log.as_bytes()));
    let replayed = Replayed::read("2026-11-20T1019-zoe.log".into(), read).unwrap();
    Stage::beginning(Begin::Log(Box::new(replayed)))
}

#[test]
fn a_kept_log_is_looked_at_like_the_run_it_was() {
    let mut stage = stage(&kept());
    assert_eq!(stage.app.at(), Place::Replay);
    insta::assert_snapshot!("replay", stage.screen());
    stage.resize(120, 40);
    insta::assert_snapshot!("replay-120x40", stage.screen());
    stage.resize(60, 16);
    insta::assert_snapshot!("replay-60x16", stage.screen());
    assert!(stage.jobs.is_empty(), "nothing is read or run for it");
    assert_eq!(stage.app.wake(), None, "nothing moves by itself");
}

#[test]
fn each_build_has_lines_of_its_own() {
    let mut stage = stage(&kept());
    // To the list of what was built, past the steps and the log.
    stage.press("<tab><tab><enter>");
    insta::assert_snapshot!("replay-one", stage.screen());
    assert!(stage.screen().contains("line 29 of hers"));
    stage.press("<home>/line 7<enter>");
    assert!(stage.screen().contains("line 7 of hers"), "{}", stage.screen());
    stage.press("<esc><esc><down><enter>");
    assert!(!stage.screen().contains("of hers"), "{}", stage.screen());
    stage.press("s<enter>");
    let saved = stage.jobs.iter().find_map(|job| match job {
        Job::SaveLog { name, .. } => Some(name.clone()),
        _ => None,
    });
    assert_eq!(saved.unwrap(), "doorstep-adas-tool.log");
}

#[test]
fn it_is_searched_and_left() {
    let mut stage = stage(&kept());
    stage.press("/hers");
    assert!(stage.screen().contains("/hers"));
    stage.press("q<esc><esc>");
    assert!(stage.ended.is_none(), "typed into the search");
    stage.press("q");
    assert_eq!(stage.ended, Some(Ended::Left));
}

#[test]
fn how_it_ended_is_said_first() {
    let heading = |log: &str| stage(log).screen().lines().nth(3).unwrap().trim().to_owned();
    let well = "doorstep log 1\n0 $ build nix build .#x\n65100 . 0 exit code 0\n";
    assert_eq!(heading(well), "✓ It ended well, after 1 min 5 s");
    let cut = "doorstep log 1\n0 $ build nix build .#x\n4 e hello\n";
    assert_eq!(heading(cut), "! Build was cut short, after 0 s");
    assert_eq!(heading(""), "Nothing in it.");
    // What Nix itself has written tells of its end by errors alone.
    assert_eq!(heading("error: attribute 'x' missing\n"), "✗ Nix: attribute 'x' missing");
}

#[test]
fn no_log_and_no_size_is_too_odd() {
    let junk = "doorstep log 1\n0 $ a b\n".to_owned() + &"0 $ again b\n1 o x\n".repeat(40);
    for log in [junk.as_str(), &kept(), "\u{1b}[2J\n", "{\"action\":\"start\"\n"] {
        let mut stage = stage(log);
        for (width, height) in [(1, 1), (60, 16), (80, 24), (300, 100)] {
            stage.resize(width, height);
            assert!(!stage.screen().contains('\u{1b}'));
            stage.press("<tab><down><enter><esc><right><tab><end>w<left>");
        }
    }
}
