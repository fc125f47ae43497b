//! Lines of several outputs in one file: before each stand its time and the host that it comes from.

use jiff::Timestamp;

use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;

/// Stands behind the time and behind the host; no text that was made harmless holds it.
const APART: u8 = 0x1f;

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    /// When, in milliseconds of the Unix time.
    pub at_ms: i64,
    /// The host.
    pub host: &'a str,
}

/// The line with its tag and its newline.
pub fn tagged(at: Timestamp, host: &HostId, text: &Safe) -> String {
    let apart = char::from(APART);
    format!("{}{apart}{host}{apart}{text}\n", at.as_millisecond())
}

/// The tag of a line and what stands behind it.
pub(super) fn untagged(bytes: &[u8]) -> Option<(Tag<'_>, &[u8])> {
    let mut parts = bytes.splitn(3, |&b| b == APART);
    let at_ms = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let host = std::str::from_utf8(parts.next()?).ok()?;
    Some((Tag { at_ms, host }, parts.next()?))
}
