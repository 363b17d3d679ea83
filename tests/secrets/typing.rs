//! A person at a terminal, as far as questions go: waits for words and types an answer.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// Nothing that is waited for takes longer, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `command` on a terminal; each answer is typed once its question is seen. Gives all that was
/// shown, and the exit code.
pub(crate) fn typed(command: &Command, answers: &[(&str, &str)]) -> (String, u32) {
    // The sign after a question says that typing is hidden by now.
    typed_at(command, answers, "> ")
}

/// The same where `sign` comes after a question once it is ready for an answer.
pub(crate) fn typed_at(command: &Command, answers: &[(&str, &str)], sign: &str) -> (String, u32) {
    let size = PtySize { rows: 40, cols: 200, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    builder.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            builder.env(name, value);
        }
    }
    builder.cwd(command.get_current_dir().unwrap());
    let mut child = pair.slave.spawn_command(builder).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut keyboard = pair.master.take_writer().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            if tell.send(bytes[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut shown = String::new();
    let mut from = 0;
    for (question, answer) in answers {
        while shown[from..].find(question).is_none_or(|at| !shown[from + at..].contains(sign)) {
            let bytes = told.recv_timeout(PATIENCE);
            let bytes = bytes.unwrap_or_else(|_| panic!("`{question}` was not asked:\n{shown}"));
            shown.push_str(&String::from_utf8_lossy(&bytes));
        }
        from = shown.len();
        keyboard.write_all(format!("{answer}\r").as_bytes()).unwrap();
    }
    while let Ok(bytes) = told.recv_timeout(PATIENCE) {
        shown.push_str(&String::from_utf8_lossy(&bytes));
    }
    let code = child.wait().unwrap().exit_code();
    (shown, code)
}
