//! rotate-secrets: the next value is staged in the vault; lease, settings, database, up; the health gate; the new value is
//! shown to count; then it is promoted in the vault and the lease given back.
//!
//! **Invariant:** until the new value was shown to work, the vault holds both. Stopped anywhere, the same rotation
//! started again goes on with the same new value.

mod assemble;
mod edited;
mod phases;
mod shared;

pub use assemble::{Candidate, Wish, assemble};
pub use edited::{Changed, Settings};
pub use shared::{Shared, held};
