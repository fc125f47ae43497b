//! What lies between the `.env` that is wanted, the one that was applied last, and the one on the host.
//!
//! **Invariant:** an edit that somebody made on the host is named, and is taken back only where that was asked for. No value of a
//! secret is in here: values are told apart by [`dotenv::fingerprint`].

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::dotenv;
use super::inventory::is_secret_name;
use super::untrusted::Safe;

/// A variable of the file that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// By [`dotenv::fingerprint`].
    pub fingerprint: String,
    /// The same of its value with the name of each secret in the place of the secret: it changes with what is wanted, and
    /// not with a rotation.
    pub shape: String,
    /// Its value; `None` for a secret.
    pub shown: Option<Safe>,
}

/// A statement of the file on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its variable.
    pub name: String,
    /// By [`dotenv::fingerprint`].
    pub fingerprint: String,
    /// Its value; `None` for what may be a secret.
    pub shown: Option<Safe>,
    /// Where it stands in the file: bytes from the beginning, and how many.
    pub place: (usize, usize),
}

/// The file on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnHost {
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// Its permissions.
    pub mode: u32,
    /// Its statements, each variable once: the last counts.
    pub variables: Vec<Found>,
    /// What is wrong with it, without values.
    pub problems: Vec<Safe>,
}

/// What a run left on record of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Fingerprints of what was applied last, by name.
    pub written: BTreeMap<String, String>,
    /// What an import found missing: shapes of what was wanted then. The application's own default holds for it, and it
    /// is not written until something else is wanted.
    pub left_out: BTreeMap<String, String>,
    /// SHA-256 of the whole file as it was then, where the host has that on record.
    pub sha256: Option<String>,
}

impl Applied {
    /// Whether the file is the one on record. Where nothing in it differs from what is wanted and it still is another, somebody
    /// edited it, and the inventory has followed or does not name what was edited.
    pub fn is_of(&self, file: &OnHost, wanted: &[Wanted]) -> bool {
        let here = |want: &Wanted| file.variables.iter().any(|f| f.name == want.name);
        let known = |want: &Wanted| self.written.get(&want.name) == Some(&want.fingerprint);
        self.sha256.as_ref().is_none_or(|sum| *sum == file.sha256)
            && wanted.iter().all(|want| known(want) || !here(want))
    }

    /// What an import puts on record: variables that stand in the file as they are wanted, and those that it lacks. One that
    /// differs is not recorded: nothing says which of the two is right.
    pub fn of_import(wanted: &[Wanted], on_host: &[Found]) -> Self {
        let here: BTreeMap<&str, &Found> = on_host.iter().map(|f| (f.name.as_str(), f)).collect();
        let mut applied = Self::default();
        for want in wanted {
            let name = want.name.clone();
            match here.get(want.name.as_str()).map(|has| &has.fingerprint) {
                None => {
                    applied.left_out.insert(name, want.shape.clone());
                }
                Some(has) if has == &want.fingerprint => {
                    applied.written.insert(name, has.clone());
                }
                Some(_) => {}
            }
        }
        applied
    }
}

/// Takes the statements out of a file that was read from a host. The values themselves are not kept.
pub fn found(text: &str) -> (Vec<Found>, Vec<Safe>) {
    let file = dotenv::parse(text);
    let mut entries: Vec<&dotenv::Entry> = file.last().into_values().collect();
    entries.sort_by_key(|entry| entry.at);
    let of = |entry: &dotenv::Entry| {
        let value = entry.value.as_deref().unwrap_or_default();
        Found {
            name: entry.name.clone(),
            fingerprint: dotenv::fingerprint(&entry.name, value),
            shown: (!looks_secret(&entry.name, value)).then(|| Safe::line(value)),
            place: (entry.at, entry.raw.len()),
        }
    };
    let told = |p: &dotenv::Problem| Safe::line(&format!("line {}: {}", p.line, p.text));
    (entries.into_iter().map(of).collect(), file.problems.iter().map(told).collect())
}

/// Whether a value should not be shown, by its variable's name or by what it looks like.
pub fn looks_secret(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let login = value.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    is_secret_name(name) || lower.ends_with("_key") || lower.ends_with("_dsn") || login
}

/// What happens to a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvChangeKind {
    /// The host does not have it.
    Set,
    /// The host has what was applied last, and something else is wanted.
    Change,
    /// It was applied last and is no longer wanted.
    Remove,
    /// It was edited or taken out on the host; the inventory says what it said.
    Drift,
    /// It was edited on the host, and the inventory says something new as well.
    Conflict,
    /// The host has something else, and nothing says who wrote it.
    Unrecorded,
}

