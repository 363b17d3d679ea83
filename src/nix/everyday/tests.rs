use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::nix::syntax::Node;
use crate::nix::{full, tree};

fn told(tree: &Tree<'_>) -> String {
    let mut out = String::new();
    if let Some(root) = tree.root() {
        tell(root, &mut out);
    }
    out
}

fn tell(node: Node<'_>, out: &mut String) {
    let span = node.span();
    write!(out, "({:?} {}..{}", node.kind(), span.start, span.end).unwrap();
    node.children().for_each(|child| tell(child, out));
    out.push(')');
}

/// The full parser's tree, or what it says is wrong.
fn in_full(text: &str) -> Result<String, String> {
    let parsed = rnix::Root::parse(text).ok().map_err(|error| error.to_string())?;
    let mut tree = Tree::new(text);
    full::convert(&parsed, &mut tree);
    Ok(told(&tree))
}

fn agrees(text: &str) -> bool {
    let Some(tree) = read(text) else { return false };
    assert_eq!(Ok(told(&tree)), in_full(text), "{text}");
    true
}

#[test]
fn everyday_text_is_read_as_the_full_parser_reads_it() {
    for text in [
        "{ lib, config ? { }, ... }@args: with lib; { a.b = 1; c = \"x${y}z\"; }",
        "args@{ a, b, }: a",
        "a: b: a.b or c.d e",
        "let x = 1; inherit (a.b) c d; inherit e; in rec { y = x; ${z}.\"q r\".\"${w}\" = ./f.nix; }",
        "[ a.b (c d) \"s\" ''i ''${x} '''q ${y} '' ./a/b.nix 1 1.5 /etc/x { } rec { } # c\n ]",
        "if a == b then !c && d || e -> f else -x + -y * z / w - v",
        "a // b // c ++ d ++ e ? f.g",
        "!a ? b == (c < d)",
        "assert a != b; f { x = 1; } [ ] (y: y)",
        "/* c */ { # d\n a = 1; /* e */ }",
        "{ a = \"\\\" \\${x} $ \\\\\"; b = ''\n  $x 'y' ''; }",
        "{ ... }: { }",
        "a//b/c",
        "{ }: { }",
        "{ }",
        "{ \"a\" = - 1; }",
    ] {
        assert!(agrees(text), "{text}");
    }
}

#[test]
fn what_is_rare_or_wrong_is_left_to_the_full_parser() {
    for text in [
        "",
        "{",
        "a\r\n",
        "a:b",
        "{ a, a }: a",
        "a@{ a }: a",
        "a == b == c",
        "<nixpkgs>",
        "~/x",
        "a |> b",
        "\"$${x}\"",
        "./${x}",
        "let { body = 1; }",
        "{ or = 1; }",
        "1a",
        "a + !b",
        "é",
        "x/* ",
        "\"\\",
        "''a",
        "{ a = 1 }",
        "[ a: b ]",
        "a/",
        "f let x = 1; in x",
        "{ ''a'' = 1; }",
    ] {
        assert!(read(text).is_none(), "{text}");
    }
    for open in ["[", "{a=", "(", "\"${", "x: ", "with x; ", "let a=", "!", "- ", "a // ", "f "] {
        assert!(read(&format!("{}1", open.repeat(100_000))).is_none(), "{open}");
    }
    assert!(read(&format!("{}1", "1 + ".repeat(1_000))).is_none());
    // Long runs of what is looked ahead over are given up, not read in quadratic time.
    assert!(read(&"a.".repeat(100_000)).is_none());
    let arguments: String = (0..300).map(|n| format!("a{n}, ")).collect();
    assert!(read(&format!("{{ {arguments}... }}: 1")).is_none());
}

#[test]
fn comments_between_tokens_are_found() {
    let gap = " # one\n /* # no */ # two";
    let texts: Vec<_> = tree::comments(gap).iter().map(|span| span.of(gap)).collect();
    assert_eq!(texts, ["# one", "/* # no */", "# two"]);
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{", "}", "[", "]", "(", ")", ";", ":", ",", "@", ".", "...", "?", "=", "==", "!=", "!",
        "-", "->", "+", "++", "*", "/", "//", "&&", "||", "<", ">", "<=", "a", "b", "x'", "or",
        "if", "then", "else", "let", "in", "with", "rec", "inherit", "1", "1.5", "0.5", ".5", "\"",
        "''", "${", "$", "\\", "'", "#", "\n", " ", " ", " ", "/*", "*/", "./f", "a = 1;",
        "{ a }: ", "a.b", "\"s\"", "assert", "~", "|>", "__curPos", "a-b", "é",
    ]);
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_is_read_that_the_full_parser_refuses(text in pieces()) {
        agrees(&text);
    }
}
