//! What somebody edited on the host, seen before a rotation writes there.

use super::shared::Shared;
use crate::domain::env::{EnvChangeKind, Found, Wanted, compare};
use crate::domain::secret::SecretName;
use crate::steps::env_file::EnvRead;
use crate::workflows::env::Desired;

/// The `.env` of a host, and what the inventory makes of it: with the current values, and with the next ones.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the host has.
    pub read: EnvRead,
    /// With the current values of the vault.
    pub current: Desired,
    /// Each secret that is changed.
    pub changed: Vec<Changed>,
    /// The variables that hold any secret of the vault.
    pub held: Vec<String>,
}

/// A secret that is changed, as the settings hold it.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Its name.
    pub name: SecretName,
    /// What the settings are with its next value alone; where no change was begun, with any other.
    pub next: Desired,
    /// Whether a change was begun: the host may have either value.
    pub begun: bool,
    /// Where another secret has its value too: what tells them apart.
    pub shared: Option<Shared>,
}

/// Variables that differ from what the inventory makes of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Edited {
    /// Those that hold a secret which is changed, and that somebody edited.
    pub(super) secret: Vec<String>,
    /// Those that hold an older value than the vault: it was never applied.
    pub(super) behind: Vec<String>,
    /// All others that somebody edited on the host.
    pub(super) other: Vec<String>,
}

impl Settings {
    /// Secrets of which the host's file has no variable: they are not in force there, and nothing could be changed.
    pub(super) fn absent(&self) -> Vec<&SecretName> {
        let Some(file) = &self.read.file else { return Vec::new() };
        let there = |name: &str| file.variables.iter().any(|f| f.name == name);
        let absent = |changed: &&Changed| {
            let names = all(&self.current).map(|w| w.name.as_str());
            let mut held = names.filter(|name| changed.holds(&self.current, name)).peekable();
            held.peek().is_some() && !held.any(there)
        };
        self.changed.iter().filter(absent).map(|changed| &changed.name).collect()
    }

    pub(super) fn edited(&self) -> Edited {
        let Some(file) = &self.read.file else { return Edited::default() };
        let mut edited = Edited::default();
        let compared =
            compare(&self.current.variables, &file.variables, self.read.applied.as_ref());
        for change in compared.changes {
            let name = change.name.as_str();
            let here = file.variables.iter().find(|f| f.name == name);
            let held: Vec<&Changed> =
                self.changed.iter().filter(|c| c.holds(&self.current, name)).collect();
            // A value that no run has recorded is one of somebody's only where no other variable has the vault's.
            let known = || held.iter().any(|c| c.is_known(&self.current, &file.variables));
            let list = match (!held.is_empty(), change.kind) {
                (true, _) if here.is_none_or(|f| held.iter().any(|c| c.has_next(f))) => continue,
                (true, EnvChangeKind::Drift | EnvChangeKind::Conflict) => &mut edited.secret,
                (true, EnvChangeKind::Unrecorded) if !known() => &mut edited.secret,
                (true, EnvChangeKind::Change) => &mut edited.behind,
                (false, EnvChangeKind::Drift | EnvChangeKind::Conflict) => &mut edited.other,
                (true | false, _) => continue,
            };
            list.push(name.to_owned());
        }
        edited
    }
}

impl Changed {
    /// Whether a variable changes with the secret.
    fn holds(&self, current: &Desired, name: &str) -> bool {
        let of = |desired: &Desired| {
            all(desired).find(|w| w.name == name).map(|w| w.fingerprint.clone())
        };
        of(current) != of(&self.next)
    }

    /// Whether any variable of the host that holds the secret has its current value, or the next.
    fn is_known(&self, current: &Desired, here: &[Found]) -> bool {
        let held = current.variables.iter().filter(|w| self.holds(current, &w.name));
        held.into_iter()
            .any(|w| here.iter().any(|f| is(f, w) || (f.name == w.name && self.has_next(f))))
    }

    /// Whether a run that was begun has written the next value already.
    fn has_next(&self, here: &Found) -> bool {
        self.begun && self.next.variables.iter().any(|w| is(here, w))
    }
}

