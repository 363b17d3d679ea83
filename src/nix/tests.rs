use super::*;

fn parse(text: &str) -> Source {
    Source::parse(text).unwrap()
}

fn paths(text: &str) -> Vec<String> {
    parse(text).bindings().iter().map(|b| format!("{} {}", b.line, b.path)).collect()
}

#[test]
fn paths_go_through_what_encloses_a_binding() {
    let text = r#"{ lib, config, ... }:
let hm = config.flake.modules.homeManager; in
with lib;
assert true;
{
  flake.modules.darwin."machines/darwin/quartz" = { pkgs, ... }: {
    home-manager = mkIf pkgs.stdenv.isDarwin {
      users."zoe.smith".imports = [ hm.core ] ++ (with hm; [ shell ]);
      users.${config.owner} = lib.mkMerge [ { home.username = mkForce "o"; } ];
    };
  } // (if true then { a = 1; } else rec { b = 2; });
}"#;
    insta::assert_snapshot!(paths(text).join("\n"), @r#"
    2 hm
    6 flake.modules.darwin."machines/darwin/quartz"
    7 flake.modules.darwin."machines/darwin/quartz".home-manager
    8 flake.modules.darwin."machines/darwin/quartz".home-manager.users."zoe.smith".imports
    9 flake.modules.darwin."machines/darwin/quartz".home-manager.users.${config.owner}
    9 flake.modules.darwin."machines/darwin/quartz".home-manager.users.${config.owner}.home.username
    11 flake.modules.darwin."machines/darwin/quartz".a
    11 flake.modules.darwin."machines/darwin/quartz".b
    "#);
}

#[test]
fn a_binding_knows_its_spans_and_sets() {
    let source = parse("{\n  a.b = {\n\t  c = [ 1 ];\n  };\n}\n");
    let c = source.find("a.b.c").next().unwrap();
    assert_eq!(c.span.of(source.text()), "c = [ 1 ];");
    assert_eq!(c.value.of(source.text()), "[ 1 ]");
    assert_eq!((c.line, source.indentation(c.span.start)), (3, "\t  "));
    let around: Vec<_> = source.ancestors(c).map(|set| set.path.to_string()).collect();
    assert_eq!(around, ["a.b", ""]);
    assert_eq!(c.written(), [Part::Plain("c".into())]);
    assert_eq!(c.shape, Shape::List);
}

fn references(text: &str) -> Vec<String> {
    let source = parse(text);
    let items = source.lists().iter().flat_map(|list| &list.items);
    items.map(|i| i.reference.as_ref().map_or("-".into(), |parts| parts.join(" "))).collect()
}

#[test]
fn items_name_what_their_aliases_stand_for() {
    let text = r#"{ config, inputs, shell, ... }:
let
  inherit (config.flake.modules) homeManager;
  hm = homeManager;
  loop = loop;
in
{
  a = [ hm.core homeManager."users/zoe" inputs.x.y or null ./f.nix (hm.tools) loop ];
  b = with hm; [ core shell "text" ];
  c = let core = 1; in with hm; [ core ];
}"#;
    assert_eq!(
        references(text),
        [
            "config flake modules homeManager core",
            "config flake modules homeManager users/zoe",
            "inputs x y",
            "-",
            "config flake modules homeManager tools",
            "loop",
            "config flake modules homeManager core",
            "shell",
            "-",
            "core",
        ]
    );
}

#[test]
fn switched_off_items_are_told_from_prose() {
    let text = "{ hm }: with hm; [\n  core # always\n  # Only for developers\n  # development\n  \
                # ai # later\n  #\n]";
    let source = parse(text);
    let list = &source.lists()[0];
    let off: Vec<_> = list.disabled.iter().map(|i| (i.line, i.reference.clone())).collect();
    let hm = |name: &str| Some(vec!["hm".to_owned(), name.to_owned()]);
    assert_eq!(off, [(4, hm("development")), (5, hm("ai"))]);
    assert_eq!(list.items.len(), 1);
}

#[test]
fn patterns_find_parts_anywhere() {
    let source = parse(r#"{ flake.modules.homeManager."users/zoe".x = 1; u.${e}.y = 2; }"#);
    let path = &source.bindings()[0].path;
    let found = |pattern: &str| path.find(&Pattern::new(pattern));
    assert_eq!(found("modules.homeManager.users/*"), Some(1));
    assert_eq!(found("modules.homeManager.*"), None);
    assert_eq!(found("homeManager.u*s/z*e"), Some(2));
    assert_eq!(found("a.b.c.d.e.f"), None);
    assert_eq!(path.after(&Pattern::new("homeManager.users/*")).unwrap().text(), "x");
    assert!(source.bindings()[1].path.contains(&Pattern::new("u.*.y")));
    assert!(!source.bindings()[1].path.contains(&Pattern::new("u.e*.y")));
}

#[test]
fn comments_above_are_read_in_order() {
    let source = parse("{\n  # One.\n  ## Two.\n  a = 1;\n\n  b = 2;\n}");
    assert_eq!(source.comment_above(4), ["One.", "Two."]);
    assert_eq!(source.comment_above(6), Vec::<&str>::new());
}

fn literal(text: &str) -> Option<Literal> {
    let source = parse(&format!("{{ v = {text}; }}"));
    source.literal(source.bindings()[0].value)
}

#[test]
fn literals_are_read_and_the_rest_is_left_alone() {
    assert_eq!(literal(r#"lib.mkForce "a\tb""#), Some(Literal::Text("a\tb".into())));
    assert_eq!(literal("(-5)"), Some(Literal::Int(-5)));
    assert_eq!(
        literal("[ true null 1.5 ]").map(|l| format!("{l:?}")).as_deref(),
        Some("List([Bool(true), Null, Float(1.5)])")
    );
    let set = literal("{ a.b = 1; a = { c = ''\n    x\n      y\n  ''; }; }").unwrap();
    assert_eq!(set.get("a").and_then(|a| a.get("b")).and_then(Literal::int), Some(1));
    assert_eq!(set.get("a").and_then(|a| a.get("c")).and_then(Literal::text), Some("x\n  y\n"));
    for computed in ["\"${x}\"", "x", "rec { }", "{ inherit x; }", "{ a = 1; a = 2; }", "f 1"] {
        assert_eq!(literal(computed), None, "{computed}");
    }
}

#[test]
fn names_are_quoted_only_where_they_must_be() {
    let cases = [
        ("zoe", "zoe"),
        ("zoe-2'", "zoe-2'"),
        ("_x", "_x"),
        ("zoe.smith", "\"zoe.smith\""),
        ("users/zoe", "\"users/zoe\""),
        ("2zoe", "\"2zoe\""),
        ("inherit", "\"inherit\""),
        ("or", "\"or\""),
        ("", "\"\""),
        ("a${b}", "\"a\\${b}\""),
        ("zoë", "\"zoë\""),
    ];
    for (name, written) in cases {
        assert_eq!(attr(name).as_deref(), Ok(written));
    }
    assert_eq!(quote("a\0"), Err(NulByte));
    assert_eq!(quote("\u{feff}$${x}''\r\n").as_deref(), Ok("\"\u{feff}\\$\\${x}''\\r\\n\""));
}

#[test]
fn hostile_nesting_is_an_error_and_no_crash() {
    let deep = |open: &str, n: usize| Source::parse(open.repeat(n)).unwrap_err().what;
    for open in ["[", "{a=", "(", "\"${", "x: ", "with x; ", "let a=", "!", "- ", "a // ", "f "] {
        deep(open, 100_000);
    }
    let wide = format!("[ {} ]", "(x: { a = [ 1 ]; }) ".repeat(20_000));
    assert_eq!(parse(&wide).lists().len(), 20_001);
    let sum = format!("{}1", "1 + ".repeat(1_000));
    parse(&sum);
    for depth in [50, 100, 400] {
        parse(&format!("{}1{}", "{ a = [ (".repeat(depth / 3), ") ]; }".repeat(depth / 3)));
    }
}

#[test]
fn tokens_cover_the_text() {
    let text = "{ a = ''x ${\"y\"}''; } # end\r\n";
    let tokens = tokens(text);
    assert_eq!(tokens.iter().map(|t| t.text).collect::<String>(), text);
    assert!(tokens.iter().all(|t| text[t.start..].starts_with(t.text)));
}

#[test]
fn short_text_needs_no_more_than_an_ample_stack() {
    let read_all = || {
        for open in ["!", "[", "x: ", "f ", "a//"] {
            let text = format!("{}1", open.repeat((4 << 10) / open.len() - 1));
            let _ = Source::parse_with(text, Room::Ample);
        }
    };
    let thread = std::thread::Builder::new().stack_size(AMPLE_STACK).spawn(read_all);
    thread.unwrap().join().unwrap();
}
