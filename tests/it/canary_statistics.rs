//! The statistics of the canary judge, beside what `scipy` says of the same numbers, and by their laws.

use bunker_ops::domain::canary::rank::{MannWhitney, mann_whitney, median, normal_upper};
use bunker_ops::domain::canary::shift::{Shift, hodges_lehmann};
use proptest::prelude::*;
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("canary_statistics/reference.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn close(ours: f64, theirs: f64, what: &str) {
    let error = (ours - theirs).abs() / theirs.abs().max(1e-300);
    assert!(error < 1e-9 || (ours - theirs).abs() < 1e-12, "{what}: {ours} instead of {theirs}");
}

#[test]
fn the_tail_of_the_normal_distribution_is_that_of_scipy() {
    let reference = reference();
    for pair in reference["tails"].as_array().unwrap() {
        let [z, tail] = [0, 1].map(|i| pair[i].as_f64().unwrap());
        close(normal_upper(z), tail, &format!("z = {z}"));
    }
}

#[test]
fn u_p_and_shift_are_those_of_scipy() {
    let reference = reference();
    let cases = reference["cases"].as_array().unwrap();
    let mut n_exact = 0;
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (first, second) = (numbers(&case["first"]), numbers(&case["second"]));
        let test = mann_whitney(&first, &second).unwrap();
        n_exact += usize::from(test.exact);
        close(test.u, case["u"].as_f64().unwrap(), &format!("u of {name}"));
        close(test.p_larger, case["p_larger"].as_f64().unwrap(), &format!("p of {name}"));
        let shift = hodges_lehmann(&first, &second, &test).unwrap();
        let want = |key: &str| case[key].as_f64().unwrap();
        close(shift.estimate, want("shift"), &format!("shift of {name}"));
        close(shift.low, want("low"), &format!("lower end of {name}"));
        close(shift.high, want("high"), &format!("upper end of {name}"));
    }
    assert!(n_exact >= 5 && n_exact < cases.len(), "{n_exact} of {} by counting", cases.len());
}

fn both(a: &[f64], b: &[f64]) -> (MannWhitney, Shift) {
    let test = mann_whitney(a, b).unwrap();
    (test, hodges_lehmann(a, b, &test).unwrap())
}

/// Groups with ties, negative numbers and both zeros.
fn group() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec((-40_i32..40).prop_map(|n| f64::from(n) / 8.0), 1..40)
}

/// How likely so large a U is, by trying all orders.
fn by_trying_all(a: &[f64], b: &[f64]) -> f64 {
    let wins = |mask: u32, all: &[f64]| {
        let ours = |i: usize| mask & (1 << i) != 0;
        let pairs = (0..all.len()).flat_map(|i| (0..all.len()).map(move |j| (i, j)));
        pairs.filter(|(i, j)| ours(*i) && !ours(*j) && all[*i] > all[*j]).count()
    };
    let all: Vec<f64> = a.iter().chain(b).copied().collect();
    let seen = wins((1 << a.len()) - 1, &all);
    let choices: Vec<u32> =
        (0..1_u32 << all.len()).filter(|m| m.count_ones() as usize == a.len()).collect();
    let as_large = choices.iter().filter(|mask| wins(**mask, &all) >= seen).count();
    as_large as f64 / choices.len() as f64
}

proptest! {
    #[test]
    fn the_shift_is_the_middle_of_all_differences(a in group(), b in group()) {
        let (test, shift) = both(&a, &b);
        let differences: Vec<f64> = a.iter().flat_map(|x| b.iter().map(move |y| x - y)).collect();
        prop_assert!((shift.estimate - median(&differences).unwrap()).abs() < 1e-12);
        prop_assert!(shift.low <= shift.estimate && shift.estimate <= shift.high);
        let wins = |x: &f64| if *x > 0.0 { 1.0 } else if *x < 0.0 { 0.0 } else { 0.5 };
        prop_assert!((test.u - differences.iter().map(wins).sum::<f64>()).abs() < 1e-9);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&test.p_larger));
    }

    #[test]
    fn exchanging_the_groups_turns_the_result(a in group(), b in group()) {
        let ((one, there), (other, back)) = (both(&a, &b), both(&b, &a));
        prop_assert!((one.u + other.u - (a.len() * b.len()) as f64).abs() < 1e-9);
        prop_assert!((there.estimate + back.estimate).abs() < 1e-12);
        prop_assert!((there.low + back.high).abs() < 1e-12);
    }

    #[test]
    fn adding_to_one_group_adds_to_the_shift_and_makes_it_no_less_likely_to_be_larger(
        a in group(), b in group(), more in 0_i32..80
    ) {
        let more = f64::from(more) / 8.0;
        let moved: Vec<f64> = a.iter().map(|x| x + more).collect();
        let ((before, from), (after, to)) = (both(&a, &b), both(&moved, &b));
        prop_assert!((to.estimate - from.estimate - more).abs() < 1e-9);
        // Other ties would cut the interval elsewhere.
        if (before.deviation - after.deviation).abs() < 1e-12 {
            prop_assert!((to.low - from.low - more).abs() < 1e-9);
        }
        prop_assert!(after.u >= before.u - 1e-9);
    }

    #[test]
    fn small_groups_are_counted_as_by_trying_all_orders(
        order in Just((0..9).map(f64::from).collect::<Vec<f64>>()).prop_shuffle(), n in 1_usize..8
    ) {
        let (a, b) = order.split_at(n);
        let test = mann_whitney(a, b).unwrap();
        prop_assert!(test.exact);
        prop_assert!((test.p_larger - by_trying_all(a, b)).abs() < 1e-12);
    }
}

#[test]
fn a_fleet_of_a_thousand_is_compared_without_writing_its_differences_down() {
    let wave =
        |n: usize, base: f64| (0..n).map(|i| base + (i as f64 * 0.7).sin()).collect::<Vec<_>>();
    let (canary, rest) = (wave(200, 0.5), wave(60_000, 0.0));
    let begun = std::time::Instant::now();
    let (test, shift) = both(&canary, &rest);
    assert!((shift.estimate - 0.5).abs() < 0.05, "{shift:?}");
    assert!(test.p_larger < 1e-6 && !test.exact);
    // 12 million differences as a list would be 96 MB, and seconds of sorting.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}
