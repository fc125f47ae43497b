//! The vault of a host or a group: reading it, and changing it so that no edit of anybody is lost.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::crypt::{self, Closed};
use super::document::{Document, Entry, Pending};
use super::keyring::{Keyring, Unlocked};
use super::recipients::{self, People};
use super::replace::FolderLock;
use crate::domain::ids::{GroupName, HostId};
use crate::domain::secret::{Secret, SecretName};
use crate::domain::untrusted::Safe;
use crate::engine::ports::VaultError;

/// Whose secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// Those of all hosts of a group, `all` too.
    Group(GroupName),
    /// Those of a host.
    Host(HostId),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => write!(f, "{group}"),
            Self::Host(host) => write!(f, "{host}"),
        }
    }
}

/// Who changes a vault, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The operator.
    pub by: Safe,
    /// Now.
    pub at: Timestamp,
}

/// The file of one owner.
#[derive(Debug)]
pub struct VaultFile<'k> {
    inventory: PathBuf,
    folder: PathBuf,
    path: PathBuf,
    keys: &'k Keyring,
}

impl<'k> VaultFile<'k> {
    /// The file of an owner, whether it is there or not.
    pub fn of(inventory: &Path, owner: &Owner, keys: &'k Keyring) -> Self {
        let folder = match owner {
            Owner::Group(group) => inventory.join("group_vars").join(group.as_str()),
            Owner::Host(host) => inventory.join("host_vars").join(host.as_str()),
        };
        Self { inventory: inventory.to_owned(), path: folder.join("vault.age"), folder, keys }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its names and dates, which everybody can read; `None` where there is no file.
    pub fn look(&self) -> Result<Option<Document>, VaultError> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => match Document::parse(&text) {
                Ok(document) => Ok(Some(document)),
                Err(what) => Err(self.damaged(&what)),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Err(self.damaged("it is no text"))
            }
            Err(error) => Err(self.failed(&error.to_string())),
        }
    }

    /// The current value of a secret.
    pub fn open(
        &self,
        document: &Document,
        name: &SecretName,
        entry: &Entry,
    ) -> Result<Secret, VaultError> {
        let keys = self.keys.unlock()?;
        self.opened(document, &keys, name, entry.generation, &entry.value)
    }

    /// The value that a secret is about to have.
    pub fn open_pending(
        &self,
        document: &Document,
        name: &SecretName,
        pending: &Pending,
    ) -> Result<Secret, VaultError> {
        let keys = self.keys.unlock()?;
        self.opened(document, &keys, name, pending.generation, &pending.value)
    }

    /// Changes the file under its lock: what `edit` does is done to what the file says at that moment. Where people
    /// were added or removed since, every value is encrypted again. Nothing is written where nothing changed.
    pub fn change<T>(
        &self,
        edit: impl FnOnce(&mut Changing<'_, 'k>) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let io = |error: std::io::Error| self.failed(&error.to_string());
        let keys = People::read(&self.inventory)?.keys();
        if keys.is_empty() {
            let file = recipients::file_of(&self.inventory);
            let what = "it names nobody that secrets can be encrypted to: run `bunker vault init`";
            return Err(VaultError::File {
                file: Safe::line(&file.to_string_lossy()),
                what: Safe::line(what),
            });
        }
        let to = recipients::parsed(&keys).map_err(|what| self.failed(&what))?;
        self.make_folder()?;
        let lock = FolderLock::take(&self.folder).map_err(io)?;
        let before = self.look()?;
        let document = before.clone().unwrap_or_default();
        let mut changing = Changing { file: self, document, to };
        changing.rekey(&keys)?;
        let done = edit(&mut changing)?;
        if before.as_ref() != Some(&changing.document) {
            lock.replace(&self.path, &changing.document.text(), 0o600).map_err(io)?;
        }
        Ok(done)
    }

    /// A folder beside a file of the same name would hide that file from the inventory.
    fn make_folder(&self) -> Result<(), VaultError> {
        if self.folder.is_dir() {
            return Ok(());
        }
        for end in ["yml", "yaml", "json"] {
            let file = self.folder.with_file_name(format!(
                "{}.{end}",
                self.folder.file_name().unwrap_or_default().to_string_lossy()
            ));
            if file.exists() {
                let to = self.folder.join("main.yml");
                let what = format!(
                    "move it to {} first: a folder of this name would hide it",
                    to.display()
                );
                let file = Safe::line(&file.to_string_lossy());
                return Err(VaultError::File { file, what: Safe::line(&what) });
            }
        }
        std::fs::create_dir_all(&self.folder).map_err(|error| self.failed(&error.to_string()))
    }

    fn opened(
        &self,
        document: &Document,
        keys: &Unlocked,
        name: &SecretName,
        generation: u32,
        value: &str,
    ) -> Result<Secret, VaultError> {
        match crypt::decrypt(value, &keys.identities) {
            Ok(text) => match text.strip_prefix(&label(name, generation)) {
                Some(value) => Ok(Secret::new(value.to_owned())),
                // Somebody put the value of another secret, or an old one, in its place.
                None => Err(self.damaged(&format!("{name} holds a value that is not its own"))),
            },
            Err(Closed::WrongKey) => {
                let ours = keys.recipients();
                if document.recipients.iter().any(|r| ours.contains(r)) {
                    let what = format!("{name} is said to be encrypted to you and does not open");
                    return Err(self.damaged(&what));
                }
                Err(VaultError::WrongKey { file: self.shown() })
            }
            Err(Closed::Damaged(what)) => Err(self.damaged(&format!("{name}: {what}"))),
        }
    }

    fn shown(&self) -> Safe {
        Safe::line(&self.path.to_string_lossy())
    }

    fn damaged(&self, what: &str) -> VaultError {
        VaultError::Damaged { file: self.shown(), what: Safe::line(what) }
    }

    fn failed(&self, what: &str) -> VaultError {
        VaultError::File { file: self.shown(), what: Safe::line(what) }
    }
}

