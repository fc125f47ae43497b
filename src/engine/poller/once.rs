//! One look at everything, for a command that prints and ends.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::board::Board;
use super::poll::{Sources, Watched};
use super::work::{self, Question};
use crate::domain::ids::HostId;
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::domain::snapshot::{Contact, FleetSnapshot};

/// Looks at everything once, all at the same time, waits at most `deadline`, and gives what is known
/// then. What did not answer by then is said not to have.
pub async fn run_once(sources: &Sources, watched: &Watched, deadline: Duration) -> FleetSnapshot {
    let mut board = Board::new(watched);
    let mut work: FuturesUnordered<Question> = FuturesUnordered::new();
    let ids: Vec<HostId> = board.ids().cloned().collect();
    for record in ids.iter().filter_map(|id| board.get(id)) {
        work.push(work::look(sources, record));
        work.push(work::ask(sources, record));
    }
    if let Some(server) = board.server.clone() {
        work.push(work::measure(sources, server));
    }
    let end = tokio::time::Instant::now() + deadline;
    while let Ok(Some(found)) = tokio::time::timeout_at(end, work.next()).await {
        work::enter(&mut board, sources, found);
    }
    drop(work);
    let now = sources.clock.now();
    for id in ids {
        let late = board.get(&id).is_some_and(|r| r.contact == Contact::NotYet);
        if late && let Some(record) = board.change(&id) {
            let error = RemoteError {
                host: id,
                kind: RemoteErrorKind::Timeout,
                message: format!("no answer within {} s", deadline.as_secs()).as_str().into(),
                hint: None,
            };
            record.failed(&error, now);
        }
    }
    board.snapshot(now)
}
