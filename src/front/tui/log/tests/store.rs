use std::borrow::Cow;

use super::*;

fn texts(lines: Lines<'_>) -> Vec<&str> {
    (lines.first()..lines.end()).filter_map(|n| Some(lines.get(n)?.text)).collect()
}

#[test]
fn a_line_keeps_its_stream_and_its_number() {
    let mut store = Store::default();
    store.push("build", Stream::Out, "one");
    store.push("build", Stream::Err, "");
    store.push_bytes("activate", Stream::Err, b"thr\xffee\n");
    let lines = store.lines(Which::All);
    assert_eq!(texts(lines), ["one", "", "thr\u{fffd}ee"]);
    let streams: Vec<_> = (0..3).filter_map(|n| Some(lines.get(n)?.stream)).collect();
    assert_eq!(streams, [Stream::Out, Stream::Err, Stream::Err]);
    assert_eq!(lines.get(3), None);
    assert_eq!(lines.get(u64::MAX), None);
}

#[test]
fn each_step_has_numbers_of_its_own() {
    let mut store = Store::default();
    for (step, text) in [("a", "a0"), ("a", "a1"), ("b", "b0"), ("a", "a2"), ("b", "b1")] {
        store.push(step, Stream::Out, text);
    }
    assert_eq!(texts(store.lines(Which::Step("a"))), ["a0", "a1", "a2"]);
    assert_eq!(texts(store.lines(Which::Step("b"))), ["b0", "b1"]);
    let nobody = store.lines(Which::Step("c"));
    assert!(nobody.is_empty() && nobody.get(0).is_none());
    assert_eq!(store.lines(Which::All).end(), 5);
}

#[test]
fn the_oldest_lines_are_lost_and_counted() {
    let mut store = Store::of_chunks(600, 200);
    for n in 0..100 {
        store.push(if n < 50 { "early" } else { "late" }, Stream::Out, &format!("line {n}"));
    }
    let all = store.lines(Which::All);
    assert!((1..95).contains(&all.first()), "{}", all.first());
    assert_eq!(all.end(), 100);
    assert_eq!(texts(all)[0], format!("line {}", all.first()));
    assert_eq!(all.get(all.first() - 1), None);
    let early = store.lines(Which::Step("early"));
    assert_eq!((early.first(), early.end(), early.is_empty()), (50, 50, true));
    let late = store.lines(Which::Step("late"));
    assert_eq!(late.first(), all.first() - 50);
    assert_eq!(texts(late).last(), Some(&"line 99"));
    assert_eq!(all.tally(), format!("100 lines, the oldest {} not kept", all.first()));
    assert_eq!(early.tally(), "50 lines, the oldest 50 not kept");
}

#[test]
fn memory_is_bounded_whatever_is_said() {
    let (limit, chunk) = (64 << 10, 4 << 10);
    let long = "x".repeat(3000);
    let said: [&dyn Fn(usize) -> (&'static str, usize); 3] =
        [&|_| ("a", 0), &|n| (["a", "b", "c"][n % 3], 0), &|n| ("a", n % 2 * long.len())];
    for what in said {
        let mut store = Store::of_chunks(limit, chunk);
        for n in 0..100_000 {
            let (step, len) = what(n);
            store.push(step, Stream::Out, &long[..len]);
        }
        assert!(store.bytes() <= limit, "{}", store.bytes());
        assert!(store.first() > 0);
    }
}

#[test]
fn a_megabyte_in_one_line_is_cut() {
    let mut store = Store::default();
    store.push("build", Stream::Out, &"é".repeat(500_000));
    let text = store.lines(Which::All).get(0).map_or("", |line| line.text);
    assert_eq!(text.chars().count(), 4001);
    assert!(text.ends_with('…'));
}

#[test]
fn a_line_larger_than_a_chunk_is_kept_all_the_same() {
    let mut store = Store::of_chunks(200, 100);
    for _ in 0..3 {
        store.push("build", Stream::Out, &"x".repeat(1000));
    }
    assert_eq!(store.lines(Which::All).get(2).map(|line| line.text.len()), Some(1000));
}

#[test]
fn hostile_bytes_do_nothing() {
    let mut store = Store::default();
    store.push_bytes("build", Stream::Err, b"\x1b]52;c;ZXZpbA==\x07\x1b[2J\x00ok\x9b\x80\x1b");
    let line = store.lines(Which::All).get(0);
    assert_eq!(line.map(|l| l.text), Some("ok\u{fffd}\u{fffd}"));
}

#[test]
fn what_is_saved_passes_through_the_redaction() {
    let mut store = Store::of_chunks(200, 100);
    for n in 0..20 {
        store.push("build", Stream::Out, &format!("line {n} hunter2"));
    }
    let hide = |text| match str::contains(text, "hunter2") {
        true => Cow::from(text.replace("hunter2", "<secret>")),
        false => Cow::from(text),
    };
    let saved: Vec<_> = store.lines(Which::All).saved(hide).collect();
    let first = store.first();
    assert_eq!(saved[0], format!("({first} older lines were not kept)"));
    assert_eq!(saved[1], format!("line {first} <secret>"));
    assert_eq!(saved.len() as u64, 20 - first + 1);
    assert!(saved.iter().all(|line| !line.contains("hunter2")));
}
