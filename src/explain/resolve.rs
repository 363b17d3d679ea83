//! From signals to causes: which classes the text shows, which of them the machine confirms or
//! rules out, and in which order they are told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, Check, Entry, Fix, NEAR, Pattern, Who};
use super::machine::{Answer, Elsewhere, Machine, Query};
use super::read::Log;
use super::scan::Hit;
use crate::run::shell_word;

/// How sure a cause is; the words are explained in [`crate::explain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Possible,
    Likely,
    Sure,
}

impl Confidence {
    /// For people and scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Sure => "sure",
        }
    }
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Counted from 1.
    pub line: u64,
    /// Harmless for a terminal, without secrets.
    pub text: String,
}

/// What was looked at on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub check: String,
    pub words: String,
}

/// A cause that the log may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub class: String,
    pub confidence: Confidence,
    pub summary: String,
    /// A few words for a list.
    pub called: String,
    pub why: String,
    /// The one next action.
    pub next: String,
    /// Its command, quoted for a shell.
    pub run: Option<String>,
    pub who: Who,
    /// What an administrator is told.
    pub admin: Option<String>,
    pub fix: Fix,
    /// The lines that show it; empty for a cause that only the machine has shown.
    pub shown: Vec<Shown>,
    /// What the machine said.
    pub checked: Vec<Checked>,
    /// What was asked and could not be told, with the reason.
    pub not_checked: Vec<Checked>,
    /// What a person can look at to be sure.
    pub look: Vec<String>,
}

/// A cause that the text would fit, but that is not so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuledOut {
    pub class: String,
    /// A few words for a list.
    pub called: String,
    pub because: String,
}

/// A line that looks bad and means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Noise {
    pub line: u64,
    pub text: String,
    pub words: String,
}

/// What there is to say of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Best first; empty when the cause is unknown.
    pub causes: Vec<Cause>,
    pub ruled_out: Vec<RuledOut>,
    pub noise: Vec<Noise>,
    /// When there is no cause: the lines that look most like one. A guess by their words.
    pub suspects: Vec<Shown>,
}

/// Explains `log` without looking at any machine.
pub fn explain_elsewhere(log: &Log, catalogue: &Catalogue) -> Explanation {
    explain(log, catalogue, &mut Elsewhere)
}

/// Explains `log`, and asks `machine` what tells its possible causes apart.
pub fn explain(log: &Log, catalogue: &Catalogue, machine: &mut dyn Machine) -> Explanation {
    let mut bench = Bench { log, catalogue, asked: BTreeMap::new(), machine };
    let mut candidates: Vec<Candidate<'_>> =
        catalogue.entries.iter().filter_map(|entry| bench.candidate(entry)).collect();
    add_sharers(&mut candidates, catalogue);
    let mut ruled_out = Vec::new();
    for candidate in &mut candidates {
        bench.look(candidate);
    }
    candidates.retain(|candidate| match &candidate.denied {
        None => true,
        Some(because) => {
            ruled_out.push(RuledOut {
                class: candidate.entry.class.clone(),
                called: candidate.entry.called.clone(),
                because: because.clone(),
            });
            false
        }
    });
    rank(&mut candidates);
    let causes: Vec<Cause> = candidates.iter().map(Candidate::cause).collect();
    let suspects = if causes.is_empty() { &log.suspects.lines[..] } else { &[] };
    Explanation {
        causes,
        ruled_out,
        noise: noise(log, catalogue),
        suspects: suspects
            .iter()
            .map(|(line, text)| Shown { line: *line, text: text.clone() })
            .collect(),
    }
}

/// A class that the text shows, on its way to a cause.
struct Candidate<'c> {
    entry: &'c Entry,
    confidence: Confidence,
    hits: Vec<&'c Hit>,
    /// It is here only because its text is another's too.
    is_sharer: bool,
    checked: Vec<Checked>,
    not_checked: Vec<Checked>,
    denied: Option<String>,
    confirmed: bool,
    /// Parts that the machine told.
    known: BTreeMap<&'static str, String>,
}

struct Bench<'c, 'm> {
    log: &'c Log,
    catalogue: &'c Catalogue,
    asked: BTreeMap<Query, Answer>,
    machine: &'m mut dyn Machine,
}

