use std::path::Path;

use super::*;

const ZOE: &str = "age1s8t5k99u8nkqe07fs5p0nawjj8pgs5gq5mwmkpx95922n99y6ddqm5pvmg";
const FILE: &str = "secrets/users/zoe.sops.yaml";

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sops-yaml");
    std::fs::read_to_string(folder.join(name).with_extension("yaml")).unwrap()
}

fn addition<'a>(path: &'a str, mode: Mode) -> Addition<'a> {
    Addition { name: "zoe-user", recipient: ZOE, path, admins: None, mode }
}

/// What an addition does to a fixture: its notes and the changed lines, or the refusal.
fn told(before: &str, addition: &Addition) -> String {
    match add_person(before, addition) {
        Ok(Change::AlreadySo { line }) => format!("already so at line {line}\n"),
        Err(refusal) => format!("refused, {}: {refusal}\n", refusal.id()),
        Ok(Change::Edited(edited)) => {
            let notes = edited.notes.iter().map(|note| format!("note: {note}\n"));
            let diff = similar::TextDiff::from_lines(before, edited.text.as_str());
            let diff = diff.unified_diff().context_radius(2).to_string();
            notes.chain([diff.replace('\r', "␍")]).collect()
        }
    }
}

/// Every fixture has its answer beside it in `expected/`; `UPDATE_EXPECTED=1` writes them.
#[test]
fn every_form_has_its_own_answer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sops-yaml");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for name in names {
        let before = fixture(&name);
        let own = told(&before, &addition(FILE, Mode::OwnRule));
        let join = told(&before, &addition("secrets/shared.yaml", Mode::Join));
        let answer = format!("== a file of their own ==\n{own}== joining ==\n{join}");
        let expected = folder.join("expected").join(&name).with_extension("txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&expected, &answer).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&expected).unwrap_or_default(), answer, "{name}");
    }
}

fn edited(text: &str, addition: &Addition) -> Edited {
    match add_person(text, addition) {
        Ok(Change::Edited(edited)) => edited,
        other => panic!("{other:?}"),
    }
}

fn refused(text: &str, addition: &Addition) -> Refusal {
    add_person(text, addition).unwrap_err()
}

#[test]
fn a_second_run_finds_it_already_so() {
    for (path, mode) in [(FILE, Mode::OwnRule), ("secrets/shared.yaml", Mode::Join)] {
        let once = edited(&fixture("flat"), &addition(path, mode)).text;
        let again = add_person(&once, &addition(path, mode));
        assert!(matches!(again, Ok(Change::AlreadySo { .. })), "{again:?}");
    }
}

#[test]
fn a_general_rule_that_lists_the_person_is_no_rule_of_their_own() {
    let joined = edited(&fixture("flat"), &addition("secrets/shared.yaml", Mode::Join)).text;
    let own = edited(&joined, &addition(FILE, Mode::OwnRule));
    let readers: Vec<_> = own.readers.iter().filter_map(|r| r.alias.as_deref()).collect();
    assert_eq!(readers, ["admin", "zoe-user"]);
    assert_eq!(own.splices.len(), 1, "the key was there");
}

#[test]
fn the_caller_may_say_who_else_reads() {
    let with = |admins: &[&str]| {
        let admins: Vec<String> = admins.iter().map(|&admin| admin.to_owned()).collect();
        let addition = Addition { admins: Some(&admins), ..addition(FILE, Mode::OwnRule) };
        add_person(&fixture("flat"), &addition).map(|change| match change {
            Change::Edited(edited) => {
                edited.readers.iter().filter_map(|r| r.alias.clone()).collect::<Vec<_>>()
            }
            Change::AlreadySo { .. } => Vec::new(),
        })
    };
    assert_eq!(with(&[]).unwrap(), ["zoe-user"]);
    assert_eq!(with(&["quartz", "admin"]).unwrap(), ["quartz", "zoe-user", "admin"]);
    let unknown = Refusal::UnknownReader { name: "cleo".to_owned() };
    assert_eq!(with(&["cleo"]).unwrap_err(), unknown);
    let private = with(&["AGE-SECRET-KEY-1QQQ"]).unwrap_err();
    assert!(!format!("{private} {private:?}").contains("QQQ"));
}

