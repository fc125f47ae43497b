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
use crate::domain::fleet::MetricsSettings;
use crate::domain::ids::HostId;
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::domain::settings::InstanceSettings;
use crate::domain::snapshot::HttpHealth;
use crate::steps::probe::DEADLINE;

/// What a question was answered with.
pub(super) enum Found {
    /// A look at a host.
    Looked(HostId, Arc<InstanceSettings>, Result<Box<Facts>, RemoteError>),
    /// A health address.
    Asked(HostId, Arc<InstanceSettings>, HttpHealth),
    /// All figures.
    Measured(MetricsSettings, Figures),
    /// All trends.
    Trended(MetricsSettings, Trends),
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
        Found::Looked(host.id.clone(), settings, looked.map(Box::new))
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
    let is_of = |board: &Board, id: &HostId, settings: &Arc<InstanceSettings>| {
        board.get(id).is_some_and(|r| Arc::ptr_eq(&r.settings, settings))
    };
    match found {
        Found::Looked(id, settings, looked) if is_of(board, &id, &settings) => {
            let Some(record) = board.change(&id) else { return };
            match looked {
                Ok(facts) => record.answered(*facts),
                Err(error) => record.failed(&error, now),
            }
        }
        Found::Asked(id, settings, health) if is_of(board, &id, &settings) => {
            if let Some(record) = board.change(&id) {
                record.http = health;
            }
        }
        Found::Measured(server, figures) if board.server.as_ref() == Some(&server) => {
            board.measured(&figures, now);
        }
        Found::Trended(server, trends) if board.server.as_ref() == Some(&server) => {
            board.trended(&trends);
        }
        Found::Looked(..) | Found::Asked(..) | Found::Measured(..) | Found::Trended(..) => {}
    }
}
