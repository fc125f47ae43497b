//! A run in one file: its plan, its events, the output of its hosts and its records of the audit log, to look at elsewhere and later.
//!
//! The file is lines of JSON, compressed with gzip. The first says what it is, the last how many lines there are and their hash.
//! The same run gives the same bytes. **Invariant:** what is read from such a file was bounded, belongs together (one run, a
//! plan's hosts, events without gaps, output without holes) and is `Safe` where it is shown.

mod clean;
mod line;
mod read;
mod timeline;

pub use clean::Cleaner;
pub use line::{FORMAT, Line, Redacted};
pub use read::{Bundle, HostLog, Limits, Reader, Unusable};
pub use timeline::Timeline;
