//! `.env` of the checkout: read before a plan, installed by a run.
//!
//! What is installed is the step's input [`INPUT`], which the host gets by standard input, then what the host had of its own, copied
//! there from the old file. It is written beside the old one, checked by Compose, and takes its place by rename; it is 0600 and
//! belongs to the owner of the checkout. What was applied is kept as fingerprints (`env_applied`, lines of `NAME FINGERPRINT`), never as
//! values; a line of `NAME absent FINGERPRINT` says that an import found none, and what was wanted then.

use super::lease::{self, Claim};
use super::script::Script;
use crate::domain::connection::Become;
use crate::domain::env::{self, Applied, OnHost, Wanted};
use crate::domain::ids::HostId;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The input of the step that installs: the file without what the host keeps.
pub const INPUT: &str = "env";

/// What a host told of its `.env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvRead {
    /// The file; `None` where there is none.
    pub file: Option<OnHost>,
    /// What was applied last; `None` where no run has.
    pub applied: Option<Applied>,
    /// Whether a run wrote the file and ended before the containers had it.
    pub pending: bool,
}

/// Renders the reading. It changes nothing. The answer holds secrets: give it to [`parse`] and drop it.
pub fn read(host: &HostId, become_root: Become, settings: &InstanceSettings) -> String {
    let root = if become_root == Become::Root { "1" } else { "0" };
    Script::knowing_compose(settings)
        .set("become", root)
        .set("instance", host.as_str())
        .fixed(include_str!("env_read.sh"))
        .text()
}

/// Understands the answer; an error says what is wrong with it, as a sentence part without values.
pub fn parse(answer: &[u8]) -> Result<EnvRead, Safe> {
    let broken = || Safe::line("the host told nothing of .env that can be understood");
    let (mut applied, mut pending, mut rest) = (None, false, answer);
    loop {
        let end = rest.iter().position(|b| *b == b'\n').ok_or_else(broken)?;
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let line = std::str::from_utf8(line).map_err(|_| broken())?;
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["recorded"] => applied = Some(applied.unwrap_or_default()),
            ["applied", name, fingerprint] => {
                let known = applied.get_or_insert_with(Applied::default);
                known.written.insert((*name).to_owned(), (*fingerprint).to_owned());
            }
            ["applied", name, "absent", fingerprint] => {
                let known = applied.get_or_insert_with(Applied::default);
                known.left_out.insert((*name).to_owned(), (*fingerprint).to_owned());
            }
            ["applied-sum", sum] => {
                applied.get_or_insert_with(Applied::default).sha256 = Some((*sum).to_owned());
            }
            ["pending"] => pending = true,
            ["absent"] => return Ok(EnvRead { file: None, applied, pending }),
            ["unreadable", ..] => return Err(Safe::line(line.get(11..).unwrap_or_default())),
            ["env", mode] => {
                let mode = u32::from_str_radix(mode, 8).map_err(|_| broken())?;
                let file = Some(on_host(rest, mode)?);
                return Ok(EnvRead { file, applied, pending });
            }
            _ => return Err(broken()),
        }
    }
}

fn on_host(bytes: &[u8], mode: u32) -> Result<OnHost, Safe> {
    let not_text = "its .env is not UTF-8: mend it on the host, nothing was changed";
    let text = std::str::from_utf8(bytes).map_err(|_| Safe::line(not_text))?;
    let mut sha256 = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(sha256, "{byte:02x}");
    }
    let (variables, problems) = env::found(text);
    Ok(OnHost { sha256, mode, variables, problems })
}

/// What is installed, and over what.
#[derive(Debug, Clone, Copy)]
pub struct Install<'a> {
    /// The file that the plan saw; another one is never replaced.
    pub seen: Option<&'a OnHost>,
    /// Places in that file which are kept, in bytes.
    pub kept: &'a [(usize, usize)],
    /// The variables of the input, and those that are not in it.
    pub record: Record<'a>,
}

/// What is put on record of a file.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Variables that it has.
    pub written: &'a [Wanted],
    /// Variables that are wanted and that it goes on without, since an import found none.
    pub left_out: &'a [Wanted],
}

impl Record<'_> {
    /// The lines of `env_applied`.
    pub(super) fn lines(&self) -> Vec<String> {
        let written = self.written.iter().map(|w| format!("{} {}", w.name, w.fingerprint));
        let left_out = self.left_out.iter().map(|w| format!("{} absent {}", w.name, w.shape));
        written.chain(left_out).collect()
    }
}

/// Renders the installation. It needs the input [`INPUT`]. Nothing happens where all is as wanted.
pub fn install(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    install: &Install<'_>,
) -> String {
    let kept: Vec<String> = install.kept.iter().map(|(at, n)| format!("{at} {n}")).collect();
    let applied = install.record.lines();
    lease::keeping(settings, claim, hold_s)
        .set("seen", install.seen.map_or("none", |file| file.sha256.as_str()))
        .list("kept", kept.iter().map(String::as_str))
        .list("applied", applied.iter().map(String::as_str))
        .fixed(include_str!("env_file.sh"))
        .text()
}

/// Renders the look at what the steps after it need. It changes nothing.
pub fn preflight(settings: &InstanceSettings, claim: &Claim, hold_s: u64) -> String {
    lease::keeping(settings, claim, hold_s).fixed(include_str!("env_preflight.sh")).text()
}

/// Renders the replacement of the containers that `.env` touches, and of no others. `way_back` is the hint where it fails.
pub fn restart(settings: &InstanceSettings, claim: &Claim, hold_s: u64, way_back: &Safe) -> String {
    lease::keeping(settings, claim, hold_s)
        .set("way_back", way_back.as_str())
        .fixed(include_str!("env_restart.sh"))
        .text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_understood_and_holds_no_secret_afterwards() {
        let answer = b"recorded\napplied A 0123\napplied B absent 4567\npending\nenv 600\nA=1\nDB_PASSWORD='marker'\n";
        let read = parse(answer).unwrap();
        let applied = read.applied.as_ref().unwrap();
        assert_eq!(
            (applied.written["A"].as_str(), applied.left_out["B"].as_str()),
            ("0123", "4567")
        );
        assert!(read.pending);
        let file = read.file.as_ref().unwrap();
        assert_eq!((file.mode, file.variables.len()), (0o600, 2));
        assert!(!format!("{read:?}").contains("marker"));
        assert_eq!(
            parse(b"absent\n").unwrap(),
            EnvRead { file: None, applied: None, pending: false }
        );
        assert_eq!(parse(b"recorded\nabsent\n").unwrap().applied, Some(Applied::default()));
        assert_eq!(parse(b"unreadable by deploy\n").unwrap_err().as_str(), "by deploy");
        for broken in [&b""[..], b"env", b"env x\n", b"hello\n", b"env 600\nA=\xff\n"] {
            assert!(parse(broken).is_err(), "{broken:?}");
        }
    }
}
