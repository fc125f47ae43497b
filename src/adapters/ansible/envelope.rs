//! The envelope of `ansible-vault`: `$ANSIBLE_VAULT;1.1;AES256` and lines of hexadecimal digits.
//!
//! Source: `lib/ansible/parsing/vault/__init__.py` of ansible-core. PBKDF2-HMAC-SHA256 makes two keys and a counter of the
//! password; the text, padded as PKCS 7, is encrypted with AES-256-CTR and authenticated with HMAC-SHA256.

use std::fmt::Write as _;

use aes::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

const ROUNDS: u32 = 10_000;
const SALT: usize = 32;
const BLOCK: usize = 16;
const COLUMNS: usize = 80;

type Cipher = ctr::Ctr128BE<aes::Aes256>;

/// Why an envelope does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// It is none, or one of another form.
    #[error("this is nothing that ansible-vault wrote: {0}")]
    Form(&'static str),
    /// The password is wrong, or the text was changed: the format cannot tell which.
    #[error("the vault password is wrong, or the text is damaged")]
    Closed,
}

/// The label of an envelope (`--vault-id`): `default` in form 1.1.
pub(super) fn label(envelope: &str) -> Result<&str, EnvelopeError> {
    let head = envelope.trim_start().lines().next().unwrap_or_default();
    let fields: Vec<&str> = head.split(';').map(str::trim).collect();
    match fields.as_slice() {
        ["$ANSIBLE_VAULT", "1.1", "AES256"] => Ok("default"),
        ["$ANSIBLE_VAULT", "1.2", "AES256", label] if !label.is_empty() => Ok(label),
        ["$ANSIBLE_VAULT", "1.0", ..] => {
            Err(EnvelopeError::Form("form 1.0 is read by no Ansible any more"))
        }
        ["$ANSIBLE_VAULT", ..] => Err(EnvelopeError::Form("its first line is unknown")),
        _ => Err(EnvelopeError::Form("it does not begin with $ANSIBLE_VAULT")),
    }
}

/// Opens an envelope, whose lines may be indented.
pub(super) fn decrypt(envelope: &str, password: &str) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    label(envelope)?;
    let digits: String =
        envelope.trim_start().lines().skip(1).flat_map(|line| line.trim().chars()).collect();
    let inner = unhex(digits.as_bytes())?;
    let mut fields = inner.splitn(3, |b| *b == b'\n').map(unhex);
    let mut field = || fields.next().unwrap_or(Err(EnvelopeError::Form("it is cut off")));
    let (salt, mac, mut text) = (field()?, field()?, field()?);
    let keys = Keys::of(password, &salt);
    let mut check = keys.mac()?;
    check.update(&text);
    check.verify_slice(&mac).map_err(|_| EnvelopeError::Closed)?;
    keys.cipher()?.apply_keystream(&mut text);
    let padding = usize::from(text.last().copied().unwrap_or(0));
    let length = text.len().checked_sub(padding).filter(|_| (1..=BLOCK).contains(&padding));
    let mut text = Zeroizing::new(text);
    text.truncate(length.ok_or(EnvelopeError::Closed)?);
    Ok(text)
}

/// Makes an envelope. The salt is chance, 32 bytes, for this one alone.
pub fn encrypt(text: &[u8], password: &str, salt: &[u8; SALT]) -> Result<String, EnvelopeError> {
    let keys = Keys::of(password, salt);
    let padding = BLOCK - text.len() % BLOCK;
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() + BLOCK));
    bytes.extend_from_slice(text);
    bytes.extend(std::iter::repeat_n(u8::try_from(padding).unwrap_or(0), padding));
    keys.cipher()?.apply_keystream(&mut bytes);
    let mut mac = keys.mac()?;
    mac.update(&bytes);
    let mac = mac.finalize().into_bytes();
    let inner = format!("{}\n{}\n{}", hex(salt), hex(&mac), hex(&bytes));
    let body = hex(inner.as_bytes());
    let mut out = "$ANSIBLE_VAULT;1.1;AES256\n".to_owned();
    for line in body.as_bytes().chunks(COLUMNS) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    Ok(out)
}

