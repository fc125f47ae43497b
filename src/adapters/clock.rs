//! The clock of this machine, and chance from its kernel.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use crate::engine::ports::Clock;

/// The real clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where time is read")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn nonce(&self) -> String {
        let mut bytes = [0u8; 16];
        if getrandom::fill(&mut bytes).is_err() {
            bytes = self.unique();
        }
        bytes.iter().fold(String::with_capacity(32), |mut out, byte| {
            // Writing into a String cannot fail.
            let _infallible = write!(out, "{byte:02x}");
            out
        })
    }
}

impl SystemClock {
    /// Without the kernel's random numbers (no kernel since 2014 lacks them): never the same twice,
    /// which is what at-most-once needs, though it could be guessed.
    fn unique(self) -> [u8; 16] {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let call = u128::from(CALLS.fetch_add(1, Ordering::Relaxed));
        let time = self.now().as_nanosecond() as u128;
        let process = u128::from(std::process::id());
        (time ^ (process << 96) ^ (call << 64)).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_32_digits_and_new_each_time() {
        let all: std::collections::BTreeSet<String> =
            (0..1_000).map(|_| SystemClock.nonce()).collect();
        assert_eq!(all.len(), 1_000);
        assert!(all.iter().all(|n| n.len() == 32 && n.bytes().all(|b| b.is_ascii_hexdigit())));
        assert_ne!(SystemClock.unique(), SystemClock.unique());
    }
}
