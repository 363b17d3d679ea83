//! Arguments and exit code, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(doorstep::command::main(std::env::args_os()))
}
