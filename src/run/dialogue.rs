//! Talking with a program over its standard input and output, as age's plugins want it: what it
//! writes is answered, and nothing of it reaches the screen by itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::Command;
use super::real::{end_group, environment};

/// How often it is looked whether the talk is to be ended.
const LOOK: Duration = Duration::from_millis(100);

/// How long a program may take to go once nothing more is said.
const GRACE: Duration = Duration::from_secs(2);

/// What is read from a program and what is written to it.
pub type Ends<'a> = (&'a mut dyn Read, &'a mut dyn Write);

/// Talks with programs. In contrast to a [`Runner`](super::Runner) it can be shared, since what
/// needs it lives inside of keys.
pub trait Dialogue: Send + Sync {
    /// Starts `command`, has `talk` speak with it, and sees to it that it ends.
    ///
    /// # Errors
    /// It cannot be started ([`io::ErrorKind::NotFound`]: there is no such program), or what `talk`
    /// gives.
    fn talk(
        &self,
        command: &Command,
        talk: &mut dyn FnMut(Ends<'_>) -> io::Result<()>,
    ) -> io::Result<()>;
}

/// For real, with exactly the environment it was made with.
pub(super) struct RealDialogue {
    pub(super) env: BTreeMap<String, OsString>,
    pub(super) end: Arc<AtomicBool>,
}

impl Dialogue for RealDialogue {
    fn talk(
        &self,
        command: &Command,
        talk: &mut dyn FnMut(Ends<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut started = std::process::Command::new(&command.program);
        started.args(&command.args).env_clear().envs(environment(&self.env, command));
        started.process_group(0);
        if let Some(cwd) = &command.cwd {
            started.current_dir(cwd);
        }
        started.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = started.spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("its input and output are missing"));
        };
        let (over, is_over) = mpsc::channel::<()>();
        let talked = std::thread::scope(|scope| {
            // Whoever waits for a touch waits in a read, which only the program's end ends.
            scope.spawn(move || {
                let mut asked = None;
                while let Err(mpsc::RecvTimeoutError::Timeout) = is_over.recv_timeout(LOOK) {
                    if self.end.load(Ordering::Relaxed) {
                        end_group(group, &mut asked);
                    }
                }
            });
            let talked = talk((&mut output, &mut input));
            drop(over);
            talked
        });
        drop((input, output));
        see_off(&mut child, group)?;
        talked
    }
}

/// Waits for the program to go; one that stays is made to.
fn see_off(child: &mut Child, group: Option<Pid>) -> io::Result<()> {
    if let Some(group) = group {
        // It may be gone already.
        let _ = rustix::process::kill_process_group(group, Signal::INT);
    }
    let until = Instant::now() + GRACE;
    while child.try_wait()?.is_none() {
        if Instant::now() >= until {
            if let Some(group) = group {
                let _ = rustix::process::kill_process_group(group, Signal::KILL);
            }
            child.wait()?;
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}
