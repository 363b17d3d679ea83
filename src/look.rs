//! Looking for what is wrong, beside everything else: who looks, at which fleet, and the two ways
//! to look. The checks are told as they end; a log is read as a stream, however long it is. Both
//! are given up as soon as nobody waits for them any more.
//!
//! Changes nothing, and asks nobody.

mod excerpt;
mod print;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::answers::Hidden;
use crate::check::report::Report;
use crate::check::{self, BOUND, CHECKS, Check, Finding, Heard, Scene};
use crate::explain::machine::Here;
use crate::explain::{
    Catalogue, Confidence, Contents, Explanation, explain, explain_elsewhere, read,
};
use crate::host::Host;
use crate::practice::Practice;
use crate::problem::Problem;
use crate::run::{Real, Runner};

pub use excerpt::Excerpt;

/// Everything that looking takes.
#[derive(Debug, Clone)]
pub struct Look {
    pub host: Host,
    /// Whose home it is about.
    pub user: String,
    /// The fleet's folder; `None`: there is none.
    pub root: Option<PathBuf>,
    /// The checks that are made, as far as they have a meaning here.
    pub checks: Vec<&'static dyn Check>,
}

/// Where a log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    /// As it was pasted; it may hold what nobody may see.
    Text(Hidden),
}

/// A log with its explanation.
#[derive(Debug)]
pub struct Explained {
    pub explanation: Explanation,
    pub contents: Contents,
    pub lines: u64,
    pub bytes: u64,
    pub private_keys: u32,
    /// The lines around the one that shows the cause, secrets hidden.
    pub excerpt: Excerpt,
}

/// What failed, looked at from both sides.
#[derive(Debug)]
pub struct Looked {
    /// What its log shows.
    pub explanation: Explanation,
    /// What the checks have found.
    pub report: Report,
}

/// All programs that are asked about a log get this long together: one that hangs must not keep
/// the answer.
const LONGEST: Duration = Duration::from_secs(5);

/// How much is read between two words about it.
const TOLD: u64 = 4 << 20;

impl Look {
    /// For whoever is at the keyboard: in a practice folder, the pretend person.
    pub fn at(host: &Host, root: Option<PathBuf>) -> Self {
        let practice = root.as_deref().and_then(Practice::around);
        Self::of(practice.map_or_else(|| host.clone(), |practice| practice.host(host)), root)
    }

    /// For the account of `host`.
    pub fn of(host: Host, root: Option<PathBuf>) -> Self {
        Self { user: host.account.name.clone(), host, root, checks: CHECKS.to_vec() }
    }

    /// What the checks share.
    pub fn scene(&self) -> Arc<Scene> {
        Arc::new(Scene::new(self.host.clone(), &self.user, self.root.clone()))
    }

