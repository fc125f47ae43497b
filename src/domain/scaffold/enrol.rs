//! Taking an instance into the inventory: what is typed for it, and what a person is shown before anything is written.

use std::collections::BTreeMap;

use super::NewInstance;
use crate::domain::ids::{Domain, GroupName, HostId, InvalidName};

use crate::domain::secret::SecretName;
use crate::domain::settings::Tier;
use crate::domain::untrusted::Safe;

/// Something that is typed for a new instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entry {
    /// Its inventory hostname.
    Host,
    /// Its domain.
    Domain,
    /// Where it is reached.
    Address,
    /// 1 or 2.
    Tier,
    /// Login name.
    User,
    /// SSH port.
    Port,
    /// Groups, with blanks between.
    Groups,
    /// Where the application comes from.
    Repo,
    /// Which branch, tag or commit of it.
    Reference,
    /// Folder of the checkout on the host.
    Dir,
}

/// What was typed. What is left empty is not there.
pub type Words = BTreeMap<Entry, String>;

/// Why what was typed for an instance is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refused {
    /// Where.
    pub entry: Entry,
    /// Why.
    pub why: InvalidName,
}

fn port(text: &str) -> Result<u16, InvalidName> {
    let number = text.parse().ok().filter(|port| *port > 0);
    number.ok_or_else(|| InvalidName::new("port", text, "use 1 to 65535"))
}

fn tier(text: &str) -> Result<Tier, InvalidName> {
    let number = text.parse::<u8>();
    number.map_err(|_| InvalidName::new("tier", text, "it is 1 or 2")).and_then(Tier::try_from)
}

fn groups(text: &str) -> Result<Vec<GroupName>, InvalidName> {
    text.split_whitespace().map(str::parse).collect()
}

/// Checks one entry by the rules of its type.
pub fn check(entry: Entry, text: &str) -> Result<(), InvalidName> {
    use crate::domain::{connection, git, paths};
    match entry {
        Entry::Host => text.parse::<HostId>().map(drop),
        Entry::Domain => text.parse::<Domain>().map(drop),
        Entry::Address => text.parse::<connection::Address>().map(drop),
        Entry::Tier => tier(text).map(drop),
        Entry::User => text.parse::<connection::UserName>().map(drop),
        Entry::Port => port(text).map(drop),
        Entry::Groups => groups(text).map(drop),
        Entry::Repo => text.parse::<git::GitUrl>().map(drop),
        Entry::Reference => text.parse::<git::GitRef>().map(drop),
        Entry::Dir => text.parse::<paths::RemotePath>().map(drop),
    }
}

/// The instance that was typed. An entry that it must have and that is empty is refused as an empty text is.
pub fn new_instance(words: &Words) -> Result<NewInstance, Refused> {
    let said = |entry| words.get(&entry).map(String::as_str);
    let must = |entry| said(entry).unwrap_or_default();
    let at = |entry| move |why| Refused { entry, why };
    let mut variables = BTreeMap::new();
    if let Some(dir) = said(Entry::Dir) {
        check(Entry::Dir, dir).map_err(at(Entry::Dir))?;
        variables.insert("cml_dir".to_owned(), dir.into());
    }
    Ok(NewInstance {
        host: must(Entry::Host).parse().map_err(at(Entry::Host))?,
        domain: must(Entry::Domain).parse().map_err(at(Entry::Domain))?,
        address: must(Entry::Address).parse().map_err(at(Entry::Address))?,
        tier: tier(said(Entry::Tier).unwrap_or("1")).map_err(at(Entry::Tier))?,
        user: said(Entry::User).map(str::parse).transpose().map_err(at(Entry::User))?,
        port: said(Entry::Port).map(port).transpose().map_err(at(Entry::Port))?,
        groups: groups(must(Entry::Groups)).map_err(at(Entry::Groups))?,
        repo: said(Entry::Repo).map(str::parse).transpose().map_err(at(Entry::Repo))?,
        reference: said(Entry::Reference)
            .map(str::parse)
            .transpose()
            .map_err(at(Entry::Reference))?,
        variables,
    })
}

/// A domain that nobody can have, for as long as that of a host is not known.
pub fn domain_to_come(host: &str) -> String {
    let name = host.to_ascii_lowercase().replace(['_', '.'], "-");
    format!("{}.invalid", name.trim_matches('-'))
}

