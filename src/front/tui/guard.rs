//! A private key that comes as keys: a terminal without bracketed paste sends what is pasted as if
//! somebody typed it. Its beginning gives it away; the rest must reach no field, and the ends of
//! its lines must press nothing.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::key::private;

/// Silence after which keys are the person's own again. What a terminal sends comes in one go.
const SILENCE: Duration = Duration::from_millis(300);
/// Enough to know any beginning by, and not enough to hold anything of the key itself.
const TAIL: usize = 40;

/// Watches what goes into fields that show what is typed.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    tail: Zeroizing<String>,
    /// When the last key of a private key came.
    since: Option<Duration>,
}

impl Guard {
    /// Whether a key that comes now belongs to the private key before it.
    pub(crate) fn swallows(&mut self, now: Duration) -> bool {
        let goes_on = self.since.is_some_and(|since| now.saturating_sub(since) < SILENCE);
        self.since = goes_on.then_some(now);
        goes_on
    }

    /// A key went into a field; `None`: one that is no character. `true`: with it a private key has
    /// begun.
    pub(crate) fn typed(&mut self, now: Duration, c: Option<char>) -> bool {
        let Some(c) = c else {
            self.tail.clear();
            return false;
        };
        // Its room never grows, so that nothing of it stays behind in freed memory.
        if self.tail.capacity() < 2 * TAIL {
            self.tail = Zeroizing::new(String::with_capacity(2 * TAIL));
        }
        while self.tail.len() >= TAIL {
            self.tail.remove(0);
        }
        self.tail.push(c);
        if private::is_in(&self.tail) {
            self.tail.clear();
            self.since = Some(now);
        }
        self.since.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::tui::screen::Place;
    use crate::front::tui::stage::Stage;

    const KEY: &str = "AGE-SECRET-KEY-1CANARYCANARYCANARYCANARYCANARYCANARY";
    const LINES: &str = "-----BEGIN OPENSSH PRIVATE KEY-----<enter>CANARYb3BlbnNzaC1r<enter>CANARY\
        <enter>-----END OPENSSH PRIVATE KEY-----<enter><enter><enter>";

    #[test]
    fn the_rest_of_a_private_key_reaches_no_field() {
        for text in [KEY, LINES] {
            let mut stage = Stage::raquel().keys("<enter>");
            stage.press(text);
            assert!(!stage.screen().contains("CANARY"), "{}", stage.screen());
            assert!(stage.screen().contains("not kept or shown"), "{}", stage.screen());
            assert_eq!(stage.app.at(), Place::You);
            stage.later(1);
            stage.press("<c-u>raquel@example.com<enter>");
            assert!(stage.screen().contains("raquel@example.com"));
        }
    }

    #[test]
    fn nor_does_it_stay_in_a_search() {
        for come in [Stage::press, Stage::paste] {
            let mut stage = Stage::raquel().keys("<enter>raquel@example.com<enter><enter><enter>/");
            assert_eq!(stage.app.at(), Place::Features);
            come(&mut stage, KEY);
            assert!(!stage.screen().contains("CANARY"), "{}", stage.screen());
            stage.later(1);
            stage.press("<c-u>ai");
            assert!(stage.screen().contains("ai"));
        }
    }

    #[test]
    fn a_dash_alone_is_no_key() {
        let mut guard = Guard::default();
        for c in "age-key, secret-key: -----BEGIN".chars() {
            assert!(!guard.typed(Duration::ZERO, Some(c)));
        }
        assert!(!guard.swallows(Duration::ZERO));
    }

    #[test]
    fn any_character_fits() {
        let mut guard = Guard::default();
        assert!(!(0..500).any(|_| guard.typed(Duration::ZERO, Some('李'))));
    }
}
