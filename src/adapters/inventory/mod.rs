//! The inventory folder: Ansible's YAML layout, read with budgets.
//!
//! **Invariant:** nothing found in a file makes loading fail, hang or panic: what is good is given,
//! with a diagnostic for everything else. No file is ever run.

mod begin;
mod edit;
mod edit_list;
mod files;
mod history;
mod load;
mod ranges;
mod scaffold;
mod schemas;
mod source;
mod vars_files;
mod watch;
mod window;
mod yaml;

pub use begin::{Begun, import, make};
pub use history::{Committed, History, commits_with_anchors};
pub use load::load;
pub use scaffold::{FileChange, Removal, Scaffold, ScaffoldError};
pub use watch::{InventoryWatch, Seen};
pub use window::{Whose, WindowEdit};
