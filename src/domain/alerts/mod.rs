//! Alerts: what the rules of the catalogue say of an instance, and what an Alertmanager says.
//!
//! **Invariant:** no data is not a pass. A rule whose figure is missing or stale is neither quiet nor firing: it cannot be
//! judged, and that is told.

mod alertmanager;
mod by_hand;
mod evaluate;
mod fold;
mod listed;
mod rules;

pub use alertmanager::{Manager, ManagerAlert, ManagerSilence, ManagerState};
pub use by_hand::{ByHand, Fits, LabelMatch, SILENCE_LASTS, silence_s};
pub use evaluate::{Judged, evaluate};
pub use fold::{fold, who};
pub use listed::{Alert, Origin, Since, State, Watch, from_here, from_manager};
pub use rules::{BACKUP_STALE, RULES, Rule, Severity, Test};
