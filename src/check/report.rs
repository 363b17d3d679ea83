//! What all checks together found.

use std::time::Duration;

use super::{Finding, Group};

#[derive(Debug, Default)]
pub struct Report {
    /// The likely cause first, what follows from it next to it.
    pub findings: Vec<Finding>,
    pub not_checked: Vec<Left>,
    pub fine: Vec<Fine>,
    pub took: Duration,
}

/// A check that could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub check: &'static str,
    pub group: Group,
    pub because: String,
}

/// A check that found nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fine {
    pub check: &'static str,
    pub group: Group,
    pub title: &'static str,
}

impl Report {
    /// How many checks there were.
    pub fn checks(&self) -> usize {
        let mut found: Vec<&str> = self.findings.iter().map(|finding| finding.check).collect();
        found.sort_unstable();
        found.dedup();
        found.len() + self.not_checked.len() + self.fine.len()
    }

    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}
