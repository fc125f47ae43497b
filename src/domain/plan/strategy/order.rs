//! In which order targets go.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::InvalidStrategy;
use crate::domain::ids::HostId;

/// In which order targets go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As the inventory names them.
    #[default]
    Inventory,
    /// By name.
    Sorted,
    /// The inventory's, from its end.
    Reverse,
    /// By chance, the same for the same seed.
    Shuffle,
    /// Those with most containers that are not well first.
    UnhealthyFirst,
    /// Those that the fewest people work on first; those of which that is not known last.
    FewestSessionsFirst,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Inventory,
        Self::Sorted,
        Self::Reverse,
        Self::Shuffle,
        Self::UnhealthyFirst,
        Self::FewestSessionsFirst,
    ];

    /// Its name in variables, commands and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Sorted => "sorted",
            Self::Reverse => "reverse",
            Self::Shuffle => "shuffle",
            Self::UnhealthyFirst => "unhealthy-first",
            Self::FewestSessionsFirst => "fewest-sessions-first",
        }
    }

    /// These hosts, which are in the order of the inventory, in this order. `ranks` has what the last two go by: the
    /// lowest goes first, and a host without a rank last.
    pub(super) fn of(
        self,
        mut hosts: Vec<HostId>,
        seed: u64,
        ranks: &BTreeMap<HostId, f64>,
    ) -> Vec<HostId> {
        match self {
            Self::Inventory => {}
            Self::Sorted => hosts.sort(),
            Self::Reverse => hosts.reverse(),
            Self::Shuffle => shuffle(&mut hosts, seed),
            Self::UnhealthyFirst | Self::FewestSessionsFirst => {
                let rank = |id: &HostId| ranks.get(id).copied().unwrap_or(f64::INFINITY);
                hosts.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
            }
        }
        hosts
    }
}

/// Fisher and Yates, with numbers by `SplitMix64`: the same on every machine, for as long as plans are kept.
fn shuffle(hosts: &mut [HostId], seed: u64) {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    for last in (1..hosts.len()).rev() {
        let other = usize::try_from(next() % (last as u64 + 1)).unwrap_or(0);
        hosts.swap(last, other);
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Order {
    type Err = InvalidStrategy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        Self::ALL.into_iter().find(|order| order.name() == text).ok_or_else(|| InvalidStrategy {
            text: text.to_owned(),
            what: "order",
            rule: "inventory, sorted, reverse, shuffle, unhealthy-first or fewest-sessions-first",
        })
    }
}