impl EnvChangeKind {
    /// Whether it would take back what somebody did on the host.
    pub fn overwrites(self) -> bool {
        match self {
            Self::Set | Self::Change | Self::Remove => false,
            Self::Drift | Self::Conflict | Self::Unrecorded => true,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Drift => "edited on the host",
            Self::Conflict => "edited on the host, and changed in the inventory",
            Self::Unrecorded => "differs on the host, and no run wrote it",
        }
    }
}

/// A value as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvValue {
    /// As it is.
    Plain(Safe),
    /// A secret, by the first eight digits of its fingerprint.
    Secret(Safe),
}

impl fmt::Display for EnvValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => write!(f, "{value}"),
            Self::Secret(hash) => write!(f, "(secret {hash})"),
        }
    }
}

/// What would happen to one variable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EnvChange {
    /// Its name.
    pub name: Safe,
    /// What happens.
    pub kind: EnvChangeKind,
    /// What the host has.
    pub from: Option<EnvValue>,
    /// What is wanted.
    pub to: Option<EnvValue>,
}

impl fmt::Display for EnvChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match (&self.from, &self.to) {
            (_, Some(EnvValue::Secret(hash))) => write!(f, "{name} changed ({hash})"),
            (Some(from), Some(to)) => write!(f, "{name}: {from} -> {to}"),
            (None, Some(to)) => write!(f, "{name}={to}"),
            (_, None) => write!(f, "{name} goes"),
        }
    }
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Variables that are not as wanted, in the order of the wanted file; those to remove at the end.
    pub changes: Vec<EnvChange>,
    /// Variables of the host that nothing of ours ever named: they are kept.
    pub kept: Vec<Found>,
}

/// Compares variable by variable. `applied` is `None` where no run has written the file.
pub fn compare(wanted: &[Wanted], on_host: &[Found], applied: Option<&Applied>) -> Comparison {
    let here: BTreeMap<&str, &Found> = on_host.iter().map(|f| (f.name.as_str(), f)).collect();
    let last = |name: &str| applied.and_then(|a| a.written.get(name));
    let mut comparison = Comparison::default();
    for want in wanted {
        let has = here.get(want.name.as_str()).copied();
        if let Some(kind) = kind(want, has, last(&want.name)) {
            comparison.changes.push(change(&want.name, kind, has, Some(want)));
        }
    }
    for has in on_host.iter().filter(|f| wanted.iter().all(|w| w.name != f.name)) {
        match last(&has.name) {
            None => comparison.kept.push(has.clone()),
            Some(applied) => {
                let same = applied == &has.fingerprint;
                let kind = if same { EnvChangeKind::Remove } else { EnvChangeKind::Drift };
                comparison.changes.push(change(&has.name, kind, Some(has), None));
            }
        }
    }
    comparison
}

fn kind(want: &Wanted, has: Option<&Found>, last: Option<&String>) -> Option<EnvChangeKind> {
    let has = has.map(|f| &f.fingerprint);
    if has == Some(&want.fingerprint) {
        return None;
    }
    Some(match (has, last) {
        (None, None) => EnvChangeKind::Set,
        (Some(_), None) => EnvChangeKind::Unrecorded,
        (Some(has), Some(last)) if has == last => EnvChangeKind::Change,
        (_, Some(last)) if last == &want.fingerprint => EnvChangeKind::Drift,
        (_, Some(_)) => EnvChangeKind::Conflict,
    })
}

fn change(
    name: &str,
    kind: EnvChangeKind,
    has: Option<&Found>,
    want: Option<&Wanted>,
) -> EnvChange {
    // What is a secret on one side is none to show on the other.
    let secret = has.is_some_and(|h| h.shown.is_none()) || want.is_some_and(|w| w.shown.is_none());
    let value = |shown: Option<&Safe>, fingerprint: &str| match shown {
        Some(plain) if !secret => EnvValue::Plain(plain.clone()),
        _ => EnvValue::Secret(Safe::line(fingerprint.get(..8).unwrap_or(fingerprint))),
    };
    EnvChange {
        name: Safe::line(name),
        kind,
        from: has.map(|h| value(h.shown.as_ref(), &h.fingerprint)),
        to: want.map(|w| value(w.shown.as_ref(), &w.fingerprint)),
    }
}

