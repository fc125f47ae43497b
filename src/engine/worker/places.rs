//! Places for targets that are worked on side by side, in the order of their batch.

use std::collections::BTreeSet;

use tokio::sync::watch;

use super::shared::Shared;

/// All places of a batch.
pub(super) struct Places {
    n: u32,
    line: watch::Sender<Line>,
}

/// Who waits, and how many places are taken.
struct Line {
    /// Positions in the batch: the first of them is served first.
    waiting: BTreeSet<usize>,
    taken: u32,
}

/// One place, or all of them; free again when dropped.
pub(super) struct Place<'a> {
    places: &'a Places,
    n: u32,
}

impl Places {
    /// So many places for a batch of `n_hosts`, each of which takes one before any after it.
    pub(super) fn new(parallel: u32, n_hosts: usize) -> Self {
        let line = Line { waiting: (0..n_hosts).collect(), taken: 0 };
        Self { n: parallel.max(1), line: watch::Sender::new(line) }
    }

    /// A place for the target at this position. Where each is asked about it is all of them, so that nothing is begun beside
    /// it: whoever works ends first. That can change while it is waited for.
    pub(super) async fn take(&self, shared: &Shared, at: usize) -> Place<'_> {
        let (mut line, mut stepping) = (self.line.subscribe(), shared.one_by_one_now());
        self.line.send_modify(|line| _ = line.waiting.insert(at));
        loop {
            let n = if *stepping.borrow_and_update() { self.n } else { 1 };
            let taken = self.line.send_if_modified(|line| {
                let may = line.waiting.first() == Some(&at) && line.taken + n <= self.n;
                if may {
                    line.waiting.remove(&at);
                    line.taken += n;
                }
                may
            });
            if taken {
                return Place { places: self, n };
            }
            // Neither can end before this does.
            tokio::select! {
                _ = line.changed() => {}
                _ = stepping.changed() => {}
            }
        }
    }
}

impl Place<'_> {
    /// Whether nobody else can have one.
    pub(super) fn is_all(&self) -> bool {
        self.n == self.places.n
    }

    /// Gives back all but one.
    pub(super) fn narrow(&mut self) {
        let free = self.n.saturating_sub(1);
        if free > 0 {
            self.n = 1;
            self.places.free(free);
        }
    }
}

impl Places {
    fn free(&self, n: u32) {
        self.line.send_modify(|line| line.taken = line.taken.saturating_sub(n));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.places.free(self.n);
    }
}
