use super::*;
use proptest::prelude::*;

fn tree(text: &str) -> Tree {
    parse(text).unwrap()
}

#[test]
fn every_node_knows_its_bytes() {
    let text = "keys: # people\n- &ada one\n-   two # c\nlast: >-\n  a,\n  b\n\n# end\n";
    let tree = tree(text);
    let keys = tree.root.get("keys").unwrap().items().unwrap();
    assert_eq!(&text[keys[0].node.start..keys[0].node.end], "&ada one");
    assert_eq!(&text[keys[0].node.content..keys[0].node.end], "one");
    assert_eq!(&text[keys[1].dash.unwrap()..keys[1].node.end], "-   two");
    let last = tree.root.get("last").unwrap();
    assert_eq!(&text[last.content..last.end], "a,\n  b");
    assert_eq!(last.scalar(), Some("a, b"));
    let comments: Vec<_> = tree.comments.iter().map(|c| &text[c.span.clone()]).collect();
    assert_eq!(comments, ["# people", "# c", "# end"]);
}

#[test]
fn a_dash_on_its_own_line_and_a_comment_after_it_are_found() {
    let text = "- # why\n  a: 1\n-\n  b:\n- - c\n";
    let tree = tree(text);
    let dashes: Vec<_> = tree.root.items().unwrap().iter().map(|i| i.dash).collect();
    assert_eq!(dashes, [Some(0), Some(15), Some(22)]);
    let empty = tree.root.items().unwrap()[1].node.get("b").unwrap();
    assert!(empty.is_null());
    assert_eq!((empty.start, empty.end), (21, 21));
}

#[test]
fn an_anchor_with_a_colon_is_read_as_sops_reads_it() {
    let text = "keys:\n  - &users:\n    - &ada one\n  - &ben: two\n";
    let tree = tree(text);
    let keys = tree.root.get("keys").unwrap().items().unwrap();
    let entry = &keys[0].node.entries().unwrap()[0];
    assert!(entry.key.is_null());
    assert_eq!(entry.key.anchor.as_ref().unwrap().name, "users");
    assert_eq!(entry.value.items().unwrap().len(), 1);
    assert_eq!(agrees_with_libyaml(text, &tree), Ok(()));
}

#[test]
fn an_alias_means_the_last_definition_before_it() {
    let text = "a: &x 1\nb: *x\nc: &x 2\nd: *x\ne: *y\nf: &z [ *z ]\n";
    let tree = tree(text);
    let anchors = Anchors::of(&tree);
    let follow = |key| anchors.follow(tree.root.get(key).unwrap()).and_then(Node::scalar);
    assert_eq!((follow("b"), follow("d"), follow("e")), (Some("1"), Some("2"), None));
    assert_eq!(anchors.duplicate().map(|a| a.line), Some(3));
    let circle = &tree.root.get("f").unwrap().items().unwrap()[0].node;
    assert!(anchors.follow(circle).is_none());
}

#[test]
fn what_is_not_one_document_is_refused_with_its_line() {
    assert_eq!(parse("a: 1\n---\nb: 2\n").unwrap_err(), ParseError::SeveralDocuments { line: 2 });
    assert_eq!(parse("%YAML 1.2\n---\na: 1\n").unwrap_err(), ParseError::Version { line: 2 });
    assert_eq!(parse("# nothing\n").unwrap_err(), ParseError::Empty);
    assert!(matches!(parse("a: [\n").unwrap_err(), ParseError::Syntax { line: 1 | 2, .. }));
    assert!(parse("%YAML 1.1\n---\na: 1\n...\n").is_ok());
}

#[test]
fn libyaml_has_a_say_in_what_is_yaml() {
    let refused = |text: &str| agrees_with_libyaml(text, &tree(text));
    assert!(matches!(refused("- &zoe.smith a\n"), Err(Disagreement::Refused { line: 1, .. })));
    assert!(matches!(refused("a: 1\na: 2\n"), Err(Disagreement::Refused { .. })));
    assert!(refused("a: *b\n").is_err());
    assert_eq!(refused("\u{feff}b: &b é\r\na: [yes, 0x1F, 1e3, ~, 'x', *b]\r\n"), Ok(()));
}

#[test]
fn splices_that_overlap_make_nothing() {
    let overlap = [Splice::remove(0..2), Splice::remove(1..3)];
    assert_eq!(apply("abc", &overlap), None);
    assert_eq!(apply("abc", &[Splice::remove(2..9)]), None);
    let both = [Splice::insert(3, "d"), Splice { range: 0..1, insert: "x".into() }];
    assert_eq!(apply("abc", &both).as_deref(), Some("xbcd"));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[ -~\n\té&*:#>|\\[\\]{}-]{0,80}") {
        if let Ok(tree) = parse(&text) {
            tree.root.walk(&mut |node| assert!(text.get(node.start..node.end).is_some()
                || node.start > node.end));
            let _ = agrees_with_libyaml(&text, &tree);
        }
    }
}
