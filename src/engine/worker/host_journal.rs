//! What is journalled about one host.

use std::sync::Arc;

use super::shared::Shared;
use crate::domain::run::event::EventKind;
use crate::domain::run::state::HostState;
use crate::engine::ports::StoreError;

/// A host as the journal has it, and as it will have it with its next events.
#[derive(Clone)]
pub(super) struct HostJournal {
    pub(super) shared: Arc<Shared>,
    /// The target, what is due included.
    pub(super) state: HostState,
    /// What happened here and is journalled with what comes next.
    ///
    /// **Invariant:** nothing is begun on the host, and nobody is waited for, while something is in it. What a crash takes
    /// of it, the host tells again.
    due: Vec<EventKind>,
}

impl HostJournal {
    /// A target as it is journalled.
    pub(super) fn new(shared: Arc<Shared>, state: HostState) -> Self {
        Self { shared, state, due: Vec::new() }
    }

    /// Journals events about this host, and what is due.
    pub(super) async fn add(&mut self, kinds: Vec<EventKind>) -> Result<(), StoreError> {
        self.note(kinds);
        self.write().await
    }

    /// Lets events about this host be journalled with what comes next.
    pub(super) fn note(&mut self, kinds: Vec<EventKind>) {
        let now = self.shared.ports.clock.now();
        for kind in &kinds {
            self.state.apply(now, kind);
        }
        self.due.extend(kinds);
    }

    /// Journals what is due.
    pub(super) async fn write(&mut self) -> Result<(), StoreError> {
        let due = self.take();
        if due.is_empty() { Ok(()) } else { self.shared.add(due).await.map(drop) }
    }

    /// Keeps output of a job, and journals what is due, that of the output among it.
    pub(super) async fn write_output(&mut self, seq: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let due = self.take();
        let (store, run, host) = (&self.shared.ports.store, &self.shared.run, &self.state.id);
        if due.is_empty() {
            store.keep_log(run, host, seq, bytes).await.map(drop)
        } else {
            store.keep_and_append(run, (host, seq, bytes), due).await.map(drop)
        }
    }

    /// Takes what is due, to journal it.
    pub(super) fn take(&mut self) -> Vec<EventKind> {
        std::mem::take(&mut self.due)
    }
}
