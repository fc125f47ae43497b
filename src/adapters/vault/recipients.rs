//! `recipients.txt`: to whom the secrets of an inventory are encrypted.
//!
//! The file is one that `age -R` reads: a recipient a line, and comments. The comment above a recipient is the name
//! of the person, and `# removed: NAME RECIPIENT` remembers somebody who could read the secrets once.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use age::x25519::Recipient;

use super::replace::FolderLock;
use crate::domain::untrusted::Safe;
use crate::engine::ports::VaultError;

const REMOVED: &str = "# removed: ";
const HEAD: &str = "# The secrets of this inventory are encrypted to these people: the name, and below it the age recipient.\n\
# Change it with `bunker vault recipients add|remove`, then run `bunker vault rekey`.\n";

/// Somebody who can read the secrets, or could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their name, as the file says it; the beginning of the key where it says none.
    pub name: Safe,
    /// Their recipient: `age1...`.
    pub key: String,
}

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    /// Those that can read.
    pub current: Vec<Person>,
    /// Those that could.
    pub removed: Vec<Person>,
}

/// The file of an inventory.
pub fn file_of(inventory: &Path) -> PathBuf {
    inventory.join("recipients.txt")
}

impl People {
    /// Reads the file; nobody where there is none.
    pub fn read(inventory: &Path) -> Result<Self, VaultError> {
        let path = file_of(inventory);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|what| trouble(&path, &what)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(trouble(&path, &error.to_string())),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut people = Self::default();
        let mut name: Option<&str> = None;
        for (n, line) in (1..).zip(text.lines().map(str::trim)) {
            if let Some((gone, key)) = line.strip_prefix(REMOVED).and_then(|r| r.rsplit_once(' ')) {
                people.removed.push(Person { name: Safe::line(gone), key: key.to_owned() });
            } else if let Some(comment) = line.strip_prefix('#') {
                name = Some(comment.trim());
            } else if line.is_empty() {
                name = None;
            } else {
                check(line).map_err(|why| format!("line {n}: {why}"))?;
                if people.current.iter().any(|p| p.key == line) {
                    return Err(format!("line {n}: this recipient stands twice"));
                }
                let name = name.take().filter(|n| !n.is_empty());
                let name = Safe::line(name.unwrap_or_else(|| short(line)));
                people.current.push(Person { name, key: line.to_owned() });
            }
        }
        Ok(people)
    }

    /// Adds somebody. Refused where the key is none, or the name or the key is there.
    pub fn add(inventory: &Path, name: &str, key: &str) -> Result<(), VaultError> {
        let path = file_of(inventory);
        change(&path, |people| {
            check(key)?;
            let name = Safe::line(name.trim());
            if name.as_str().is_empty() || name.as_str().starts_with("removed:") {
                return Err("the name of the recipient is missing".to_owned());
            }
            if let Some(there) = people.current.iter().find(|p| p.key == key || p.name == name) {
                return Err(format!("{} is there already with {}", there.name, there.key));
            }
            people.removed.retain(|p| p.key != key);
            people.current.push(Person { name, key: key.to_owned() });
            Ok(())
        })
    }

    /// Takes somebody out, by name or key; gives who it was. The last one stays.
    pub fn remove(inventory: &Path, who: &str) -> Result<Person, VaultError> {
        let path = file_of(inventory);
        let mut gone = None;
        change(&path, |people| {
            let found = people.current.iter().position(|p| p.name.as_str() == who || p.key == who);
            let Some(at) = found else {
                let names: Vec<&str> = people.current.iter().map(|p| p.name.as_str()).collect();
                return Err(format!(
                    "there is no recipient {who:?}; there are: {}",
                    names.join(", ")
                ));
            };
            if people.current.len() == 1 {
                return Err("the last recipient stays, else nobody could read the secrets".into());
            }
            let person = people.current.remove(at);
            people.removed.push(person.clone());
            gone = Some(person);
            Ok(())
        })?;
        gone.ok_or_else(|| trouble(&path, "nobody was removed"))
    }

