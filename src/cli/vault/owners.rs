//! Whose secrets are meant, by name.

use super::super::exit::{Exit, Trouble};
use super::super::{Context, fleet};
use crate::adapters::vault::{self, Owner};
use crate::domain::secret::SecretName;
use crate::domain::suggest::nearest;
use crate::domain::untrusted::Safe;

/// The host or the group of this name. A name that is both is nobody's.
pub(super) fn owner(context: &Context, name: &str) -> Result<Owner, Trouble> {
    let (fleet, _) = fleet::fleet(context)?;
    let host = fleet.hosts.iter().map(|h| &h.id).chain(fleet.left_out.iter().map(|l| &l.id));
    let host = host.into_iter().find(|id| id.as_str() == name).cloned();
    let group = if name == "all" {
        name.parse().ok()
    } else {
        fleet.groups.keys().find(|g| g.as_str() == name).cloned()
    };
    match (host, group) {
        (Some(host), None) => Ok(Owner::Host(host)),
        (None, Some(group)) => Ok(Owner::Group(group)),
        (Some(_), Some(_)) => {
            let why = format!("{} is both a host and a group", Safe::line(name));
            Err(Trouble::new(Exit::Usage, why))
        }
        (None, None) => {
            let hosts = fleet.hosts.iter().map(|h| h.id.as_str());
            let known = hosts.chain(fleet.groups.keys().map(crate::domain::ids::GroupName::as_str));
            let meant = nearest(name, known).map(|m| format!("; did you mean {m}?"));
            let name = Safe::line(name);
            let why = format!("there is no host or group {name}{}", meant.unwrap_or_default());
            Err(Trouble::new(Exit::NotFound, why))
        }
    }
}

/// Every owner that has a vault.
pub(super) fn all(context: &Context) -> Result<Vec<Owner>, Trouble> {
    Ok(vault::owners(&context.inventory)?)
}

/// The name of a secret.
pub(super) fn secret_name(text: &str) -> Result<SecretName, Trouble> {
    text.parse().map_err(|error| Trouble::new(Exit::Usage, error))
}
