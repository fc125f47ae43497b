//! Themes: what each meaning looks like.

mod color;
mod load;
mod role;

pub use color::Depth;
pub use load::{BUILTIN, Theme, parse};
pub use role::Role;
