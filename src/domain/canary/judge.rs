//! The judge: from what the metrics server answered to a result for each metric.
//!
//! The order of the rules of one metric: evidence of harm first, then whether there is enough evidence at all, then
//! the comparison. So nothing that is missing hides a failure, and nothing that is missing makes a pass.

use super::rank::{mann_whitney, median};
use super::report::{Comparison, InUnit, MetricReport, MetricResult, Report};
use super::rule::MetricRule;
use super::samples::{Evidence, Member, Row, length, rows};
use super::shift::hodges_lehmann;
use crate::domain::answer::RangeAnswer;
use crate::domain::catalogue::Worse;
use crate::domain::figure::Trouble;
use crate::domain::untrusted::Safe;

/// Skew from which on samples of two hosts are not of the same time (`reliability` F15).
pub const SKEW_LIMIT_S: f64 = 30.0;
/// A shift must be larger than this part of itself to count: its interval must stay that far away from zero
/// (Kayenta's tolerance).
const DEAD_ZONE: f64 = 0.25;
/// The test's error: 1 % on the one side that is worse, as 98 % confidence has on each.
const ERROR: f64 = 0.01;

/// How much is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Only what fails by its own limits. A comparison that is made again and again would sooner or later
    /// fail by chance, so while a soak goes on only this is looked at.
    Limits,
    /// Everything.
    Everything,
}

/// Judges the canary group by each rule, against the rest.
pub fn judge(
    rules: &[MetricRule],
    canary: &[Member],
    rest: &[Member],
    evidence: &Evidence,
    scope: Scope,
) -> Report {
    let metrics: Vec<MetricReport> =
        rules.iter().map(|rule| Metric { rule, canary, rest, evidence, scope }.report()).collect();
    let until = evidence.stretch.end;
    Report {
        verdict: Report::verdict_of(&metrics),
        since: until.checked_sub(length(evidence.stretch)).unwrap_or(until),
        until,
        step_s: evidence.stretch.step_s,
        metrics,
    }
}

/// One metric while it is judged.
struct Metric<'a> {
    rule: &'a MetricRule,
    canary: &'a [Member],
    rest: &'a [Member],
    evidence: &'a Evidence,
    scope: Scope,
}

/// A result and why.
type Said = (MetricResult, String);

