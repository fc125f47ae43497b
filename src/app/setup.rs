//! The first run: there is no inventory that can be used, and what can be done about it.

use jiff::Timestamp;
use tui_input::Input;

use crate::domain::scaffold::first::FirstInstance;
use crate::domain::untrusted::Safe;

/// Seconds between two looks whether the inventory can be used by now.
pub const LOOK_S: i64 = 3;

/// What is wrong with the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Its folder.
    pub dir: Safe,
    /// Whether there is none.
    pub missing: bool,
    /// What is wrong, with file and line, the first first.
    pub problems: Vec<Safe>,
}

/// The state of the first run.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What is wrong.
    pub unusable: Unusable,
    /// What is typed: the first instance, or the path of an inventory of Ansible.
    pub form: Option<(Typed, Input)>,
    /// What was typed last and came to nothing, for the next time.
    pub draft: Option<(Typed, Input)>,
    /// What came of the last thing that was tried.
    pub said: Option<Result<Safe, Safe>>,
    /// When it was last looked at.
    pub looked: Timestamp,
    /// Whether something is being done.
    pub busy: bool,
}

/// What is typed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Name, domain and address of the first instance.
    First,
    /// The path of an inventory of Ansible.
    Path,
}

/// What can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupAsk {
    /// Make an inventory that names this instance.
    Make(FirstInstance),
    /// Copy one of Ansible, from this path.
    Import(String),
    /// Start a fleet to try on.
    Demo,
}
