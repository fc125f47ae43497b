//! What `ansible-vault` writes, read and written; and playbooks, run.

mod envelope;
mod password;
pub mod playbook;
mod variables;

pub use envelope::{EnvelopeError, decrypt, encrypt, label};
pub use password::{PasswordError, Passwords};
pub use variables::{Taken, inline, whole, written};
