//! Asynchronous orchestration against ports: no ssh, no http, no files, no screen.

pub mod ports;
