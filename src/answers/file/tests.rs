use super::*;
use crate::activate::InTheWayChoice;
use crate::answers::{Commit, Deploy, IfFailed, KeyChoice, KeyCopy, Mode, SecretFrom};

fn one(text: &str) -> Answers {
    read(text, "raquel.yaml").unwrap().remove(0).answers
}

fn refused(text: &str) -> String {
    read(text, "raquel.yaml").unwrap_err().to_string()
}

#[test]
fn the_example_is_read() {
    insta::assert_snapshot!(example(), @r##"
    # doorstep answers, example made by: doorstep answers
    # The keys are the questions' ids. A key that is left out takes its suggestion, and is
    # asked for where there is none. Several people: people: [ { username: ... }, ... ]
    username: raquel                  # the account's name; another one than yours: somebody else's home
    name: Raquel                      # any text; quotes where YAML needs them
    email: raquel@example.com
    ssh_keys: []                      # lines of .pub files; left out: those in ~/.ssh
    mode: standalone                  # standalone | integrated
    hosts: [blackphos]                # machines of the fleet, `all`, or those with a clan tag: tag:NAME
    accounts:                         # for somebody else; left out: as a neighbour's, without rights
      blackphos: { shell: zsh }       # also mode, groups, uid; `all` speaks of every chosen machine
    aggregates: [aggregate-core, aggregate-shell, aggregate-development]
    key: generate                     # found | generate | from-ssh | age1... or ssh-ed25519 ... public key | { file: PATH }
    key_copy: acknowledged            # needed with generate: nobody can make that key again
    secrets:                          # left out: the ones most others have
      ssh-signing-key: { new: ed25519 }
      github-token: { later: true }   # or file: PATH, or stdin: true (one at most); never the value
      # deploy-key: { file: ~/deploy.key, path: ~/.ssh/deploy, mode: "0600" }
    readers: [admin]                  # names in .sops.yaml that may open the secrets as well
    shared: []                        # shared files somebody else may read, or path_regex of rules; none unless said
    in_the_way: keep                  # keep | stop (stop is the default)
    deploy: later                     # later | now: whether the machines of somebody else are updated at the end
    if_failed: stop                   # stop | go_on: the other machines, when one cannot be updated
    commit: no                        # no | one | { branch: NAME }: a commit of what was written; never a push
    "##);
    let answers = one(&example());
    assert_eq!(answers.username.as_deref(), Some("raquel"));
    assert_eq!(answers.mode, Some(Mode::Standalone));
    assert_eq!(answers.key, Some(KeyChoice::Generate));
    assert_eq!(answers.key_copy, Some(KeyCopy::Acknowledged));
    assert_eq!(answers.in_the_way, Some(InTheWayChoice::Keep));
    assert_eq!(answers.aggregates.as_ref().map(Vec::len), Some(3));
    let secrets = answers.secrets.unwrap();
    assert_eq!(secrets[0].from, SecretFrom::NewEd25519);
    assert_eq!(secrets[1].from, SecretFrom::Later);
}

#[test]
fn every_question_can_be_read_from_a_file() {
    for question in QUESTIONS {
        let given = read(question.example(), "x.yaml").unwrap().remove(0);
        assert!(question.given(&given.answers).is_some(), "{}", question.id());
        assert_eq!(given.lines.get(question.id()), Some(&1));
    }
}

#[test]
fn several_people_and_none() {
    let text = "people:\n  - { username: zoe, mode: integrated }\n  - username: ada\n";
    let people = read(text, "x.yaml").unwrap();
    assert_eq!(people[1].answers.username.as_deref(), Some("ada"));
    assert_eq!(people[1].lines["username"], 3);
    for empty in ["", "# nothing\n", "---\n", "{}", "name:\n"] {
        assert_eq!(one(empty), Answers::default(), "{empty:?}");
    }
    insta::assert_snapshot!(refused("people: []"), @"error: line 1 of `raquel.yaml`: `people` is a list with answers of each");
    insta::assert_snapshot!(refused("people: [{}]\nmode: standalone"), @"error: line 2 of `raquel.yaml`: beside `people` there is nothing else; every person has all their answers");
}

#[test]
fn scalars_mean_what_is_written() {
    let answers = one("name: no\nusername: 'on'\nemail: \"a\\\"${x}''@b\"\nhosts: [1.0]\n");
    assert_eq!(answers.name.as_deref(), Some("no"));
    assert_eq!(answers.email.as_deref(), Some("a\"${x}''@b"));
    assert_eq!(answers.hosts.unwrap(), ["1.0"]);
}

#[test]
fn every_source_of_a_secret() {
    let text = "secrets:\n  a: { file: ~/a }\n  b: { stdin: true, path: ~/.b, mode: 0600 }\n  \
                c: { new: ed25519 }\n  d: { later: true }\n  e: { kept: true }\n";
    let secrets = one(text).secrets.unwrap();
    let from: Vec<_> = secrets.iter().map(|s| s.from.clone()).collect();
    assert_eq!(
        from,
        [
            SecretFrom::File("~/a".into()),
            SecretFrom::Stdin,
            SecretFrom::NewEd25519,
            SecretFrom::Later,
            SecretFrom::Kept
        ]
    );
    assert_eq!(secrets[1].path.as_deref(), Some("~/.b"));
    assert_eq!(secrets[1].mode.as_deref(), Some("0600"));
    assert_eq!(one("secrets: {}").secrets, Some(vec![]));
    assert_eq!(one("secrets: []").secrets, Some(vec![]));
}

#[test]
fn what_is_decided_on_each_machine() {
    let text = "accounts:\n  quartz: { mode: standalone, uid: 1001 }\n  all:\n    groups: [a, b]\n    \
                shell: zsh\n";
    let accounts = one(text).accounts.unwrap();
    assert_eq!(accounts["quartz"].uid, Some(1001));
    assert_eq!(accounts["quartz"].mode, Some(Mode::Standalone));
    assert_eq!(accounts["all"].groups.as_ref().unwrap().len(), 2);
    assert_eq!(accounts["all"].shell.as_deref(), Some("zsh"));
    assert_eq!(one("hosts: all").hosts.unwrap(), ["all"]);
    insta::assert_snapshot!(refused("accounts:\n  quartz: { grops: [a] }"), @r"
    error: line 2 of `raquel.yaml`: the account on `quartz` has a key that is unknown here
    hint: did you mean `groups`?
    ");
    insta::assert_snapshot!(refused("accounts:\n  quartz: { uid: many }"), @"error: line 2 of `raquel.yaml`: `uid` is a number");
    insta::assert_snapshot!(refused("accounts:\n  quartz: wheel"), @r"
    error: line 2 of `raquel.yaml`: the account on `quartz` is made of `key: value`
    hint: such as `{ groups: [networkmanager], shell: zsh }`
    ");
    insta::assert_snapshot!(refused("accounts: [quartz]"), @r"
    error: line 1 of `raquel.yaml`: `accounts` has one line a machine: its name, then what it has
    hint: such as `quartz: { groups: [networkmanager], shell: zsh }`
    ");
    insta::assert_snapshot!(refused("accounts: { a: { uid: 1 }, a: { uid: 2 } }"), @"error: line 1 of `raquel.yaml`: the machine `a` is there twice");
    insta::assert_snapshot!(refused("accounts: { a: { uid: 1, uid: 2 } }"), @"error: line 1 of `raquel.yaml`: `uid` is there twice");
}

#[test]
fn what_happens_afterwards() {
    let answers = one("commit: { branch: add-zoe }\ndeploy: now\nif_failed: go_on\n");
    assert_eq!(answers.commit, Some(Commit::Branch("add-zoe".into())));
    assert_eq!((answers.deploy, answers.if_failed), (Some(Deploy::Now), Some(IfFailed::GoOn)));
    assert_eq!(one("key: { file: ~/zoe.pub }").key, Some(KeyChoice::File("~/zoe.pub".into())));
    insta::assert_snapshot!(refused("commit: on"), @r"
    error: line 1 of `raquel.yaml`: `commit` is `no` or `one`
    hint: did you mean `no`?
    hint: a branch is written `{ branch: NAME }`
    ");
    insta::assert_snapshot!(refused("commit: { brnch: x }"), @"error: line 1 of `raquel.yaml`: `commit` has one key there: `branch`");
    insta::assert_snapshot!(refused("if_failed: go-on"), @r"
    error: line 1 of `raquel.yaml`: `if_failed` is `stop` or `go_on`
    hint: did you mean `go_on`?
    ");
}

#[test]
fn a_value_is_refused_and_not_repeated() {
    for text in [
        "secrets: { github-token: ghp_x }",
        "secrets:\n  github-token: { value: ghp_x }",
        "secrets:\n  github-token: { Password: ghp_x }",
        "secrets:\n  github-token: { ghp_x }",
        "secrets:\n  github-token: { new: ghp_x }",
        "secrets:\n  github-token: { later: ghp_x }",
        "secrets:\n  github-token: |\n    ghp_x\n",
        "secrets:\n  github-token: [ghp_x]",
        "secrets: ghp_x",
        "secrets: [ghp_x]",
    ] {
        let refusal = refused(text);
        assert!(!refusal.contains("ghp_x"), "{text}: {refusal}");
    }
    insta::assert_snapshot!(refused("mode: standalone\nsecrets: { github-token: ghp_x }"), @r"
    error: line 2 of `raquel.yaml`: the value of `github-token` stands there
    cause: an answers file is not secret, so it says only where a value comes from
    hint: write `{ file: PATH }`, `{ stdin: true }`, `{ new: ed25519 }` or `{ later: true }`
    hint: if anybody else saw the file, change that value where it came from
    ");
}

#[test]
fn a_private_key_anywhere_is_refused_and_not_repeated() {
    for text in [
        "name: Z\nkey: AGE-SECRET-KEY-1QQPQ",
        "ok: yes\n# age-secret-key-1qqpq\n",
        "\n ::: not yaml -----BEGIN OPENSSH PRIVATE KEY-----\nQQPQ",
    ] {
        let refusal = refused(text);
        assert!(refusal.contains("line 2 of `raquel.yaml`: a private key"), "{refusal}");
        assert!(!refusal.to_uppercase().contains("QQPQ"), "{refusal}");
    }
}

#[test]
fn slips_are_told_with_their_line() {
    insta::assert_snapshot!(refused("name: Z\nemial: z@b"), @r"
    error: line 2 of `raquel.yaml`: `emial` is not a key
    hint: did you mean `email`?
    ");
    insta::assert_snapshot!(refused("favourite: blue"), @r"
    error: line 1 of `raquel.yaml`: `favourite` is not a key
    hint: `doorstep answers` prints an example of every key
    ");
    insta::assert_snapshot!(refused("\nreaders: quartz"), @"error: line 2 of `raquel.yaml`: `readers` is a list, such as [one, two]");
    insta::assert_snapshot!(refused("name: [Z]"), @"error: line 1 of `raquel.yaml`: `name` is one line of text");
    insta::assert_snapshot!(refused("mode: standalon"), @r"
    error: line 1 of `raquel.yaml`: `mode` is `standalone` or `integrated`
    hint: did you mean `standalone`?
    ");
    insta::assert_snapshot!(refused("name: Z\nmode: integrated\nname: A"), @"error: line 3 of `raquel.yaml`: `name` is there already, in line 1");
    insta::assert_snapshot!(refused("[a, b]"), @r"
    error: line 1 of `raquel.yaml`: an answers file is made of `key: value` lines
    hint: `doorstep answers` prints an example
    ");
    insta::assert_snapshot!(refused("secrets: { a: { fiel: x } }"), @r"
    error: line 1 of `raquel.yaml`: the secret `a` has a key that is unknown here
    hint: did you mean `file`?
    ");
    insta::assert_snapshot!(refused("secrets: { a: { path: ~/x } }"), @r"
    error: line 1 of `raquel.yaml`: the secret `a` has no source
    hint: write `{ file: PATH }`, `{ stdin: true }`, `{ new: ed25519 }` or `{ later: true }`
    ");
    insta::assert_snapshot!(refused("secrets:\n  a: { stdin: true }\n  b: { stdin: true }"), @"error: line 2 of `raquel.yaml`: only one secret can come from standard input");
    insta::assert_snapshot!(refused("name: &x Z\nemail: *x"), @"error: line 2 of `raquel.yaml`: an alias (`*`) has no place here");
    assert!(refused("name: 'Z").contains("YAML cannot read it"));
    assert!(refused("name: Z\n---\nname: A").contains("a second document"));
    assert!(refused("secrets: { a: { later: true }, a: { later: true } }").contains("twice"));
}

mod any_text {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn is_read_or_refused(text in "(name|secrets|key|: |\n|[\\[\\]{}*&|>'\"-]|  |x){0,30}|\\PC{0,60}") {
            let _ = super::read(&text, "x.yaml");
        }
    }
}

#[test]
fn what_the_readme_shows_is_read() {
    let readme = include_str!("../../../README.md");
    let (_, after) = readme.split_once("```yaml\n").unwrap();
    let (text, _) = after.split_once("```").unwrap();
    let people = read(text, "people.yaml").unwrap();
    let zoe = &people[0].answers;
    assert_eq!(zoe.hosts.as_deref(), Some(&["quartz".to_owned(), "tag:servers".to_owned()][..]));
    assert_eq!(zoe.key, Some(KeyChoice::File("zoe.pub".into())));
    // Every question about somebody else has its row.
    let (_, section) = readme.split_once("### Adding somebody").unwrap();
    for question in crate::question::QUESTIONS {
        let id = question.id();
        let is_ones_own = ["key_copy", "in_the_way"].contains(&id);
        assert!(is_ones_own || section.contains(&format!("`{id}`")), "{id}");
    }
}
