//! One encrypted value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`.
//!
//! AES-256-GCM with a 32-byte IV (`aes/cipher.go`); the additional data is the value's path, so a
//! value moved to another key does not decrypt. The type is not authenticated by the format.

use aes_gcm::aead::consts::{U12, U32};
use aes_gcm::aead::generic_array::{ArrayLength, GenericArray};
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Tag};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::RngCore;
use thiserror::Error;
use zeroize::Zeroizing;

use super::secret::SecretValue;

/// The key of one file, which all its values are encrypted with.
pub(crate) struct DataKey(Zeroizing<[u8; 32]>);

/// What a decrypted value is. Its bytes are always the form that the MAC covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Str,
    Int,
    Float,
    Bool,
    /// RFC 3339.
    Time,
    /// Only read, never written by sops itself any more.
    Bytes,
    Null,
}

impl Kind {
    /// How an `ENC[…]` text calls it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Str | Self::Null => "str",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Time => "time",
            Self::Bytes => "bytes",
        }
    }
}

/// A decrypted `ENC[…]`: a value, or a comment that stands where a value could.
pub(crate) enum Plain {
    Value(Kind, SecretValue),
    Comment(SecretValue),
}

/// Why a value did not decrypt. Never holds plain text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValueError {
    #[error("it is in plain text where the file's selector says encrypted")]
    NotEncrypted,
    #[error("its `ENC[…]` text is damaged")]
    Malformed,
    #[error("it was changed or moved since it was encrypted")]
    Tampered,
    #[error("its type `{0}` is unknown")]
    UnknownType(String),
    #[error("its IV has {0} bytes, 32 expected")]
    IvLength(usize),
    #[error("it does not read as the `{0}` it says it is")]
    WrongType(String),
}

/// The parts of an `ENC[…]` text.
struct Sealed<'a> {
    data: Vec<u8>,
    iv: Vec<u8>,
    tag: Vec<u8>,
    kind: &'a str,
}

impl DataKey {
    pub(crate) fn generate() -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rand::rngs::OsRng.fill_bytes(&mut *key);
        Self(key)
    }

    /// `None`: not 32 bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &*self.0
    }

    /// `plain` as an `ENC[…]` text of type `str`; the empty value is the empty text.
    pub(crate) fn seal_str(&self, plain: &[u8], associated: &str) -> String {
        self.seal("str", plain, associated)
    }

    /// The same for another of the format's types.
    pub(crate) fn seal(&self, kind: &str, plain: &[u8], associated: &str) -> String {
        if plain.is_empty() {
            return String::new();
        }
        let mut iv = [0; 32];
        rand::rngs::OsRng.fill_bytes(&mut iv);
        let mut data = plain.to_vec();
        let cipher = AesGcm::<Aes256, U32>::new(GenericArray::from_slice(&*self.0));
        let tag = cipher
            .encrypt_in_place_detached(
                GenericArray::from_slice(&iv),
                associated.as_bytes(),
                &mut data,
            )
            .unwrap_or_else(|_| unreachable!("GCM takes 64 GiB, which no value in memory reaches"));
        let [data, iv, tag] = [&data[..], &iv, &tag].map(|part| STANDARD.encode(part));
        format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{kind}]")
    }

    /// Decrypts an `ENC[…]` text. The empty text is the empty value, as sops has it.
    pub(crate) fn open(&self, text: &str, associated: &str) -> Result<Plain, ValueError> {
        if text.is_empty() {
            return Ok(Plain::Value(Kind::Str, Vec::new().into()));
        }
        let sealed = Sealed::parse(text)?;
        let plain = match sealed.iv.len() {
            32 => self.decrypt::<U32>(&sealed, associated)?,
            12 => self.decrypt::<U12>(&sealed, associated)?,
            other => return Err(ValueError::IvLength(other)),
        };
        typed(sealed.kind, plain)
    }

    fn decrypt<N: ArrayLength<u8>>(
        &self,
        sealed: &Sealed<'_>,
        associated: &str,
    ) -> Result<SecretValue, ValueError> {
        if sealed.tag.len() != 16 {
            return Err(ValueError::Malformed);
        }
        let mut plain = Zeroizing::new(sealed.data.clone());
        AesGcm::<Aes256, N>::new(GenericArray::from_slice(&*self.0))
            .decrypt_in_place_detached(
                GenericArray::from_slice(&sealed.iv),
                associated.as_bytes(),
                &mut plain,
                Tag::from_slice(&sealed.tag),
            )
            .map_err(|_| ValueError::Tampered)?;
        Ok(std::mem::take(&mut *plain).into())
    }
}

impl<'a> Sealed<'a> {
    /// Stricter than sops, whose pattern lets text follow the closing bracket: it never writes any.
    fn parse(text: &'a str) -> Result<Self, ValueError> {
        Self::split(text).ok_or(match looks_sealed(text) {
            true => ValueError::Malformed,
            false => ValueError::NotEncrypted,
        })
    }

