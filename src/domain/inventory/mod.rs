//! An inventory as its files say it, and what follows from that: places, precedence, templates.
//!
//! Reading files is an adapter's work; everything from the read values on is here, and pure. The way
//! is [`Tree`] and variable files -> [`merge`](merge::merge) -> templates -> `domain::lower`.

mod loaded;
pub mod merge;
mod problems;
mod template;
mod told;
mod tree;
mod variable;

pub use loaded::Loaded;
pub use problems::Problems;
pub use template::resolve;
pub use told::{GroupTold, HostTold, InventoryTold, VariableTold, tell, tell_variables};
pub use tree::{Tree, TreeGroup, TreeHost};
pub use variable::{
    Place, RawVar, RawVars, Reading, Shown, Source, Variable, Variables, is_secret_name,
};
