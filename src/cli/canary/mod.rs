//! `bunker canary judge`: the judge of canaries on a time that is over. It changes nothing.

pub(super) mod args;
pub(in crate::cli) mod text;

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::Context;
use super::exit::{Exit, Trouble};
use super::output::{print, print_json};
use super::{fleet, wiring};
use crate::domain::canary::samples::stretch;
use crate::domain::canary::{CanaryPolicy, Member, Report, Scope, Verdict, judge};
use crate::domain::catalogue;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::HostId;
use crate::domain::settings::InstanceSettings;
use crate::domain::signal::Signal;
use crate::domain::untrusted::Safe;
use crate::engine::canary::evidence;
use crate::engine::poller::probe_host;
use crate::engine::ports::Clock;
use crate::steps::probe::PATIENCE;
use args::{CanaryVerb, JudgeArgs};

pub(super) fn run(context: &Context, verb: &CanaryVerb) -> Result<Exit, Trouble> {
    let CanaryVerb::Judge(args) = verb;
    let (fleet, diagnostics) = fleet::fleet(context)?;
    fleet::tell(&fleet, &diagnostics);
    let report = judged(&fleet, args)?;
    if context.json {
        print_json(&report)?;
    } else {
        print(&text::text(&report))?;
    }
    Ok(match report.verdict {
        Verdict::Pass => Exit::Ok,
        Verdict::Fail => Exit::Findings,
        Verdict::Inconclusive | Verdict::NoData => Exit::Unknown,
    })
}

type Instance<'f> = (&'f Host, &'f InstanceSettings);

fn judged(fleet: &Fleet, args: &JudgeArgs) -> Result<Report, Trouble> {
    let now = wiring::clock().now();
    let since = moment(&args.since, now)?;
    let until = args.until.as_deref().map_or(Ok(now), |text| moment(text, now))?.min(now);
    let grid = stretch(since, until).ok_or_else(|| {
        Trouble::new(Exit::Usage, "--since is less than 5 s before --until: nothing to judge")
    })?;
    let canary = instances(fleet, "--canary", &args.canary)?;
    let mut rest = instances(fleet, "--baseline", &args.baseline)?;
    rest.retain(|(host, _)| !canary.iter().any(|(c, _)| c.id == host.id));
    let rules = policy(&canary)?.metrics.clone();
    let members = |of: &[Instance<'_>]| of.iter().map(member).collect::<Vec<Member>>();
    wiring::runtime()?.block_on(async {
        let all: Vec<Instance<'_>> = canary.iter().chain(&rest).copied().collect();
        let skew_s = if args.no_clocks { BTreeMap::new() } else { clocks(&all).await? };
        let source = crate::adapters::victoria::Victoria::new();
        let evidence = evidence(&source, fleet.metrics.as_ref(), &rules, grid, skew_s).await;
        Ok(judge(&rules, &members(&canary), &members(&rest), &evidence, Scope::Everything))
    })
}

/// A moment, or how long before now.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Trouble> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    let ago = || text.trim_start_matches('-').parse::<SignedDuration>().ok();
    let day =
        || text.strip_suffix('d')?.parse::<i64>().ok().map(|d| SignedDuration::from_hours(d * 24));
    let found = text.parse::<Timestamp>().ok().or_else(|| {
        let ago = ago().or_else(day).filter(|ago| !ago.is_negative())?;
        now.checked_sub(ago).ok()
    });
    found.ok_or_else(|| {
        let shown = Safe::line(text);
        let message =
            format!("{shown} is no time: write 2026-11-22T22:00:00Z, or 90m for 90 minutes ago");
        Trouble::new(Exit::Usage, message)
    })
}

fn instances<'f>(
    fleet: &'f Fleet,
    option: &str,
    pattern: &str,
) -> Result<Vec<Instance<'f>>, Trouble> {
    let hosts = fleet::limited(fleet, Some(pattern))?;
    let found: Vec<Instance<'_>> =
        hosts.into_iter().filter_map(|h| Some((h, h.instance.as_deref()?))).collect();
    if found.is_empty() {
        let message =
            format!("{option} {}: none of these hosts is an instance", Safe::line(pattern));
        return Err(Trouble::new(Exit::NotFound, message));
    }
    Ok(found)
}

/// The policy by which all of them are judged.
fn policy<'f>(canary: &[Instance<'f>]) -> Result<&'f CanaryPolicy, Trouble> {
    let mut all = canary.iter().map(|(host, settings)| (host, &settings.canary));
    let Some((first, policy)) = all.next() else {
        return Err(Trouble::new(Exit::NotFound, "--canary means no instance"));
    };
    if let Some((other, _)) = all.find(|(_, other)| other.metrics != policy.metrics) {
        let message = format!(
            "{} and {} have different bunker_canary_metrics: set them for their group, or judge them apart",
            first.id, other.id
        );
        return Err(Trouble::new(Exit::Usage, message));
    }
    Ok(policy)
}

fn member((host, settings): &Instance<'_>) -> Member {
    let limit = |signal: &Signal| Some((*signal, catalogue::warn_at(*signal, &settings.policy)?));
    Member {
        host: host.id.clone(),
        label: settings.label.clone(),
        limits: Signal::ALL.iter().filter_map(limit).collect(),
    }
}

/// How far the clocks of these hosts are ahead of ours, of those that answer.
async fn clocks(of: &[Instance<'_>]) -> Result<BTreeMap<HostId, f64>, Trouble> {
    let hosts = wiring::hosts()?;
    let sources = wiring::sources(&hosts);
    let looks = join_all(of.iter().map(|(host, settings)| async {
        let facts =
            probe_host(&*sources.remote, host, settings, &*sources.clock, PATIENCE).await.ok()?;
        Some((host.id.clone(), *facts.clock_skew_s.known()?))
    }))
    .await;
    hosts.close().await;
    let known: BTreeMap<HostId, f64> = looks.into_iter().flatten().collect();
    let silent: Vec<&str> = of
        .iter()
        .map(|(h, _)| h)
        .filter(|h| !known.contains_key(&h.id))
        .map(|h| h.id.as_str())
        .collect();
    if !silent.is_empty() {
        super::run::say(&format!("the clocks of {} could not be compared", silent.join(", ")));
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_or_how_long_ago() {
        let now: Timestamp = "2026-11-22T22:00:00Z".parse().unwrap();
        for (text, want) in [
            ("2026-11-22T20:30:00Z", "2026-11-22T20:30:00Z"),
            ("90m", "2026-11-22T20:30:00Z"),
            ("1h30m", "2026-11-22T20:30:00Z"),
            ("-2h", "2026-11-22T20:00:00Z"),
            ("2d", "2026-11-20T22:00:00Z"),
            ("now", "2026-11-22T22:00:00Z"),
        ] {
            assert_eq!(moment(text, now).unwrap(), want.parse().unwrap(), "{text}");
        }
        for text in ["", "yesterday", "12", "\u{1b}[31m"] {
            assert!(moment(text, now).is_err(), "{text:?}");
        }
    }
}
