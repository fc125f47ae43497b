//! The terminal's edge: it enters and leaves the screen, reads keys, paints frames, and carries effects out.
//!
//! **Invariants:** the terminal is left as it was found, however the program ends; nothing waits for
//! the network before the first frame; leaving never stops a run.

mod answers;
mod at_terminal;
mod clipboard;
mod deeds;
mod due;
mod effects;
mod event_loop;
mod guard;
mod input;
mod log_desk;
mod log_keep;
mod log_merged;
mod log_reader;
mod look;
mod pace;
mod painter;
mod replies;
mod signals;
mod snapshot;
mod sources;
mod still;
pub mod svg;
mod tail;
mod trace;
mod turned_file;

pub use event_loop::{Lend, Opening, run};
pub use look::{Look, Wanted};
pub use snapshot::{Picture, ansi, svg as picture_svg, text};
pub use sources::{
    AtTerminal, Changer, Connect, Connected, HostDesk, Looker, NoInventory, Replaying, SetUp,
    Sources,
};
pub use still::{Still, still};
pub use trace::trace_to;
