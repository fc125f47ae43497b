//! Batches, orders and budgets, without a host.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::apply::sizes;
use super::{Amount, Asked, Limit, Order, RolloutSettings, Scope, apply, batches_of, serial};
use crate::domain::ids::HostId;
use crate::domain::plan::{Plan, sample};

fn ids(n: usize) -> Vec<HostId> {
    (0..n).map(|i| format!("h{i:03}").parse().unwrap()).collect()
}

/// An upgrade of `n` targets that nobody has cut yet.
fn plan(workflow: &str, n: usize) -> Plan {
    let host = |id: &HostId| sample::host(id.as_str(), &json!([]));
    serde_json::from_value(json!({
        "schema": 1, "workflow": workflow, "fleet": "test", "target": null, "changes": [],
        "batches": [], "hosts": ids(n).iter().map(host).collect::<Vec<_>>(), "excluded": [],
        "parallel": 1, "stops": {"max_failed": 1, "max_unreachable": 1}, "made_at": "2026-11-22T22:00:00Z"
    }))
    .unwrap()
}

fn planned(workflow: &str, n: usize, settings: &[(&str, RolloutSettings)], asked: &Asked) -> Plan {
    let mut plan = plan(workflow, n);
    let settings = settings.iter().map(|(id, own)| (id.parse().unwrap(), own.clone())).collect();
    apply(&mut plan, &settings, asked, &BTreeMap::new(), 7);
    plan
}

fn asked(serial_text: &str) -> Asked {
    Asked { serial: Some(serial(serial_text).unwrap()), ..Asked::default() }
}

