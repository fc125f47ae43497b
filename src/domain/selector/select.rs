//! Which hosts of a fleet a pattern means.

use std::collections::{BTreeSet, VecDeque};

use super::{Matcher, Part, Selector, SelectorError, Term, Way};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::{GroupName, HostId};
use crate::domain::suggest::nearest;

impl Selector {
    /// The hosts that it means, in inventory order, at least one. A name that the fleet does not
    /// know, in whatever part, is an error, and so is a part that matches nothing.
    pub fn select<'f>(&self, fleet: &'f Fleet) -> Result<Vec<&'f Host>, SelectorError> {
        let names = Names { fleet };
        let sets: Vec<(Way, BTreeSet<&HostId>)> = self
            .terms
            .iter()
            .map(|term| Ok((term.way, names.matched(term)?)))
            .collect::<Result<_, _>>()?;
        let of = |way: Way| sets.iter().filter(move |(w, _)| *w == way).map(|(_, set)| set);
        let adds = self.terms.iter().any(|t| t.way == Way::Add);
        let meant = |host: &&Host| {
            (!adds || of(Way::Add).any(|set| set.contains(&host.id)))
                && of(Way::Keep).all(|set| set.contains(&host.id))
                && !of(Way::Drop).any(|set| set.contains(&host.id))
        };
        let hosts: Vec<&Host> = fleet.hosts.iter().map(AsRef::as_ref).filter(meant).collect();
        if hosts.is_empty() {
            let texts = self.terms.iter().map(|t| match t.way {
                Way::Add => t.text.clone(),
                Way::Keep => format!("&{}", t.text),
                Way::Drop => format!("!{}", t.text),
            });
            return Err(SelectorError::Nothing { pattern: texts.collect::<Vec<_>>().join(",") });
        }
        Ok(hosts)
    }
}

/// Looks names up in a fleet.
struct Names<'f> {
    fleet: &'f Fleet,
}

