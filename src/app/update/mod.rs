//! What happens: `Msg` in, `Effect`s out. One file a page; the front layer sees keys first.

mod audit;
mod choice;
mod columns;
mod compare;
mod controls;
mod copying;
mod data;
mod drift;
mod enrol;
mod evidence;
mod fleet;
mod forwards;
mod go;
mod guard;
mod host;
mod input;
mod layers;
mod leases;
mod log;
mod moving;
mod named;
mod palette;
mod panes;
mod plan;
mod replay;
mod route;
mod run;
mod runs;
mod setup;
mod sheet;
mod wall;
mod why;

pub(super) use compare::pair_here as compared_here;
pub(super) use leases::run_there as lease_run;
pub(super) use plan::{WAITS_S as PLAN_WAITS_S, command as plan_command};
pub use route::update;
