//! Workflows: ordered steps, strategy and readiness. Pure: facts in, a plan out.

pub mod ansible;
pub mod backup;
pub mod canary;
pub mod configure;
pub mod deploy;
pub mod env;
pub mod import;
mod planned;
pub mod rollback;
pub mod rotate;
pub mod upgrade;
