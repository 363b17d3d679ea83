use super::super::Unlocked;
use super::*;
use crate::key::{Identity, Plugins};
use crate::sops::{Creation, EncryptedFile, SecretValue, Utc, create};

const NOW: u64 = 1_800_000_000;

fn keys(names: &[&str]) -> Vec<Step> {
    names.iter().map(|name| Step::Key((*name).to_owned())).collect()
}

/// A file with these values, and who reads it.
fn made(format: Format, secrets: &[(&str, &str)]) -> (String, Identity) {
    let zoe = Identity::generate();
    let secrets: Vec<_> =
        secrets.iter().map(|(name, value)| (*name, SecretValue::from(*value))).collect();
    let wanted = Wanted::all(vec![zoe.recipient().into()]);
    let (creation, plugins) = (Creation::default(), Plugins::none());
    let text =
        create(format, &secrets, &wanted, &creation, &plugins, Utc::from_seconds(NOW)).unwrap();
    (text, zoe)
}

/// The names of all lines, in order.
fn names(text: &str) -> String {
    let name = |line: &str| line.split('=').next().unwrap_or_default().trim_end().to_owned();
    text.lines().map(name).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_dotenv_file_keeps_every_other_line() {
    let (text, zoe) = made(Format::Dotenv, &[("A", "1"), ("B", "2\n3")]);
    let text = format!("# note\n\n{text}");
    let open = |text: &str| {
        let file = EncryptedFile::parse(text, Format::Dotenv).unwrap();
        file.open(std::slice::from_ref(&zoe)).unwrap()
    };
    assert_eq!(open(&text).get("B").unwrap().as_str(), Some("2\n3"));
    let unlocked = Unlocked::open(&text, Format::Dotenv, std::slice::from_ref(&zoe)).unwrap();
    let set = |name: &str| {
        let now = Utc::from_seconds(NOW + 1);
        unlocked.set(&keys(&[name]), &SecretValue::from("new"), now)
    };
    let changed = set("A").unwrap();
    let differing: Vec<_> =
        text.lines().zip(changed.lines()).filter(|(a, b)| a != b).map(|(a, _)| a).collect();
    insta::assert_snapshot!(names(&differing.join("\n")), @r"
    A
    sops_lastmodified
    sops_mac
    ");
    insta::assert_snapshot!(names(&set("C").unwrap()), @r"
    # note

    A
    B
    C
    sops_age__list_0__map_enc
    sops_age__list_0__map_recipient
    sops_lastmodified
    sops_mac
    sops_unencrypted_suffix
    sops_version
    ");
    let without = unlocked.unset(&keys(&["A"]), Utc::from_seconds(NOW)).unwrap();
    assert!(without.starts_with("# note\n\nB=ENC["), "{without}");
    for (name, why) in [
        ("sops_x", "the name `sops` is taken by the file format itself"),
        ("a=b", "`a=b` is no place for a value"),
        ("#a", "`#a` is no place for a value"),
        ("a\nb", "`a\nb` is no place for a value"),
        (" a", "` a` is no place for a value"),
    ] {
        assert_eq!(set(name).unwrap_err().to_string(), why);
    }
}

#[test]
fn readers_come_and_go() {
    let ada = Identity::generate();
    for format in [Format::Dotenv, Format::Ini] {
        let (text, zoe) = made(format, &[(if format == Format::Ini { "a/b" } else { "B" }, "1")]);
        let open = |text: &str, who: &Identity| {
            EncryptedFile::parse(text, format).unwrap().open(std::slice::from_ref(who)).map(drop)
        };
        let unlocked = Unlocked::open(&text, format, std::slice::from_ref(&zoe)).unwrap();
        let both = vec![zoe.recipient().into(), ada.recipient().into()];
        let more = unlocked.rekey(&Wanted::all(both.clone())).unwrap().text;
        assert!(open(&more, &zoe).is_ok() && open(&more, &ada).is_ok(), "{more}");
        // Who stays keeps their stanza as it is.
        let stanza = |text: &str| {
            text.lines().find(|line| line.contains("age__list_0__map_enc")).unwrap().to_owned()
        };
        assert_eq!(stanza(&text), stanza(&more));
        let unlocked = Unlocked::open(&more, format, std::slice::from_ref(&zoe)).unwrap();
        let only = unlocked.rekey(&Wanted::all(both[1..].to_vec())).unwrap().text;
        assert!(open(&only, &zoe).is_err() && open(&only, &ada).is_ok(), "{only}");
        // A group each: a key of both is needed.
        let group = |person: &Identity| crate::sops::edit::WantedGroup {
            age: vec![person.recipient().into()],
            others: Vec::new(),
        };
        let shared = Wanted { groups: vec![group(&zoe), group(&ada)] };
        let shared = unlocked.rekey(&shared).unwrap().text;
        assert!(open(&shared, &zoe).is_err(), "{shared}");
        let keys = [zoe.clone(), ada.clone()];
        assert!(EncryptedFile::parse(&shared, format).unwrap().open(&keys).is_ok(), "{shared}");
        // And back to one, under another data key.
        let unlocked = Unlocked::open(&shared, format, &keys).unwrap();
        let back = unlocked.rotate(&Wanted::all(both.clone()), Utc::from_seconds(NOW)).unwrap();
        assert!(open(&back.text, &zoe).is_ok() && !back.text.contains("key_groups"));
        let unlocked = Unlocked::open(&back.text, format, &keys).unwrap();
        assert_eq!(unlocked.rekey(&Wanted::all(both.clone())).unwrap().text, back.text);
    }
}

#[test]
fn an_ini_file_keeps_every_other_line() {
    let (text, zoe) = made(Format::Ini, &[("a/x", "1"), ("b/longer name", "2")]);
    let zoe = std::slice::from_ref(&zoe);
    let now = Utc::from_seconds(NOW);
    let unlocked = Unlocked::open(&text, Format::Ini, zoe).unwrap();
    let set = |at: &[&str]| unlocked.set(&keys(at), &SecretValue::from("new"), now);
    let to_sign = |line: &str| line.split_inclusive('=').next().unwrap_or_default().to_owned();
    let shown = set(&["b", "y"]).unwrap().lines().map(to_sign).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(shown, @r"
    [a]
    x =

    [b]
    longer name =
    y           =

    [sops]
    age__list_0__map_enc       =
    age__list_0__map_recipient =
    lastmodified               =
    mac                        =
    unencrypted_suffix         =
    version                    =
    ");
    assert!(set(&["c", "y"]).unwrap().contains("\n\n[c]\ny = ENC["));
    let without = unlocked.unset(&keys(&["a", "x"]), now).unwrap();
    assert!(without.starts_with("[a]\n\n[b]\n"), "{without}");
    assert_eq!(set(&["x"]).unwrap_err().to_string(), "`x` needs a section before it: `SECTION/x`");
    for at in [["a]", "x"], ["a", "x=y"], ["a", "-"], ["a", ";x"], ["a", "x "]] {
        assert!(matches!(set(&at), Err(EditError::BadPath(_))), "{at:?}");
    }
    assert!(matches!(set(&["sops", "x"]), Err(EditError::Reserved)));
}
