//! Taking instances into the inventory, for the command line and the cockpit alike: the host's key looked at and pinned,
//! its variables written, its secrets made, and the list of hosts last.

mod found;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::caller::actor;
use super::inventory::{Committed, FileChange, History, Scaffold, ScaffoldError};
use super::paths::StateDir;
use super::ssh::{HostKey, HostKeyError, Keys, SshSettings, host_keys};
use super::vault::{Author, Keyring, Owner, People, VaultFile};
use crate::domain::audit::{Deed, Facts};
use crate::domain::connection::Connection;
use crate::domain::ids::HostId;
use crate::domain::scaffold::enrol::{ShownFile, ShownKey};
use crate::domain::scaffold::hunk;
use crate::domain::secret::catalogue::KNOWN;
use crate::domain::secret::generate::{Recipe, generate};
use crate::domain::secret::{Secret, SecretName, Secrets};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{OpenAudit, StoreError, VaultError, audited};

pub use found::{ReadEnvError, domain_of, env_of};

/// Why an instance is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The inventory speaks against it.
    #[error(transparent)]
    Scaffold(#[from] ScaffoldError),
    /// Its key cannot be pinned.
    #[error(transparent)]
    HostKey(#[from] HostKeyError),
    /// Its secrets cannot be kept.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Secrets could not be encrypted to anybody.
    #[error(
        "the inventory has no recipients, so secrets could not be encrypted: run `bunker vault init` first, or give --no-secrets"
    )]
    NoRecipients,
    /// The keys that were accepted are not those that the host shows now.
    #[error(
        "{at} shows another key now ({shown}) than the one that was accepted: nothing was written"
    )]
    OtherKey {
        /// Where.
        at: Safe,
        /// The fingerprints.
        shown: Safe,
    },
    /// The state folder cannot be used.
    #[error("the state folder: {0}")]
    State(Safe),
    /// It cannot be written down who does this, so it is not done.
    #[error(transparent)]
    Audit(#[from] StoreError),
}

/// Where instances are taken in.
#[derive(Clone)]
pub struct Desk {
    /// The inventory folder.
    pub inventory: PathBuf,
    /// The state folder, where pinned keys are.
    pub state: StateDir,
    /// The operator's keys.
    pub keys: Arc<Keyring>,
    /// Where it is written down before it is done.
    pub audit: OpenAudit,
}

impl Desk {
    /// Refuses to begin where no secret could be encrypted to anybody.
    pub fn can_encrypt(&self) -> Result<(), EnrolError> {
        if People::read(&self.inventory)?.current.is_empty() {
            return Err(EnrolError::NoRecipients);
        }
        Ok(())
    }

    /// Asks a host for the keys that are to be pinned; none where one is pinned already.
    pub async fn look(&self, to: &Connection) -> Result<Vec<HostKey>, HostKeyError> {
        let ours = self.known_hosts();
        let mut files = vec![ours.as_path()];
        files.extend(to.known_hosts.as_deref().map(Path::new));
        match host_keys::look(to, &files).await? {
            Keys::New(keys) => Ok(keys),
            Keys::Pinned => Ok(Vec::new()),
        }
    }

    /// Asks again, and gives the keys only where they are those that were accepted.
    pub async fn accepted(
        &self,
        to: &Connection,
        accepted: &[ShownKey],
    ) -> Result<Vec<HostKey>, EnrolError> {
        let keys = self.look(to).await?;
        if !keys.is_empty() && shown_keys(&keys) != accepted {
            let shown: Vec<&str> = keys.iter().map(|key| key.fingerprint.as_str()).collect();
            let at = Safe::line(to.address.as_str());
            return Err(EnrolError::OtherKey { at, shown: Safe::line(&shown.join(" ")) });
        }
        Ok(keys)
    }

    /// Pins them, as the keys of this host.
    pub fn pin(&self, host: &HostId, keys: &[HostKey]) -> Result<(), EnrolError> {
        if keys.is_empty() {
            return Ok(());
        }
        let shown = keys.iter().fold(Deed::new("host-key-pin").on(host), |deed, key| {
            deed.after(&key.kind, &key.fingerprint)
        });
        audited(&*(self.audit)()?, shown, |_| {
            let failed = |e: std::io::Error| EnrolError::State(Safe::line(&e.to_string()));
            self.state.prepare().map_err(failed)?;
            host_keys::pin(&self.known_hosts(), keys)?;
            Ok(((), Facts::new()))
        })
    }

    /// Pins the key and writes the files; the list of hosts comes last.
    ///
    /// `None` makes no secrets. Gives whether it is in the history of the inventory.
    pub fn write(
        &self,
        scaffold: &Scaffold,
        keys: &[HostKey],
        secrets: Option<Its<'_>>,
        author: &Author,
    ) -> Result<Committed, EnrolError> {
        let host = &scaffold.host.id;
        self.pin(host, keys)?;
        let at = scaffold.host.connection.address.as_str();
        let deed = Deed::new("instance-add").on(host).after("address", at);
        let files =
            [&scaffold.main.path, &scaffold.hosts.path, &self.vault_of(host)].map(Clone::clone);
        let what = format!("add {host} to the inventory");
        let schemas = scaffold.schemas.iter().map(|new| new.path.clone()).collect();
        self.remembered(deed, &files, schemas, &what, || {
            scaffold.write(|| match secrets {
                Some(its) => self.seal(host, its, author),
                None => Ok(()),
            })
        })
    }

