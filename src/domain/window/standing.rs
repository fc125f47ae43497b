//! How several windows together stand at a moment.

use jiff::Timestamp;

use super::{Spell, Window};
use crate::domain::untrusted::Safe;

/// Edges after which one stops looking for a change: a union that changes so often and stays open is open.
const EDGES: usize = 400;

/// What the windows of a host say about runs at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is no window: always.
    Free,
    /// Runs may change something.
    Open {
        /// The window that lets them; `None` where there are only freezes, and none is on.
        by: Option<Safe>,
        /// The first moment at which they may not any more; `None` where no end is in sight.
        until: Option<Timestamp>,
    },
    /// Runs may not.
    Closed {
        /// The freeze that is on.
        frozen: Option<Safe>,
        /// When they may again, and by which window; `None` where that is not in sight.
        opens: Option<(Timestamp, Option<Safe>)>,
    },
}

impl Standing {
    /// Whether runs may change something.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Closed { .. })
    }

    /// The moment of the next change, where one is in sight.
    pub fn changes(&self) -> Option<Timestamp> {
        match self {
            Self::Free => None,
            Self::Open { until, .. } => *until,
            Self::Closed { opens, .. } => opens.as_ref().map(|(at, _)| *at),
        }
    }
}

/// What these windows say about runs at this moment.
pub fn standing(windows: &[Window], at: Timestamp) -> Standing {
    let counts = |w: &&Window| w.gates_runs() || w.freezes();
    if !windows.iter().any(|w| counts(&w)) {
        return Standing::Free;
    }
    match open_by(windows, at) {
        Ok(by) => {
            let until = change_after(windows, at, Result::is_err).map(|(at, _)| at);
            Standing::Open { by, until }
        }
        Err(frozen) => {
            let opens = change_after(windows, at, Result::is_ok);
            Standing::Closed { frozen, opens: opens.map(|(at, now)| (at, now.unwrap_or(None))) }
        }
    }
}

/// The window that lets runs go at this moment (`None`: there are only freezes), or the freeze that is on.
fn open_by(windows: &[Window], at: Timestamp) -> Result<Option<Safe>, Option<Safe>> {
    let frozen = windows.iter().find(|w| w.freezes() && w.spell_at(at).is_some());
    if let Some(freeze) = frozen {
        return Err(Some(freeze.name.clone()));
    }
    let mut gates = windows.iter().filter(|w| w.gates_runs()).peekable();
    if gates.peek().is_none() {
        return Ok(None);
    }
    let open = gates.filter_map(|w| w.spell_at(at).map(|spell| (spell.until, w)));
    // The one that lasts longest gives its name.
    open.max_by_key(|(until, _)| *until).map(|(_, w)| Some(w.name.clone())).ok_or(None)
}

type Now = Result<Option<Safe>, Option<Safe>>;

/// The first moment after `at` at which it is as `wanted`.
fn change_after(
    windows: &[Window],
    at: Timestamp,
    wanted: impl Fn(&Now) -> bool,
) -> Option<(Timestamp, Now)> {
    let mut moment = at;
    for _ in 0..EDGES {
        let counting = windows.iter().filter(|w| w.gates_runs() || w.freezes());
        moment = counting.filter_map(|w| w.edge_after(moment)).min()?;
        let now = open_by(windows, moment);
        if wanted(&now) {
            return Some((moment, now));
        }
    }
    None
}

/// The window that silences the alerts of a host with these windows at this moment, and until when.
pub fn silenced(windows: &[Window], at: Timestamp) -> Option<(&Window, Timestamp)> {
    let on = windows.iter().filter(|w| w.silences());
    let on = on.filter_map(|w| w.spell_at(at).map(|spell| (w, spell.until)));
    on.max_by_key(|(_, until)| *until)
}

/// The spell of each window that is on now, or its next one, soonest first.
pub fn next_spells(windows: &[Window], at: Timestamp) -> Vec<(&Window, Option<Spell>)> {
    let mut spells: Vec<(&Window, Option<Spell>)> =
        windows.iter().map(|w| (w, w.spell_at(at).or_else(|| w.spell_after(at)))).collect();
    spells.sort_by_key(|(_, spell)| spell.map_or(Timestamp::MAX, |s| s.from));
    spells
}
