//! Vaults on a disk: who opens what, what is told of damage, and that no edit is lost.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::*;
use crate::domain::secret::{Secret, SecretName};
use crate::domain::untrusted::Safe;

const NOBODY: Asking = Asking::Nobody("ask in a test");

struct Home {
    dir: tempfile::TempDir,
    inventory: PathBuf,
    keys: Arc<Keyring>,
}

fn home() -> Home {
    let dir = tempfile::tempdir().unwrap();
    let inventory = dir.path().join("inventory");
    std::fs::create_dir(&inventory).unwrap();
    let hosts = "web:\n  hosts:\n    one:\n    two:\n";
    std::fs::write(inventory.join("hosts.yml"), hosts).unwrap();
    let keys = person(dir.path(), &inventory, "anna");
    Home { dir, inventory, keys }
}

fn person(dir: &Path, inventory: &Path, name: &str) -> Arc<Keyring> {
    let path = dir.join(format!("{name}/identity.txt"));
    let key = make_identity(&path, None).unwrap();
    People::add(inventory, name, &key).unwrap();
    Arc::new(Keyring::at(path, NOBODY))
}

fn name(text: &str) -> SecretName {
    text.parse().unwrap()
}

fn author() -> Author {
    Author { by: Safe::line("anna@desk"), at: "2026-11-22T10:00:00Z".parse().unwrap() }
}

fn secret(value: &str) -> Secret {
    Secret::new(value.to_owned())
}

impl Home {
    fn file(&self, owner: &str) -> VaultFile<'_> {
        let owner = match owner.strip_prefix("group ") {
            Some(group) => Owner::Group(group.parse().unwrap()),
            None => Owner::Host(owner.parse().unwrap()),
        };
        VaultFile::of(&self.inventory, &owner, &self.keys)
    }

    fn set(&self, owner: &str, secret_name: &str, value: &str) -> bool {
        let file = self.file(owner);
        file.change(|v| v.set(&name(secret_name), &secret(value), &author())).unwrap()
    }

    fn values(&self, host: &str) -> Vec<(String, String)> {
        let all = AgeVault::new(Arc::clone(&self.keys));
        let all = all.of_host(&self.inventory, &host.parse().unwrap());
        let all = all.unwrap_or_else(|error| panic!("{error}"));
        all.into_iter().map(|(n, v)| (n.to_string(), v.expose().to_owned())).collect()
    }

    fn trouble(&self, keys: &Arc<Keyring>) -> VaultError {
        let all = AgeVault::new(Arc::clone(keys)).of_host(&self.inventory, &"one".parse().unwrap());
        all.err().unwrap()
    }
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn a_host_has_its_own_secrets_over_those_of_its_groups() {
    let home = home();
    assert_eq!(home.values("one"), pairs(&[]));
    assert!(home.set("group all", "vault_a", "of all"));
    assert!(home.set("group all", "vault_b", "of all"));
    assert!(home.set("group web", "vault_b", "of web"));
    assert!(home.set("group web", "vault_c", "of web"));
    assert!(home.set("one", "vault_c", "line 1\nline 2\n"));
    let want = [("vault_a", "of all"), ("vault_b", "of web"), ("vault_c", "line 1\nline 2\n")];
    assert_eq!(home.values("one"), pairs(&want));
    assert_eq!(home.values("two")[2].1, "of web");
    assert!(!home.set("one", "vault_c", "line 1\nline 2\n"), "the same value is a change");
    let text = std::fs::read_to_string(home.file("one").path()).unwrap();
    assert!(text.contains("vault_c") && !text.contains("line 1"), "{text}");
}

#[test]
fn the_next_value_stands_beside_the_current_one_until_it_is_promoted() {
    let home = home();
    home.set("one", "vault_a", "old");
    let file = home.file("one");
    let stage = |value: &str| {
        file.change(|v| v.stage(&name("vault_a"), &secret(value), &author())).unwrap()
    };
    assert!(stage("new"));
    assert!(stage("newer"), "a value that is on its way is kept");
    assert_eq!(home.values("one"), pairs(&[("vault_a", "old"), ("vault_a__pending", "new")]));
    for _ in 0..2 {
        file.change(|v| {
            v.promote(&name("vault_a"));
            Ok(())
        })
        .unwrap();
        assert_eq!(home.values("one"), pairs(&[("vault_a", "new")]));
    }
    assert_eq!(file.look().unwrap().unwrap().secrets[&name("vault_a")].generation, 2);
    assert!(!file.change(|v| v.stage(&name("vault_x"), &secret("x"), &author())).unwrap());
}

#[test]
fn a_removed_person_is_remembered_at_every_value_that_they_have_seen() {
    let home = home();
    let ben = person(home.dir.path(), &home.inventory, "ben");
    home.set("one", "vault_a", "seen");
    home.set("one", "vault_b", "seen too");
    assert!(
        AgeVault::new(Arc::clone(&ben)).of_host(&home.inventory, &"one".parse().unwrap()).is_ok()
    );
    let gone = People::remove(&home.inventory, "ben").unwrap();
    home.file("one").change(|_| Ok(())).unwrap();
    assert!(matches!(home.trouble(&ben), VaultError::WrongKey { .. }));
    let seen = |n: &str| {
        let document = home.file("one").look().unwrap().unwrap();
        document.secrets[&name(n)].seen_by.clone()
    };
    assert_eq!(seen("vault_a"), std::slice::from_ref(&gone.key));
    assert!(home.set("one", "vault_a", "fresh"));
    assert_eq!(seen("vault_a"), [""; 0]);
    assert_eq!(seen("vault_b"), [gone.key]);
}

