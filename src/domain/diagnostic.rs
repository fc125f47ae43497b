//! A problem in a file that a person wrote: where it is, what it is, and what to do.

use std::fmt;

use serde::Serialize;

use super::untrusted::Safe;

/// How much a [`Diagnostic`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file loads; something in it is probably not meant.
    Warning,
    /// A part of the file was left out.
    Error,
}

/// One problem in a human-written file. Such files never abort the program: loading gives what is
/// good together with a list of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// The file, relative to where the operator stands where possible.
    pub file: Safe,
    /// Line from 1; 0 where the problem is the whole file.
    pub line: u32,
    /// Column from 1, in characters; 0 where the problem is the whole line or file.
    pub column: u32,
    /// What is wrong: lower case, no full stop.
    pub message: Safe,
    /// What to do about it.
    pub hint: Option<Safe>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        write!(f, ": {severity}: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}
