//! Asynchronous orchestration against ports: no ssh, no http, no files, no screen.

pub mod canary;
pub mod gate;
pub mod launch;
pub mod planner;
pub mod poller;
pub mod ports;
pub mod supervisor;
pub mod worker;
