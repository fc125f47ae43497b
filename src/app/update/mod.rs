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
mod log;
mod moving;
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

pub(super) use plan::command as plan_command;
pub use route::update;
