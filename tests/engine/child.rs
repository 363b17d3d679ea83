//! This executable as a child that does one thing in one world.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use doorstep::plan::{Change, Content, Plan};
use doorstep::receipt::Journal;

use crate::world::{Watcher, World, runner, step};

const TASK: &str = "DOORSTEP_TEST_TASK";
const WORLD: &str = "DOORSTEP_TEST_WORLD";
/// The number, from 0, of the checkpoint to die at.
const DIE_AT: &str = "DOORSTEP_TEST_DIE_AT";

/// This executable, ready to do `task` in `world`.
pub(crate) fn command(task: &str, world: &Path) -> Command {
    // Always through a wrapper-friendly form: callers may put another program in front.
    wrapped(&[], task, world)
}

/// The same behind other programs, such as `setpriv`.
pub(crate) fn wrapped(wrapper: &[&OsStr], task: &str, world: &Path) -> Command {
    wrapped_executable(&std::env::current_exe().unwrap(), wrapper, task, world)
}

pub(crate) fn wrapped_executable(
    executable: &Path,
    wrapper: &[&OsStr],
    task: &str,
    world: &Path,
) -> Command {
    let mut words = wrapper.to_vec();
    words.push(executable.as_os_str());
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["--exact", "child::does_its_task", "--nocapture"]);
    command.env(TASK, task).env(WORLD, world);
    command
}

/// Runs `task` and kills it at the given checkpoint.
pub(crate) fn killed(task: &str, world: &World, checkpoint: usize) {
    let output = command(task, &world.root).env(DIE_AT, checkpoint.to_string()).output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "{task} at {checkpoint}: {}", text(&output));
}

/// Whatever a child printed.
pub(crate) fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// Not a test of its own: what the child processes of the others run.
#[test]
fn does_its_task() {
    let Ok(task) = std::env::var(TASK) else { return };
    let world = World::at(Path::new(&std::env::var_os(WORLD).unwrap()));
    match task.as_str() {
        "apply" => drop(world.apply(&dying()).unwrap()),
        "resume" => drop(world.resume(&dying()).unwrap()),
        "undo" => drop(world.undo(&dying()).unwrap()),
        "race" => race(&world),
        "disk-full" => crate::disk_full::on_a_full_disk(&world.root),
        "permissions" => crate::permissions::without_rights(&world.root),
        "umask" => crate::permissions::modes_are_exact(&world.root),
        other => panic!("{other}"),
    }
}

/// A checkpoint that ends this process the hard way when its number has come.
fn dying() -> impl Fn(&str) {
    let die_at: Option<usize> = std::env::var(DIE_AT).ok().map(|n| n.parse().unwrap());
    let count = Cell::new(0);
    move |_: &str| {
        if die_at == Some(count.get()) {
            let me = rustix::process::getpid();
            rustix::process::kill_process(me, rustix::process::Signal::KILL).unwrap();
        }
        count.set(count.get() + 1);
    }
}

/// Waits for the start signal, then saves a key of its own where all others save theirs.
fn race(world: &World) {
    let mine = doorstep::key::Identity::generate().secret_text().to_string();
    let change = Change::Create {
        path: world.key_file(),
        content: Content::secret(format!("{mine}\n")),
        mode: 0o600,
    };
    let plan = Plan {
        steps: vec![step("age-key", vec![change])],
        bounds: vec![world.fleet(), world.home()],
        ..Plan::default()
    };
    let mut journal = Journal::create(&world.receipts(), world.header()).unwrap();
    while !world.root.join("go").exists() {
        std::thread::yield_now();
    }
    let summary = doorstep::apply::apply(
        &plan,
        &mut journal,
        &mut runner(),
        &mut Watcher::default(),
        &|_| {},
    );
    if summary.unwrap().outcome == doorstep::event::Outcome::Done {
        fs::write(world.root.join(format!("winner-{}", std::process::id())), mine).unwrap();
    }
}
