//! One value: encrypted to every recipient, and opened again.

use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::x25519::{Identity, Recipient};
use age::{DecryptError, Decryptor, Encryptor};
use zeroize::Zeroizing;

/// How much one value may hold, in bytes, once opened.
const MAX_VALUE: u64 = 1 << 20;

/// Why a value does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closed {
    /// It is encrypted to others.
    WrongKey,
    /// It is not what was written; what is wrong.
    Damaged(String),
}

/// Encrypts a text to every recipient: armored, with a line end. Fails without recipients.
pub(super) fn encrypt(plain: &[u8], to: &[Recipient]) -> Result<String, String> {
    let recipients = to.iter().map(|r| r as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(recipients).map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    let written = ArmoredWriter::wrap_output(&mut out, Format::AsciiArmor)
        .and_then(|armor| encryptor.wrap_output(armor))
        .and_then(|mut stream| stream.write_all(plain).map(|()| stream))
        .and_then(age::stream::StreamWriter::finish)
        .and_then(ArmoredWriter::finish);
    written.map_err(|e| e.to_string())?;
    String::from_utf8(out).map_err(|e| e.to_string())
}

/// Opens a value. It is read to its end before any of it is given: a damaged one gives nothing.
pub(super) fn decrypt(armored: &str, with: &[Identity]) -> Result<Zeroizing<String>, Closed> {
    let damaged = |what: &str| Closed::Damaged(what.to_owned());
    let closed = |error: DecryptError| {
        if matches!(error, DecryptError::NoMatchingKeys) {
            Closed::WrongKey
        } else {
            Closed::Damaged(error.to_string())
        }
    };
    let reader = ArmoredReader::new(armored.as_bytes());
    let decryptor = Decryptor::new_buffered(reader).map_err(closed)?;
    if decryptor.is_scrypt() {
        return Err(damaged("it is encrypted with a passphrase, and not to recipients"));
    }
    let identities = with.iter().map(|i| i as &dyn age::Identity);
    let stream = decryptor.decrypt(identities).map_err(closed)?;
    // Room for all of it at once, so that no copy is left behind by growing.
    let mut plain = Zeroizing::new(Vec::with_capacity(armored.len()));
    stream
        .take(MAX_VALUE + 1)
        .read_to_end(&mut plain)
        .map_err(|error| Closed::Damaged(error.to_string()))?;
    if plain.len() as u64 > MAX_VALUE {
        return Err(damaged("it is larger than 1 MB"));
    }
    match String::from_utf8(std::mem::take(&mut *plain)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(wrong) => {
            drop(Zeroizing::new(wrong.into_bytes()));
            Err(damaged("it is no text"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn opens(armored: &str, with: &Identity) -> Result<String, Closed> {
        decrypt(armored, std::slice::from_ref(with)).map(|plain| plain.to_string())
    }

    #[test]
    fn each_recipient_opens_it_and_nobody_else() {
        let (anna, ben, eve) = (Identity::generate(), Identity::generate(), Identity::generate());
        let sealed = encrypt("grüße\n".as_bytes(), &[anna.to_public(), ben.to_public()]).unwrap();
        assert_eq!(opens(&sealed, &anna), Ok("grüße\n".to_owned()));
        assert_eq!(opens(&sealed, &ben), Ok("grüße\n".to_owned()));
        assert_eq!(opens(&sealed, &eve), Err(Closed::WrongKey));
        assert!(encrypt(b"x", &[]).is_err());
    }

    #[test]
    fn any_change_and_any_cut_opens_nothing() {
        let anna = Identity::generate();
        let sealed = encrypt(&[b'a'; 300], &[anna.to_public()]).unwrap();
        for at in (30..sealed.len() - 40).step_by(3) {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(opens(&changed, &anna).is_err(), "changed at {at}");
            assert!(opens(sealed.get(..at).unwrap(), &anna).is_err(), "cut at {at}");
        }
        assert!(matches!(opens("", &anna), Err(Closed::Damaged(_))));
        assert!(matches!(opens("no armor", &anna), Err(Closed::Damaged(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let anna = Identity::generate();
            let sealed = encrypt(text.as_bytes(), &[anna.to_public()]).unwrap();
            prop_assert_eq!(opens(&sealed, &anna), Ok(text));
        }
    }
}
