//! From rules and a plan to a verdict.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{Confirm, Guardrail};
use super::{Demand, Denial, Verdict};
use crate::domain::fleet::Fleet;
use crate::domain::ids::{GroupName, HostId};
use crate::domain::plan::{HostPlan, Plan};
use crate::domain::untrusted::Safe;

/// What the fleet's guardrails say of a plan: for every host that will be run the first rule that fits it, and the
/// strictest of those.
pub fn judge(fleet: &Fleet, plan: &Plan) -> Verdict {
    let mut under: BTreeMap<usize, Vec<&HostPlan>> = BTreeMap::new();
    for host in plan.targets() {
        let groups = groups_of(fleet, &host.id);
        let fits =
            |rule: &&Guardrail| rule.fits(&host.id, groups, host.settings.tier, plan.workflow);
        if let Some(at) = fleet.policy.guardrails.iter().position(|rule| fits(&rule)) {
            under.entry(at).or_default().push(host);
        }
    }
    let mut verdict = Verdict { approval_ttl_s: fleet.policy.approval_ttl_s, ..Verdict::default() };
    let mut strictest: Option<Confirm> = None;
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for (at, hosts) in under {
        let Some(rule) = fleet.policy.guardrails.get(at) else { continue };
        verdict.denied.extend(denial(rule, &hosts));
        let Some(confirm) = rule.confirm else { continue };
        if confirm == Confirm::Group {
            for host in &hosts {
                let group = rule.group_of(groups_of(fleet, &host.id));
                named.insert(group.map_or(fleet.name.as_str(), GroupName::as_str));
            }
        }
        strictest = strictest.max(Some(confirm));
        if !verdict.reasons.contains(&rule.why()) {
            verdict.reasons.push(rule.why());
        }
    }
    verdict.demand = match strictest {
        None => Demand::Usual,
        Some(Confirm::Y) => Demand::Yes,
        Some(Confirm::Count) => Demand::Count,
        Some(Confirm::Group) => {
            let names: Vec<&str> = named.into_iter().collect();
            Demand::Group(Safe::line(&names.join(" ")))
        }
        Some(Confirm::SecondOperator) => Demand::SecondOperator,
    };
    verdict
}

fn groups_of<'f>(fleet: &'f Fleet, host: &HostId) -> &'f [GroupName] {
    fleet.host(host).map(|h| h.groups.as_slice()).unwrap_or_default()
}

fn denial(rule: &Guardrail, hosts: &[&HostPlan]) -> Option<Denial> {
    let ids = || hosts.iter().map(|h| h.id.clone()).collect();
    if rule.deny {
        return Some(Denial { hosts: ids(), why: rule.why() });
    }
    let max = rule.max_hosts.filter(|max| hosts.len() > *max as usize)?;
    let why = format!("at most {max} at once, and this is {}: {}", hosts.len(), rule.why());
    Some(Denial { hosts: ids(), why: Safe::line(&why) })
}
