//! One file a page.

pub(super) mod audit;
mod canary;
mod choice;
pub(super) mod due;
pub(super) mod enrol;
pub(super) mod fleet;
mod fleet_columns;
mod fleet_totals;
pub(super) mod help;
pub(super) mod host;
pub(super) mod instance;
mod instance_facts;
pub(super) mod log;
pub(super) mod menus;
pub(super) mod palette;
pub(super) mod plan;
pub(super) mod releases;
pub(super) mod run;
mod run_grid;
pub(super) mod runs;
pub(super) mod secrets;
pub(super) mod setup;
pub(super) mod wall;
pub(super) mod which_key;
mod why;
