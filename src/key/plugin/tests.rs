use age::{Identity as _, Recipient as _};
use age_core::secrecy::ExposeSecret as _;

use super::*;
use crate::run::Ends;

/// A plugin whose words are fixed; what it is told is kept.
#[derive(Default)]
struct Said {
    words: Vec<u8>,
    heard: Mutex<Vec<String>>,
}

impl Dialogue for Said {
    fn talk(
        &self,
        command: &Command,
        talk: &mut dyn FnMut(Ends<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        if self.words.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut told = Vec::new();
        let talked = talk((&mut self.words.as_slice(), &mut told));
        let told = String::from_utf8(told).unwrap();
        kept(&self.heard).push(format!("{}\n{told}", command.typed()));
        talked
    }
}

/// Answers everything with these words.
struct Always(&'static str);

impl Answers for Always {
    fn say(&mut self, _: &str, _: &str) {}

    fn ask(&mut self, _: &str, _: &str, _: bool) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(self.0.to_owned()))
    }

    fn confirm(&mut self, _: &str, _: &str, yes: &str, _: Option<&str>) -> Option<bool> {
        Some(yes == self.0)
    }
}

fn saying(words: &str, answers: Box<dyn Answers>) -> (Arc<Plugins>, Arc<Said>) {
    let said = Arc::new(Said { words: words.as_bytes().to_vec(), heard: Mutex::default() });
    (Plugins::new(Arc::clone(&said) as Arc<dyn Dialogue>, answers), said)
}

fn file_key() -> FileKey {
    FileKey::new(Box::new([7; 16]))
}

/// Opens a stanza with the help of a plugin that says `words`.
fn opened(plugins: &Arc<Plugins>) -> Option<Vec<u8>> {
    let identity = PluginKey::new("standin".to_owned(), "AGE-PLUGIN-STANDIN-1SECRET").with(plugins);
    let stanza = Stanza { tag: "standin".into(), args: vec!["tag".into()], body: vec![1; 16] };
    let key = identity.unwrap_stanza(&stanza)?.ok()?;
    Some(key.expose_secret().to_vec())
}

fn why(words: &str) -> PluginError {
    let (plugins, said) = saying(words, Box::new(Nobody));
    assert_eq!(opened(&plugins), None);
    assert_eq!(opened(&plugins), None, "it is given up");
    assert!(kept(&said.heard).len() <= 1);
    plugins.given_up().remove(0).1
}

