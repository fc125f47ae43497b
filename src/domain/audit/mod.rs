//! The audit log: who changed what, from where and why, as a chain in which nothing can be altered unnoticed.
//!
//! **Invariant:** every record is bound to the one before it by a hash, so a change of any byte of any record, a record that
//! is missing in the middle and two that stand in the wrong order are found by reading the log alone. What is missing at its end is
//! found only with an [`Anchor`], which hosts keep. No value of a secret is ever in a record.

mod anchor;
mod chain;
mod csv;
mod deed;
mod fingerprint;
mod record;
mod verify;
#[cfg(test)]
mod verify_tests;

pub use anchor::Anchor;
pub use chain::{ChainHash, link};
pub use csv::{csv_head, csv_line};
pub use deed::{Actor, Caller, Deed, Ending, Facts, KeySource, LoginKey, Source};
pub use fingerprint::{fingerprint, keys_of_agent, keys_of_session};
pub use record::{Entry, Phase, Place, Record, Row, Wanted};
pub use verify::{Finding, Verdict, Verifier};
