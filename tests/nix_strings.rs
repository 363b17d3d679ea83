//! What we write as Nix must come back from Nix itself unchanged, and errors must be where Nix
//! sees them. Each test runs the real `nix-instantiate` once or a few times.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::process::{Command, Stdio};

use doorstep::nix::{Literal, Source, attr, quote};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

/// Evaluates `expression` with Nix and gives its value as JSON.
fn nix_eval(expression: &str) -> serde_json::Value {
    let mut nix = Command::new("nix-instantiate")
        .args(["--eval", "--json", "--strict", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("nix-instantiate is on PATH");
    nix.stdin.take().unwrap().write_all(expression.as_bytes()).unwrap();
    let output = nix.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Pieces that Nix's lexer treats in ways of its own, between arbitrary characters.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("${".to_owned()),
        Just("$${".to_owned()),
        Just("$".to_owned()),
        Just("''".to_owned()),
        Just("\\".to_owned()),
        Just("\"".to_owned()),
        Just("\r\n".to_owned()),
        Just("\r".to_owned()),
        Just("\n".to_owned()),
        Just("\t".to_owned()),
        Just("\u{1b}[31m".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("🏔️".to_owned()),
        Just("}; evil = builtins.exec [ ]; x = {".to_owned()),
        Just("/*".to_owned()),
        Just("#".to_owned()),
        any::<char>().prop_filter("no NUL", |c| *c != '\0').prop_map(String::from),
        "[a-z@. ]{1,8}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn samples(count: usize) -> Vec<String> {
    let mut runner = TestRunner::new(Config::default());
    let strategy = hostile();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn two_thousand_hostile_strings_survive_evaluation() {
    let texts = samples(2_000);
    let literals: Vec<_> = texts.iter().map(|text| quote(text).unwrap()).collect();
    let evaluated = nix_eval(&format!("[ {} ]", literals.join("\n")));
    let back: Vec<String> = serde_json::from_value(evaluated).unwrap();
    assert_eq!(back, texts);
    // Our own reader agrees with Nix about every one of them.
    let source = Source::parse(format!("[ {} ]", literals.join("\n"))).unwrap();
    let items = &source.lists()[0].items;
    let read: Vec<_> = items.iter().map(|item| source.literal(item.span)).collect();
    assert_eq!(read, texts.into_iter().map(|t| Some(Literal::Text(t))).collect::<Vec<_>>());
}

#[test]
fn hostile_attribute_names_survive_evaluation() {
    let mut names = samples(200);
    names.extend(["if", "or", "rec", "zoe.smith", "", "-", "'x"].map(String::from));
    let pairs = names.iter().map(|name| {
        let name = attr(name).unwrap();
        format!("(builtins.attrNames {{ {name} = 1; }})")
    });
    let evaluated = nix_eval(&format!("[ {} ]", pairs.collect::<Vec<_>>().join("\n")));
    let back: Vec<Vec<String>> = serde_json::from_value(evaluated).unwrap();
    assert_eq!(back.concat(), names);
}

#[test]
fn spelled_out_values_read_as_nix_evaluates_them() {
    let values = [
        "\"a\\\"b\\\\c\\${d}$e$$f\\x\"",
        "''plain''",
        "''\n    two\n      lines\n  ''",
        "''\n\n  \n    a\n\n  b ''",
        "''''${x} ''' ''\\n $$ ''$ '' ",
        "''\ttab\n  x''",
        "[ 1 (-2) true null \"x\" ]",
        "{ a.b = 1; a.c = { d = false; }; \"e.f\" = [ ]; }",
    ];
    let expression = format!("[ {} ]", values.map(|v| format!("({v})")).join("\n"));
    let source = Source::parse(&*expression).unwrap();
    let ours: Vec<_> = source.lists()[0]
        .items
        .iter()
        .map(|item| json(&source.literal(item.span).expect("spelled out")))
        .collect();
    assert_eq!(serde_json::Value::Array(ours), nix_eval(&expression));
}

fn json(literal: &Literal) -> serde_json::Value {
    match literal {
        Literal::Text(text) => text.as_str().into(),
        Literal::Int(number) => (*number).into(),
        Literal::Float(number) => (*number).into(),
        Literal::Bool(value) => (*value).into(),
        Literal::Null => serde_json::Value::Null,
        Literal::List(items) => items.iter().map(json).collect(),
        Literal::Set(entries) => entries.iter().map(|(name, v)| (name.clone(), json(v))).collect(),
    }
}

#[test]
fn syntax_errors_are_where_nix_sees_them() {
    let broken = [
        "{ a = 1 }",
        "{ a = ; }",
        "{\n  a = 1;\n",
        "{ a = \"x\ny\" b }",
        "let x = 1; y",
        "{ a = \"é\"; b = ; }",
        "[ 1 2",
        "{ a = 1; }}",
        "{\r\n  a = 1;\r\n  b = ];\r\n}\r\n",
        "{\n\ta = if x then 1;\n}\n",
        "{ a = 1;; }",
        "",
        "# nothing\n",
    ];
    for text in broken {
        let ours = Source::parse(text).unwrap_err().at;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let nix = Command::new("nix-instantiate").arg("--parse").arg(file.path()).output().unwrap();
        let told = String::from_utf8_lossy(&nix.stderr).into_owned();
        let wanted = format!(":{}:{}:", ours.line, ours.column);
        assert!(told.contains(&wanted), "{text:?}: ours {wanted}, nix: {told}");
    }
}
