//! The plan of a change of secrets: what each vault has, each host probed.

use futures_util::future::join_all;

use super::select::Selected;
use super::strategy::leave_stopped_out;
use super::upgrade::look_at_all;
use super::{PlanError, PlanPorts};
use crate::domain::fleet::Fleet;
use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;
use crate::domain::secret::SecretName;
use crate::domain::secret::catalogue::{Method, known};
use crate::domain::untrusted::Safe;
use crate::workflows::rotate::{Candidate, Wish, assemble};

/// Plans new values for these secrets; no names mean all that an instance has and that can be changed by themselves.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    names: &[SecretName],
    by: &Operator,
) -> Result<Plan, PlanError> {
    for name in names {
        let instead = match known(name).map(|row| row.method) {
            None => {
                "nothing is known of how it is used: `bunker vault set`, then `bunker configure`"
            }
            Some(Method::ByHand(instead)) => instead,
            Some(Method::Settings | Method::Redis | Method::Database) => continue,
        };
        return Err(PlanError::NotRotated { name: name.clone(), instead: Safe::line(instead) });
    }
    let Selected { hosts, mut excluded } = selected;
    let vaults =
        join_all(hosts.iter().map(|(host, _)| ports.secrets.secrets(&ports.inventory, &host.id)));
    let (looks, vaults) = futures_util::join!(look_at_all(ports, &hosts), vaults);
    let mut candidates = Vec::new();
    for (((host, settings), look), vault) in hosts.into_iter().zip(looks).zip(vaults) {
        let names = vault?.into_keys().collect();
        candidates.push(Candidate { host, settings, look, names });
    }
    let candidates =
        leave_stopped_out(candidates, &mut excluded, |c| (&c.host.id, c.look.as_ref().ok()));
    let wish = Wish {
        names: names.to_vec(),
        operator: by.clone(),
        at: ports.clock.now(),
        inventory: ports.inventory.clone(),
        fleet: fleet.name.clone(),
    };
    Ok(assemble(&wish, &candidates, excluded))
}
