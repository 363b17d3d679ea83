use std::sync::mpsc;

use super::*;
use crate::front::tui::log::feed;

fn drained(outlet: &mut crate::front::tui::log::Outlet) -> (usize, Vec<String>) {
    let mut store = Store::default();
    let count = outlet.drain(&mut store);
    (count, store.lines(Which::All).saved(Into::into).map(String::from).collect())
}

#[test]
fn the_reader_is_woken_once_for_all_that_waits() {
    let (send, woken) = mpsc::channel();
    let (inlet, mut outlet) = feed(1 << 20, move || send.send(()).unwrap());
    for text in ["one", "two", "three"] {
        inlet.line("build", Stream::Err, text);
    }
    assert_eq!(woken.try_iter().count(), 1);
    assert_eq!(drained(&mut outlet), (3, vec!["one".into(), "two".into(), "three".into()]));
    assert_eq!(drained(&mut outlet), (0, vec![]));
    inlet.line("build", Stream::Err, "four");
    assert_eq!(woken.try_iter().count(), 1);
    assert_eq!(drained(&mut outlet), (1, vec!["four".into()]));
}

#[test]
fn the_reader_is_woken_again_before_anybody_has_to_wait() {
    let (send, woken) = mpsc::channel();
    let (inlet, outlet) = feed(1000, move || send.send(()).unwrap());
    inlet.line("build", Stream::Err, &"x".repeat(300));
    assert!(!outlet.is_pressing());
    assert_eq!(woken.try_iter().count(), 1);
    inlet.line("build", Stream::Err, &"x".repeat(300));
    assert!(outlet.is_pressing());
    assert_eq!(woken.try_iter().count(), 1);
    inlet.line("build", Stream::Err, &"x".repeat(100));
    assert_eq!(woken.try_iter().count(), 0);
}

#[test]
fn who_said_a_line_comes_with_it() {
    let (inlet, mut outlet) = feed(1 << 20, || {});
    inlet.line("a", Stream::Out, "a0");
    inlet.line("a", Stream::Err, "a1");
    inlet.bytes("b", Stream::Err, b"two\nin\xff one");
    let mut store = Store::default();
    outlet.drain(&mut store);
    let a = store.lines(Which::Step("a"));
    assert_eq!(a.get(0).map(|l| (l.stream, l.text)), Some((Stream::Out, "a0")));
    assert_eq!(a.get(1).map(|l| (l.stream, l.text)), Some((Stream::Err, "a1")));
    assert_eq!(store.lines(Which::Step("b")).get(0).map(|l| l.text), Some("twoin\u{fffd} one"));
}

#[test]
fn a_worker_that_is_too_fast_waits_and_loses_nothing() {
    const LIMIT: usize = 1000;
    const LINES: usize = 20_000;
    let (send, woken) = mpsc::channel();
    let (inlet, mut outlet) = feed(LIMIT, move || send.send(()).unwrap_or_default());
    let worker = std::thread::spawn(move || {
        (0..LINES).for_each(|n| inlet.line("build", Stream::Out, &format!("line {n}")));
    });
    let mut store = Store::default();
    let (mut taken, mut most) = (0, 0);
    while taken < LINES {
        woken.recv().unwrap();
        most = most.max(outlet.waiting());
        taken += outlet.drain(&mut store);
    }
    worker.join().unwrap();
    assert!(most <= LIMIT + 100, "{most}");
    let lines = store.lines(Which::All);
    assert!((0..LINES as u64).all(|n| lines.get(n).unwrap().text == format!("line {n}")));
}

#[test]
fn a_worker_is_let_go_when_nobody_listens() {
    let (send, woken) = mpsc::channel();
    let (inlet, outlet) = feed(10, move || send.send(()).unwrap_or_default());
    let worker = std::thread::spawn(move || {
        (0..1000).for_each(|_| inlet.line("build", Stream::Out, "0123456789"));
    });
    woken.recv().unwrap();
    drop(outlet);
    worker.join().unwrap();
}

#[test]
fn a_very_long_line_is_short_before_it_waits() {
    let (inlet, outlet) = feed(1 << 20, || {});
    inlet.line("build", Stream::Out, &"x".repeat(10_000_000));
    assert!(outlet.waiting() < 5000, "{}", outlet.waiting());
}
