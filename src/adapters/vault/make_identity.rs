//! A new identity for an operator.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use age::Encryptor;
use age::armor::{ArmoredWriter, Format};
use age::secrecy::{ExposeSecret, SecretString};
use age::x25519::Identity;
use zeroize::Zeroizing;

use crate::adapters::paths::private_dir;
use crate::domain::untrusted::Safe;
use crate::engine::ports::VaultError;

/// What guessing a passphrase costs: 2^18 takes about a second and 256 MB a guess.
const WORK: u8 = 18;

/// Makes an identity in a new file, 0600, protected by a passphrase where one is given; gives its recipient.
/// A file that is there is never replaced.
pub fn make_identity(
    path: &Path,
    passphrase: Option<Zeroizing<String>>,
) -> Result<String, VaultError> {
    let refused = |what: String| {
        VaultError::Identity(Safe::line(&format!("making {}: {what}", path.display())))
    };
    let io = |error: std::io::Error| refused(error.to_string());
    let identity = Identity::generate();
    let recipient = identity.to_public().to_string();
    let secret = identity.to_string();
    let text = Zeroizing::new(format!("# public key: {recipient}\n{}\n", secret.expose_secret()));
    let bytes = match passphrase {
        None => Zeroizing::new(text.as_bytes().to_vec()),
        Some(passphrase) => Zeroizing::new(locked(&text, &passphrase).map_err(refused)?),
    };
    if let Some(folder) = path.parent() {
        private_dir(folder).map_err(io)?;
    }
    let mut options = std::fs::File::options();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(io)?;
    Ok(recipient)
}

fn locked(text: &str, passphrase: &str) -> Result<Vec<u8>, String> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase));
    recipient.set_work_factor(WORK);
    let all = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(all).map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    ArmoredWriter::wrap_output(&mut out, Format::AsciiArmor)
        .and_then(|armor| encryptor.wrap_output(armor))
        .and_then(|mut stream| stream.write_all(text.as_bytes()).map(|()| stream))
        .and_then(age::stream::StreamWriter::finish)
        .and_then(ArmoredWriter::finish)
        .map_err(|e| e.to_string())?;
    Ok(out)
}
