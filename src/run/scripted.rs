//! Commands that are not run: for tests.

use super::{Command, Exit, Output, Runner, Stream};
use crate::problem::Problem;

/// Answers from a script: each call must match the next expectation.
#[derive(Debug, Default)]
pub struct Scripted {
    replies: std::collections::VecDeque<(String, Output)>,
    pub ran: Vec<String>,
}

impl Scripted {
    /// Expects a command whose typed form starts with `typed`.
    #[must_use]
    pub fn expect(mut self, typed: &str, code: i32, stdout: &str, stderr: &str) -> Self {
        let output =
            Output { exit: Exit::Code(code), stdout: stdout.into(), stderr: stderr.into() };
        self.replies.push_back((typed.to_owned(), output));
        self
    }
}

impl Runner for Scripted {
    fn run(
        &mut self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Exit, Problem> {
        let typed = command.typed();
        self.ran.push(typed.clone());
        let Some((expected, output)) = self.replies.pop_front() else {
            return Err(Problem::bug(format!("`{typed}` was not expected")));
        };
        if !typed.starts_with(&expected) {
            return Err(Problem::bug(format!("`{typed}` was run where `{expected}` was expected")));
        }
        output.stdout.lines().for_each(|l| line(Stream::Out, l));
        output.stderr.lines().for_each(|l| line(Stream::Err, l));
        Ok(output.exit)
    }
}
