//! The verbs that are about runs.

pub(in crate::cli) mod again;
mod ansible;
mod approve;
mod attach;
mod attach_canary;
mod attach_event;
mod attach_leave;
mod attach_log;
#[cfg(test)]
mod attach_log_tests;
mod backup;
mod canary;
mod canary_text;
mod configure;
mod confirm;
mod controls;
mod deploy;
mod dispatch;
mod logs;
pub(super) mod operator;
mod plan;
mod plan_diff;
mod plan_text;
mod print;
mod rollback;
mod rotate;
mod show;
mod show_json;
mod start;

mod unlock;
mod upgrade;
mod worker;

pub(super) use attach::{Shown, follow_in};
pub(super) use attach_leave::Hold;
pub(super) use confirm::confirm;
pub(super) use dispatch::{right, run};
pub(super) use logs::{logs, logs_by_time};
pub(super) use print::say;
pub(super) use start::workflow;
pub(super) use unlock::unlock_for;