#[test]
fn damage_is_told_from_a_wrong_key() {
    let home = home();
    home.set("one", "vault_a", "value of a");
    home.set("one", "vault_b", "value of b");
    let path = home.file("one").path().to_owned();
    let text = std::fs::read_to_string(&path).unwrap();
    let stranger = home.dir.path().join("eve/identity.txt");
    make_identity(&stranger, None).unwrap();
    let eve = Arc::new(Keyring::at(stranger, NOBODY));
    assert!(matches!(home.trouble(&eve), VaultError::WrongKey { .. }));

    let lines: Vec<&str> = text.lines().collect();
    let armor: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].contains("BEGIN AGE")).collect();
    for line in armor[0] + 1..armor[0] + 4 {
        let mut changed: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        let at = changed[line].len() - 6;
        let other = if changed[line].get(at..=at) == Some("A") { "B" } else { "A" };
        changed[line].replace_range(at..=at, other);
        std::fs::write(&path, changed.join("\n") + "\n").unwrap();
        let told = home.trouble(&home.keys);
        assert!(matches!(told, VaultError::Damaged { .. }), "line {line}: {told}");
    }
    // A value in the place of another.
    let swapped = text.replace("vault_a", "vault_x").replace("vault_b", "vault_a");
    std::fs::write(&path, swapped).unwrap();
    let told = home.trouble(&home.keys).to_string();
    assert!(told.contains("not its own") && told.contains(".bak"), "{told}");
    std::fs::write(&path, text.get(..text.len() / 2).unwrap()).unwrap();
    assert!(matches!(home.trouble(&home.keys), VaultError::Damaged { .. }));
}

#[test]
fn two_writers_at_once_lose_no_edit() {
    let home = home();
    home.set("one", "vault_first", "x");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let home = &home;
            scope.spawn(move || {
                for n in 0..5 {
                    home.set("one", &format!("vault_w{writer}_{n}"), "value");
                }
            });
        }
    });
    assert_eq!(home.values("one").len(), 21);
}

#[test]
fn an_identity_that_others_may_read_is_refused() {
    let home = home();
    home.set("one", "vault_a", "x");
    let path = home.keys.path().to_owned();
    let folder = path.parent().unwrap().to_owned();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let told = |path: &Path| {
        let told = home.trouble(&Arc::new(Keyring::at(path, NOBODY)));
        assert!(matches!(told, VaultError::Identity(_)), "{told}");
        told.to_string()
    };
    for wrong in [0o640, 0o604] {
        mode(&path, wrong);
        assert!(told(&path).contains("others may read it: chmod 600"));
    }
    mode(&path, 0o600);
    mode(&folder, 0o770);
    assert!(told(&path).contains("others may write to its folder"));
    mode(&folder, 0o700);
    let link = home.dir.path().join("link.txt");
    symlink(&path, &link).unwrap();
    assert!(told(&link).contains("it is a link to"));
    assert!(told(&home.dir.path().join("none.txt")).contains("bunker vault init"));
    let empty = folder.join("empty.txt");
    std::fs::write(&empty, "# nothing\n").unwrap();
    mode(&empty, 0o600);
    assert!(told(&empty).contains("it holds no key"));
    assert!(make_identity(&path, None).is_err(), "an identity was replaced");
}

#[test]
fn an_identity_with_a_passphrase_is_asked_for_once_and_handed_over() {
    let home = home();
    let path = home.dir.path().join("carl/identity.txt");
    let key = make_identity(&path, Some(Zeroizing::new("open sesame".to_owned()))).unwrap();
    People::add(&home.inventory, "carl", &key).unwrap();
    home.set("one", "vault_a", "x");
    let told = home.trouble(&Arc::new(Keyring::at(&path, NOBODY))).to_string();
    assert!(told.contains("nobody can be asked for it here: ask in a test"), "{told}");
    let wrong = Asking::Person(Arc::new(|_: &str| Ok(Zeroizing::new("open barley".to_owned()))));
    let told = home.trouble(&Arc::new(Keyring::at(&path, wrong))).to_string();
    assert!(told.contains("this is not its passphrase"), "{told}");
    let right = Keyring::at(
        &path,
        Asking::Person(Arc::new(|_: &str| Ok(Zeroizing::new("open sesame".to_owned())))),
    );
    assert!(right.to_hand_over().is_none());
    right.unlock().map_err(|e| e.to_string()).unwrap();
    let given = Arc::new(Keyring::given(right.to_hand_over().unwrap()).unwrap());
    assert!(AgeVault::new(given).of_host(&home.inventory, &"one".parse().unwrap()).is_ok());
    let text = std::fs::read(&path).unwrap();
    let header = String::from_utf8_lossy(&text).into_owned();
    assert!(header.starts_with("-----BEGIN AGE"), "{header}");
}

#[test]
fn a_file_of_variables_is_not_hidden_by_a_folder() {
    let home = home();
    std::fs::create_dir(home.inventory.join("host_vars")).unwrap();
    std::fs::write(home.inventory.join("host_vars/one.yml"), "a: 1\n").unwrap();
    let file = home.file("one");
    let told = file.change(|v| v.set(&name("vault_a"), &secret("x"), &author())).unwrap_err();
    assert!(told.to_string().contains("move it to"), "{told}");
    assert!(!home.inventory.join("host_vars/one").exists());
}