    fn split(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix("ENC[AES256_GCM,data:")?.strip_suffix(']')?;
        let (data, rest) = inner.split_once(",iv:")?;
        let (iv, rest) = rest.split_once(",tag:")?;
        let (tag, kind) = rest.split_once(",type:")?;
        let decode = |part: &str| STANDARD.decode(part).ok();
        Some(Self { data: decode(data)?, iv: decode(iv)?, tag: decode(tag)?, kind })
    }
}

/// Whether `text` has the look of an encrypted value, right or damaged.
pub(crate) fn looks_sealed(text: &str) -> bool {
    text.starts_with("ENC[")
}

/// The MAC covers sops' rendering of the parsed value, so the value is rendered anew here too.
fn typed(kind: &str, plain: SecretValue) -> Result<Plain, ValueError> {
    let text = plain.as_str().unwrap_or_default();
    let rendered = match kind {
        "str" => return Ok(Plain::Value(Kind::Str, plain)),
        "bytes" => return Ok(Plain::Value(Kind::Bytes, plain)),
        "comment" => return Ok(Plain::Comment(plain)),
        "int" => text.parse::<i64>().ok().map(|n| (Kind::Int, n.to_string())),
        "float" => text.parse::<f64>().ok().map(|f| (Kind::Float, go_float(f))),
        "bool" => go_bool(text).map(|b| (Kind::Bool, b.to_owned())),
        "time" => is_rfc3339(text).then(|| (Kind::Time, text.to_owned())),
        other => return Err(ValueError::UnknownType(other.chars().take(32).collect())),
    };
    let (kind, text) = rendered.ok_or_else(|| ValueError::WrongType(kind.to_owned()))?;
    Ok(Plain::Value(kind, text.into()))
}

/// A float as Go's `FormatFloat(f, 'f', -1, 64)` writes it: shortest, never with an exponent.
pub(crate) fn go_float(f: f64) -> String {
    if f.is_nan() {
        "NaN".to_owned()
    } else if f.is_infinite() {
        if f > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        format!("{f}")
    }
}

/// What Go's `ParseBool` accepts, as sops writes it.
fn go_bool(text: &str) -> Option<&'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some("True"),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some("False"),
        _ => None,
    }
}

fn is_rfc3339(text: &str) -> bool {
    text.len() >= 20 && text.is_ascii() && text.as_bytes()[10] == b'T'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(
        key: &DataKey,
        text: &str,
        associated: &str,
    ) -> Result<(Kind, SecretValue), ValueError> {
        match key.open(text, associated)? {
            Plain::Value(kind, value) => Ok((kind, value)),
            Plain::Comment(_) => panic!("a comment"),
        }
    }

    #[test]
    fn seals_and_opens_any_bytes() {
        let key = DataKey::generate();
        for plain in [&b"x"[..], b"ENC[", "Gr\u{fc}\u{df}e\n".as_bytes(), &[0, 255, 10]] {
            let sealed = key.seal_str(plain, "a:b:");
            assert_eq!(open(&key, &sealed, "a:b:"), Ok((Kind::Str, plain.to_vec().into())));
            assert_eq!(open(&key, &sealed, "a:c:"), Err(ValueError::Tampered));
            assert_eq!(open(&DataKey::generate(), &sealed, "a:b:"), Err(ValueError::Tampered));
        }
        assert_eq!(key.seal_str(b"", "a:"), "");
        assert_eq!(open(&key, "", "a:"), Ok((Kind::Str, Vec::new().into())));
    }

    #[test]
    fn damage_is_named() {
        let key = DataKey::generate();
        let sealed = key.seal_str(b"secret", "a:");
        let cases = [
            ("plain".to_owned(), ValueError::NotEncrypted),
            (sealed.replace(",iv:", ",vi:"), ValueError::Malformed),
            (format!("{sealed}x"), ValueError::Malformed),
            (sealed.replace("type:str", "type:sss"), ValueError::UnknownType("sss".into())),
            (sealed.replace("type:str", "type:int"), ValueError::WrongType("int".into())),
            (sealed.replace("type:str", "type:time"), ValueError::WrongType("time".into())),
            ("ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]".into(), ValueError::IvLength(1)),
        ];
        for (text, why) in cases {
            assert_eq!(open(&key, &text, "a:"), Err(why));
        }
    }

    #[test]
    fn values_are_rendered_as_go_does() {
        let rendered = |kind, text: &str| match typed(kind, text.into()) {
            Ok(Plain::Value(_, value)) => value.as_str().unwrap().to_owned(),
            _ => panic!("{kind} {text}"),
        };
        assert_eq!(rendered("float", "1e21"), "1000000000000000000000");
        assert_eq!(rendered("float", "0.000001"), "0.000001");
        assert_eq!(rendered("float", "1.50"), "1.5");
        assert_eq!(rendered("bool", "true"), "True");
        assert_eq!(rendered("int", "-7"), "-7");
        assert_eq!(go_float(f64::NEG_INFINITY), "-Inf");
    }

    #[test]
    fn a_data_key_has_32_bytes() {
        assert!(DataKey::from_bytes(&[0; 16]).is_none());
        assert!(DataKey::from_bytes(&[0; 32]).is_some());
    }
}