#[test]
fn what_cannot_be_a_person_is_refused_without_an_echo() {
    let text = fixture("flat");
    let with = |recipient| {
        let refusal = refused(&text, &Addition { recipient, ..addition(FILE, Mode::OwnRule) });
        assert!(!format!("{refusal} {refusal:?}").contains("QQQ"));
        refusal.id()
    };
    assert_eq!(with("AGE-SECRET-KEY-1QQQ"), "recipient-malformed");
    assert_eq!(with("0123456789ABCDEF0123456789ABCDEF01234567"), "recipient-is-pgp");
    assert_eq!(with(&ZOE[..61]), "recipient-malformed");
    let named = |name| refused(&text, &Addition { name, ..addition(FILE, Mode::OwnRule) }).id();
    assert_eq!(named("../"), "name-unusable");
    assert_eq!(named("AGE-SECRET-KEY-1QQQ"), "recipient-malformed");
    for path in ["", "/etc/zoe", "a/../b", "a//b", "./a", "a/", "a\nb", "a\u{2028}b"] {
        assert_eq!(
            refused(&text, &addition(path, Mode::OwnRule)).id(),
            "path-unusable",
            "{path:?}"
        );
    }
}

#[test]
fn a_name_becomes_an_anchor_that_sops_reads() {
    assert_eq!(anchor_from(" zoe.smith@quartz ").as_deref(), Some("zoe-smith-quartz"));
    assert_eq!(anchor_from("Zoë_1").as_deref(), Some("Zo-_1"));
    assert_eq!(anchor_from("*: &"), None);
}

#[test]
fn a_bare_file_name_is_anchored_so_that_it_takes_no_file_from_another_folder() {
    let edited = edited(&fixture("flat"), &addition("secrets.yaml", Mode::OwnRule));
    assert!(edited.text.contains(r"path_regex: ^secrets\.yaml$"));
    let after = Config::parse(&edited.text).unwrap();
    assert_eq!(after.winner("hosts/quartz/secrets.yaml").unwrap().unwrap().index, 3);
}

#[test]
fn lines_to_paste_are_yaml_that_says_it() {
    let addition = Addition { name: "zoe.s", ..addition("it's [mine].yaml", Mode::OwnRule) };
    let config = Config::parse(&lines_to_paste(&addition)).unwrap();
    let winner = config.winner("it's [mine].yaml").unwrap().unwrap();
    assert_eq!(winner.readers().next().unwrap().alias.as_deref(), Some("zoe-s"));
}

mod layouts {
    use super::*;
    use proptest::prelude::*;

    const KEYS: [&str; 4] = [
        "age1yhck7a8084j2xj42ehlfy5m534jfcv7gzunv4d8p6njudqg49p9qucjswd",
        "age17tssfmjp7sur79swg8apclzv40vxjj5g04204mcarx4zg3vth49s3e00yg",
        "age1rcjmtmasm68y5mr596ys2npxnsra9pm3htrcegmav6jp02lvzs9qjevr7e",
        "age1c7e7fccarzw76e3yue4jdlmzg4n64v9lvrhzh0taykrypmllrd0qlg67y2",
    ];

    #[derive(Debug, Clone)]
    struct Layout {
        crlf: bool,
        mark: bool,
        final_newline: bool,
        keys_indent: usize,
        rules_indent: usize,
        groups_indent: usize,
        age_indent: usize,
        gap: usize,
        form: usize,
        blank_between: bool,
        comments: bool,
        catch_all: bool,
        tail: bool,
        people: usize,
    }

    fn layout() -> impl Strategy<Value = Layout> {
        let flags = proptest::array::uniform7(any::<bool>());
        (flags, 0..3_usize, 0..3_usize, 0..3_usize, 0..3_usize, 1..4_usize, 0..5_usize, 1..3_usize)
            .prop_map(|(flags, keys, rules, groups, age, gap, form, people)| Layout {
                crlf: flags[0],
                mark: flags[1],
                final_newline: flags[2],
                keys_indent: keys * 2,
                rules_indent: rules * 2,
                groups_indent: groups * 2,
                age_indent: age * 2,
                gap,
                form,
                blank_between: flags[3],
                comments: flags[4],
                catch_all: flags[5],
                tail: flags[6],
                people,
            })
    }

