use super::*;

fn source(text: &str) -> Source {
    Source::parse(text).unwrap()
}

fn after(text: &str, path: &str) -> Slot {
    Slot::After(source(text).find(path).next().unwrap().span)
}

fn inside(text: &str, path: &str) -> Slot {
    Slot::In(source(text).find(path).next().unwrap().value)
}

fn changed(splice: Result<Splice, Refusal>) -> Change {
    match splice {
        Ok(Splice::Changed(change)) => change,
        other => panic!("{other:?}"),
    }
}

fn list(text: &str, nth: usize) -> Span {
    source(text).lists()[nth].span
}

/// Adds, checks that taking it out again gives the old text, and returns the new text.
fn add(text: &str, slot: Slot, path: &[&str], value: &str) -> String {
    let change = changed(add_binding(text, slot, path, value));
    assert_eq!(change.revert(), text);
    let again = add_binding(&change.text, slot_in_new(&change, slot), path, value);
    assert!(matches!(again, Ok(Splice::AlreadySo { .. })), "{again:?}");
    let added = source(&change.text);
    let added = added.bindings().iter().find(|b| b.span.start >= change.at).unwrap();
    assert_eq!(remove_binding(&change.text, added.span).unwrap().text, text);
    change.text
}

/// The same set, whose end has moved.
fn slot_in_new(change: &Change, slot: Slot) -> Slot {
    match slot {
        Slot::After(span) => Slot::After(span),
        Slot::In(span) => {
            let sets = source(&change.text);
            Slot::In(sets.sets().iter().find(|s| s.span.start == span.start).unwrap().span)
        }
    }
}

fn append(text: &str, nth: usize, item: &str) -> String {
    let change = changed(append_item(text, list(text, nth), item));
    assert_eq!(change.revert(), text);
    let new = list(&change.text, nth);
    assert!(matches!(append_item(&change.text, new, item), Ok(Splice::AlreadySo { .. })));
    let last = source(&change.text).lists()[nth].items.last().unwrap().span;
    assert_eq!(remove_item(&change.text, new, last).unwrap().text, text);
    change.text
}

const MACHINE: &str = r#"{ config, ... }:
{
  home-manager = {
    useGlobalPkgs = true;

    # Ada administers.
    users.ada.imports = [
      core
      shell # for everybody
      # ai
    ]; # end of ada

    # Kai works here.
    users.kai.imports = [
      core
    ];
  };
  users.knownUsers = [ "ada" "kai" ];
  users.users.ada = { uid = 501; };
}
"#;

