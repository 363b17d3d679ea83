//! Records of every kind, whole and cut, against what a general reader of JSON makes of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn read(text: &str) -> Record<'_> {
    record(text.as_bytes()).unwrap_or_else(|| panic!("not read: {text}"))
}

#[test]
fn the_usual_records_are_read() {
    assert_eq!(
        read(r#"{"action":"result","fields":[1,2,3,4],"id":70927089926146,"type":105}"#),
        Record::Result {
            id: 70_927_089_926_146,
            report: Report::Progress { done: 1, expected: 2, running: 3, failed: 4 }
        }
    );
    assert_eq!(
        read(
            r#"{"action":"start","fields":["/nix/store/x-a.drv","ssh://b",1,1],"id":5,"level":3,"parent":2,"text":"building","type":105}"#
        ),
        Record::Start {
            id: 5,
            parent: 2,
            level: 3,
            activity: Activity::Build { drv: "/nix/store/x-a.drv".into(), host: "ssh://b".into() },
            text: "building".into(),
        }
    );
    assert_eq!(read(r#"{"action":"stop","id":5}"#), Record::Stop { id: 5 });
    let Record::Message(message) = read(
        r#"{"action":"msg","column":83,"file":"/fleet/a.nix:1:83","level":0,"line":1,"msg":"\u001b[31;1merror:\u001b[0m it's\n \ud83d\ude00","raw_msg":"x"}"#,
    ) else {
        panic!("a message")
    };
    assert_eq!(message.text, "\u{1b}[31;1merror:\u{1b}[0m it's\n 😀");
    let at = message.at.unwrap();
    assert_eq!((&*at.file, at.line, at.column), ("/fleet/a.nix", 1, 83));
}

#[test]
fn a_place_that_is_none_is_none() {
    for file in ["null", r#""«none»:0""#, r#""""#, "7"] {
        let text = format!(r#"{{"action":"msg","file":{file},"level":0,"line":null,"msg":"x"}}"#);
        assert!(matches!(read(&text), Record::Message(Message { at: None, .. })), "{file}");
    }
}

#[test]
fn what_is_not_known_is_no_error() {
    for text in [
        r#"{"action":"dance","id":1}"#,
        r#"{"action":7}"#,
        r#"{"action":"start","type":105}"#,
        r#"{"action":"stop"}"#,
        r#"{"action":"msg","level":0}"#,
        "{}",
        r#"{"fields":{"a":[1,[2,{}]]},"action":null}"#,
    ] {
        assert_eq!(read(text), Record::Unknown, "{text}");
    }
    let other = |kind| Record::Result { id: 1, report: Report::Other(kind) };
    for (text, kind) in [
        (r#"{"action":"result","id":1,"type":105}"#, 105),
        (r#"{"action":"result","fields":[],"id":1,"type":101}"#, 101),
        (r#"{"action":"result","fields":[7],"id":1,"type":101}"#, 101),
        (r#"{"action":"result","fields":["x"],"id":1,"type":106}"#, 106),
        (r#"{"action":"result","fields":["/nix/store/x"],"id":1,"type":109}"#, 109),
        (r#"{"action":"result","id":1,"payload":{"a":1},"type":109}"#, 109),
        (r#"{"action":"result","fields":[1,2,3,4,5,6],"id":1,"type":999}"#, 999),
    ] {
        assert_eq!(read(text), other(kind), "{text}");
    }
    // Missing fields leave the text.
    let start = read(r#"{"action":"start","id":1,"text":"waiting","type":105,"fields":[1]}"#);
    let activity = Activity::Build { drv: "".into(), host: "".into() };
    assert_eq!(
        start,
        Record::Start { id: 1, parent: 0, level: 3, activity, text: "waiting".into() }
    );
}

#[test]
fn one_fork_says_how_a_build_ended() {
    let text = |status: &str| {
        format!(
            r#"{{"action":"result","id":1,"payload":{{"drvPath":"/nix/store/x-a.drv","outputs":{{}},"status":"{status}"}},"type":110}}"#
        )
    };
    let ended = |outcome| Record::Result {
        id: 1,
        report: Report::Ended { drv: "/nix/store/x-a.drv".into(), outcome },
    };
    assert_eq!(read(&text("Built")), ended(Outcome::Built));
    assert_eq!(read(&text("PermanentFailure")), ended(Outcome::Failed));
}

#[test]
fn numbers_beyond_any_type_are_read() {
    let done = |number: &str| {
        let text = format!(r#"{{"action":"result","fields":[{number},0,0,0],"id":1,"type":105}}"#);
        match record(text.as_bytes()) {
            Some(Record::Result { report: Report::Progress { done, .. }, .. }) => Some(done),
            _ => None,
        }
    };
    assert_eq!(done("9223372036854775808"), Some(1 << 63));
    assert_eq!(done("99999999999999999999999"), Some(u64::MAX));
    assert_eq!(done("-3"), Some(0));
    assert_eq!(done("1.5e3"), Some(1500));
    assert_eq!(done("1e400"), Some(u64::MAX));
    assert_eq!(done("1-"), None);
    assert_eq!(done("x"), None);
}

#[test]
fn a_line_says_what_it_is() {
    assert_eq!(line(br#"@nix {"action":"stop","id":1}"#), Line::Record(Record::Stop { id: 1 }));
    assert_eq!(line(br#"@nix {"action":"stop","id""#), Line::Broken);
    assert_eq!(line(b"@nix "), Line::Broken);
    assert_eq!(line(b"@nixos is fine"), Line::Plain("@nixos is fine".into()));
    assert_eq!(line(b"caf\xe9"), Line::Plain("caf\u{fffd}".into()));
    let bad = b"@nix {\"action\":\"result\",\"fields\":[\"caf\xe9\"],\"id\":1,\"type\":101}";
    let report = Report::Log("caf\u{fffd}".into());
    assert_eq!(line(bad), Line::Record(Record::Result { id: 1, report }));
}

#[test]
fn depth_costs_no_stack() {
    let deep =
        |n: usize| format!(r#"{{"x":{}{},"action":"stop","id":3}}"#, "[".repeat(n), "]".repeat(n));
    assert_eq!(read(&deep(200_000)), Record::Stop { id: 3 });
    assert_eq!(record("[".repeat(1_000_000).as_bytes()), None);
}

/// Any JSON value, small.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "(\\PC|[\\x00-\\x1f]|\"|\\\\){0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z\"\\\\é]{0,4}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Spaces, order and other keys make no difference, and every text comes back as it was.
    #[test]
    fn texts_are_read_as_any_reader_does(
        text in "(\\PC|[\\x00-\\x1f]|\"|\\\\){0,40}", other in value(), id in any::<u64>(), pretty in any::<bool>()
    ) {
        let object = json!({
            "x": other, "action": "result", "type": 101, "id": id, "fields": [text, other],
        });
        let written = match pretty {
            true => serde_json::to_string_pretty(&object).unwrap(),
            false => object.to_string(),
        };
        let report = Report::Log(text.into());
        prop_assert_eq!(record(written.as_bytes()), Some(Record::Result { id, report }));
    }

    #[test]
    fn a_cut_record_is_none(other in value(), cut in any::<prop::sample::Index>()) {
        let object = json!({ "action": "start", "fields": ["é", 1], "id": 1, "x": other, "text": "\"é\\" });
        let written = object.to_string().into_bytes();
        let cut = cut.index(written.len());
        prop_assert_eq!(record(&written[..cut]), None);
    }

    #[test]
    fn the_short_way_agrees_with_the_long_one(fields in prop::collection::vec(any::<u64>(), 0..6), id in any::<u64>(), kind in 103..108_u64) {
        let short = json!({ "action": "result", "fields": fields, "id": id, "type": kind }).to_string();
        let long = format!(" {short}");
        prop_assert_eq!(record(short.as_bytes()), record(long.as_bytes()));
    }

    #[test]
    fn garbage_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = line(&bytes);
        let mut marked = b"@nix ".to_vec();
        marked.extend_from_slice(&bytes);
        let _ = line(&marked);
    }

    #[test]
    fn nearly_json_is_survived(text in "([{}\\[\\]:,]|\"(action|fields|id|payload|x)\"|\"\\\\u12|[0-9]|null|\\PC){0,40}") {
        let _ = record(text.as_bytes());
    }

    #[test]
    fn owned_is_the_same(text in "\\PC{0,20}") {
        let written = json!({ "action": "msg", "level": 0, "msg": text, "file": "f", "line": 1, "column": 2 }).to_string();
        let borrowed = record(written.as_bytes()).unwrap();
        prop_assert_eq!(borrowed.clone().into_owned(), borrowed);
    }
}