    impl Layout {
        fn text(&self) -> String {
            let names = ["admin", "ada", "ben", "quartz"];
            let mut lines = vec!["keys:".to_owned()];
            for (name, key) in names.iter().zip(KEYS) {
                if self.comments {
                    lines.push(format!("{}# about {name}", " ".repeat(self.keys_indent)));
                }
                let gap = " ".repeat(self.gap);
                lines.push(format!("{}-{gap}&{name} {key}", " ".repeat(self.keys_indent)));
            }
            lines.push("creation_rules:".to_owned());
            let people = &["ada", "ben"][..self.people];
            for person in people {
                self.rule(&format!(r"secrets/users/{person}\.sops\.yaml$"), person, &mut lines);
            }
            if self.catch_all {
                self.rule(".*", "quartz", &mut lines);
            }
            if self.tail {
                lines.extend([
                    String::new(),
                    "stores:".into(),
                    "  yaml:".into(),
                    "    indent: 2".into(),
                ]);
            }
            let eol = if self.crlf { "\r\n" } else { "\n" };
            let mark = if self.mark { "\u{feff}" } else { "" };
            let end = if self.final_newline { eol } else { "" };
            format!("{mark}{}{end}", lines.join(eol))
        }

        fn rule(&self, pattern: &str, person: &str, lines: &mut Vec<String>) {
            let pad = |n: usize| " ".repeat(n);
            let (dash, key) = (self.rules_indent, self.rules_indent + 1 + self.gap);
            if self.blank_between {
                lines.push(String::new());
            }
            if self.comments {
                lines.push(format!("{}# for {person}", pad(dash)));
            }
            lines.push(format!("{}-{}path_regex: {pattern}", pad(dash), pad(self.gap)));
            let recipient = |name: &str| {
                KEYS[["admin", "ada", "ben", "quartz"].iter().position(|n| *n == name).unwrap()]
            };
            match self.form {
                0 => lines.push(format!("{}age: {},{}", pad(key), KEYS[0], recipient(person))),
                1 => {
                    lines.push(format!("{}age: >-", pad(key)));
                    lines.push(format!("{}{},", pad(key + 2), KEYS[0]));
                    lines.push(format!("{}{}", pad(key + 2), recipient(person)));
                }
                2 => lines.push(format!("{}key_groups: [{{age: [*admin, *{person}]}}]", pad(key))),
                _ => {
                    let group = key + self.groups_indent;
                    let age = group + 2 + self.age_indent;
                    lines.push(format!("{}key_groups:", pad(key)));
                    lines.push(format!("{}- age:", pad(group)));
                    lines.push(format!("{}-{}*admin", pad(age), pad(self.gap)));
                    lines.push(format!("{}-{}*{person} # {person}", pad(age), pad(self.gap)));
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn only_added_bytes_differ_and_removal_restores_the_text(
            layout in layout(),
            name in "zoe(-user|\\.smith|@x)?",
            path in "secrets/users/zoe(\\.sops)?\\.yaml|secrets/[a-z #:'\"é]{1,8}\\.ya?ml|[*&!%-]x",
            join: bool,
        ) {
            let text = layout.text();
            let mode = if join { Mode::Join } else { Mode::OwnRule };
            let addition = Addition { name: &name, ..addition(&path, mode) };
            match add_person(&text, &addition) {
                Ok(Change::Edited(edited)) => {
                    prop_assert!(edited.splices.iter().all(|splice| splice.range.is_empty()));
                    prop_assert!(edited.readers.iter().any(|r| r.recipient == ZOE));
                    let removal = Removal { recipient: ZOE, path: &path, mode };
                    let back = remove_person(&edited.text, &removal);
                    prop_assert_eq!(back.as_deref(), Ok(text.as_str()), "{}", edited.text);
                    if path == FILE && !join {
                        prop_assert_eq!(edited.readers[0].recipient.as_str(), KEYS[0]);
                        prop_assert_eq!(edited.readers.len(), 2);
                    }
                }
                Err(Refusal::NoRule) if join => {}
                other => prop_assert!(false, "{other:?}\n{text}"),
            }
        }
    }
}