#[test]
fn sizes_are_what_the_list_says_and_its_last_item_repeats() {
    for (text, n, want) in [
        ("25%", 8, vec![2, 2, 2, 2]),
        // Rounded up, so that a quarter is never more than four batches.
        ("25%", 10, vec![3, 3, 3, 1]),
        ("25%", 11, vec![3, 3, 3, 2]),
        ("25%", 5, vec![2, 2, 1]),
        ("25%", 1, vec![1]),
        ("25%", 3, vec![1, 1, 1]),
        ("100%", 4, vec![4]),
        ("1%", 4, vec![1, 1, 1, 1]),
        ("1,5,20%", 20, vec![1, 5, 4, 4, 4, 2]),
        ("1,50%", 6, vec![1, 3, 2]),
        ("3", 7, vec![3, 3, 1]),
        ("50", 7, vec![7]),
        ("25%", 0, vec![]),
    ] {
        assert_eq!(sizes(&serial(text).unwrap(), n), want, "{text} of {n}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_how_it_is_written() {
    for text in
        ["", "0", "0%", "101%", "-1", "1.5", "+2", "ten", "25 % of all", "10001", "1,,2", "1, 0%"]
    {
        assert!(serial(text).is_err(), "{text}");
    }
    for text in ["2/host", "0/batch", "/batch", "2/"] {
        let error = text.parse::<Limit>().unwrap_err();
        assert!(error.to_string().contains("50%/batch"), "{error}");
    }
    let error = "random".parse::<Order>().unwrap_err();
    assert!(error.to_string().contains("\"random\" is no order: inventory, sorted"), "{error}");
    for text in ["2", "25%", "1/batch", "50%/batch"] {
        let limit: Limit = text.parse().unwrap();
        assert_eq!(limit.to_string(), text);
        assert_eq!(serde_json::from_value::<Limit>(json!(text)).unwrap(), limit);
    }
    assert_eq!("2/run".parse::<Limit>().unwrap().to_string(), "2");
}

#[test]
fn the_budget_is_said_in_full_and_rounded_up() {
    let text = |failed: &str, unreachable: &str, serial_text: &str, n| {
        let asked = Asked {
            max_failed: Some(failed.parse().unwrap()),
            max_unreachable: Some(unreachable.parse().unwrap()),
            ..asked(serial_text)
        };
        planned("upgrade", n, &[], &asked).stops_sentence()
    };
    let want = "stops when 2 or more of 8 fail, or 1 of 8 cannot be reached";
    assert_eq!(text("25%", "1", "25%", 8), want);
    assert_eq!(
        text("30%", "5", "25%", 8),
        "stops when 3 or more of 8 fail, or 5 or more of 8 cannot be reached"
    );
    assert_eq!(
        text("50%/batch", "1", "50%", 8),
        "stops when 8 or more of 8 fail, or 2 of 4 (or more) of a batch fail, or 1 of 8 cannot be reached"
    );
    assert_eq!(
        text("1", "50%/batch", "1,5,20%", 8),
        "stops when 1 of 8 fails, or 8 or more of 8 cannot be reached, or as many of a batch: 1 of 1 · 3 of 5 · 1 of 2 cannot be reached"
    );
}

#[test]
fn workflows_that_replace_what_serves_go_in_batches_and_the_others_at_once() {
    for (workflow, sizes, failed) in [
        ("upgrade", "2 · 2 · 2 · 2", 1),
        ("configure", "2 · 2 · 2 · 2", 1),
        ("rotate-secrets", "2 · 2 · 2 · 2", 1),
        ("deploy", "8", 1),
        ("rollback", "8", 8),
        ("backup", "8", 8),
        ("verify-backup", "8", 8),
        ("import", "1 · 1 · 1 · 1 · 1 · 1 · 1 · 1", 1),
    ] {
        let plan = planned(workflow, 8, &[], &Asked::default());
        assert_eq!((plan.sizes().as_str(), plan.stops.max_failed), (sizes, failed), "{workflow}");
        let plan = planned(workflow, 8, &[], &asked("4"));
        assert_eq!(plan.sizes(), "4 · 4", "{workflow}: what was asked for counts");
    }
}

#[test]
fn where_targets_say_different_things_the_strictest_counts() {
    let own = |serial_text: &str, parallel, failed: &str, order: Order, deadline| RolloutSettings {
        serial: serial(serial_text).unwrap(),
        parallel,
        max_failed: failed.parse().unwrap(),
        order,
        progress_deadline_s: deadline,
        ..RolloutSettings::default()
    };
    let careful = ("h001", own("1,25%", 4, "50%/batch", Order::Sorted, 60));
    let bold = ("h000", own("50%", 9, "3", Order::Reverse, 600));
    let plan = planned("upgrade", 8, &[careful.clone(), bold.clone()], &Asked::default());
    assert_eq!((plan.sizes().as_str(), plan.parallel), ("1 · 2 · 2 · 2 · 1", 4));
    let strategy = plan.strategy.clone().unwrap();
    assert_eq!((strategy.order, strategy.progress_deadline_s), (Order::Inventory, 60));
    // Every limit counts: one of the run by default, and those of the two.
    assert_eq!((plan.stops.max_failed, &plan.stops.failed_of_batch[..]), (1, &[1, 1, 1, 1, 1][..]));
    // The same targets with what was asked for: nothing is mixed in.
    let asked = Asked {
        max_failed: Some("2".parse().unwrap()),
        parallel: Some(20),
        order: Some(Order::Reverse),
        ..asked("100%")
    };
    let plan = planned("upgrade", 8, &[careful, bold], &asked);
    assert_eq!((plan.sizes().as_str(), plan.parallel, plan.stops.max_failed), ("8", 20, 2));
    assert!(plan.stops.failed_of_batch.is_empty());
    assert_eq!(plan.batches[0].first().unwrap().as_str(), "h007");
}

#[test]
fn orders_are_what_they_say_and_a_shuffle_is_told_by_its_seed() {
    let order = |order, seed, ranks: &[(&str, f64)]| {
        let asked = Asked { order: Some(order), seed, ..asked("100%") };
        let ranks = ranks.iter().map(|(id, rank)| (id.parse().unwrap(), *rank)).collect();
        let mut plan = plan("upgrade", 5);
        apply(&mut plan, &BTreeMap::new(), &asked, &ranks, 7);
        let names: Vec<_> = plan.batches.concat().iter().map(ToString::to_string).collect();
        (names.join(" ").replace("h00", ""), plan.strategy.unwrap().seed, plan.stops.max_failed)
    };
    assert_eq!(order(Order::Inventory, None, &[]).0, "0 1 2 3 4");
    assert_eq!(order(Order::Reverse, None, &[]).0, "4 3 2 1 0");
    // A host of which nothing is known goes last.
    let ranks = [("h003", 0.0), ("h001", 2.0), ("h000", 2.0), ("h004", 1.0)];
    assert_eq!(order(Order::FewestSessionsFirst, None, &ranks).0, "3 4 0 1 2");
    assert_eq!(order(Order::UnhealthyFirst, None, &ranks).0, "3 4 0 1 2");
    let (chance, seed, _) = order(Order::Shuffle, None, &[]);
    assert_eq!(seed, Some(7));
    assert_eq!(order(Order::Shuffle, Some(7), &[]).0, chance);
    // Kept plans must shuffle the same for ever.
    assert_eq!(order(Order::Shuffle, Some(1), &[]).0, "2 1 4 3 0");
}

#[test]
fn the_strategy_is_part_of_the_hash() {
    let one = planned("upgrade", 8, &[], &Asked::default());
    let step = planned("upgrade", 8, &[], &Asked { step: true, ..Asked::default() });
    let serial = planned("upgrade", 8, &[], &asked("50%"));
    assert_eq!(one.hash(), planned("upgrade", 8, &[], &Asked::default()).hash());
    assert_ne!(one.hash(), step.hash());
    assert_ne!(one.hash(), serial.hash());
    let again: Plan = serde_json::from_str(&serde_json::to_string(&step).unwrap()).unwrap();
    assert_eq!(
        (again.hash(), again.order_words()),
        (step.hash(), Some("asks after each instance".into()))
    );
}

proptest! {
    #[test]
    fn every_target_is_in_exactly_one_batch_and_sizes_are_as_shown(
        n in 0usize..60,
        items in proptest::collection::vec(prop_oneof![
            (1u32..20).prop_map(Amount::Count), (1u32..=100).prop_map(Amount::Percent)
        ], 1..5),
        order in proptest::sample::select(Order::ALL.to_vec()),
        seed in any::<u64>(),
        failed in prop_oneof![(1u32..30).prop_map(Amount::Count), (1u32..=100).prop_map(Amount::Percent)],
        of_batch in any::<bool>(),
        kept in any::<u64>(),
    ) {
        let scope = if of_batch { Scope::Batch } else { Scope::Run };
        let limit = Limit { amount: failed, scope };
        let asked = Asked {
            serial: Some(items.clone()), order: Some(order), seed: Some(seed), max_failed: Some(limit),
            ..Asked::default()
        };
        let mut plan = planned("upgrade", n, &[], &asked);
        let mut all = plan.batches.concat();
        all.sort();
        prop_assert_eq!(all, ids(n));
        prop_assert!(plan.batches.iter().all(|b| !b.is_empty()));
        let shown: Vec<String> = plan.batches.iter().map(|b| b.len().to_string()).collect();
        prop_assert_eq!(plan.sizes(), shown.join(" · "));
        // No batch but the last is smaller than its item says.
        for (idx, batch) in plan.batches.iter().enumerate() {
            let size = items.get(idx).or(items.last()).unwrap().of(n);
            prop_assert!(batch.len() == size || (batch.len() < size && idx + 1 == plan.batches.len()));
        }
        if of_batch {
            prop_assert_eq!(plan.stops.failed_of_batch.len(), plan.batches.len());
        }
        prop_assert!(plan.stops.max_failed >= 1);
        // A part of them keeps its order.
        let order: Vec<HostId> = plan.batches.concat();
        let keep = |id: &HostId| {
            let n: u32 = id.as_str().trim_start_matches('h').parse().unwrap();
            (kept >> (n % 64)) & 1 == 1
        };
        batches_of(&mut plan, keep);
        prop_assert_eq!(plan.batches.concat(), order.into_iter().filter(keep).collect::<Vec<_>>());
        prop_assert!(plan.batches.iter().all(|b| !b.is_empty()));
    }
}
