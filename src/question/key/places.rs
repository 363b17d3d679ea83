//! What was found in each place, for a front end that has room to list it.

use super::super::{Context, KeyTrouble};
use super::in_fleet;
use crate::counted::counted;

/// A key that was found. Nothing private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHere {
    /// For people.
    pub place: String,
    /// Of the private half, counted from 1.
    pub line: u32,
    pub recipient: String,
    pub in_fleet: bool,
    /// The one that [`crate::answers::KeyChoice::Found`] means.
    pub is_meant: bool,
    /// It lies in a file, which can be copied.
    pub in_file: bool,
}

impl KeyHere {
    /// Whether the fleet knows it, in words that follow a comma.
    pub fn standing(&self) -> &'static str {
        match self.in_fleet {
            true => "a recipient already",
            false => "not in this fleet yet",
        }
    }
}

/// The keys that can be used, in the order sops looks.
pub fn keys_here(cx: &Context) -> Vec<KeyHere> {
    let meant = cx.found.best_key(|recipient| in_fleet(cx, recipient));
    let here = cx.found.keys().map(|(place, key)| KeyHere {
        place: place.place.clone(),
        line: key.line,
        recipient: key.recipient.clone(),
        in_fleet: in_fleet(cx, &key.recipient),
        is_meant: meant
            .is_some_and(|(at, best)| std::ptr::eq(best, key) && at.place == place.place),
        in_file: place.path.is_some(),
    });
    here.collect()
}

/// A place with something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// One sentence.
    pub what: String,
    /// The way out of it, one sentence.
    pub way_out: String,
    /// What to type for that, where it is a command.
    pub command: Option<String>,
}

/// What is wrong with places, each with its own way out.
pub fn troubles(cx: &Context) -> Vec<Trouble> {
    let with =
        cx.found.key_places.iter().filter_map(|place| Some((place, place.trouble.as_ref()?)));
    with.map(|(place, trouble)| {
        let what = format!("{} {}.", place.place, trouble.words());
        let (way_out, command) = way_out(trouble, &place.place, &cx.host.account.name);
        Trouble { what, way_out, command }
    })
    .collect()
}

fn way_out(trouble: &KeyTrouble, place: &str, account: &str) -> (String, Option<String>) {
    let words = |words: &str| (words.to_owned(), None);
    match trouble {
        KeyTrouble::Mode(_) => words("It is made private when you apply."),
        KeyTrouble::Empty => words("A new key goes into it."),
        KeyTrouble::Directory => {
            ("Move it elsewhere.".to_owned(), Some(format!("mv {place} {place}.folder")))
        }
        KeyTrouble::Symlink(_) => {
            words("Keys in it can be used; a new one is never added through a link.")
        }
        KeyTrouble::Malformed { line, .. } => (
            format!("In an editor, put # before line {line}; then the other lines can be used."),
            None,
        ),
        KeyTrouble::NotYours { .. } => (
            "An administrator gives it to you.".to_owned(),
            Some(format!("sudo chown {account} {place}")),
        ),
        KeyTrouble::Unreadable { .. } => words("Make that file readable, or choose another key."),
    }
}

/// Every place where a key was looked for, with what is there; a line each.
pub fn looked_in(cx: &Context) -> Vec<String> {
    let line = |place: &super::super::KeyPlace| match (&place.trouble, place.keys.len()) {
        (Some(trouble), _) => format!("{} {}", place.place, trouble.words()),
        (None, 0) => format!("{}: no key", place.place),
        (None, n) => format!("{}: {}", place.place, counted(n, "key")),
    };
    cx.found.key_places.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::example::{Example, RECIPIENT};
    use super::super::super::{Anchor, FoundKey};
    use super::*;

    fn two_keys() -> Example {
        let mut example = Example::raquel();
        let places = &mut example.found.key_places;
        places[0].keys = vec![FoundKey { line: 3, recipient: "age1first".into() }];
        places[0].path = Some("/Users/raquel/.config/sops/age/keys.txt".into());
        places[1].keys = vec![FoundKey { line: 1, recipient: RECIPIENT.into() }];
        example
    }

    #[test]
    fn every_key_says_whether_the_fleet_knows_it() {
        let mut example = two_keys();
        let here = keys_here(&example.cx());
        assert_eq!(here.iter().map(|k| k.is_meant).collect::<Vec<_>>(), [true, false]);
        assert_eq!(here.iter().map(|k| k.in_file).collect::<Vec<_>>(), [true, false]);
        let known = Anchor { recipient: RECIPIENT.into(), ..Anchor::default() };
        example.found.anchors.push(known);
        let here = keys_here(&example.cx());
        assert_eq!(here.iter().map(|k| k.is_meant).collect::<Vec<_>>(), [false, true]);
        assert_eq!(here[1].standing(), "a recipient already");
    }

    #[test]
    fn every_trouble_has_a_way_out() {
        let mut example = two_keys();
        let troubles_of = |trouble: KeyTrouble, example: &mut Example| {
            example.found.key_places[0].trouble = Some(trouble);
            let all = troubles(&example.cx());
            let command = all[0].command.as_deref().unwrap_or("none");
            format!("{} {} [{command}]", all[0].what, all[0].way_out)
        };
        let mut told = |trouble| troubles_of(trouble, &mut example);
        insta::assert_snapshot!(told(KeyTrouble::Directory), @"~/.config/sops/age/keys.txt is a folder, not a file. Move it elsewhere. [mv ~/.config/sops/age/keys.txt ~/.config/sops/age/keys.txt.folder]");
        insta::assert_snapshot!(told(KeyTrouble::Mode(0o644)), @"~/.config/sops/age/keys.txt can be read by other accounts (mode 0644). It is made private when you apply. [none]");
        insta::assert_snapshot!(told(KeyTrouble::NotYours { owner: "root".into() }), @"~/.config/sops/age/keys.txt belongs to root, not to you. An administrator gives it to you. [sudo chown raquel ~/.config/sops/age/keys.txt]");
        let malformed = KeyTrouble::Malformed { line: 2, why: "it is damaged".into() };
        insta::assert_snapshot!(told(malformed), @"~/.config/sops/age/keys.txt has something in line 2 that is no key: it is damaged. In an editor, put # before line 2; then the other lines can be used. [none]");
    }

    #[test]
    fn the_places_are_listed() {
        let lines = looked_in(&two_keys().cx());
        assert_eq!(
            lines[..3],
            [
                "~/.config/sops/age/keys.txt: 1 key",
                "SOPS_AGE_KEY: 1 key",
                "SOPS_AGE_KEY_FILE: no key"
            ]
        );
    }
}
