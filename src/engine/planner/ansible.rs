//! The plan of a playbook of Ansible: the files looked at, each host probed.

use futures_util::future::join_all;

use super::select::Selected;
use super::upgrade::look_at_all;
use super::{PlanError, PlanPorts};
use crate::domain::fleet::Fleet;
use crate::domain::plan::{ANSIBLE_PASSWORD, Plan, PlaybookWish};
use crate::workflows::ansible::{Candidate, Wish, assemble};

/// Plans a playbook on the selected instances.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    wish: &PlaybookWish,
) -> Result<Plan, PlanError> {
    let files = ports.playbooks.look(&ports.inventory, &wish.path).await;
    let files = files.map_err(PlanError::Playbook)?;
    let Selected { hosts, excluded } = selected;
    let vaults =
        join_all(hosts.iter().map(|(host, _)| ports.secrets.secrets(&ports.inventory, &host.id)));
    let (looks, vaults) = futures_util::join!(look_at_all(ports, &hosts), vaults);
    let mut candidates = Vec::new();
    for (((host, settings), look), vault) in hosts.into_iter().zip(looks).zip(vaults) {
        let names = vault.map(|secrets| {
            let password = secrets.keys().any(|name| name.as_str() == ANSIBLE_PASSWORD);
            (!secrets.is_empty(), password)
        });
        candidates.push(Candidate { host, settings, look, vault: names });
    }
    let wish = Wish {
        playbook: PlaybookWish { path: files.path.clone(), ..wish.clone() },
        files,
        inventory: ports.inventory.clone(),
        fleet: fleet.name.clone(),
        at: ports.clock.now(),
    };
    Ok(assemble(&wish, &candidates, excluded))
}
