//! YAML as Ansible reads it, with the place of every value and with budgets.
//!
//! The parser's events are read directly, since serde's data model has neither places of keys nor
//! tags nor keys that stand twice.

mod explain;
mod fault;
mod node;
mod read;
mod scalar;

pub(super) use node::{Entry, Kind, Mark, Node};
pub(super) use read::{Document, parse};
