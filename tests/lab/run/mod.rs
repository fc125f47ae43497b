//! `cargo lab` and `cargo demo`: the lab as programs.

mod args;
mod control;
mod demo;
mod fleet;
mod live;
mod screens;
mod serve;

pub(crate) use args::main;
