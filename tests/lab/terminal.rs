//! A real terminal for a program: a pseudo-terminal with an emulator behind it, driven by keys and
//! awaited by what stands on the screen.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use regex::Regex;

/// What ends a frame.
const END: &[u8] = b"\x1b[?2026l";

/// What the emulator has seen.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// When the newest of it came, before it was understood.
    last: Instant,
    /// Frames that were painted whole.
    frames: usize,
    ended: bool,
}

/// A program in a terminal of its own. Dropping it ends the program.
pub struct Terminal {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// Held open so that the terminal can still be looked at after the program has ended.
    slave: Box<dyn portable_pty::SlavePty + Send>,
}

fn size(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN)
}

impl Terminal {
    /// Starts a program in a terminal of `columns` x `rows`, with `TERM=xterm-256color` unless the
    /// command says otherwise.
    pub fn start(mut command: CommandBuilder, columns: u16, rows: u16) -> Result<Self, String> {
        let pair = native_pty_system()
            .openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })
            .map_err(|e| format!("no pseudo-terminal: {e}"))?;
        if command.get_env("TERM").is_none_or(|term| term == "dumb") {
            command.env("TERM", "xterm-256color");
        }
        let child = pair.slave.spawn_command(command).map_err(|e| format!("cannot start: {e}"))?;
        let mut output = pair.master.try_clone_reader().map_err(|e| e.to_string())?;
        let keys = pair.master.take_writer().map_err(|e| e.to_string())?;
        let seen = Arc::new((
            Mutex::new(Seen {
                parser: vt100::Parser::new(size(rows), size(columns), 0),
                raw: Vec::new(),
                last: Instant::now(),
                frames: 0,
                ended: false,
            }),
            Condvar::new(),
        ));
        let writer = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = vec![0u8; 65_536];
            loop {
                let n = output.read(&mut buffer).unwrap_or(0);
                let now = Instant::now();
                let mut seen = writer.0.lock().unwrap_or_else(PoisonError::into_inner);
                match buffer.get(..n) {
                    Some(bytes) if n > 0 => {
                        seen.last = now;
                        seen.parser.process(bytes);
                        let known = seen.raw.len().saturating_sub(END.len() - 1);
                        seen.raw.extend_from_slice(bytes);
                        let fresh = seen.raw.get(known..).unwrap_or_default();
                        seen.frames += fresh.windows(END.len()).filter(|end| *end == END).count();
                    }
                    _ => seen.ended = true,
                }
                writer.1.notify_all();
                if seen.ended {
                    break;
                }
            }
        });
        Ok(Self { seen, master: pair.master, keys, child, slave: pair.slave })
    }

    fn with<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The screen as text, lines without their trailing blanks.
    pub fn text(&self) -> String {
        self.with(|seen| seen.parser.screen().contents())
    }

    /// Every byte that the program wrote.
    pub fn raw(&self) -> Vec<u8> {
        self.with(|seen| seen.raw.clone())
    }

    /// How many frames the program has painted: each ends in the end of a synchronized update.
    pub fn frames(&self) -> usize {
        self.with(|seen| seen.frames)
    }

    /// Waits until the screen is as wanted; gives when what made it so has come, or `None` where it never was.
    pub fn came(
        &self,
        at_most: Duration,
        wanted: impl Fn(&vt100::Screen) -> bool,
    ) -> Option<Instant> {
        self.when(at_most, |seen| wanted(seen.parser.screen()))
    }

    /// Waits for the next frame after `n` of them; gives when it has come.
    pub fn next_frame(&self, n: usize, at_most: Duration) -> Option<Instant> {
        self.when(at_most, |seen| seen.frames > n)
    }

    fn when(&self, at_most: Duration, is_so: impl Fn(&Seen) -> bool) -> Option<Instant> {
        let deadline = Instant::now() + at_most;
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if is_so(&seen) {
                return Some(seen.last);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || seen.ended {
                return None;
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the program has written nothing for `quiet`: a frame is then whole. At most ten times as long.
    pub fn settle(&self, quiet: Duration) {
        let deadline = Instant::now() + quiet * 10;
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        while Instant::now() < deadline && !seen.ended {
            let had = seen.raw.len();
            seen = self.seen.1.wait_timeout(seen, quiet).unwrap_or_else(PoisonError::into_inner).0;
            if seen.raw.len() == had {
                return;
            }
        }
    }

    /// The screen as a picture.
    pub fn svg(&self) -> String {
        self.with(|seen| super::picture::svg(seen.parser.screen()))
    }

    /// Waits until the screen matches; gives it, or says what stood there instead.
    pub fn wait_for(&self, pattern: &str, at_most: Duration) -> Result<String, String> {
        let pattern = Regex::new(pattern).map_err(|e| e.to_string())?;
        self.wait_until(at_most, |screen| pattern.is_match(screen))
            .map_err(|screen| format!("no {pattern} within {at_most:?}; the screen was:\n{screen}"))
    }

    /// Waits until the screen no longer matches.
    pub fn wait_gone(&self, pattern: &str, at_most: Duration) -> Result<String, String> {
        let pattern = Regex::new(pattern).map_err(|e| e.to_string())?;
        self.wait_until(at_most, |screen| !pattern.is_match(screen)).map_err(|screen| {
            format!("still {pattern} after {at_most:?}; the screen was:\n{screen}")
        })
    }

    /// Waits until the program has written the text, wherever it has scrolled to since.
    pub fn wait_written(&self, text: &str, at_most: Duration) -> Result<(), String> {
        let deadline = Instant::now() + at_most;
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let written = String::from_utf8_lossy(&seen.raw);
            if written.contains(text) {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || seen.ended {
                return Err(format!("{text:?} was never written, but {written}"));
            }
            drop(written);
            seen = self.seen.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn wait_until(&self, at_most: Duration, done: impl Fn(&str) -> bool) -> Result<String, String> {
        let deadline = Instant::now() + at_most;
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let screen = seen.parser.screen().contents();
            if done(&screen) {
                return Ok(screen);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || seen.ended {
                return Err(screen);
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Types words: `j`, `enter`, `esc`, `tab`, `space`, `up`, `down`, `backspace`, `C-c`, or plain text.
    pub fn keys(&mut self, words: &str) -> Result<(), String> {
        for word in words.split_whitespace() {
            let bytes: Vec<u8> = match word {
                "enter" => b"\r".to_vec(),
                "esc" => b"\x1b".to_vec(),
                "tab" => b"\t".to_vec(),
                "space" => b" ".to_vec(),
                "up" => b"\x1b[A".to_vec(),
                "down" => b"\x1b[B".to_vec(),
                "backspace" => b"\x7f".to_vec(),
                _ => match word.strip_prefix("C-").and_then(|c| c.bytes().next()) {
                    Some(letter) => vec![letter & 0x1f],
                    None => word.as_bytes().to_vec(),
                },
            };
            self.keys.write_all(&bytes).map_err(|e| format!("typing {word}: {e}"))?;
        }
        self.keys.flush().map_err(|e| e.to_string())
    }

    /// Changes the size, as a person who drags the window does.
    pub fn resize(&mut self, columns: u16, rows: u16) -> Result<(), String> {
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.parser.set_size(size(rows), size(columns));
        drop(seen);
        self.master
            .resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })
            .map_err(|e| e.to_string())
    }

    /// The program's process id.
    pub fn pid(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// Waits until the program has ended and nothing more of its output comes: the last of it may still be on its way.
    pub fn wait_end(&mut self, at_most: Duration) -> Result<ExitStatus, String> {
        let deadline = Instant::now() + at_most;
        loop {
            if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
                self.settle(Duration::from_millis(300));
                return Ok(status);
            }
            if Instant::now() > deadline {
                return Err(format!("still running after {at_most:?}:\n{}", self.text()));
            }
            // `try_wait` is all that the crate offers; the output thread wakes us when it can.
            let seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.seen.1.wait_timeout(seen, Duration::from_millis(20)));
        }
    }

    /// The terminal's modes, as `stty -a` prints them.
    fn modes(&self) -> Option<String> {
        let tty = self.master.tty_name()?;
        let output = Command::new("stty").arg("-a").arg("-F").arg(tty).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// What the program left behind that it should not have: nothing, on a clean terminal.
    pub fn left_behind(&self) -> Vec<&'static str> {
        let mut left = Vec::new();
        self.with(|seen| {
            let screen = seen.parser.screen();
            if screen.alternate_screen() {
                left.push("the alternate screen");
            }
            if screen.hide_cursor() {
                left.push("a hidden cursor");
            }
            if screen.bracketed_paste() {
                left.push("bracketed paste");
            }
            if screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None {
                left.push("mouse reports");
            }
        });
        if self.modes().is_some_and(|modes| modes.contains("-icanon") || modes.contains("-echo ")) {
            left.push("raw mode");
        }
        left
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        let _ = &self.slave;
    }
}
