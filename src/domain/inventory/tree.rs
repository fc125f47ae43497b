//! Hosts and groups as the inventory files name them, and what follows from the nesting.

use std::collections::{BTreeMap, BTreeSet};

use super::problems::Problems;
use super::variable::{Place, RawVars};
use crate::domain::ids::{GroupName, HostId};

/// A host as the inventory files name it.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeHost {
    /// Where it is named first.
    pub at: Place,
    /// Its own variables in inventory files.
    pub vars: RawVars,
    /// The groups whose `hosts` it is in already.
    pub groups: BTreeSet<GroupName>,
    /// What is said about it contradicts itself.
    pub broken: bool,
}

/// A group as the inventory files name it.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeGroup {
    /// Where it is named first.
    pub at: Place,
    /// Hosts directly in it, in order.
    pub hosts: Vec<HostId>,
    /// Groups directly below it, in order.
    pub children: Vec<GroupName>,
    /// Its variables in inventory files.
    pub vars: RawVars,
    /// `ansible_group_priority`.
    pub priority: i64,
}

/// All hosts and groups that inventory files name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    /// Names of hosts, in the order of first mention.
    pub order: Vec<HostId>,
    /// Hosts by name.
    pub hosts: BTreeMap<HostId, TreeHost>,
    /// Groups by name; `all` too where a file names it.
    pub groups: BTreeMap<GroupName, TreeGroup>,
}

impl Tree {
    /// The entry of a host, made where there is none.
    pub fn host(&mut self, id: &HostId, at: &Place) -> &mut TreeHost {
        if !self.hosts.contains_key(id) {
            self.order.push(id.clone());
        }
        self.hosts.entry(id.clone()).or_insert_with(|| TreeHost {
            at: at.clone(),
            vars: RawVars::new(),
            groups: BTreeSet::new(),
            broken: false,
        })
    }

    /// The entry of a group, made where there is none.
    pub fn group(&mut self, name: &GroupName, at: &Place) -> &mut TreeGroup {
        self.groups.entry(name.clone()).or_insert_with(|| TreeGroup {
            at: at.clone(),
            hosts: Vec::new(),
            children: Vec::new(),
            vars: RawVars::new(),
            priority: 1,
        })
    }

    /// Puts hosts that stand in no group, or only in `all`, into `ungrouped`, as Ansible does.
    pub fn fill_ungrouped(&mut self) {
        let Ok(name) = "ungrouped".parse::<GroupName>() else { return };
        let grouped: BTreeSet<HostId> = self
            .groups
            .iter()
            .filter(|(group, _)| !matches!(group.as_str(), "all" | "ungrouped"))
            .flat_map(|(_, group)| group.hosts.iter().cloned())
            .collect();
        let alone: Vec<HostId> =
            self.order.iter().filter(|id| !grouped.contains(*id)).cloned().collect();
        if let Some(at) = alone.first().and_then(|id| self.hosts.get(id)).map(|h| h.at.clone()) {
            self.group(&name, &at).hosts = alone;
        } else {
            self.groups.remove(&name);
        }
    }

    /// Depth of each group below `all`: the longest way. A group below itself is a fatal problem.
    pub fn depths(&self, problems: &mut Problems) -> BTreeMap<GroupName, usize> {
        let mut depths: BTreeMap<GroupName, usize> =
            self.groups.keys().map(|g| (g.clone(), usize::from(g.as_str() != "all"))).collect();
        // The longest way without a circle has as many steps as there are groups.
        for _ in 0..=self.groups.len() {
            let mut moved = None;
            for (name, group) in &self.groups {
                let below = depths.get(name).copied().unwrap_or(0) + 1;
                for child in &group.children {
                    let depth = depths.entry(child.clone()).or_insert(1);
                    if *depth < below {
                        *depth = below;
                        moved = Some(child);
                    }
                }
            }
            let Some(_) = moved else { return depths };
        }
        for (name, group) in &self.groups {
            if self.below(name).contains(name) {
                let hint = "take one of the groups out of the circle of children";
                problems.fatal(&group.at, format!("group {name} is below itself"), Some(hint));
            }
        }
        depths
    }

    /// All groups below a group, at any depth.
    pub fn below(&self, name: &GroupName) -> BTreeSet<GroupName> {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&GroupName> = self.children(name);
        while let Some(group) = next.pop() {
            if seen.insert(group.clone()) {
                next.extend(self.children(group));
            }
        }
        seen
    }

    fn children(&self, name: &GroupName) -> Vec<&GroupName> {
        self.groups.get(name).map(|g| g.children.iter().collect()).unwrap_or_default()
    }

    /// The groups of each host, `all` left out, weakest first: by depth, priority and name.
    pub fn groups_of_hosts(
        &self,
        depths: &BTreeMap<GroupName, usize>,
    ) -> BTreeMap<HostId, Vec<GroupName>> {
        let mut sorted: Vec<(&GroupName, &TreeGroup)> =
            self.groups.iter().filter(|(g, _)| g.as_str() != "all").collect();
        sorted.sort_by_key(|(name, group)| {
            (depths.get(*name).copied().unwrap_or(0), group.priority, (*name).clone())
        });
        let mut of: BTreeMap<HostId, Vec<GroupName>> = BTreeMap::new();
        for (name, _) in sorted {
            let mut members: BTreeSet<&HostId> = BTreeSet::new();
            for group in self.below(name).iter().chain([name]) {
                members.extend(self.groups.get(group).into_iter().flat_map(|g| &g.hosts));
            }
            for host in members {
                of.entry(host.clone()).or_default().push(name.clone());
            }
        }
        of
    }
}
