//! The rows of what is asked of a rollout.

use super::action::{Action, ActionInfo, Danger};
use super::action_row::{c, row};
use super::action_table::RUN;

pub(super) const PROMOTE: ActionInfo = row(
    Action::Promote,
    "promote",
    "let the run pass what it waits for, although it is as it is",
    "",
    &[c('P')],
    RUN,
)
.changing(Danger::Asks)
.twin("bunker promote RUN");

pub(super) const PROMOTE_ALL: ActionInfo = row(
    Action::PromoteAll,
    "promote all",
    "promote, and do not wait for the like of it again in this run",
    "",
    &[c('O')],
    RUN,
)
.changing(Danger::Asks)
.twin("bunker promote --all RUN");

pub(super) const SKIP_HOST: ActionInfo = row(
    Action::SkipHost,
    "skip host",
    "leave out the selected target, which has not begun",
    "",
    &[c('s')],
    RUN,
)
.changing(Danger::Asks)
.twin("bunker skip RUN HOST");

pub(super) const STEP_MODE: ActionInfo = row(
    Action::StepMode,
    "step mode",
    "from now on one instance at a time, and ask before the next; promote all leaves that again",
    "",
    &[c('i')],
    RUN,
)
.changing(Danger::None)
.twin("bunker step RUN");

pub(super) const ABORT_AND_ROLL_BACK: ActionInfo = row(
    Action::AbortAndRollBack,
    "abort and roll back",
    "abort, and bring back what this run changed, as a new run; also after its end",
    "",
    &[c('B')],
    RUN,
)
.changing(Danger::Asks)
.twin("bunker abort --rollback RUN");

pub(super) const RETRY: ActionInfo = row(
    Action::Retry,
    "retry",
    "try again what an ended run left behind, from where it stopped, as a new run",
    "",
    &[c('t')],
    RUN,
)
.changing(Danger::Asks)
.twin("bunker retry RUN");
