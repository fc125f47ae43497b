//! The identity of the operator: which keys we open secrets with, and whether the file may be used.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use age::x25519::Identity;
use age::{DecryptError, Decryptor};
use zeroize::Zeroizing;

use crate::domain::untrusted::Safe;
use crate::engine::ports::VaultError;

/// How large an identity file may be, in bytes.
const MAX_BYTES: u64 = 64 * 1024;
/// The hardest passphrase that is tried: 2^22 takes a quarter of a minute and 4 GB.
const MAX_WORK: u8 = 22;

/// Prints a question and gives the answer, which was not echoed.
pub type Ask = dyn Fn(&str) -> io::Result<Zeroizing<String>> + Send + Sync;

/// Who can be asked for a passphrase.
#[derive(Clone)]
pub enum Asking {
    /// A person, in this way.
    Person(Arc<Ask>),
    /// Nobody; what to do instead.
    Nobody(&'static str),
}

/// Keys that are ready to be used. They are wiped when dropped.
pub struct Unlocked {
    pub(super) identities: Vec<Identity>,
    text: Zeroizing<String>,
    had_passphrase: bool,
}

impl Unlocked {
    /// The recipients that these keys are, `age1...`.
    pub fn recipients(&self) -> Vec<String> {
        self.identities.iter().map(|i| i.to_public().to_string()).collect()
    }
}

/// The operator's identity file, read when it is first needed.
pub struct Keyring {
    path: PathBuf,
    asking: Asking,
    unlocked: Mutex<Option<Arc<Unlocked>>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Keyring {
    /// With this file.
    pub fn at(path: impl Into<PathBuf>, asking: Asking) -> Self {
        Self { path: path.into(), asking, unlocked: Mutex::new(None) }
    }

    /// `$BUNKER_IDENTITY`, else `identity.txt` under `$XDG_CONFIG_HOME/bunker`, else under `~/.config/bunker`.
    pub fn from_env(asking: Asking) -> Self {
        Self::at(path_from_env(), asking)
    }

    /// With keys that another process of ours has unlocked.
    pub fn given(text: Zeroizing<String>) -> Result<Self, VaultError> {
        let ring = Self::from_env(Asking::Nobody("start the run again"));
        let unlocked = parse(text, true).map_err(|what| ring.refused(&what))?;
        Ok(Self { unlocked: Mutex::new(Some(Arc::new(unlocked))), ..ring })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The keys. Asks for the passphrase where the file has one, once.
    pub fn unlock(&self) -> Result<Arc<Unlocked>, VaultError> {
        let mut held = self.unlocked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(unlocked) = &*held {
            return Ok(Arc::clone(unlocked));
        }
        let bytes = read_private(&self.path).map_err(|what| self.refused(&what))?;
        let unlocked = if is_encrypted(&bytes) {
            let passphrase = self.passphrase()?;
            let text = open(&bytes, &passphrase).map_err(|what| self.refused(&what))?;
            parse(text, true)
        } else {
            match String::from_utf8(bytes.to_vec()) {
                Ok(text) => parse(Zeroizing::new(text), false),
                Err(_) => Err("it is no text".to_owned()),
            }
        };
        let unlocked = Arc::new(unlocked.map_err(|what| self.refused(&what))?);
        *held = Some(Arc::clone(&unlocked));
        Ok(unlocked)
    }

    /// What a worker has to be given, since it can ask nobody: the text of an identity that was unlocked with a
    /// passphrase. `None` where the worker can read the file itself.
    pub fn to_hand_over(&self) -> Option<Zeroizing<String>> {
        let held = self.unlocked.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|u| u.had_passphrase).map(|u| u.text.clone())
    }

    fn passphrase(&self) -> Result<Zeroizing<String>, VaultError> {
        match &self.asking {
            Asking::Person(ask) => {
                let question = format!("passphrase of {}: ", self.path.display());
                ask(&question).map_err(|error| self.refused(&error.to_string()))
            }
            Asking::Nobody(instead) => Err(self.refused(&format!(
                "it has a passphrase, and nobody can be asked for it here: {instead}"
            ))),
        }
    }

    fn refused(&self, what: &str) -> VaultError {
        VaultError::Identity(Safe::line(&format!("identity {}: {what}", self.path.display())))
    }
}

fn path_from_env() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(path) = set("BUNKER_IDENTITY") {
        return std::path::absolute(&path).unwrap_or(path);
    }
    let base = set("XDG_CONFIG_HOME")
        .filter(|p| p.is_absolute())
        .unwrap_or_else(|| set("HOME").unwrap_or_else(|| PathBuf::from("/")).join(".config"));
    base.join("bunker/identity.txt")
}

/// Reads a file that only we may read, or says why it is refused.
fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let missing = |error: io::Error| {
        if error.kind() == io::ErrorKind::NotFound {
            "there is none: make one with `bunker vault init`, or name it in BUNKER_IDENTITY".into()
        } else {
            error.to_string()
        }
    };
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = std::fs::canonicalize(path).map_err(missing)?;
    let home = std::fs::canonicalize(parent).map_err(missing)?;
    if real.parent() != Some(home.as_path()) {
        return Err(format!(
            "it is a link to {}: name that file in BUNKER_IDENTITY",
            real.display()
        ));
    }
    let folder = std::fs::metadata(&home).map_err(missing)?;
    if folder.mode() & 0o022 != 0 {
        return Err(format!("others may write to its folder: chmod go-w {}", home.display()));
    }
    // What is checked is what is read: a link that is put there meanwhile is not followed.
    let mut options = File::options();
    let no_follow = rustix::fs::OFlags::NOFOLLOW.union(rustix::fs::OFlags::NONBLOCK);
    let flags = i32::try_from(no_follow.bits()).map_err(|e| e.to_string())?;
    let file = options.read(true).custom_flags(flags).open(&real).map_err(missing)?;
    let meta = file.metadata().map_err(missing)?;
    if !meta.is_file() {
        return Err("it is no ordinary file".to_owned());
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(format!("it belongs to user id {}, not to you", meta.uid()));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(format!("others may read it: chmod 600 {}", real.display()));
    }
    let mut bytes =
        Zeroizing::new(Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1));
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(missing)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("it is too large to be an identity".to_owned());
    }
    Ok(bytes)
}

fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(b"age-encryption.org/") || bytes.starts_with(b"-----BEGIN AGE")
}

fn open(bytes: &[u8], passphrase: &str) -> Result<Zeroizing<String>, String> {
    let told = |error: DecryptError| {
        if matches!(error, DecryptError::DecryptionFailed) {
            "this is not its passphrase".to_owned()
        } else if matches!(error, DecryptError::NoMatchingKeys) {
            "it is encrypted, but with no passphrase".to_owned()
        } else {
            format!("it is damaged: {error}")
        }
    };
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(bytes)).map_err(told)?;
    let mut key = age::scrypt::Identity::new(SecretString::from(passphrase));
    key.set_max_work_factor(MAX_WORK);
    let stream = decryptor.decrypt(std::iter::once(&key as &dyn age::Identity)).map_err(told)?;
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    stream
        .take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| format!("it is damaged: {error}"))?;
    Ok(text)
}

fn parse(text: Zeroizing<String>, had_passphrase: bool) -> Result<Unlocked, String> {
    let mut identities = Vec::new();
    for (n, line) in (1..).zip(text.lines().map(str::trim)) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why: &str| format!("line {n} is no age identity (AGE-SECRET-KEY-1...): {why}");
        identities.push(line.parse::<Identity>().map_err(wrong)?);
    }
    if identities.is_empty() {
        return Err("it holds no key (AGE-SECRET-KEY-1...)".to_owned());
    }
    Ok(Unlocked { identities, text, had_passphrase })
}
