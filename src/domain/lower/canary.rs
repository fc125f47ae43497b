//! `bunker_canary_*` and `bunker_soak_s`: which instances go first, how long they are watched, by what they are judged.

use serde_json::{Map, Value};

use super::reader::Reader;
use crate::domain::canary::policy::{CanaryPolicy, OnFail, OnPass};
use crate::domain::canary::rule::MetricRule;
use crate::domain::catalogue::{self, JUDGED};
use crate::domain::ids::{GroupName, InvalidName};
use crate::domain::settings::InstancePolicy;
use crate::domain::signal::Signal;

const METRICS: &str = "bunker_canary_metrics";
/// Longest soak: a month.
const MOST_S: u64 = 31 * 86_400;

/// The policy of an instance. A value that cannot be used was said; then the result counts for nothing.
pub(super) fn canary(r: &mut Reader<'_>, policy: &InstancePolicy) -> CanaryPolicy {
    let usual = CanaryPolicy::default();
    CanaryPolicy {
        group: r.parse::<GroupName>("bunker_canary_group").or(usual.group),
        soak_s: r.whole("bunker_soak_s", (1, MOST_S)).unwrap_or(usual.soak_s),
        metrics: metrics(r, policy).unwrap_or(usual.metrics),
        on_pass: r.check("bunker_canary_on_success", on_pass).unwrap_or(usual.on_pass),
        on_fail: r.check("bunker_canary_on_fail", on_fail).unwrap_or(usual.on_fail),
    }
}

fn on_pass(text: &str) -> Result<OnPass, InvalidName> {
    match text {
        "continue" => Ok(OnPass::Continue),
        "promote" => Ok(OnPass::Promote),
        _ => Err(InvalidName::new("answer to a pass", text, "write continue or promote")),
    }
}

fn on_fail(text: &str) -> Result<OnFail, InvalidName> {
    match text {
        "stop" => Ok(OnFail::Stop),
        "rollback" => Ok(OnFail::Rollback),
        _ => Err(InvalidName::new("answer to a failure", text, "write stop or rollback")),
    }
}

/// The rules; an empty list judges by health alone. `None` where the variable is not set or cannot be used.
fn metrics(r: &mut Reader<'_>, policy: &InstancePolicy) -> Option<Vec<MetricRule>> {
    let items = r.values(METRICS, "the metrics that `bunker canary judge --help` names")?;
    let mut rules: Vec<MetricRule> = Vec::new();
    for item in items {
        let rule = match rule(item, policy) {
            Ok(rule) => rule,
            Err((what, hint)) => {
                r.refuse(METRICS, format!("{METRICS}: {what}"), Some(&hint));
                return None;
            }
        };
        if rules.iter().any(|other| other.signal == rule.signal) {
            let what = format!("{METRICS}: {} stands twice", rule.signal.key());
            r.refuse(METRICS, what, Some("take one of the two out"));
            return None;
        }
        rules.push(rule);
    }
    Some(rules)
}

/// What is wrong, and a hint.
type Wrong = (String, String);

fn wrong(what: impl Into<String>, hint: impl Into<String>) -> Wrong {
    (what.into(), hint.into())
}

fn rule(item: &Value, policy: &InstancePolicy) -> Result<MetricRule, Wrong> {
    let (name, map) = match item {
        Value::String(name) => (name.as_str(), None),
        Value::Object(map) => {
            let name = map.get("metric").and_then(Value::as_str);
            let hint = "write metric: error_ratio, and its limits beside it";
            (name.ok_or_else(|| wrong("an item has no metric", hint))?, Some(map))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            let hint = "write its name, or a mapping with metric: and limits";
            return Err(wrong("an item is no metric", hint));
        }
    };
    let signal = Signal::ALL.iter().copied().find(|s| s.key() == name.trim());
    let mut rule = signal.and_then(MetricRule::usual).ok_or_else(|| unknown(name))?;
    // What is named is meant to decide, unless it says otherwise.
    rule.muted = false;
    if let Some(map) = map {
        for (key, value) in map.iter().filter(|(key, _)| *key != "metric") {
            set(&mut rule, key, value)?;
        }
        in_order(&rule, map)?;
    }
    let limited = rule.fail_beyond.is_some()
        || rule.pass_within.is_some()
        || catalogue::warn_at(rule.signal, policy).is_some();
    if !rule.compare && !limited {
        let what = format!("{} is neither compared nor limited", rule.signal.key());
        return Err(wrong(what, "give it fail_beyond, or compare: true"));
    }
    Ok(rule)
}

fn unknown(name: &str) -> Wrong {
    let keys: Vec<&str> = JUDGED.iter().map(|judged| judged.signal.key()).collect();
    let hint = format!("the metrics are {}", keys.join(", "));
    wrong(format!("{name:?} is no metric that a canary is judged by"), hint)
}

fn set(rule: &mut MetricRule, key: &str, value: &Value) -> Result<(), Wrong> {
    let no = |wants: &str| {
        wrong(format!("{key} of {} wants {wants}", rule.signal.key()), "see docs/rollouts.md")
    };
    let whole = || {
        let n = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 100_000);
        n.ok_or_else(|| no("a whole number from 0 to 100000"))
    };
    let number = || {
        let n = value.as_f64().filter(|n| (0.0..=1e9).contains(n));
        n.ok_or_else(|| no("a number, zero or more"))
    };
    let truth = || value.as_bool().ok_or_else(|| no("true or false"));
    match key {
        "muted" => rule.muted = truth()?,
        "compare" => rule.compare = truth()?,
        "fail_beyond" => rule.fail_beyond = Some(number()?),
        "pass_within" => rule.pass_within = Some(number()?),
        "failure_limit" => rule.failure_limit = whole()?,
        "inconclusive_limit" => rule.inconclusive_limit = whole()?,
        "missing_limit" => rule.missing_limit = whole()?,
        "min_samples" => rule.min_samples = whole()?.max(1),
        "allowed_part" => rule.allowed_part = number()?,
        "allowed_shift" => rule.allowed_shift = number()?,
        _ => {
            let hint = "they are metric, muted, compare, fail_beyond, pass_within, failure_limit, \
                        inconclusive_limit, missing_limit, min_samples, allowed_part, allowed_shift";
            return Err(wrong(format!("{key:?} is no setting of a metric"), hint));
        }
    }
    Ok(())
}

/// A good sample is better than a bad one.
fn in_order(rule: &MetricRule, map: &Map<String, Value>) -> Result<(), Wrong> {
    let (Some(pass), Some(fail)) = (rule.pass_within, rule.fail_beyond) else { return Ok(()) };
    let turned = match rule.worse() {
        catalogue::Worse::Higher => pass > fail,
        catalogue::Worse::Lower => pass < fail,
    };
    if !turned {
        return Ok(());
    }
    let of = |key: &str| map.get(key).map(ToString::to_string).unwrap_or_default();
    let what = format!(
        "{}: pass_within {} is worse than fail_beyond {}",
        rule.signal.key(),
        of("pass_within"),
        of("fail_beyond")
    );
    Err(wrong(what, "exchange them"))
}
