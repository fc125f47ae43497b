//! Who has a vault, and how old the secrets there are: read by anybody, without a key.

use std::path::Path;

use jiff::Timestamp;

use super::{Keyring, Owner, VaultFile};
use crate::domain::ids::InvalidName;
use crate::domain::secret::due::Due;
use crate::domain::untrusted::Safe;
use crate::engine::ports::VaultError;

/// Every owner that has a vault: groups, then hosts, in order of name, by the folders of the inventory. Files for
/// hosts that are in no inventory any more are among them.
pub fn owners(inventory: &Path) -> Result<Vec<Owner>, VaultError> {
    let error = |file: &Path, what: String| VaultError::File {
        file: Safe::line(&file.to_string_lossy()),
        what: Safe::line(&what),
    };
    let names = |folder: &str| -> Result<Vec<String>, VaultError> {
        let folder = inventory.join(folder);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(error(&folder, e.to_string())),
        };
        let vaults = entries.flatten().filter(|e| e.path().join("vault.age").exists());
        let mut names: Vec<String> =
            vaults.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        Ok(names)
    };
    let wrong = |name: &str, e: &InvalidName| error(&inventory.join(name), e.to_string());
    let mut owners = Vec::new();
    for name in names("group_vars")? {
        owners.push(Owner::Group(name.parse().map_err(|e| wrong("group_vars", &e))?));
    }
    for name in names("host_vars")? {
        owners.push(Owner::Host(name.parse().map_err(|e| wrong("host_vars", &e))?));
    }
    Ok(owners)
}

/// All secrets of an inventory with their age, the most urgent first.
pub fn due(inventory: &Path, keys: &Keyring, now: Timestamp) -> Result<Vec<Due>, VaultError> {
    let mut all = Vec::new();
    for owner in owners(inventory)? {
        let document = VaultFile::of(inventory, &owner, keys).look()?;
        for (name, entry) in document.unwrap_or_default().secrets {
            let whose = (Safe::line(&owner.to_string()), matches!(owner, Owner::Host(_)));
            let mut due = Due::new(now, whose, name, (entry.generation, entry.rotated));
            due.seen = !entry.seen_by.is_empty();
            all.push(due);
        }
    }
    all.sort_by_key(Due::urgency);
    Ok(all)
}
