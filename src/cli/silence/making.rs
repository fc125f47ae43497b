//! Making and ending a silence: the same for the command line and the cockpit.

use super::super::audit::audited;
use super::super::exit::{Exit, Trouble};
use super::super::run::operator::operator;
use super::super::{Context, wiring};
use crate::adapters::alertmanager::Alertmanager;
use crate::domain::alerts::{ByHand, Fits, Manager, ManagerSilence};
use crate::domain::audit::{Deed, Facts};
use crate::domain::fleet::Fleet;
use crate::domain::ids::HostId;
use crate::domain::settings::HttpUrl;
use crate::domain::untrusted::Safe;
use crate::engine::alerts;
use crate::engine::ports::{Clock as _, Silences as _};

/// The Alertmanager of the fleet.
fn url(fleet: &Fleet) -> Result<&HttpUrl, Trouble> {
    fleet.policy.alertmanager.as_ref().ok_or_else(|| {
        let why = "the fleet has no Alertmanager: set bunker_alertmanager_url in group_vars/all";
        Trouble::new(Exit::Usage, why)
    })
}

/// What the Alertmanager of the fleet has now. Nothing is changed by that.
pub(in crate::cli) fn told(fleet: &Fleet) -> Result<Manager, Trouble> {
    url(fleet)?;
    let client = Alertmanager::default();
    let read = alerts::read(&client, fleet, wiring::clock().now());
    let failed = |what: Safe| {
        let why = format!(
            "asking for alerts and silences: {what}; nothing was changed: does it run there, and is bunker_alertmanager_url right?"
        );
        Trouble::new(Exit::Failed, why)
    };
    let gone = || Trouble::new(Exit::Usage, "the fleet has no Alertmanager any more");
    wiring::runtime()?.block_on(read).map_err(failed)?.ok_or_else(gone)
}

/// The silence that is meant, for the reason that was given.
pub(in crate::cli) fn meant(fits: Fits, lasts: &str) -> Result<ByHand, Trouble> {
    let why = wiring::reason().unwrap_or_default();
    let silence = ByHand::new(fits, lasts, (&operator().user, &why), wiring::clock().now());
    silence.map_err(|why| Trouble::new(Exit::Usage, why))
}

/// Makes it; gives its id.
pub(in crate::cli) fn make(
    context: &Context,
    fleet: &Fleet,
    silence: &ByHand,
) -> Result<Safe, Trouble> {
    let (url, runtime) = (url(fleet)?, wiring::runtime()?);
    let mut deed = Deed::new("silence-add")
        .about(silence.fits.words().as_str())
        .after("until", &silence.spell.until.to_string());
    deed.hosts = hosts(fleet, silence.fits.labels().unwrap_or_default());
    audited(context, deed, |_, _| {
        let made = runtime.block_on(Alertmanager::default().make(url, silence));
        let id = made.map_err(|what| {
            let next = "`bunker silence list` shows whether it was made all the same";
            Trouble::new(Exit::Failed, format!("making the silence: {what}; {next}"))
        })?;
        let facts = Facts::from([(Safe::line("silence"), id.clone())]);
        Ok((id, facts))
    })
}

/// The hosts that report under these labels.
fn hosts(fleet: &Fleet, labels: &[String]) -> Vec<HostId> {
    let its = fleet.instances().filter(|(_, settings)| labels.contains(&settings.label));
    its.map(|(host, _)| host.id.clone()).collect()
}

/// The silence of this id, where it may be ended by itself.
pub(in crate::cli) fn found(fleet: &Fleet, id: &Safe) -> Result<ManagerSilence, Trouble> {
    let manager = told(fleet)?;
    let found = manager.silences.into_iter().find(|silence| silence.id == *id);
    let silence = found.ok_or_else(|| {
        let why = format!(
            "Alertmanager at {} has no silence {id}, or it is over: `bunker silence list` shows all",
            manager.url
        );
        Trouble::new(Exit::NotFound, why)
    })?;
    match silence.window() {
        Some(window) => {
            let why = format!(
                "silence {id} was made by window {window} and ends with it: `bunker window end NAME` ends that"
            );
            Err(Trouble::new(Exit::Refused, why))
        }
        None => Ok(silence),
    }
}

/// Ends one that was found.
pub(in crate::cli) fn end(
    context: &Context,
    fleet: &Fleet,
    silence: &ManagerSilence,
) -> Result<(), Trouble> {
    let (url, runtime) = (url(fleet)?, wiring::runtime()?);
    let deed = Deed::new("silence-end")
        .about(silence.fits.as_str())
        .before("silence", silence.id.as_str())
        .before("by", silence.by.as_str());
    audited(context, deed, |_, _| {
        let ended = runtime.block_on(Alertmanager::default().expire(url, &silence.id));
        ended.map_err(|what| {
            let next = "`bunker silence list` shows whether it is over all the same";
            Trouble::new(Exit::Failed, format!("ending the silence: {what}; {next}"))
        })?;
        Ok(((), Facts::new()))
    })
}
