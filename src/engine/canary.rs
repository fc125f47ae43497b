//! What the metrics server knows about a canary and the rest.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::ports::MetricsSource;
use crate::domain::answer::{RangeAnswer, Stretch};
use crate::domain::canary::{Evidence, MetricRule};
use crate::domain::catalogue::{FRESHNESS, Query};
use crate::domain::figure::Trouble;
use crate::domain::fleet::MetricsSettings;
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;

/// Asks for all that a judgement by these rules needs: one range for each rule and one for how fresh the samples are,
/// whatever the size of the fleet. A server that does not answer the first is not asked the others.
pub async fn evidence(
    source: &dyn MetricsSource,
    server: Option<&MetricsSettings>,
    rules: &[MetricRule],
    stretch: Stretch,
    skew_s: BTreeMap<HostId, f64>,
) -> Evidence {
    let all = |trouble: &Trouble| rules.iter().map(|r| (r.signal, Err(trouble.clone()))).collect();
    let Some(server) = server else {
        let trouble = Trouble::Refused(Safe::line("none is configured: set bunker_metrics_url"));
        return Evidence { stretch, answers: all(&trouble), freshness: Err(trouble), skew_s };
    };
    let freshness = source.range(server, FRESHNESS, stretch).await;
    if let Err(trouble @ (Trouble::Down(_) | Trouble::TimedOut)) = &freshness {
        return Evidence { stretch, answers: all(trouble), freshness, skew_s };
    }
    let ask = |rule: &MetricRule| {
        let signal = rule.signal;
        let expression = Query::of(signal).map(|query| query.over(stretch.step_s));
        async move {
            let answer: Result<RangeAnswer, Trouble> = match expression {
                Some(expression) => source.range(server, &expression, stretch).await,
                None => Err(Trouble::NotReported),
            };
            (signal, answer)
        }
    };
    let answers = join_all(rules.iter().map(ask)).await;
    Evidence { stretch, freshness, answers, skew_s }
}
