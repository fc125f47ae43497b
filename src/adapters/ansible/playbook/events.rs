//! From the lines of our plugin to events.

use serde::Deserialize;

use crate::domain::ids::HostId;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{PlaybookEvent, Tally, TaskEnd};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", tag = "event")]
enum Line {
    Task { task: u32, name: String },
    Start { host: String, task: u32 },
    End { host: String, task: u32, how: How, message: String, output: String },
    Count { host: String, ok: u32, changed: u32, failures: u32, unreachable: u32 },
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum How {
    Ok,
    Changed,
    Skipped,
    Failed,
    Ignored,
    Unreachable,
}

/// Reads a line without its end; `None` where it is none of our plugin's.
pub(super) fn event(nonce: &str, line: &[u8]) -> Option<PlaybookEvent> {
    let body = line.strip_prefix(b"\x1e")?.strip_prefix(nonce.as_bytes())?.strip_prefix(b" ")?;
    let host = |name: String| name.parse::<HostId>().ok();
    Some(match serde_json::from_slice(body).ok()? {
        Line::Task { task, name } => PlaybookEvent::Task { number: task, name: Safe::line(&name) },
        Line::Start { host: name, task } => PlaybookEvent::Started { host: host(name)?, task },
        Line::End { host: name, task, how, message, mut output } => {
            if !output.is_empty() {
                output.push('\n');
            }
            let end = match how {
                How::Ok => TaskEnd::Ok,
                How::Changed => TaskEnd::Changed,
                How::Skipped => TaskEnd::Skipped,
                How::Failed => TaskEnd::Failed,
                How::Ignored => TaskEnd::Ignored,
                How::Unreachable => TaskEnd::Unreachable,
            };
            let (message, output) = (Safe::line(&message), output.into_bytes());
            PlaybookEvent::Ended { host: host(name)?, task, end, message, output }
        }
        Line::Count { host: name, ok, changed, failures, unreachable } => {
            let tally = Tally { ok, changed, failures, unreachable };
            PlaybookEvent::Counted { host: host(name)?, tally }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_plugin_are_events_and_others_are_not() {
        let read = |line: &str| event("ab12", line.as_bytes());
        assert_eq!(
            read("\x1eab12 {\"event\":\"start\",\"host\":\"h1\",\"task\":3}"),
            Some(PlaybookEvent::Started { host: "h1".parse().unwrap(), task: 3 })
        );
        let ended = read(
            "\x1eab12 {\"event\":\"end\",\"host\":\"h1\",\"task\":3,\"how\":\"ignored\",\"message\":\"m\",\"output\":\"o\"}",
        );
        assert!(
            matches!(ended, Some(PlaybookEvent::Ended { end: TaskEnd::Ignored, ref output, .. }) if output == b"o\n"),
            "{ended:?}"
        );
        for other in [
            "",
            "ok: [h1]",
            "\x1ecd34 {\"event\":\"start\",\"host\":\"h1\",\"task\":3}",
            "\x1eab12 {}",
            "\x1eab12 {\"event\":\"start\",\"host\":\"../x\",\"task\":1}",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
