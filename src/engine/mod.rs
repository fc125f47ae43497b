//! Asynchronous orchestration against ports: no ssh, no http, no files, no screen.

pub mod alerts;
pub mod canary;
pub mod charts;
pub mod follow_up;
pub mod gate;
pub mod launch;
pub mod leases;
pub mod log_book;
pub mod log_merge;
pub mod notify;
pub mod planner;
pub mod poller;
pub mod ports;
pub mod silences;
pub mod supervisor;
pub mod timeline;
pub mod worker;