    /// Makes the checks.
    pub fn check(
        &self,
        scene: &Arc<Scene>,
        is_over: &dyn Fn() -> bool,
        hear: &mut dyn FnMut(Heard<'_>),
    ) -> Report {
        let env = self.host.env().clone();
        let runners = |end: Arc<AtomicBool>| -> Box<dyn Runner + Send> {
            Box::new(Real::new(env.clone()).ended_by(end))
        };
        check::run_unless(scene, &self.checks, BOUND, &runners, is_over, hear)
    }

    /// Makes them for whoever waits until all have ended.
    pub fn now(&self) -> Report {
        self.check(&self.scene(), &|| false, &mut |_| ())
    }

    /// Explains a log and asks this machine what tells its possible causes apart. `progress` is told
    /// how many bytes were read, now and then.
    ///
    /// # Errors
    /// It cannot be read, or nobody waits for it any more.
    pub fn explain(
        &self,
        source: &Source,
        is_over: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Explained, Problem> {
        let catalogue = catalogue()?;
        let log = {
            let inner = opened(source, &self.host)?;
            let mut input = Attended { inner, read: 0, told: 0, is_over, progress };
            read(&mut input, catalogue).map_err(|e| unreadable(source, &self.host, &e))?
        };
        let explanation = match log.contents {
            Contents::Text => {
                let mut runner = Real::new(self.host.env().clone()).ended_after(LONGEST);
                let mut here = Here::new(&self.host, self.root.clone(), &mut runner);
                explain(&log, catalogue, &mut here)
            }
            Contents::Empty | Contents::Binary => explain_elsewhere(&log, catalogue),
        };
        let shown = explanation.causes.first().and_then(|cause| cause.shown.first());
        let line = shown.or(explanation.suspects.first()).map_or(log.lines, |shown| shown.line);
        // What is no file on disk was read to its end, and cannot be read a second time.
        let again = match source {
            Source::File(path) if !path.is_file() => None,
            _ if log.contents != Contents::Text => None,
            source => opened(source, &self.host).ok(),
        };
        let excerpt = again.map(|input| {
            let mut quiet = |_| ();
            let input = Attended { inner: input, read: 0, told: 0, is_over, progress: &mut quiet };
            Excerpt::around(line, &mut BufReader::with_capacity(BLOCK, input))
        });
        Ok(Explained {
            explanation,
            contents: log.contents,
            lines: log.lines,
            bytes: log.bytes,
            private_keys: log.private_keys,
            excerpt: excerpt.unwrap_or_default(),
        })
    }
}

impl Look {
    /// Explains the log of what failed and makes all checks. `None`: the log cannot be explained.
    pub fn failure(&self, log: String) -> Option<Looked> {
        let source = Source::Text(Hidden(log.into()));
        let explained = self.explain(&source, &|| false, &mut |_| ()).ok()?;
        Some(Looked { explanation: explained.explanation, report: self.now() })
    }
}

/// What the checks have found of the cause that a log shows, with its place among all that they
/// found. What is only possible is no reason to offer its fix.
pub fn bearing<'r>(explanation: &Explanation, report: &'r Report) -> Option<(usize, &'r Finding)> {
    let causes = explanation.causes.iter().filter(|cause| cause.confidence > Confidence::Possible);
    let of = |class: &str| report.findings.iter().position(|finding| finding.id == class);
    let at = causes.into_iter().find_map(|cause| of(&cause.class))?;
    report.findings.get(at).map(|finding| (at, finding))
}

/// How much of a file is read at once for its excerpt.
const BLOCK: usize = 256 * 1024;

/// What is known of failures.
///
/// # Errors
/// It is part of the program: a test excludes that it cannot be read.
pub fn catalogue() -> Result<&'static Catalogue, Problem> {
    Catalogue::built_in()
        .map_err(|e| Problem::bug("the catalogue of causes cannot be read").cause(e))
}

fn opened<'s>(source: &'s Source, host: &Host) -> Result<Box<dyn Read + 's>, Problem> {
    Ok(match source {
        Source::File(path) => Box::new(File::open(path).map_err(|e| unreadable(source, host, &e))?),
        Source::Text(text) => Box::new(text.0.as_bytes()),
    })
}

fn unreadable(source: &Source, host: &Host, e: &io::Error) -> Problem {
    let name = match source {
        Source::File(path) => format!("`{}`", host.short(path)),
        Source::Text(_) => "the pasted log".to_owned(),
    };
    cannot_read(&name, e)
}

/// `name` as it is to be shown.
pub(crate) fn cannot_read(name: &str, e: &io::Error) -> Problem {
    let problem = Problem::user(format!("{name} cannot be read")).cause(e);
    match e.kind() {
        io::ErrorKind::IsADirectory => problem.hint("name the log itself, not its folder"),
        _ => problem,
    }
}

/// An input that tells how much was read of it, and ends when nobody waits for it.
struct Attended<'a, R> {
    inner: R,
    read: u64,
    told: u64,
    is_over: &'a dyn Fn() -> bool,
    progress: &'a mut dyn FnMut(u64),
}

impl<R: Read> Read for Attended<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.is_over)() {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        let read = self.inner.read(buffer)?;
        self.read += read as u64;
        if self.read - self.told >= TOLD {
            self.told = self.read;
            (self.progress)(self.read);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
