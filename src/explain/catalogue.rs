//! What is known of failures: `assets/diagnosis`, read once and made ready to match.
//!
//! The format is described in `assets/diagnosis/README.md`. Data only: this module knows no class.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};

use super::literal;
use super::resolve::Confidence;

#[derive(RustEmbed)]
#[folder = "assets/diagnosis"]
struct Assets;

/// A cause class: how it shows, what it means, what to do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id, which never changes.
    pub class: String,
    /// What is wrong, in plain words, one line.
    pub summary: String,
    /// A few words for a list of what else was looked at.
    pub called: String,
    /// Why it happens, for somebody who wants to understand it.
    pub why: String,
    /// The one next action.
    pub next: String,
    /// The command of that action. Words in braces come from the log.
    pub run: Option<String>,
    /// Whose turn the next action is.
    #[serde(default)]
    pub who: Who,
    /// What an administrator is told, when the fix is theirs.
    pub admin: Option<String>,
    /// Whether doorstep may do it.
    #[serde(default)]
    pub fix: Fix,
    /// What a person can look at to be sure.
    pub look: Vec<String>,
    /// What this machine is asked, and which answers mean this class.
    pub check: Option<Check>,
    /// Classes that the same text can mean.
    #[serde(default)]
    pub shares: Vec<String>,
    /// Classes whose text often follows from this one: a consequence, not the cause.
    #[serde(default)]
    pub over: Vec<String>,
    /// Says only that something failed below: any other cause is the better one.
    #[serde(default)]
    pub wrapper: bool,
    /// How it shows; one is enough.
    pub patterns: Vec<Pattern>,
}

/// One way in which a cause shows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Matches the line that shows it, in either case.
    pub line: String,
    /// How sure this text alone makes it.
    pub confidence: Confidence,
    /// Each must match within [`NEAR`] lines, or there is nothing to see.
    #[serde(default)]
    pub with: Vec<String>,
    /// None may match within [`NEAR`] lines.
    #[serde(default)]
    pub without: Vec<String>,
    /// The words are common: without a trace of Nix, sops or home-manager in the log it is at most
    /// possible.
    #[serde(default)]
    pub family: bool,
    /// The program and where its message was read.
    pub source: String,
    /// Why this line shows that cause.
    pub because: String,
}

/// A question to the machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    pub id: String,
    /// Named parts of the log's line that it is about; words in braces come from the line.
    #[serde(default)]
    pub about: std::collections::BTreeMap<String, String>,
    /// Answers that confirm this class. Another definite answer rules it out.
    pub says: Vec<String>,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    #[default]
    You,
    /// An administrator of the machine.
    Admin,
    /// Somebody who can open the file already.
    Reader,
}

/// Whether doorstep may carry the fix out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// It changes only what is the person's own, and can be taken back.
    Safe,
    /// After showing it and being told to.
    Offered,
    /// By hand alone.
    #[default]
    None,
}

/// A line that is never the cause, whatever failed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseEntry {
    pub line: String,
    /// What it means, in plain words.
    pub words: String,
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    classes: Vec<Entry>,
    #[serde(default)]
    noise: Vec<NoiseEntry>,
}

impl File {
    /// All files of the catalogue as one.
    fn read_all() -> Result<Self, CatalogueError> {
        let mut all = Self { classes: Vec::new(), noise: Vec::new() };
        let mut names: Vec<_> = Assets::iter().filter(|name| name.ends_with(".yaml")).collect();
        names.sort();
        for name in names {
            let Some(asset) = Assets::get(&name) else { continue };
            let file: File = serde_yaml::from_slice(&asset.data)
                .map_err(|e| CatalogueError::File { file: name.to_string(), why: e.to_string() })?;
            all.classes.extend(file.classes);
            all.noise.extend(file.noise);
        }
        Ok(all)
    }
}

/// How many lines apart two lines of one failure may be.
pub const NEAR: u64 = 40;

/// Nobody writes a pattern near this; it bounds what a mistake in one could cost.
const LARGEST: usize = 64 * 1024 * 1024;

