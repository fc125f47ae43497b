//! The filter of instances, on instances.

use bunker_ops::domain::figure::{Figure, Trouble};
use bunker_ops::domain::filter::Filter;
use bunker_ops::domain::health::Health;
use bunker_ops::domain::settings::Tier;
use bunker_ops::domain::signal::Signal;
use bunker_ops::domain::snapshot::{FleetSnapshot, InstanceView};

use crate::ui_world::{instance, now, snapshot, troubled};

/// Four instances that differ in what filters ask for.
fn fleet() -> FleetSnapshot {
    let mut slow = instance("slow-canary", 5);
    slow.groups = vec!["canary".parse().unwrap(), "production".parse().unwrap()];
    slow.signals.insert(Signal::P95Seconds, figure(0.9));
    let mut old = instance("old", 3_600);
    old.tier = Tier::Managed;
    // 26 h when it was looked at, an hour ago.
    let backup = old.signals.get_mut(&Signal::BackupAge).unwrap();
    backup.reading.as_mut().unwrap().value = 26.0 * 3_600.0;
    old.release.as_mut().unwrap().reference = Some("v2.10.0".into());
    let mut blind = instance("blind", 5);
    blind.signals.insert(Signal::P95Seconds, Figure::absent(Trouble::NoData));
    blind.release = None;
    let down = troubled("calgary-prod", Health::Down, "api", "exited (1) 4m ago");
    (*snapshot(vec![slow, old, blind, down])).clone()
}

fn figure(value: f64) -> Figure {
    Figure::fresh(value, now(), bunker_ops::domain::figure::Source::Metrics)
}

fn through(text: &str) -> String {
    let filter: Filter = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    let fleet = fleet();
    let all =
        fleet.instances.iter().filter(|i: &&std::sync::Arc<InstanceView>| filter.lets(i, now()));
    all.map(|i| i.id.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn words_patterns_and_comparisons_all_have_to_hold() {
    for (text, want) in [
        ("", "slow-canary old blind calgary-prod"),
        ("CANARY", "slow-canary"),
        ("!canary", "old blind calgary-prod"),
        ("/^(old|blind)$/", "old blind"),
        ("p95>800ms", "slow-canary"),
        ("p95<=0.212s", "old calgary-prod"),
        ("backup>26h", "old"),
        ("tier=2 group=production !canary", "blind calgary-prod"),
        ("group=can*", "slow-canary"),
        ("group!=canary", "old blind calgary-prod"),
        ("version=v2.4", "slow-canary calgary-prod"),
        ("version!=v2.4", "old"),
        ("version>v2.9", "old"),
        ("health!=healthy", "calgary-prod"),
        ("health=down reason=*exited*", "calgary-prod"),
        ("reason~exited.*4m", "calgary-prod"),
        ("disk>50% cpu<0.4", "slow-canary old blind calgary-prod"),
        ("disk>80%", ""),
        ("\"(1) 4m\"", ""),
        ("host=old domain~better", "old"),
    ] {
        assert_eq!(through(text), want, "{text}");
    }
}

#[test]
fn what_is_not_known_neither_holds_nor_fails() {
    assert_eq!(through("p95>1ms"), "slow-canary old calgary-prod");
    assert_eq!(through("!p95>1ms"), "", "blind has no p95, so it is not known to be fast");
    assert_eq!(through("p95=none"), "blind");
    assert_eq!(through("p95!=none"), "slow-canary old calgary-prod");
    assert_eq!(through("version=none"), "blind");
    assert_eq!(through("!version=none"), "slow-canary old calgary-prod");
    assert_eq!(through("version<v3"), "slow-canary old calgary-prod");
}
