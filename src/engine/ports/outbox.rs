//! Messages on their way out.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::notify::{Channel, Message};
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;

/// A message on its way through one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    /// Its place in the outbox.
    pub number: u64,
    /// The id of the delivery: the same at each try, so that a receiver can tell a second one.
    pub id: String,
    /// Through which channel.
    pub channel: Channel,
    /// What.
    pub message: Message,
    /// How often it was tried.
    pub tries: u32,
    /// When it was posted.
    pub made: Timestamp,
    /// `waiting`, `sent` or `given-up`.
    pub state: Safe,
    /// When it is tried next, or was settled.
    pub next: Timestamp,
    /// What went wrong last.
    pub error: Option<Safe>,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It was taken.
    Done,
    /// It was not, and will be tried again then.
    Later {
        /// What happened.
        why: Safe,
        /// When.
        next: Timestamp,
    },
    /// It was not, and is not tried again by itself.
    GivenUp {
        /// What happened.
        why: Safe,
    },
}

/// The messages that wait in the store. Messages about a run are put there with the event that they are about, in one
/// transaction: none is lost, and none is told twice.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Takes messages that are due, at most `limit`, so that no other process sends them for a minute.
    async fn due(&self, limit: usize) -> Result<Vec<Posted>, StoreError>;
    /// Says what came of one.
    async fn settle(&self, number: u64, sent: Sent) -> Result<(), StoreError>;
    /// Posts a message to these channels; one with a key that was posted before goes nowhere.
    async fn post(&self, message: &Message, channels: &[Channel]) -> Result<usize, StoreError>;
    /// What is in the outbox, newest first.
    async fn posted(&self, limit: usize) -> Result<Vec<Posted>, StoreError>;
    /// Makes messages due again that were given up or wait: all, or one. Gives how many.
    async fn retry(&self, number: Option<u64>) -> Result<usize, StoreError>;
}

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendFault {
    /// It may be taken later: no answer, an error of the server.
    Transient(Safe),
    /// It will not be taken as it is: a wrong token, a redirect, a settings file that cannot be used.
    Refused(Safe),
}

/// Brings messages to people.
#[async_trait]
pub trait Courier: Send + Sync + 'static {
    /// Tries once.
    async fn send(&self, posted: &Posted) -> Result<(), SendFault>;
}
