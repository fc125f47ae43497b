//! Asking for what is not shown while it is typed.

use std::fs::File;
use std::io::{self, Read, Write};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use zeroize::Zeroizing;

/// Asks at the terminal, whatever standard input is, and reads a line without showing it. Ctrl-C and an end of input
/// are errors, after which the terminal shows what is typed again.
pub(super) fn hidden(question: &str) -> io::Result<Zeroizing<String>> {
    let terminal = File::options().read(true).write(true).open("/dev/tty");
    let mut terminal = terminal.map_err(|_| {
        io::Error::new(io::ErrorKind::NotConnected, "there is no terminal to ask at")
    })?;
    let before = tcgetattr(&terminal)?;
    let quiet = Quiet { terminal: terminal.try_clone()?, before: before.clone() };
    tcsetattr(&terminal, OptionalActions::Flush, &silent(before))?;
    write!(terminal, "{question}")?;
    terminal.flush()?;
    let typed = line(&mut terminal);
    drop(quiet);
    writeln!(terminal)?;
    typed
}

/// Key by key: so that Ctrl-C comes to us, and not to a process that cannot mend the terminal any more.
fn silent(mut mode: Termios) -> Termios {
    mode.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    mode.special_codes[SpecialCodeIndex::VMIN] = 1;
    mode.special_codes[SpecialCodeIndex::VTIME] = 0;
    mode
}

fn line(from: &mut impl Read) -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    let mut byte = Zeroizing::new([0u8; 1]);
    loop {
        let n = from.read(&mut *byte)?;
        match (n, byte.first().copied().unwrap_or_default()) {
            (0, _) | (_, 3) => {
                return Err(io::Error::new(io::ErrorKind::Interrupted, "nothing was given"));
            }
            (_, 4) if bytes.is_empty() => {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "nothing was given"));
            }
            (_, b'\r' | b'\n' | 4) => break,
            // Backspace takes a whole character; Ctrl-U all.
            (_, 8 | 127) => while bytes.pop().is_some_and(|b| b & 0xc0 == 0x80) {},
            (_, 21) => bytes.clear(),
            (_, other) => bytes.push(other),
        }
    }
    let text = std::str::from_utf8(&bytes).map(str::to_owned);
    text.map(Zeroizing::new).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "no UTF-8"))
}

/// The terminal as it was, when dropped.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that is gone needs no mending.
        let _gone = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_its_corrections() {
        let read = |keys: &str| line(&mut keys.as_bytes()).map(|l| l.to_string());
        assert_eq!(read("grün\u{7f}\u{7f}ß\n").unwrap(), "grß");
        assert_eq!(read("wrong\u{15}right\r").unwrap(), "right");
        assert_eq!(read("\u{7f}a\n").unwrap(), "a");
        for nothing in ["abc\u{3}", "\u{4}", "abc"] {
            assert!(read(nothing).is_err(), "{nothing:?}");
        }
    }
}
