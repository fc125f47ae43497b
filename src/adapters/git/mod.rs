//! The repository as the control machine sees it: a bare mirror per address, looked at through git itself.

mod change;
mod command;
mod compose;
mod mirror;
mod objects;
mod variables;

pub use mirror::Mirrors;
