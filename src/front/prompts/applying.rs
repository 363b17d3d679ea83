//! Carries the plan out on a thread of its own and says what happens. The two speak through one
//! channel; the core waits for an answer only when files are in the way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::asking::speak;
use super::talk::Talk;
use super::watch::Watch;
use super::wording::{place, what_it_is};
use super::{Journey, Work};
use crate::activate::{InTheWay, InTheWayChoice};
use crate::apply::HandOver;
use crate::event::Event;
use crate::front::{Attend, Finish, handed_over, sanitise, taken_back};
use crate::plan::Plan;

/// How often passing time is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What the core tells; an event with the time it happened.
enum Message {
    Event(Duration, Event),
    InTheWay(Vec<InTheWay>, mpsc::Sender<InTheWayChoice>),
    /// Said before the sender goes on.
    Say(Vec<String>, mpsc::Sender<()>),
}

/// The core's end of the channel.
struct Remote<'a> {
    tell: mpsc::Sender<Message>,
    clock: &'a (dyn Fn() -> Duration + Sync),
    stop: &'a AtomicBool,
}

impl Attend for Remote<'_> {
    fn event(&mut self, event: Event) {
        // Nobody listens only when the listener has gone down; the work still has to end well.
        let _ = self.tell.send(Message::Event((self.clock)(), event));
    }

    fn in_the_way(&mut self, files: &[InTheWay]) -> InTheWayChoice {
        let (answer, answered) = mpsc::channel();
        let _ = self.tell.send(Message::InTheWay(files.to_vec(), answer));
        answered.recv().unwrap_or(InTheWayChoice::Stop)
    }

    fn stop(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn hand_over(&mut self, hand: &HandOver) {
        self.say(handed_over(hand).into());
    }

    fn taken_back(&mut self, hand: &HandOver, exit: Option<&str>) {
        self.say(vec![taken_back(hand, exit)]);
    }
}

impl Remote<'_> {
    /// Returns when it has been said: what comes next writes to the same terminal.
    fn say(&self, words: Vec<String>) {
        let (said, heard) = mpsc::channel();
        let _ = self.tell.send(Message::Say(words, said));
        let _ = heard.recv();
    }
}

impl Journey<'_> {
    /// Gives how it ended and what the last step has said.
    pub(super) fn apply(
        &self,
        talk: &mut dyn Talk,
        work: &mut dyn Work,
        plan: &Plan,
    ) -> (Finish, String) {
        let (tell, told) = mpsc::channel();
        let mut remote = Remote { tell, clock: self.clock, stop: self.stop };
        std::thread::scope(|scope| {
            let working = scope.spawn(move || work.apply(plan, &mut remote));
            let log = self.listen(talk, plan, &told);
            match working.join() {
                Ok(finish) => (finish, log),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// Until the core has let go of its end. Gives what the last step has said.
    fn listen(&self, talk: &mut dyn Talk, plan: &Plan, told: &mpsc::Receiver<Message>) -> String {
        let mut watch = Watch::new(plan);
        let mut stopping = false;
        loop {
            let lines = match told.recv_timeout(LOOK) {
                Ok(Message::Event(at, event)) => watch.fold(at, &event),
                Ok(Message::InTheWay(files, answer)) => {
                    watch.flush().iter().for_each(|line| talk.say(line));
                    watch.asked_in_the_way = true;
                    // The core stops by itself when nobody answers.
                    let _ = answer.send(self.ask_in_the_way(talk, plan, &files));
                    Vec::new()
                }
                Ok(Message::Say(words, said)) => {
                    watch.flush().iter().for_each(|line| talk.say(line));
                    words.iter().for_each(|line| talk.say(&sanitise(line)));
                    let _ = said.send(());
                    Vec::new()
                }
                Err(RecvTimeoutError::Timeout) => watch.tick((self.clock)()),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            lines.iter().for_each(|line| talk.say(line));
            if !stopping && self.stop.load(Ordering::Relaxed) {
                stopping = true;
                talk.say("Stopping after this step. Press Ctrl-C again to end it now.");
            }
        }
        watch.flush().iter().for_each(|line| talk.say(line));
        watch.log()
    }

    fn ask_in_the_way(
        &self,
        talk: &mut dyn Talk,
        plan: &Plan,
        files: &[InTheWay],
    ) -> InTheWayChoice {
        talk.ring();
        self.tell_files(talk, files);
        let keep = keeping(files);
        let rows: Vec<String> = keep
            .iter()
            .cloned()
            .chain(["Hear the difference.".to_owned(), "Stop here.".to_owned()])
            .collect();
        let (hear, stop) = (rows.len() - 1, rows.len());
        let suggested = if keep.is_some() { 1 } else { stop };
        loop {
            speak(talk, &rows);
            talk.say(&format!("Type a number. Suggested: {suggested}"));
            // Without an answer nothing is replaced.
            let Ok(line) = talk.ask() else { return InTheWayChoice::Stop };
            let number = match line.as_str() {
                "" => suggested,
                "quit" | "back" => stop,
                text => text.trim_end_matches('.').parse().unwrap_or(0),
            };
            match number {
                1 if keep.is_some() => return InTheWayChoice::Keep,
                n if n == hear => {
                    for file in files {
                        talk.say(&format!("{}:", place(self.host, &file.file)));
                        let lines = (self.difference)(plan, file);
                        lines.iter().for_each(|line| talk.say(&sanitise(line)));
                    }
                }
                n if n == stop => return InTheWayChoice::Stop,
                _ => talk.say(&format!("Problem: Type a number from 1 to {stop}.")),
            }
        }
    }

    fn tell_files(&self, talk: &mut dyn Talk, files: &[InTheWay]) {
        let told = |file: &InTheWay| match what_it_is(&file.file) {
            Some(what) => format!("{}, {what}.", place(self.host, &file.file)),
            None => format!("{}.", place(self.host, &file.file)),
        };
        if let [file] = files {
            talk.say(&format!("Question: 1 file of yours is in the way: {}", told(file)));
            return;
        }
        talk.say(&format!("Question: {} files of yours are in the way:", files.len()));
        files.iter().for_each(|file| talk.say(&told(file)));
    }
}

/// How the files are kept, in words; `None` when one of them cannot be.
fn keeping(files: &[InTheWay]) -> Option<String> {
    let names: Vec<String> = files
        .iter()
        .map(|f| Some(f.kept_as.as_ref()?.file_name()?.to_string_lossy().into_owned()))
        .collect::<Option<_>>()?;
    Some(match names.as_slice() {
        [name] => format!("Keep a copy as {} and go on.", sanitise(name)),
        _ => "Keep a copy of each, its name ending in .before-doorstep, and go on.".to_owned(),
    })
}
