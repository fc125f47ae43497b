//! The part of the fold that is about a canary.

use jiff::Timestamp;

use super::event::EventKind;
use crate::domain::canary::soak::CanaryState;
use crate::domain::untrusted::Safe;

/// The canary after one more event; events of other things change nothing.
pub(super) fn apply(canary: &mut Option<CanaryState>, at: Timestamp, kind: &EventKind) {
    let state = canary.get_or_insert_with(|| CanaryState {
        began: at,
        told: at,
        counted_s: 0.0,
        needed_s: 0,
        detail: Safe::default(),
        gap_s: 0.0,
        so_far: None,
        report: None,
        end: None,
    });
    if let EventKind::CanarySoak { counted_s, needed_s, detail } = kind {
        state.told = at;
        // Time that was counted stays counted.
        state.counted_s = state.counted_s.max(*counted_s);
        state.needed_s = *needed_s;
        state.detail = detail.clone();
    } else if let EventKind::CanaryGap { gap_s, .. } = kind {
        state.told = at;
        state.gap_s += gap_s;
    } else if let EventKind::CanaryJudged { report } = kind {
        state.report = Some((**report).clone());
        state.so_far = None;
    } else if let EventKind::CanarySoFar { report } = kind {
        state.so_far = Some((**report).clone());
    } else if let EventKind::CanaryEnded { end } = kind {
        state.end.get_or_insert_with(|| end.clone());
    }
}
