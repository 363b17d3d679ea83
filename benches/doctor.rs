//! `doorstep doctor` on the practice fleet: the program from its start, and the checks alone. The aim
//! is under 300 ms for all checks. It measures and prints; nothing here fails by the clock.

#![allow(clippy::print_stdout, reason = "the numbers are the result")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorstep::check::{self, BOUND, CHECKS, Scene};
use doorstep::host::Host;
use doorstep::practice::Practice;
use doorstep::run::Real;

const TURNS: usize = 21;

fn main() {
    let Ok(dir) = tempfile::tempdir() else { return };
    let practice = dir.path().join("practice");
    let made = program(dir.path())
        .args(["practice", "--yes", "--no-activation", "--dir"])
        .arg(&practice)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        println!("the practice fleet could not be made");
        return;
    }
    let whole = median(|| {
        let ended = program(&practice.join("fleet")).arg("doctor").status();
        assert!(ended.is_ok(), "{ended:?}");
    });
    println!("doorstep doctor, from its start      {:6.1} ms", ms(whole));
    let Ok(real) = Host::read() else { return };
    let Ok(pretend) = Practice::at(&practice) else { return };
    let host = pretend.host(&real);
    let checks = median(|| {
        let scene = Scene::new(host.clone(), "zoe", Some(pretend.fleet()));
        let env = host.env().clone();
        let runners = |end| -> Box<dyn doorstep::run::Runner + Send> {
            Box::new(Real::new(env.clone()).ended_by(end))
        };
        let report = check::run(&Arc::new(scene), CHECKS, BOUND, &runners, &mut |_| ());
        assert!(report.checks() > 30);
    });
    println!("{} checks, the fleet read anew       {:6.1} ms", CHECKS.len(), ms(checks));
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep"));
    command.current_dir(folder).env("HOME", folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..TURNS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort();
    times[TURNS / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
