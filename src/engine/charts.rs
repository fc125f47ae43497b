//! Reading the charts of one instance.

use futures_util::future::join_all;

use crate::domain::answer::{RangeAnswer, Stretch};
use crate::domain::charts::{CHARTS, Chart, ChartsRead, Line, Lines, N, STEP_S, of, split_of};
use crate::domain::figure::Trouble;
use crate::domain::fleet::MetricsSettings;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, MetricsSource};

/// Lines of a chart that is split by a label: more cannot be told apart.
const MOST: usize = 6;

/// The last hour of the instance that reports under this label. A server that does not answer the first question is not
/// asked the others.
pub async fn read(
    source: &dyn MetricsSource,
    server: &MetricsSettings,
    label: &str,
    clock: &dyn Clock,
) -> Result<ChartsRead, Trouble> {
    let stretch = Stretch { end: clock.now(), step_s: STEP_S, n: N };
    let first = CHARTS.first().map(|c| one(source, server, label, c, stretch));
    let first = match first {
        Some(asked) => asked.await,
        None => Vec::new(),
    };
    if let Some(Line { series: Err(trouble @ (Trouble::Down(_) | Trouble::TimedOut)), .. }) =
        first.first().map(|(line, _)| line)
    {
        return Err(trouble.clone());
    }
    let rest = CHARTS.iter().skip(1).map(|c| one(source, server, label, c, stretch));
    let all: Vec<Vec<(Line, bool)>> = std::iter::once(first).chain(join_all(rest).await).collect();
    let partial = all.iter().flatten().any(|(_, partial)| *partial);
    let lines = all.into_iter().map(|c| c.into_iter().map(|(line, _)| line).collect()).collect();
    Ok(ChartsRead { end: stretch.end, lines, partial })
}

type Asked = Vec<(Line, bool)>;

async fn one(
    source: &dyn MetricsSource,
    server: &MetricsSettings,
    label: &str,
    chart: &Chart,
    stretch: Stretch,
) -> Asked {
    match chart.lines {
        Lines::Named(lines) => {
            let ask = |(name, expression): &'static (&'static str, &'static str)| async move {
                let answer = source.range(server, &of(expression, label), stretch).await;
                named(name, label, answer)
            };
            join_all(lines.iter().map(ask)).await
        }
        Lines::Split(by, expression) => {
            let answer = source.range(server, &split_of(by, expression, label), stretch).await;
            parts(by, answer)
        }
    }
}

fn named(name: &str, label: &str, answer: Result<RangeAnswer, Trouble>) -> (Line, bool) {
    let partial = answer.as_ref().is_ok_and(|a| a.partial);
    let series = answer.and_then(|mut a| a.series.remove(label).ok_or(Trouble::NoData));
    (Line { name: name.into(), series }, partial)
}

fn parts(by: &str, answer: Result<RangeAnswer, Trouble>) -> Asked {
    match answer {
        Err(trouble) => vec![(Line { name: by.into(), series: Err(trouble) }, false)],
        Ok(answer) if answer.series.is_empty() => {
            vec![(Line { name: by.into(), series: Err(Trouble::NoData) }, answer.partial)]
        }
        Ok(answer) => {
            let line = |(name, series): (String, _)| {
                (Line { name: Safe::line(&name), series: Ok(series) }, answer.partial)
            };
            answer.series.into_iter().take(MOST).map(line).collect()
        }
    }
}