/// What PBKDF2 makes of a password: 32 bytes to encrypt, 32 to authenticate, 16 to count from.
struct Keys(Zeroizing<[u8; 80]>);

impl Keys {
    fn of(password: &str, salt: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 80]);
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, ROUNDS, &mut *bytes);
        Self(bytes)
    }

    fn part(&self, range: std::ops::Range<usize>) -> &[u8] {
        self.0.get(range).unwrap_or_default()
    }

    fn cipher(&self) -> Result<Cipher, EnvelopeError> {
        Cipher::new_from_slices(self.part(0..32), self.part(64..80))
            .map_err(|_| EnvelopeError::Closed)
    }

    fn mac(&self) -> Result<Hmac<Sha256>, EnvelopeError> {
        Hmac::new_from_slice(self.part(32..64)).map_err(|_| EnvelopeError::Closed)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _infallible = write!(out, "{byte:02x}");
        out
    })
}

fn unhex(digits: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    let wrong = EnvelopeError::Form("it holds something else than hexadecimal digits");
    if digits.len() % 2 == 1 {
        return Err(EnvelopeError::Form("it is cut off"));
    }
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let byte = |pair: &[u8]| match pair {
        [a, b] => Some(digit(*a)? << 4 | digit(*b)?),
        _ => None,
    };
    digits.chunks(2).map(byte).collect::<Option<_>>().ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Made by ansible-core 2.19.14 with `ANSIBLE_VAULT_ENCRYPT_SALT`.
    const VECTOR: &str = "$ANSIBLE_VAULT;1.1;AES256
33303331333233333334333533363337333833393631363236333634363536363330333133323333
3334333533363337333833393631363236333634363536360a666436336437633331643735613237
61643938373739646430653434393238666538393862353937663162393562323734653933343363
3839353739393461380a356164306530613061316561366338636264303831366166656432386235
3036
";

    #[test]
    fn what_ansible_wrote_is_read_and_written() {
        let salt = b"0123456789abcdef0123456789abcdef";
        assert_eq!(encrypt(b"hello vault\n", "s3cret", salt).unwrap(), VECTOR);
        assert_eq!(&**decrypt(VECTOR, "s3cret").unwrap(), b"hello vault\n");
        let labelled = VECTOR.replace("1.1;AES256", "1.2;AES256;prod").replace('\n', "\n    ");
        assert_eq!(label(&labelled), Ok("prod"));
        assert_eq!(&**decrypt(&labelled, "s3cret").unwrap(), b"hello vault\n");
    }

    #[test]
    fn a_wrong_password_and_damage_give_nothing() {
        assert_eq!(decrypt(VECTOR, "secret").unwrap_err(), EnvelopeError::Closed);
        for at in [30, 120, 200, 300, 340] {
            let mut bytes = VECTOR.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'3' { b'4' } else { b'3' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(decrypt(&changed, "s3cret").is_err(), "changed at {at}");
            assert!(decrypt(VECTOR.get(..at).unwrap(), "s3cret").is_err(), "cut at {at}");
        }
        for wrong in ["", "hello", "$ANSIBLE_VAULT;1.0;AES\n33", "$ANSIBLE_VAULT;1.1;AES256\nxx"] {
            assert!(matches!(decrypt(wrong, "x"), Err(EnvelopeError::Form(_))), "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn any_text_comes_back(
            text in proptest::collection::vec(any::<u8>(), 0..70), salt in any::<[u8; 32]>(), password in "\\PC{1,20}",
        ) {
            let envelope = encrypt(&text, &password, &salt).unwrap();
            prop_assert_eq!(&**decrypt(&envelope, &password).unwrap(), &text);
            prop_assert!(envelope.lines().all(|l| l.len() <= 80));
        }
    }
}
