//! What the answer of a probe means: bytes to facts, each part on its own.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::docker;
use super::frames::{Frame, frames};
use super::host;
use super::tree;
use crate::domain::facts::{Facts, Part};
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// The answer of a host.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// What the script printed.
    pub bytes: &'a [u8],
    /// The mark that the script was rendered with.
    pub nonce: &'a str,
    /// When the last byte arrived, by our clock.
    pub arrived: Timestamp,
    /// From the first byte sent to the last received.
    pub took: Duration,
}

/// The parts of an answer by name.
pub(super) struct Parts<'a>(std::collections::BTreeMap<&'a str, Frame<'a>>);

impl<'a> Parts<'a> {
    /// What one part printed; an error where it ended badly or did not arrive whole.
    pub(super) fn get(&self, name: &str) -> Result<Frame<'a>, Safe> {
        self.0
            .get(name)
            .copied()
            .ok_or_else(|| Safe::line("the answer was cut off or larger than 512 KiB"))
    }
    /// One part as text.
    pub(super) fn text(&self, name: &str) -> Result<String, Safe> {
        self.get(name)?.text()
    }
}

/// Reads an answer. `None` where no part of it arrived whole: then the host said nothing that our
/// script prints, and nothing is known.
pub fn parse(answer: &Answer<'_>, settings: &InstanceSettings) -> Option<Facts> {
    let parts = Parts(frames(answer.bytes, answer.nonce));
    if parts.0.is_empty() {
        return None;
    }
    let host_now = parts.text("clock-end").ok().and_then(|t| host::clock(&t));
    Some(Facts {
        probed_at: answer.arrived,
        clock_skew_s: part(skew(&parts, answer)),
        boot_id: part(parts.text("boot").and_then(|t| host::boot_id(&t))),
        system: part(parts.text("machine").and_then(|t| host::machine(&t))),
        disk: part(parts.text("disk").and_then(|t| host::disk(&t))),
        stack: part(docker::stack(&parts, settings)),
        checkout: part(tree::checkout(&parts)),
        env_file: part(tree::env_file(&parts)),
        backup: part(parts.get("backup").and_then(|f| tree::backup(&f))),
        release: part(parts.text("release").and_then(|t| tree::release(&t))),
        lease: part(parts.text("lease").and_then(|t| tree::lease(&t, host_now))),
        site: part(parts.text("site").and_then(|t| tree::site(&t))),
    })
}

fn part<T>(read: Result<T, Safe>) -> Part<T> {
    match read {
        Ok(value) => Part::Known(value),
        Err(why) => Part::Unreadable(why),
    }
}

/// The host's clock minus ours. The host reads its clock at the beginning and at the end; the mean
/// of both differences takes out half the round trip, whatever the script took in between.
fn skew(parts: &Parts<'_>, answer: &Answer<'_>) -> Result<f64, Safe> {
    let read = |name: &str| {
        let text = parts.text(name)?;
        host::clock(&text).ok_or_else(|| Safe::line("`date` printed no time"))
    };
    let (begin, end) = (read("clock")?, read("clock-end")?);
    let took = SignedDuration::try_from(answer.took).unwrap_or_default();
    let sent = answer.arrived.checked_sub(took).unwrap_or(answer.arrived);
    let (out, back) = (seconds(begin, sent), seconds(answer.arrived, end));
    let (trip, mean) = (out + back, (out - back) / 2.0);
    if trip.abs() > 60.0 {
        return Err(Safe::line(&format!(
            "the answer was {trip:.0} s on its way: too long to tell"
        )));
    }
    // A slow way is rarely as slow in both directions: then only what is certain counts.
    Ok(if trip > 1.0 { (mean.abs() - trip / 2.0).max(0.0).copysign(mean) } else { mean })
}

fn seconds(a: Timestamp, b: Timestamp) -> f64 {
    a.duration_since(b).as_secs_f64()
}
