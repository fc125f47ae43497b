//! Ansible's precedence: which of several values of a variable a host gets.
//!
//! From weak to strong: `all` in inventory files, other groups in inventory files, `group_vars/all`,
//! `group_vars/` of other groups, the host in inventory files, `host_vars/`. Groups of one stage go
//! by depth, then `ansible_group_priority`, then name, and the last wins. A value replaces the other
//! whole; nothing is merged into lists or mappings.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::problems::Problems;
use super::tree::Tree;
use super::variable::{Place, RawVars, Source, Variable, Variables};
use crate::domain::ids::{GroupName, HostId};

/// What a file of `group_vars/` or `host_vars/` gives.
#[derive(Debug, Clone, PartialEq)]
pub struct VarsFile {
    /// The file.
    pub at: Place,
    /// Its variables; `None` where it cannot be read, which costs every host that it is for.
    pub vars: Option<RawVars>,
}

/// Everything that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sources {
    /// Hosts and groups.
    pub tree: Tree,
    /// Files of `group_vars/` by group (`all` too), weakest first.
    pub group_vars: BTreeMap<GroupName, Vec<VarsFile>>,
    /// Files of `host_vars/` by host, weakest first.
    pub host_vars: BTreeMap<HostId, Vec<VarsFile>>,
}

/// A host after precedence.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// Its name.
    pub id: HostId,
    /// Where it is named first.
    pub at: Place,
    /// Its groups without `all`, strongest first.
    pub groups: Vec<GroupName>,
    /// Its variables.
    pub vars: Variables,
    /// Something about it could not be read: it must be left out.
    pub lost: bool,
}

/// A host whose variables are still apart.
#[derive(Debug)]
pub struct Unmerged<'s> {
    id: &'s HostId,
    weakest_first: Vec<GroupName>,
}

/// All hosts with their groups, in inventory order. None where groups cannot be trusted.
pub fn hosts<'s>(sources: &'s Sources, problems: &mut Problems) -> Vec<Unmerged<'s>> {
    let depths = sources.tree.depths(problems);
    if problems.is_fatal() {
        return Vec::new();
    }
    let mut groups = sources.tree.groups_of_hosts(&depths);
    let one = |id| Unmerged { id, weakest_first: groups.remove(id).unwrap_or_default() };
    sources.tree.order.iter().map(one).collect()
}

/// A host with its variables; its groups are taken over.
pub fn merge(
    sources: &Sources,
    unmerged: &mut Unmerged<'_>,
    problems: &mut Problems,
) -> Option<Merged> {
    let (id, weakest_first) = (unmerged.id, std::mem::take(&mut unmerged.weakest_first));
    let host = sources.tree.hosts.get(id)?;
    let all: GroupName = "all".parse().ok()?;
    let mut out = Merged {
        id: id.clone(),
        at: host.at.clone(),
        groups: Vec::new(),
        vars: Variables::new(),
        lost: host.broken,
    };
    let in_files = |group: &GroupName| sources.tree.groups.get(group).map(|g| &g.vars);
    for group in std::iter::once(&all).chain(&weakest_first) {
        if let Some(vars) = in_files(group) {
            out.take(vars, &Source::GroupInFile(group.clone()));
        }
    }
    for group in std::iter::once(&all).chain(&weakest_first) {
        for file in sources.group_vars.get(group).into_iter().flatten() {
            out.take_file(file, &Source::GroupVars(group.clone()), problems);
        }
    }
    out.take(&host.vars, &Source::HostInFile);
    for file in sources.host_vars.get(id).into_iter().flatten() {
        out.take_file(file, &Source::HostVars, problems);
    }
    out.groups = weakest_first.into_iter().rev().collect();
    Some(out)
}

impl Merged {
    fn take(&mut self, vars: &RawVars, source: &Source) {
        for (name, var) in vars {
            let (var, source) = (Arc::clone(var), source.clone());
            self.vars.insert(Arc::clone(name), Variable { var, source, written: None });
        }
    }

    fn take_file(&mut self, file: &VarsFile, source: &Source, problems: &mut Problems) {
        if let Some(vars) = &file.vars {
            self.take(vars, source);
        } else {
            self.lost = true;
            let message = "no variable of this file is known".to_owned();
            problems.lose(&self.id, &Place::file(&file.at.file), message, None);
        }
    }
}