/// The variables, with those that the host goes on without.
pub(super) fn all(desired: &Desired) -> impl Iterator<Item = &Wanted> {
    desired.variables.iter().chain(&desired.left_out)
}

fn is(here: &Found, want: &Wanted) -> bool {
    here.name == want.name && here.fingerprint == want.fingerprint
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::env::{Applied, OnHost, found};
    use crate::domain::secret::Sealed;

    /// What a host should have, in the words of a `.env`.
    pub(in crate::workflows::rotate) fn desired(text: &str) -> Desired {
        let of = |f: Found| {
            let shape = f.fingerprint.clone();
            Wanted { name: f.name, fingerprint: f.fingerprint, shape, shown: f.shown }
        };
        let variables = found(text).0.into_iter().map(of).collect();
        Desired { file: Sealed::plain(text.to_owned()), variables, left_out: Vec::new() }
    }

    fn settings(host: &str, applied: Option<&str>, begun: bool) -> Settings {
        let applied = applied.map(|text| Applied {
            written: found(text).0.into_iter().map(|f| (f.name, f.fingerprint)).collect(),
            ..Applied::default()
        });
        let (variables, problems) = found(host);
        let file = Some(OnHost { sha256: String::new(), mode: 0o600, variables, problems });
        Settings {
            read: EnvRead { file, applied, pending: false },
            current: desired("JWT=old\nACCESS=old\nRATE=30\nREDIS=r\n"),
            changed: vec![
                Changed {
                    name: "vault_jwt_secret".parse().unwrap(),
                    next: desired("JWT=new\nACCESS=new\nRATE=30\nREDIS=r\n"),
                    begun,
                    shared: None,
                },
                Changed {
                    name: "vault_redis_password".parse().unwrap(),
                    next: desired("JWT=old\nACCESS=old\nRATE=30\nREDIS=s\n"),
                    begun: false,
                    shared: None,
                },
            ],
            held: Vec::new(),
        }
    }

    /// The names in each list.
    fn edited(host: &str, applied: Option<&str>, begun: bool) -> [String; 3] {
        let Edited { secret, behind, other } = settings(host, applied, begun).edited();
        [secret, behind, other].map(|names| names.join(" "))
    }

    #[test]
    fn an_edit_is_told_from_a_value_of_ours_and_from_one_that_nobody_recorded() {
        let ours = Some("JWT=old\nACCESS=old\nRATE=30\n");
        for (host, applied, begun, lists) in [
            ("JWT=old\nACCESS=old\nRATE=30\n", ours, false, ["", "", ""]),
            ("JWT=mine\nACCESS=old\nRATE=90\n", ours, false, ["JWT", "", "RATE"]),
            ("JWT=old\nRATE=30\n", ours, false, ["", "", ""]),
            ("JWT=new\nACCESS=old\nRATE=30\n", ours, true, ["", "", ""]),
            ("JWT=new\nACCESS=old\nRATE=30\n", ours, false, ["JWT", "", ""]),
            (
                "JWT=older\nACCESS=older\n",
                Some("JWT=older\nACCESS=older\n"),
                false,
                ["", "JWT ACCESS", ""],
            ),
            ("JWT=mine\nRATE=90\n", None, false, ["JWT", "", ""]),
            ("JWT=old\nACCESS=its-own\n", None, false, ["", "", ""]),
            ("JWT=old\nREDIS=mine\n", None, false, ["REDIS", "", ""]),
        ] {
            assert_eq!(edited(host, applied, begun), lists, "{host:?} {applied:?} {begun}");
        }
    }

    #[test]
    fn a_secret_that_no_variable_of_the_host_holds_is_not_in_force_there() {
        let absent = |host: &str| {
            settings(host, None, false).absent().into_iter().cloned().collect::<Vec<_>>()
        };
        assert_eq!(
            absent("ACCESS=old\n").iter().map(SecretName::as_str).collect::<Vec<_>>(),
            ["vault_redis_password"]
        );
        assert!(absent("JWT=x\nREDIS=y\n").is_empty());
    }
}
