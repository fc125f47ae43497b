//! Writing down what is about to be changed, and reading it.

use std::fmt::Display;

use async_trait::async_trait;

use super::StoreError;
use crate::domain::audit::{Anchor, Deed, Ending, Entry, Facts, Row, Wanted};
use crate::domain::secret::Secret;
use crate::domain::untrusted::Safe;

/// The log of who changed what. Implementations are built with a `domain::capability::Operate`.
///
/// **Invariant:** an intent is on disk when `intend` returns. Where it gives an error, the deed must not be done: [`audited`]
/// does both in the right order.
pub trait Audit: Send + Sync + 'static {
    /// Writes down that something is about to be done.
    fn intend(&self, deed: Deed) -> Result<Intent, StoreError>;
    /// Writes down how it ended.
    fn outcome(&self, intent: &Intent, ending: &Ending) -> Result<(), StoreError>;
    /// What stands for a secret in a record: two equal values of one log have the same, and nobody without the key of the log
    /// can tell which value it is.
    fn mark(&self, secret: &Secret) -> Result<Safe, StoreError>;
}

/// An intent that was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its number.
    pub seq: u64,
    /// What is about to be done.
    pub deed: Deed,
    /// The head of the log with it, for others to remember.
    pub anchor: Anchor,
}

/// Opens the log once it is needed, so that what changes nothing makes none.
pub type OpenAudit =
    std::sync::Arc<dyn Fn() -> Result<std::sync::Arc<dyn Audit>, StoreError> + Send + Sync>;

/// Does something between its intent and its outcome: the one way to change what no run changes. Where the intent cannot be
/// written, nothing is done. `work` also gives what is to be remembered of what is then.
pub fn audited<T, E: From<StoreError> + Display>(
    audit: &dyn Audit,
    deed: Deed,
    work: impl FnOnce(&Intent) -> Result<(T, Facts), E>,
) -> Result<T, E> {
    let intent = audit.intend(deed)?;
    ended(audit, &intent, work(&intent))
}

/// The same for a deed on a host, which takes its time. `work` is not begun before the intent is written.
pub async fn audited_there<T, E: From<StoreError> + Display>(
    audit: &dyn Audit,
    deed: Deed,
    work: impl Future<Output = Result<(T, Facts), E>>,
) -> Result<T, E> {
    let intent = audit.intend(deed)?;
    ended(audit, &intent, work.await)
}

fn ended<T, E: From<StoreError> + Display>(
    audit: &dyn Audit,
    intent: &Intent,
    done: Result<(T, Facts), E>,
) -> Result<T, E> {
    match done {
        Ok((made, after)) => {
            audit.outcome(intent, &Ending { after, ..Ending::done() })?;
            Ok(made)
        }
        Err(error) => {
            // What went wrong with the deed is the news; an outcome that cannot be written leaves an open intent.
            drop(audit.outcome(intent, &Ending::failed(&error.to_string())));
            Err(error)
        }
    }
}

/// Looking at the log.
#[async_trait]
pub trait AuditReader: Send + Sync + 'static {
    /// Records after `after`, in order, at most `limit`, byte for byte as they are kept.
    async fn audit_rows(&self, after: u64, limit: usize) -> Result<Vec<Row>, StoreError>;
    /// The newest records that are wanted, newest first, at most `limit`.
    async fn audit_latest(&self, wanted: &Wanted, limit: usize) -> Result<Vec<Entry>, StoreError>;
    /// The last record, as others are to remember it; `None` where there is none yet.
    async fn audit_head(&self) -> Result<Option<Anchor>, StoreError>;
}