/// The catalogue, ready to match.
#[derive(Debug)]
pub struct Catalogue {
    pub entries: Vec<Entry>,
    pub noise: Vec<NoiseEntry>,
    /// Every expression of the files, each once.
    pub(super) signals: Vec<String>,
    /// Whether a signal shows something by itself, rather than only beside another.
    pub(super) is_main: Vec<bool>,
    regexes: Vec<OnceLock<Option<Regex>>>,
    pub(super) set: RegexSet,
    by_text: HashMap<String, usize>,
    /// Finds lines that any signal can match.
    pub(super) sieve: AhoCorasick,
}

/// Why the catalogue cannot be used. It is part of the program: a test keeps this from happening.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("{file}: {why}")]
    File { file: String, why: String },
    #[error("a pattern cannot be used: {0}")]
    Pattern(String),
    #[error("the pattern `{0}` has no word to search for")]
    NoWord(String),
}

/// Words that the reader itself looks for: wrapped reasons of sops, their recipients, and the
/// beginnings of private keys.
const OWN_WORDS: [&str; 4] = ["    - | ", "age1", "private key", "age-secret-key-"];

impl Catalogue {
    /// The catalogue of this program, read on first use.
    ///
    /// # Errors
    /// A file of it is wrong, which a test excludes.
    pub fn built_in() -> Result<&'static Self, &'static CatalogueError> {
        static BUILT_IN: LazyLock<Result<Catalogue, CatalogueError>> =
            LazyLock::new(Catalogue::read);
        BUILT_IN.as_ref()
    }

    fn read() -> Result<Self, CatalogueError> {
        let file = File::read_all()?;
        Self::of(file.classes, file.noise)
    }

    /// What is known of a class, without making the patterns ready, which takes far longer.
    pub fn about(class: &str) -> Option<&'static Entry> {
        static ENTRIES: LazyLock<Vec<Entry>> =
            LazyLock::new(|| File::read_all().map(|file| file.classes).unwrap_or_default());
        ENTRIES.iter().find(|entry| entry.class == class)
    }

    fn of(entries: Vec<Entry>, noise: Vec<NoiseEntry>) -> Result<Self, CatalogueError> {
        let (mut signals, mut by_text) = (Vec::new(), HashMap::new());
        let patterns = entries.iter().flat_map(|entry| &entry.patterns);
        let texts = patterns.flat_map(|p| [&p.line].into_iter().chain(&p.with).chain(&p.without));
        for text in texts.chain(noise.iter().map(|n| &n.line)) {
            by_text.entry(text.clone()).or_insert_with(|| {
                signals.push(text.clone());
                signals.len() - 1
            });
        }
        let set = RegexSetBuilder::new(&signals)
            .case_insensitive(true)
            .size_limit(LARGEST)
            .dfa_size_limit(LARGEST)
            .build()
            .map_err(|e| CatalogueError::Pattern(e.to_string()))?;
        // Only these decide which lines of a large log are looked at; what must or must not be near
        // them is looked for around them.
        let lines = entries.iter().flat_map(|entry| &entry.patterns).map(|pattern| &pattern.line);
        let lines: Vec<&String> = lines.chain(noise.iter().map(|entry| &entry.line)).collect();
        let mut words: Vec<String> = OWN_WORDS.map(str::to_owned).to_vec();
        let mut is_main = vec![false; signals.len()];
        for text in lines {
            let of_this = literal::required(text);
            words.extend(of_this.ok_or_else(|| CatalogueError::NoWord(text.clone()))?);
            is_main[by_text[text]] = true;
        }
        words.sort();
        words.dedup();
        let sieve = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(aho_corasick::AhoCorasickKind::DFA))
            .build(&words)
            .map_err(|e| CatalogueError::Pattern(e.to_string()))?;
        let regexes = signals.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { entries, noise, signals, is_main, regexes, set, by_text, sieve })
    }

    /// The entry of a class.
    pub fn entry(&self, class: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.class == class)
    }

    /// The signal of an expression of this catalogue.
    pub(super) fn signal(&self, text: &str) -> Option<usize> {
        self.by_text.get(text).copied()
    }

    /// The expression of a signal, made on first use: most are never needed.
    pub(super) fn regex(&self, signal: usize) -> Option<&Regex> {
        let slot = self.regexes.get(signal)?;
        slot.get_or_init(|| {
            RegexBuilder::new(&self.signals[signal]).case_insensitive(true).build().ok()
        })
        .as_ref()
    }
}
