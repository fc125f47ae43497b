//! Draws `&Model`: pure, by roles of a theme, into a buffer of cells.
//!
//! **Invariant:** total at every size from 0 by 0 up; takes the model by shared reference; state is
//! always glyph, word and colour.

mod ascii;
mod canvas;
pub mod figures;
mod root;
mod screens;
mod text;
pub mod theme;
mod widgets;

pub use ascii::to_ascii;
pub use root::{shown, view};
pub use theme::{Depth, Theme};
