//! Steps: each renders typed values to POSIX sh. Pure; nothing in here runs anything.

pub mod probe;
pub mod quote;