impl<'c> Bench<'c, '_> {
    /// The best that any pattern of `entry` makes of the text.
    fn candidate(&self, entry: &'c Entry) -> Option<Candidate<'c>> {
        let mut best: Option<(Confidence, Vec<&'c Hit>)> = None;
        for pattern in &entry.patterns {
            let hits = self.hits_of(pattern);
            if hits.is_empty() {
                continue;
            }
            let is_common = pattern.family && !self.log.is_family;
            let confidence = if is_common { Confidence::Possible } else { pattern.confidence };
            match &mut best {
                Some((known, _)) if *known > confidence => {}
                Some((known, all)) if *known == confidence => all.extend(hits),
                _ => best = Some((confidence, hits)),
            }
        }
        let (confidence, mut hits) = best?;
        hits.sort_by_key(|hit| hit.line);
        hits.dedup_by_key(|hit| hit.line);
        Some(Candidate { confidence, hits, ..Candidate::of(entry) })
    }

    fn hits_of(&self, pattern: &Pattern) -> Vec<&'c Hit> {
        let of = |text: &String| self.catalogue.signal(text).map(|s| &self.log.seen.hits[s]);
        let lines = |text: &String| self.catalogue.signal(text).map(|s| &self.log.seen.lines[s]);
        let near = |text: &String, line: u64| {
            lines(text).is_some_and(|lines| lines.iter().any(|other| other.abs_diff(line) <= NEAR))
        };
        let Some(hits) = of(&pattern.line) else { return Vec::new() };
        let counts = |hit: &&Hit| {
            pattern.with.iter().all(|text| near(text, hit.line))
                && !pattern.without.iter().any(|text| near(text, hit.line))
        };
        hits.iter().filter(counts).collect()
    }

    /// Asks the machine, once for each question.
    fn look(&mut self, candidate: &mut Candidate<'_>) {
        let Some(check) = &candidate.entry.check else { return };
        let query = self.query(check, candidate);
        let answer = match self.asked.get(&query) {
            Some(answer) => answer.clone(),
            None => {
                let answer = self.machine.look(&query);
                self.asked.insert(query, answer.clone());
                answer
            }
        };
        let said = |words| Checked { check: check.id.clone(), words };
        match answer {
            Answer::Is { what, words, parts, at } => {
                let words = if at.is_empty() { words } else { format!("{at}: {words}") };
                if check.says.iter().any(|says| says == what) {
                    candidate.confirmed = true;
                    candidate.known = parts;
                    candidate.confidence = Confidence::Sure;
                    candidate.checked.push(said(words));
                } else if candidate.confidence == Confidence::Sure {
                    // A text without another cause stays what it says; the machine may have changed
                    // since.
                    candidate.checked.push(said(words));
                } else {
                    candidate.denied = Some(words);
                }
            }
            Answer::Unknown { because } => candidate.not_checked.push(said(because)),
        }
    }

    fn query(&self, check: &Check, candidate: &Candidate<'_>) -> Query {
        let about = check.about.iter().map(|(name, text)| {
            (name.clone(), fill(text, &candidate.parts(), &|text| text.to_owned()))
        });
        Query {
            check: check.id.clone(),
            about: about.filter(|(_, text)| !text.is_empty()).collect(),
            recipients: self.log.seen.recipients.clone(),
        }
    }
}

/// Classes that share a text with one that is shown are possible as well.
fn add_sharers<'c>(candidates: &mut Vec<Candidate<'c>>, catalogue: &'c Catalogue) {
    let mut more: Vec<Candidate<'c>> = Vec::new();
    for candidate in candidates.iter().filter(|c| c.confidence < Confidence::Sure) {
        for class in &candidate.entry.shares {
            let is_there = |all: &[Candidate<'_>]| all.iter().any(|c| c.entry.class == *class);
            let Some(entry) = catalogue.entry(class) else { continue };
            if !is_there(candidates) && !is_there(&more) {
                let hits = candidate.hits.clone();
                more.push(Candidate { hits, is_sharer: true, ..Candidate::of(entry) });
            }
        }
    }
    candidates.extend(more);
}

