//! What `ansible-vault` writes, read and written.

mod envelope;
mod password;
mod variables;

pub use envelope::{EnvelopeError, decrypt, encrypt, label};
pub use password::{PasswordError, Passwords};
pub use variables::{Taken, inline, whole, written};
