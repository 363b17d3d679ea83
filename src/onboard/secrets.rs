//! Where the values of new secrets come from.

use std::fs;
use std::io::{self, Read as _};

use crate::answers::{Person, SecretAnswer, SecretFrom};
use crate::host::Host;
use crate::key::ssh;
use crate::problem::Problem;
use crate::sops::SecretValue;

/// Stands in the file until the person has the real value. The first word is looked for later.
pub(crate) const PLACEHOLDER: &str = "PLACEHOLDER: no value was set yet";

/// A secret larger than this is a mistake in the path.
const LARGEST: u64 = 1024 * 1024;

/// The values to encrypt, in the order of the answers.
pub(super) fn values(person: &Person, host: &Host) -> Result<Vec<(String, SecretValue)>, Problem> {
    person
        .secrets
        .iter()
        .map(|secret| Ok((secret.name.clone(), value(secret, person, host)?)))
        .collect()
}

fn value(secret: &SecretAnswer, person: &Person, host: &Host) -> Result<SecretValue, Problem> {
    let cannot = |e: &dyn std::fmt::Display| {
        Problem::user(format!("the value of `{}` cannot be had", secret.name)).cause(e)
    };
    match &secret.from {
        SecretFrom::Given(hidden) if hidden.0.is_empty() => {
            Err(cannot(&"it was typed in the run that was stopped, and values are never kept")
                .hint(format!("give it again, or answer `{}: {{ later: true }}`", secret.name)))
        }
        SecretFrom::Given(hidden) => Ok(SecretValue::from(hidden.0.clone())),
        SecretFrom::File(path) => {
            let path = host.expand(&path.to_string_lossy(), &host.home);
            let size = fs::metadata(&path).map_err(|e| cannot(&e))?.len();
            if size > LARGEST {
                return Err(cannot(&format!("`{}` is larger than 1 MiB", host.short(&path))));
            }
            Ok(SecretValue::from(fs::read(&path).map_err(|e| cannot(&e))?))
        }
        SecretFrom::Stdin => {
            let mut bytes = zeroize::Zeroizing::new(Vec::new());
            io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| cannot(&e))?;
            if bytes.len() as u64 > LARGEST {
                return Err(cannot(&"standard input holds more than 1 MiB"));
            }
            Ok(SecretValue::from(std::mem::take(&mut *bytes)))
        }
        SecretFrom::NewEd25519 => {
            let key = ssh::generate(&person.email).map_err(|e| cannot(&e))?;
            Ok(SecretValue::from(key.private))
        }
        SecretFrom::Later => Ok(SecretValue::from(PLACEHOLDER)),
        SecretFrom::Kept => Err(cannot(&"there is no secrets file that could hold it")),
    }
}
