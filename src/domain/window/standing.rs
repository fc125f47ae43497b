//! How several windows together stand at a moment.

use jiff::{SignedDuration, Timestamp};

use super::{Spell, Window};
use crate::domain::untrusted::Safe;

/// How far one follows windows that hand over to each other: a union that stays open for longer is open.
/// The next freeze is found at any distance.
const SIGHT: SignedDuration = SignedDuration::from_hours(62 * 24);

/// Freezes and gates in turn after which one stops looking for an opening.
const TURNS: usize = 400;

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
        Ok(by) => Standing::Open { by, until: closes_after(windows, at) },
        Err(frozen) => Standing::Closed { frozen, opens: opens_after(windows, at) },
    }
}

fn gates(windows: &[Window]) -> impl Iterator<Item = &Window> {
    windows.iter().filter(|w| w.gates_runs())
}

fn freezes(windows: &[Window]) -> impl Iterator<Item = &Window> {
    windows.iter().filter(|w| w.freezes())
}

/// The window that lets runs go at this moment (`None`: there are only freezes), or the freeze that is on.
fn open_by(windows: &[Window], at: Timestamp) -> Result<Option<Safe>, Option<Safe>> {
    if let Some((freeze, _)) = longest(freezes(windows), at) {
        return Err(Some(freeze.name.clone()));
    }
    if gates(windows).next().is_none() {
        return Ok(None);
    }
    longest(gates(windows), at).map(|(gate, _)| Some(gate.name.clone())).ok_or(None)
}

/// Of the windows that are on at this moment the one that lasts longest, which gives its name, and its end.
fn longest<'w>(
    windows: impl Iterator<Item = &'w Window>,
    at: Timestamp,
) -> Option<(&'w Window, Timestamp)> {
    let on = windows.filter_map(|w| w.spell_at(at).map(|spell| (w, spell.until)));
    on.max_by_key(|(_, until)| *until)
}

/// The first moment after `at`, at which runs may go, at which they may not.
fn closes_after(windows: &[Window], at: Timestamp) -> Option<Timestamp> {
    let frozen = freezes(windows).filter_map(|w| w.spell_after(at)).map(|spell| spell.from).min();
    let in_sight = at.checked_add(SIGHT).unwrap_or(Timestamp::MAX);
    let mut open_until = at;
    while frozen.is_none_or(|frozen| open_until < frozen) {
        match longest(gates(windows), open_until) {
            Some((_, until)) if open_until < in_sight => open_until = until,
            None if open_until > at => return Some(open_until),
            // No end is in sight, or there are no gates at all.
            Some(_) | None => break,
        }
    }
    frozen
}

/// The first moment after `at`, at which runs may not go, at which they may, and by which window.
fn opens_after(windows: &[Window], at: Timestamp) -> Option<(Timestamp, Option<Safe>)> {
    let mut moment = at;
    for _ in 0..TURNS {
        if let Some((_, thawed)) = longest(freezes(windows), moment) {
            moment = thawed;
            continue;
        }
        if let Ok(by) = open_by(windows, moment) {
            return Some((moment, by));
        }
        moment = gates(windows).filter_map(|w| w.spell_after(moment)).map(|s| s.from).min()?;
    }
    None
}

/// The window that silences the alerts of a host with these windows at this moment, and until when.
pub fn silenced(windows: &[Window], at: Timestamp) -> Option<(&Window, Timestamp)> {
    longest(windows.iter().filter(|w| w.silences()), at)
}

/// The spell of each window that is on now, or its next one, soonest first.
pub fn next_spells(windows: &[Window], at: Timestamp) -> Vec<(&Window, Option<Spell>)> {
    let mut spells: Vec<(&Window, Option<Spell>)> =
        windows.iter().map(|w| (w, w.spell_at(at).or_else(|| w.spell_after(at)))).collect();
    spells.sort_by_key(|(_, spell)| spell.map_or(Timestamp::MAX, |s| s.from));
    spells
}
