//! What happens: `Msg` in, `Effect`s out. One file a page; the front layer sees keys first.

mod choice;
mod columns;
mod controls;
mod copying;
mod data;
mod drift;
mod enrol;
mod fleet;
mod go;
mod input;
mod layers;
mod moving;
mod palette;
mod plan;
mod route;
mod run;
mod runs;

pub(super) use plan::command as plan_command;
pub use route::update;
