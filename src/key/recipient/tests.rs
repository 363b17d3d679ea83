use super::*;
use crate::key::Identity;
use crate::key::bech32_text::Unbounded;

const ZOE: &str = "age1lftm9a0vycklcze0hguv9xnjd8w30j8gj2mq2xx20atmqskl550qdy64sz";
const SSH: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn why(text: &str) -> String {
    Recipient::parse(text).unwrap_err().to_string()
}

fn malformed(text: &str) -> Malformed {
    AnyRecipient::parse(text).unwrap_err()
}

fn bech32(hrp: &str, bytes: &[u8]) -> String {
    bech32::encode_lower::<Unbounded>(Hrp::parse(hrp).unwrap(), bytes).unwrap()
}

#[test]
fn blanks_around_are_ignored() {
    assert_eq!(Recipient::parse(&format!("  {ZOE}\r\n")).unwrap().as_str(), ZOE);
}

#[test]
fn reasons_are_precise() {
    insta::assert_snapshot!(why(""), @"it is empty");
    insta::assert_snapshot!(why(&ZOE[..61]), @"62 characters expected, 61 found");
    insta::assert_snapshot!(why(&format!("{ZOE}%")), @"character 63 is '%', which no such key contains");
    insta::assert_snapshot!(why(&ZOE.replace("cklc", "ckic")), @"character 16 is 'i', which no such key contains");
    insta::assert_snapshot!(why(&ZOE.replace("cklc", "cklq")), @"its checksum is wrong: a character was changed, swapped or lost");
    insta::assert_snapshot!(why(&ZOE.replace("cklc", "ckLc")), @"it must be all lower case");
    insta::assert_snapshot!(why(&ZOE.to_uppercase()), @"it must be all lower case");
    insta::assert_snapshot!(why("zoe@quartz"), @"it is none of `age1…`, `age1pq1…`, `age1<plugin>1…`, `ssh-ed25519 …`, `ssh-rsa …`");
    insta::assert_snapshot!(why("ssh-ed25519 AAAAC3 zoe@quartz"), @"it is an ssh public key (`ssh-ed25519`), to which doorstep cannot encrypt");
    insta::assert_snapshot!(why("ecdsa-sha2-nistp256 AAAA"), @"it is an ssh key (`ecdsa-sha2-nistp256`) of a kind that age does not encrypt to");
    insta::assert_snapshot!(why("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t"), @"it is a recipient of the plugin `age-plugin-yubikey`, to which doorstep cannot encrypt");
    insta::assert_snapshot!(why("age1pq1qqqq"), @"it is a post-quantum recipient (`age1pq1…`), to which doorstep cannot encrypt");
    insta::assert_snapshot!(why("01234567 89ABCDEF"), @"it is a PGP fingerprint, to which doorstep cannot encrypt");
}

#[test]
fn every_kind_is_told_apart() {
    let kind = |text: &str| AnyRecipient::parse(text).unwrap().kind;
    assert_eq!(kind(&format!(" {ZOE}\n")), Kind::X25519);
    assert_eq!(kind("0123456789ABCDEF0123 4567 89AB CDEF 0123 4567"), Kind::Pgp);
    assert_eq!(kind(&bech32("age1pq", &[7; 1216])), Kind::Hybrid);
    assert_eq!(kind(&bech32("age1yubikey", &[7; 33])), Kind::Plugin("yubikey".to_owned()));
    let with_comment = AnyRecipient::parse(&format!("{SSH} zoe@quartz")).unwrap();
    assert_eq!((with_comment.text.as_str(), with_comment.kind), (SSH, Kind::SshEd25519));
}

#[test]
fn a_typo_is_told_as_what_it_is_in_every_kind() {
    assert_eq!(malformed(&ZOE[..61]), Malformed::Length { expected: 62, found: 61 });
    let character = |character, position| Malformed::Character { character, position };
    assert_eq!(malformed(&format!("{ZOE}%")), character('%', 63));
    assert_eq!(malformed(&ZOE.replace("cklc", "cklé")), character('é', 17));
    assert_eq!(malformed(&ZOE.replace("cklc", "cklq")), Malformed::Checksum);
    assert_eq!(malformed(&ZOE.to_uppercase()), Malformed::Case);
    assert_eq!(malformed("zoe"), Malformed::Unknown);
    assert_eq!(malformed("ssh-ed25519 zoe@quartz"), Malformed::SshBody { kind: "ssh-ed25519" });
    assert_eq!(malformed(" "), Malformed::Empty);
    let hybrid = bech32("age1pq", &[7; 1216]);
    assert_eq!(malformed(&hybrid[..1958]), Malformed::Length { expected: 1959, found: 1958 });
    let plugin = bech32("age1yubikey", &[7; 33]);
    assert_eq!(malformed(&plugin[..plugin.len() - 1]), Malformed::Checksum);
}

#[test]
fn a_mistyped_digit_one_is_not_a_plugin() {
    let mistyped = ZOE.replace("cklc", "ck1c");
    assert_eq!(malformed(&mistyped), Malformed::Character { character: '1', position: 16 });
    assert!(matches!(Recipient::parse(&mistyped), Err(RecipientError::Malformed(_))));
}

#[test]
fn a_placeholder_is_a_broken_key_that_says_so() {
    for text in ["age1YOUR_KEY_HERE", "AGE1XXXXXX", "age1xxxxxxxxxxxx", "age1...", "<your key>"] {
        assert_eq!(malformed(text), Malformed::Placeholder, "{text}");
    }
    // Its letters spell a word of placeholders: `xxxx` is twenty bits that any key may have.
    let unlucky = bech32("age", &[0x31, 0x8c, 0x63, 0x18, 0xc6].repeat(7)[..32]);
    assert!(unlucky.contains("xxxx"), "{unlucky}");
    assert_eq!(Recipient::parse(&unlucky).unwrap().as_str(), unlucky);
}

#[test]
fn a_private_key_is_refused_without_echo() {
    let secret = Identity::generate().secret_text();
    let glued = format!("ssh-{}", secret.to_lowercase());
    for pasted in [secret.to_string(), secret.to_lowercase(), format!("x {}", *secret), glued] {
        assert_eq!(malformed(&pasted), Malformed::PrivateKey);
        let said = format!("{0} {0:?}", Recipient::parse(&pasted).unwrap_err()).to_uppercase();
        assert!(!said.contains(&secret[20..40]));
    }
    assert_eq!(malformed("-----BEGIN OPENSSH PRIVATE KEY-----"), Malformed::PrivateKey);
}
