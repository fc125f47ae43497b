//! What `ansible-vault` writes, read and written; and playbooks, run.

mod envelope;
mod password;
pub mod playbook;
mod variables;

pub use envelope::{EnvelopeError, encrypt};
pub use password::{OpenError, PasswordError, Passwords, Source};
pub use variables::{Taken, inline, whole, written};