/// What stands before a value inside its encryption, so that a value counts only where it belongs.
fn label(name: &SecretName, generation: u32) -> String {
    format!("{name} {generation}\n")
}

/// A vault while it is being changed.
#[derive(Debug)]
pub struct Changing<'f, 'k> {
    file: &'f VaultFile<'k>,
    document: Document,
    to: Vec<age::x25519::Recipient>,
}

impl Changing<'_, '_> {
    /// What the file says, with the changes so far.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The current value of a secret; `None` where there is no such secret.
    pub fn get(&self, name: &SecretName) -> Result<Option<Secret>, VaultError> {
        let entry = self.document.secrets.get(name);
        entry.map(|entry| self.file.open(&self.document, name, entry)).transpose()
    }

    /// Gives a secret a value: its next generation. A value that is being brought to the host is dropped. Gives
    /// whether something changed: the value that it has already is none.
    pub fn set(
        &mut self,
        name: &SecretName,
        value: &Secret,
        author: &Author,
    ) -> Result<bool, VaultError> {
        let there = self.document.secrets.get(name);
        if let Some(entry) = there
            && entry.pending.is_none()
            && self.file.keys.unlock().is_ok()
            && self.file.open(&self.document, name, entry).is_ok_and(|old| old == *value)
        {
            return Ok(false);
        }
        let last = there.map_or(0, |e| {
            e.pending.as_ref().map_or(e.generation, |p| p.generation.max(e.generation))
        });
        let created = there.map_or(author.at, |e| e.created);
        let generation = last + 1;
        let entry = Entry {
            generation,
            created,
            rotated: author.at,
            by: author.by.clone(),
            seen_by: Vec::new(),
            value: self.sealed(name, generation, value)?,
            pending: None,
        };
        self.document.secrets.insert(name.clone(), entry);
        Ok(true)
    }

    /// Takes a secret out; gives whether there was one.
    pub fn remove(&mut self, name: &SecretName) -> bool {
        self.document.secrets.remove(name).is_some()
    }

    /// Makes `value` the next value of a secret, unless one is there already: it is then kept, so that going on with
    /// a change that was cut off brings the same value. `false` where there is no such secret.
    pub fn stage(
        &mut self,
        name: &SecretName,
        value: &Secret,
        author: &Author,
    ) -> Result<bool, VaultError> {
        let Some(entry) = self.document.secrets.get(name) else { return Ok(false) };
        if entry.pending.is_some() {
            return Ok(true);
        }
        let generation = entry.generation + 1;
        let pending = Pending {
            generation,
            created: author.at,
            by: author.by.clone(),
            value: self.sealed(name, generation, value)?,
        };
        if let Some(entry) = self.document.secrets.get_mut(name) {
            entry.pending = Some(pending);
        }
        Ok(true)
    }

    /// Makes the next value the current one. Without a next one nothing changes, so it may be done twice.
    pub fn promote(&mut self, name: &SecretName) {
        let Some(entry) = self.document.secrets.get_mut(name) else { return };
        let Some(pending) = entry.pending.take() else { return };
        entry.generation = pending.generation;
        entry.rotated = pending.created;
        entry.by = pending.by;
        entry.value = pending.value;
        entry.seen_by.clear();
    }

    /// Forgets the next value.
    pub fn discard(&mut self, name: &SecretName) {
        if let Some(entry) = self.document.secrets.get_mut(name) {
            entry.pending = None;
        }
    }

    /// Encrypts everything to these people, where it is not yet. Those that are no more among them are remembered at
    /// every value that they have seen.
    fn rekey(&mut self, keys: &[String]) -> Result<(), VaultError> {
        if self.document.recipients == keys {
            return Ok(());
        }
        let gone: Vec<String> =
            self.document.recipients.iter().filter(|k| !keys.contains(k)).cloned().collect();
        let mut secrets = self.document.secrets.clone();
        for (name, entry) in &mut secrets {
            let value = self.file.open(&self.document, name, entry)?;
            let next = match &entry.pending {
                None => None,
                Some(pending) => Some(self.file.open_pending(&self.document, name, pending)?),
            };
            entry.value = self.sealed(name, entry.generation, &value)?;
            if let (Some(pending), Some(next)) = (&mut entry.pending, next) {
                pending.value = self.sealed(name, pending.generation, &next)?;
            }
            for key in &gone {
                if !entry.seen_by.contains(key) {
                    entry.seen_by.push(key.clone());
                }
            }
            entry.seen_by.retain(|key| !keys.contains(key));
        }
        self.document.secrets = secrets;
        self.document.recipients = keys.to_vec();
        Ok(())
    }

    fn sealed(
        &self,
        name: &SecretName,
        generation: u32,
        value: &Secret,
    ) -> Result<String, VaultError> {
        let plain = Zeroizing::new(format!("{}{}", label(name, generation), value.expose()));
        crypt::encrypt(plain.as_bytes(), &self.to).map_err(|what| self.file.failed(&what))
    }
}