    /// The name of a key.
    pub fn name_of(&self, key: &str) -> Safe {
        let mut all = self.current.iter().chain(&self.removed);
        all.find(|p| p.key == key).map_or_else(|| Safe::line(short(key)), |p| p.name.clone())
    }

    /// The keys of those that can read, in order of the file.
    pub fn keys(&self) -> Vec<String> {
        self.current.iter().map(|p| p.key.clone()).collect()
    }

    fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for Person { name, key } in &self.current {
            let _ = write!(text, "\n# {name}\n{key}\n");
        }
        if !self.removed.is_empty() {
            text.push('\n');
        }
        for Person { name, key } in &self.removed {
            let _ = writeln!(text, "{REMOVED}{name} {key}");
        }
        text
    }
}

/// The recipients of age that these keys are.
pub(super) fn parsed(keys: &[String]) -> Result<Vec<Recipient>, String> {
    keys.iter().map(|key| check(key)).collect()
}

fn check(key: &str) -> Result<Recipient, String> {
    if key.starts_with("AGE-SECRET-KEY-") {
        return Err(
            "this is a secret key: it belongs into nobody's hands; make a new identity".into()
        );
    }
    if key.starts_with("ssh-") || key.starts_with("ecdsa-") {
        return Err("SSH keys cannot be recipients: `bunker vault init` makes an age key".into());
    }
    key.parse::<Recipient>()
        .map_err(|why| format!("{:?} is no age recipient (age1...): {why}", Safe::line(key)))
}

fn short(key: &str) -> &str {
    key.get(..12).unwrap_or(key)
}

fn change(
    path: &Path,
    edit: impl FnOnce(&mut People) -> Result<(), String>,
) -> Result<(), VaultError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let io = |error: std::io::Error| trouble(path, &error.to_string());
    let lock = FolderLock::take(folder).map_err(io)?;
    let mut people = People::read(folder)?;
    edit(&mut people).map_err(|what| trouble(path, &what))?;
    lock.replace(path, &people.text(), 0o644).map_err(io)
}

fn trouble(path: &Path, what: &str) -> VaultError {
    VaultError::File { file: Safe::line(&path.to_string_lossy()), what: Safe::line(what) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use age::x25519::Identity;

    fn key() -> String {
        Identity::generate().to_public().to_string()
    }

    #[test]
    fn people_come_and_go_and_are_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (key(), key());
        assert_eq!(People::read(dir.path()).unwrap(), People::default());
        People::add(dir.path(), "anna@desk", &a).unwrap();
        assert!(People::remove(dir.path(), "anna@desk").is_err(), "the last one was removed");
        People::add(dir.path(), "ben", &b).unwrap();
        assert!(People::add(dir.path(), "ben", &key()).is_err());
        assert!(People::add(dir.path(), "carl", &b).is_err());
        assert_eq!(People::read(dir.path()).unwrap().keys(), [a.clone(), b.clone()]);
        assert!(People::remove(dir.path(), "nobody").is_err());
        assert_eq!(People::remove(dir.path(), "anna@desk").unwrap().key, a);
        let people = People::read(dir.path()).unwrap();
        assert_eq!(people.keys(), [b]);
        assert_eq!(people.name_of(&a).as_str(), "anna@desk");
        let text = std::fs::read_to_string(file_of(dir.path())).unwrap();
        assert_eq!(People::parse(&text).unwrap(), people);
    }

    #[test]
    fn a_file_of_age_is_read_and_what_is_no_recipient_is_refused() {
        let a = key();
        let people = People::parse(&format!("# created by hand\n\n{a}\n")).unwrap();
        assert_eq!(people.current[0].name.as_str(), a.get(..12).unwrap());
        let secret = "AGE-SECRET-KEY-1QQQ";
        for wrong in ["age1nonsense", "ssh-ed25519 AAAA", secret, "hello"] {
            assert!(People::parse(wrong).is_err(), "{wrong}");
        }
        assert!(People::parse(&format!("{a}\n{a}\n")).is_err());
    }
}
