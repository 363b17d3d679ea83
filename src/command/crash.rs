//! What a crash of doorstep leaves behind: where it was, for whoever mends it, and nothing of what
//! was in memory, where keys and values may lie.

use std::fmt;
use std::panic::PanicHookInfo;

use color_eyre::config::HookBuilder;
use color_eyre::section::PanicMessage;

/// Prepares for the worst; to be called once, before anything private is read.
pub(super) fn prepare() {
    // A second installation, as in tests, is the only error.
    let hooks = HookBuilder::default().display_env_section(false);
    let _ = hooks.panic_message(Place).install();
    forbid_core_dumps();
}

/// A crash must not write memory to a disk, nor may other programs of this person read it. Children
/// are free again: the one setting ends with their start, the other is a limit that they may raise.
/// Where it cannot be forbidden, the person's own limit stands.
fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let maximum = getrlimit(Resource::Core).maximum;
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    // The limit does not hold for a core that Linux pipes to a program, such as systemd-coredump
    // (core(5)); this does.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Where a bug is. What it says is shown only where it was written into the program: a message that
/// was put together can quote what was being worked on, as the one for a wrong slice of a text does.
struct Place;

impl PanicMessage for Place {
    fn display(&self, info: &PanicHookInfo<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "doorstep has a bug and has stopped.")?;
        match info.payload().downcast_ref::<&str>() {
            Some(message) => writeln!(f, "Message:  {message}")?,
            None => writeln!(f, "Message:  not shown, since it may hold something private")?,
        }
        match info.location() {
            Some(place) => write!(f, "Location: {}:{}", place.file(), place.line()),
            None => write!(f, "Location: unknown"),
        }
    }
}
