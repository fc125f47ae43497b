//! The lines of a bundle.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{HostId, RunId, StepId};
use crate::domain::plan::Plan;
use crate::domain::run::event::RunEvent;
use crate::domain::untrusted::Safe;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// Whether the secrets of the vault were taken out once more when the file was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum Redacted {
    /// What hosts printed was masked when it was kept, and all of the file again with the values of the vault.
    Again,
    /// What hosts printed was masked when it was kept; the vault could not be opened to do it again.
    OnceOnly {
        /// Why.
        why: Safe,
    },
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "line")]
pub enum Line {
    /// The first.
    Bundle {
        /// [`FORMAT`].
        format: u32,
        /// Which program made it.
        program: Safe,
        /// The run.
        run: RunId,
        /// Whether secrets were looked for.
        redacted: Redacted,
    },
    /// The second: what was approved.
    Plan {
        /// It.
        plan: Box<Plan>,
    },
    /// An event of the run, in order.
    Event {
        /// It.
        event: RunEvent,
    },
    /// Output of a host, in order and without holes.
    Log {
        /// Which.
        host: HostId,
        /// Where it begins in the host's whole output.
        offset: u64,
        /// As text, where it is some.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Else as hexadecimal digits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hex: Option<String>,
    },
    /// Output of a host that is not in the file, since it is too long.
    Cut {
        /// Which.
        host: HostId,
        /// Bytes that are missing at its end.
        bytes: u64,
    },
    /// Where a step begins or ends in a host's output.
    Mark {
        /// Which host.
        host: HostId,
        /// Where in its output.
        at: u64,
        /// Which step.
        step: StepId,
        /// Whether it ends there.
        ended: bool,
    },
    /// A record of the audit log about this run.
    Audit {
        /// Its text, byte for byte.
        record: String,
        /// Its hash.
        hash: String,
    },
    /// The last.
    End {
        /// Lines before this one.
        lines: u64,
        /// SHA-256 of them.
        sha256: String,
    },
}

impl Line {
    /// A piece of output.
    pub fn of_log(host: &HostId, offset: u64, bytes: &[u8]) -> Self {
        let (text, hex) = match std::str::from_utf8(bytes) {
            Ok(text) => (Some(text.to_owned()), None),
            Err(_) => (None, Some(digits(bytes))),
        };
        Self::Log { host: host.clone(), offset, text, hex }
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of hexadecimal digits.
pub(super) fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |b: &u8| char::from(*b).to_digit(16);
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}
