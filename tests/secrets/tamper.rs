//! No damage to a valid file makes it decrypt to something else.

use doorstep::key::Plugins;
use doorstep::sops::{Creation, EncryptedFile, Format, Opening, Wanted, create};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::world::{World, utc};

const TAMPERINGS: usize = 12_000;

/// One byte changed, taken out or put in, or a line taken out, doubled, moved or swapped.
fn tampered(text: &str, rng: &mut StdRng) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = rng.gen_range(0..lines.len());
    let other = rng.gen_range(0..lines.len());
    match rng.gen_range(0..8) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[other]),
        2 => lines.swap(at, other),
        3 => {
            let line = lines.remove(at);
            lines.insert(other.min(lines.len()), line);
        }
        kind => {
            let mut bytes = text.as_bytes().to_vec();
            let at = rng.gen_range(0..bytes.len());
            match kind {
                4 => drop(bytes.remove(at)),
                5 => bytes.insert(at, rng.gen_range(b' '..=b'~')),
                6 => bytes[at] ^= 1 << rng.gen_range(0..7),
                _ => bytes[at] = rng.gen_range(b' '..=b'~'),
            }
            return String::from_utf8_lossy(&bytes).into_owned();
        }
    }
    lines.concat()
}

/// Every value with its path, as far as the format authenticates it. Its blind spots are sops' own:
/// types (a number may become its own text), what has no bytes (null, the empty text, an empty
/// mapping), and the names of values in plain text.
fn known(opening: &Opening, path: &str, found: &mut Vec<(String, Vec<u8>)>) {
    match opening {
        Opening::Value(_, value) if value.is_empty() => {}
        Opening::Value(_, value) => {
            let plain = path.contains("_unencrypted");
            let path = if plain { "plain" } else { path };
            found.push((path.to_owned(), value.as_bytes().to_vec()));
        }
        Opening::List(items) => items.iter().for_each(|item| known(item, path, found)),
        Opening::Map(pairs) => {
            pairs.iter().for_each(|(key, value)| known(value, &format!("{path}/{key}"), found));
        }
    }
}

fn all(documents: &[Opening]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    documents.iter().for_each(|document| known(document, "", &mut found));
    found
}

#[test]
fn ten_thousand_tamperings_never_decrypt_to_something_else() {
    let world = World::new();
    let zoe = std::slice::from_ref(&world.zoe);
    let wanted = Wanted::all(vec![world.zoe.recipient().into()]);
    let secrets = [("token", "hunter2"), ("a/b", ""), ("a/c", "two\nlines"), ("z", "last")];
    let secrets = secrets.map(|(name, value)| (name, value.into()));
    let every = [Format::Yaml, Format::Json, Format::Binary, Format::Dotenv, Format::Ini];
    let mut files: Vec<(Format, String)> = every
        .map(|format| {
            let secrets = match format {
                Format::Binary | Format::Dotenv => &secrets[..1],
                Format::Ini => &secrets[1..3],
                Format::Yaml | Format::Json => &secrets[..],
            };
            (
                format,
                create(format, secrets, &wanted, &Creation::default(), &Plugins::none(), utc())
                    .unwrap(),
            )
        })
        .to_vec();
    // One of sops' own, with plain values and comments in between.
    let plain = "# why\nopen_unencrypted: 5\nlist:\n    - 1\n    - true # beside\nwhen: 2024-01-02\nf: 1.5\n";
    let path = world.write("fleet/plain.yaml", plain);
    let recipient = world.zoe.recipient().to_string();
    let made =
        world.sops(&["-e", "-i", "--config", "/dev/null", "--age", &recipient, "plain.yaml"]);
    assert!(made.status.success());
    files.push((Format::Yaml, std::fs::read_to_string(path).unwrap()));
    let (mut refused, mut unchanged) = (0, 0);
    for (number, (format, text)) in files.iter().enumerate() {
        let valid = EncryptedFile::parse(text, *format).unwrap().open(zoe).unwrap().documents;
        let mut rng = StdRng::seed_from_u64(number as u64);
        for _ in 0..TAMPERINGS / files.len() {
            let bad = tampered(text, &mut rng);
            match EncryptedFile::parse(&bad, *format).map(|file| file.open(zoe)) {
                Ok(Ok(opened)) => {
                    let same = all(&opened.documents) == all(&valid);
                    assert!(same, "{format:?} opens to something else:\n{bad}");
                    unchanged += 1;
                }
                _ => refused += 1,
            }
        }
    }
    eprintln!(
        "{TAMPERINGS} tamperings: {refused} refused, {unchanged} of no effect, 0 silently other"
    );
    assert_eq!(refused + unchanged, TAMPERINGS / files.len() * files.len());
}