#[test]
fn a_file_key_is_wrapped_in_the_order_of_the_protocol() {
    let words = "-> labels postquantum\n\n-> recipient-stanza 0 standin tag\nAQEB\n-> done\n\n";
    let (plugins, said) = saying(words, Box::new(Nobody));
    let recipient = PluginRecipient::new("standin", "age1standin1qqq", &plugins);
    let (stanzas, _) = recipient.wrap_file_key(&file_key()).unwrap();
    assert_eq!(
        (stanzas[0].tag.as_str(), &stanzas[0].args[..], &stanzas[0].body[..]),
        ("standin", &["tag".to_owned()][..], &[1, 1, 1][..])
    );
    insta::assert_snapshot!(kept(&said.heard)[0], @r"
    age-plugin-standin --age-plugin=recipient-v1
    -> add-recipient age1standin1qqq

    -> wrap-file-key
    BwcHBwcHBwcHBwcHBwcHBw
    -> extension-labels

    -> done

    -> ok

    -> ok
    ");
}

#[test]
fn a_file_key_is_unwrapped_and_questions_are_answered() {
    let words = "-> msg\ndG91Y2g\n-> request-secret\nUElO\n-> confirm eWVz bm8\nPw\n-> new-thing\n\n-> file-key 0\nBwcHBwcHBwcHBwcHBwcHBw\n-> done\n\n";
    let (plugins, said) = saying(words, Box::new(Always("yes")));
    assert_eq!(opened(&plugins), Some(vec![7; 16]));
    insta::assert_snapshot!(kept(&said.heard)[0], @r"
    age-plugin-standin --age-plugin=identity-v1
    -> add-identity AGE-PLUGIN-STANDIN-1SECRET

    -> recipient-stanza 0 standin tag
    AQEBAQEBAQEBAQEBAQEBAQ
    -> done

    -> ok

    -> ok
    eWVz
    -> ok yes

    -> unsupported

    -> ok
    ");
    assert!(plugins.given_up().is_empty());
}

#[test]
fn why_a_plugin_is_no_help_is_said_in_its_words() {
    let said = |words| why(words).to_string();
    insta::assert_snapshot!(said(""), @"is not on your PATH");
    insta::assert_snapshot!(said("-> error identity 0\nbm8gZGV2aWNl\n"), @"says: no device");
    insta::assert_snapshot!(said("-> request-secret\nUElO\n-> error identity 0\nbm8\n"), @"has to ask you (PIN), and nobody answered");
    insta::assert_snapshot!(said("-> confirm eWVz\nU3VyZT8\n-> done\n\n"), @"has to ask you (Sure?), and nobody answered");
    insta::assert_snapshot!(said("Hello!\n"), @"did not keep to the protocol of plugins: it wrote something else");
    insta::assert_snapshot!(said("-> msg\naGVsbG8\n"), @"did not keep to the protocol of plugins: it ended before it had answered");
    for broken in [
        "-> file-key 1\nBwcHBwcHBwcHBwcHBwcHBw\n-> done\n\n",
        "-> file-key 0\nBwc\n-> done\n\n",
        "-> file-key\n\n",
        "-> confirm\n\n",
        "-> confirm !\n\n",
    ] {
        assert!(matches!(why(broken), PluginError::Broken(_)), "{broken}");
    }
    let none = Plugins::none();
    assert_eq!(opened(&none), None);
    assert_eq!(none.given_up(), [("standin".to_owned(), PluginError::NotHere)]);
}

#[test]
fn a_key_that_does_not_fit_is_no_reason_to_give_up() {
    let (plugins, said) = saying("-> done\n\n", Box::new(Nobody));
    assert_eq!((opened(&plugins), opened(&plugins)), (None, None));
    assert_eq!((kept(&said.heard).len(), plugins.given_up().len()), (2, 0));
    let (plugins, _) = saying("-> error stanza 0 0\nYmFk\n", Box::new(Nobody));
    assert_eq!(opened(&plugins), None);
    assert!(plugins.given_up().is_empty(), "it is that file's fault");
}

#[test]
fn sealing_says_why_it_failed() {
    let (plugins, _) = saying("-> error internal\nYm9vbQ\n", Box::new(Nobody));
    let recipient = PluginRecipient::new("standin", "age1standin1qqq", &plugins);
    assert!(recipient.wrap_file_key(&file_key()).is_err());
    assert_eq!(recipient.why(), Some(PluginError::Said("boom".to_owned())));
    let (plugins, _) = saying("-> error recipient 0\nYmFk\n", Box::new(Nobody));
    let recipient = PluginRecipient::new("standin", "age1standin1qqq", &plugins);
    assert!(recipient.wrap_file_key(&file_key()).is_err());
    assert_eq!(recipient.why(), Some(PluginError::Said("bad".to_owned())));
    assert!(plugins.given_up().is_empty(), "others may be good");
    let (plugins, _) = saying("-> done\n\n", Box::new(Nobody));
    let recipient = PluginRecipient::new("standin", "age1standin1qqq", &plugins);
    assert!(recipient.wrap_file_key(&file_key()).is_err());
    assert!(matches!(recipient.why(), Some(PluginError::Broken(_))));
}

#[test]
fn a_post_quantum_key_becomes_the_plugins_and_nothing_private_is_shown() {
    let text = include_str!("../../../tests/vectors/pq.txt");
    let file = crate::key::KeyFile::parse(text.as_bytes()).unwrap();
    let crate::key::file::KeyKind::PostQuantum(key) = &file.lines[0].kind else { panic!() };
    let again = crate::key::KeyFile::parse(key.text.as_bytes()).unwrap();
    assert!(
        matches!(&again.lines[0].kind, crate::key::file::KeyKind::Plugin(key) if key.name() == "pq")
    );
    assert_eq!(format!("{key:?}"), "PluginKey(pq)");
    assert_eq!(key.clone().with(&Plugins::none()).public(), "age1pq1");
}

#[test]
fn a_program_is_talked_with_and_ended() {
    let talk =
        crate::run::Real::new([("PATH".to_owned(), "/usr/bin:/bin".into())].into()).dialogue();
    let cat = Command::new("cat");
    let mut heard = [0; 5];
    talk.talk(&cat, &mut |(input, output)| {
        output.write_all(b"hello")?;
        output.flush()?;
        input.read_exact(&mut heard)
    })
    .unwrap();
    assert_eq!(&heard, b"hello");
    let missing = talk.talk(&Command::new("age-plugin-nobody-has"), &mut |_| Ok(()));
    assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
}
