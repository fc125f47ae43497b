//! The secrets of a host by what anybody can read of vaults: names, files and generations. No key is used.

use std::path::Path;

use super::{Keyring, Owner, VaultFile};
use crate::domain::ids::{GroupName, HostId};
use crate::domain::inventory::{Loaded, Reading, VariableTold, tell_variables};
use crate::domain::untrusted::Safe;

/// The secrets that vaults hold for a host, by name. Where several hold one, the host's own wins, then that of its nearest
/// group. A vault that cannot be read is told in place of its names.
pub fn named_secrets(
    inventory: &Path,
    loaded: &Loaded,
    host: &HostId,
    keys: &Keyring,
) -> Vec<VariableTold> {
    let mut all: Vec<VariableTold> = Vec::new();
    for owner in owners_of(loaded, host) {
        let file = VaultFile::of(inventory, &owner, keys);
        let told = |name: Safe, generation| VariableTold {
            name,
            value: None,
            given_by: match &owner {
                Owner::Host(_) => "host".into(),
                Owner::Group(group) => Safe::line(&format!("group {group}")),
            },
            at: Safe::line(&file.path().to_string_lossy()),
            unresolved: None,
            generation,
        };
        match file.look() {
            Ok(document) => {
                for (name, entry) in document.unwrap_or_default().secrets {
                    let name = Safe::line(name.as_str());
                    if !all.iter().any(|known| known.name == name) {
                        all.push(told(name, Some(entry.generation)));
                    }
                }
            }
            Err(error) => all.push(VariableTold {
                value: Some("its names cannot be read".into()),
                unresolved: Some(Safe::line(&error.to_string())),
                ..told("vault.age".into(), None)
            }),
        }
    }
    all
}

/// The variables of a host and the secrets that vaults hold for it, by name; `None` for a host that the inventory does not
/// have. A variable that can be read in the files is that one, whatever a vault holds; one that ansible-vault encrypted is
/// the vault's.
pub fn tell_with_vaults(
    inventory: &Path,
    loaded: &Loaded,
    host: &HostId,
    keys: &Keyring,
) -> Option<Vec<VariableTold>> {
    let variables = loaded.variables.get(host)?;
    let mut all = tell_variables(variables);
    for secret in named_secrets(inventory, loaded, host, keys) {
        let encrypted = variables
            .get(secret.name.as_str())
            .is_some_and(|v| matches!(v.var.reading, Reading::Encrypted));
        match all.iter_mut().find(|told| told.name == secret.name) {
            None => all.push(secret),
            Some(told) if encrypted => *told = secret,
            Some(_) => {}
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Some(all)
}

/// Who may hold secrets of a host: itself, then its groups, the nearest first, then `all`.
fn owners_of(loaded: &Loaded, host: &HostId) -> Vec<Owner> {
    let mut owners = vec![Owner::Host(host.clone())];
    if let Some(fleet) = &loaded.fleet {
        let used = fleet.hosts.iter().map(|h| (&h.id, &h.groups));
        let all = used.chain(fleet.left_out.iter().map(|h| (&h.id, &h.groups)));
        let groups = all.filter(|(id, _)| *id == host).flat_map(|(_, groups)| groups);
        owners.extend(groups.cloned().map(Owner::Group));
    }
    let all: Option<GroupName> = "all".parse().ok();
    owners.extend(all.map(Owner::Group));
    owners
}