impl Metric<'_> {
    fn report(&self) -> MetricReport {
        let mut report = MetricReport {
            signal: self.rule.signal,
            result: MetricResult::NoData,
            muted: self.rule.muted,
            why: Safe::default(),
            n_canary: 0,
            n_rest: 0,
            comparison: None,
        };
        let (result, why) = match self.answers() {
            Err(trouble) => (MetricResult::NoData, trouble_words(trouble)),
            Ok((answer, freshness)) => self.read(answer, freshness, &mut report),
        };
        report.result = result;
        report.why = Safe::line(&why);
        report
    }

    fn answers(&self) -> Result<(&RangeAnswer, &RangeAnswer), &Trouble> {
        let answers = &self.evidence.answers;
        let own = answers.iter().find(|(signal, _)| *signal == self.rule.signal);
        let answer = own.map_or(Err(&Trouble::NoData), |(_, answer)| answer.as_ref())?;
        Ok((answer, self.evidence.freshness.as_ref()?))
    }

    fn read(
        &self,
        answer: &RangeAnswer,
        freshness: &RangeAnswer,
        report: &mut MetricReport,
    ) -> Said {
        if answer.partial || freshness.partial {
            let why = "the metrics server says that its answer may lack data (isPartial)";
            return (MetricResult::Inconclusive, why.to_owned());
        }
        let stretch = self.evidence.stretch;
        let canary = rows(self.canary, answer, freshness, stretch);
        let rest = rows(self.rest, answer, freshness, stretch);
        let pooled = |rows: &[Row<'_>]| rows.iter().flat_map(Row::values).collect::<Vec<f64>>();
        let (ours, theirs) = (pooled(&canary), pooled(&rest));
        let count = |values: &[f64]| u32::try_from(values.len()).unwrap_or(u32::MAX);
        (report.n_canary, report.n_rest) = (count(&ours), count(&theirs));
        let undecided = self.beyond_limits(&canary);
        if let Some(said) = undecided.as_ref().filter(|(result, _)| *result == MetricResult::Fail) {
            return said.clone();
        }
        if self.scope == Scope::Limits {
            return (MetricResult::Inconclusive, "not compared yet".to_owned());
        }
        let lacks = self.missing(&canary).or_else(|| self.skewed()).or(undecided);
        if let Some(said) = lacks.or_else(|| self.too_few(ours.len(), "the canary group")) {
            return said;
        }
        if !self.rule.compare {
            return (MetricResult::Pass, "within its limits".to_owned());
        }
        if let Some(said) = self.poor_rest(&rest, theirs.len()) {
            return said;
        }
        self.compared(&ours, &theirs, report)
    }

    /// The limits of single samples: failed, undecided, or `None` where they have nothing against a pass.
    fn beyond_limits(&self, canary: &[Row<'_>]) -> Option<Said> {
        let rule = self.rule;
        let worse = |value: f64, limit: f64| match rule.worse() {
            Worse::Higher => value > limit,
            Worse::Lower => value < limit,
        };
        let side = if rule.worse() == Worse::Higher { "above" } else { "below" };
        let mut undecided = None;
        for row in canary {
            let host = &row.member.host;
            let fail = rule.fail_beyond.or_else(|| row.member.limits.get(&rule.signal).copied());
            // Only a limit for good samples: what does not meet it is bad (Argo).
            let fail = fail.or(rule.pass_within);
            let beyond = |limit: Option<f64>| {
                limit.map_or(0, |limit| row.values().filter(|v| worse(*v, limit)).count())
            };
            let (bad, of) = (beyond(fail), row.values().count());
            if bad > rule.failure_limit as usize {
                let limit = InUnit(rule.signal, fail.unwrap_or_default());
                let why = format!(
                    "{host} was {side} {limit} in {bad} of {of} samples (more than {} fail)",
                    rule.failure_limit
                );
                return Some((MetricResult::Fail, why));
            }
            let between = beyond(rule.pass_within).saturating_sub(bad);
            if between > rule.inconclusive_limit as usize {
                let limit = InUnit(rule.signal, rule.pass_within.unwrap_or_default());
                let why =
                    format!("{host} was {side} {limit} in {between} of {of} samples, and not bad");
                undecided.get_or_insert((MetricResult::Inconclusive, why));
            }
        }
        undecided
    }

    /// Instances of the canary group that were silent for too long.
    fn missing(&self, canary: &[Row<'_>]) -> Option<Said> {
        let limit = self.rule.missing_limit as usize;
        let none = |row: &Row<'_>| row.values().next().is_none();
        let silent = canary.iter().filter(|row| none(row) || row.longest_gap() > limit);
        let each: Vec<String> = silent
            .map(|row| {
                if none(row) {
                    return format!("{} has none", row.member.host);
                }
                let seconds = row.longest_gap() * self.evidence.stretch.step_s as usize;
                format!("{} has none for {seconds} s on end", row.member.host)
            })
            .collect();
        (!each.is_empty())
            .then(|| (MetricResult::NoData, format!("no samples: {}", each.join(", "))))
    }

    /// Hosts whose samples carry another time than ours.
    fn skewed(&self) -> Option<Said> {
        let members = self.canary.iter().chain(self.rest);
        let skew = |m: &Member| self.evidence.skew_s.get(&m.host).copied().unwrap_or(0.0);
        let wrong = members.filter(|m| skew(m).abs() > SKEW_LIMIT_S);
        let each: Vec<String> = wrong.map(|m| format!("{} by {:.0} s", m.host, skew(m))).collect();
        (!each.is_empty()).then(|| {
            let why = format!(
                "clocks differ by more than {SKEW_LIMIT_S:.0} s, so nothing can be compared: {}",
                each.join(", ")
            );
            (MetricResult::Inconclusive, why)
        })
    }

    fn too_few(&self, n: usize, whose: &str) -> Option<Said> {
        let least = self.rule.min_samples;
        (n < least as usize).then(|| {
            let why = format!("{whose} has {n} samples, and {least} are needed: soak for longer");
            (MetricResult::Inconclusive, why)
        })
    }

    /// What keeps the rest from being compared with.
    fn poor_rest(&self, rest: &[Row<'_>], n: usize) -> Option<Said> {
        if rest.is_empty() {
            let why = "no host is left on the old release to compare with";
            return Some((MetricResult::NoData, why.to_owned()));
        }
        let silent = rest.iter().filter(|row| row.values().next().is_none()).count();
        if 2 * silent > rest.len() {
            let why =
                format!("{silent} of the {} hosts to compare with have no samples", rest.len());
            return Some((MetricResult::NoData, why));
        }
        self.too_few(n, "the rest")
    }

    /// The comparison itself.
    fn compared(&self, ours: &[f64], theirs: &[f64], report: &mut MetricReport) -> Said {
        // Turned so that larger is worse.
        let sign = if self.rule.worse() == Worse::Higher { 1.0 } else { -1.0 };
        let turned = |values: &[f64]| values.iter().map(|v| sign * v).collect::<Vec<f64>>();
        let (a, b) = (turned(ours), turned(theirs));
        let found = mann_whitney(&a, &b).and_then(|test| {
            let shift = hodges_lehmann(&a, &b, &test)?;
            Some((test, shift, median(ours)?, median(theirs)?))
        });
        let Some((test, shift, canary, rest)) = found else {
            return (MetricResult::NoData, "no samples".to_owned());
        };
        let (low, high) =
            if sign > 0.0 { (shift.low, shift.high) } else { (-shift.high, -shift.low) };
        report.comparison = Some(Comparison {
            canary,
            rest,
            shift: sign * shift.estimate,
            low,
            high,
            p: test.p_larger,
            effect: test.u / (a.len() * b.len()) as f64,
        });
        let signal = self.rule.signal;
        let words = format!("{} against {}", InUnit(signal, canary), InUnit(signal, rest));
        let allowed = self.rule.allowed_shift.max(self.rule.allowed_part * rest.abs());
        let sure = test.p_larger <= ERROR && shift.low > DEAD_ZONE * shift.estimate.abs();
        match (shift.estimate > allowed, sure) {
            (false, _) => (MetricResult::Pass, words),
            (true, true) => (MetricResult::Fail, format!("{words} of the rest")),
            (true, false) => {
                (MetricResult::Inconclusive, format!("{words} of the rest, which may be chance"))
            }
        }
    }
}

/// Why there is no answer, in words.
pub fn trouble_words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::NotReported => "it is not reported".to_owned(),
        Trouble::NoData => "the metrics server has nothing of it".to_owned(),
        Trouble::NotANumber => "the values are no numbers".to_owned(),
        Trouble::Down(why) => format!("the metrics server could not be reached: {why}"),
        Trouble::TimedOut => "the metrics server did not answer in time".to_owned(),
        Trouble::Oversized => "the answer of the metrics server is too large".to_owned(),
        Trouble::Malformed(why) => format!("the metrics server: {why}"),
        Trouble::Refused(why) => format!("the metrics server refused: {why}"),
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