impl<'f> Names<'f> {
    fn hosts(&self) -> impl Iterator<Item = &'f HostId> {
        let left_out = self.fleet.left_out.iter().map(|l| &l.id);
        self.fleet.hosts.iter().map(|h| &h.id).chain(left_out)
    }

    fn is_left_out(&self, id: &HostId) -> bool {
        self.fleet.left_out.iter().any(|l| &l.id == id)
    }

    /// The hosts that one term means; never none.
    fn matched(&self, term: &Term) -> Result<BTreeSet<&'f HostId>, SelectorError> {
        let found = match &term.matcher {
            Matcher::All => self.hosts().collect(),
            Matcher::Name(name) => self.named(name, term)?,
            Matcher::Glob(glob) => self.matching(|name| glob.matches(name)),
            Matcher::Regex(regex) => self.matching(|name| regex.is_match(name)),
        };
        let nothing = || SelectorError::Nothing { pattern: term.text.clone() };
        let found = match term.part {
            // A range of host names was taken as a whole by `named`.
            Some(_) if self.is_range(term) => found,
            Some(part) => {
                // Left out or not, every host of a group keeps its number.
                let taken = part.of(&found).ok_or_else(nothing)?;
                self.refuse_left_out(term, &taken)?;
                taken
            }
            None => found,
        };
        if found.is_empty() { Err(nothing()) } else { Ok(found.into_iter().collect()) }
    }

    /// Hosts of a group or the host of this name.
    fn named(&self, name: &str, term: &Term) -> Result<Vec<&'f HostId>, SelectorError> {
        let group = self.fleet.groups.keys().find(|g| g.as_str() == name);
        let host = self.hosts().find(|h| h.as_str() == name);
        match (group, host) {
            (Some(_), Some(_)) => Err(SelectorError::Both { name: name.to_owned() }),
            (Some(group), None) => Ok(self.members(group)),
            (None, Some(_)) if term.part.is_some() => {
                let why =
                    "a number in brackets picks hosts of a group, and this is a host".to_owned();
                Err(SelectorError::Syntax { pattern: term.text.clone(), why })
            }
            (None, Some(host)) => {
                self.refuse_left_out(term, &[host])?;
                Ok(vec![host])
            }
            (None, None) => match range(term) {
                Some(names) => names.iter().map(|name| self.one_host(name, term)).collect(),
                None => Err(self.unknown(name)),
            },
        }
    }

    fn one_host(&self, name: &str, term: &Term) -> Result<&'f HostId, SelectorError> {
        let host = self.hosts().find(|h| h.as_str() == name).ok_or_else(|| self.unknown(name))?;
        self.refuse_left_out(term, &[host])?;
        Ok(host)
    }

    /// To exclude a host that is left out anyhow is fine; to want it is not.
    fn refuse_left_out(&self, term: &Term, hosts: &[&HostId]) -> Result<(), SelectorError> {
        let gone = hosts.iter().find(|h| self.is_left_out(h)).filter(|_| term.way != Way::Drop);
        gone.map_or(Ok(()), |h| Err(SelectorError::LeftOut { name: h.as_str().to_owned() }))
    }

    fn unknown(&self, name: &str) -> SelectorError {
        let groups = self.fleet.groups.keys().map(GroupName::as_str);
        let known = self.hosts().map(HostId::as_str).chain(groups).chain(["all"]);
        let meant = nearest(name, known).map(str::to_owned);
        SelectorError::Unknown { name: name.chars().take(80).collect(), meant }
    }

    fn is_range(&self, term: &Term) -> bool {
        let Matcher::Name(name) = &term.matcher else { return false };
        !self.fleet.groups.keys().any(|g| g.as_str() == name) && range(term).is_some()
    }

    /// Hosts whose name, or the name of a group of which, fits.
    fn matching(&self, fits: impl Fn(&str) -> bool) -> Vec<&'f HostId> {
        let groups = self.fleet.groups.keys().filter(|g| fits(g.as_str()));
        let mut out: Vec<&HostId> = groups.flat_map(|g| self.members(g)).collect();
        out.extend(self.hosts().filter(|h| fits(h.as_str())));
        let mut seen = BTreeSet::new();
        out.retain(|h| seen.insert(*h));
        out
    }

    /// All hosts of a group: its own, then those of the groups below it, level by level.
    fn members(&self, group: &GroupName) -> Vec<&'f HostId> {
        let mut next: VecDeque<&GroupName> =
            self.fleet.groups.get_key_value(group).into_iter().map(|(g, _)| g).collect();
        let mut seen: BTreeSet<&GroupName> = next.iter().copied().collect();
        let (mut out, mut known) = (Vec::new(), BTreeSet::new());
        while let Some(group) = next.pop_front() {
            let Some(group) = self.fleet.groups.get(group) else { continue };
            out.extend(group.hosts.iter().filter(|h| known.insert(*h)));
            next.extend(group.children.iter().filter(|g| seen.insert(g)));
        }
        out
    }
}

impl Part {
    /// `None` where there are not so many hosts.
    fn of<'f>(self, hosts: &[&'f HostId]) -> Option<Vec<&'f HostId>> {
        match self {
            Self::One(at) if at < 0 => {
                let back = usize::try_from(at.unsigned_abs()).ok()?;
                hosts.len().checked_sub(back).and_then(|at| hosts.get(at)).map(|h| vec![*h])
            }
            Self::One(at) => hosts.get(usize::try_from(at).ok()?).map(|h| vec![*h]),
            Self::Range(first, last) => {
                let last = last.unwrap_or(hosts.len().checked_sub(1)?);
                hosts.get(first..=last).map(<[_]>::to_vec).filter(|part| !part.is_empty())
            }
        }
    }
}

/// The text of `web[01:03]` where `web` is no group: a range of host names.
fn range(term: &Term) -> Option<Vec<String>> {
    let Some(Part::Range(..)) = term.part else { return None };
    let (base, inside) = term.text.strip_suffix(']')?.rsplit_once('[')?;
    let (first, last) = inside.split_once(':')?;
    let width = if first.starts_with('0') { first.len() } else { 0 };
    let (a, b) = (first.parse::<usize>().ok()?, last.parse::<usize>().ok()?);
    let fits = b >= a && b - a < 10_000;
    fits.then(|| (a..=b).map(|n| format!("{base}{n:0width$}")).collect())
}
