//! Arguments and exit code, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    // For panics alone: only a bug shows a backtrace. A second installation is the only error.
    let _ = color_eyre::config::HookBuilder::default().display_env_section(false).install();
    ExitCode::from(doorstep::command::main(std::env::args_os()))
}
