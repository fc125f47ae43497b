//! One refresh of all figures: a constant number of questions, whatever the size of the fleet.

use futures_util::future::join_all;

use crate::domain::answer::{InstantAnswer, RangeAnswer, Stretch};
use crate::domain::catalogue::{FRESHNESS, QUERIES, Query, TREND_N, TREND_STEP_S};
use crate::domain::figure::{Figure, Trouble};
use crate::domain::fleet::MetricsSettings;
use crate::domain::series::Series;
use crate::domain::signal::Signal;
use crate::engine::ports::{Clock, MetricsSource};

/// The answers of one refresh of the figures.
#[derive(Debug, Clone)]
pub struct Figures {
    freshness: Result<InstantAnswer, Trouble>,
    answers: Vec<(Signal, Result<InstantAnswer, Trouble>)>,
}

/// The answers of one refresh of the trends.
#[derive(Debug, Clone)]
pub struct Trends(Vec<(Signal, Result<RangeAnswer, Trouble>)>);

/// Asks for all figures of the fleet: [`crate::domain::catalogue::N_INSTANT`] questions. A server that
/// does not answer the first is not asked the others, which would only wait as long.
pub async fn refresh_figures(source: &dyn MetricsSource, server: &MetricsSettings) -> Figures {
    let freshness = source.instant(server, FRESHNESS).await;
    if let Err(trouble @ (Trouble::Down(_) | Trouble::TimedOut)) = &freshness {
        let answers = QUERIES.iter().map(|q| (q.signal, Err(trouble.clone()))).collect();
        return Figures { freshness, answers };
    }
    let ask =
        |q: &'static Query| async move { (q.signal, source.instant(server, q.expression).await) };
    Figures { freshness, answers: join_all(QUERIES.iter().map(ask)).await }
}

/// Asks for the last hour of the signals that have a trend:
/// [`crate::domain::catalogue::N_TREND`] questions.
pub async fn refresh_trends(
    source: &dyn MetricsSource,
    server: &MetricsSettings,
    clock: &dyn Clock,
) -> Trends {
    let stretch = Stretch { end: clock.now(), step_s: TREND_STEP_S, n: TREND_N };
    let ask = |q: &'static Query| async move {
        (q.signal, source.range(server, q.expression, stretch).await)
    };
    Trends(join_all(QUERIES.iter().filter(|q| q.trend).map(ask)).await)
}

impl Figures {
    /// The figures of the instance with this label.
    pub fn of<'a>(&'a self, label: &'a str) -> impl Iterator<Item = (Signal, Figure)> + 'a {
        let fresh_at = self.freshness.as_ref().ok().and_then(|a| a.moment(label));
        self.answers.iter().map(move |(signal, answer)| {
            // A backup's age is counted by the server at the moment of asking.
            let fresh_at =
                fresh_at.filter(|_| !matches!(signal, Signal::BackupAge | Signal::BackupSize));
            let figure = match answer {
                Ok(answer) => answer.figure(label, fresh_at),
                Err(trouble) => Figure::absent(trouble.clone()),
            };
            (*signal, figure)
        })
    }

    /// What kept the server from answering, if it answered nothing.
    pub fn trouble(&self) -> Option<&Trouble> {
        let failed = self.answers.iter().all(|(_, answer)| answer.is_err());
        self.freshness.as_ref().err().filter(|_| failed)
    }

    /// Whether the server said of any answer that it may lack data.
    pub fn partial(&self) -> bool {
        let answers = self.answers.iter().map(|(_, answer)| answer);
        answers.chain([&self.freshness]).flatten().any(|a| a.partial)
    }
}

impl Trends {
    /// The trends of the instance with this label; a signal whose question failed is left out.
    pub fn of<'a>(&'a self, label: &'a str) -> impl Iterator<Item = (Signal, Option<Series>)> + 'a {
        self.0.iter().filter_map(move |(signal, answer)| {
            Some((*signal, answer.as_ref().ok()?.series.get(label).cloned()))
        })
    }
}
