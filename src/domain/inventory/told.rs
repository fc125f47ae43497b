//! The inventory as it is shown to people: hosts with their groups, and variables with the place each comes from. No secret
//! is in it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::variable::{Reading, Shown, Variables};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::{GroupName, HostId};
use crate::domain::untrusted::Safe;

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTold {
    /// Its name.
    pub id: HostId,
    /// How it is reached: `user@address:port`.
    pub address: Safe,
    /// The command line that opens a shell there; `None` where it is left out.
    pub ssh: Option<Safe>,
    /// Its domain, tier and followed ref, where it is an instance.
    pub instance: Option<(Safe, u8, Safe)>,
    /// Its groups, nearest first.
    pub groups: Vec<GroupName>,
    /// Whether something about it cannot be used, so that nothing is ever done to it.
    pub left_out: bool,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTold {
    /// Its name.
    pub name: GroupName,
    /// Hosts that stand in it directly.
    pub hosts: Vec<HostId>,
    /// Groups below it.
    pub children: Vec<GroupName>,
    /// Hosts in it at any depth.
    pub n_hosts: usize,
}

/// An inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InventoryTold {
    /// The groups by their names.
    pub groups: Vec<GroupTold>,
    /// The hosts in the order of the files.
    pub hosts: Vec<HostTold>,
}

/// A variable of a host after precedence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VariableTold {
    /// Its name.
    pub name: Safe,
    /// Its value on one line; `None` for a secret.
    pub value: Option<Safe>,
    /// Which part of the inventory gave it.
    pub given_by: Safe,
    /// The file and line of its name.
    pub at: Safe,
    /// Why its template was not resolved.
    pub unresolved: Option<Safe>,
    /// How often it has had a new value, from 1, where it is a secret of `vault.age`.
    pub generation: Option<u32>,
}

/// An inventory for people.
pub fn tell(fleet: &Fleet) -> InventoryTold {
    let in_group = |name: &GroupName| {
        let of = |groups: &[GroupName]| groups.contains(name);
        let usable = fleet.hosts.iter().filter(|h| of(&h.groups)).count();
        usable + fleet.left_out.iter().filter(|h| of(&h.groups)).count()
    };
    let groups = fleet.groups.iter().map(|(name, group)| GroupTold {
        name: name.clone(),
        hosts: group.hosts.clone(),
        children: group.children.clone(),
        n_hosts: in_group(name),
    });
    let gone = fleet.left_out.iter().map(|host| HostTold {
        id: host.id.clone(),
        address: Safe::default(),
        ssh: None,
        instance: None,
        groups: host.groups.clone(),
        left_out: true,
    });
    InventoryTold {
        groups: groups.collect(),
        hosts: fleet.hosts.iter().map(|host| tell_host(host)).chain(gone).collect(),
    }
}

fn tell_host(host: &Host) -> HostTold {
    let at = &host.connection;
    let user = at.user.as_ref().map(|u| format!("{u}@")).unwrap_or_default();
    let port = at.port.map(|p| format!(":{p}")).unwrap_or_default();
    let instance = host.instance.as_ref().map(|s| {
        let text = |text: String| Safe::line(&text);
        (text(s.domain.to_string()), u8::from(s.tier), text(s.reference.to_string()))
    });
    HostTold {
        id: host.id.clone(),
        address: Safe::line(&format!("{user}{}{port}", at.address)),
        ssh: Some(Safe::line(&at.ssh_command())),
        instance,
        groups: host.groups.clone(),
        left_out: false,
    }
}

/// The variables of a host for people, by their names.
pub fn tell_variables(variables: &Variables) -> Vec<VariableTold> {
    let one = |(name, variable): (&Arc<str>, &super::Variable)| {
        let value = match variable.shown(name) {
            Shown::Value(Value::String(text)) => Some(Safe::line(&text)),
            Shown::Value(value) => Some(Safe::line(&value.to_string())),
            Shown::Secret => None,
        };
        let unresolved = match &variable.var.reading {
            Reading::Template { why, .. } => Some(Safe::line(why)),
            Reading::Ambiguous => Some("the same key stands twice".into()),
            Reading::Plain(_) | Reading::Literal(_) | Reading::Encrypted => None,
        };
        VariableTold {
            name: Safe::line(name),
            value,
            given_by: Safe::line(&variable.source.to_string()),
            at: Safe::line(&variable.var.key.to_string()),
            unresolved,
            generation: None,
        }
    };
    variables.iter().map(one).collect()
}
