//! The right to change something, as a value.
//!
//! **Invariant:** everything that can change a host or the store's runs asks for an [`Operate`], and
//! one is made at one place only: `cli::grant`, which never does so for `bunker watch` or `--read-only`. A
//! structure test counts the callers. So read-only holds below the screen: no key, command or
//! mouse event can make what the code behind it cannot be called without.

/// Proof that this process may change things.
#[derive(Debug, Clone)]
pub struct Operate(());

impl Operate {
    /// Makes the proof. To be called by `cli::grant` only.
    pub fn grant() -> Self {
        Self(())
    }
}