    /// Gives a host these secrets, which count before what is in its vault, and makes those that it lacks then. Gives whether it is
    /// in the history of the inventory.
    pub fn fill(
        &self,
        host: &HostId,
        given: &Secrets,
        author: &Author,
    ) -> Result<Committed, EnrolError> {
        let names = given.keys().map(SecretName::as_str);
        let deed =
            names.fold(Deed::new("vault-fill").on(host), |d, name| d.after(name, "taken over"));
        let what = format!("take over the secrets of {host}");
        let files = [self.vault_of(host)];
        self.remembered(deed, &files, Vec::new(), &what, || {
            self.seal(host, Its::Running(given), author)
        })
    }

    /// Writes files of the inventory between intent and outcome, and commits them with those that come along.
    fn remembered(
        &self,
        deed: Deed,
        files: &[PathBuf],
        along: Vec<PathBuf>,
        what: &str,
        write: impl FnOnce() -> Result<(), EnrolError>,
    ) -> Result<Committed, EnrolError> {
        audited(&*(self.audit)()?, deed, |intent| {
            let history = History::before(&self.inventory, files).and(along);
            write()?;
            let committed = history.commit(what, &actor(), &intent.anchor);
            Ok((committed.clone(), committed.facts()))
        })
    }

    fn seal(&self, host: &HostId, its: Its<'_>, author: &Author) -> Result<(), EnrolError> {
        let file = VaultFile::of(&self.inventory, &Owner::Host(host.clone()), &self.keys);
        file.change(|vault| {
            if let Its::Running(given) = its {
                for (name, value) in given {
                    vault.set(name, value, author)?;
                }
            }
            for (name, recipe) in its.made() {
                if !vault.document().secrets.contains_key(&name) {
                    vault.set(&name, &random(recipe)?, author)?;
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The vault of a host.
    pub fn vault_of(&self, host: &HostId) -> PathBuf {
        let owner = Owner::Host(host.clone());
        VaultFile::of(&self.inventory, &owner, &self.keys).path().to_owned()
    }

    /// The file with the keys that this program has pinned.
    fn known_hosts(&self) -> PathBuf {
        SshSettings::below(self.state.path()).known_hosts
    }
}

/// The secrets of an instance that is written into the inventory.
#[derive(Clone, Copy)]
pub enum Its<'a> {
    /// It is new: all are made that can be made.
    New,
    /// It runs already, with these; those that every instance has and it lacks are made. No other: a service that runs without
    /// one would be given another than it has.
    Running(&'a Secrets),
}

impl Its<'_> {
    /// Those that the program makes.
    fn made(self) -> impl Iterator<Item = (SecretName, Recipe)> {
        let all = matches!(self, Self::New);
        let rows = KNOWN.iter().filter(move |k| all || k.always);
        rows.filter_map(|k| Some((k.name.parse().ok()?, k.recipe()?)))
    }
}

/// The names of what is made for a new instance, in the order of the table.
pub fn made_names() -> Vec<SecretName> {
    Its::New.made().map(|(name, _)| name).collect()
}

fn random(recipe: Recipe) -> Result<Secret, VaultError> {
    let failed = |what: &str| {
        let text = format!("this machine gives no randomness: {what}");
        VaultError::Identity(Safe::line(&text))
    };
    let mut bytes = zeroize::Zeroizing::new(vec![0; recipe.bytes()]);
    getrandom::fill(&mut bytes).map_err(|error| failed(&error.to_string()))?;
    generate(recipe, &bytes).ok_or_else(|| failed("too little"))
}

/// Keys as a person compares them.
pub fn shown_keys(keys: &[HostKey]) -> Vec<ShownKey> {
    let shown = |key: &HostKey| ShownKey {
        kind: Safe::line(&key.kind),
        fingerprint: Safe::line(&key.fingerprint),
    };
    keys.iter().map(shown).collect()
}

/// The files of a scaffold as a person looks at them.
pub fn shown_files(scaffold: &Scaffold) -> Vec<ShownFile> {
    let shown = |change: &&FileChange| ShownFile {
        path: Safe::line(&change.path.to_string_lossy()),
        is_new: change.before.is_none(),
        lines: hunk(change.before.as_deref().unwrap_or_default(), &change.after)
            .iter()
            .map(|line| Safe::line(line))
            .collect(),
    };
    let schema = |new: &FileChange| ShownFile {
        path: Safe::line(&new.path.to_string_lossy()),
        is_new: true,
        lines: Vec::new(),
    };
    scaffold.changes().iter().map(shown).chain(scaffold.schemas.iter().map(schema)).collect()
}
