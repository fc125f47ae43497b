//! Lines that stop when nobody reads them any more.

use std::io::{ErrorKind, Write};
use std::ops::ControlFlow;

use color_eyre::eyre::WrapErr;

use super::super::exit::Trouble;
use crate::domain::untrusted::Safe;

/// Prints text on standard output; `Break` when the reader has gone.
pub(super) fn text(text: &str) -> Result<ControlFlow<()>, Trouble> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(ControlFlow::Continue(())),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        Err(error) => Err(error).wrap_err("printing to standard output")?,
    }
}

/// Text that is printed together: each printing costs more than what is printed.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

/// How much of it waits at most, in bytes.
const TOGETHER: usize = 64 * 1024;

impl Lines {
    /// Adds text; `Break` when the reader has gone.
    pub(super) fn add(&mut self, more: &str) -> Result<ControlFlow<()>, Trouble> {
        self.0.push_str(more);
        if self.0.len() < TOGETHER { Ok(ControlFlow::Continue(())) } else { self.print() }
    }

    /// Prints what waits; `Break` when the reader has gone.
    pub(super) fn print(&mut self) -> Result<ControlFlow<()>, Trouble> {
        let waiting = std::mem::take(&mut self.0);
        if waiting.is_empty() { Ok(ControlFlow::Continue(())) } else { text(&waiting) }
    }
}

#[cfg(test)]
impl Lines {
    /// Takes what waits, unprinted.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // Who is interrupted keeps what was to be seen before; where that fails there is nowhere left to complain to.
        drop(self.print());
    }
}

/// Prints text on standard output; a reader that has gone is no error.
pub(super) fn all(data: &str) -> Result<(), Trouble> {
    text(data).map(|_gone| ())
}

/// Says something to the person, on standard error; nobody there is no error.
pub(in crate::cli) fn say(line: &str) {
    let mut err = std::io::stderr().lock();
    // There is nowhere left to complain to.
    drop(writeln!(err, "{}", Safe::text(line)).and_then(|()| err.flush()));
}

/// A value as JSON over several lines.
pub(super) fn json(value: &serde_json::Value) -> Result<(), Trouble> {
    let pretty = serde_json::to_string_pretty(value).wrap_err("writing JSON")?;
    all(&format!("{pretty}\n"))
}
