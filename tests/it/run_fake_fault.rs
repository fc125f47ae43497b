//! What goes wrong when a fake host is asked to start a job.

/// What a fake host does with one attempt to start a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartFault {
    /// Nothing gets through.
    Refused,
    /// The key is refused.
    Auth,
    /// The job starts, the answer is lost.
    AnswerLost,
    /// Neither arrives, and nobody can tell.
    RequestLost,
    /// A bug of ours: whoever asks dies of it.
    Panic,
}
