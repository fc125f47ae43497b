//! The plan of a change of secrets: what each vault has, each host probed.

use futures_util::future::join_all;

use super::select::Selected;
use super::strategy::leave_stopped_out;
use super::upgrade::look_at_all;
use super::{PlanError, PlanPorts, env};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;
use crate::domain::secret::catalogue::{Method, known};
use crate::domain::secret::{Secret, SecretName, Secrets};
use crate::domain::untrusted::Safe;
use crate::steps::env_file::EnvRead;
use crate::workflows::env::REQUIRED_SECRETS;
use crate::workflows::rotate::{Candidate, Changed, Settings, Shared, Wish, assemble, held};

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
    let reads = join_all(hosts.iter().map(|(host, settings)| env::read(ports, host, settings)));
    let (looks, vaults, reads) = futures_util::join!(look_at_all(ports, &hosts), vaults, reads);
    let mut candidates = Vec::new();
    for ((((host, settings), look), vault), read) in
        hosts.into_iter().zip(looks).zip(vaults).zip(reads)
    {
        let vault = vault?;
        let read = read.map_err(|e| Safe::line(&e.to_string())).and_then(|read| read);
        let env = match read {
            Ok(read) => both(ports, host, read, names, &vault).await,
            Err(why) => Err(why),
        };
        let names = vault.into_keys().collect();
        candidates.push(Candidate { host, settings, look, names, env });
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

/// What the inventory makes of a host's `.env`, with the current values of these secrets and with each next one.
async fn both(
    ports: &PlanPorts,
    host: &Host,
    read: EnvRead,
    names: &[SecretName],
    vault: &Secrets,
) -> Result<Settings, Safe> {
    let template = env::template(ports, host).await?;
    let mut now = vault.clone();
    for name in REQUIRED_SECRETS.iter().filter_map(|name| name.parse::<SecretName>().ok()) {
        // What the vault lacks is not what is changed: nothing is said of it.
        now.entry(name).or_insert_with(|| Secret::new("not in the vault".to_owned()));
    }
    let current = env::desired(&template, host, Some(&read), &now)?;
    let with = |changes: Secrets| {
        let mut later = now.clone();
        later.extend(changes);
        env::desired(&template, host, Some(&read), &later)
    };
    let mut changed = Vec::new();
    for (name, value) in vault {
        let by_itself = known(name).is_some_and(|row| !matches!(row.method, Method::ByHand(_)));
        if !by_itself || !(names.is_empty() || names.contains(name)) {
            continue;
        }
        let pending = name.pending().and_then(|pending| vault.get(&pending));
        let next = pending.cloned().unwrap_or_else(|| another(value));
        let next = with([(name.clone(), next)].into())?;
        let mut others = Vec::new();
        for (other, its) in
            vault.iter().filter(|(other, its)| has_value_of(other, its, name, value))
        {
            others.push((other.clone(), with([(other.clone(), another(its))].into())?));
        }
        let shared = (!others.is_empty()).then(|| Shared::of(&current, &next, others));
        changed.push(Changed { name: name.clone(), next, begun: pending.is_some(), shared });
    }
    let all = with(now.iter().map(|(name, value)| (name.clone(), another(value))).collect())?;
    Ok(Settings { held: held(&current, &all), read, current, changed })
}

/// Any other value: it shows which variables hold the secret.
fn another(value: &Secret) -> Secret {
    Secret::new(format!("{}-", value.expose()))
}

/// Whether another secret has the value of this one, or has it within its own: in `.env` they cannot be told apart by it.
fn has_value_of(other: &SecretName, its: &Secret, name: &SecretName, value: &Secret) -> bool {
    // A next value is made by chance, and is in no file before its time.
    other != name
        && !other.as_str().ends_with("__pending")
        && !value.expose().is_empty()
        && its.expose().contains(value.expose())
}
