//! The rows of the table of actions: what works on the fleet and on runs. Those that only look are in `action_table_look`.

use std::sync::LazyLock;

use super::action::{Action, ActionInfo, Danger, Place};
use super::action_row::{c, k, row};
use super::action_table_log::LOG;
use super::action_table_look::LOOK;
use super::hold_rows::HOLDS;
use super::key::KeyCode;
use super::layer_rows::LAYERS;
use super::quiet_rows::QUIET;
use super::run_rows;
use super::sheet_actions::SHEETS;

pub(super) const ALL: &[Place] = &[Place::Everywhere];
pub(super) const FLEET: &[Place] = &[Place::Fleet];
pub(super) const RUN: &[Place] = &[Place::Run];
/// The page of a run, whether it goes on or is played from a file.
pub(super) const OUTPUT: &[Place] = &[Place::Run, Place::Replay];
/// Wherever output is read.
pub(super) const READING: &[Place] = &[Place::Run, Place::Replay, Place::Log];
pub(super) const MARKED: &[Place] = &[Place::Fleet, Place::Secrets];

/// Where the selected entry can be opened.
const OPENS: &[Place] = &[
    Place::Fleet,
    Place::Runs,
    Place::Due,
    Place::Audit,
    Place::Backups,
    Place::Alerts,
    Place::Leases,
    Place::Inventory,
    Place::Doctor,
    Place::Charts,
    Place::FleetCharts,
    Place::Timeline,
    Place::Panes,
    Place::Menu,
];

/// All of them, in the order of the footer and the help.
pub static ACTIONS: LazyLock<Vec<ActionInfo>> =
    LazyLock::new(|| [WORK, HOLDS, QUIET, SHEETS, LOOK, LOG, LAYERS].concat());

const WORK: &[ActionInfo] = &[
    row(
        Action::Open,
        "open",
        "open the selected entry",
        "open",
        &[k(KeyCode::Enter), c('l'), k(KeyCode::Right)],
        OPENS,
    ),
    row(
        Action::Start,
        "start",
        "start this plan, after the number of its instances was typed",
        "start",
        &[k(KeyCode::Enter)],
        &[Place::Plan],
    )
    .changing(Danger::Counts)
    .twin("bunker WORKFLOW HOST --yes"),
    row(
        Action::OverwriteDrift,
        "overwrite drift",
        "plan a configure anew that takes back what was edited on hosts; says first what would be lost",
        "",
        &[c('o')],
        &[Place::Plan],
    )
    .changing(Danger::Asks)
    .twin("bunker configure HOST --overwrite-drift"),
    row(
        Action::Upgrade,
        "upgrade",
        "plan an upgrade of the marked instances, or of this one",
        "upgrade",
        &[c('u')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker upgrade"),
    row(
        Action::CanaryUpgrade,
        "canary upgrade",
        "plan an upgrade of the marked instances whose canary group goes first and is watched before the rest follows",
        "",
        &[c('U')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker canary-upgrade"),
    row(
        Action::Deploy,
        "deploy",
        "plan the deployment of the marked servers, or of this one",
        "deploy",
        &[c('D')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker deploy"),
    row(
        Action::Configure,
        "configure",
        "plan to bring .env of the marked instances, or of this one, in line with the inventory",
        "configure",
        &[c('c')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker configure"),
    row(
        Action::Backup,
        "backup",
        "plan a backup of the marked instances, or of this one",
        "backup",
        &[c('b')],
        &[Place::Fleet, Place::Instance, Place::Backups, Place::Alerts],
    )
    .changing(Danger::Counts)
    .twin("bunker backup"),
    row(
        Action::VerifyBackup,
        "restore drill",
        "plan to unpack the newest backup aside and look at it",
        "",
        &[c('B')],
        &[Place::Fleet, Place::Instance, Place::Backups],
    )
    .changing(Danger::Counts)
    .twin("bunker backup verify"),
    row(
        Action::Rollback,
        "rollback",
        "choose a recorded release of the marked instances, or of this one, and plan to go back to it",
        "",
        &[c('Z')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker rollback"),
    row(
        Action::Rotate,
        "rotate secrets",
        "choose secrets of the marked instances, or of this one, and plan to give them new values",
        "",
        &[c('S')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker rotate-secrets --secret NAME"),
    row(
        Action::Playbook,
        "run a playbook",
        "name a playbook of Ansible and plan to run it on the marked instances, or on this one",
        "",
        &[c('P')],
        &[Place::Fleet, Place::Instance],
    )
    .changing(Danger::Counts)
    .twin("bunker ansible PLAYBOOK"),
    row(
        Action::MakePlan,
        "make the plan",
        "make the plan for what is chosen; that changes nothing",
        "make the plan",
        &[k(KeyCode::Enter)],
        &[Place::Secrets, Place::Releases],
    )
    .changing(Danger::Counts),
    row(
        Action::AddInstance,
        "add an instance",
        "write a new instance into the inventory, with its secrets made and its host key pinned",
        "",
        &[c('N')],
        FLEET,
    )
    .changing(Danger::Asks)
    .twin("bunker instance add NAME DOMAIN IP"),
    row(
        Action::Import,
        "import an instance",
        "take over an instance that was installed by hand, with its own secrets",
        "",
        &[c('I')],
        FLEET,
    )
    .changing(Danger::Asks)
    .twin("bunker import NAME"),
    row(
        Action::GoOn,
        "go on",
        "go on with what is shown; asks before anything is written",
        "go on",
        &[k(KeyCode::Enter)],
        &[Place::Form, Place::Enrol],
    )
    .changing(Danger::Asks),
    row(
        Action::NextField,
        "next field",
        "go to the next field",
        "next field",
        &[k(KeyCode::Tab), k(KeyCode::Down)],
        &[Place::Form],
    ),
    row(
        Action::PrevField,
        "previous field",
        "go to the field before",
        "before",
        &[k(KeyCode::BackTab), k(KeyCode::Up)],
        &[Place::Form],
    ),
    row(
        Action::Pause,
        "pause",
        "let the run start nothing further until resumed",
        "pause",
        &[c('p')],
        RUN,
    )
    .changing(Danger::None)
    .twin("bunker pause RUN"),
    row(
        Action::Resume,
        "resume",
        "let the run go on, also one whose worker is gone",
        "resume",
        &[c('r')],
        RUN,
    )
    .changing(Danger::None)
    .twin("bunker resume RUN"),
    row(
        Action::Abort,
        "abort",
        "finish the running steps and start nothing further",
        "abort",
        &[c('a')],
        RUN,
    )
    .changing(Danger::Asks)
    .twin("bunker abort RUN"),
    row(
        Action::Kill,
        "kill",
        "end the running steps too: TERM, wait, KILL, verify",
        "",
        &[c('A')],
        RUN,
    )
    .changing(Danger::Asks)
    .twin("bunker abort --kill RUN"),
    run_rows::PROMOTE,
    run_rows::PROMOTE_ALL,
    run_rows::SKIP_HOST,
    run_rows::STEP_MODE,
    run_rows::ABORT_AND_ROLL_BACK,
    run_rows::RETRY,
    row(
        Action::Approve,
        "approve",
        "agree to a run that somebody else asked for, and start it",
        "approve",
        &[c('+')],
        RUN,
    )
    .changing(Danger::Asks)
    .twin("bunker approve RUN"),
    row(
        Action::Reject,
        "reject",
        "say that a run that waits for a second person will not be",
        "reject",
        &[c('-')],
        RUN,
    )
    .changing(Danger::Asks)
    .twin("bunker reject RUN --reason TEXT"),
];