#[test]
fn a_binding_goes_below_its_sibling_in_its_style() {
    let value = "[\n  core\n]";
    let text =
        add(MACHINE, after(MACHINE, "users.ada.imports"), &["users", "zoe", "imports"], value);
    insta::assert_snapshot!(&text[text.find("# Ada").unwrap()..text.find("# Kai").unwrap()], @r"
    # Ada administers.
        users.ada.imports = [
          core
          shell # for everybody
          # ai
        ]; # end of ada

        users.zoe.imports = [
          core
        ];
    ");
    let text = add(MACHINE, after(MACHINE, "users.kai.imports"), &["users", "zoe.s"], "{ }");
    assert!(text.contains("    ];\n\n    users.\"zoe.s\" = { };\n  };\n"), "{text}");
    let text = add(MACHINE, after(MACHINE, "users.users.ada"), &["users", "users", "zoe"], "{ }");
    assert!(text.contains("{ uid = 501; };\n  users.users.zoe = { };\n}\n"), "{text}");
}

#[test]
fn a_set_on_one_line_stays_on_one_line() {
    let text = add(MACHINE, inside(MACHINE, "users.users.ada"), &["home"], "{\n  x = 1;\n}");
    assert!(text.contains("{ uid = 501; home = { x = 1; }; };"), "{text}");
}

#[test]
fn an_empty_set_opens_up() {
    let text = "{\n  a = { };\n}\n";
    assert_eq!(
        add(text, inside(text, "a"), &["b"], "{\n  c = 1;\n}"),
        "{\n  a = {\n    b = {\n      c = 1;\n    };\n  };\n}\n"
    );
    let text = "{\n  a = {\n    # later\n  };\n}";
    assert_eq!(
        add(text, inside(text, "a"), &["b"], "1"),
        "{\n  a = {\n    # later\n    b = 1;\n  };\n}"
    );
    let text = "{ a = { /* later */ }; }";
    assert_eq!(add(text, inside(text, "a"), &["b"], "1"), "{ a = { /* later */ b = 1; }; }");
    // These two give `{ }` when emptied again, so only `revert` is exact.
    for empty in ["{}", "{\n}"] {
        let change = changed(add_binding(empty, Slot::In(Span::new(0, empty.len())), &["b"], "1"));
        assert_eq!((change.text.as_str(), change.revert().as_str()), ("{\n  b = 1;\n}", empty));
    }
}

#[test]
fn the_files_own_line_ends_and_tabs_are_kept() {
    let text = "{\r\n\ta = { # x\r\n\t\tb = 1; # y\r\n\t};\r\n}";
    assert_eq!(
        add(text, after(text, "a.b"), &["c"], "{\n  d = [\n    1\n  ];\n}"),
        "{\r\n\ta = { # x\r\n\t\tb = 1; # y\r\n\t\tc = {\r\n\t\t\td = [\r\n\t\t\t\t1\r\n\t\t\t];\
         \r\n\t\t};\r\n\t};\r\n}"
    );
    let text = "[\r\n\t1 # one\r\n]";
    assert_eq!(append(text, 0, "2"), "[\r\n\t1 # one\r\n\t2\r\n]");
}

#[test]
fn four_space_files_get_four_spaces() {
    let text = "{\n    a = {\n        b = 1;\n    };\n}\n";
    assert_eq!(
        add(text, after(text, "a"), &["c"], "{\n  d = 1;\n}"),
        "{\n    a = {\n        b = 1;\n    };\n    c = {\n        d = 1;\n    };\n}\n"
    );
}

#[test]
fn the_value_of_a_string_is_not_indented() {
    let text = "{\n  a = 1;\n}\n";
    let value = "{\n  s = \"one\n  two\";\n  t = ''\n    three\n  '';\n}";
    let new = add(text, after(text, "a"), &["b"], value);
    assert!(new.contains("\"one\n  two\""), "{new}");
    let t = source(&new).find("b.t").next().unwrap().value;
    assert_eq!(source(&new).literal(t).unwrap().text(), Some("three\n"));
}

#[test]
fn items_are_appended_below_the_last_live_one() {
    assert_eq!(append("[ \"a\" ]", 0, "\"b\""), "[ \"a\" \"b\" ]");
    assert_eq!(append("[a]", 0, "b"), "[a b]");
    assert_eq!(append("[ ]", 0, "b"), "[ b ]");
    assert_eq!(append("[\n  a b\n  c d # e\n]", 0, "f"), "[\n  a b\n  c d # e\n  f\n]");
    assert_eq!(append("[\n  a\n  # b\n  # Prose.\n]", 0, "c"), "[\n  a\n  c\n  # b\n  # Prose.\n]");
    assert_eq!(append("[ a # first\n]", 0, "b"), "[ a # first\n  b\n]");
    assert_eq!(append("[ a\n  b ]", 0, "c"), "[ a\n  b c ]");
    assert_eq!(append("[\n  # none yet\n]", 0, "c"), "[\n  # none yet\n  c\n]");
    assert_eq!(append("[\n  a /* x\n  y */\n]", 0, "c"), "[\n  a /* x\n  y */\n  c\n]");
    let emptied = changed(append_item("[]", Span::new(0, 2), "x"));
    assert_eq!((emptied.text.as_str(), emptied.revert().as_str()), ("[ x ]", "[]"));
}

#[test]
fn a_prepared_item_is_switched_on() {
    let text = "[\n  core\n  # ai # soon\n]";
    let off = source(text).lists()[0].disabled[0].span;
    let change = enable_item(text, list(text, 0), off).unwrap();
    assert_eq!(change.text, "[\n  core\n  ai # soon\n]");
    assert_eq!(change.revert(), text);
    assert!(enable_item(text, list(text, 0), Span::new(0, 1)).is_err());
}

fn refused(text: &str, slot: Slot, path: &[&str], value: &str) -> String {
    let refusal = add_binding(text, slot, path, value).unwrap_err();
    assert!(!refusal.paste.is_empty() || matches!(refusal.reason, Reason::NotNix));
    refusal.to_string()
}

#[test]
fn what_is_bound_already_is_not_bound_again() {
    let text = "{\n  users.zoe = {\n    imports = [ 1 ];\n  };\n  inherit (x) y;\n  z = f 1;\n}";
    let at = after(text, "users.zoe");
    // Through another spelling of the same path, and for all but white space the same value.
    assert_eq!(
        add_binding(text, at, &["users", "zoe", "imports"], "[\n1 # one\n]"),
        Ok(Splice::AlreadySo { line: 3 })
    );
    insta::assert_snapshot!(
        [
            refused(text, at, &["users", "zoe", "imports"], "[ 2 ]"),
            refused(text, at, &["users"], "{ }"),
            refused(text, at, &["y"], "1"),
            refused(text, at, &["y", "a"], "1"),
            refused(text, at, &["z", "a"], "1"),
        ]
        .join("\n"), @r"
    line 3: `users.zoe.imports`, or a part of it, is bound to something else on line 3
    line 2: `users`, or a part of it, is bound to something else on line 2
    line 5: `y`, or a part of it, is bound to something else on line 5
    line 5: `y.a`, or a part of it, is bound to something else on line 5
    line 6: `z.a`, or a part of it, is bound to something else on line 6
    ");
}

#[test]
fn nothing_but_one_expression_is_added() {
    let text = "{\n  a = 1;\n}\n";
    let at = after(text, "a");
    for value in ["1; b = 2", "1 # c", "", "1; } // {", "(", "\"", "''", "1;\n}\n{", "/*"] {
        let refusal = add_binding(text, at, &["z"], value);
        // A remark at the end of a value would swallow the `;`.
        assert!(matches!(refusal, Err(Refusal { reason: Reason::NotNix, .. })), "{value}");
    }
    assert!(add_binding(text, at, &["a\0"], "1").is_err());
    for item in ["a b", "", "1 ] ++ [ 2", "f: f", "#", "]"] {
        let refusal = append_item("[ 1 ]", Span::new(0, 5), item);
        assert!(matches!(refusal, Err(Refusal { reason: Reason::NotNix, .. })), "{item}");
    }
    assert!(matches!(
        add_binding("{ a = ", at, &["z"], "1").unwrap_err().reason,
        Reason::Unparsable(_)
    ));
    assert_eq!(
        add_binding(text, Slot::In(Span::new(1, 2)), &["z"], "1").unwrap_err().reason,
        Reason::Gone
    );
}

#[test]
fn generated_text_is_formatted() {
    assert_eq!(
        format("{a=1;b=[1 2];}").as_deref(),
        Ok("{\n  a = 1;\n  b = [\n    1\n    2\n  ];\n}\n")
    );
    assert!(format("{ a = ").is_err());
}

/// Layouts that nobody formats: what comes between tokens is drawn from all that may.
mod torture {
    use super::*;
    use proptest::prelude::*;

    fn gap() -> impl Strategy<Value = &'static str> {
        prop_oneof![
            Just(" "),
            Just("\n"),
            Just("\n\n  "),
            Just("\t"),
            Just(" # note\n"),
            Just("\r\n\t"),
            Just(" /* a ] } */ "),
            Just("\n# x\n# y\n"),
            Just(" /* two\nlines */ "),
        ]
    }

    fn value() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("1".to_owned()),
            Just("\"s ${x} }\"".to_owned()),
            Just("''\n  t ]\n''".to_owned()),
            Just("f.g".to_owned()),
            Just("./p.nix".to_owned()),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let pieces = || proptest::collection::vec((gap(), inner.clone(), gap()), 0..5);
            prop_oneof![
                (pieces(), gap()).prop_map(|(items, end)| {
                    let items = items.iter().map(|(a, v, b)| [a, v.as_str(), b].concat());
                    format!("[{}{end}]", items.collect::<String>())
                }),
                (pieces(), gap()).prop_map(|(values, end)| {
                    let entries = values.iter().enumerate();
                    let entries = entries.map(|(i, (a, v, b))| format!("{a}k{i}.n ={b} {v}{b};"));
                    format!("{{{}{end}}}", entries.collect::<String>())
                }),
                (gap(), inner.clone()).prop_map(|(g, v)| format!("(x:{g} lib.mkIf c{g} ({v}{g}))")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("({a} ++ (with y; {b}))")),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn every_set_and_list_takes_one_more(text in value()) {
            append_everywhere(&text);
        }
    }
}

/// Appends to every set and list of `text`, one at a time. Proving is part of the edit, so it is
/// enough that none is refused, that it can be reverted, and that removing leaves the same code.
pub(crate) fn append_everywhere(text: &str) -> usize {
    let parsed = source(text);
    for set in parsed.sets().iter().filter(|set| set.kind != SetKind::Let) {
        let value = "{\n  # why\n  b = [ 1 ];\n}";
        let change = changed(add_binding(text, Slot::In(set.span), &["new", "zoe.s"], value));
        assert_eq!(change.revert(), text);
        let new = source(&change.text);
        let end = change.at + change.inserted.len();
        let added = new.bindings().iter().find(|b| b.span.start >= change.at && b.span.end <= end);
        let removed = remove_binding(&change.text, added.unwrap().span).unwrap();
        assert!(prove::same_code(&removed.text, text));
    }
    for list in parsed.lists() {
        let change = changed(append_item(text, list.span, "(new: [ 1 ])"));
        assert_eq!(change.revert(), text);
        let new = source(&change.text);
        let new = new.lists().iter().find(|l| l.span.start == list.span.start).unwrap();
        let last = new.items.last().unwrap().span;
        let removed = remove_item(&change.text, new.span, last).unwrap();
        assert!(prove::same_code(&removed.text, text));
    }
    parsed.sets().len() + parsed.lists().len()
}

#[test]
fn a_prepared_binding_is_switched_on() {
    let text = "{\n  a.zoe = 1; # a.kai = 2;\n  # zoe comes soon\n  # users.zoe.imports = [\n  #   core\n  # ];\n  #users.kai = { };\n  b = {\n    # users.ida = 1;\n  };\n}\n";
    let parsed = source(text);
    let set = Span::new(0, text.len() - 1);
    let found = |path: &[&str]| prepared_binding(&parsed, set, path);
    let zoe = found(&["users", "zoe"]).unwrap();
    let change = enable_binding(text, set, &zoe).unwrap();
    assert!(
        change.text.contains("\n  users.zoe.imports = [\n    core\n  ];\n  #users"),
        "{}",
        change.text
    );
    assert_eq!(change.revert(), text);
    let kai = enable_binding(text, set, &found(&["users", "kai"]).unwrap()).unwrap();
    assert!(kai.text.contains("\n  users.kai = { };\n"), "{}", kai.text);
    assert_eq!(found(&["users", "ida"]), None, "of another set");
    assert_eq!(found(&["a", "kai"]), None, "a remark behind code");
    assert_eq!(found(&["zoe"]), None, "prose");
    assert!(enable_binding(&text.replace("core", "shell"), set, &zoe).is_err());
}
