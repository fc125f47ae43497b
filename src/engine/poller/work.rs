//! Single questions, and what comes of them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::board::Board;
use super::look::probe_host;
use super::metrics::{Figures, Trends, refresh_figures, refresh_trends};
use super::poll::Sources;
use super::record::Record;
use crate::domain::facts::Facts;
use crate::domain::fleet::{Host, MetricsSettings};
use crate::domain::ids::HostId;
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::domain::settings::InstanceSettings;
use crate::domain::snapshot::HttpHealth;
use crate::steps::probe::DEADLINE;

/// What a question was answered with.
pub(super) enum Found {
    /// A look at a host.
    Looked(Arc<Host>, Arc<InstanceSettings>, Result<Box<Facts>, RemoteError>),
    /// A health address.
    Asked(HostId, Arc<InstanceSettings>, HttpHealth),
    /// All figures.
    Measured(MetricsSettings, Figures),
    /// All trends.
    Trended(MetricsSettings, Trends),
}

impl Found {
    /// Whether it answers what the board would ask now, not what another inventory asked.
    pub(super) fn is_of(&self, board: &Board) -> bool {
        match self {
            Self::Looked(host, settings, _) => {
                board.get(&host.id).is_some_and(|r| r.looks_alike(host, settings))
            }
            Self::Asked(id, settings, _) => {
                board.get(id).is_some_and(|r| r.settings.health_url == settings.health_url)
            }
            Self::Measured(server, _) | Self::Trended(server, _) => {
                board.server.as_ref() == Some(server)
            }
        }
    }
}

pub(super) type Question = BoxFuture<'static, Found>;

/// One look at a host. It ends, whatever the source does.
pub(super) fn look(sources: &Sources, record: &Record) -> Question {
    let sources = sources.clone();
    let (host, settings) = (Arc::clone(&record.host), Arc::clone(&record.settings));
    Box::pin(async move {
        let asked = probe_host(&*sources.remote, &host, &settings, &*sources.clock, DEADLINE);
        let limit = DEADLINE + Duration::from_secs(5);
        let looked = tokio::time::timeout(limit, asked).await.unwrap_or_else(|_| {
            Err(RemoteError {
                host: host.id.clone(),
                kind: RemoteErrorKind::Timeout,
                message: format!("no answer within {} s", limit.as_secs()).as_str().into(),
                hint: None,
            })
        });
        Found::Looked(host, settings, looked.map(Box::new))
    })
}

/// One question to a health address.
pub(super) fn ask(sources: &Sources, record: &Record) -> Question {
    let sources = sources.clone();
    let (id, settings) = (record.host.id.clone(), Arc::clone(&record.settings));
    let previous = record.http.clone();
    Box::pin(async move {
        let health = sources.health.health(&settings.health_url, &previous).await;
        Found::Asked(id, settings, health)
    })
}

pub(super) fn measure(sources: &Sources, server: MetricsSettings) -> Question {
    let sources = sources.clone();
    Box::pin(async move {
        let figures = refresh_figures(&*sources.metrics, &server).await;
        Found::Measured(server, figures)
    })
}

pub(super) fn trend(sources: &Sources, server: MetricsSettings) -> Question {
    let sources = sources.clone();
    Box::pin(async move {
        let trends = refresh_trends(&*sources.metrics, &server, &*sources.clock).await;
        Found::Trended(server, trends)
    })
}

/// Enters what was found. An answer to a question that another inventory asked is left out.
pub(super) fn enter(board: &mut Board, sources: &Sources, found: Found) {
    let now = sources.clock.now();
    if !found.is_of(board) {
        return;
    }
    match found {
        Found::Looked(host, _, looked) => {
            let Some(record) = board.change(&host.id) else { return };
            match looked {
                Ok(facts) => record.answered(*facts),
                Err(error) => record.failed(&error, now),
            }
        }
        Found::Asked(id, _, health) => {
            if let Some(record) = board.change(&id) {
                record.http = health;
            }
        }
        Found::Measured(_, figures) => board.measured(&figures, now),
        Found::Trended(_, trends) => board.trended(&trends),
    }
}