/// Confirmed before read, sure before likely, the cause before what follows from it, and what came
/// first before what came later.
fn rank(candidates: &mut [Candidate<'_>]) {
    let strong: Vec<&str> = candidates
        .iter()
        .filter(|c| c.confidence >= Confidence::Likely)
        .flat_map(|c| &c.entry.over)
        .map(String::as_str)
        .collect();
    let follows: Vec<String> = strong.into_iter().map(str::to_owned).collect();
    candidates.sort_by_key(|c| {
        (
            std::cmp::Reverse(c.confirmed),
            // What wraps another failure, and what follows from one, is told after it.
            c.entry.wrapper || follows.contains(&c.entry.class),
            std::cmp::Reverse(c.confidence),
            c.is_sharer,
            c.hits.first().map_or(u64::MAX, |hit| hit.line),
        )
    });
}

impl<'c> Candidate<'c> {
    fn of(entry: &'c Entry) -> Self {
        Self {
            entry,
            confidence: Confidence::Possible,
            hits: Vec::new(),
            is_sharer: false,
            checked: Vec::new(),
            not_checked: Vec::new(),
            denied: None,
            confirmed: false,
            known: BTreeMap::new(),
        }
    }

    /// Named parts of its lines; the first line that has one says it.
    fn parts(&self) -> BTreeMap<&str, &str> {
        // The machine knows a file by its path in the fleet; the log may name a copy in the store.
        let mut parts: BTreeMap<&str, &str> =
            self.known.iter().map(|(name, text)| (*name, text.as_str())).collect();
        for (name, text) in self.hits.iter().flat_map(|hit| &hit.parts) {
            parts.entry(name.as_str()).or_insert(text.as_str());
        }
        parts
    }

    fn cause(&self) -> Cause {
        /// Lines beyond these say the same again.
        const MOST: usize = 5;
        let entry = self.entry;
        let parts = self.parts();
        let words = |text: &str| fill(text, &parts, &|text| text.to_owned());
        Cause {
            class: entry.class.clone(),
            confidence: self.confidence,
            summary: words(&entry.summary),
            called: entry.called.clone(),
            why: words(&entry.why),
            next: words(&entry.next),
            run: entry.run.as_ref().map(|run| fill(run, &parts, &shell_word)),
            who: entry.who,
            admin: entry.admin.as_ref().map(|text| words(text)),
            fix: entry.fix,
            shown: self
                .hits
                .iter()
                .take(MOST)
                .map(|hit| Shown { line: hit.line, text: hit.shown.trim_end().to_owned() })
                .collect(),
            checked: self.checked.clone(),
            not_checked: self.not_checked.clone(),
            look: entry.look.iter().map(|text| words(text)).collect(),
        }
    }
}

/// `text` with `{name}` replaced by that part of the log, or by what follows a bar in the braces.
pub(crate) fn fill(
    text: &str,
    parts: &BTreeMap<&str, &str>,
    quote: &dyn Fn(&str) -> String,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inside, after)) = after.split_once('}') else { break };
        let (name, or_else) = inside.split_once('|').unwrap_or((inside, ""));
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        out.push_str(before);
        if is_name {
            match parts.get(name) {
                Some(part) => out.push_str(&quote(part)),
                None => out.push_str(or_else),
            }
        } else {
            out.push_str(&format!("{{{inside}}}"));
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn noise(log: &Log, catalogue: &Catalogue) -> Vec<Noise> {
    let mut all: Vec<Noise> = Vec::new();
    for entry in &catalogue.noise {
        let Some(signal) = catalogue.signal(&entry.line) else { continue };
        if let Some(hit) = log.seen.hits[signal].first() {
            let text = hit.shown.trim().to_owned();
            all.push(Noise { line: hit.line, text, words: entry.words.clone() });
        }
    }
    all.sort_by_key(|noise| noise.line);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_braces_come_from_the_log() {
        let parts = BTreeMap::from([("file", "a b.nix")]);
        let as_is = |text: &str| text.to_owned();
        assert_eq!(fill("add {file}", &parts, &as_is), "add a b.nix");
        assert_eq!(fill("add {file}", &parts, &shell_word), "add 'a b.nix'");
        assert_eq!(fill("see {other|the file}; {other}.", &parts, &as_is), "see the file; .");
        assert_eq!(fill("{ x = 1; } {", &parts, &as_is), "{ x = 1; } {");
    }
}
