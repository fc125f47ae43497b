//! The time of the lab.

use std::time::SystemTime;

/// Now.
#[expect(clippy::disallowed_methods, reason = "the one place of the lab that asks for the time")]
pub fn now() -> SystemTime {
    SystemTime::now()
}
