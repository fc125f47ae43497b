//! Pieces that several screens draw.

pub(super) mod badge;
pub(super) mod chrome;
pub(super) mod dialog;
pub(super) mod form;
pub(super) mod gauge;
pub(super) mod log_view;
pub(super) mod plot;
pub(super) mod spark;