/// The changes of several hosts, with those that are the same told once, for `hosts` in order.
pub fn grouped<'a, H>(
    of: impl IntoIterator<Item = (H, &'a [EnvChange])>,
) -> Vec<(Vec<H>, Vec<&'a EnvChange>)>
where
    H: Clone + PartialEq,
{
    let mut by_change: Vec<(&EnvChange, Vec<H>)> = Vec::new();
    for (host, changes) in of {
        for change in changes {
            match by_change.iter_mut().find(|(known, _)| *known == change) {
                Some((_, hosts)) => hosts.push(host.clone()),
                None => by_change.push((change, vec![host.clone()])),
            }
        }
    }
    let mut groups: Vec<(Vec<H>, Vec<&EnvChange>)> = Vec::new();
    for (change, hosts) in by_change {
        match groups.iter_mut().find(|(known, _)| *known == hosts) {
            Some((_, changes)) => changes.push(change),
            None => groups.push((hosts, vec![change])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> Vec<Wanted> {
        let (found, _) = found(text);
        let of = |f: Found| {
            let shape = f.fingerprint.clone();
            Wanted { name: f.name, fingerprint: f.fingerprint, shape, shown: f.shown }
        };
        found.into_iter().map(of).collect()
    }

    fn applied(text: &str) -> Applied {
        let written = found(text).0.into_iter().map(|f| (f.name, f.fingerprint)).collect();
        Applied { written, ..Applied::default() }
    }

    fn told(want: &str, host: &str, last: Option<&str>) -> Vec<String> {
        let comparison = compare(&wanted(want), &found(host).0, last.map(applied).as_ref());
        let changes = comparison.changes.iter().map(|c| format!("{}: {c}", c.kind.words()));
        let kept = comparison.kept.iter().map(|k| format!("kept {}", k.name));
        changes.chain(kept).collect()
    }

    #[test]
    fn each_side_that_moved_is_told_apart() {
        let last = Some("A=1\nB=1\n");
        for (want, host, expected) in [
            ("A=1\nB=1\n", "B='1'\nexport A=1 # same\n", vec![]),
            ("A=2\nB=1\n", "A=1\nB=1\n", vec!["change: A: 1 -> 2"]),
            ("A=1\nB=1\nC=1\n", "A=1\nB=1\n", vec!["set: C=1"]),
            ("A=1\n", "A=1\nB=1\n", vec!["remove: B goes"]),
            ("A=1\nB=1\n", "A=9\nB=1\n", vec!["edited on the host: A: 9 -> 1"]),
            ("A=1\nB=1\n", "A=1\n", vec!["edited on the host: B=1"]),
            ("A=1\n", "A=1\nB=9\n", vec!["edited on the host: B goes"]),
            ("A=9\nB=1\n", "A=9\nB=1\n", vec![]),
            (
                "A=2\nB=1\n",
                "A=9\nB=1\n",
                vec!["edited on the host, and changed in the inventory: A: 9 -> 2"],
            ),
            ("A=1\nB=1\n", "A=1\nB=1\nMINE=x\n", vec!["kept MINE"]),
        ] {
            assert_eq!(told(want, host, last), expected, "{want:?} {host:?}");
        }
        assert_eq!(
            told("A=2\nNEW=1\n", "A=1\nMINE=x\n", None),
            ["differs on the host, and no run wrote it: A: 1 -> 2", "set: NEW=1", "kept MINE"]
        );
    }

    #[test]
    fn an_import_records_what_is_as_wanted_and_what_is_missing_and_nothing_that_differs() {
        let recorded =
            Applied::of_import(&wanted("A=1\nB=2\nC=3\n"), &found("A=1\nB=9\nMINE=x\n").0);
        assert_eq!(recorded.written.keys().collect::<Vec<_>>(), ["A"]);
        assert_eq!(recorded.left_out.keys().collect::<Vec<_>>(), ["C"]);
    }

    #[test]
    fn secrets_are_told_by_their_hash() {
        let told = told(
            "DB_PASSWORD=new-marker\nURL=http://u:marker@h\n",
            "DB_PASSWORD=old-marker\n",
            None,
        );
        assert!(
            told[0].starts_with("differs on the host, and no run wrote it: DB_PASSWORD changed (")
        );
        assert!(told[1].starts_with("set: URL changed ("), "{told:?}");
        assert!(!told.concat().contains("marker"), "{told:?}");
    }

    #[test]
    fn the_same_change_on_several_hosts_is_told_once() {
        let both = compare(&wanted("A=2\nB=2\n"), &found("A=1\nB=1\n").0, None).changes;
        let one = compare(&wanted("A=2\nB=1\n"), &found("A=1\nB=1\n").0, None).changes;
        let groups =
            grouped([("x", both.as_slice()), ("y", both.as_slice()), ("z", one.as_slice())]);
        let told: Vec<(Vec<&str>, Vec<&str>)> = groups
            .into_iter()
            .map(|(hosts, changes)| (hosts, changes.iter().map(|c| c.name.as_str()).collect()))
            .collect();
        assert_eq!(told, [(vec!["x", "y", "z"], vec!["A"]), (vec!["x", "y"], vec!["B"])]);
    }
}
