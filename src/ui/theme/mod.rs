//! Themes: what each meaning looks like.

mod check;
mod color;
mod load;
mod role;

pub use check::check;
pub use color::Depth;
pub use load::{BUILTIN, Theme, parse};
pub use role::Role;
