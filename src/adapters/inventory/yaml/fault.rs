//! Why a document cannot be read.

use super::node::Mark;

/// How deep values may be nested.
pub(super) const MAX_DEPTH: usize = 32;

/// Why a document cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::adapters::inventory) struct Fault {
    pub(in crate::adapters::inventory) mark: Mark,
    pub(in crate::adapters::inventory) message: String,
    pub(in crate::adapters::inventory) hint: Option<&'static str>,
}

/// The fault of values inside values without end.
pub(super) fn too_deep() -> (String, Option<&'static str>) {
    (format!("values are nested deeper than {MAX_DEPTH} levels"), Some("no inventory needs that"))
}