/// A host's key as a person compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownKey {
    /// `ssh-ed25519` and so on.
    pub kind: Safe,
    /// `SHA256:` and 43 characters.
    pub fingerprint: Safe,
}

/// A file that would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownFile {
    /// Where.
    pub path: Safe,
    /// Whether it is not there yet.
    pub is_new: bool,
    /// Its lines that come (`+`), go (`-`) or stay around them.
    pub lines: Vec<Safe>,
}

/// What adding an instance would write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The host.
    pub host: HostId,
    /// Its keys that would be pinned; none where one is pinned already.
    pub keys: Vec<ShownKey>,
    /// The files, in the order in which they are written.
    pub files: Vec<ShownFile>,
    /// Secrets that would be made.
    pub secrets: Vec<SecretName>,
    /// What may be a mistake and is none for sure.
    pub warnings: Vec<Safe>,
    /// Whether the policy of the host asks for a reason before it is written.
    pub asks_why: bool,
}

/// What an import found on a host. No value of a secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundThere {
    /// The host.
    pub host: HostId,
    /// Its domain.
    pub domain: Domain,
    /// Secrets that go to the vault, each with eight digits by which its value can be told apart.
    pub secrets: Vec<(SecretName, String)>,
    /// Secrets that it lacks, which are made.
    pub made: Vec<SecretName>,
    /// Variables that differ from the inventory.
    pub variables: Vec<String>,
    /// How many variables are as the inventory has them.
    pub n_same: usize,
    /// Variables that nothing knows; they are left on the host.
    pub unknown: Vec<String>,
    /// How many variables of the template it lacks; they are left out.
    pub n_left_out: usize,
    /// What `configure` would change after the import.
    pub differs: Vec<String>,
    /// Files that would be written; none where the host is in the inventory already.
    pub files: Vec<ShownFile>,
    /// Whether the policy of the host asks for a reason before it is written.
    pub asks_why: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The host.
    pub host: HostId,
    /// The files.
    pub files: Vec<Safe>,
}

/// What is asked for on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// What adding this instance would write, and the keys that its host shows.
    Draft(Box<NewInstance>),
    /// Add it, with these keys, which a person has compared.
    Add(Box<NewInstance>, Vec<ShownKey>),
    /// The keys that would be pinned before a host is read for an import.
    Key(Words),
    /// What an import would find, after these keys were pinned.
    Read(Words, Vec<ShownKey>),
    /// Write what was found into inventory and vault.
    Import(Words),
}

/// The answer to each.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To [`Ask::Draft`].
    Draft(Draft),
    /// To [`Ask::Key`]; none where one is pinned already.
    Key {
        /// The keys.
        keys: Vec<ShownKey>,
        /// Whether the policy of the host asks for a reason before they are pinned.
        asks_why: bool,
    },
    /// To [`Ask::Read`].
    Found(FoundThere),
    /// To [`Ask::Add`] and [`Ask::Import`].
    Done(Enrolled),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_an_instance_and_what_is_wrong_is_told_where_it_stands() {
        let mut words = Words::from([
            (Entry::Host, "two".to_owned()),
            (Entry::Domain, "two.example.org".to_owned()),
            (Entry::Address, "192.0.2.2".to_owned()),
            (Entry::Groups, "canary edge".to_owned()),
            (Entry::Port, "2222".to_owned()),
        ]);
        let new = new_instance(&words).unwrap();
        assert_eq!((new.tier, new.port, new.groups.len()), (Tier::Managed, Some(2222), 2));
        for (entry, wrong) in [
            (Entry::Host, "-x"),
            (Entry::Domain, "Two"),
            (Entry::Address, "a b"),
            (Entry::Tier, "3"),
            (Entry::User, "-o"),
            (Entry::Port, "0"),
            (Entry::Groups, "-g"),
            (Entry::Dir, "relative"),
        ] {
            let before = words.insert(entry, wrong.to_owned());
            assert_eq!(new_instance(&words).unwrap_err().entry, entry, "{wrong}");
            assert!(check(entry, wrong).is_err());
            match before {
                Some(before) => words.insert(entry, before),
                None => words.remove(&entry),
            };
        }
        assert_eq!(domain_to_come("Old_1"), "old-1.invalid");
    }
}
