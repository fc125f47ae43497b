//! What the runner answers, read.

use crate::domain::job::{AbortOutcome, JobEnd, JobStart, JobTruth};
use crate::domain::untrusted::Safe;

/// An answer that is none, or a refusal: what the host said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// The host could not do it, and nothing was done; why.
    Refused(Safe),
    /// It is not what the runner prints.
    Garbled(Safe),
}

/// Reads the answer to `start`, the words of [`Frame::Started`](super::Frame::Started).
pub fn read_start(words: &str) -> Result<JobStart, Unreadable> {
    match words {
        "started" => Ok(JobStart::Started),
        "there" => Ok(JobStart::AlreadyThere),
        other => Err(unreadable(other)),
    }
}

/// Reads the answer to `look`.
pub fn read_look(stdout: &[u8]) -> Result<JobTruth, Unreadable> {
    let text = line(stdout);
    let (bytes, words) = text.split_once(' ').ok_or_else(|| unreadable(&text))?;
    let log_bytes = bytes.parse().map_err(|_| unreadable(&text))?;
    match words {
        "none" => Ok(JobTruth::NeverStarted),
        "running" => Ok(JobTruth::Running { log_bytes }),
        words => Ok(JobTruth::Ended {
            end: read_end(words).ok_or_else(|| unreadable(&text))?,
            log_bytes,
        }),
    }
}

/// Reads the answer to `hold`: whether there was a job to hold.
pub fn read_hold(stdout: &[u8]) -> Result<bool, Unreadable> {
    match line(stdout).as_str() {
        "held" => Ok(true),
        "none" => Ok(false),
        other => Err(unreadable(other)),
    }
}

/// Reads the answer to `abort`.
pub fn read_abort(stdout: &[u8]) -> Result<AbortOutcome, Unreadable> {
    match line(stdout).as_str() {
        "stopped" => Ok(AbortOutcome::Stopped),
        "ended" => Ok(AbortOutcome::AlreadyEnded),
        other if other.starts_with("left ") => Ok(AbortOutcome::StillRunning),
        other => Err(unreadable(other)),
    }
}

/// Reads how a job ended: `ended` and the words of its `rc` file, or `lost` and why.
pub(super) fn read_end(words: &str) -> Option<JobEnd> {
    if let Some(why) = words.strip_prefix("lost ") {
        return Some(JobEnd::Interrupted(Safe::line(why)));
    }
    let rc = words.strip_prefix("ended ")?.trim_end();
    let (word, rest) = rc.split_once(' ').unwrap_or((rc, ""));
    match word {
        "exit" => Some(JobEnd::Exited(rest.parse().ok()?)),
        "locked" => Some(JobEnd::Locked(Safe::line(rest))),
        "fenced" => Some(JobEnd::Fenced(Safe::line(rest))),
        "aborted" => Some(JobEnd::Aborted),
        "held" => Some(JobEnd::Held),
        "interrupted" => Some(JobEnd::Interrupted(Safe::line(rest))),
        _ => None,
    }
}

fn line(stdout: &[u8]) -> String {
    String::from_utf8_lossy(stdout).trim_end().to_owned()
}

fn unreadable(text: &str) -> Unreadable {
    match text.strip_prefix("no ") {
        Some(why) => Unreadable::Refused(Safe::line(why)),
        None => Unreadable::Garbled(Safe::line(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_mean_what_the_runner_means() {
        assert_eq!(read_start("started"), Ok(JobStart::Started));
        assert_eq!(read_start("there"), Ok(JobStart::AlreadyThere));
        let refused = Unreadable::Refused("cannot make /x".into());
        assert_eq!(read_start("no cannot make /x"), Err(refused));
        assert_eq!(read_start(""), Err(Unreadable::Garbled("".into())));
        assert_eq!(read_abort(b"left 2\n"), Ok(AbortOutcome::StillRunning));
        assert_eq!(read_hold(b"held\n"), Ok(true));
    }

    #[test]
    fn the_end_of_a_job_is_read_from_its_words() {
        for (words, end) in [
            ("ended exit 0          ", JobEnd::Exited(0)),
            ("ended exit 124", JobEnd::Exited(124)),
            ("ended aborted", JobEnd::Aborted),
            ("ended held", JobEnd::Held),
            ("ended locked run 7f3a, job 2", JobEnd::Locked("run 7f3a, job 2".into())),
            ("ended fenced run 7f3a", JobEnd::Fenced("run 7f3a".into())),
            ("ended interrupted by x", JobEnd::Interrupted("by x".into())),
            (
                "lost the host was restarted while it ran",
                JobEnd::Interrupted("the host was restarted while it ran".into()),
            ),
        ] {
            let text = format!("12 {words}\n");
            let want = JobTruth::Ended { end, log_bytes: 12 };
            assert_eq!(read_look(text.as_bytes()), Ok(want));
        }
        assert_eq!(read_look(b"0 none\n"), Ok(JobTruth::NeverStarted));
        assert_eq!(read_look(b"7 running\n"), Ok(JobTruth::Running { log_bytes: 7 }));
        assert!(read_look(b"7 ended exit x\n").is_err());
    }
}
