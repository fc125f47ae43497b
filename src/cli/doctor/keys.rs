//! The keys of this machine: those that log in, and the one that opens the vault.

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use super::finding::Notes;
use crate::adapters::vault::{AgeVault, Asking, Keyring, Owner, owners};
use crate::domain::fleet::Fleet;

/// The private keys that hosts name: there, ours, and readable by nobody else. ssh refuses any other.
pub(super) fn ssh_keys(notes: &mut Notes, fleet: &Fleet) {
    let files: BTreeSet<&str> =
        fleet.hosts.iter().filter_map(|h| h.connection.identity.as_deref()).collect();
    if files.is_empty() {
        return notes.good("ssh keys", "none are named: ssh takes its own, or those of the agent");
    }
    let bad: Vec<(String, String)> =
        files.iter().filter_map(|file| private(Path::new(file)).err()).collect();
    match bad.first() {
        None => {
            let all: Vec<&str> = files.into_iter().collect();
            notes.good("ssh keys", &all.join(", "));
        }
        Some((found, fix)) => notes.bad("ssh keys", found, fix),
    }
}

/// The identity, where the inventory has a vault, and whether it opens every host's.
pub(super) fn vault(notes: &mut Notes, inventory: &Path) {
    let owners = match owners(inventory) {
        Ok(owners) => owners,
        Err(error) => return notes.bad("vault", &error.to_string(), "look at the file"),
    };
    if owners.is_empty() {
        return notes.good("vault", "the inventory has none");
    }
    let nobody = Asking::Nobody("it has a passphrase: `bunker vault verify` asks for it");
    let keys = Arc::new(Keyring::from_env(nobody));
    match private(keys.path()) {
        Err((found, fix)) => return notes.bad("identity", &found, &fix),
        Ok(()) => notes.good("identity", &keys.path().display().to_string()),
    }
    let vaults = AgeVault::new(keys);
    let mut opened = 0;
    for owner in &owners {
        let Owner::Host(host) = owner else { continue };
        if let Err(error) = vaults.of_host(inventory, host) {
            let fix = "run `bunker vault verify`; ask a recipient to add your key, or put a good copy back";
            return notes.bad("vault", &error.to_string(), fix);
        }
        opened += 1;
    }
    notes.good("vault", &format!("{} files, those of {opened} hosts opened", owners.len()));
}

/// Whether a file is there, ours, and for nobody else; if not, what is and what to do.
fn private(file: &Path) -> Result<(), (String, String)> {
    let shown = file.display();
    let meta = std::fs::metadata(file).map_err(|e| {
        (format!("{shown}: {e}"), format!("put the key there, or name another: ls -l {shown}"))
    })?;
    let mode = meta.permissions().mode() & 0o7777;
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me {
        let found = format!("{shown} belongs to user id {}", meta.uid());
        return Err((found, format!("use a key of your own, or chown {me} {shown}")));
    }
    if mode & 0o077 != 0 {
        let found = format!("{shown} has mode {mode:04o}: others can read it");
        return Err((found, format!("chmod 600 {shown}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_others_can_read_or_that_is_not_there_is_told_with_the_fix() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        assert!(private(&file).unwrap_err().0.contains("No such file"));
        std::fs::write(&file, "key").unwrap();
        let mode = |mode| std::fs::set_permissions(&file, PermissionsExt::from_mode(mode));
        mode(0o644).unwrap();
        let (found, fix) = private(&file).unwrap_err();
        assert!(found.contains("mode 0644"), "{found}");
        assert_eq!(fix, format!("chmod 600 {}", file.display()));
        mode(0o600).unwrap();
        assert_eq!(private(&file), Ok(()));
    }
}
