//! Adding a key and a rule to a `.sops.yaml` of 10,000 rules. The aim is under 150 ms.

use std::fmt::Write as _;

use doorstep::sops::config::Config;
use doorstep::sops::config::edit::{Addition, Change, Mode, add_person};

const ADMIN: &str = "age1yhck7a8084j2xj42ehlfy5m534jfcv7gzunv4d8p6njudqg49p9qucjswd";
const ZOE: &str = "age1s8t5k99u8nkqe07fs5p0nawjj8pgs5gq5mwmkpx95922n99y6ddqm5pvmg";

fn main() {
    divan::main();
}

/// Rules for the files of as many people, and a catch-all last.
fn file(rules: usize) -> String {
    let mut text = format!("keys:\n  - &admin {ADMIN}\n");
    for n in 0..rules.min(500) {
        // Anchors are what counts here; that they all name one key is no matter.
        let _ = writeln!(text, "  - &person{n}-user {ADMIN}");
    }
    text.push_str("\ncreation_rules:\n");
    for n in 0..rules {
        let key = n % 500;
        let _ = write!(
            text,
            "  # person {n}\n  - path_regex: secrets/users/person{n}\\.sops\\.yaml$\n    \
             key_groups:\n      - age:\n          - *admin\n          - *person{key}-user\n\n"
        );
    }
    text.push_str(
        "  - path_regex: .*\\.yaml$\n    key_groups:\n      - age:\n          - *admin\n",
    );
    text
}

#[divan::bench(args = [100, 10_000])]
fn add(bencher: divan::Bencher, rules: usize) {
    let text = file(rules);
    let addition = Addition {
        name: "zoe-user",
        recipient: ZOE,
        path: "secrets/users/zoe.sops.yaml",
        admins: None,
        mode: Mode::OwnRule,
    };
    bencher.bench(|| {
        let change = add_person(&text, &addition);
        assert!(matches!(change, Ok(Change::Edited(_))), "{change:?}");
    });
}

#[divan::bench(args = [100, 10_000])]
fn who(bencher: divan::Bencher, rules: usize) {
    let text = file(rules);
    bencher.bench(|| {
        let config = Config::parse(&text);
        let who = config.map(|config| config.who("secrets/other.yaml"));
        assert!(matches!(who, Ok(Ok(Some(_)))), "{who:?}");
    });
}
