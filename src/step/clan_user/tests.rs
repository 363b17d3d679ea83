use super::rewrite::{Rewrite, list};
use super::*;

fn source(text: &str) -> Source {
    Source::parse(text).unwrap()
}

#[test]
fn a_binding_goes_with_its_lines_and_the_comments_above_it() {
    let text = "{\n  a = 1;\n\n  # about b\n  # and more\n  b = 2; # said so\n\n  c = 3;\n}\n";
    let source = source(text);
    let mut rewrite = Rewrite::of(&source);
    rewrite.remove(source.find("b").next().unwrap().span);
    assert_eq!(rewrite.done(), "{\n  a = 1;\n\n  c = 3;\n}\n");
    let mut rewrite = Rewrite::of(&source);
    rewrite.remove(source.find("c").next().unwrap().span);
    assert!(rewrite.done().ends_with("b = 2; # said so\n}\n"));
}

#[test]
fn what_shares_a_line_leaves_the_rest_of_it() {
    let source = source("{ a = 1; b = 2; c = 3; }");
    let mut rewrite = Rewrite::of(&source);
    rewrite.remove(source.find("b").next().unwrap().span);
    rewrite.below(source.find("c").next().unwrap(), &["d = 4;".to_owned()]);
    assert_eq!(rewrite.done(), "{ a = 1; c = 3; d = 4; }");
}

#[test]
fn of_two_edits_the_outer_one_is_made() {
    let source = source("{\n  a = {\n    b = 1;\n  };\n}\n");
    let mut rewrite = Rewrite::of(&source);
    rewrite.remove(source.find("a.b").next().unwrap().span);
    rewrite.remove(source.find("a").next().unwrap().span);
    assert_eq!(rewrite.done(), "{\n}\n");
}

#[test]
fn lists_are_written_as_nixfmt_writes_them() {
    let items = |n: usize| vec![format!("\"{}\"", "x".repeat(n))];
    assert_eq!(list(&[], Some("  ")), "[ ]");
    assert_eq!(list(&items(3), None), "[ \"xxx\" ]");
    assert_eq!(list(&items(3), Some("  ")), "[\n    \"xxx\"\n  ]");
    assert!(list(&items(80), None).starts_with("[\n  \"xx"));
}

#[test]
fn an_instance_is_found_however_it_is_spelled_out() {
    let text = r#"{
      clan.inventory.instances.user-ada.module.name = "users";
      clan.inventory.instances = { user-kai = { module.name = "users"; }; };
      clan.inventory = { instances.user-ada.roles.default.tags.all = { }; };
    }"#;
    let source = source(text);
    assert_eq!(bindings_of(&source, "user-ada").len(), 2);
    assert_eq!(bindings_of(&source, "user-kai").len(), 1);
    assert!(bindings_of(&source, "user").is_empty());
}
