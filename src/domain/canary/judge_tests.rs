//! The rules of one metric, each with the samples that meet it.

use jiff::Timestamp;

use super::*;
use crate::domain::answer::Stretch;
use crate::domain::canary::report::Verdict;
use crate::domain::series::Series;
use crate::domain::signal::Signal;

const N: u32 = 60;
const STEP: u32 = 30;

fn stretch() -> Stretch {
    Stretch { end: Timestamp::from_second(1_800_000_000).unwrap(), step_s: STEP, n: N }
}

fn at(i: usize) -> f64 {
    1_800_000_000.0 - f64::from(STEP) * (f64::from(N) - 1.0 - i as f64)
}

/// A canary and three others on the old release.
struct Case {
    rule: MetricRule,
    values: Vec<(&'static str, Vec<Option<f64>>)>,
    taken: Vec<(&'static str, Vec<Option<f64>>)>,
    evidence: Evidence,
    members: Vec<Member>,
}

/// Numbers around `mean`, the same at each call, by a simple congruence.
fn around(mean: f64, spread: f64, seed: u64) -> Vec<Option<f64>> {
    let mut x = seed;
    let mut next = || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (x >> 33) as f64 / f64::from(u32::MAX >> 1) - 0.5
    };
    (0..N).map(|_| Some(mean + spread * 2.0 * next())).collect()
}

impl Case {
    fn new(signal: Signal, canary: f64, rest: f64, spread: f64) -> Self {
        let member = |name: &str| Member {
            host: name.parse().unwrap(),
            label: format!("{name}.example.org"),
            limits: [(Signal::P95Seconds, 1.0), (Signal::ErrorRatio, 0.02)].into(),
        };
        let fresh = || (0..N as usize).map(|i| Some(at(i) - 7.0)).collect::<Vec<_>>();
        let names = ["canary", "one", "two", "three"];
        Self {
            rule: MetricRule::usual(signal).unwrap(),
            values: names
                .iter()
                .zip([canary, rest, rest, rest])
                .zip(1..)
                .map(|((name, mean), seed)| (*name, around(mean, spread, seed)))
                .collect(),
            taken: names.iter().map(|name| (*name, fresh())).collect(),
            evidence: Evidence {
                stretch: stretch(),
                freshness: Ok(RangeAnswer::default()),
                answers: Vec::new(),
                skew_s: [].into(),
            },
            members: names.iter().map(|name| member(name)).collect(),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn judged_within(mut self, scope: Scope) -> MetricReport {
        let answer = |rows: &[(&str, Vec<Option<f64>>)]| RangeAnswer {
            series: rows
                .iter()
                .map(|(name, values)| {
                    let (end, values) = (stretch().end, values.clone());
                    (format!("{name}.example.org"), Series { end, step_s: STEP, values })
                })
                .collect(),
            ..RangeAnswer::default()
        };
        if let Ok(freshness) = &mut self.evidence.freshness {
            freshness.series = answer(&self.taken).series;
        }
        if self.evidence.answers.is_empty() {
            self.evidence.answers = vec![(self.rule.signal, Ok(answer(&self.values)))];
        }
        let (canary, rest) = self.members.split_at(1);
        let report = judge(&[self.rule], canary, rest, &self.evidence, scope);
        report.metrics.into_iter().next().unwrap()
    }

    fn judged(self) -> MetricReport {
        self.judged_within(Scope::Everything)
    }
}

fn p95(canary: f64, rest: f64) -> Case {
    Case::new(Signal::P95Seconds, canary, rest, 0.05)
}

#[test]
fn the_same_passes_a_slower_one_fails_and_a_faster_one_passes() {
    let same = p95(0.3, 0.3).judged();
    assert_eq!(same.result, MetricResult::Pass, "{}", same.why);
    assert_eq!((same.n_canary, same.n_rest), (60, 180));
    let slower = p95(0.5, 0.3).judged();
    assert_eq!(slower.result, MetricResult::Fail, "{}", slower.why);
    let comparison = slower.comparison.unwrap();
    assert!((comparison.shift - 0.2).abs() < 0.03 && comparison.low > 0.1, "{comparison:?}");
    assert!(comparison.p < 1e-6 && comparison.effect > 0.99, "{comparison:?}");
    assert!(slower.why.as_str().contains(" ms against "), "{}", slower.why);
    assert_eq!(p95(0.2, 0.3).judged().result, MetricResult::Pass);
}

#[test]
fn a_difference_that_does_not_matter_passes_however_sure_it_is() {
    // 3 ms slower in every sample: certain, and nobody notices.
    let tiny = Case::new(Signal::P95Seconds, 0.303, 0.3, 0.001).judged();
    assert_eq!(tiny.result, MetricResult::Pass, "{}", tiny.why);
    assert!(tiny.comparison.unwrap().p < 1e-6);
    // A ratio of nearly nothing to nothing is no failure.
    let errors = Case::new(Signal::ErrorRatio, 0.002, 0.000_2, 0.000_1).judged();
    assert_eq!(errors.result, MetricResult::Pass, "{}", errors.why);
}

#[test]
fn a_large_difference_that_may_be_chance_is_inconclusive() {
    let wild = p95(0.0, 0.0)
        .with(|c| {
            c.values[0].1 = around(0.38, 0.4, 5);
            for (row, seed) in c.values.iter_mut().skip(1).zip(11..) {
                row.1 = around(0.32, 0.32, seed);
            }
            // A sample every two minutes: fifteen.
            let taken = &mut c.taken[0].1;
            for i in 0..taken.len() {
                taken[i] = taken[i - i % 4];
            }
            c.rule.min_samples = 10;
        })
        .judged();
    assert_eq!(wild.n_canary, 15);
    let comparison = wild.comparison.unwrap();
    assert!(comparison.shift > 0.1 && comparison.low < 0.0, "{comparison:?}");
    assert_eq!(wild.result, MetricResult::Inconclusive, "{}", wild.why);
}

#[test]
fn where_lower_is_worse_the_sides_are_turned() {
    let mut rates = Case::new(Signal::RequestRate, 5.0, 10.0, 1.0).judged();
    assert_eq!(rates.result, MetricResult::Fail, "{}", rates.why);
    let comparison = rates.comparison.take().unwrap();
    assert!(comparison.shift < -4.0 && comparison.low < comparison.high, "{comparison:?}");
    assert_eq!(Case::new(Signal::RequestRate, 15.0, 10.0, 1.0).judged().result, MetricResult::Pass);
}

#[test]
fn bad_samples_fail_beyond_their_limit_also_while_nothing_is_compared() {
    let bad = |n: usize| {
        p95(0.3, 0.3).with(|c| c.values[0].1.iter_mut().take(n).for_each(|v| *v = Some(1.2)))
    };
    assert_eq!(bad(3).judged().result, MetricResult::Pass);
    let failed = bad(4).judged();
    assert_eq!(failed.result, MetricResult::Fail);
    assert_eq!(
        failed.why.as_str(),
        "canary was above 1.00 s in 4 of 60 samples (more than 3 fail)"
    );
    assert_eq!(bad(4).judged_within(Scope::Limits).result, MetricResult::Fail);
    assert_eq!(bad(3).judged_within(Scope::Limits).result, MetricResult::Inconclusive);
    // Its own limit, not that of the others.
    let own = bad(4).with(|c| c.rule.fail_beyond = Some(2.0)).judged();
    assert_eq!(own.result, MetricResult::Pass);
}

#[test]
fn samples_between_good_and_bad_are_inconclusive_and_without_a_bad_limit_they_are_bad() {
    let slow = || {
        p95(0.3, 0.3).with(|c| {
            c.values[0].1[7] = Some(0.7);
            c.rule.pass_within = Some(0.5);
        })
    };
    let between = slow().judged();
    assert_eq!(between.result, MetricResult::Inconclusive, "{}", between.why);
    assert_eq!(slow().with(|c| c.rule.inconclusive_limit = 1).judged().result, MetricResult::Pass);
    let only_good = slow().with(|c| {
        c.members[0].limits.clear();
        c.rule.failure_limit = 0;
    });
    assert_eq!(only_good.judged().result, MetricResult::Fail);
}

#[test]
fn missing_stale_repeated_and_partial_data_never_pass() {
    let none = p95(0.3, 0.3).with(|c| drop(c.values.remove(0))).judged();
    assert_eq!(none.result, MetricResult::NoData);
    assert_eq!(none.why.as_str(), "no samples: canary has none");
    let gap = p95(0.3, 0.3)
        .with(|c| c.values[0].1.iter_mut().skip(20).take(5).for_each(|v| *v = None))
        .judged();
    assert_eq!(gap.why.as_str(), "no samples: canary has none for 150 s on end");
    let short = p95(0.3, 0.3)
        .with(|c| c.values[0].1.iter_mut().skip(20).take(4).for_each(|v| *v = None))
        .judged();
    assert_eq!(short.result, MetricResult::Pass, "{}", short.why);
    let nan = p95(0.3, 0.3)
        .with(|c| c.values[0].1.iter_mut().skip(20).take(5).for_each(|v| *v = Some(f64::NAN)))
        .judged();
    assert_eq!(nan.result, MetricResult::NoData);
    // The server repeats the last value; its newest sample does not get any newer.
    let stale = p95(0.3, 0.3)
        .with(|c| {
            let last = c.taken[0].1[40];
            c.taken[0].1.iter_mut().skip(41).for_each(|t| *t = last);
        })
        .judged();
    assert_eq!(stale.result, MetricResult::NoData, "{}", stale.why);
    let from_before = p95(0.3, 0.3)
        .with(|c| c.taken[0].1.iter_mut().for_each(|t| *t = Some(at(0) - 1_000.0)))
        .judged();
    assert_eq!((from_before.result, from_before.n_canary), (MetricResult::NoData, 0));
    let unknown_age = p95(0.3, 0.3).with(|c| drop(c.taken.remove(0))).judged();
    assert_eq!(unknown_age.result, MetricResult::NoData);
    let partial = p95(0.3, 0.3)
        .with(|c| {
            c.evidence.freshness = Ok(RangeAnswer { partial: true, ..RangeAnswer::default() });
        })
        .judged();
    assert_eq!(partial.result, MetricResult::Inconclusive, "{}", partial.why);
    let down = p95(0.3, 0.3).with(|c| c.evidence.freshness = Err(Trouble::TimedOut)).judged();
    assert_eq!((down.result, down.n_canary), (MetricResult::NoData, 0));
}

#[test]
fn a_scrape_every_minute_gives_half_the_samples_of_a_grid_of_half_minutes() {
    let slowly = p95(0.3, 0.3).with(|c| {
        for (_, taken) in &mut c.taken {
            for i in (1..taken.len()).step_by(2) {
                taken[i] = taken[i - 1];
            }
        }
    });
    let report = slowly.judged();
    assert_eq!((report.n_canary, report.n_rest), (30, 90));
    assert_eq!(report.result, MetricResult::Inconclusive);
    let why = "the canary group has 30 samples, and 50 are needed: soak for longer";
    assert_eq!(report.why.as_str(), why);
}

#[test]
fn what_there_is_to_compare_with_must_be_there() {
    let alone = p95(0.3, 0.3).with(|c| c.members.truncate(1)).judged();
    assert_eq!(alone.result, MetricResult::NoData);
    assert!(alone.why.as_str().contains("no host is left"), "{}", alone.why);
    let silent = |n: usize| p95(0.3, 0.3).with(|c| c.values.truncate(4 - n)).judged();
    assert_eq!(silent(1).result, MetricResult::Pass);
    assert_eq!(silent(2).result, MetricResult::NoData);
    assert_eq!(silent(2).why.as_str(), "2 of the 3 hosts to compare with have no samples");
    let no_compare = p95(0.3, 0.3).with(|c| {
        c.members.truncate(1);
        c.rule.compare = false;
    });
    assert_eq!(no_compare.judged().result, MetricResult::Pass);
}

#[test]
fn skewed_clocks_refuse_statistics_and_hide_no_failure() {
    let skewed = |canary: f64, host: &str, s: f64| {
        let host = host.parse().unwrap();
        p95(canary, 0.3).with(|c| c.evidence.skew_s = [(host, s)].into()).judged()
    };
    let refused = skewed(0.3, "two", -31.0);
    assert_eq!(refused.result, MetricResult::Inconclusive);
    assert!(refused.why.as_str().contains("two by -31 s"), "{}", refused.why);
    assert!(refused.comparison.is_none());
    assert_eq!(skewed(0.3, "canary", 30.0).result, MetricResult::Pass);
    assert_eq!(skewed(1.5, "canary", 31.0).result, MetricResult::Fail);
}

#[test]
fn any_failure_fails_and_what_is_muted_decides_nothing() {
    use MetricResult::{Fail, Inconclusive, NoData, Pass};
    let metric = |result, muted| MetricReport { result, muted, ..p95(0.3, 0.3).judged() };
    let of = |metrics: &[(MetricResult, bool)]| {
        let metrics: Vec<MetricReport> = metrics.iter().map(|(r, m)| metric(*r, *m)).collect();
        Report::verdict_of(&metrics)
    };
    assert_eq!(of(&[(Pass, false), (Pass, false)]), Verdict::Pass);
    assert_eq!(of(&[(NoData, false), (Fail, false), (Inconclusive, false)]), Verdict::Fail);
    assert_eq!(of(&[(Pass, false), (Inconclusive, false)]), Verdict::Inconclusive);
    assert_eq!(of(&[(Pass, false), (NoData, false)]), Verdict::NoData);
    assert_eq!(of(&[(Pass, false), (Fail, true), (NoData, true)]), Verdict::Pass);
    assert_eq!(of(&[(Pass, true)]), Verdict::NoData, "nothing was judged");
    assert_eq!(of(&[]), Verdict::NoData);
}
