//! Ports of hosts that are brought to this machine: what is asked of them, and the list in front of a page.

use jiff::Timestamp;

use super::toast::ToastKind;
use crate::domain::forward::{Forward, Wanted};
use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForwardAsk {
    /// Bring one here.
    Open {
        /// Of this host.
        host: HostId,
        /// This.
        what: Wanted,
    },
    /// Take back the one with this number.
    End(u64),
    /// Try the lost one with this number again now.
    Again(u64),
    /// Which there are, and whether their connections stand.
    List,
}

/// What there is then, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// All of them, in the order in which they were opened.
    pub all: Vec<Forward>,
    /// What is to be told.
    pub told: Option<(ToastKind, Safe)>,
}

/// What is known of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forwards {
    /// All of them.
    pub all: Vec<Forward>,
    /// When it was last asked whether they stand.
    pub asked: Option<Timestamp>,
    /// The chosen one of the list, from 0.
    pub selected: usize,
}

impl Forwards {
    /// The chosen one.
    pub fn chosen(&self) -> Option<&Forward> {
        self.all.get(self.selected)
    }
}
